import zlib from 'node:zlib';
import { always, onceThenEnd } from '../support/hostile-upstream';
import { exchange, rawClient } from '../support/raw-client';
import { OK, useProxyPair } from '../support/proxy-pair';
import { ORIGIN, SECRET, asAlice, eventually, get, upgrade } from '../support/start-proxy';

const pair = useProxyPair();
const WHO: Record<string, string> = {
  anonymous: '',
  bob: 'Cookie: hub=cookie-bob\r\n',
  'bob\'s token': 'Authorization: token token-bob\r\n',
  'an expired cookie': 'Cookie: hub=cookie-gone\r\n',
  'the server\'s own secret': `Authorization: token ${SECRET}\r\n`,
  'a token in the query': '',
};

describe('E01: nobody else\'s bytes reach a container', () => {
  test.each(Object.keys(WHO))('E01: %s', async (who) => {
    const headers = `Host: hub.test\r\n${WHO[who]}`;
    const query = who === 'a token in the query' ? '?token=token-alice' : '';
    const { port } = pair.hub;
    const page = await exchange(port, get(`/user/alice/lab${query}`, `${headers}Accept: text/html\r\nSec-Fetch-Mode: navigate\r\n`));
    // Who is known learns no more than of a server that does not exist (D06).
    const known = who.startsWith('bob');
    expect(page.status).toBe(known ? 404 : 302);
    if (page.status === 302) expect(page.get('location')).toMatch(/^\/hub\/login\?next=%2Fuser%2Falice%2Flab/);
    const api = await exchange(port, get(`/user/alice/api${query}`, headers));
    expect([api.status, api.get('content-type')]).toEqual([known ? 404 : 403, 'application/json']);
    const upload = rawClient(port, `POST /user/alice/api${query} HTTP/1.1\r\n${headers}Origin: ${ORIGIN}\r\nContent-Length: 10000000\r\n\r\n`);
    upload.send(Buffer.alloc(1_000_000, 'x'));
    expect(await upload.until((text) => text.includes('\r\n\r\n'))).toMatch(known ? /^HTTP\/1.1 404 / : /^HTTP\/1.1 403 /);
    upload.destroy();
    const ws = rawClient(port, upgrade(`/user/alice/ws${query}`, `${headers}Origin: ${ORIGIN}\r\n`));
    expect(await ws.closed()).toMatch(known ? /^HTTP\/1.1 404 / : /^HTTP\/1.1 403 /);
    expect(pair.alice.connections).toHaveLength(0);
  });

  test('E01: the unknown cannot tell whether a server runs; a user is told 424', async () => {
    pair.hub.routes.remove('/user/alice/');
    const anonymous = rawClient(pair.hub.port, upgrade('/user/alice/ws', `Host: hub.test\r\nOrigin: ${ORIGIN}\r\n`));
    expect(await anonymous.closed()).toMatch(/^HTTP\/1.1 403 /);
    const alice = rawClient(pair.hub.port, upgrade('/user/alice/ws'));
    expect(await alice.closed()).toMatch(/^HTTP\/1.1 424 /);
    await exchange(pair.hub.port, get('/user/alice/lab'));
    expect(pair.hub.hubRequests.map((r) => r.context.path)).toEqual(['/user/alice/lab']);
  });

  test('E03: the server is talked to with its own secret, whatever the client sends', async () => {
    await exchange(pair.hub.port, get('/user/alice/x', 'Host: hub.test\r\nAuthorization: token token-alice\r\n'));
    await exchange(pair.hub.port, get('/user/alice/x', asAlice('Authorization: Basic eDp5\r\n')));
    for (const head of pair.alice.requests()) expect([...head.matchAll(/^authorization: (.*)\r$/gim)].map((m) => m[1])).toEqual([`token ${SECRET}`]);
    expect(pair.alice.requests()).toHaveLength(2);
  });
});

