import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseConfig } from '../../hub/config';
import { createHub, type Hub } from '../../hub/create-hub';
import { installFakeJupyter, type FakeJupyter } from '../support/fake-jupyter/install';
import { makeUser } from '../support/factories';
import { processesIn, REAL_JUPYTER } from '../support/process-labs';
import { createMemoryLog, type LogLine } from '../support/start-hub';
import { eventually } from '../support/test-engine';

jest.setTimeout(REAL_JUPYTER !== null ? 120_000 : 30_000);

const ROOT = path.resolve(__dirname, '..', '..');
let folder: string;
let fake: FakeJupyter | null;
let lines: LogLine[];
const pathBefore = process.env['PATH'];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'berth-process-hub-'));
  fake = REAL_JUPYTER === null ? installFakeJupyter() : null;
  if (fake !== null) process.env['PATH'] = `${fake.bin}:${pathBefore}`;
  lines = [];
});
afterEach(() => {
  process.env['PATH'] = pathBefore;
  fake?.remove();
  rmSync(folder, { recursive: true, force: true });
});

const server = { slug: 'server', title: 'Jupyter', argv: ['jupyter', REAL_JUPYTER ?? 'server', '--no-browser', '--ServerApp.base_url={prefix}', '--ServerApp.allow_remote_access=True'] };
/** With the setting alone: everything else is as on a laptop. */
const startHub = (): Promise<Hub> => createHub(parseConfig({ dataDir: 'state', spawner: 'process', listen: { port: 0 }, profiles: [server] }, folder), createMemoryLog(lines).log);
const ask = (hub: Hub, token: string, at: string, method = 'GET'): Promise<Response> => fetch(`http://127.0.0.1:${new URL(hub.url).port}${at}`, { method, headers: { Authorization: `token ${token}` } });
const tokenOf = (hub: Hub, name: string): string => {
  const user = makeUser(hub, name, { admin: name === 'root' });
  const actor = hub.services.actors.ofUser(user, 'cookie', 'test');
  return hub.services.tokens.create(actor, user, { note: 'test', scopes: ['inherit'], expiresInSeconds: 3600 }).secret;
};
const start = async (hub: Hub, token: string): Promise<void> => {
  expect([201, 202]).toContain((await ask(hub, token, '/hub/api/users/alice/server', 'POST')).status);
  await eventually('the lab is served', async () => (await ask(hub, token, '/user/alice/api/status')).status === 200, 60_000);
};

test('a hub without Docker starts a lab, proxies it, serves it again after a restart, and stops it', async () => {
  const first = await startHub();
  const alice = tokenOf(first, 'alice');
  await start(first, alice);
  // A real one runs in a session of its own, where no signal to the lab's group reaches it.
  expect((await ask(first, alice, '/user/alice/api/kernels', 'POST')).status).toBeLessThan(300);
  const running = processesIn(folder);
  await first.close();
  expect(processesIn(folder)).toEqual(running);
  const second = await startHub();
  await eventually('it is served again', async () => (await ask(second, alice, '/user/alice/api/status')).status === 200);
  expect(processesIn(folder)).toEqual(running);
  expect([202, 204]).toContain((await ask(second, alice, '/hub/api/users/alice/server', 'DELETE')).status);
  await eventually('it has ended', () => processesIn(folder).length === 0);
  await second.close();
});

test('a lab that dies is shown as stopped, with the reason', async () => {
  const hub = await startHub();
  const alice = tokenOf(hub, 'alice');
  await start(hub, alice);
  for (const pid of processesIn(folder)) process.kill(pid, 'SIGKILL');
  await eventually('it is known', () => ['stopped', 'failed'].includes(hub.store.servers.list()[0]?.state.kind ?? ''));
  expect(JSON.stringify(hub.store.servers.list()[0]?.state)).toContain('It was killed (SIGKILL).');
  await hub.close();
});

test('starting, the hub warns that nothing is isolated; the health report says the same, and starts are not blocked by it', async () => {
  const hub = await startHub();
  expect(lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toContain('Labs run as you, without isolation: for one person on a laptop only.');
  await hub.services.health.first;
  const report = (await (await ask(hub, tokenOf(hub, 'root'), '/hub/api/admin/health')).json()) as { readonly blocked: unknown; readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[] };
  expect(report.blocked).toBeNull();
  expect(report.checks.find(({ name }) => name === 'isolation')).toMatchObject({ ok: false, detail: expect.stringContaining('None. Labs run as you') });
  expect(lines.map(({ message }) => message)).not.toContain('servers are proven to be kept apart');
  await hub.close();
});

/** The command line in a process of its own, to its end. */
const berth = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-r', path.join(ROOT, 'tests/support/typescript.cjs'), path.join(ROOT, 'hub/cli/main.ts'), ...args], { cwd: folder, encoding: 'utf8', timeout: 60_000, env: { PATH: '/nowhere', HUB_DATA_DIR: path.join(folder, 'state'), HUB_LISTEN_PORT: '0', ...env } });
  return { status, stdout, stderr };
};

test('"berth start --spawner process" wins over the setting, and refuses what would let others in', () => {
  expect(berth(['start', '--spawner', 'process'], { HUB_SPAWNER: 'docker' })).toMatchObject({ status: 1, stderr: expect.stringContaining('no program "jupyter" on the PATH') });
  expect(berth(['start', '--spawner', 'process'], { HUB_LISTEN_HOST: '0.0.0.0' })).toMatchObject({ status: 1, stderr: expect.stringContaining('only this machine may reach the hub') });
  expect(berth(['start', '--spawner', 'magic'])).toMatchObject({ status: 1, stderr: expect.stringContaining('spawner (HUB_SPAWNER): expected one of docker, process, fake') });
});

test('"berth down --data" ends labs that no hub looks after, and deletes what they wrote', async () => {
  const hub = await startHub();
  await start(hub, tokenOf(hub, 'alice'));
  await hub.close();
  expect(processesIn(folder).length).toBeGreaterThan(0);
  expect(berth(['down', '--data', '--yes-delete-data', 'localhost:0'], { HUB_SPAWNER: 'process' })).toMatchObject({ status: 0 });
  expect([processesIn(folder), existsSync(path.join(folder, 'state'))]).toEqual([[], false]);
});

test('"berth doctor" does not claim isolation where there is none', () => {
  const { status, stdout } = berth(['doctor'], { HUB_SPAWNER: 'process', PATH: process.env['PATH'] });
  expect([status, stdout]).toEqual([0, expect.stringMatching(/weak +isolation .*None\. Labs run as you, without isolation/)]);
});

test('without jupyter on the PATH the hub does not start, and says what to install', async () => {
  process.env['PATH'] = '/nowhere';
  await expect(startHub()).rejects.toMatchObject({ name: 'HubError', message: expect.stringContaining('there is no program "jupyter" on the PATH') });
});
