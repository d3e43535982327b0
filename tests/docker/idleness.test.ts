import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import type { User } from '../../hub/domain/user';
import { jupyterArgv, LAYOUTS } from '../../hub/domain/layouts';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import { makeToken, makeUser } from '../support/factories';
import { connectKernel } from '../support/kernel-client';
import { startHub, type TestHub } from '../support/start-hub';
import { eventually, inLab, pythonInLab, startTestEngine, type TestEngine } from '../support/test-engine';

jest.setTimeout(120_000);

const PROFILE = { slug: 'lab', title: 'JupyterLab', image: 'berth/notebook:latest', argv: [...jupyterArgv('lab', LAYOUTS.jovyan)], limits: { cpus: 1, memory: '768M', pids: 256 } };
const KEEP = readFileSync(path.resolve(__dirname, '../../images/notebook/berth'), 'utf8');

let engine: TestEngine;
let store: Store;
let hub: TestHub;

beforeAll(async () => {
  engine = await startTestEngine({ networkPool: '10.223.0.0/16', internalPort: 8081 });
  store = openStore(':memory:');
  hub = await startHub({ settings: { profiles: [PROFILE], server: { stopGrace: '1s', idleLimit: '3s', stopWarning: '1s' } }, overrides: { store, spawner: engine.another() } });
});
afterAll(async () => {
  for (const { id } of store.users.list({ offset: 0, limit: 100 }).users) await hub.hub.services.servers.stopAllOf(id);
  await hub.close();
  store.close();
  await engine.close();
});

interface Lab {
  readonly user: User;
  readonly handle: Handle;
  readonly url: string;
  readonly token: string;
  ask(method: string, where: string, body?: unknown): Promise<Response>;
  sentence(): Promise<string>;
}

async function startLab(name: string): Promise<Lab> {
  const user = makeUser({ store }, name);
  await hub.hub.services.servers.start(hub.hub.services.actors.ofUser(user, 'cookie', 'test'), user, DEFAULT_SERVER, {}).settled;
  const { state } = store.servers.ensure(user.id, DEFAULT_SERVER);
  if (state.kind !== 'ready') throw new Error(JSON.stringify(state));
  const url = `${hub.origin}/user/${name}/`;
  const token = makeToken({ ...hub, store }, user);
  const ask = (method: string, where: string, body?: unknown): Promise<Response> =>
    fetch(where, { method, headers: { authorization: `token ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const sentence = async (): Promise<string> => ((await (await ask('GET', `${hub.origin}/hub/api/users/${name}/server/idleness`)).json()) as { sentence: string }).sentence;
  return { user, handle: state.handle, url, token, ask, sentence };
}

const stateOf = (lab: Lab) => store.servers.ensure(lab.user.id, DEFAULT_SERVER).state;
const kindOf = (lab: Lab): string => stateOf(lab).kind;
const round = (): Promise<void> => hub.hub.services.idleness.round();
/** More rounds than it takes to end it. */
async function survives(lab: Lab, seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1000;
  await eventually('time passes', async () => {
    await round();
    expect(kindOf(lab)).toBe('ready');
    return performance.now() > until;
  }, seconds * 1000 + 20_000);
}
const ends = (lab: Lab): Promise<void> =>
  eventually('it is stopped', async () => {
    await round();
    return kindOf(lab) === 'stopped';
  }, 60_000);

test('M14: in the real JupyterLab a running cell keeps the server and is named; an idle kernel\'s open WebSocket does not', async () => {
  const lab = await startLab('alice');
  const session = (await (await lab.ask('POST', `${lab.url}api/sessions`, { path: 'train.ipynb', name: 'train.ipynb', type: 'notebook', kernel: { name: 'python3' } })).json()) as { kernel: { id: string } };
  const kernel = await connectKernel(lab.url, session.kernel.id, lab.token);
  expect(await kernel.execute('print(6 * 7)')).toBe('42');
  const cell = kernel.execute('import time\ntry:\n    time.sleep(600)\nexcept KeyboardInterrupt:\n    print("over")');
  await eventually('the cell runs', async () => (await lab.sentence()).startsWith('Kept: a cell has been running in train.ipynb'), 20_000);
  await survives(lab, 8);
  await lab.ask('POST', `${lab.url}api/kernels/${session.kernel.id}/interrupt`);
  expect(await cell).toBe('over');
  await ends(lab);
  expect(stateOf(lab)).toMatchObject({ reason: expect.stringContaining('idle limit of 3s') });
  await kernel.closed;
});

test('M14: a job that no kernel knows of keeps the server by its CPU, and ends with the job', async () => {
  const lab = await startLab('bob');
  await inLab(lab.handle, 'sh', '-c', 'nohup python3 -c "while True: pass" >/dev/null 2>&1 & echo $! > /tmp/job');
  await eventually('it counts', async () => {
    await round();
    return /^Kept: \d\.\d CPUs are in use, although no cell runs$/.test(await lab.sentence());
  }, 40_000);
  await survives(lab, 6);
  await inLab(lab.handle, 'sh', '-c', 'kill $(cat /tmp/job)');
  await ends(lab);
});

test('a lease that is taken inside the container keeps it, and its reason is told', async () => {
  const lab = await startLab('carol');
  const run = (...args: readonly string[]): Promise<string> => pythonInLab(lab.handle, `import sys\nsys.argv = ${JSON.stringify(['berth', ...args])}\ntry:\n    exec(${JSON.stringify(KEEP)})\nexcept SystemExit as end:\n    print(end)`);
  expect(await run('keep', '6h', '--why', 'overnight fit')).toMatch(/^This server is kept until 20\d\d-/);
  expect(await run('keep', '99d', '--why', 'x')).toContain('at most');
  await survives(lab, 8);
  expect(await lab.sentence()).toMatch(/^Kept until .* for carol: overnight fit$/);
  const [lease] = store.leases.ofServers([store.servers.ensure(lab.user.id, DEFAULT_SERVER).id])(store.servers.ensure(lab.user.id, DEFAULT_SERVER).id);
  expect((await lab.ask('DELETE', `${hub.origin}/hub/api/users/carol/server/leases/${lease?.id ?? ''}`)).status).toBe(204);
  await ends(lab);
});
