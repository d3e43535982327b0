import { exchange, isComplete, parseResponse, rawClient } from '../support/raw-client';
import { always } from '../support/hostile-upstream';
import { OK, useProxyPair } from '../support/proxy-pair';
import { ORIGIN, WS_HEADERS, asAlice, get, startProxy } from '../support/start-proxy';

const pair = useProxyPair();
const TOKEN = 'Host: hub.test\r\nAuthorization: token token-alice\r\n';
const names = (head: string): string[] => head.split('\r\n').slice(1).map((line) => line.slice(0, line.indexOf(':')).toLowerCase()).filter((name) => name !== '');

describe('F01: a body is delivered as a body', () => {
  const smuggled = 'GET /user/bob/SMUGGLED HTTP/1.1\r\nHost: hub.test\r\n\r\n';
  test.each([
    ['DELETE', ''], ['OPTIONS', ''], ['DELETE', 'Connection: transfer-encoding, upgrade\r\n'], ['GET', ''], ['POST', 'Connection: content-length\r\n'],
  ])('F01: chunked %s %j, on a reused upstream connection', async (method, more) => {
    await exchange(pair.hub.port, get('/user/alice/first'));
    const chunked = `${method} /user/alice/a HTTP/1.1\r\n${TOKEN}${more}Transfer-Encoding: chunked\r\n\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
    expect((await exchange(pair.hub.port, chunked)).status).toBe(200);
    await exchange(pair.hub.port, get('/user/alice/last'));
    const seen = pair.alice.parsed();
    expect(seen.map(({ head }) => head.split(' ', 2).join(' '))).toEqual(['GET /user/alice/first', `${method} /user/alice/a`, 'GET /user/alice/last']);
    expect(seen[1]?.body).toBe(smuggled);
    expect(pair.bob.text()).toBe('');
    expect(pair.hub.hubRequests).toEqual([]);
  });
});

describe('F02: Expect', () => {
  test('F02: 100-continue is answered by the proxy, and everything is sanitised as ever', async () => {
    const client = rawClient(pair.hub.port, `POST /user/alice/x HTTP/1.1\r\nHost: hub.test\r\nCookie: hub=cookie-alice; _xsrf=t\r\nOrigin: ${ORIGIN}\r\nX-XSRFToken: t\r\nX-Hub-User: admin\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
    await client.until((text) => text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
    client.send('hi');
    await client.until((text) => text.endsWith('hello'));
    client.destroy();
    expect(client.text().match(/100 Continue/g)).toHaveLength(1);
    expect(pair.alice.text()).not.toMatch(/expect:|admin|cookie-alice/i);
    expect(pair.alice.text()).toMatch(/\r\n\r\nhi$/);
  });

  test('F02: what is refused is not asked to go on', async () => {
    const client = rawClient(pair.hub.port, 'POST /user/alice/x HTTP/1.1\r\nHost: hub.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    expect(await client.until((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1.1 403 /);
    client.destroy();
  });

  test.each(['foo', '100-continue, x', 'y 100-continue'])('F02: Expect: %s is 417', async (value) => {
    expect((await exchange(pair.hub.port, get('/user/alice/x', `${TOKEN}Expect: ${value}\r\n`))).status).toBe(417);
    expect(pair.alice.text()).toBe('');
  });
});

describe('F03 and F04: framing that could be read in two ways', () => {
  const next = get('/user/alice/SECOND', TOKEN);
  const post = (headers: string, body: string): string => `POST /user/alice/x HTTP/1.1\r\n${TOKEN}${headers}\r\n${body}`;
  const rows: Record<string, string> = {
    'F03: CL and TE': post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'F03: two CL': post('Content-Length: 2\r\nContent-Length: 2\r\n', 'hi'),
    'F03: two different CL': post('Content-Length: 2\r\nContent-Length: 3\r\n', 'hi'),
    'F03: CL list': post('Content-Length: 2, 2\r\n', 'hi'),
    'F03: CL +2': post('Content-Length: +2\r\n', 'hi'),
    'F03: CL 0x2': post('Content-Length: 0x2\r\n', 'hi'),
    'F03: CL -1': post('Content-Length: -1\r\n', 'hi'),
    'F03: CL of 20 digits': post('Content-Length: 99999999999999999999\r\n', 'hi'),
    'F03: TE xchunked': post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
    'F03: TE chunked, identity': post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    'F03: TE with VT': post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n'),
    'F03: bare LF': `POST /user/alice/x HTTP/1.1\n${TOKEN}\n`,
    'F03: bare CR': `GET /user/alice/x HTTP/1.1\r\n${TOKEN}X: a\rb\r\n\r\n`,
    'F03: folded header': `GET /user/alice/x HTTP/1.1\r\n${TOKEN}X: a\r\n b\r\n\r\n`,
    'F03: space before colon': `GET /user/alice/x HTTP/1.1\r\n${TOKEN}X : a\r\n\r\n`,
    'F03: NUL': `GET /user/alice/x HTTP/1.1\r\n${TOKEN}X: a\0b\r\n\r\n`,
    'F04: TE identity, chunked': post('Transfer-Encoding: identity, chunked\r\n', '0\r\n\r\n'),
    'F04: two TE lines': post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'F04: TE on HTTP/1.0': `POST /user/alice/x HTTP/1.0\r\n${TOKEN}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'F11: HTTP/0.9': 'GET /user/alice/x\r\n\r\n',
    'F12: h2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  };
  test.each(Object.keys(rows))('%s: 400, closed, and what follows never runs', async (name) => {
    const client = rawClient(pair.hub.port, Buffer.from((rows[name] ?? '') + next, 'latin1'));
    const text = await client.closed();
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(text.match(/HTTP\/1.1 /g)).toHaveLength(1);
    expect(pair.alice.text()).not.toContain('SECOND');
  });

  test.each(['2;a\nb\r\nhi\r\n0\r\n\r\n', '2\r\nhi0\r\n\r\n'])('F03: chunked body %j: the connection is closed and what follows never runs', async (body) => {
    const client = rawClient(pair.hub.port, post('Transfer-Encoding: chunked\r\n', body) + next);
    await client.closed();
    expect(pair.alice.text()).not.toContain('SECOND');
  });

  test('F04: a GET with a body is forwarded with the same framing', async () => {
    await exchange(pair.hub.port, `GET /user/alice/x HTTP/1.1\r\n${TOKEN}Content-Length: 2\r\n\r\nhi`);
    expect(pair.alice.text()).toMatch(/content-length: 2\r\n\r\nhi$/i);
  });
});

test.each(['Trailer: X\r\n', 'TE: trailers\r\n', 'Trailer: X\r\nTE: trailers\r\nConnection: TE\r\n'])('F05: %j harms nobody and is not forwarded', async (line) => {
  expect((await exchange(pair.hub.port, get('/hub/login', asAlice(line)))).status).toBe(200);
  expect((await exchange(pair.hub.port, get('/user/alice/x', asAlice(line)))).status).toBe(200);
  expect(names(pair.alice.requests()[0] ?? '')).not.toContain('trailer');
  expect(names(pair.alice.requests()[0] ?? '')).not.toContain('te');
});

test('F06: what Connection names is not forwarded, and cannot remove what the hub sets', async () => {
  await exchange(pair.hub.port, get('/user/alice/x', 'Host: hub.test\r\nCookie: hub=cookie-alice; mine=1\r\nX-Mine: 1\r\nKeep-Alive: 300\r\nProxy-Connection: x\r\nConnection: close, Cookie, X-Forwarded-For, Authorization, Host, X-Mine\r\n'));
  const head = pair.alice.requests()[0] ?? '';
  expect(head).not.toMatch(/mine|keep-alive: 300|proxy-/i);
  for (const name of ['host', 'authorization', 'x-forwarded-for', 'x-forwarded-user']) expect(names(head).filter((n) => n === name)).toEqual([name]);
});

describe('F07: forwarded headers', () => {
  const LIES = ['X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Host: evil', 'X-Forwarded-Proto: https', 'X-Forwarded-Port: 666', 'X-Forwarded-Prefix: /evil', 'X-Forwarded-Uri: /evil', 'X-Forwarded-Method: EVIL', 'Forwarded: for=6.6.6.6;host=evil',
    'X-Real-IP: 6.6.6.6', 'X-Original-URL: /evil', 'X-Rewrite-URL: /evil', 'True-Client-IP: 6.6.6.6', 'X_Forwarded_For: 6.6.6.6', 'X-Scheme: evil', 'CF-Connecting-IP: 6.6.6.6'].map((line) => `${line}\r\n`).join('');
  const forwarded = (head: string): Record<string, string[]> => {
    const found: Record<string, string[]> = {};
    for (const [, name = '', value = ''] of head.matchAll(/^(x-forwarded-\w+): (.*)\r$/gim)) (found[name.toLowerCase()] ??= []).push(value);
    return found;
  };

  test('F07: a client\'s are dropped', async () => {
    await exchange(pair.hub.port, get('/user/alice/x', asAlice(LIES)));
    const head = pair.alice.requests()[0] ?? '';
    expect(head).not.toMatch(/evil|6\.6\.6\.6|666/i);
    expect(forwarded(head)).toEqual({
      'x-forwarded-for': ['127.0.0.1'], 'x-forwarded-proto': ['http'], 'x-forwarded-host': ['hub.test'], 'x-forwarded-port': ['80'], 'x-forwarded-prefix': ['/user/alice'], 'x-forwarded-user': ['alice'],
    });
  });

  test('F07: a trusted proxy is believed about the last hop and the scheme, and about nothing else', async () => {
    const behind = await startProxy({ trustedProxies: ['127.0.0.0/8', '10.0.0.0/8'] });
    behind.route('alice', pair.alice.origin);
    await exchange(behind.port, get('/user/alice/x', asAlice('X-Forwarded-For: 6.6.6.6, 9.9.9.9\r\nX-Forwarded-For: 10.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\n')));
    await exchange(behind.port, get('/hub/x', asAlice('X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n')));
    await behind.close();
    expect(forwarded(pair.alice.requests()[0] ?? '')).toMatchObject({ 'x-forwarded-for': ['9.9.9.9'], 'x-forwarded-proto': ['https'], 'x-forwarded-host': ['hub.test'], 'x-forwarded-port': ['443'] });
    expect(behind.hubRequests[0]?.context).toMatchObject({ address: '9.9.9.9', scheme: 'https' });
  });
});

describe('F08 and F09: sizes', () => {
  const many = (count: number, last: string): string => `Host: hub.test\r\n${Array.from({ length: count }, (_, i) => `A${i}: 1\r\n`).join('')}${last}`;

  test.each([101, 1001, 1400])('F08: %d header lines are refused, not cut off', async (count) => {
    for (const path of ['/user/alice/x', '/hub/home']) {
      const response = await exchange(pair.hub.port, get(path, many(count, 'Cookie: hub=cookie-alice\r\n')));
      expect(response.status).toBe(431);
    }
    expect(pair.hub.hubRequests).toEqual([]);
    expect(pair.alice.text()).toBe('');
  });

  test('F08: 100 lines with the cookie last are fine', async () => {
    expect((await exchange(pair.hub.port, get('/user/alice/x', many(98, 'Cookie: hub=cookie-alice\r\n')))).status).toBe(200);
  });

  test.each([1001, 1100])('I12: %d header lines before the upgrade are refused', async (count) => {
    const client = rawClient(pair.hub.port, get('/user/alice/ws', many(count, `Cookie: hub=cookie-alice\r\nOrigin: ${ORIGIN}\r\n${WS_HEADERS}`)));
    expect(await client.closed()).toMatch(/^HTTP\/1.1 431 /);
    expect(pair.alice.connections).toHaveLength(0);
  });

  test.each([
    ['17 kB of header', get('/hub/x', asAlice(`X: ${'x'.repeat(17 * 1024)}\r\n`)), 431],
    ['a 9 kB address', get(`/hub/${'x'.repeat(9 * 1024)}`), 414],
    ['5000 query parameters', get(`/hub/x?${'a=1&'.repeat(5000)}`), 431],
    ['2000 query parameters', get(`/hub/x?${'a=1&'.repeat(2100)}`), 414],
    ['4000 path segments', get(`/user/alice/${'a/'.repeat(4000)}`), 200],
  ])('F09: %s → %s', async (_, bytes, status) => {
    expect((await exchange(pair.hub.port, bytes)).status).toBe(status);
  });
});

describe('F10 and F11: host and target', () => {
  test.each([
    ['evil', 421], ['hub.test:81', 421], ['hub.', 421], ['evil@hub.test', 400], ['hub.test:99999', 400], ['', 400], ['[::1', 400], ['hub.test/', 400], ['hub test', 400], ['[::1]', 421],
    ['hub.test', 200], ['HUB.test', 200], ['hub.test:80', 200],
  ])('F10: Host %j → %d', async (host, status) => {
    for (const path of ['/hub/health', '/user/alice/x']) expect((await exchange(pair.hub.port, get(path, `Host: ${host}\r\nCookie: hub=cookie-alice\r\n`))).status).toBe(status);
  });

  test('F10: two Hosts, and none, are refused', async () => {
    expect((await exchange(pair.hub.port, get('/hub/x', 'Host: hub.test\r\nHost: hub.test\r\n'))).status).toBe(400);
    expect((await exchange(pair.hub.port, get('/hub/x', ''))).status).toBe(400);
  });

  test.each([
    ['GET http://evil/hub/home HTTP/1.1', 400], ['GET http://hub.test/hub/home HTTP/1.1', 200], ['OPTIONS * HTTP/1.1', 400], ['CONNECT evil:80 HTTP/1.1', 405], ['TRACE /user/alice/ HTTP/1.1', 405], ['TRACK /user/alice/ HTTP/1.1', 400],
    ['FOO / HTTP/1.1', 400], ['PROPFIND /user/alice/ HTTP/1.1', 405], ['GET hub/home HTTP/1.1', 400], ['GET https://hub.test@evil/hub/home HTTP/1.1', 400],
  ])('F11: %s → %d', async (line, status) => {
    expect((await exchange(pair.hub.port, `${line}\r\n${asAlice()}\r\n`)).status).toBe(status);
    expect(pair.alice.text()).toBe('');
  });

  test('F11: an absolute target is authorised by its path and forwarded without the origin', async () => {
    expect((await exchange(pair.hub.port, get('http://hub.test/user/bob/x'))).status).toBe(404);
    expect((await exchange(pair.hub.port, get('http://hub.test/user/alice/x?y'))).status).toBe(200);
    expect(pair.alice.requests()[0]).toMatch(/^GET \/user\/alice\/x\?y HTTP/);
  });
});

test('F12: no tunnel for h2c', async () => {
  const client = rawClient(pair.hub.port, get('/user/alice/x', asAlice(`Origin: ${ORIGIN}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n`)));
  expect(await client.closed()).toMatch(/^HTTP\/1.1 400 /);
  expect(pair.alice.connections).toHaveLength(0);
});

test('F17: pipelined requests are authorised one by one', async () => {
  const client = rawClient(pair.hub.port, get('/hub/health') + get('/user/alice/') + get('/user/bob/'));
  await client.until((text) => /404 Not Found[^]*\}/.test(text));
  client.destroy();
  expect(client.text().match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404']);
  expect(pair.bob.text()).toBe('');
});

test('F19: names of object members are only names', async () => {
  const odd = `__proto__: x\r\nconstructor: y\r\nhasOwnProperty: z\r\n${'n'.repeat(300)}: 1\r\n`;
  expect((await exchange(pair.hub.port, get('/user/alice/x', asAlice(odd)))).status).toBe(200);
  expect((await exchange(pair.hub.port, get('/hub/x', asAlice(odd)))).status).toBe(200);
  pair.alice.script(always('HTTP/1.1 200 OK\r\n__proto__: x\r\nconstructor: y\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'));
  pair.alice.connections.forEach((c) => c.socket.destroy());
  const response = await exchange(pair.hub.port, get('/user/alice/x'));
  expect(response.get('constructor')).toBe('y');
  const ws = rawClient(pair.hub.port, get('/user/alice/ws', asAlice(`Origin: ${ORIGIN}\r\n${odd}${WS_HEADERS}`)));
  expect(await ws.closed()).toMatch(/^HTTP\/1.1 200 /);
});

describe('F20: more than one proof', () => {
  test.each(['Authorization: token token-alice\r\nAuthorization: token token-alice\r\n', 'Authorization: token token-alice, token token-bob\r\n', 'Authorization: token token-alice token-bob\r\n', 'Authorization: token\r\n', 'Authorization: Bearer "token-alice"\r\n'])('F20: %j is refused', async (lines) => {
    expect((await exchange(pair.hub.port, get('/user/alice/x', `Host: hub.test\r\n${lines}`))).status).toBe(400);
    expect(pair.alice.text()).toBe('');
  });

  test('F20: a valid token wins over the cookie, whoever that belongs to', async () => {
    expect((await exchange(pair.hub.port, get('/user/alice/x', 'Host: hub.test\r\nCookie: hub=cookie-bob\r\nAuthorization: Bearer token-alice\r\n'))).status).toBe(200);
    expect((await exchange(pair.hub.port, get('/user/alice/x', asAlice('Authorization: BEARER token-bob\r\n')))).status).toBe(404);
  });

  test('F20: an invalid token does not lift the cookie\'s rules', async () => {
    const post = (origin: string): string => `POST /user/alice/x HTTP/1.1\r\nHost: hub.test\r\nCookie: hub=cookie-alice; _xsrf=t\r\nX-XSRFToken: t\r\nAuthorization: token wrong\r\n${origin}Content-Length: 0\r\n\r\n`;
    expect((await exchange(pair.hub.port, post(''))).status).toBe(403);
    expect((await exchange(pair.hub.port, post(`Origin: ${ORIGIN}\r\n`))).status).toBe(200);
  });
});

test('an address cannot hold more connections than its share', async () => {
  const small = await startProxy({ settings: { connectionsPerAddress: 3 } });
  const kept = [1, 2, 3].map(() => rawClient(small.port, get('/hub/x')));
  for (const client of kept) await client.until(isComplete);
  const fourth = rawClient(small.port, get('/hub/x'));
  expect(await fourth.closed()).toBe('');
  kept[0]?.destroy();
  await kept[0]?.closed();
  expect(parseResponse(await rawUntilServed(small.port))?.status).toBe(200);
  for (const client of kept) client.destroy();
  await small.close();
});

/** The server notices a closed connection a moment later than the client. */
async function rawUntilServed(port: number): Promise<string> {
  for (;;) {
    const client = rawClient(port, get('/hub/x', asAlice('Connection: close\r\n')));
    const text = await client.closed();
    if (text !== '') return text;
  }
}

test('the answer of a plain server passes unchanged', async () => {
  pair.alice.script(always(OK));
  expect((await exchange(pair.hub.port, get('/user/alice/x'))).body).toBe('hello');
});