test('E03: the secret is not shown to pages, wherever it is cut', async () => {
  const page = `<script>{"token": "${SECRET}", "again": "${SECRET}"}</script>${SECRET.slice(0, 7)}`;
  for (const cut of [0, 5, 20, 25, 30, page.length - 3]) {
    pair.alice.script((connection) => {
      connection.socket.once('data', () => {
        connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n${page.slice(0, cut)}`);
        setImmediate(() => setImmediate(() => connection.socket.end(page.slice(cut))));
      });
    });
    const response = await exchange(pair.hub.port, get('/user/alice/lab', asAlice('Accept: text/html\r\nAccept-Encoding: gzip\r\n')));
    expect(response.body).toBe(`<script>{"token": "", "again": ""}</script>${SECRET.slice(0, 7)}`);
  }
  expect(pair.alice.text()).not.toMatch(/accept-encoding/i);
});

test.each([
  ['ORIGIN/user/alice/lab?x=1', '/user/alice/lab?x=1'],
  ['ORIGIN', '/'],
  ['ORIGIN//evil/x', '/evil/x'],
  ['ORIGIN@evil/', 'ORIGIN@evil/'],
  ['ORIGIN0/x', 'ORIGIN0/x'],
  ['//evil', '//evil'],
  ['http://evil/', 'http://evil/'],
  ['/user/alice/lab', '/user/alice/lab'],
])('E04: Location %s becomes %s', async (from, to) => {
  const fill = (text: string): string => text.replace('ORIGIN', pair.alice.origin);
  pair.alice.script(always(`HTTP/1.1 302 Found\r\nLocation: ${fill(from)}\r\nContent-Length: 0\r\n\r\n`));
  const response = await exchange(pair.hub.port, get('/user/alice/x'));
  expect([response.status, response.get('location')]).toEqual([302, fill(to)]);
  expect(pair.hub.touched).toEqual([]);
});

test('E05: headers that speak for the whole origin are removed', async () => {
  const bad = ['Clear-Site-Data: "*"', 'Strict-Transport-Security: max-age=0', 'Service-Worker-Allowed: /', 'Alt-Svc: h2="evil:443"', 'Public-Key-Pins: x', 'Refresh: 0; url=http://evil', 'Report-To: {}', 'NEL: {}',
    'X-Accel-Redirect: /etc/passwd', 'Proxy-Authenticate: Basic', 'Cross-Origin-Opener-Policy: unsafe-none', 'Connection: X-Secret', 'Keep-Alive: timeout=100', 'Trailer: x', 'Set-Cookie2: hub=x', 'Upgrade: h2c'];
  pair.alice.script(always(`HTTP/1.1 200 OK\r\n${bad.map((line) => `${line}\r\n`).join('')}X-Fine: yes\r\nContent-Length: 2\r\n\r\nhi`));
  const response = await exchange(pair.hub.port, get('/user/alice/x'));
  expect(response.status).toBe(200);
  expect(response.get('x-fine')).toBe('yes');
  const mine = new Set(['connection', 'keep-alive']);
  for (const line of bad) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    if (!mine.has(name)) expect(response.all(name)).toEqual([]);
  }
  expect(response.all('connection')).toEqual(['keep-alive']);
});

test('E06 and 9.1: an unreachable server is 503 without addresses, as page or JSON', async () => {
  const { origin } = pair.alice;
  await pair.alice.close();
  const api = await exchange(pair.hub.port, get('/user/alice/api'));
  expect([api.status, api.get('content-type'), api.get('retry-after')]).toEqual([503, 'application/json', '5']);
  const page = await exchange(pair.hub.port, get('/user/alice/lab', asAlice('Accept: text/html\r\n')));
  expect([page.status, page.get('content-type')]).toEqual([503, 'text/html']);
  for (const { body } of [api, page]) {
    expect(body).not.toContain(origin.slice(7));
    expect(body).not.toMatch(/127\.0|ECONN|at .*\.ts/);
  }
});

test('E07: the upstream sees one identity, the hub\'s', async () => {
  await exchange(pair.hub.port, get('/user/alice/x', asAlice('X-Hub-User: admin\r\nX_Hub_User: admin\r\nx-forwarded-user: admin\r\nRemote-User: admin\r\nX-Remote-User: admin\r\nX_Forwarded_User: admin\r\nConnection: X-Hub-User, X-Forwarded-User\r\n')));
  const head = pair.alice.requests()[0] ?? '';
  expect(head).not.toContain('admin');
  expect([...head.matchAll(/^x-forwarded-user: (.*)\r$/gim)].map((m) => m[1])).toEqual(['alice']);
});

test.each(['', 'Content-Security-Policy: frame-ancestors *\r\n', 'Content-Security-Policy: frame-ancestors *\r\nContent-Security-Policy: default-src \'self\'\r\n'])('E08: framing is forbidden by a policy of its own, after %j', async (own) => {
  pair.alice.script(always(`HTTP/1.1 200 OK\r\n${own}Content-Length: 2\r\n\r\nhi`));
  const response = await exchange(pair.hub.port, get('/user/alice/lab'));
  const theirs = own.split('\r\n').filter((line) => line !== '').map((line) => line.slice(line.indexOf(':') + 2));
  expect(response.all('content-security-policy')).toEqual([...theirs, 'frame-ancestors \'none\'']);
  expect(response.all('x-content-type-options')).toEqual(['nosniff']);
  expect(response.all('referrer-policy')).toEqual(['same-origin']);
});

test.each([
  ['/user/alice/files/x.html', 'text/html', true],
  ['/user/alice/%66iles/x.html', 'text/html', true],
  ['/user/alice/files/x.svg', 'image/svg+xml', true],
  ['/user/alice/files/x.xml', 'application/xml; charset=utf-8', true],
  ['/user/alice/nbconvert/html/x.ipynb', 'TEXT/HTML', true],
  ['/user/alice/view/x.html', 'application/xhtml+xml', true],
  ['/user/alice/files/x', '', true],
  ['/user/alice/files/x.png', 'image/png', false],
  ['/user/alice/lab', 'text/html', false],
])('E09: %s as %s: sandboxed %s', async (path, type, sandboxed) => {
  pair.alice.script(always(`HTTP/1.1 200 OK\r\n${type === '' ? '' : `Content-Type: ${type}\r\n`}Content-Length: 2\r\n\r\nhi`));
  const response = await exchange(pair.hub.port, get(path));
  expect(response.all('content-security-policy').includes('sandbox allow-scripts')).toBe(sandboxed);
});

describe('E10: bytes and framing stay as they are', () => {
  test('E10: a compressed body is not touched', async () => {
    const body = zlib.gzipSync('<p>hello</p>'.repeat(1000));
    pair.alice.script(onceThenEnd(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`), body])));
    const response = await exchange(pair.hub.port, get('/user/alice/static/x.html'));
    expect(Buffer.from(response.body, 'latin1').equals(body)).toBe(true);
    expect(response.get('content-encoding')).toBe('gzip');
  });

  test.each([
    ['HTTP/1.1 204 No Content\r\n\r\n', 'GET', 204],
    ['HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', 'GET', 304],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n', 'HEAD', 200],
    ['HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nab', 'GET', 206],
  ])('E10: %j to %s', async (answer, method, status) => {
    pair.alice.script(always(answer));
    const client = rawClient(pair.hub.port, `${method} /user/alice/x HTTP/1.1\r\n${asAlice()}\r\n${get('/hub/health')}`);
    const text = await client.until((t) => t.endsWith('hub'));
    client.destroy();
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (method === 'HEAD') expect(text).toMatch(/content-length: 1234/i);
    if (status === 206) expect(text).toContain('\r\n\r\nabHTTP/1.1 200');
    else expect(text).toMatch(/^[^]*?\r\n\r\nHTTP\/1.1 200 OK/);
  });
});

test('E11: without its route a server is not reached any more, on a kept connection either', async () => {
  const client = rawClient(pair.hub.port, get('/user/alice/x'));
  await client.until((text) => text.endsWith('hello'));
  const route = pair.hub.routes.remove('/user/alice/');
  if (route === undefined) throw new Error('no route');
  await pair.hub.proxy.drain(route, 100);
  client.send(get('/user/alice/x'));
  await client.until((text) => text.includes('{"code":"not-found"}'));
  expect(pair.alice.requests()).toHaveLength(1);
  await eventually(() => pair.alice.busy() === 0);
  client.destroy();
});

test('activity is a successful answer, a body or a WebSocket\'s bytes, and nothing else', async () => {
  pair.alice.script(always('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'));
  await exchange(pair.hub.port, get('/user/alice/x'));
  expect(pair.hub.touched).toEqual([]);
  await exchange(pair.hub.port, `POST /user/alice/x HTTP/1.1\r\nHost: hub.test\r\nAuthorization: token token-alice\r\nContent-Length: 2\r\n\r\nhi`);
  expect(pair.hub.touched).toEqual(['alice/alice-default']);
  pair.alice.script(always(OK));
});
