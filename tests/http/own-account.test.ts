import { makeToken, makeUser, makeUserWithPassword, PASSWORD } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
});
afterAll(() => hub.close());

const api = (token: string) => (method: 'get' | 'patch', path: string, body?: object) => {
  const test = createBrowser(hub).raw(method, `hub/api/users/${path}`, { Authorization: `token ${token}` });
  return body === undefined ? test : test.set('Content-Type', 'application/json').send(JSON.stringify(body));
};

describe('the page of one\'s own account', () => {
  test('keeps name and address as they were written, and shows them as text', async () => {
    const ada = makeUser(hub, 'ada');
    const browser = signedInAs(hub, ada);
    expect((await browser.post('hub/account', { realName: ' <b>Ada</b> Lovelace ', email: ' ada@example.org ', language: '', theme: 'light' })).headers['location']).toBe('/hub/account');
    const { text } = await browser.get('hub/account');
    expect(text).toContain('value="&lt;b>Ada&lt;/b> Lovelace"');
    expect(text).toContain('value="ada@example.org"');
    expect(hub.store.accounts.details(ada.id)).toEqual({ realName: '<b>Ada</b> Lovelace', email: 'ada@example.org', language: null, theme: 'light' });
  });

  test.each([
    ['an address without a host', { email: 'ada@', realName: 'x' }],
    ['an address with white space in it', { email: 'ada lovelace@example.org' }],
    ['an address that is too long', { email: `${'a'.repeat(250)}@example.org` }],
    ['A16: a name that turns the line around', { realName: 'Ada \u202eevil' }],
    ['a name that is too long', { realName: 'x'.repeat(129) }],
    ['a theme that is none', { theme: 'pink' }],
  ])('%s comes back as it was typed, and nothing is kept', async (_what, fields) => {
    const user = makeUser(hub, `bea-${Math.random().toString(36).slice(2)}`);
    const answer = await signedInAs(hub, user).post('hub/account', { theme: 'dark', ...fields });
    expect(answer.status).toBe(400);
    if (!('theme' in fields)) expect(answer.text).toContain('role="alert"');
    expect(hub.store.accounts.details(user.id)).toEqual({ realName: '', email: '', language: null, theme: null });
  });

  test('language and theme go with the account to the next browser, and follow what is chosen below any page', async () => {
    await makeUserWithPassword(hub, 'cid');
    const signIn = async () => {
      const browser = createBrowser(hub);
      await browser.post('hub/login', { username: 'cid', password: PASSWORD });
      return browser;
    };
    const first = await signIn();
    await first.post('hub/account', { language: 'zh', theme: 'dark' });
    expect((await first.get('hub/home')).text).toContain('<html lang="zh-Hans" data-theme="dark">');
    const second = await signIn();
    expect((await second.get('hub/home')).text).toContain('<html lang="zh-Hans" data-theme="dark">');
    await second.post('hub/language', { lang: 'en', next: '/hub/home' });
    await second.post('hub/theme', { theme: 'light', next: '/hub/home' });
    expect((await (await signIn()).get('hub/home')).text).toContain('<html lang="en" data-theme="light">');
    await second.post('hub/account', { language: '', theme: 'auto' });
    expect([...second.cookies.keys()].filter((name) => name.includes('lang'))).toEqual([]);
  });

  test('whoever never chose keeps what the browser has', async () => {
    await makeUserWithPassword(hub, 'dan');
    const browser = createBrowser(hub);
    await browser.post('hub/theme', { theme: 'dark', next: '/hub/login' });
    await browser.post('hub/login', { username: 'dan', password: PASSWORD });
    expect((await browser.get('hub/home')).text).toContain('data-theme="dark"');
  });
});

