import { always } from '../support/hostile-upstream';
import { exchange, rawClient } from '../support/raw-client';
import { OK, useProxyPair } from '../support/proxy-pair';
import { ACCEPT, ORIGIN, WS_HEADERS, eventually } from '../support/start-proxy';

const pair = useProxyPair();
const COOKIES = 'Cookie: a=1; hub=cookie-alice; _xsrf=t; b="x y"; jupyterhub-session-id=s; c=%20=;  d\r\n';
const KEPT = 'a=1; _xsrf=t; b="x y"; c=%20=; d';
const UNSAFE = `Origin: ${ORIGIN}\r\nX-XSRFToken: t\r\n`;
const cookieLines = (head: string): string[] => [...head.matchAll(/^cookie: (.*)\r$/gim)].map((m) => m[1] ?? '');

describe('B05: the hub cookie never reaches a container, and the others arrive byte for byte', () => {
  const requests: Record<string, string> = {
    GET: `GET /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${COOKIES}\r\n`,
    POST: `POST /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${UNSAFE}${COOKIES}Content-Length: 2\r\n\r\nhi`,
    HEAD: `HEAD /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${COOKIES}\r\n`,
    'chunked PUT': `PUT /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${UNSAFE}${COOKIES}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
    'Expect: 100-continue': `POST /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${UNSAFE}${COOKIES}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
    'WebSocket upgrade': `GET /user/alice/ws HTTP/1.1\r\nHost: hub.test\r\nOrigin: ${ORIGIN}\r\n${COOKIES}${WS_HEADERS}\r\n`,
  };
  test.each(Object.keys(requests))('B05: with %s', async (name) => {
    pair.alice.script(always(name.startsWith('Web') ? ACCEPT : OK));
    const client = rawClient(pair.hub.port, requests[name]);
    await eventually(() => pair.alice.requests().length === 1);
    client.destroy();
    const head = pair.alice.requests()[0] ?? '';
    expect(cookieLines(head)).toEqual([KEPT]);
    expect(head).not.toContain('cookie-alice');
  });

  test('B05: with several Cookie lines', async () => {
    await exchange(pair.hub.port, 'GET /user/alice/x HTTP/1.1\r\nHost: hub.test\r\nCookie: a=1\r\nCookie: hub=cookie-alice; b=2\r\nCookie: c=3\r\n\r\n');
    expect(cookieLines(pair.alice.requests()[0] ?? '')).toEqual(['a=1', 'b=2', 'c=3']);
  });

  test('B05: a singleuser server keeps the session id, and nothing of the hub', async () => {
    pair.hub.route('alice', pair.alice.origin, { upstream: { kind: 'singleuser' } });
    await exchange(pair.hub.port, `GET /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${COOKIES}\r\n`);
    expect(cookieLines(pair.alice.requests()[0] ?? '')).toEqual(['a=1; _xsrf=t; b="x y"; jupyterhub-session-id=s; c=%20=; d']);
  });
});

const EVIL = ['__Host-hub=evil; Path=/; Secure', 'hub=evil; Path=/hub/', 'HUB=evil', 'hub-other=evil; Path=/hub/', '\xe2\x80\x80__Host-hub=evil', ' hub=evil', '=__Host-hub=evil', '__Host-Http-hub=evil', 'hub', 'jupyterhub-session-id=evil'];
const evilLines = EVIL.map((line) => `Set-Cookie: ${line}\r\n`).join('');

