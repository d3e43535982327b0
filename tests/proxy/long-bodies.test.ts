import { createHash, randomBytes } from 'node:crypto';
import type { HostileUpstream, Script } from '../support/hostile-upstream';
import { startHostileUpstream } from '../support/hostile-upstream';
import { rawClient, type RawClient } from '../support/raw-client';
import { OK, useProxyPair } from '../support/proxy-pair';
import { eventually, get, standsStill, startProxy } from '../support/start-proxy';

/** Long bodies go through memory that is used again: none may be written over, and each may end in every way that a short one can. */
const pair = useProxyPair();
const MB = 1024 * 1024;
const TOKEN = 'Host: hub.test\r\nAuthorization: token token-alice\r\n';
const sha = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
const headOf = (length: number, more = ''): string => `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${length}\r\n${more}\r\n`;

/** Answers each request on a connection with the body that its path names. */
const serve = (bodies: readonly Buffer[], more = ''): Script => ({ socket }) => void socket.on('data', (chunk) => {
  for (const [, n] of chunk.toString('latin1').matchAll(/^GET \/user\/alice\/(\d+) /gm)) {
    const body = bodies[Number(n)] as Buffer;
    socket.write(headOf(body.length, more));
    socket.write(body);
  }
});

/** Cheap while a body is still far from whole. */
const whole = (client: RawClient, length: number): (() => boolean) => () => client.socket.bytesRead > length && client.bytes().length >= client.bytes().indexOf('\r\n\r\n') + 4 + length;
const bodyOf = (client: RawClient): Buffer => client.bytes().subarray(client.bytes().indexOf('\r\n\r\n') + 4);

test('H01: long answers to many clients at once arrive whole, whether a client takes them at once or makes their last piece wait', async () => {
  const all = randomBytes(8 * MB);
  // Linux takes a little more than 4 MB for a client that reads nothing: for some of these that ends within the last piece.
  const bodies = Array.from({ length: 16 }, (_, n) => all.subarray(n * 1000, n * 1000 + 3_800_000 + n * 75_000));
  pair.alice.script(serve(bodies));
  const slow = bodies.map((_, n) => rawClient(pair.hub.port, get(`/user/alice/${n}`)));
  for (const { socket } of slow) socket.pause();
  await standsStill(() => pair.alice.connections.reduce((sum, { socket }) => sum + socket.bytesWritten - socket.writableLength, 0));
  for (let round = 0; round < 3; round += 1) {
    const quick = [5, 6, 7, 8].map((n) => ({ n, client: rawClient(pair.hub.port, get(`/user/alice/${n}`)) }));
    for (const { n, client } of quick) {
      await eventually(whole(client, (bodies[n] as Buffer).length), 20_000);
      expect(sha(bodyOf(client))).toBe(sha(bodies[n] as Buffer));
      client.destroy();
    }
  }
  for (const { socket } of slow) socket.resume();
  for (const [n, client] of slow.entries()) await eventually(whole(client, (bodies[n] as Buffer).length), 20_000);
  expect(slow.map((client) => sha(bodyOf(client)))).toEqual(bodies.map(sha));
  slow.forEach((client) => client.destroy());
});

test('H01: long and short answers take turns on one connection of the client and one of the server, and none has bytes of another', async () => {
  const bodies = [randomBytes(2 * MB), randomBytes(10), randomBytes(128 * 1024), randomBytes(128 * 1024 - 1), randomBytes(700_001), randomBytes(3000), randomBytes(MB)];
  pair.alice.script(serve(bodies, 'X-Mark: kept\r\n'));
  const client = rawClient(pair.hub.port, bodies.map((_, n) => get(`/user/alice/${n}`)).join(''));
  const total = bodies.reduce((sum, { length }) => sum + length, 0);
  await eventually(() => client.bytes().length > total && sha(client.bytes().subarray(-MB)) === sha(bodies.at(-1) as Buffer), 20_000);
  let rest = client.bytes();
  for (const body of bodies) {
    const end = rest.indexOf('\r\n\r\n') + 4;
    const head = rest.subarray(0, end).toString('latin1');
    expect(head).toContain(`content-length: ${body.length}\r\n`);
    expect(head.toLowerCase()).toContain('x-mark: kept\r\n');
    expect(head.toLowerCase()).toContain('x-content-type-options: nosniff\r\n');
    expect(sha(rest.subarray(end, end + body.length))).toBe(sha(body));
    rest = rest.subarray(end + body.length);
  }
  expect(rest.length).toBe(0);
  client.destroy();
});

