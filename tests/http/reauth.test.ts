import { makeToken, makeUser, makeUserWithPassword, PASSWORD } from '../support/factories';
import { createFakeClock, type FakeClock } from '../support/fake-clock';
import { createBrowser, NAVIGATION, signIn, type Browser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';
import type { User } from '../../hub/domain/user';

const MINUTE = 60_000;
const FIELD = 'reauth-password';

let hub: TestHub;
let clock: FakeClock;
let boss: User;
let admin: Browser;
const begin = async (settings: Readonly<Record<string, unknown>> = {}): Promise<void> => {
  clock = createFakeClock(new Date());
  hub = await startHub({ clock, settings });
  boss = await makeUserWithPassword(hub, 'boss', { admin: true });
  admin = createBrowser(hub);
  await signIn(admin, 'boss', PASSWORD);
};
afterEach(() => hub.close());

const named = (name: string) => hub.store.users.byName(name as never);
const FORM = '<form method="post" action="';
/** The form of the page as a browser would send it, with what is typed into its one visible field. */
const fieldsOf = (page: string): Record<string, string> => {
  const form = page.slice(page.indexOf(FORM), page.indexOf('</form>'));
  return Object.fromEntries([...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name as string, value as string]));
};

describe('a dangerous act in a browser', () => {
  beforeEach(() => begin());

  it('is done at once by whoever signed in within the last ten minutes', async () => {
    const alice = makeUser(hub, 'alice');
    clock.advance(10 * MINUTE - 1);
    expect((await admin.post(`hub/admin/users/${alice.id}/disable`)).status).toBe(303);
  });

  it('asks for the password after that, and does it with every field that was sent first', async () => {
    const alice = makeUser(hub, 'alice');
    clock.advance(10 * MINUTE + 1);
    const asked = await admin.post(`hub/admin/users/${alice.id}/delete`, { volumes: 'keep', more: '"><b>' });
    expect([asked.status, asked.headers['x-hub-code']]).toEqual([403, 'reauthentication-required']);
    expect(asked.text).toContain(`${FORM}/hub/admin/users/${alice.id}/delete"`);
    expect(asked.text).not.toContain('<b>');
    expect(fieldsOf(asked.text)).toMatchObject({ volumes: 'keep', more: '&quot;>&lt;b>' });
    expect(named('alice')).toBeDefined();
    const { _xsrf, volumes } = fieldsOf(asked.text) as { _xsrf: string; volumes: string };
    const done = await admin.raw('post', `hub/admin/users/${alice.id}/delete`, { ...NAVIGATION, Origin: hub.origin }).type('form').send({ _xsrf, volumes, [FIELD]: PASSWORD });
    expect([done.status, done.headers['location']]).toEqual([303, '/hub/admin/users']);
    expect(named('alice')).toBeUndefined();
  });

  it('then does not ask again for ten minutes, in this browser only', async () => {
    const [alice, bob] = [makeUser(hub, 'alice'), makeUser(hub, 'bob')];
    const other = createBrowser(hub);
    await signIn(other, 'boss', PASSWORD);
    clock.advance(11 * MINUTE);
    expect((await admin.post(`hub/admin/users/${alice.id}/disable`, { [FIELD]: PASSWORD })).status).toBe(303);
    expect((await admin.post(`hub/admin/users/${bob.id}/disable`)).status).toBe(303);
    expect((await other.post(`hub/admin/users/${bob.id}/enable`)).status).toBe(303);
    expect((await other.post(`hub/admin/users/${bob.id}/disable`)).status).toBe(403);
    clock.advance(11 * MINUTE);
    expect((await admin.post(`hub/admin/users/${bob.id}/admin-on`)).status).toBe(403);
    expect(named('bob')).toMatchObject({ admin: false, status: 'active' });
  });

  it('B13: setting the clock back does not make a password fresh again', async () => {
    const alice = makeUser(hub, 'alice');
    clock.advance(11 * MINUTE);
    clock.jumpWall(-60 * MINUTE);
    expect((await admin.post(`hub/admin/users/${alice.id}/reset`)).status).toBe(403);
  });

  it('a wrong password brings the same page with a sentence, and counts as a failed sign-in', async () => {
    const alice = makeUser(hub, 'alice');
    clock.advance(11 * MINUTE);
    for (let i = 0; i < 5; i++) {
      const res = await admin.post(`hub/admin/users/${alice.id}/admin-on`, { [FIELD]: 'not the password' });
      expect([res.status, res.text.includes('role="alert"'), res.text.includes('not the password')]).toEqual([403, true, false]);
    }
    const blocked = await admin.post(`hub/admin/users/${alice.id}/admin-on`, { [FIELD]: PASSWORD });
    expect([blocked.status, Number(blocked.headers['retry-after']) > 0]).toEqual([429, true]);
    expect(named('alice')?.admin).toBe(false);
    expect(JSON.stringify(hub.lines)).not.toContain('not the password');
  });

  it('a second form with the password of somebody else proves nothing', async () => {
    const alice = await makeUserWithPassword(hub, 'alice');
    await hub.hub.services.accounts.resetPassword(hub.hub.services.actors.local(), alice.id);
    clock.advance(11 * MINUTE);
    const { password } = await hub.hub.services.accounts.resetPassword(hub.hub.services.actors.local(), alice.id);
    expect((await admin.post(`hub/admin/users/${alice.id}/admin-on`, { [FIELD]: password })).status).toBe(403);
    expect(named('alice')?.admin).toBe(false);
  });

  it('asks for making an administrator with a new account, and not for an ordinary one', async () => {
    clock.advance(11 * MINUTE);
    expect((await admin.post('hub/admin/users', { username: 'carol' })).status).toBe(303);
    expect((await admin.post('hub/admin/users', { username: 'dave', admin: 'yes' })).status).toBe(403);
    expect([named('carol')?.admin, named('dave')]).toEqual([false, undefined]);
  });

  it('asks an administrator before a token is made, which would do all of the above without a question; others are not asked', async () => {
    const alice = makeUser(hub, 'alice');
    const own = createBrowser(hub);
    own.cookies.set('hub', hub.hub.services.sessions.start(alice, { address: '', userAgent: '' }).cookie);
    clock.advance(11 * MINUTE);
    expect([(await admin.post('hub/token', { note: 'x', days: '7', task: 'who' })).status, hub.store.tokens.listOf(boss.id)]).toEqual([403, []]);
    expect([(await admin.post('hub/token', { note: 'x', days: '7', task: 'who', [FIELD]: PASSWORD })).status, hub.store.tokens.listOf(boss.id)]).toEqual([200, [expect.objectContaining({ note: 'x' })]]);
    expect((await own.post('hub/token', { note: 'x', days: '7', task: 'who' })).status).toBe(200);
  });

  it('R01: asks before somebody\'s server is entered', async () => {
    const alice = makeUser(hub, 'alice');
    const owner = createBrowser(hub);
    owner.cookies.set('hub', hub.hub.services.sessions.start(alice, { address: '', userAgent: '' }).cookie);
    await owner.post('hub/spawn/alice');
    clock.advance(11 * MINUTE);
    expect((await admin.post('hub/access/alice')).status).toBe(403);
    expect((await admin.get('user/alice/lab')).status).not.toBe(200);
    expect((await admin.post('hub/access/alice', { [FIELD]: PASSWORD })).headers['location']).toBe('/user/alice/');
    expect((await admin.get('user/alice/lab')).status).toBe(200);
  });

  it('changing one\'s password counts as showing it', async () => {
    const alice = makeUser(hub, 'alice');
    clock.advance(11 * MINUTE);
    await admin.post('hub/password', { current: PASSWORD, password: 'another set of words', repeat: 'another set of words' });
    expect((await admin.post(`hub/admin/users/${alice.id}/disable`)).status).toBe(303);
  });
});

