import { makeToken, makeUser } from '../support/factories';
import { createBrowser, NAVIGATION, setCookies, signedInAs, tokenIn, type Browser } from '../support/login';
import { ROUTES } from '../support/routes';
import { startHub, type TestHub } from '../support/start-hub';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { HubRoute } from '../../hub/http/routes';

let hub: TestHub;
let admin: Browser;
async function openHub(): Promise<void> {
  hub = await startHub();
  admin = signedInAs(hub, makeUser(hub, 'root-of-all', { admin: true }));
  makeUser(hub, 'victim');
}
beforeAll(openHub);
afterAll(() => hub.close());

/** The one has a secret of the client in it; the other changes nothing (`signposts.test.ts`). Neither looks at a cookie. */
const WITHOUT_COOKIE = ['/hub/api/oauth2/token', '/hub/security/csp-report'];
const CHANGING = ROUTES.filter((route) => route.method !== 'get' && !WITHOUT_COOKIE.includes(route.path));
const fill = (path: string): string => path.slice(1).replace('{*rest}', 'api/kernels').replace('{*path}', 'x').replace(/:(\w+)/g, (_all, name: string) => (name === 'action' ? 'disable' : 'victim'));

/** What was refused leaves a trace of its own. */
const entries = (): readonly string[] => hub.store.audit.list({ offset: 0, limit: 2000 }).filter((entry) => entry.result === 'ok').map(({ action }) => action);

/** What a request could have changed, without what the mere visit of a page records. `but`: actions whose entries are not looked at. */
const snapshot = (but: readonly string[] = []): string => {
  const { users } = hub.store.users.list({ offset: 0, limit: 200 });
  return JSON.stringify([
    users.map((u) => [u.id, u.name, u.admin, u.status]), users.map((u) => [hub.store.tokens.listOf(u.id).length, hub.store.sessions.listOf(u.id).length, hub.store.volumes.listOf(u.id)]),
    hub.store.servers.list(), entries().filter((action) => !but.includes(action)),
  ]);
};

/** Reading what belongs to somebody else leaves an entry, and nothing but it: the only ones that a GET may leave. */
const LOOKS = ['server.read-log', 'volume.download'];
/** From one of our own pages or a typed address it starts the visitor's own server, as JupyterHub's clients expect (C16). */
const STARTS = '/hub/spawn';