test('H01: long uploads of many clients at once arrive whole, with a length and in chunks, also where the server makes them wait', async () => {
  const bodies = Array.from({ length: 8 }, () => randomBytes(8 * MB));
  pair.alice.script(({ socket }, index) => void (index % 2 === 0 && socket.pause()));
  const clients = bodies.map((body, n) => {
    const chunked = n % 4 >= 2;
    const client = rawClient(pair.hub.port, `PUT /user/alice/${n} HTTP/1.1\r\n${TOKEN}${chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`}\r\n\r\n`);
    if (chunked) client.send(`${body.length.toString(16)}\r\n`);
    client.send(body);
    if (chunked) client.send('\r\n0\r\n\r\n');
    return client;
  });
  await standsStill(() => clients.reduce((sum, { socket }) => sum + socket.bytesWritten - socket.writableLength, 0));
  for (const { socket } of pair.alice.connections) socket.resume();
  await eventually(() => pair.alice.connections.reduce((sum, { socket }) => sum + socket.bytesRead, 0) > bodies.length * 8 * MB, 20_000);
  await eventually(() => pair.hub.proxy.counts().requests === bodies.length && pair.alice.parsed().filter(({ complete }) => complete).length === bodies.length, 20_000);
  const arrived = pair.alice.parsed().map(({ head, body }) => [/PUT \/user\/alice\/(\d+)/.exec(head)?.[1], sha(Buffer.from(body, 'latin1'))]);
  expect(new Map(arrived as [string, string][])).toEqual(new Map(bodies.map((body, n) => [String(n), sha(body)])));
  clients.forEach((client) => client.destroy());
});

/** Sends some megabytes of a longer body, and no more. */
const begin = (sent: number): Script => ({ socket }) => void socket.once('data', () => {
  socket.write(headOf(50 * MB));
  socket.write(Buffer.alloc(sent, 'x'));
});

describe('H04: an upstream that dies in the middle of a long answer', () => {
  test.each(['end', 'resetAndDestroy'] as const)('H04: the client is cut off, too (%s)', async (kill) => {
    pair.alice.script(begin(5 * MB));
    const client = rawClient(pair.hub.port, get('/user/alice/x'));
    await eventually(whole(client, 5 * MB));
    pair.alice.connections.at(-1)?.socket[kill]();
    await client.closed(2_000);
    expect(client.failed()).toBe(true);
    await eventually(() => pair.hub.proxy.counts().requests === 0);
  });
});

test('H03: a client that leaves in the middle of a long answer, paused or not, lets go of the upstream', async () => {
  pair.alice.script(({ socket }) => void socket.once('data', () => {
    socket.write(headOf(500 * MB));
    const more = (): void => { while (!socket.destroyed && socket.write(Buffer.alloc(MB))); };
    socket.on('drain', more);
    more();
  }));
  const clients = Array.from({ length: 20 }, () => rawClient(pair.hub.port, get('/user/alice/x')));
  await Promise.all(clients.map((client) => eventually(() => client.socket.bytesRead > MB, 20_000)));
  for (const [n, client] of clients.entries()) if (n % 2 === 0) client.socket.pause();
  clients.forEach((client, n) => (n % 3 === 0 ? client.reset() : client.destroy()));
  await eventually(() => pair.alice.busy() === 0);
  await eventually(() => pair.hub.proxy.counts().requests === 0);
});

test('H02: a client that takes nothing of a long answer for too long is cut off', async () => {
  const impatient = await startProxy({ limits: { idleMs: 300 } });
  impatient.route('alice', pair.alice.origin);
  pair.alice.script(begin(40 * MB));
  const client = rawClient(impatient.port, get('/user/alice/x'));
  await eventually(() => client.socket.bytesRead > MB);
  client.socket.pause();
  await eventually(() => impatient.proxy.counts().requests === 0);
  await eventually(() => pair.alice.busy() === 0);
  client.destroy();
});

test('the wait of a client that has paused in a long answer and goes on is no silence of the server', async () => {
  const bodies = [randomBytes(30 * MB)];
  pair.alice.script(serve(bodies));
  const client = rawClient(pair.hub.port, get('/user/alice/0'));
  await eventually(() => client.socket.bytesRead > MB);
  client.socket.pause();
  await standsStill(() => pair.alice.connections[0]?.socket.bytesWritten ?? 0);
  client.socket.resume();
  await eventually(whole(client, 30 * MB), 20_000);
  expect(sha(bodyOf(client))).toBe(sha(bodies[0] as Buffer));
  client.destroy();
});

test('F15: what comes behind the end of a long answer is nobody\'s, and the connection is gone', async () => {
  const body = randomBytes(MB);
  pair.alice.script(({ socket }) => void socket.once('data', () => socket.write(Buffer.concat([Buffer.from(headOf(body.length)), body, Buffer.from(OK)]))));
  const client = rawClient(pair.hub.port, get('/user/alice/x'));
  await eventually(whole(client, body.length));
  await eventually(() => pair.alice.busy() === 0);
  expect(sha(bodyOf(client))).toBe(sha(body));
  client.destroy();
});

test('one server\'s endless answer leaves the others their turn', async () => {
  const busy: HostileUpstream = await startHostileUpstream(({ socket }) => void socket.once('data', () => {
    socket.write(headOf(100_000 * MB));
    const chunk = Buffer.alloc(MB);
    const more = (): void => { while (!socket.destroyed && socket.write(chunk)); };
    socket.on('drain', more);
    more();
  }));
  pair.hub.route('alice', busy.origin);
  const client = rawClient(pair.hub.port, get('/user/alice/x'));
  client.socket.removeAllListeners('data');
  client.socket.resume();
  await eventually(() => client.socket.bytesRead > 20 * MB, 20_000);
  const other = rawClient(pair.hub.port, get('/user/bob/x', 'Host: hub.test\r\nCookie: hub=cookie-bob\r\n'));
  await other.until((text) => text.endsWith('hello'));
  other.destroy();
  client.destroy();
  await busy.close();
});
