import supertest from 'supertest';
import type { ServerName } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { makeToken, makeUser } from '../support/factories';
import { rawClient } from '../support/raw-client';
import { NAVIGATION, setCookies } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

type Answer = supertest.Response;

/** A browser with a jar per host, which goes where it is sent only when it is told to. */
interface Visitor {
  readonly jars: Map<string, Map<string, string>>;
  visit(url: string, headers?: Record<string, string>): Promise<Answer>;
  /** Follows redirects, and tells where it has been. */
  follow(url: string): Promise<{ readonly answer: Answer; readonly trail: readonly string[] }>;
}

let hub: TestHub;
let port: string;
let [alice, bob, root]: User[] = [];
const home = (): string => `http://localhost:${port}`;
const siteOf = (user: User): string => `http://${labelOf(user)}.localhost:${port}`;
const labelOf = (user: User): string => hub.hub.sites?.labelOf(user.id) ?? '';
const SITE = { 'Sec-Fetch-Site': 'same-site' };

function visitor(user?: User): Visitor {
  const jars: Visitor['jars'] = new Map();
  const jarOf = (host: string): Map<string, string> => jars.get(host) ?? jars.set(host, new Map()).get(host) ?? new Map();
  if (user !== undefined) jarOf(new URL(home()).host).set('hub', hub.hub.services.sessions.start(user, { address: '127.0.0.1', userAgent: 'test' }).cookie);
  const visit: Visitor['visit'] = async (url, headers = {}) => {
    const { host, pathname, search } = new URL(url);
    const jar = jarOf(host);
    const sent = jar.size === 0 ? {} : { Cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') };
    const answer = await supertest(hub.origin).get(pathname + search).redirects(0).set({ ...NAVIGATION, ...SITE, Host: host, ...sent, ...headers });
    for (const line of setCookies(answer)) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  };
  const follow: Visitor['follow'] = async (url) => {
    const trail = [url];
    for (;;) {
      const answer = await visit(trail.at(-1) ?? url);
      const to = answer.headers['location'];
      if (to === undefined || trail.length > 12) return { answer, trail };
      trail.push(new URL(to, trail.at(-1)).href);
    }
  };
  return { jars, visit, follow };
}

const start = async (user: User, name = ''): Promise<void> => {
  const { services } = hub.hub;
  await services.servers.start(services.actors.ofUser(user, 'cookie', 'test'), user, name as ServerName, {}).settled;
};

beforeEach(async () => {
  hub = await startHub({ settings: { subdomainHost: 'localhost' } });
  port = new URL(hub.hub.url).port;
  [alice, bob, root] = [makeUser(hub, 'alice'), makeUser(hub, 'bob'), makeUser(hub, 'root-of-all', { admin: true })];
});
afterEach(async () => {
  for (const user of hub.store.users.list({ offset: 0, limit: 10 }).users) await hub.hub.services.servers.stopAllOf(user.id);
  await hub.close();
});
const people = (): readonly [User, User, User] => [alice as User, bob as User, root as User];
const locationOf = (answer: Answer): string => answer.headers['location'] ?? '';

describe('the way to a site', () => {
  it('leads from the hub to the site and back to a clean address, with a cookie of the site\'s own', async () => {
    const [me] = people();
    await start(me);
    const browser = visitor(me);
    const { answer, trail } = await browser.follow(`${home()}/user/alice/lab?x=1`);
    expect(trail.map((url) => new URL(url).origin + new URL(url).pathname)).toEqual([
      `${home()}/user/alice/lab`, `${siteOf(me)}/user/alice/lab`, `${home()}/hub/enter`, `${siteOf(me)}/hub/enter`, `${siteOf(me)}/user/alice/lab`,
    ]);
    expect(trail.at(-1)).toBe(`${siteOf(me)}/user/alice/lab?x=1`);
    expect(answer.status).toBe(200);
    expect(browser.jars.get(new URL(siteOf(me)).host)?.get('hub')).toMatch(/^site\./);
  });

  it('B04: sets cookies of that host alone, and tells no address that holds a ticket to anybody', async () => {
    const [me] = people();
    await start(me);
    const browser = visitor(me);
    const first = await browser.visit(`${siteOf(me)}/user/alice/lab`);
    const second = await browser.visit(locationOf(first));
    const third = await browser.visit(locationOf(second));
    expect(setCookies(first)).toEqual([expect.stringMatching(/^hub-enter=[\w-]{43}; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/)]);
    expect(setCookies(second)).toEqual([]);
    expect(setCookies(third)).toEqual([expect.stringMatching(/^hub=site\.[0-9a-f-]{36}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/), 'hub-enter=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax']);
    expect(locationOf(third)).toBe('/user/alice/lab');
    for (const answer of [first, second, third]) expect([answer.headers['referrer-policy'], answer.headers['cache-control']]).toEqual(['no-referrer', 'no-store']);
  });

  it('asks who is not signed in to sign in, and goes on from there', async () => {
    const [me] = people();
    const { answer, trail } = await visitor().follow(`${siteOf(me)}/user/alice/lab`);
    expect(answer.status).toBe(200);
    expect(trail.at(-1)).toMatch(/\/hub\/login\?next=%2Fhub%2Fenter%3Fsite%3D/);
  });

  it('starts again once when a ticket does not fit, and then says what is wrong', async () => {
    const [me] = people();
    await start(me);
    const browser = visitor(me);
    const begin = await browser.visit(`${siteOf(me)}/user/alice/lab`);
    const ticket = locationOf(await browser.visit(locationOf(begin)));
    await browser.visit(ticket);
    const replayed = await browser.visit(ticket);
    expect([replayed.status, new URL(locationOf(replayed)).searchParams.get('again')]).toEqual([302, '1']);
    const without = visitor(me);
    const again = locationOf(await without.visit(locationOf(replayed)));
    const refused = await without.visit(again);
    expect([refused.status, setCookies(refused)]).toEqual([403, []]);
    expect(refused.text).toContain('Allow cookies for this address');
    expect(refused.text).not.toContain('_xsrf');
  });

  it.each(['https://evil.example/user/alice/', '//evil.example/user/alice/', '/hub/home', '/user/alice', '/\\evil.example', '', '/user/alice/../../hub/logout'])('goes nowhere but to a server on the site: %s', async (next) => {
    const [me] = people();
    await start(me);
    const { mark } = hub.hub.services.sitePass.newNonce();
    const answer = await visitor(me).visit(`${home()}/hub/enter?${new URLSearchParams({ site: labelOf(me), mark, next })}`);
    expect([answer.status, locationOf(answer)]).toEqual([400, '']);
  });

  it('gives nobody a ticket for a server that is not open to them, be it there or not (D06)', async () => {
    const [me, other] = people();
    await start(me);
    const { mark } = hub.hub.services.sitePass.newNonce();
    const asked = (site: string, path: string) => visitor(other).visit(`${home()}/hub/enter?${new URLSearchParams({ site, mark, next: path })}`, { Accept: 'application/json' });
    const answers = await Promise.all([asked(labelOf(me), '/user/alice/lab'), asked(labelOf(me), '/user/nobody/lab'), asked(labelOf(me), '/user/bob/lab'), asked('u-aaaaaaaaaaaaaaaaaaaa', '/user/bob/lab'), asked('evil.example/', '/user/bob/lab')]);
    for (const answer of answers) expect([answer.status, locationOf(answer)]).toEqual([404, '']);
  });

  it('C06: opens for a person who goes there, and for no script or frame', async () => {
    const [me] = people();
    await start(me);
    const { mark } = hub.hub.services.sitePass.newNonce();
    const url = `${home()}/hub/enter?${new URLSearchParams({ site: labelOf(me), mark, next: '/user/alice/lab' })}`;
    for (const [mode, dest] of [['cors', 'empty'], ['no-cors', 'script'], ['navigate', 'iframe'], ['navigate', 'object']] as const) {
      expect((await visitor(me).visit(url, { 'Sec-Fetch-Mode': mode, 'Sec-Fetch-Dest': dest })).status).toBe(403);
    }
  });
});

it('B04: over TLS every cookie of a site has the prefix that no other host can set, and the browser stays on TLS for all of them', async () => {
  const tls = await startHub({ settings: { publicUrl: 'https://hub.test/', subdomainHost: 'nb.test' } });
  try {
    const carol = makeUser(tls, 'carol');
    const { cookie } = tls.hub.services.sessions.start(carol, { address: '127.0.0.1', userAgent: 'test' });
    const site = `${tls.hub.sites?.labelOf(carol.id)}.nb.test`;
    const at = (host: string, url: string, sent = '') => supertest(tls.origin).get(url.replace(/^https:\/\/[^/]+/, '')).redirects(0).set({ ...NAVIGATION, ...SITE, Host: host, Cookie: sent });
    const begin = await at(site, '/user/carol/lab');
    const [nonce = ''] = setCookies(begin);
    expect(nonce).toMatch(/^__Host-hub-enter=[\w-]{43}; Path=\/; Max-Age=900; Secure; HttpOnly; SameSite=Lax$/);
    const entered = await at('hub.test', locationOf(begin), `__Host-hub=${cookie}`);
    expect(locationOf(entered)).toMatch(new RegExp(`^https://${site}/hub/enter\\?ticket=`));
    const done = await at(site, locationOf(entered), nonce.split(';')[0]);
    expect(setCookies(done)).toEqual([expect.stringMatching(/^__Host-hub=site\.[0-9a-f-]{36}\.[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/), '__Host-hub-enter=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax']);
    for (const answer of [begin, entered, done]) expect(answer.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
  } finally {
    await tls.close();
  }
});

describe('on a site', () => {
  const signedIn = async (user: User, at: User): Promise<Visitor> => {
    const browser = visitor(user);
    expect((await browser.follow(`${siteOf(at)}/user/${at.name}/lab`)).answer.status).toBe(200);
    return browser;
  };
  const call = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', Accept: 'application/json' };

  it('no cookie of the hub\'s host counts, nor a site\'s cookie on the hub\'s host or on another site', async () => {
    const [me, other, admin] = people();
    await start(me);
    await start(other);
    const browser = await signedIn(admin, me);
    const pass = browser.jars.get(new URL(siteOf(me)).host)?.get('hub') ?? '';
    const session = browser.jars.get(new URL(home()).host)?.get('hub') ?? '';
    const status = async (at: string, path: string, value: string): Promise<number> => (await visitor().visit(at + path, { ...call, Cookie: `hub=${value}` })).status;
    expect(await status(siteOf(me), '/user/alice/api', pass)).toBe(200);
    expect(await status(siteOf(me), '/user/alice/api', session)).toBe(403);
    expect(await status(siteOf(other), '/user/bob/api', pass)).toBe(403);
    expect(await status(home(), '/user/alice/api', pass)).toBe(403);
    expect((await visitor().visit(`${home()}/hub/home`, { Cookie: `hub=${pass}` })).headers['location']).toContain('/hub/login');
    for (const value of [pass.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')), pass.replace(/[0-9a-f]{8}-/, '00000000-'), `${pass}x`]) expect(await status(siteOf(me), '/user/alice/api', value)).toBe(403);
  });

  it('there is nothing of the hub: who goes to a page is sent to it, everything else is not found', async () => {
    const [me] = people();
    await start(me);
    const browser = await signedIn(me, me);
    expect(locationOf(await browser.visit(`${siteOf(me)}/hub/home?x`))).toBe(`${home()}/hub/home?x`);
    for (const path of ['/hub/home', '/hub/api/user', '/hub/api', '/hub/token', '/services/x/', '/hub/health']) {
      const answer = await browser.visit(siteOf(me) + path, call);
      expect([answer.status, setCookies(answer)]).toEqual([404, []]);
    }
    const post = await supertest(hub.origin).post('/hub/logout').set({ Host: new URL(siteOf(me)).host, Origin: siteOf(me) });
    expect(post.status).toBe(404);
  });

  it('D06: another user\'s server that runs, one that does not and none at all are the same', async () => {
    const [me, other] = people();
    await start(me);
    await start(other);
    const browser = await signedIn(me, me);
    const seen = async (at: string, path: string): Promise<unknown> => plain(await browser.visit(at + path, call));
    const running = await seen(siteOf(me), '/user/bob/api');
    expect(running).toMatchObject({ status: 404 });
    expect(await seen(siteOf(me), '/user/root-of-all/api')).toEqual(running);
    expect(await seen(siteOf(me), '/user/nobody/api')).toEqual(running);
  });

  it('a server that has stopped says so to its owner, and who goes there lands on the hub\'s page about it', async () => {
    const [me] = people();
    await start(me);
    const browser = await signedIn(me, me);
    await hub.hub.services.servers.stopAllOf(me.id);
    expect((await browser.visit(`${siteOf(me)}/user/alice/api/kernels`, call)).status).toBe(424);
    const { answer, trail } = await browser.follow(`${siteOf(me)}/user/alice/lab`);
    expect([answer.status, trail.at(-1)]).toEqual([424, `${home()}/user/alice/lab`]);
  });

  it('B03 B17: what ends the session ends the site\'s cookie and its sockets', async () => {
    const [me] = people();
    await start(me);
    const browser = await signedIn(me, me);
    const cookie = `hub=${browser.jars.get(new URL(siteOf(me)).host)?.get('hub')}`;
    const { host } = new URL(siteOf(me));
    const socket = rawClient(Number(port), `GET /user/alice/ws HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nOrigin: ${siteOf(me)}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
    await socket.until((text) => text.includes('\r\n\r\n'));
    hub.hub.services.sessions.endAll(me.id);
    await socket.closed();
    expect((await browser.visit(`${siteOf(me)}/user/alice/api`, call)).status).toBe(403);
  });

  it('R01: an administrator enters without a question, and it is written down once', async () => {
    const [me, , admin] = people();
    await start(me);
    const browser = await signedIn(admin, me);
    await browser.visit(`${siteOf(me)}/user/alice/api`, call);
    await browser.visit(`${siteOf(me)}/user/alice/lab`);
    const entries = hub.store.audit.list({ offset: 0, limit: 50 }).filter((entry) => entry.action === 'server.enter');
    expect(entries).toMatchObject([{ target: 'server:alice/' }]);
    expect(locationOf(await browser.visit(`${home()}/hub/access/alice`))).toBe('/user/alice/');
  });

  it('D22: somebody with whom a server is shared enters its site without a question, and no longer when that ends', async () => {
    const [me, guest, admin] = people();
    await start(me);
    const share = (method: 'post' | 'patch') => supertest(hub.origin)[method]('/hub/api/shares/alice/').set({ Authorization: `token ${makeToken(hub, admin)}` }).send({ user: guest.name });
    expect((await share('post')).status).toBe(200);
    const browser = await signedIn(guest, me);
    expect((await browser.visit(`${siteOf(me)}/user/alice/api`, call)).status).toBe(200);
    expect(hub.store.visits.toServersOf(me.id)).toMatchObject([{ visitor: 'bob' }]);
    expect((await share('patch')).status).toBe(200);
    expect((await browser.visit(`${siteOf(me)}/user/alice/api`, call)).status).toBe(404);
  });
});

describe('on the hub\'s host', () => {
  it('programs with a token find servers where they always were', async () => {
    const [me] = people();
    await start(me);
    const answer = await supertest(hub.origin).get('/user/alice/api').set({ Authorization: `token ${makeToken(hub, me)}` });
    expect(answer.status).toBe(200);
    const model = await supertest(hub.origin).get('/hub/api/users/alice').set({ Authorization: `token ${makeToken(hub, me)}` });
    expect(model.body.servers['']).toMatchObject({ url: '/user/alice/', full_url: `${siteOf(me)}/user/alice/` });
  });

  it('a form of the hub may lead to a site, and nowhere else', async () => {
    const [me] = people();
    const { headers } = await visitor(me).visit(`${home()}/hub/home`);
    expect(headers['content-security-policy']).toContain(`form-action 'self' http://*.localhost:${port};`);
  });

  it('D06: somebody else\'s server that runs, one that does not and none at all are the same', async () => {
    const [me, other] = people();
    await start(me);
    makeUser(hub, 'carol');
    const browser = visitor(other);
    const script = { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', 'Sec-Fetch-Site': 'same-origin' };
    for (const headers of [{}, script, { ...script, 'Sec-Fetch-Site': 'cross-site' }, { ...script, Accept: 'application/json', Authorization: `token ${makeToken(hub, other)}`, Cookie: '' }]) {
      const answers = await Promise.all(['alice', 'carol', 'nobdy'].map(async (name) => JSON.stringify(plain(await browser.visit(`${home()}/user/${name}/api`, headers))).replaceAll(name, 'NAME')));
      expect(new Set(answers).size).toBe(1);
    }
  });
});

/** What can be told apart: everything but the moment and the number of the request. */
const plain = (answer: Answer): unknown => {
  const { date: _date, 'x-request-id': id, ...headers } = answer.headers as Record<string, string>;
  return { status: answer.status, headers, body: answer.text.replaceAll(id ?? '', '') };
};
