import { execFile } from 'node:child_process';
import { request } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import type { ServerName } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import type { FakeBehaviour } from '../../spawner/fake';
import { makeToken, makeUser } from '../support/factories';
import { createFakeClock, type FakeClock } from '../support/fake-clock';
import { startHub, type TestHub } from '../support/start-hub';
import { eventually } from '../support/test-engine';
import { TIME } from '../http/api-world';

const CULLER = path.join(__dirname, 'culler.py');
const TOKEN = 'culler-secret-0123456789';
const HOUR = 3_600_000;
/** What the reference lists, and nothing more. */
const SCOPES = ['list:users', 'read:users:activity', 'read:servers', 'delete:servers'];

interface Said {
  readonly removed?: string;
  readonly status?: number;
  readonly round?: number;
}

let hub: TestHub;
let clock: FakeClock;
afterEach(() => hub.close());

/** A hub whose clock is two hours behind: a server that starts now has been there for two hours once it was put right. The culler goes by the machine's. */
async function open(service: object = {}, { scopes = SCOPES, behaviour, idleLimit = '0' }: { readonly scopes?: readonly string[]; readonly behaviour?: FakeBehaviour; readonly idleLimit?: string } = {}): Promise<void> {
  clock = createFakeClock(new Date(Date.now() - 2 * HOUR));
  const declared = { services: [{ name: 'culler', token: TOKEN, ...service }], roles: [{ name: 'culler', description: 'Stops what nobody uses.', scopes, services: ['culler'] }] };
  hub = await startHub({ clock, ...(behaviour === undefined ? {} : { behaviour }), settings: { ...declared, server: { cap: 0, named: true, idleLimit } } });
}
const putRight = (): void => clock.advance(Date.now() - clock.now().getTime());

async function start(name: string, server = ''): Promise<User> {
  const user = hub.store.users.byName(name as never) ?? makeUser(hub, name);
  await hub.hub.services.servers.start(hub.hub.services.actors.ofUser(user, 'cookie', 'test'), user, server as ServerName, {}).settled;
  return user;
}
const everybody = (): readonly User[] => hub.store.users.list({ offset: 0, limit: 100 }).users;
const running = (): readonly string[] => everybody().flatMap((user) => hub.store.servers.listOf(user.id).filter(({ state }) => state.kind === 'ready').map(({ name }) => `${user.name}/${name}`)).sort();

/** One round of a culler that somebody else runs. */
async function cull(...args: readonly string[]): Promise<readonly Said[]> {
  const env = { PATH: process.env['PATH'] ?? '', JUPYTERHUB_API_URL: `${hub.origin}/hub/api`, JUPYTERHUB_API_TOKEN: TOKEN };
  const { stdout } = await promisify(execFile)('python3', [CULLER, '--once', '--timeout=3600', ...args], { env, timeout: 60_000 });
  return stdout.trim().split('\n').map((line) => JSON.parse(line) as Said);
}
const removals = (said: readonly Said[]): readonly string[] => said.flatMap(({ removed, status }) => (removed === undefined ? [] : [`${removed} ${status}`])).sort();

const visit = (user: User, below: string): Promise<Response> => fetch(`${hub.origin}/user/${user.name}/${below}`, { headers: { Authorization: `token ${makeToken(hub, user)}` } });
const ask = async (below: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> => (await fetch(`${hub.origin}/hub/api${below}`, { headers: { Authorization: `token ${TOKEN}`, ...headers } })).json();
const lastOf = async (name: string): Promise<number> => Date.parse(((await ask(`/users/${name}`)) as { servers: Record<string, { last_activity: string }> }).servers['']?.last_activity ?? '');

/** As jupyterhub-singleuser reports: at the address and with the token that its server was given. */
async function report(user: User, at: string): Promise<number> {
  const { env } = hub.spawner.started.find(({ owner }) => owner.id === user.id) ?? { env: {} as Readonly<Record<string, string>> };
  const body = JSON.stringify({ servers: { '': { last_activity: at } }, last_activity: at });
  const inside = new URL((await hub.spawner.hubUrlOf(hub.store.servers.ensure(user.id, '' as ServerName).id)) ?? '');
  const headers = { Authorization: `token ${env['JUPYTERHUB_API_TOKEN']}`, 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = request({ host: inside.hostname, port: inside.port, method: 'POST', path: new URL(env['JUPYTERHUB_ACTIVITY_URL'] ?? '').pathname, headers, agent: false }, (res) => resolve(res.resume().statusCode ?? 0));
    sent.on('error', reject).end(body);
  });
}