describe('a dangerous call of the API', () => {
  beforeEach(() => begin());
  const call = async (method: 'post' | 'patch' | 'delete', path: string, body: object = {}) =>
    admin.raw(method, `hub/api/${path}`, { Origin: hub.origin, 'Sec-Fetch-Site': 'same-origin', 'X-XSRFToken': await admin.token() }).send(body);

  it.each([
    ['patch', 'users/alice', { admin: true }],
    ['post', 'users', { usernames: ['carol'], admin: true }],
    ['post', 'users/carol', { admin: true }],
    ['post', 'users/alice/disable', {}],
    ['post', 'users/alice/reset-password', {}],
    ['post', 'users/alice/tokens', {}],
    // It would do all of the above without a question.
    ['post', 'users/boss/tokens', {}],
    ['delete', 'users/alice', {}],
  ] as const)('%s %s %j by cookie is refused with a code and a sentence', async (method, path, body) => {
    const alice = makeUser(hub, 'alice');
    clock.advance(11 * MINUTE);
    const res = await call(method, path, body);
    expect([res.status, res.headers['x-hub-code'], Object.keys(res.body)]).toEqual([403, 'reauthentication-required', ['status', 'message']]);
    expect(res.body.message).toContain('/hub/reauth');
    expect([named('alice'), named('carol'), [alice, boss].flatMap(({ id }) => hub.store.tokens.listOf(id))]).toEqual([expect.objectContaining({ admin: false, status: 'active' }), undefined, []]);
  });

  it('goes through after the password was given on the page that it names', async () => {
    makeUser(hub, 'alice');
    clock.advance(11 * MINUTE);
    expect((await admin.get('hub/reauth')).text).toContain('type="password"');
    expect((await admin.post('hub/reauth', { [FIELD]: 'wrong one, wrong one' })).status).toBe(403);
    expect((await admin.post('hub/reauth', { [FIELD]: PASSWORD, next: '//evil.example' })).headers['location']).toBe('/hub/home');
    expect((await call('patch', 'users/alice', { admin: true })).status).toBe(200);
  });

  it('does not ask an ordinary user for a token of one\'s own, nor a program that holds a token', async () => {
    await makeUserWithPassword(hub, 'alice');
    const alice = createBrowser(hub);
    await signIn(alice, 'alice', PASSWORD);
    const token = makeToken(hub, boss);
    clock.advance(11 * MINUTE);
    expect((await alice.raw('post', 'hub/api/users/alice/tokens', { Origin: hub.origin, 'Sec-Fetch-Site': 'same-origin', 'X-XSRFToken': await alice.token() }).send({})).status).toBe(201);
    expect((await createBrowser(hub).raw('patch', 'hub/api/users/alice', { Authorization: `token ${token}` }).send({ admin: true })).status).toBe(200);
  });
});

it('is never asked for where the setting is 0', async () => {
  await begin({ session: { reauth: '0' } });
  const alice = makeUser(hub, 'alice');
  clock.advance(60 * MINUTE);
  expect((await admin.post(`hub/admin/users/${alice.id}/admin-on`)).status).toBe(303);
});
