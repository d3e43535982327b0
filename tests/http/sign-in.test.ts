import { makeUser, makeUserWithPassword, PASSWORD } from '../support/factories';
import { createBrowser, NAVIGATION, setCookies, signedInAs, signIn } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub();
  await makeUserWithPassword(hub, 'alice');
});
afterAll(() => hub.close());

describe('signing in', () => {
  it('leads from the sign-in page to the home page', async () => {
    const browser = createBrowser(hub);
    const res = await signIn(browser, 'alice', PASSWORD);
    expect(res.status).toBe(302);
    expect(res.headers['location']).toBe('/hub/home');
    const home = await browser.get('hub/home');
    expect(home.status).toBe(200);
    expect(home.text).toContain('Signed in as alice');
  });

  it('shows the form again, with the name but without the password, after a wrong one', async () => {
    const res = await signIn(createBrowser(hub), 'alice', 'not the password at all');
    expect(res.status).toBe(403);
    expect(res.text).toContain('value="alice"');
    expect(res.text).not.toContain('not the password');
    expect(res.text).toContain('role="alert"');
  });

  it('goes where the person wanted to go', async () => {
    const browser = createBrowser(hub);
    const away = await browser.get('hub/home');
    expect(away.headers['location']).toBe('/hub/login?next=%2Fhub%2Fhome');
    const res = await browser.post('hub/login', { username: 'alice', password: PASSWORD, next: '/user/alice/lab?x=1' });
    expect(res.headers['location']).toBe('/user/alice/lab?x=1');
  });

  it('B01: gives a new session and ends the one the browser brought along', async () => {
    const browser = createBrowser(hub);
    await signIn(browser, 'alice', PASSWORD);
    const first = browser.cookies.get('hub');
    const again = createBrowser(hub);
    again.cookies.set('hub', first as string);
    await signIn(again, 'alice', PASSWORD);
    expect(again.cookies.get('hub')).not.toBe(first);
    expect((await browser.get('hub/home')).status).toBe(302);
  });

  it('B01: does not take over a session id that the browser made up', async () => {
    const browser = createBrowser(hub);
    browser.cookies.set('hub', 'A'.repeat(43));
    await signIn(browser, 'alice', PASSWORD);
    expect(browser.cookies.get('hub')).not.toBe('A'.repeat(43));
  });

  it('B02: a cookie is worth nothing after sign-out', async () => {
    const browser = createBrowser(hub);
    await signIn(browser, 'alice', PASSWORD);
    const stolen = browser.cookies.get('hub') as string;
    const out = await browser.post('hub/logout');
    expect(out.status).toBe(303);
    expect(browser.cookies.has('hub')).toBe(false);
    const thief = createBrowser(hub);
    thief.cookies.set('hub', stolen);
    expect((await thief.get('hub/home')).headers['location']).toMatch(/^\/hub\/login/);
  });

  it('C06: asks before it signs out', async () => {
    const browser = signedInAs(hub, makeUser(hub, 'asker'));
    expect((await browser.get('hub/logout')).text).toContain('Sign out?');
    expect((await browser.get('hub/home')).status).toBe(200);
  });

  it('C07: refuses a sign-in that another site sends', async () => {
    const attack = createBrowser(hub).raw('post', 'hub/login', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' });
    const res = await attack.type('form').send({ username: 'alice', password: PASSWORD });
    expect(res.status).toBe(403);
    expect(setCookies(res).some((line) => line.startsWith('hub='))).toBe(false);
  });

  it('C07: refuses a sign-in without the form of this browser', async () => {
    const other = await createBrowser(hub).token();
    const res = await createBrowser(hub).raw('post', 'hub/login', { ...NAVIGATION, Origin: hub.origin }).type('form').send({ _xsrf: other, username: 'alice', password: PASSWORD });
    expect(res.status).toBe(403);
  });

  it('lets a program in that reads no page, but takes the cookie _xsrf from it', async () => {
    const browser = createBrowser(hub);
    expect(setCookies(await browser.raw('get', 'hub/login'))).toContainEqual(expect.stringMatching(/^_xsrf=[\w-]+; Path=\/hub\//));
    const res = await browser.raw('post', 'hub/login').type('form').send({ _xsrf: browser.cookies.get('_xsrf'), username: 'alice', password: PASSWORD });
    expect(res.status).toBe(302);
  });

  it('lets a program in that sends no Origin but holds the form, as load generators do', async () => {
    const browser = createBrowser(hub);
    const xsrf = await browser.token();
    const res = await browser.raw('post', 'hub/login').type('form').send({ _xsrf: xsrf, username: 'alice', password: PASSWORD });
    expect(res.status).toBe(302);
  });

  it.each([
    ['A09: lists instead of text', 'username=alice&username=bob&password=x'],
    ['A09: nested names', 'username[$ne]=x&password[$ne]=y'],
    ['A09: nothing at all', ''],
  ])('%s are refused without a stack trace', async (_what, body) => {
    const browser = createBrowser(hub);
    const xsrf = await browser.token();
    const res = await browser.raw('post', 'hub/login', { ...NAVIGATION, Origin: hub.origin }).type('form').send(`_xsrf=${encodeURIComponent(xsrf)}&${body}`);
    expect(res.status).toBe(400);
    expect(res.text).not.toMatch(/at .*\.ts|node_modules/);
  });

  it('A14: shows what was typed as text', async () => {
    const name = '"><img src=x onerror=1>';
    const page = await createBrowser(hub).get(`hub/login?username=${encodeURIComponent(name)}&next=${encodeURIComponent('"onmouseover=alert(1)//')}`);
    expect(page.text).not.toContain('<img src=x');
    expect(page.text).toContain('&quot;>&lt;img src=x onerror=1>');
    expect(page.text).not.toContain('"onmouseover');
    expect(page.headers['content-security-policy']).not.toContain('unsafe-inline');
  });

  it('A15: refuses a name of two megabytes and neither logs nor shows it', async () => {
    const browser = createBrowser(hub);
    const xsrf = await browser.token();
    const before = hub.lines.length;
    const res = await browser.raw('post', 'hub/login', { ...NAVIGATION, Origin: hub.origin }).type('form').send({ _xsrf: xsrf, username: 'x'.repeat(2_000_000), password: 'y' });
    expect(res.status).toBe(413);
    expect(res.text.length).toBeLessThan(10_000);
    expect(JSON.stringify(hub.lines.slice(before)).length).toBeLessThan(4_000);
  });

  it('A16: a name with line breaks makes no second log line', async () => {
    const before = hub.lines.length;
    await signIn(createBrowser(hub), 'bob\r\n{"level":"info","msg":"admin logged in"}', 'whatever it is');
    const logged = hub.lines.slice(before).map((line) => JSON.stringify(line));
    expect(logged.join('\n').split('\n')).toHaveLength(logged.length);
    expect(hub.lines.slice(before).some((line) => line.message.includes('admin logged in'))).toBe(false);
  });

  it('keeps queries, cookies and passwords out of the log', async () => {
    const browser = createBrowser(hub);
    await browser.get('hub/login?next=%2Fhub%2Fsecret-query');
    await signIn(browser, 'alice', PASSWORD);
    const logged = JSON.stringify(hub.lines);
    expect(logged).not.toContain('secret-query');
    expect(logged).not.toContain(PASSWORD);
    expect(logged).not.toContain(browser.cookies.get('hub'));
  });
});

describe('cookies', () => {
  it('B08: refuses a hub cookie that comes twice, in both orders, and removes it', async () => {
    const browser = signedInAs(hub, makeUser(hub, 'twice'));
    const real = browser.cookies.get('hub') as string;
    for (const header of [`hub=ATTACKER; hub=${real}`, `hub=${real}; hub=ATTACKER`]) {
      const res = await createBrowser(hub).raw('get', 'hub/home', { ...NAVIGATION, Cookie: header });
      expect(res.status).toBe(400);
      expect(setCookies(res).some((line) => /^hub=;.*Max-Age=0/.test(line))).toBe(true);
    }
  });

  it.each(['$Version=1; hub="VALUE"', '\u2000hub=VALUE', 'HUB=VALUE', 'hub =VALUE', '__Host-hub=VALUE'])('B10: does not take %s for the session', async (pattern) => {
    const value = signedInAs(hub, makeUser(hub, `odd-${Math.random().toString(36).slice(2)}`)).cookies.get('hub') as string;
    const res = await createBrowser(hub).raw('get', 'hub/home', { ...NAVIGATION, Cookie: Buffer.from(pattern.replace('VALUE', value)).toString('latin1') });
    expect([302, 400]).toContain(res.status);
  });

  it('B15: private pages and answers are not kept', async () => {
    const browser = signedInAs(hub, makeUser(hub, 'private'));
    for (const path of ['hub/home', 'hub/password', 'hub/api/user']) expect((await browser.get(path)).headers['cache-control']).toBe('no-store');
  });
});

describe('over https', () => {
  let https: TestHub;
  beforeAll(async () => {
    https = await startHub({ settings: { publicUrl: 'https://hub.test/', trustedProxies: ['127.0.0.1/32'] } });
    await makeUserWithPassword(https, 'alice');
  });
  afterAll(() => https.close());

  const FRONT = { Host: 'hub.test', 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '198.51.100.7' };

  it('B04: every cookie is Secure with a SameSite, and the session is a __Host- cookie for nobody else', async () => {
    const browser = createBrowser(https);
    const form = await browser.get('hub/login', FRONT);
    const xsrf = /name="_xsrf" value="([^"]+)"/.exec(form.text)?.[1] as string;
    const res = await browser.raw('post', 'hub/login', { ...FRONT, ...NAVIGATION, Origin: 'https://hub.test' }).type('form').send({ _xsrf: xsrf, username: 'alice', password: PASSWORD });
    expect(res.status).toBe(302);
    const lines = [...setCookies(form), ...setCookies(res)];
    expect(lines.every((line) => line.includes('; Secure') && /; SameSite=(Lax|Strict)$/.test(line))).toBe(true);
    expect(lines.find((line) => line.startsWith('__Host-hub='))).toMatch(/^__Host-hub=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
    expect(lines.find((line) => line.startsWith('_xsrf='))).toMatch(/; Path=\/hub\/; Secure; HttpOnly; SameSite=Strict$/);
    expect((await browser.get('hub/home', FRONT)).headers['strict-transport-security']).toBe('max-age=31536000');
  });

  it('does not accept the plain name there', async () => {
    const browser = signedInAs(https, makeUser(https, 'plain'));
    expect((await browser.get('hub/home', FRONT)).status).toBe(302);
  });
});