test('9.2: run as a managed service, the culler stops the idle server and spares the busy one, with nothing but the address and the token that the hub gives it', async () => {
  await open({ command: ['python3', CULLER, '--timeout=3600', '--cull-every=0.2'], environment: { PYTHONUNBUFFERED: '1' } });
  const lines = (): readonly Said[] => hub.lines.flatMap(({ message, fields }) => (message === 'a service wrote a line' && fields['stream'] === 'stdout' ? [JSON.parse(String(fields['line'])) as Said] : []));
  await start('idle');
  putRight();
  await start('busy');
  await eventually('the idle one is stopped', () => running().join() === 'busy/', 30_000);
  const before = lines().length;
  await eventually('two more rounds went by', () => lines().slice(before).filter(({ round }) => round !== undefined).length >= 2, 30_000);
  expect([removals(lines()), running()]).toEqual([['/users/idle/server 204'], ['busy/']]);
  expect(hub.store.audit.list({ offset: 0, limit: 20 }).find(({ action }) => action === 'server.stop')).toMatchObject({ actorKind: 'service', actor: 'culler' });
}, 60_000);

test('9.2: four scopes are enough for a service that culls, it sees what it reads and nothing more, and with one of them missing it removes nothing', async () => {
  await open();
  await start('idle');
  putRight();
  const [user] = ((await ask('/users?state=ready', { Accept: 'application/jupyterhub-pagination+json' })) as { items: readonly Record<string, unknown>[] }).items;
  expect(Object.keys(user ?? {}).sort()).toEqual(['admin', 'kind', 'last_activity', 'name', 'servers']);
  expect(removals(await cull())).toEqual(['/users/idle/server 204']);
  await hub.close();
  await open({}, { scopes: SCOPES.filter((scope) => scope !== 'delete:servers') });
  await start('idle');
  putRight();
  expect(removals(await cull())).toEqual(['/users/idle/server 403']);
  expect(running()).toEqual(['idle/']);
});

test('9.2: GET /hub/api/ with its slash names a version of JupyterHub that filters by state', async () => {
  await open();
  expect(await ask('/')).toEqual({ version: expect.stringMatching(/^[5-9]\.\d+\.\d+$/) as unknown });
});

test('9.2: every page of GET /users?state=ready is walked by the absolute address that the page before gave, and state=inactive lists the others', async () => {
  await open();
  for (const name of ['ada', 'bea', 'cid']) await start(name);
  makeUser(hub, 'dan');
  putRight();
  const asked = hub.origin.replace('127.0.0.1', 'localhost');
  const paged = { Authorization: `token ${TOKEN}`, Accept: 'application/jupyterhub-pagination+json' };
  const first = (await (await fetch(`${asked}/hub/api/users?state=ready&limit=1`, { headers: paged })).json()) as { _pagination: unknown };
  expect(first._pagination).toEqual({ offset: 0, limit: 1, total: 3, next: { offset: 1, limit: 1, url: expect.stringMatching(new RegExp(`^${asked}/hub/api/users\\?`)) as unknown } });
  expect(await ask('/users?state=ready&limit=1&offset=2', paged)).toMatchObject({ items: [{ name: 'cid' }], _pagination: { offset: 2, next: null } });
  expect(((await ask('/users?state=inactive', paged)) as { items: readonly { name: string }[] }).items.map(({ name }) => name)).toEqual(['dan']);
  const said = await cull('--api-page-size=1');
  expect(removals(said)).toEqual(['/users/ada/server 204', '/users/bea/server 204', '/users/cid/server 204']);
  expect(said.at(-1)).toEqual({ round: 3 });
});

