import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import { jupyterArgv, LAYOUTS } from '../../hub/domain/layouts';
import type { Handle } from '../../hub/domain/server';
import type { User } from '../../hub/domain/user';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import { makeToken, makeUser } from '../support/factories';
import { startHub, type TestHub } from '../support/start-hub';
import { containerOf, eventually, inLab, startTestEngine, TEST_IMAGE, type TestEngine } from '../support/test-engine';

jest.setTimeout(150_000);

/** The extension of the test image, put into an image that has none before its server starts. */
const EXTENSION = readFileSync(path.resolve(__dirname, '../../images/test/berth_test_notices.py')).toString('base64');
const ENABLED = Buffer.from('{"ServerApp": {"jpserver_extensions": {"berth_test_notices": true}}}').toString('base64');
const INSTALL = `mkdir -p /tmp/x/jupyter_server_config.d && echo "$1" | base64 -d > /tmp/x/berth_test_notices.py && echo "$2" | base64 -d > /tmp/x/jupyter_server_config.d/x.json
export PYTHONPATH=/tmp/x JUPYTER_CONFIG_PATH=/tmp/x && exec jupyterhub-singleuser`;

const LIMITS = { cpus: 1, memory: '768M', pids: 256 };
const PROFILES = [
  { slug: 'plain', title: 'Jupyter Server', image: TEST_IMAGE, mode: 'injected', argv: [...jupyterArgv('server', LAYOUTS.jovyan)], limits: LIMITS },
  { slug: 'singleuser', title: 'JupyterHub', image: 'berth/notebook:latest', mode: 'singleuser', argv: ['sh', '-c', INSTALL, 'sh', EXTENSION, ENABLED], limits: LIMITS },
  { slug: 'bare', title: 'JupyterLab', image: 'berth/notebook:latest', argv: [...jupyterArgv('lab', LAYOUTS.jovyan)], limits: LIMITS },
];
const WHERE = 'jupyterlab-notifications-extension';

let engine: TestEngine;
let store: Store;
let hub: TestHub;
let boss: User;

beforeAll(async () => {
  engine = await startTestEngine({ networkPool: '10.229.0.0/16', internalPort: 8081 });
  store = openStore(':memory:');
  hub = await startHub({ settings: { profiles: PROFILES, server: { stopGrace: '1s', startTimeout: '90s', cap: 0 } }, overrides: { store, spawner: engine.another() } });
  boss = makeUser({ store }, 'boss', { admin: true });
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
  /** What was sent to its extension, by the extension's own word. */
  received(): Promise<unknown>;
}

async function startLab(name: string, profile: string): Promise<Lab> {
  const user = store.users.byName(name as never) ?? makeUser({ store }, name);
  await hub.hub.services.servers.start(hub.hub.services.actors.ofUser(user, 'cookie', 'test'), user, DEFAULT_SERVER, { profile }).settled;
  const { state } = store.servers.ensure(user.id, DEFAULT_SERVER);
  if (state.kind !== 'ready') throw new Error(JSON.stringify(state));
  const token = makeToken({ ...hub, store }, user);
  const received = async (): Promise<unknown> => {
    const answer = await fetch(`${hub.origin}/user/${name}/${WHERE}/notifications`, { headers: { Authorization: `token ${token}` } });
    return answer.status === 200 ? ((await answer.json()) as { notifications: unknown }).notifications : answer.status;
  };
  return { user, handle: state.handle, received };
}

const broadcast = async (body: object): Promise<unknown> => {
  const res = await fetch(`${hub.origin}/hub/api/notifications/broadcast`, { method: 'POST', headers: { Authorization: `token ${makeToken({ ...hub, store }, boss)}`, 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  expect(res.status).toBe(200);
  return res.json();
};
const asSent = (message: string, more: object = {}) => ({ message, type: 'info', autoClose: false, actions: [{ label: 'Dismiss', caption: 'Dismiss this notification', displayType: 'default' }], ...more });

test('R06: a message arrives exactly in a plain image by the hub\'s credential swap, and in a real jupyterhub-singleuser by a token that asks the hub; one without the extension is said to have none, and one that hangs costs five seconds', async () => {
  const [plain, single, , hung] = await Promise.all([startLab('una', 'plain'), startLab('vera', 'singleuser'), startLab('wim', 'bare'), startLab('xan', 'plain')]);
  await containerOf(hung.handle).pause();
  try {
    expect(await broadcast({ message: 'Rücke <b>vor</b> 磁盘', variant: 'warning', autoClose: 30_000 })).toEqual({
      total: 4, successful: 2, failed: 2,
      details: [
        { username: 'una', status: 'success' },
        { username: 'vera', status: 'success' },
        { username: 'wim', status: 'failed', error: 'Notification extension not installed' },
        { username: 'xan', status: 'failed', error: 'Server not responding' },
      ],
    });
  } finally {
    await containerOf(hung.handle).unpause();
  }
  const exact = [asSent('Rücke <b>vor</b> 磁盘', { type: 'warning', autoClose: 30_000 })];
  expect([await plain.received(), await single.received()]).toEqual([exact, exact]);

  // The way of the hub, and nobody else's: a lab asks the hub by the token that it was shown, and one that is made up is refused by the lab itself.
  const { origin } = store.servers.ensure(single.user.id, DEFAULT_SERVER).state as { readonly origin: string };
  const send = (authorization: string) => fetch(`${origin}/user/vera/${WHERE}/ingest`, { method: 'POST', headers: { Authorization: authorization }, body: '{"message": "forged"}' });
  expect((await send(`Bearer ${'x'.repeat(43)}`)).status).toBe(403);
  const foreign = hub.hub.services.visitors.briefly(store.servers.ensure(plain.user.id, DEFAULT_SERVER).id);
  expect((await send(`Bearer ${foreign}`)).status).toBe(403);
  expect(await single.received()).toEqual(exact);
  const outside = await inLab(plain.handle, 'python3', '-c', `import urllib.request as u, urllib.error as e\ntry: print(u.urlopen(u.Request("http://127.0.0.1:8888/user/una/${WHERE}/ingest", b"{}", method="POST")).status)\nexcept e.HTTPError as x: print(x.code)`);
  expect(outside.out).toBe('403');
});

test('whoever starts a lab after a message was sent has it in the lab a moment later', async () => {
  makeUser({ store }, 'yara');
  expect(await broadcast({ message: 'Read this first.', recipients: ['yara'] })).toEqual({ total: 0, successful: 0, failed: 0, details: [] });
  const yara = await startLab('yara', 'plain');
  await eventually('it is there', async () => JSON.stringify(await yara.received()) === JSON.stringify([asSent('Read this first.')]), 20_000);
});
