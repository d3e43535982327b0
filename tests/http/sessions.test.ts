import { WebSocket } from 'ws';
import { makeToken, makeUser, makeUserWithPassword, PASSWORD } from '../support/factories';
import { createFakeClock } from '../support/fake-clock';
import { createBrowser, signedInAs, signIn, type Browser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';
import type { User } from '../../hub/domain/user';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

let hub: TestHub;
beforeEach(async () => {
  hub = await startHub();
});
afterEach(() => hub.close());

const sessionsOf = (user: User) => hub.store.sessions.listOf(user.id);
const idOf = (browser: Browser): string => hub.hub.services.sessions.resolve(browser.cookies.get('hub') as string)?.session.id ?? '';
const bounce = async (browser: Browser): Promise<string | undefined> => (await browser.get('hub/home')).headers['location'];

/** Resolves when the hub has closed the socket. */
const socketOf = (browser: Browser, path: string): { readonly opened: Promise<void>; readonly closed: Promise<void> } => {
  const socket = new WebSocket(`${hub.origin.replace('http', 'ws')}${path}`, { headers: { Cookie: browser.cookieHeader(), Origin: hub.origin } });
  return {
    opened: new Promise((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    }),
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
  };
};

describe('one\'s own sessions', () => {
  it('B16: are listed with browser, address and times, and the one that looks is marked', async () => {
    await makeUserWithPassword(hub, 'alice');
    const browser = createBrowser(hub);
    await browser.post('hub/login', { username: 'alice', password: PASSWORD }, { 'User-Agent': FIREFOX });
    const { text } = await browser.get('hub/sessions');
    expect(text).toContain('Firefox on Linux');
    expect(text).toContain('127.0.0.1');
    expect(text.match(/<span class="badge">this one/g)).toHaveLength(1);
    expect((await browser.get('hub/home')).text).toContain('href="/hub/sessions"');
  });

  it('B16: nothing that a browser says of itself reaches the page', async () => {
    const alice = makeUser(hub, 'alice');
    hub.hub.services.sessions.start(alice, { address: '192.0.2.1', userAgent: '<img src=x> Firefox/1.0 evil' });
    const { text } = await signedInAs(hub, alice).get('hub/sessions');
    expect(text).toContain('Firefox');
    expect(text).not.toMatch(/evil|img src=x/);
  });

  it('B16: of three browsers one is signed out, at once and with its sockets; the others live', async () => {
    const alice = makeUser(hub, 'alice');
    const [one, two, three] = [signedInAs(hub, alice), signedInAs(hub, alice), signedInAs(hub, alice)];
    await one.post('hub/spawn/alice');
    const [dying, living] = [socketOf(two, '/user/alice/echo'), socketOf(three, '/user/alice/echo')];
    await Promise.all([dying.opened, living.opened]);
    const res = await one.post(`hub/sessions/${idOf(two)}/end`);
    expect([res.status, res.headers['location']]).toEqual([303, '/hub/sessions']);
    await dying.closed;
    expect(await bounce(two)).toMatch(/^\/hub\/login/);
    expect(await Promise.race([living.closed.then(() => 'closed'), bounce(three)])).toBeUndefined();
    expect(await bounce(one)).toBeUndefined();
  });

  it('B03: signing out everywhere ends this one too', async () => {
    const alice = makeUser(hub, 'alice');
    const [here, there, bob] = [signedInAs(hub, alice), signedInAs(hub, alice), signedInAs(hub, makeUser(hub, 'bob'))];
    const res = await here.post('hub/sessions/end');
    expect([res.status, res.headers['location'], here.cookies.has('hub')]).toEqual([303, '/hub/login', false]);
    expect(sessionsOf(alice)).toEqual([]);
    expect(await bounce(there)).toMatch(/^\/hub\/login/);
    expect(await bounce(bob)).toBeUndefined();
  });

  it('D06: the session of somebody else is as unknown as none', async () => {
    const bob = signedInAs(hub, makeUser(hub, 'bob'));
    const alice = signedInAs(hub, makeUser(hub, 'alice'));
    const strip = (text: string): string => text.replace(/Request id: [\w-]+|value="[^"]*"/g, '');
    const foreign = await alice.post(`hub/sessions/${idOf(bob)}/end`);
    const none = await alice.post('hub/sessions/0b0b0b0b-0000-4000-8000-000000000000/end');
    expect([foreign.status, strip(foreign.text)]).toEqual([404, strip(none.text)]);
    expect(await bounce(bob)).toBeUndefined();
  });

  it('are fifty at most: the one that was unused for the longest time ends', async () => {
    await hub.close();
    const clock = createFakeClock(new Date());
    hub = await startHub({ clock });
    const alice = makeUser(hub, 'alice');
    const later = (): Browser => {
      clock.advance(1000);
      return signedInAs(hub, alice);
    };
    const [first, second] = [later(), later()];
    for (let i = 0; i < 47; i++) later();
    clock.advance(1000);
    await first.get('hub/home');
    const [third, fourth] = [later(), later()];
    expect(sessionsOf(alice)).toHaveLength(50);
    expect(await bounce(second)).toMatch(/^\/hub\/login/);
    for (const living of [first, third, fourth]) expect(await bounce(living)).toBeUndefined();
  });
});

describe('sessions of others', () => {
  it('B03: an administrator signs somebody out everywhere; three browsers and their proxied requests end at once', async () => {
    const boss = signedInAs(hub, makeUser(hub, 'boss', { admin: true }));
    const alice = makeUser(hub, 'alice');
    const browsers = [signedInAs(hub, alice), signedInAs(hub, alice), signedInAs(hub, alice)];
    await (browsers[0] as Browser).post('hub/spawn/alice');
    expect((await (browsers[1] as Browser).get('user/alice/lab')).status).toBe(200);
    expect((await boss.get('hub/admin/users')).text).toContain(`/hub/admin/users/${alice.id}/sessions`);
    expect((await boss.get(`hub/admin/users/${alice.id}/sessions`)).text).toContain('Where alice is signed in');
    expect((await boss.post(`hub/admin/users/${alice.id}/sessions/end`)).status).toBe(303);
    for (const browser of browsers) {
      expect(await bounce(browser)).toMatch(/^\/hub\/login/);
      expect([302, 403]).toContain((await browser.get('user/alice/lab')).status);
    }
    expect(hub.store.audit.list({ offset: 0, limit: 20 }).some((entry) => entry.action === 'user.end-sessions' && entry.target === 'user:alice')).toBe(true);
  });

  it('B03 B16: the API lists and ends them, for administrators also by token', async () => {
    const alice = makeUser(hub, 'alice');
    const [one, two] = [signedInAs(hub, alice), signedInAs(hub, alice)];
    const token = { Authorization: `token ${makeToken(hub, makeUser(hub, 'boss', { admin: true }))}` };
    const asBoss = (method: 'get' | 'delete', at = '') => createBrowser(hub).raw(method, `hub/api/users/alice/sessions${at}`, token);
    const listed = (await asBoss('get')).body as { readonly sessions: readonly object[] };
    expect(listed.sessions).toHaveLength(2);
    expect(listed.sessions).toContainEqual({ id: idOf(one), created: expect.any(String), last_seen: expect.any(String), address: expect.any(String), browser: null, system: null, current: false });
    expect((await asBoss('delete', `/${idOf(one)}`)).status).toBe(204);
    expect([await bounce(one), await bounce(two)]).toEqual([expect.stringMatching(/login/), undefined]);
    expect((await asBoss('delete', '/none')).status).toBe(404);
    expect((await asBoss('delete')).status).toBe(204);
    expect(await bounce(two)).toMatch(/login/);
  });

  it('B16: a token that leaked neither lists the sessions of its owner nor signs them out', async () => {
    const alice = makeUser(hub, 'alice');
    const browser = signedInAs(hub, alice);
    const token = { Authorization: `token ${makeToken(hub, alice)}` };
    for (const [method, at] of [['get', ''], ['delete', ''], ['delete', `/${idOf(browser)}`]] as const) expect((await createBrowser(hub).raw(method, `hub/api/users/alice/sessions${at}`, token)).status).toBe(403);
    expect(await bounce(browser)).toBeUndefined();
    const own = await browser.raw('get', 'hub/api/users/alice/sessions', { Accept: 'application/json' });
    expect(own.body).toMatchObject({ sessions: [{ id: idOf(browser), current: true }] });
  });

  it('B16: an administrator ends one of them', async () => {
    const boss = signedInAs(hub, makeUser(hub, 'boss', { admin: true }));
    const alice = makeUser(hub, 'alice');
    const [one, two] = [signedInAs(hub, alice), signedInAs(hub, alice)];
    await boss.post(`hub/admin/users/${alice.id}/sessions/${idOf(one)}/end`);
    expect([await bounce(one), await bounce(two)]).toEqual([expect.stringMatching(/login/), undefined]);
  });

  it('D04: somebody who administers users does not end an administrator\'s', async () => {
    hub.store.roles.put({ name: 'helpdesk', description: '', scopes: ['admin-ui', 'admin:users'] });
    const helper = makeUser(hub, 'helper');
    hub.store.roles.grant('helpdesk', helper.id);
    const boss = makeUser(hub, 'boss', { admin: true });
    const [theirs, browser] = [signedInAs(hub, boss), signedInAs(hub, helper)];
    expect((await browser.post(`hub/admin/users/${boss.id}/sessions/end`)).status).toBe(403);
    expect((await browser.post(`hub/admin/users/${boss.id}/sessions/${idOf(theirs)}/end`)).status).toBe(403);
    expect(await bounce(theirs)).toBeUndefined();
  });
});

describe('a password that an administrator set', () => {
  it('A17: closes API tokens as well as browsers, until another one is chosen', async () => {
    const boss = signedInAs(hub, makeUser(hub, 'boss', { admin: true }));
    const alice = await makeUserWithPassword(hub, 'alice');
    const token = { Authorization: `token ${makeToken(hub, alice)}` };
    const ask = (path: string) => createBrowser(hub).raw('get', path, { ...token, Accept: 'application/json' });
    expect((await ask('hub/api/users/alice')).status).toBe(200);
    await boss.post(`hub/admin/users/${alice.id}/reset`);
    const password = /<code class="secret">([^<]+)</.exec((await boss.get('hub/admin/users')).text)?.[1] ?? '';
    const refused = await ask('hub/api/users/alice');
    expect([refused.status, refused.body.message]).toEqual([403, 'Choose a new password first.']);
    expect((await ask('user/alice/api/status')).status).toBe(403);
    expect((await ask('hub/api/user')).body).toMatchObject({ name: 'alice' });
    const browser = createBrowser(hub);
    await signIn(browser, 'alice', password);
    await browser.post('hub/password', { current: password, password: 'another set of words', repeat: 'another set of words' });
    expect((await ask('hub/api/users/alice')).status).toBe(200);
  });
});
