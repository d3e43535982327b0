import { createHash, randomBytes } from 'node:crypto';
import { always, onceThenEnd } from '../support/hostile-upstream';
import type { Script } from '../support/hostile-upstream';
import { rawClient } from '../support/raw-client';
import { useProxyPair } from '../support/proxy-pair';
import { eventually, get, standsStill, startProxy } from '../support/start-proxy';

const pair = useProxyPair();
const TOKEN = 'Host: hub.test\r\nAuthorization: token token-alice\r\n';
const MB = 1024 * 1024;
const sha = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

test('H01: an upload arrives whole', async () => {
  const body = randomBytes(8 * MB);
  pair.alice.script((connection) => {
    connection.socket.on('data', () => {
      if (connection.received().length > body.length) connection.socket.end('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
    });
  });
  const client = rawClient(pair.hub.port, `PUT /user/alice/x HTTP/1.1\r\n${TOKEN}Content-Length: ${body.length}\r\n\r\n`);
  client.send(body);
  await client.until((text) => text.includes('201 Created'));
  client.destroy();
  const received = pair.alice.connections[0]?.received() ?? Buffer.alloc(0);
  expect(sha(received.subarray(received.indexOf('\r\n\r\n') + 4))).toBe(sha(body));
});

test('H02: a slow client pauses the upstream', async () => {
  let sent = 0;
  const flood: Script = ({ socket }) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000000\r\n\r\n');
      const chunk = Buffer.alloc(MB);
      const more = (): void => {
        while (sent < 200 && socket.write(chunk)) sent += 1;
        sent += 1;
      };
      socket.on('drain', more);
      more();
    });
  };
  pair.alice.script(flood);
  const client = rawClient(pair.hub.port, get('/user/alice/x'));
  await client.until((text) => text.length > 0);
  client.socket.pause();
  await standsStill(() => sent);
  expect(sent).toBeLessThan(40);
  client.destroy();
  await eventually(() => pair.alice.busy() === 0);
});

test('H02: a slow upstream pauses the client', async () => {
  pair.alice.script(({ socket }) => void socket.once('data', () => socket.pause()));
  const client = rawClient(pair.hub.port, `PUT /user/alice/x HTTP/1.1\r\n${TOKEN}Content-Length: 200000000\r\n\r\n`);
  const chunk = Buffer.alloc(MB);
  let sent = 0;
  const more = (): void => {
    while (sent < 200 && client.socket.write(chunk)) sent += 1;
    sent += 1;
  };
  client.socket.on('drain', more);
  more();
  await eventually(() => pair.alice.connections.length === 1);
  await standsStill(() => sent);
  expect(sent).toBeLessThan(40);
  client.destroy();
});

