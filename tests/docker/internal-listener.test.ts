import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import type { User } from '../../hub/domain/user';
import { jupyterArgv, LAYOUTS } from '../../hub/domain/layouts';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import { makeToken, makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';
import { containerOf, eventually, inLab, pythonInLab, startTestEngine, TEST_IMAGE, type TestEngine } from '../support/test-engine';

jest.setTimeout(90_000);

interface Lab {
  readonly user: User;
  readonly handle: Handle;
  readonly env: Readonly<Record<string, string>>;
}

let engine: TestEngine;
let store: Store;
let hub: TestHub;
let alice: Lab;
let bob: Lab;
let boss: User;

const PROFILE = { slug: 'server', title: 'Jupyter Server', image: TEST_IMAGE, argv: [...jupyterArgv('server', LAYOUTS.jovyan)], limits: { cpus: 1, memory: '512M', pids: 256 } };

/** The real hub, on real containers. */
const openHub = (): Promise<TestHub> => startHub({ settings: { profiles: [PROFILE], server: { stopGrace: '1s' } }, overrides: { store, spawner: engine.another() } });

async function startLab(name: string): Promise<Lab> {
  const user = makeUser({ store }, name);
  await hub.hub.services.servers.start(hub.hub.services.actors.ofUser(user, 'cookie', 'test'), user, DEFAULT_SERVER, {}).settled;
  const { state } = store.servers.ensure(user.id, DEFAULT_SERVER);
  if (state.kind !== 'ready') throw new Error(JSON.stringify(state));
  return { user, handle: state.handle, env: JSON.parse(await pythonInLab(state.handle, 'import json, os; print(json.dumps(dict(os.environ)))')) as Record<string, string> };
}

beforeAll(async () => {
  engine = await startTestEngine({ networkPool: '10.222.0.0/16', internalPort: 8081 });
  store = openStore(':memory:');
  hub = await openHub();
  boss = makeUser({ store }, 'boss', { admin: true });
  [alice, bob] = [await startLab('alice'), await startLab('bob')];
});
afterAll(async () => {
  for (const { user } of [alice, bob]) await hub.hub.services.servers.stopAllOf(user.id);
  await hub.close();
  store.close();
  await engine.close();
});

interface Call {
  readonly method: string;
  readonly path: string;
  /** Default: the lab's own token. null: none. */
  readonly token?: string | null;
  readonly cookie?: string;
  readonly body?: string;
}
type Answer = readonly [status: number, text: string];

/** From inside the lab, with what Python brings, at the address that the lab was told. */
const CALL = `
import http.client, json, os, time, urllib.parse
hub = urllib.parse.urlsplit(os.environ["JUPYTERHUB_API_URL"])
def ask(c):
    token = c.get("token", os.environ["JUPYTERHUB_API_TOKEN"])
    headers = {} if token is None else {"Authorization": "token " + token}
    if "cookie" in c: headers["Cookie"] = c["cookie"]
    while True:
        connection = http.client.HTTPConnection(hub.hostname, hub.port, timeout=10)
        connection.request(c["method"], c["path"], c.get("body"), headers)
        answer = connection.getresponse()
        if answer.status != 429: return [answer.status, answer.read().decode()]
        time.sleep(0.1)
print(json.dumps([ask(c) for c in json.loads('''CALLS''')]))`;
const askFrom = async (lab: Lab, calls: readonly Call[]): Promise<readonly Answer[]> => JSON.parse(await pythonInLab(lab.handle, CALL.replace('CALLS', () => JSON.stringify(calls).replaceAll('\\', '\\\\')))) as Answer[];

const NOT_THERE: Answer = [404, '{"status":404,"message":"Not Found"}'];
const STRANGER: Answer = [403, '{"status":403,"message":"Missing or invalid credentials."}'];
const lastOf = (lab: Lab): Date | undefined => hub.hub.services.activity.lastOf(store.servers.ensure(lab.user.id, DEFAULT_SERVER).id);
const activity = (at: string): string => JSON.stringify({ servers: { '': { last_activity: at } } });

test('J03: from inside a lab, only the listed calls answer; every route of the hub is 404', async () => {
  const listed = new Set(hub.hub.internalCalls.map(({ method, path }) => `${method} /${path.replace(':self', 'alice')}`));
  const values: Readonly<Record<string, string>> = { user: 'alice', name: 'alice', file: 'hub.css', rest: 'lab' };
  const routes = hub.hub.pages.map(({ method, path }) => ({ method: method.toUpperCase(), path: path.replace(/\{?[:*](\w+)\}?/g, (_all, name: string) => values[name] ?? 'x') }));
  const walked = [...routes, { method: 'GET', path: '/' }, { method: 'GET', path: '/hub' }, { method: 'POST', path: '/hub/api/oauth2/token' }].filter(({ method, path }) => !listed.has(`${method} ${path}`));
  expect(walked.length).toBeGreaterThan(50);
  const answers = await askFrom(alice, walked);
  expect(answers.flatMap((answer, i) => (answer[0] === 404 && answer[1] === NOT_THERE[1] ? [] : [[walked[i], answer]]))).toEqual([]);
  expect((await askFrom(alice, [{ method: 'GET', path: '/hub/api', token: null }]))[0]).toEqual([200, '{"version":"5.2.1"}']);
});

test('D19: with its own token a lab learns who it is, and can do nothing to anybody', async () => {
  const [self, ...others] = await askFrom(alice, [
    { method: 'GET', path: '/hub/api/user' }, { method: 'GET', path: '/hub/api/users' }, { method: 'POST', path: '/hub/api/users/bob/server' }, { method: 'POST', path: '/hub/api/users/alice/tokens' },
    { method: 'GET', path: '/hub/api/users/bob' }, { method: 'DELETE', path: '/hub/api/users/alice' }, { method: 'DELETE', path: '/hub/api/users/alice/server' },
  ]);
  expect(self?.[0]).toBe(200);
  expect(JSON.parse(self?.[1] ?? '')).toMatchObject({ kind: 'user', name: 'alice', admin: false, scopes: expect.arrayContaining(['access:servers!server=alice/', 'users:activity!user=alice']) });
  expect(others).toEqual(Array(6).fill(NOT_THERE));
  expect(store.tokens.listOf(alice.user.id)).toEqual([]);
});

test('E03 D19: what belongs to somebody else opens nothing: bob\'s token, an administrator\'s token, an administrator\'s cookie', async () => {
  const cookie = signedInAs(hub, boss).cookieHeader();
  const foreign = [{ token: bob.env['JUPYTERHUB_API_TOKEN'] ?? '' }, { token: makeToken({ ...hub, store }, boss) }, { token: null, cookie }, { token: alice.env['JUPYTER_TOKEN'] ?? '' }];
  expect(await askFrom(alice, foreign.map((credential) => ({ method: 'GET', path: '/hub/api/user', ...credential })))).toEqual(foreign.map(() => STRANGER));
  expect(await askFrom(alice, [{ method: 'POST', path: '/hub/api/users/bob/activity', token: bob.env['JUPYTERHUB_API_TOKEN'] ?? '', body: activity('2999-01-01') }])).toEqual([STRANGER]);
  expect((await askFrom(bob, [{ method: 'GET', path: '/hub/api/user' }]))[0]?.[0]).toBe(200);
  expect(hub.lines.some((line) => line.message.includes('token of another'))).toBe(true);
});

test('D19: outside, the token of a lab is nobody', async () => {
  const Authorization = `token ${alice.env['JUPYTERHUB_API_TOKEN'] ?? ''}`;
  for (const path of ['hub/api/user', 'hub/api/users', 'user/alice/api/status']) expect((await fetch(`${hub.origin}/${path}`, { headers: { Authorization } })).status).toBe(403);
});

test('D20: a lab moves its own activity, at most to now and never back to before its start, and nobody else\'s', async () => {
  const path = new URL(alice.env['JUPYTERHUB_ACTIVITY_URL'] ?? '').pathname;
  const bobsLast = lastOf(bob)?.getTime();
  const { since } = store.servers.ensure(alice.user.id, DEFAULT_SERVER).state;
  expect(path).toBe('/hub/api/users/alice/activity');
  expect(await askFrom(alice, [{ method: 'POST', path, body: activity('1970-01-01T00:00:00Z') }])).toEqual([[200, '']]);
  // The clock that never jumps and the one on the wall round differently.
  expect(lastOf(alice)?.getTime()).toBeGreaterThanOrEqual((since?.getTime() ?? NaN) - 5);
  expect(await askFrom(alice, [{ method: 'POST', path, body: activity('2999-01-01T00:00:00Z') }])).toEqual([[200, '']]);
  const first = lastOf(alice)?.getTime() ?? NaN;
  expect(first).toBeLessThanOrEqual(Date.now() + 5);
  expect(await askFrom(alice, [{ method: 'POST', path: '/hub/api/users/bob/activity', body: activity('2999-01-01') }, { method: 'POST', path: '/hub/api/users/bob/heartbeat' }])).toEqual([NOT_THERE, NOT_THERE]);
  // His start counts, and nothing after it.
  expect(lastOf(bob)?.getTime()).toBe(bobsLast);
  expect(await askFrom(alice, [{ method: 'POST', path: '/hub/api/users/alice/heartbeat' }])).toEqual([[204, '']]);
  hub.hub.services.activity.flush();
  expect(store.servers.ensure(alice.user.id, DEFAULT_SERVER).lastActivity?.getTime()).toBeGreaterThanOrEqual(first);
});

test('J18: the environment, the first process and the labels of a lab have its own secrets only', async () => {
  const others = [bob.env['JUPYTERHUB_API_TOKEN'] ?? '?', bob.env['JUPYTER_TOKEN'] ?? '?', 'bob', 'boss', 'hub.sqlite', hub.hub.config.dataDir, engine.settings.dataDir, 'REGISTRY', 'COOKIE'];
  const first = await pythonInLab(alice.handle, 'print(open("/proc/1/environ").read().replace("\\0", "\\n"))');
  expect(first).toContain(`JUPYTERHUB_API_TOKEN=${alice.env['JUPYTERHUB_API_TOKEN']}`);
  const { Config } = await containerOf(alice.handle).inspect();
  for (const text of [JSON.stringify(alice.env), first, JSON.stringify(Config.Labels)]) for (const other of others) expect(text).not.toContain(other);
  for (const secret of [alice.env['JUPYTERHUB_API_TOKEN'] ?? '?', alice.env['JUPYTER_TOKEN'] ?? '?']) {
    expect(JSON.stringify([Config.Labels, Config.Cmd])).not.toContain(secret);
    expect(JSON.stringify(hub.lines)).not.toContain(secret);
  }
});

test('a token that the lab prints is not in the log that the hub shows', async () => {
  await inLab(alice.handle, 'sh', '-c', 'echo "it is $JUPYTERHUB_API_TOKEN" > /proc/1/fd/1');
  await eventually('the line is there', async () => (await hub.hub.spawner.logs(alice.handle, 50)).some((line) => line.includes('it is')));
  expect((await hub.hub.spawner.logs(alice.handle, 50)).find((line) => line.includes('it is'))).toBe('it is [secret]');
});

test('after a restart of the hub, a running lab goes on with the token it has', async () => {
  await hub.close();
  hub = await openHub();
  expect((await askFrom(alice, [{ method: 'GET', path: '/hub/api/user' }]))[0]?.[0]).toBe(200);
});

test('the token ends with the stop, and the next start has another', async () => {
  const token = bob.env['JUPYTERHUB_API_TOKEN'] ?? '';
  await hub.hub.services.servers.stopAllOf(bob.user.id);
  const actor = hub.hub.services.actors.ofUser(bob.user, 'cookie', 'test');
  await hub.hub.services.servers.start(actor, bob.user, DEFAULT_SERVER, {}).settled;
  const { state } = store.servers.ensure(bob.user.id, DEFAULT_SERVER);
  const again: Lab = { ...bob, handle: state.kind === 'ready' ? state.handle : bob.handle };
  const [old, own] = await askFrom(again, [{ method: 'GET', path: '/hub/api/user', token }, { method: 'GET', path: '/hub/api/user' }]);
  expect([old, own?.[0]]).toEqual([STRANGER, 200]);
});