describe('the same over the API', () => {
  test('administrators read and change it, its owner reads it with a token and changes it in a browser', async () => {
    const [root, eve] = [makeUser(hub, 'root', { admin: true }), makeUser(hub, 'eve')];
    const [asRoot, asEve] = [api(makeToken(hub, root)), api(makeToken(hub, eve))];
    const account = { real_name: 'Eve', email: 'eve@example.org', language: 'zh', theme: 'dark' };
    expect((await asRoot('patch', 'eve/account', account)).body).toEqual(account);
    expect((await asEve('get', 'eve/account')).body).toEqual(account);
    expect((await asEve('patch', 'eve/account', { email: '' })).status).toBe(403);
    const browser = signedInAs(hub, eve);
    const token = await browser.token();
    const changed = await browser.raw('patch', 'hub/api/users/eve/account', { 'X-XSRFToken': token, Origin: hub.origin, 'Sec-Fetch-Site': 'same-origin' }).set('Content-Type', 'application/json').send('{"email":""}');
    expect([changed.status, changed.body]).toEqual([200, { ...account, email: '' }]);
    expect((await asRoot('patch', 'eve/account', { theme: 'pink' })).status).toBe(400);
    expect((await asRoot('patch', 'eve/account', { phone: '1' })).body).toEqual({ status: 400, message: 'Invalid JSON keys: phone' });
    expect(hub.store.audit.list({ offset: 0, limit: 1 })[0]).toMatchObject({ action: 'user.details', target: 'user:eve', detail: { keys: ['email'] } });
  });

  test('D06: of others it is as unknown as an account that does not exist', async () => {
    const fay = api(makeToken(hub, makeUser(hub, 'fay')));
    const seen = async (path: string) => { const { status, body } = await fay('get', path); return [status, body]; };
    for (const what of ['account', 'activity-log']) expect(await seen(`root/${what}`)).toEqual(await seen(`nobody/${what}`));
  });
});

describe('the page of one\'s own activity', () => {
  test('shows what one did and what others did with one\'s own, and never where others came from', async () => {
    const [gus, boss] = [makeUser(hub, 'gus'), makeUser(hub, 'boss', { admin: true })];
    const { services } = hub.hub;
    await services.servers.start(services.actors.ofUser(gus, 'cookie', 'c1'), gus, '' as never, {}).settled;
    makeToken(hub, gus);
    services.accounts.setResearcher(services.actors.ofUser(boss, 'cookie', 'c2'), gus.id, false);
    const { text } = await signedInAs(hub, gus).get('hub/activity');
    for (const words of ['Started a server', 'Made a token', 'Forbade to start servers', '<bdi>boss</bdi>', 'You']) expect(text).toContain(words);
    const log = (await api(makeToken(hub, gus))('get', 'gus/activity-log')).body as { items: { action: string; by: string; address: string | null }[] };
    expect(log.items.find(({ action }) => action === 'user.unmake-researcher')).toMatchObject({ by: 'boss', by_kind: 'user', address: null });
    expect((await signedInAs(hub, gus).get('hub/activity?kind=volumes')).text).toContain('Nothing yet');
  });

  test('A02: attempts to sign in that were refused are there, with where they came from', async () => {
    const hal = await makeUserWithPassword(hub, 'hal');
    await createBrowser(hub).post('hub/login', { username: 'hal', password: 'not this one at all' });
    const { body } = await api(makeToken(hub, hal))('get', 'hal/activity-log?kind=sign-in');
    expect(body).toMatchObject({ items: [{ action: 'user.sign-in', result: 'denied', by: null, by_kind: 'anonymous', address: '127.0.0.1' }] });
  });

  test('is paged: each page begins below the last entry of the one before', async () => {
    const ida = makeUser(hub, 'ida');
    const ask = api(makeToken(hub, ida));
    for (let n = 0; n < 4; n += 1) makeToken(hub, ida);
    const first = (await ask('get', 'ida/activity-log?limit=3')).body as { items: { id: number }[]; next: number };
    const second = (await ask('get', `ida/activity-log?limit=3&before=${first.next}`)).body as typeof first;
    expect([first.items.length, second.items.length, second.next]).toEqual([3, 2, null]);
    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(5);
    const page = await signedInAs(hub, ida).get(`hub/activity?kind=tokens&before=${first.next}`);
    expect(page.text).toContain('href="/hub/activity?kind=tokens"');
  });

  test('A19: it stays with somebody who gets another name, and whoever takes the old name sees none of it', async () => {
    const kim = makeUser(hub, 'kim');
    makeToken(hub, kim);
    const { services } = hub.hub;
    services.accounts.rename(services.actors.ofUser(makeUser(hub, 'chief', { admin: true }), 'cookie', 'c'), kim.id, 'kimberly');
    const actions = async (name: string, token: string) => ((await api(token)('get', `${name}/activity-log`)).body as { items: { action: string }[] }).items.map(({ action }) => action);
    expect(await actions('kimberly', makeToken(hub, { ...kim, name: 'kimberly' as never }))).toEqual(['token.create', 'user.rename', 'token.create']);
    expect(await actions('kim', makeToken(hub, makeUser(hub, 'kim')))).toEqual(['token.create']);
  });

  test('A19: somebody new of the same name inherits none of it', async () => {
    const old = makeUser(hub, 'jo');
    makeToken(hub, old);
    hub.store.users.remove(old.id);
    const { body } = await api(makeToken(hub, makeUser(hub, 'jo')))('get', 'jo/activity-log');
    expect((body as { items: unknown[] }).items).toHaveLength(1);
  });
});
