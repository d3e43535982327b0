import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { AddressInfo } from 'node:net';
import { createFakeClock } from '../support/fake-clock';
import { always } from '../support/hostile-upstream';
import type { Script } from '../support/hostile-upstream';
import { parseResponse, rawClient } from '../support/raw-client';
import type { RawClient } from '../support/raw-client';
import { useProxyPair } from '../support/proxy-pair';
import { ACCEPT, ORIGIN, WS_HEADERS, asAlice, eventually, get, standsStill, startProxy, upgrade } from '../support/start-proxy';

const pair = useProxyPair();

async function open(count: number): Promise<RawClient[]> {
  const clients = Array.from({ length: count }, () => rawClient(pair.hub.port, upgrade('/user/alice/ws')));
  await Promise.all(clients.map((client) => client.until((text) => text.includes('\r\n\r\n'))));
  return clients;
}

test('9.1: a WebSocket works end to end, subprotocol and all', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'v1.kernel.websocket.jupyter.org' });
  server.on('connection', (ws) => ws.on('message', (data, binary) => ws.send(data as Buffer, { binary })));
  await new Promise((resolve) => { server.once('listening', resolve); });
  pair.hub.route('alice', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const ws = new WebSocket(`ws://127.0.0.1:${pair.hub.port}/user/alice/api/kernels/1/channels?session_id=x`, ['v1.kernel.websocket.jupyter.org'], { headers: { host: 'hub.test', cookie: 'hub=cookie-alice', origin: ORIGIN } });
  const echoed = new Promise<Buffer>((resolve) => { ws.once('message', (data) => resolve(data as Buffer)); });
  await new Promise((resolve) => { ws.once('open', resolve); });
  const message = randomBytes(300_000);
  ws.send(message);
  expect((await echoed).equals(message)).toBe(true);
  expect(ws.protocol).toBe('v1.kernel.websocket.jupyter.org');
  expect(pair.hub.touched.length).toBeGreaterThan(0);
  const closed = new Promise((resolve) => { ws.once('close', resolve); });
  ws.close();
  await closed;
  await eventually(() => pair.hub.proxy.counts().sockets === 0);
  await new Promise((resolve) => { server.close(resolve); });
});

test('I01: a thousand clients that reset before the answer leave nothing behind', async () => {
  for (let round = 0; round < 10; round += 1) {
    pair.alice.script(() => undefined);
    const before = pair.alice.connections.length;
    const clients = Array.from({ length: 100 }, () => rawClient(pair.hub.port, upgrade('/user/alice/ws')));
    await eventually(() => pair.alice.connections.length === before + 100);
    for (const client of clients) client.reset();
    await eventually(() => pair.hub.proxy.counts().sockets === 0, 2_000);
  }
  await eventually(() => pair.alice.busy() === 0);
});

describe('I02: neither side outlives the other', () => {
  test.each(['end', 'reset'] as const)('I02: the client sends %s and the upstream never closes', async (how) => {
    pair.alice.script(always(ACCEPT));
    const clients = await open(200);
    for (const client of clients) {
      if (how === 'end') client.socket.end();
      else client.reset();
    }
    await eventually(() => pair.hub.proxy.counts().sockets === 0, 3_000);
    await eventually(() => pair.alice.busy() === 0, 3_000);
  });

  test.each(['end', 'resetAndDestroy'] as const)('I02: the upstream sends %s and the client never closes', async (how) => {
    pair.alice.script(always(ACCEPT));
    const clients = await open(200);
    for (const { socket } of pair.alice.connections) socket[how]();
    await eventually(() => pair.hub.proxy.counts().sockets === 0, 3_000);
    for (const client of clients) client.destroy();
  });
});

const flood: Script = ({ socket }) => {
  socket.once('data', () => {
    socket.write(ACCEPT);
    const chunk = Buffer.alloc(64 * 1024);
    const more = (): void => {
      while (socket.writable && socket.write(chunk));
    };
    socket.on('drain', more);
    more();
  });
};

test('I03: an upstream that floods a dead client is cut off within a second', async () => {
  pair.alice.script(flood);
  const [client] = await open(1);
  await client?.until((text) => text.length > 200_000);
  client?.reset();
  await eventually(() => pair.alice.busy() === 0, 1_000);
  expect(pair.hub.proxy.counts().sockets).toBe(0);
});

test('I04: a client that does not read pauses the upstream', async () => {
  let written = 0;
  pair.alice.script(({ socket }) => {
    socket.once('data', () => {
      socket.write(ACCEPT);
      const chunk = Buffer.alloc(256 * 1024);
      const more = (): void => {
        do written += chunk.length; while (written < 400_000_000 && socket.write(chunk));
      };
      socket.on('drain', more);
      more();
    });
  });
  const [client] = await open(1);
  client?.socket.pause();
  await standsStill(() => written);
  expect(written).toBeLessThan(40_000_000);
  client?.destroy();
});