describe('B06: a container cannot set a cookie of the hub', () => {
  test.each(['200 OK', '302 Found', '401 Unauthorized'])('B06: on %s', async (status) => {
    pair.alice.script(always(`HTTP/1.1 ${status}\r\n${evilLines}Set-Cookie: theirs=1; Path=/user/alice/; HttpOnly\r\nContent-Length: 0\r\n\r\n`));
    const response = await exchange(pair.hub.port, `GET /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${COOKIES}\r\n`);
    expect(response.all('set-cookie')).toEqual(['theirs=1; HttpOnly; Path=/user/alice/; SameSite=Lax']);
  });

  test.each(['HTTP/1.1 403 Forbidden\r\n', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'])('B06: on the answer to an upgrade: %j', async (head) => {
    pair.alice.script(always(`${head}${evilLines}Set-Cookie: theirs=1\r\n${head.includes('403') ? 'Content-Length: 0\r\n' : ''}\r\n`));
    const client = rawClient(pair.hub.port, `GET /user/alice/ws HTTP/1.1\r\nHost: hub.test\r\nOrigin: ${ORIGIN}\r\n${COOKIES}${WS_HEADERS}\r\n`);
    const text = await client.until((t) => t.includes('\r\n\r\n'));
    client.destroy();
    expect(text).not.toContain('evil');
    expect(text).toContain('theirs=1; Path=/user/alice/');
  });
});

test('B07: a container cookie stays below its server and has no domain', async () => {
  pair.alice.script(always('HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; Domain=.example; Path=/user/alice/lab\r\nSet-Cookie: c=3\r\nSet-Cookie: d=4; path=/user/alice/; Path=/hub/; SameSite=None\r\nContent-Length: 0\r\n\r\n'));
  const response = await exchange(pair.hub.port, `GET /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${COOKIES}\r\n`);
  expect(response.all('set-cookie')).toEqual(['a=1; Path=/user/alice/; SameSite=Lax', 'b=2; Path=/user/alice/lab; SameSite=Lax', 'c=3; Path=/user/alice/; SameSite=Lax', 'd=4; SameSite=None; Path=/user/alice/']);
});

test.each(['hub=ATTACKER; hub=cookie-alice', 'hub=cookie-alice; hub=ATTACKER', 'hub=cookie-alice; hub=cookie-alice', 'hub=cookie-alice\r\nCookie: hub=ATTACKER'])('B08: two hub cookies are refused and cleared: %s', async (cookies) => {
  for (const path of ['/user/alice/x', '/hub/home']) {
    const response = await exchange(pair.hub.port, `GET ${path} HTTP/1.1\r\nHost: hub.test\r\nCookie: ${cookies}\r\n\r\n`);
    expect(response.status).toBe(400);
    expect(response.all('set-cookie')[0]).toBe('hub=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax');
  }
  expect(pair.alice.text()).toBe('');
  expect(pair.hub.hubRequests).toEqual([]);
});

test('B09: at most 40 cookies and 16 kB of them pass', async () => {
  const many = Array.from({ length: 300 }, (_, i) => `Set-Cookie: c${i}=${i}\r\n`).join('');
  pair.alice.script(always(`HTTP/1.1 200 OK\r\n${many}Content-Length: 0\r\n\r\n`));
  const response = await exchange(pair.hub.port, `GET /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${COOKIES}\r\n`);
  expect(response.all('set-cookie')).toHaveLength(40);

  const large = Array.from({ length: 10 }, (_, i) => `Set-Cookie: c${i}=${'x'.repeat(2500)}\r\n`).join('');
  pair.alice.script(always(`HTTP/1.1 200 OK\r\n${large}Content-Length: 0\r\nConnection: close\r\n\r\n`));
  for (const { socket } of pair.alice.connections) socket.destroy();
  const second = await exchange(pair.hub.port, `GET /user/alice/x HTTP/1.1\r\nHost: hub.test\r\n${COOKIES}\r\n`);
  expect(second.all('set-cookie').join('').length).toBeLessThanOrEqual(16 * 1024);
  expect(second.all('set-cookie').length).toBeGreaterThan(0);
});

test.each(['$Version=1; hub="cookie-alice"', '\xe2\x80\x80hub=cookie-alice', 'HUB=cookie-alice', 'hub =cookie-alice', '\xa0hub=cookie-alice', 'hub= cookie-alice', '=hub=cookie-alice', '__Host-hub=cookie-alice'])(
  'B10: %j is not the session cookie',
  async (cookie) => {
    const response = await exchange(pair.hub.port, Buffer.from(`GET /user/alice/x HTTP/1.1\r\nHost: hub.test\r\nCookie: ${cookie}\r\n\r\n`, 'latin1'));
    expect(response.status).toBe(403);
    expect(pair.alice.text()).toBe('');
  },
);