test('9.2: user and server have every field that is read, and a server that is starting is left alone', async () => {
  const mood = { kind: 'normal' as 'normal' | 'never', at: 'answer' as const };
  await open({}, { behaviour: mood });
  const ada = await start('ada');
  putRight();
  // From now on nothing becomes ready.
  mood.kind = 'never';
  const { settled } = hub.hub.services.servers.start(hub.hub.services.actors.ofUser(ada, 'cookie', 'test'), ada, 'second' as ServerName, {});
  const about = { started: TIME, last_activity: TIME };
  expect(await ask('/users/ada')).toMatchObject({
    name: 'ada', admin: false, last_activity: TIME,
    servers: { '': { ...about, name: '', ready: true, pending: null, url: '/user/ada/' }, second: { ...about, name: 'second', ready: false, pending: 'spawn', url: '/user/ada/second/' } },
  });
  expect(removals(await cull('--timeout=0'))).toEqual(['/users/ada/server 204']);
  await hub.hub.services.servers.stopAllOf(ada.id);
  await settled;
});

test('9.2: DELETE stops default and named servers without a body and without a length, and with {"remove": true} forgets a named one', async () => {
  await open();
  await start('ada');
  await start('ada', 'kept');
  putRight();
  expect(removals(await cull())).toEqual(['/users/ada/server 204', '/users/ada/servers/kept 204']);
  const all = async (): Promise<readonly string[]> => Object.keys(((await ask('/users/ada?include_stopped_servers')) as { servers: object }).servers);
  expect(await all()).toContain('kept');
  await hub.close();
  await open();
  await start('ada', 'gone');
  putRight();
  expect(removals(await cull('--remove-named-servers'))).toEqual(['/users/ada/servers/gone 204']);
  expect(await all()).not.toContain('gone');
});

test('9.2: with --cull-users and delete:users, users who were away go with their servers; administrators and whoever came lately stay', async () => {
  await open({}, { scopes: [...SCOPES, 'delete:users'] });
  await start('idle');
  await start('away');
  await hub.hub.services.servers.stopAllOf((await start('away')).id);
  const boss = makeUser(hub, 'boss', { admin: true });
  await start('boss');
  putRight();
  await start('here');
  expect(removals(await cull('--cull-users', '--cull-admin-users=false'))).toEqual(['/users/away 204', '/users/boss/server 204', '/users/idle 204', '/users/idle/server 204']);
  expect(everybody().map(({ name }) => name).sort()).toEqual([boss.name, 'here']);
});

test('9.2: activity moves with what a server reports and with what goes through the proxy, and a culler that looks does not move it', async () => {
  await open();
  const [visited, reporting] = [await start('visited'), await start('reporting')];
  await start('idle');
  putRight();
  const idleBefore = await lastOf('idle');
  expect((await visit(visited, 'api/status')).status).toBe(200);
  expect(await report(reporting, clock.now().toISOString())).toBe(200);
  // What was seen is written every half a minute.
  clock.advance(30_000);
  for (const name of ['visited', 'reporting']) expect(await lastOf(name)).toBeGreaterThan(idleBefore + HOUR);
  expect(await lastOf('idle')).toBe(idleBefore);
  expect(removals(await cull())).toEqual(['/users/idle/server 204']);
  expect(running()).toEqual(['reporting/', 'visited/']);
});

test('9.2: what the hub itself asks a server is no activity of it', async () => {
  const mood = { kind: 'normal' as 'normal' | 'never', at: 'answer' as const };
  await open({}, { behaviour: mood, idleLimit: '1h' });
  const idle = await start('idle');
  const { id } = hub.store.servers.ensure(idle.id, '' as ServerName);
  const [before, arrived] = [await lastOf('idle'), hub.spawner.arrivals(id)];
  // A server that cannot say whether it works is kept, so there is something left to look at.
  mood.kind = 'never';
  putRight();
  await eventually('the hub asked the server', () => {
    clock.advance(60_000);
    return hub.spawner.arrivals(id) > arrived;
  });
  clock.advance(60_000);
  expect(await lastOf('idle')).toBe(before);
  await hub.hub.services.servers.stopAllOf(idle.id);
});