test('I05: the pipe is opaque: the same bytes both ways', async () => {
  const sockets: Socket[] = [];
  pair.alice.script((connection) => {
    connection.socket.once('data', () => connection.socket.write(ACCEPT));
    sockets.push(connection.socket);
  });
  const [client] = await open(1);
  const up = randomBytes(3_000_000);
  const down = randomBytes(3_000_000);
  client?.send(up);
  sockets[0]?.write(down);
  await eventually(() => (pair.alice.connections[0]?.received().length ?? 0) > up.length && (client?.bytes().length ?? 0) > down.length);
  const received = pair.alice.connections[0]?.received() ?? Buffer.alloc(0);
  expect(received.subarray(received.indexOf('\r\n\r\n') + 4).equals(up)).toBe(true);
  const got = client?.bytes() ?? Buffer.alloc(0);
  expect(got.subarray(got.indexOf('\r\n\r\n') + 4).equals(down)).toBe(true);
  client?.destroy();
});

test('bytes that come with the handshake are not lost', async () => {
  pair.alice.script(always(`${ACCEPT}first`));
  const client = rawClient(pair.hub.port, `${upgrade('/user/alice/ws')}early`);
  await client.until((text) => text.endsWith('first'));
  await eventually(() => pair.alice.text().endsWith('early'));
  client.destroy();
});

