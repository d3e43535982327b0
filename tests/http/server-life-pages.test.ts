import { DEFAULT_SERVER, type ServerName } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';
import { eventually } from '../support/start-proxy';

let hub: TestHub;
beforeEach(async () => {
  const limits = { memory: '512M' };
  hub = await startHub({ settings: { profiles: [{ slug: 'small', title: 'Small', limits }, { slug: 'large', title: 'Large', limits }], server: { named: true, cap: 0 } } });
});
afterEach(() => hub.close());

const recordOf = (user: User, name = DEFAULT_SERVER) => hub.store.servers.ensure(user.id, name);
const startOf = (user: User, name = DEFAULT_SERVER): Promise<void> => hub.hub.services.servers.start(hub.hub.services.actors.ofUser(user, 'cookie', 'test'), user, name, {}).settled;
const is = (user: User, kind: 'ready' | 'stopped' | 'failed') => eventually(() => recordOf(user).state.kind === kind);

test('restart and recreate ask first, name what ends and what stays, and do it at the press of the button', async () => {
  const alice = makeUser(hub, 'alice');
  const browser = signedInAs(hub, alice);
  expect([(await browser.get('hub/restart/alice')).status, (await browser.get('hub/recreate/alice')).status]).toEqual([400, 400]);
  await startOf(alice);
  const { secret } = recordOf(alice);
  const [restart, recreate] = [await browser.get('hub/restart/alice'), await browser.get('hub/recreate/alice')];
  expect(restart.text).toMatch(/in the same container\. Ends: every kernel, terminal and running cell[^<]*Stays: files, also outside the volumes, and the profile Small\./);
  expect(recreate.text).toMatch(/Ends: every kernel, terminal and running cell, and whatever was installed or written outside the volumes\. Stays: your volumes/);
  expect(recordOf(alice)).toMatchObject({ secret, state: { kind: 'ready' } });

  expect((await browser.post('hub/restart/alice')).headers['location']).toBe('/hub/spawn-pending/alice');
  await is(alice, 'ready');
  // A container of its own has a secret of its own.
  expect(recordOf(alice).secret).toBe(secret);
  expect((await browser.post('hub/recreate/alice', { profile: 'large' })).status).toBe(303);
  await is(alice, 'ready');
  expect(recordOf(alice).secret).not.toBe(secret);
  expect(recordOf(alice).profile).toBe('large');
});

test('the page that recreates a server offers the profiles of its owner, with the present one chosen; that of a restart offers none', async () => {
  const [alice, boss] = [makeUser(hub, 'alice'), makeUser(hub, 'boss', { admin: true })];
  await startOf(alice);
  for (const browser of [signedInAs(hub, alice), signedInAs(hub, boss)]) {
    const { text } = await browser.get('hub/recreate/alice');
    const [choice = ''] = /<select id="profile"[^]*?<\/select>/.exec(text) ?? [];
    expect([...choice.matchAll(/<option value="(\w+)"( selected)?/g)].map(([, slug, selected]) => [slug, selected !== undefined])).toEqual([['small', true], ['large', false]]);
    expect(text).toContain('If there is no room for another profile now, nothing is ended.');
    expect((await browser.get('hub/restart/alice')).text).not.toContain('name="profile"');
  }
});

test('a stop in words says what ends and what stays', async () => {
  const alice = makeUser(hub, 'alice');
  await startOf(alice);
  expect((await signedInAs(hub, alice).get('hub/stop/alice')).text).toMatch(/Ends: [^<]*outside the volumes\. Stays: the volumes/);
  expect(recordOf(alice).state.kind).toBe('ready');
});

test('the profile of a stopped server is kept for its next start on the home page', async () => {
  const alice = makeUser(hub, 'alice');
  const browser = signedInAs(hub, alice);
  expect((await browser.post('hub/profile/alice', { profile: 'large' })).status).toBe(303);
  expect((await browser.get('hub/home')).text).toMatch(/value="large" selected/);
  await startOf(alice);
  expect(recordOf(alice).profile).toBe('large');
});

test('M05: whoever follows an old address into a server that was killed is told how it ended, as on its own page', async () => {
  const alice = makeUser(hub, 'alice');
  const browser = signedInAs(hub, alice);
  await startOf(alice);
  await hub.spawner.kill(recordOf(alice).id, { exitCode: 137 });
  await is(alice, 'stopped');
  for (const path of ['user/alice/lab', 'hub/spawn-pending/alice']) {
    const { text } = await browser.get(path);
    expect(text).toContain('It ended: The hub did not end it.');
    expect(text).toContain('It was killed from outside the hub.');
    expect(text).toContain('What to do:');
  }
});

test('an administrator finds log, restart and end of everybody\'s servers on the pages', async () => {
  const [boss, alice, bob] = [makeUser(hub, 'boss', { admin: true }), makeUser(hub, 'alice'), makeUser(hub, 'bob')];
  const browser = signedInAs(hub, boss);
  await startOf(alice);
  await startOf(alice, 'gpu' as ServerName);
  await startOf(bob);
  await hub.spawner.kill(recordOf(bob).id, { exitCode: 3 });
  await is(bob, 'failed');
  expect((await browser.get('hub/admin/users')).text).toContain('href="/hub/admin/servers/alice"');
  const one = (await browser.get('hub/admin/servers/alice')).text;
  for (const path of ['logs/alice', 'restart/alice', 'recreate/alice']) expect(one).toContain(`href="/hub/${path}"`);
  const running = (await browser.get('hub/admin/idleness')).text;
  for (const path of ['logs/alice', 'logs/alice/gpu', 'restart/alice/gpu']) expect(running).toContain(`href="/hub/${path}"`);
  expect(running).toContain('action="/hub/extend/alice/gpu"');
  expect((await browser.post('hub/extend/alice/gpu')).headers['location']).toBe('/hub/admin/idleness');
  expect((await browser.get('hub/spawn-pending/bob')).text).toContain('Exit code');
});

test('who worked on a server on the hub\'s own machine is called an administrator on its owner\'s page', async () => {
  const alice = makeUser(hub, 'alice');
  await startOf(alice);
  hub.store.visits.add(recordOf(alice).id, 'local', new Date());
  expect((await signedInAs(hub, alice).get('hub/home')).text).toContain('<bdi>An administrator, on the hub\'s own machine</bdi>');
});
