import { makeUser, makeUserWithPassword, PASSWORD } from '../support/factories';
import { createBrowser, signedInAs, signIn, type Browser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
beforeEach(async () => {
  hub = await startHub();
});
afterEach(() => hub.close());

const named = (name: string) => hub.store.users.byName(name as never);
const newAdmin = (): Browser => signedInAs(hub, makeUser(hub, 'boss', { admin: true }));
const secretOn = (page: string): string => /<code class="secret">([^<]+)</.exec(page)?.[1] ?? '';

describe('the first administrator', () => {
  const linkPath = (): string => new URL(hub.hub.adminLink() ?? '').href.replace(/^https?:\/\/[^/]+\//, '');

  it('A12: opens the link, sets a password, and is signed in; the link then is dead', async () => {
    const path = linkPath();
    const browser = createBrowser(hub);
    const form = await browser.get(path);
    expect(form.text).toContain('Set the password of the administrator admin.');
    expect(named('admin')).toBeUndefined();
    const link = new URLSearchParams(path.split('?')[1]).get('link') ?? '';
    const res = await browser.post('hub/bootstrap', { link, password: PASSWORD, repeat: PASSWORD });
    expect([res.status, res.headers['location']]).toEqual([303, '/hub/home']);
    expect(named('admin')).toMatchObject({ admin: true, status: 'active' });
    expect((await browser.get('hub/admin/users')).status).toBe(200);
    expect((await createBrowser(hub).get(path)).status).toBe(403);
    expect((await createBrowser(hub).post('hub/bootstrap', { link, password: `${PASSWORD} 2`, repeat: `${PASSWORD} 2` })).status).toBe(403);
    expect(hub.hub.adminLink()).toBeUndefined();
  });

  it('A12: the link is never logged, and a wrong one shows nothing', async () => {
    const path = linkPath();
    await createBrowser(hub).get(path);
    const res = await createBrowser(hub).get('hub/bootstrap?link=guess');
    expect(res.status).toBe(403);
    expect(JSON.stringify(hub.lines)).not.toContain(new URLSearchParams(path.split('?')[1]).get('link'));
  });

  it('A12: signing up under the name gives nothing', async () => {
    for (const name of ['admin', 'Admin', 'ADMIN']) {
      const res = await createBrowser(hub).post('hub/signup', { username: name, password: PASSWORD, repeat: PASSWORD });
      expect([400, 403]).toContain(res.status);
    }
    expect(hub.store.users.list({ offset: 0, limit: 5 }).total).toBe(0);
  });
});

describe('signing up', () => {
  const ask = { username: 'mallory', password: PASSWORD, repeat: PASSWORD };

  it('A13: waits for an administrator; until then the account can do nothing', async () => {
    expect((await createBrowser(hub).post('hub/signup', ask)).text).toContain('an administrator has been asked');
    expect(named('mallory')?.status).toBe('pending');
    const browser = createBrowser(hub);
    expect((await signIn(browser, 'mallory', PASSWORD)).status).toBe(403);
    expect(browser.cookies.has('hub')).toBe(false);

    const admin = newAdmin();
    expect((await admin.get('hub/home')).text).toContain('One account waits for approval');
    const res = await admin.post(`hub/admin/users/${named('mallory')?.id}/approve`);
    expect([res.status, res.headers['location']]).toEqual([303, '/hub/admin/users']);
    expect((await admin.get('hub/admin/users')).text).toContain('mallory is approved.');
    expect((await signIn(browser, 'mallory', PASSWORD)).status).toBe(302);
    expect((await browser.get('hub/spawn')).status).toBe(302);
  });

  it('says the same for a name that is taken', async () => {
    await makeUserWithPassword(hub, 'taken');
    const strip = (text: string): string => text.replace(/value="[\w-]{43}"/g, '');
    const free = await createBrowser(hub).post('hub/signup', { ...ask, username: 'free-name' });
    const taken = await createBrowser(hub).post('hub/signup', { ...ask, username: 'taken' });
    expect([taken.status, strip(taken.text)]).toEqual([free.status, strip(free.text)]);
  });

  it('brings the form back with a sentence when something can be corrected', async () => {
    const short = await createBrowser(hub).post('hub/signup', { ...ask, password: 'short', repeat: 'short' });
    expect([short.status, short.text.includes('value="mallory"'), short.text.includes('role="alert"')]).toEqual([400, true, true]);
    const different = await createBrowser(hub).post('hub/signup', { ...ask, repeat: 'something else entirely' });
    expect(different.text).toContain('The two passwords are not the same.');
    expect(named('mallory')).toBeUndefined();
  });

  it.each(['Alice', '..', 'new', 'hub', '__proto__', 'a/b', 'a;b', '\u202ealice', 'a'.repeat(300), ''])('A11: %j is refused', async (username) => {
    expect((await createBrowser(hub).post('hub/signup', { ...ask, username })).status).toBe(400);
    expect(hub.store.users.list({ offset: 0, limit: 5 }).total).toBe(0);
  });

  it('is closed where the setting says so', async () => {
    await hub.close();
    hub = await startHub({ settings: { signup: 'closed' } });
    expect((await createBrowser(hub).get('hub/signup')).status).toBe(403);
    expect((await createBrowser(hub).post('hub/signup', ask)).status).toBe(403);
    expect((await createBrowser(hub).get('hub/login')).text).not.toContain('/hub/signup');
  });
});

describe('passwords', () => {
  it('A17: changing one needs the current one and ends every other session', async () => {
    const alice = await makeUserWithPassword(hub, 'alice');
    const [here, there] = [createBrowser(hub), signedInAs(hub, alice)];
    await signIn(here, 'alice', PASSWORD);
    const wrong = await here.post('hub/password', { current: 'not this one, no', password: 'another set of words', repeat: 'another set of words' });
    expect(wrong.status).toBe(403);
    expect((await there.get('hub/home')).status).toBe(200);
    const res = await here.post('hub/password', { current: PASSWORD, password: 'another set of words', repeat: 'another set of words' });
    expect(res.status).toBe(303);
    expect((await here.get('hub/home')).text).toContain('Your password is changed.');
    expect((await there.get('hub/home')).status).toBe(302);
  });

  it('a password that an administrator set has to be changed before anything else', async () => {
    await makeUserWithPassword(hub, 'alice', { mustChangePassword: true });
    const browser = createBrowser(hub);
    expect((await signIn(browser, 'alice', PASSWORD)).headers['location']).toBe('/hub/password');
    expect((await browser.get('hub/home')).headers['location']).toBe('/hub/password');
    expect((await browser.get('hub/spawn')).headers['location']).toBe('/hub/password');
    expect(hub.spawner.started).toHaveLength(0);
    expect((await browser.get('hub/password')).text).toContain('Please choose your own');
    await browser.post('hub/password', { current: PASSWORD, password: 'another set of words', repeat: 'another set of words' });
    expect((await browser.get('hub/home')).status).toBe(200);
  });
});

describe('the users page', () => {
  it('creates an account whose generated password is shown once and works', async () => {
    const admin = newAdmin();
    expect((await admin.post('hub/admin/users', { username: 'carol' })).status).toBe(303);
    const page = await admin.get('hub/admin/users');
    const password = secretOn(page.text);
    expect(password).not.toBe('');
    expect((await admin.get('hub/admin/users')).text).not.toContain(password);
    expect((await signIn(createBrowser(hub), 'carol', password)).headers['location']).toBe('/hub/password');
    expect(JSON.stringify(hub.lines)).not.toContain(password);
  });

  it('resets, disables, enables, promotes, demotes, and takes the right to launch away', async () => {
    const admin = newAdmin();
    const alice = makeUser(hub, 'alice');
    const browser = signedInAs(hub, alice);
    const act = async (action: string): Promise<void> => {
      const res = await admin.post(`hub/admin/users/${alice.id}/${action}`);
      expect([action, res.status]).toEqual([action, 303]);
    };
    await act('researcher-off');
    expect((await browser.get('hub/spawn')).status).toBe(403);
    await act('researcher-on');
    await act('admin-on');
    expect((await browser.get('hub/admin/users')).status).toBe(200);
    await act('admin-off');
    expect((await browser.get('hub/admin/users')).status).toBe(403);
    await act('disable');
    expect((await browser.get('hub/home')).status).toBe(302);
    await act('enable');
    await act('reset');
    expect(secretOn((await admin.get('hub/admin/users')).text)).not.toBe('');
  });

  it('deletes only with an explicit choice about volumes', async () => {
    const admin = newAdmin();
    const alice = makeUser(hub, 'alice');
    expect((await admin.post(`hub/admin/users/${alice.id}/delete`)).status).toBe(400);
    expect(named('alice')).toBeDefined();
    expect((await admin.post(`hub/admin/users/${alice.id}/delete`, { volumes: 'keep' })).status).toBe(303);
    expect(named('alice')).toBeUndefined();
  });

  it('R05: the last administrator stays one, and says so on the page', async () => {
    const admin = newAdmin();
    const res = await admin.post(`hub/admin/users/${named('boss')?.id}/admin-off`);
    expect(res.status).toBe(409);
    expect(res.text).toContain('last active administrator');
  });

  it('searches and pages', async () => {
    const admin = newAdmin();
    for (let i = 0; i < 60; i++) makeUser(hub, `person-${String(i).padStart(2, '0')}`);
    const first = await admin.get('hub/admin/users');
    expect(first.text).toContain('1 to 25 of 61');
    expect(first.text).toContain('href="/hub/admin/users?offset=25"');
    expect((await admin.get('hub/admin/users?offset=50')).text).toContain('51 to 61 of 61');
    expect((await admin.get('hub/admin/users?q=person-07')).text).toContain('1 to 1 of 1');
    expect((await admin.get('hub/admin/users?offset=-5&q=%25')).status).toBe(200);
  });

  it('is for administrators only', async () => {
    const alice = makeUser(hub, 'alice');
    const browser = signedInAs(hub, alice);
    expect((await browser.get('hub/admin/users')).status).toBe(403);
    expect((await browser.post(`hub/admin/users/${alice.id}/admin-on`)).status).toBe(403);
    expect(named('alice')?.admin).toBe(false);
    expect((await browser.get('hub/home')).text).not.toContain('/hub/admin');
  });

  it('R03: shows odd names as text', async () => {
    makeUser(hub, '<img src=x onerror=alert(1)>');
    const { text } = await newAdmin().get('hub/admin/users');
    expect(text).toContain('&lt;img src=x');
    expect(text).not.toContain('<img src=x');
  });
});

describe('languages', () => {
  it('follows the browser, then the choice', async () => {
    const browser = createBrowser(hub);
    expect((await browser.get('hub/login', { 'Accept-Language': 'zh-CN,zh;q=0.9' })).text).toContain('<html lang="zh-Hans">');
    expect((await browser.get('hub/nowhere', { Accept: 'text/html', 'Accept-Language': 'zh-CN' })).text).toContain('此内容不存在，或者您无权查看。');
    const res = await browser.post('hub/language', { lang: 'zh', next: '/hub/login?next=%2Fhub%2Fhome' });
    expect([res.status, res.headers['location']]).toEqual([303, '/hub/login?next=%2Fhub%2Fhome']);
    expect((await browser.get('hub/login', { 'Accept-Language': 'en' })).text).toContain('登录');
  });

  it('G07: does not lead away', async () => {
    const res = await createBrowser(hub).post('hub/language', { lang: 'en', next: '//evil.example' });
    expect(res.headers['location']).toBe('/hub/');
  });
});