describe('I06 and F18: an upstream that rejects the upgrade', () => {
  test.each([
    ['403 Forbidden', 'Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'],
    ['404 Not Found', 'Content-Length: 5\r\n', 'abcde'],
    ['302 Found', 'Location: /user/alice/login\r\nTransfer-Encoding: chunked\r\n', '5\r\nabcde\r\n0\r\n\r\n'],
    ['500 Internal Server Error', 'Connection: close\r\n', 'abcde'],
    ['426 Upgrade Required', 'Transfer-Encoding: chunked\r\n', '5\r\nabcde\r\n0\r\n\r\n'],
  ])('I06: %s with %j', async (status, framing, body) => {
    pair.alice.script((connection) => void connection.socket.once('data', () => connection.socket.end(`HTTP/1.1 ${status}\r\nSet-Cookie: hub=evil\r\nSet-Cookie: fine=1\r\nClear-Site-Data: "*"\r\n${framing}\r\n${body}`)));
    const client = rawClient(pair.hub.port, upgrade('/user/alice/ws'));
    const text = await client.closed();
    const response = parseResponse(text);
    expect(response?.status).toBe(Number(status.slice(0, 3)));
    expect(response?.all('transfer-encoding')).toEqual([]);
    expect(response?.body).toBe('abcde');
    expect(response?.all('set-cookie')).toEqual(['fine=1; Path=/user/alice/; SameSite=Lax']);
    expect(text).not.toMatch(/evil|clear-site-data/i);
    expect(response?.all('connection')).toEqual(['close']);
  });

  test.each(['426 Upgrade Required', '400 Bad Request'])('F18: bytes behind a rejected upgrade (%s) go nowhere', async (status) => {
    pair.alice.script((connection) => void connection.socket.once('data', () => setTimeout(() => connection.socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`), 50)));
    const client = rawClient(pair.hub.port, `${upgrade('/user/alice/ws')}${get('/hub/admin')}`);
    client.send(get('/user/alice/SECOND'));
    const text = await client.closed();
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    expect(text.match(/HTTP\/1.1 /g)).toHaveLength(1);
    expect(pair.alice.text()).not.toMatch(/admin|SECOND/);
    expect(pair.hub.hubRequests).toEqual([]);
  });

  test.each(['HTTP/1.1 099 X\r\n\r\n', 'HTTP/1.1 101 X\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', 'HTTP/1.1 101 X\r\n\r\n', 'NONSENSE\r\n\r\n', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n', ''])('F13: %j in answer to an upgrade harms nobody', async (answer) => {
    pair.alice.script((connection) => void connection.socket.once('data', () => connection.socket.end(answer)));
    const client = rawClient(pair.hub.port, upgrade('/user/alice/ws'));
    expect(await client.closed()).toMatch(/^HTTP\/1.1 (?:50[23] |200 OK)/);
    await eventually(() => pair.hub.proxy.counts().sockets === 0);
  });
});

test('an upstream that is not there, and one that never answers', async () => {
  pair.alice.script(() => undefined);
  const silent = rawClient(pair.hub.port, upgrade('/user/alice/ws'));
  expect(await silent.closed()).toMatch(/^HTTP\/1.1 504 /);
  await pair.bob.close();
  const refused = rawClient(pair.hub.port, upgrade('/user/bob/ws', `Host: hub.test\r\nOrigin: ${ORIGIN}\r\nCookie: hub=cookie-bob\r\n`));
  const text = await refused.closed();
  expect(text).toMatch(/^HTTP\/1.1 503 /);
  expect(text).not.toContain('127.0.0.1');
});

test.each([
  ['socketsPerUser', 429], ['socketsPerAddress', 429], ['socketsTotal', 429],
])('I07: above %s an upgrade is %d before the upstream is contacted', async (cap, status) => {
  const small = await startProxy({ limits: { [cap]: 3 } });
  small.route('alice', pair.alice.origin);
  pair.alice.script(always(ACCEPT));
  const kept = [1, 2, 3].map(() => rawClient(small.port, upgrade('/user/alice/ws')));
  for (const client of kept) await client.until((text) => text.includes('\r\n\r\n'));
  const extra = rawClient(small.port, upgrade('/user/alice/ws'));
  expect(await extra.closed()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(pair.alice.connections).toHaveLength(3);
  kept[0]?.reset();
  await eventually(() => small.proxy.counts().sockets === 2);
  const next = rawClient(small.port, upgrade('/user/alice/ws'));
  await next.until((text) => text.includes('101'));
  for (const client of [...kept, next]) client.destroy();
  await small.close();
});

describe('I11: handshakes that are not one', () => {
  const request = (line: string, headers: string): string => `${line}\r\n${asAlice(`Origin: ${ORIGIN}\r\n`)}${headers}\r\n`;
  const rows: Record<string, [string, number]> = {
    POST: [request('POST /user/alice/ws HTTP/1.1', WS_HEADERS), 400],
    'HTTP/1.0': [request('GET /user/alice/ws HTTP/1.0', WS_HEADERS), 400],
    'no key': [request('GET /user/alice/ws HTTP/1.1', WS_HEADERS.replace(/Sec-WebSocket-Key.*\r\n/, '')), 400],
    'a short key': [request('GET /user/alice/ws HTTP/1.1', WS_HEADERS.replace('dGhlIHNhbXBsZSBub25jZQ==', 'eA==')), 400],
    'version 12': [request('GET /user/alice/ws HTTP/1.1', WS_HEADERS.replace('Version: 13', 'Version: 12')), 426],
    'two Upgrade lines': [request('GET /user/alice/ws HTTP/1.1', `${WS_HEADERS}Upgrade: websocket\r\n`), 400],
    'Upgrade: WebSocket, foo': [request('GET /user/alice/ws HTTP/1.1', WS_HEADERS.replace('Upgrade: websocket', 'Upgrade: WebSocket, foo')), 400],
    'a body': [request('GET /user/alice/ws HTTP/1.1', `${WS_HEADERS}Content-Length: 2\r\n`), 400],
  };
  test.each(Object.keys(rows))('I11: %s', async (name) => {
    const [bytes, status] = rows[name] ?? ['', 0];
    const client = rawClient(pair.hub.port, bytes);
    expect(await client.closed()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(pair.alice.connections).toHaveLength(0);
  });

  test.each(['/hub/api/x', '/', '/gateway/x'])('an upgrade to %s is refused', async (path) => {
    const client = rawClient(pair.hub.port, upgrade(path));
    expect(await client.closed()).toMatch(/^HTTP\/1.1 404 /);
    expect(pair.hub.hubRequests).toEqual([]);
  });
});

test('I13: a token as subprotocol passes and is not logged', async () => {
  pair.alice.script(always('HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n'));
  const client = rawClient(pair.hub.port, upgrade('/user/alice/ws', asAlice(`Origin: ${ORIGIN}\r\nSec-WebSocket-Protocol: v1.token.websocket.jupyter.org.s3cret\r\n`)));
  await client.closed();
  expect(pair.alice.text()).toContain('s3cret');
  expect(JSON.stringify(pair.hub.warnings)).not.toContain('s3cret');
});

test('I08 and 3.8: an open socket has no idle limit, and is checked again every minute', async () => {
  const clock = createFakeClock();
  const slow = await startProxy({ clock });
  slow.route('alice', pair.alice.origin);
  pair.alice.script(always(ACCEPT));
  const client = rawClient(slow.port, upgrade('/user/alice/ws'));
  await client.until((text) => text.includes('\r\n\r\n'));
  clock.advance(2 * 60 * 60 * 1000);
  expect(slow.proxy.counts().sockets).toBe(1);
  slow.revoked.add('cookie-alice');
  clock.advance(60_000);
  await client.closed();
  expect(client.bytes().subarray(-4)).toEqual(Buffer.from([0x88, 2, 0x03, 0xf0]));
  await slow.close();
});
