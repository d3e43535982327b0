import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runCli } from '../../hub/cli/program';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { createFakeClock, type FakeClock } from '../support/fake-clock';
import { makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import { eventually } from '../support/start-proxy';
import { HIDDEN, lacking, refused, seen, startWorld, TIME, type ApiWorld } from './api-world';

const MIN = 60_000;
const HOUR = 60 * MIN;
let clock: FakeClock;
let world: ApiWorld;

async function begin(settings: Readonly<Record<string, unknown>> = {}): Promise<void> {
  clock = createFakeClock(new Date('2026-01-05T08:00:00Z'));
  world = await startWorld({ clock, settings: { server: { cap: 0, ...(settings['server'] as object) }, ...Object.fromEntries(Object.entries(settings).filter(([key]) => key !== 'server')) } });
}
afterEach(() => world.hub.close());

const idOf = (user: User) => world.hub.store.servers.ensure(user.id, DEFAULT_SERVER).id;
const stateOf = (user: User) => world.hub.store.servers.ensure(user.id, DEFAULT_SERVER).state;
async function start(user: User, profile?: string): Promise<void> {
  const actor = world.hub.hub.services.actors.ofUser(user, 'cookie', 'test');
  await world.hub.hub.services.servers.start(actor, user, DEFAULT_SERVER, profile === undefined ? {} : { profile }).settled;
  expect(stateOf(user).kind).toBe('ready');
}
const workIn = (user: User) => {
  const work = world.hub.spawner.workIn(idOf(user));
  if (work === undefined) throw new Error('there is no such server');
  return work;
};
/** What the server's own clock says: real, and it need not agree with the hub's. */
const busyKernel = (busy: boolean): object => ({ id: 'k1', name: 'python3', execution_state: busy ? 'busy' : 'idle', last_activity: new Date().toISOString(), connections: 1 });
const session = { id: 's1', path: 'train.ipynb', type: 'notebook', kernel: { id: 'k1' } };
/** Minute by minute, each round of the hub with its real requests to the servers. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= MIN) {
    clock.advance(Math.min(left, MIN));
    await world.hub.hub.services.idleness.round();
  }
}

test('M14: a running cell keeps a server whose tab nobody looks at; when it ends, the server stops after the limit, and the page says which rule fired', async () => {
  await begin({ server: { idleLimit: '1h' } });
  const { alice } = world;
  await start(alice);
  Object.assign(workIn(alice), { kernels: [busyKernel(true)], sessions: [session] });
  await pass(3 * HOUR);
  const { body } = await world.as(alice)('get', '/users/alice/server/idleness');
  expect(body).toMatchObject({ verdict: 'keep', rule: 'cell', sentence: expect.stringMatching(/^Kept: a cell has been running in train\.ipynb for [23] h( \d+ min)?$/), due: false, at: null, limits: { idle: 3600, idle_from: 'setting', max_age: null }, signals: { running: [{ path: 'train.ipynb', kernel: 'python3' }], answered: TIME } });
  expect((await signedInAs(world.hub, alice).get('hub/home')).text).toContain('Kept: a cell has been running in <bdi>train.ipynb</bdi>');
  workIn(alice).kernels = [{ ...busyKernel(false), last_activity: '2020-01-01T00:00:00Z' }];
  await pass(55 * MIN);
  expect(stateOf(alice).kind).toBe('ready');
  await pass(10 * MIN);
  await eventually(() => stateOf(alice).kind === 'stopped');
  const home = await signedInAs(world.hub, alice).get('hub/home');
  expect(home.text).toMatch(/Ended: It reached its idle limit of 1h: no cell, no typing since \d\d:\d\d UTC\./);
  expect((await signedInAs(world.hub, alice).get('hub/spawn-pending/alice')).text).toContain('idle limit of 1h');
});

test('M14: polling by an open tab keeps JupyterHub\'s last_activity fresh, and no server', async () => {
  await begin({ server: { idleLimit: '1h' } });
  const { alice } = world;
  await start(alice);
  const tab = signedInAs(world.hub, alice);
  for (let i = 0; i < 7; i++) {
    await tab.raw('get', 'user/alice/api/kernels', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' });
    await pass(10 * MIN);
  }
  await eventually(() => stateOf(alice).kind === 'stopped');
  world.hub.hub.services.activity.flush();
  expect(world.hub.store.servers.ensure(alice.id, DEFAULT_SERVER).lastActivity?.getTime()).toBeGreaterThan(new Date('2026-01-05T08:49:00Z').getTime());
});

test('before the stop the lab gets the notification of its extension, once, and the home page warns; extending gives a whole limit', async () => {
  await begin({ server: { idleLimit: '1h', stopWarning: '10m' } });
  const { alice } = world;
  await start(alice);
  const browser = signedInAs(world.hub, alice);
  expect((await browser.get('hub/home')).text).not.toContain('A server of yours stops soon.');
  await pass(55 * MIN);
  await eventually(() => workIn(alice).notices.length === 1);
  expect(JSON.parse(workIn(alice).notices[0] ?? '')).toEqual({ message: expect.stringMatching(/^Stops \d\d:\d\d UTC: no cell, no typing since \d\d:\d\d UTC\. Save your work/), type: 'warning', autoClose: false, actions: [expect.objectContaining({ label: 'Dismiss', displayType: 'default' })] });
  expect((await browser.get('hub/home')).text).toContain('A server of yours stops soon.');
  const pressed = await browser.post('hub/extend/alice');
  expect([pressed.status, pressed.headers['location']]).toEqual([303, '/hub/home']);
  const after = await browser.get('hub/home');
  expect(after.text).toContain('The time of this server was extended.');
  expect(after.text).not.toContain('A server of yours stops soon.');
  await pass(50 * MIN);
  expect(stateOf(alice).kind).toBe('ready');
  expect(workIn(alice).notices.length).toBeLessThanOrEqual(2);
});

test('a lab without the extension is stopped all the same, and nothing fails', async () => {
  await begin({ server: { idleLimit: '30m' }, profiles: [{ slug: 'other', title: 'Other', mode: 'singleuser' }] });
  await start(world.alice);
  await world.hub.spawner.kill(idOf(world.alice));
  await eventually(() => stateOf(world.alice).kind !== 'ready');
  await start(world.alice);
  await pass(45 * MIN);
  await eventually(() => stateOf(world.alice).kind === 'stopped');
});

test('home shows every lease of a server, whose it is, why and until when, and not the longest alone', async () => {
  world = await startWorld({ clock: createFakeClock(new Date('2026-01-05T08:00:00Z')) });
  const own = world.as(world.alice);
  await own('post', '/users/alice/server');
  const home = async () => (await signedInAs(world.hub, world.alice).get('hub/home')).text.replace(/<[^>]+>/g, '');
  await own('post', '/users/alice/server/leases', { for: '6h', why: 'overnight fit' });
  expect(await home()).not.toContain('Promises that keep it running');
  await world.as(world.boss)('post', '/users/alice/server/leases', { for: '5h', why: 'a look at it' });
  const text = await home();
  expect(text).toContain('Promises that keep it running:');
  expect(text.split('Promises that keep')[1]).toMatch(/for alice: overnight fit.*for boss: a look at it/s);
});

test('leases over the API: taken with a reason, listed, ended, audited; only for a running server, and not longer than allowed', async () => {
  await begin({ server: { idleLimit: '1h', maxLease: '12h' } });
  const { alice } = world;
  const own = world.as(alice);
  const path_ = '/users/alice/server/leases';
  expect(await seen(own('post', path_, { for: '6h', why: 'fit' }))).toEqual(refused(400, 'alice is not running'));
  await start(alice);
  for (const body of [{}, { for: '6h' }, { for: 'soon', why: 'fit' }, { for: '6h', why: 'fit', more: 1 }, { for: true, why: 'fit' }, []]) expect((await own('post', path_, body)).status).toBe(400);
  expect((await own('post', path_, { for: '13h', why: 'fit' })).body).toEqual({ status: 400, message: 'A lease lasts for more than nothing and 12h at most.' });
  const made = await own('post', path_, { for: '6h', why: 'overnight fit' });
  expect([made.status, made.body]).toEqual([201, { id: expect.any(String), created: TIME, until: '2026-01-05T14:00:00Z', by: 'alice', why: 'overnight fit' }]);
  expect((await own('get', '/users/alice/server/idleness')).body).toMatchObject({ verdict: 'keep', rule: 'lease', sentence: 'Kept until 14:00 UTC for alice: overnight fit', at: '2026-01-05T14:00:00Z', leases: [{ why: 'overnight fit' }] });
  await pass(5 * HOUR);
  expect(stateOf(alice).kind).toBe('ready');
  const later = world.as(alice);
  expect(await seen(later('delete', `${path_}/${made.body.id}`))).toEqual([204, '']);
  expect(await seen(later('delete', `${path_}/${made.body.id}`))).toEqual([404, HIDDEN]);
  await pass(2 * MIN);
  await eventually(() => stateOf(alice).kind === 'stopped');
  const actions = world.hub.store.audit.list({ offset: 0, limit: 50 }).map(({ action }) => action);
  expect(actions).toEqual(expect.arrayContaining(['server.keep', 'server.lease-end', 'server.stop']));
});

test('nobody keeps, or asks about, somebody else\'s server', async () => {
  await begin();
  await start(world.alice);
  const bob = makeUser(world.hub, 'bob');
  for (const [method, rest] of [['get', 'idleness'], ['post', 'extend'], ['post', 'leases'], ['delete', 'leases/x']] as const) expect((await world.as(bob)(method, `/users/alice/server/${rest}`, rest === 'leases' ? { for: '6h', why: 'x' } : undefined)).status).toBe(404);
  expect(await seen(world.as(world.alice)('get', '/idleness'))).toEqual([403, lacking('admin-ui')]);
});

test('limits: a group is stronger than the profile, the profile than the setting, and of several groups the most generous one counts', async () => {
  await begin({
    server: { idleLimit: '4h', maxAge: '2d' },
    profiles: [{ slug: 'small', title: 'Small', idleLimit: '1h' }, { slug: 'large', title: 'Large', maxAge: 0 }],
    groups: [{ name: 'night', users: ['alice'], idleLimit: '8h' }, { name: 'weekend', users: ['alice'], idleLimit: '2d' }, { name: 'short', users: ['carol'], idleLimit: '10m', maxAge: '1h' }, { name: 'ever', users: ['dave'], idleLimit: 0 }],
  });
  const people = { alice: world.alice, bob: makeUser(world.hub, 'bob'), carol: makeUser(world.hub, 'carol'), dave: makeUser(world.hub, 'dave') };
  for (const user of Object.values(people)) {
    const group = { alice: ['night', 'weekend'], carol: ['short'], dave: ['ever'] }[user.name as string] ?? [];
    for (const name of group) world.hub.store.groups.addMember(world.hub.store.groups.byName(name)?.id as never, user.id);
  }
  await start(people.alice, 'small');
  await start(people.bob, 'small');
  await start(people.carol, 'large');
  await start(people.dave, 'large');
  const limits = async (name: string) => (await world.as(world.boss)('get', `/users/${name}/server/idleness`)).body.limits;
  expect(await limits('alice')).toEqual({ idle: 172_800, idle_from: 'group:weekend', max_age: 172_800, max_age_from: 'setting' });
  expect(await limits('bob')).toEqual({ idle: 3600, idle_from: 'profile', max_age: 172_800, max_age_from: 'setting' });
  expect(await limits('carol')).toEqual({ idle: 600, idle_from: 'group:short', max_age: 3600, max_age_from: 'group:short' });
  expect(await limits('dave')).toEqual({ idle: null, idle_from: 'group:ever', max_age: null, max_age_from: 'profile' });
});

describe('the what-if', () => {
  test('says who would stop now under other limits, on API, page and command line, and changes nothing', async () => {
    await begin();
    const bob = makeUser(world.hub, 'bob');
    await start(world.alice);
    await start(bob);
    Object.assign(workIn(world.alice), { kernels: [busyKernel(true)], sessions: [session] });
    await pass(2 * HOUR);
    const ask = world.as(world.boss);
    expect((await ask('get', '/idleness')).body).toMatchObject({ stops: 0, keeps: 2 });
    const under = (await ask('get', '/idleness?idleLimit=1h')).body;
    expect(under).toMatchObject({ stops: 1, keeps: 1, servers: expect.arrayContaining([expect.objectContaining({ user: 'bob', server: '', due: true, limits: expect.objectContaining({ idle: 3600, idle_from: 'asked' }) }), expect.objectContaining({ user: 'alice', due: false, rule: 'cell' })]) });
    expect((await ask('get', '/idleness?maxAge=90m')).body).toMatchObject({ stops: 2 });
    expect((await ask('get', '/idleness?idleLimit=1h&maxAge=0')).body).toMatchObject({ stops: 1 });
    for (const wrong of ['idleLimit=soon', 'idlelimit=1h', 'maxAge=-1']) expect((await ask('get', `/idleness?${wrong}`)).status).toBe(400);
    const page = await signedInAs(world.hub, world.boss).get('hub/admin/idleness?idleLimit=1h');
    expect([page.status, page.text.includes('1 of 2 would stop now.')]).toEqual([200, true]);
    expect((await signedInAs(world.hub, world.boss).get('hub/admin/idleness?idleLimit=%3Cscript%3E')).status).toBe(400);
    await pass(2 * MIN);
    expect([stateOf(bob).kind, stateOf(world.alice).kind]).toEqual(['ready', 'ready']);
  });

  test('`berth keep` and `berth idle --if` say the same', async () => {
    await begin();
    await start(world.alice);
    await pass(2 * HOUR);
    const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-idle-'));
    const run = async (...args: readonly string[]) => {
      const out: string[] = [];
      const notes: string[] = [];
      const io = { env: { HUB_DATA_DIR: world.hub.hub.config.dataDir }, cwd, out: (line: string) => void out.push(line), note: (line: string) => void notes.push(line), ask: () => Promise.reject(new Error('asked')) };
      return { code: await runCli(args, io), out, notes };
    };
    try {
      expect(await run('idle', '--if', '1h')).toMatchObject({ code: 0, out: [expect.stringMatching(/^USER/), expect.stringMatching(/^alice +- +stops +Stops /)], notes: ['1 of 1 would stop now.'] });
      expect(await run('keep', '6h', 'alice', '--why', 'overnight fit')).toMatchObject({ code: 0, out: ['The server of alice is kept until 2026-01-05T16:00:00Z.'] });
      expect(await run('idle', '--if', '1h')).toMatchObject({ out: [expect.any(String), expect.stringMatching(/^alice +- +kept +Kept until 16:00 UTC for an administrator: overnight fit$/)] });
      expect(JSON.parse((await run('idle', '--json')).out.join('\n'))).toMatchObject({ stops: 0, keeps: 1 });
      expect(await run('keep', '99d', 'alice', '--why', 'x')).toMatchObject({ code: 1 });
      expect(await run('extend', 'alice')).toMatchObject({ code: 0, out: ['Kept until 16:00 UTC for an administrator: overnight fit.'] });
      expect(world.hub.store.leases.ofServers([idOf(world.alice)])(idOf(world.alice)).filter(({ why }) => why === '')).toHaveLength(1);
      expect(await run('extend', 'nobody')).toMatchObject({ code: 1 });
      expect(await run('keep', '6h', 'alice')).toMatchObject({ code: 2 });
    } finally {
      fs.rmSync(cwd, { recursive: true, force: true });
    }
  });
});

test('a lab takes a lease for itself over the internal listener, within the same limits, and for nobody else', async () => {
  await begin({ server: { maxLease: '12h' } });
  const bob = makeUser(world.hub, 'bob');
  await start(world.alice);
  await start(bob);
  const env = world.hub.spawner.started[0]?.env ?? {};
  const at = await world.hub.spawner.hubUrlOf(idOf(world.alice));
  const ask = (name: string, body: unknown) => fetch(`${at}/hub/api/users/${name}/lease`, { method: 'POST', headers: { authorization: `token ${env['JUPYTERHUB_API_TOKEN']}` }, body: JSON.stringify(body) });
  const taken = await ask('alice', { for: '6h', why: 'overnight fit' });
  expect([taken.status, await taken.json()]).toEqual([201, expect.objectContaining({ until: '2026-01-05T14:00:00Z', by: 'alice', why: 'overnight fit' })]);
  expect((await ask('bob', { for: '6h', why: 'x' })).status).toBe(404);
  for (const body of [{ for: '13h', why: 'x' }, { for: '6h', why: '' }, { for: '6h' }, { for: '6h', why: 'x', user: 'bob' }]) expect((await ask('alice', body)).status).toBe(400);
  for (let i = 0; i < 4; i++) expect((await ask('alice', { for: '1h', why: 'x' })).status).toBe(201);
  expect((await ask('alice', { for: '1h', why: 'x' })).status).toBe(409);
  expect(world.hub.store.leases.ofServers([idOf(bob)])(idOf(bob))).toEqual([]);
});

test('M14: a heartbeat keeps a server; the activity that a lab reports by itself does not', async () => {
  await begin({ server: { idleLimit: '1h' } });
  const own = world.as(world.alice);
  await start(world.alice);
  await pass(50 * MIN);
  expect((await own('post', '/users/alice/heartbeat')).status).toBe(204);
  await pass(50 * MIN);
  expect(stateOf(world.alice).kind).toBe('ready');
  expect((await world.as(world.alice)('post', '/users/alice/activity', { servers: { '': { last_activity: clock.now().toISOString() } } })).status).toBe(200);
  await pass(15 * MIN);
  await eventually(() => stateOf(world.alice).kind === 'stopped');
});