describe('H03: when the client goes, the upstream is let go', () => {
  const stages: Record<string, { readonly request: string; readonly script: Script }> = {
    'before the answer': { request: get('/user/alice/x'), script: () => undefined },
    'in the middle of a GET': { request: get('/user/alice/x'), script: ({ socket }) => void socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart')) },
    'in the middle of server-sent events': { request: get('/user/alice/x'), script: ({ socket }) => void socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n')) },
    'in the middle of a PUT': { request: `PUT /user/alice/x HTTP/1.1\r\n${TOKEN}Content-Length: 1000\r\n\r\npart`, script: () => undefined },
    'in the middle of a chunked PUT': { request: `PUT /user/alice/x HTTP/1.1\r\n${TOKEN}Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n`, script: () => undefined },
  };
  test.each(Object.keys(stages))('H03: %s, two hundred times', async (name) => {
    const { request, script } = stages[name] ?? { request: '', script: () => undefined };
    pair.alice.script(script);
    const clients = Array.from({ length: 200 }, () => rawClient(pair.hub.port, request));
    await eventually(() => pair.alice.requests().length === 200);
    if (request.startsWith('GET') && name !== 'before the answer') await Promise.all(clients.map((client) => client.until((text) => text.includes('\r\n\r\n'))));
    clients.forEach((client, i) => (i % 2 === 0 ? client.reset() : client.destroy()));
    await eventually(() => pair.alice.busy() === 0, 1_000);
    await eventually(() => pair.hub.proxy.counts().requests === 0, 1_000);
  });

  test('H03: within some seconds no connection at all is left', async () => {
    pair.alice.script(() => undefined);
    const clients = Array.from({ length: 40 }, () => rawClient(pair.hub.port, get('/user/alice/x')));
    await eventually(() => pair.alice.requests().length === 40);
    for (const client of clients) client.reset();
    await eventually(() => pair.alice.connections.every((c) => c.closed || c.socket.readableEnded), 6_000);
  });
});

describe('H04: an upstream that dies in the middle of its answer', () => {
  test.each([
    ['Content-Length: 1000000\r\n', 'part'],
    ['Transfer-Encoding: chunked\r\n', '4\r\npart\r\n'],
  ])('H04: with %j the client is cut off, too', async (framing, part) => {
    for (const kill of ['end', 'resetAndDestroy'] as const) {
      pair.alice.script(({ socket }) => void socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n${part}`)));
      const client = rawClient(pair.hub.port, get('/user/alice/x'));
      await client.until((text) => text.includes('part'));
      pair.alice.connections.at(-1)?.socket[kill]();
      const text = await client.closed(1_000);
      expect(text).toMatch(/^HTTP\/1.1 200 OK/);
      expect(text).not.toMatch(/0\r\n\r\n$/);
      expect(client.failed()).toBe(true);
    }
  });
});

test('H09: an early answer reaches a client that is still sending', async () => {
  pair.alice.script(onceThenEnd('HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 5\r\n\r\nlarge'));
  const client = rawClient(pair.hub.port, `PUT /user/alice/x HTTP/1.1\r\n${TOKEN}Content-Length: 100000000\r\n\r\n`);
  for (let i = 0; i < 20; i += 1) client.send(Buffer.alloc(MB / 4));
  const text = await client.until((t) => t.includes('large'));
  expect(text).toMatch(/^HTTP\/1.1 413 /);
  client.destroy();
});

test.each([1, 2 * 1024, 2 * 1024 + 1, 64 * 1024])('H01: an answer of %i bytes of every value arrives whole, also behind another one on the same connection', async (length) => {
  const body = Buffer.from(Array.from({ length }, (_, i) => 255 - (i % 256)));
  pair.alice.script(({ socket }) => void socket.on('data', () => socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`), body]))));
  const client = rawClient(pair.hub.port, get('/user/alice/x') + get('/user/alice/y'));
  const bodies = (): Buffer[] => client.text().split(/HTTP\/1\.1 200 OK\r\n/).slice(1).map((answer) => Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1'));
  await client.until(() => bodies().length === 2 && bodies().every((arrived) => arrived.length >= length));
  expect(bodies().map(sha)).toEqual([sha(body), sha(body)]);
  client.destroy();
});

describe('H13: a part of a file, and the headers of a file without it', () => {
  const RANGES = `bytes=${Array.from({ length: 1_000 }, (_, i) => i).join('-1,')}-1`;
  test.each([
    ['GET', `Range: ${RANGES}\r\nIf-Range: "abc"\r\n`, 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/10\r\nContent-Length: 5\r\nETag: "abc"\r\n\r\nhello', 'hello'],
    ['GET', 'Range: bytes=99-\r\n', 'HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n', ''],
    ['HEAD', 'If-None-Match: "abc"\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\nAccept-Ranges: bytes\r\n\r\n', ''],
  ])('H13: %s passes in both directions', async (method, headers, answer, body) => {
    pair.alice.script(always(answer));
    const client = rawClient(pair.hub.port, `${method} /user/alice/x HTTP/1.1\r\n${TOKEN}${headers}\r\n`);
    const text = await client.until((t) => t.includes('\r\n\r\n') && t.endsWith(`\r\n\r\n${body}`));
    for (const line of headers.split('\r\n')) expect(pair.alice.text()).toContain(line);
    expect(text.slice(0, 12)).toBe(answer.slice(0, 12));
    for (const line of answer.split('\r\n\r\n')[0]?.split('\r\n').slice(1) ?? []) expect(text.toLowerCase()).toContain(line.toLowerCase());
    client.destroy();
  });
});

test('H11: events arrive as they are sent', async () => {
  let socket: { write(data: string): unknown } | undefined;
  pair.alice.script((connection) => void connection.socket.once('data', () => {
    socket = connection.socket;
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-Accel-Buffering: no\r\n\r\n');
  }));
  const client = rawClient(pair.hub.port, get('/user/alice/x'));
  await eventually(() => socket !== undefined);
  for (const n of [1, 2, 3]) {
    socket?.write(`data: ${n}\n\n`);
    await client.until((text) => text.includes(`data: ${n}`), 200);
  }
  expect(client.text()).toMatch(/x-accel-buffering: no/i);
  client.destroy();
});

describe('silence in the middle of a body has a limit', () => {
  test.each([
    ['an upload', `PUT /user/alice/x HTTP/1.1\r\n${TOKEN}Content-Length: 1000\r\n\r\npart`, ''],
    ['a download', get('/user/alice/x'), 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart'],
  ])('%s that stops is cut off on both sides', async (_, request, answer) => {
    const impatient = await startProxy({ limits: { idleMs: 300 } });
    impatient.route('alice', pair.alice.origin);
    pair.alice.script(({ socket }) => void socket.once('data', () => socket.write(answer)));
    const client = rawClient(impatient.port, request);
    await client.closed();
    await eventually(() => pair.alice.busy() === 0);
    await eventually(() => impatient.proxy.counts().requests === 0);
    client.destroy();
    await impatient.close();
  });
});