/** Every address that is only visited, with a server of somebody else's whose log there is to read. */
async function visitAll(site: 'cross-site' | 'same-site' | 'same-origin', routes: readonly HubRoute[]): Promise<void> {
  const headers = { 'Sec-Fetch-Site': site, 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html' };
  for (const route of routes) {
    // A stream that would go on is asked for what there is now.
    const now = route.path.endsWith('/events') ? 'seconds=0' : '';
    for (const query of [now, `image=evil&token=x&${now}`]) {
      // One person may ask a hundred times a second: what was refused for that was not visited.
      while ((await admin.raw('get', `${fill(route.path)}?${query}`, headers)).status === 429);
    }
  }
}
const VISITED = ROUTES.filter((route) => route.method === 'get' && !route.path.includes('static'));

describe('requests that change something', () => {
  it('C01: there are some, and among them every one that the running hub has', () => {
    expect(CHANGING.length).toBeGreaterThan(25);
    const named = (routes: readonly HubRoute[]): string[] => routes.map((route) => `${route.method} ${route.path}`).toSorted();
    expect(named(ROUTES)).toEqual(expect.arrayContaining(named(hub.hub.pages)));
  });

  it.each(CHANGING.map((route) => [`${route.method} ${route.path}`, route] as const))('C01: %s needs the token of this session', async (_name, route) => {
    const before = snapshot();
    const res = await admin.raw(route.method, fill(route.path), { ...NAVIGATION, Origin: hub.origin });
    expect(res.status).toBe(403);
    expect(snapshot()).toBe(before);
  });

  it.each(CHANGING.map((route) => [`${route.method} ${route.path}`, route] as const))('C02: %s refuses the token of another session', async (_name, route) => {
    const foreign = await signedInAs(hub, hub.store.users.byName('victim' as never) as never).token();
    const beforeSignIn = await createBrowser(hub).token();
    for (const token of [foreign, beforeSignIn]) {
      const res = await admin.raw(route.method, fill(route.path), { ...NAVIGATION, Origin: hub.origin, 'X-XSRFToken': token });
      expect(res.status).toBe(403);
    }
  });

  it.each([
    ['cross-site', { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'no-cors' }],
    ['same-site', { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Mode': 'navigate' }],
    ['no header', {}],
    ['two values', { 'Sec-Fetch-Site': 'same-origin, cross-site', 'Sec-Fetch-Mode': 'navigate' }],
  ])('C03: a form with %s and no token starts nothing', async (_what, headers) => {
    const res = await admin.raw('post', 'hub/spawn', headers as Record<string, string>).type('form').send({});
    expect(res.status).toBe(403);
    expect(hub.spawner.started).toHaveLength(0);
  });

  it.each(['null', 'https://hub.example.evil', 'HOST.evil.example', 'https://HOST', 'http://HOST:1', 'http://HOST.', 'http://LOCALHOST:PORT/'])('C08: Origin %s is not ours', async (pattern) => {
    const { host, port } = new URL(hub.origin);
    const origin = pattern.replace('HOST', host).replace('PORT', port);
    const xsrf = await admin.token();
    const res = await admin.raw('post', 'hub/language', { ...NAVIGATION, Origin: origin }).type('form').send({ _xsrf: xsrf, lang: 'en' });
    expect(res.status).toBe(403);
  });

  it.each(['http://localhost:PORT', 'http://127.0.0.1:PORT'])('C08: Origin %s is', async (pattern) => {
    const xsrf = await admin.token();
    const res = await admin.raw('post', 'hub/language', { ...NAVIGATION, Origin: pattern.replace('PORT', new URL(hub.origin).port) }).type('form').send({ _xsrf: xsrf, lang: 'en' });
    expect(res.status).toBe(303);
  });

  it('takes the token from the field, the header or the query', async () => {
    const xsrf = await admin.token();
    const send = (path: string, headers: Record<string, string>, fields: Record<string, string>) => admin.raw('post', path, { ...NAVIGATION, Origin: hub.origin, ...headers }).type('form').send({ lang: 'en', ...fields });
    expect((await send('hub/language', {}, { _xsrf: xsrf })).status).toBe(303);
    expect((await send('hub/language', { 'X-XSRFToken': xsrf }, {})).status).toBe(303);
    expect((await send(`hub/language?_xsrf=${xsrf}`, {}, {})).status).toBe(303);
  });

  it('B04: gives clients that keep cookies the token in one that is good at once, and that no script can read', async () => {
    const browser = signedInAs(hub, hub.store.users.byName('victim' as never) as never);
    const page = await browser.get('hub/home');
    expect(browser.cookies.get('_xsrf')).toBe(tokenIn(page.text));
    expect(setCookies(page)).toEqual([`_xsrf=${tokenIn(page.text)}; Path=/hub/; HttpOnly; SameSite=Strict`]);
  });

  it.each([
    ['text/plain', '{"usernames":["x"]}'],
    ['application/x-www-form-urlencoded', '{"usernames":["x"]}'],
  ])('C04: JSON as %s by cookie is refused', async (type, body) => {
    const xsrf = await admin.token();
    const res = await admin.raw('post', 'hub/api/users', { Origin: hub.origin, 'Sec-Fetch-Site': 'same-origin', 'X-XSRFToken': xsrf, 'Content-Type': type }).send(body);
    expect([res.status, res.body]).toEqual([403, { status: 403, message: 'Forbidden' }]);
  });

  it('C05: method overrides are ignored', async () => {
    const headers = { Authorization: `token ${makeToken(hub, hub.store.users.byName('root-of-all' as never) as never)}`, 'X-HTTP-Method-Override': 'DELETE' };
    const anyone = createBrowser(hub);
    expect((await anyone.raw('get', 'hub/api/users/victim?_method=DELETE', headers)).status).toBe(200);
    expect((await anyone.raw('post', 'hub/api/users/victim?_method=DELETE', headers).send({ _method: 'DELETE' })).status).toBe(400);
    expect(hub.store.users.byName('victim' as never)).toBeDefined();
  });

  it.each(['cross-site', 'same-site'] as const)('C06: no page or address that a %s page sends people to changes anything, not even the audit log', async (site) => {
    hub.store.servers.ensure(hub.store.users.byName('victim' as never)?.id as never, DEFAULT_SERVER);
    const before = snapshot();
    await visitAll(site, VISITED);
    expect(snapshot()).toBe(before);
    expect(hub.spawner.started).toHaveLength(0);
  });

  it('C06: nor does one that is opened from our own pages, but for the entries of who read what belongs to somebody else', async () => {
    hub.store.servers.ensure(hub.store.users.byName('victim' as never)?.id as never, DEFAULT_SERVER);
    const [before, known] = [snapshot(LOOKS), entries().length];
    await visitAll('same-origin', VISITED.filter(({ path }) => path !== STARTS));
    expect(snapshot(LOOKS)).toBe(before);
    expect(hub.spawner.started).toHaveLength(0);
    expect([...new Set(entries().slice(0, entries().length - known))].toSorted()).toEqual(LOOKS);
  });
});

describe('what other pages may read', () => {
  // Whoever walked every address above has no requests left for this minute.
  beforeAll(async () => {
    await hub.close();
    await openHub();
  });

  it('C09: no foreign origin is ever allowed', async () => {
    const evil = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' };
    for (const res of [await admin.raw('get', 'hub/api/user', evil), await createBrowser(hub).raw('get', 'hub/api/', evil)]) {
      expect(res.headers['access-control-allow-origin']).toBeUndefined();
      expect(res.headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it.each(['empty', 'iframe', 'object', 'embed', 'script'])('C12: a page of the hub does not load as %s', async (dest) => {
    const res = await admin.raw('get', 'hub/home', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': dest === 'empty' ? 'cors' : 'navigate', 'Sec-Fetch-Dest': dest });
    expect(res.status).toBe(403);
    expect(res.text).not.toContain('Your servers');
  });

  it.each(['hub/home', 'hub/spawn', 'hub/no-such-page', 'user/victim/', 'user/victim/lab', 'user/nobody/lab', 'hub/admin/users'])('C12: no answer from %s tells a script a form\'s token, not even a refusal that it asks to be a page', async (path) => {
    const xsrf = await admin.token();
    for (const [mode, dest] of [['cors', 'empty'], ['same-origin', 'empty'], ['no-cors', 'script'], ['navigate', 'iframe'], ['navigate', 'object']] as const) {
      const res = await admin.raw('get', path, { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': dest, Accept: 'text/html' });
      expect(res.status).toBeGreaterThanOrEqual(400);
      expect(res.text).not.toContain(xsrf);
      expect(JSON.stringify(res.headers)).not.toContain(xsrf);
      expect(res.text).not.toContain('root-of-all');
    }
  });

  it.each(['cors', 'same-origin', 'no-cors'])('C12: the API does not answer a %s fetch by cookie alone', async (mode) => {
    const headers = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': mode === 'no-cors' ? 'script' : 'empty' };
    expect((await admin.raw('get', 'hub/api/users', headers)).status).toBe(403);
    expect((await admin.raw('get', 'hub/api/users', { ...headers, 'X-XSRFToken': await admin.token() })).status).toBe(200);
  });

  it('C11: nor do progress streams open from other origins', async () => {
    const res = await admin.raw('get', 'hub/api/users/victim/server/progress', { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' });
    expect(res.status).toBe(403);
  });

  it('C13: pages cut the handle of whoever opened them and cannot be framed', async () => {
    const { headers } = await admin.get('hub/home');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';img-src 'self' data:;font-src 'self';connect-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('same-origin');
    expect(headers['permissions-policy']).toBe('camera=(), microphone=(), geolocation=(), payment=(), usb=()');
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(headers['x-powered-by']).toBeUndefined();
  });

  it('pages have no inline script or style, and load nothing from elsewhere', async () => {
    for (const path of ['hub/home', 'hub/admin/users', 'hub/password']) {
      const { text } = await admin.get(path);
      expect(text).not.toMatch(/<script(?![^>]* src="\/hub\/static\/)/);
      expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|https?:\/\//);
    }
  });
});
