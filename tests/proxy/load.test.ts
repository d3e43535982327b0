import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { startHostileUpstream, type HostileUpstream } from '../support/hostile-upstream';
import { rawClient, type RawClient } from '../support/raw-client';
import { startChild, type Child } from '../support/start-child';
import { ACCEPT, eventually, get, standsStill, upgrade } from '../support/start-proxy';

const MB = 1024 * 1024;
const GB = 1024 * MB;
const TOKEN = 'Host: hub.test\r\nAuthorization: token token-alice\r\n';
const HEADERS = { Host: 'hub.test', Authorization: 'token token-alice' };

let child: Child | undefined;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  const ended = child?.close();
  child = undefined;
  await Promise.all([ended, ...closers.splice(0).map((close) => close())]);
});

async function proxyTo(origin: string, options: Partial<Parameters<typeof startChild>[0]> = {}): Promise<Child> {
  child = await startChild({ kind: 'proxy', routes: { alice: origin }, ...options });
  return child;
}

async function serve(handler: http.RequestListener): Promise<{ readonly origin: string; readonly server: http.Server }> {
  const server = http.createServer({ keepAlive: true }, handler);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  closers.push(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function hostile(): Promise<HostileUpstream> {
  const upstream = await startHostileUpstream();
  closers.push(() => upstream.close());
  return upstream;
}

/** A gigabyte that compresses badly and costs little to make: one random megabyte, turned a little each time. */
async function pump(to: NodeJS.WritableStream, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  const block = randomBytes(MB);
  for (let sent = 0; sent < bytes; sent += MB) {
    block.writeUInt32LE(sent / MB, 0);
    const chunk = Buffer.from(block);
    hash.update(chunk);
    if (!to.write(chunk)) await new Promise((resolve) => { to.once('drain', resolve); });
  }
  to.end();
  return hash.digest('hex');
}

async function shaOf(from: http.IncomingMessage): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of from) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const memoryOf = async ({ stats }: Child): Promise<number> => (await stats()).rss;

describe('a gigabyte', () => {
  test('H01: arrives whole when it is sent, and the proxy keeps none of it', async () => {
    const { origin } = await serve((req, res) => void shaOf(req).then((sha) => res.end(sha)));
    const proxy = await proxyTo(origin);
    const before = await memoryOf(proxy);
    const req = http.request({ port: proxy.port, method: 'PUT', path: '/user/alice/big', headers: { ...HEADERS, 'Content-Length': GB } });
    const answer = new Promise<http.IncomingMessage>((resolve, reject) => void req.on('response', resolve).on('error', reject));
    const sha = await pump(req, GB);
    let text = '';
    for await (const chunk of await answer) text += String(chunk);
    expect(text).toBe(sha);
    expect((await memoryOf(proxy)) - before).toBeLessThan(64 * MB);
  }, 120_000);

  test('E10: arrives whole when it is fetched, and the proxy keeps none of it', async () => {
    let sent: Promise<string> | undefined;
    const { origin } = await serve((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': GB });
      sent = pump(res, GB);
    });
    const proxy = await proxyTo(origin);
    const before = await memoryOf(proxy);
    const res = await new Promise<http.IncomingMessage>((resolve, reject) => void http.get({ port: proxy.port, path: '/user/alice/big', headers: HEADERS }, resolve).on('error', reject));
    expect(res.headers['content-length']).toBe(String(GB));
    expect(await shaOf(res)).toBe(await sent);
    expect((await memoryOf(proxy)) - before).toBeLessThan(64 * MB);
  }, 120_000);
});

/** Writes zeros for as long as they are taken; tells how many megabytes were. */
function flood(socket: NodeJS.WritableStream): () => number {
  const chunk = Buffer.alloc(MB);
  let sent = 0;
  const more = (): void => {
    do sent += 1; while (sent < 1_000 && socket.write(chunk));
  };
  socket.on('drain', more);
  more();
  return () => sent;
}

/** The case allows one slow transfer 64; all forty together get twice that, of the forty thousand that each of them would like. */
const FORTY = 128;

describe('the slower side sets the pace, and nothing piles up in between', () => {
  test('H02 Q03: forty clients that do not read cost next to nothing, and are cut off in the end', async () => {
    const upstream = await hostile();
    const counters: (() => number)[] = [];
    upstream.script(({ socket }) => void socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 1000000000\r\n\r\n');
      counters.push(flood(socket));
    }));
    const proxy = await proxyTo(upstream.origin, { limits: { idleMs: 3_000 } });
    const before = await memoryOf(proxy);
    const clients = Array.from({ length: 40 }, () => rawClient(proxy.port, get('/user/alice/x')));
    await Promise.all(clients.map((client) => client.until((text) => text.length > 0, 30_000)));
    for (const client of clients) client.socket.pause();
    await standsStill(() => counters.reduce((sum, count) => sum + count(), 0), 500);
    expect((await memoryOf(proxy)) - before).toBeLessThan(FORTY * MB);
    await eventually(() => upstream.busy() === 0, 15_000);
    expect((await proxy.stats()).requests).toBe(0);
    for (const client of clients) client.destroy();
  }, 60_000);

  test('H02: forty uploads to a server that does not read cost next to nothing', async () => {
    const upstream = await hostile();
    upstream.script(({ socket }) => void socket.once('data', () => socket.pause()));
    const proxy = await proxyTo(upstream.origin);
    const before = await memoryOf(proxy);
    const clients = Array.from({ length: 40 }, () => rawClient(proxy.port, `PUT /user/alice/x HTTP/1.1\r\n${TOKEN}Content-Length: 1000000000\r\n\r\n`));
    const counters = clients.map((client) => flood(client.socket));
    await eventually(() => upstream.connections.length === 40);
    await standsStill(() => counters.reduce((sum, count) => sum + count(), 0), 500);
    expect((await memoryOf(proxy)) - before).toBeLessThan(FORTY * MB);
    for (const client of clients) client.destroy();
  }, 60_000);

  test('I04: WebSockets whose client does not read cost less than eight megabytes each', async () => {
    const upstream = await hostile();
    const counters: (() => number)[] = [];
    upstream.script(({ socket }) => void socket.once('data', () => {
      socket.write(ACCEPT);
      counters.push(flood(socket));
    }));
    const proxy = await proxyTo(upstream.origin);
    const before = await memoryOf(proxy);
    const clients = Array.from({ length: 20 }, () => rawClient(proxy.port, upgrade('/user/alice/ws')));
    await Promise.all(clients.map((client) => client.until((text) => text.length > 0, 30_000)));
    for (const client of clients) client.socket.pause();
    await standsStill(() => counters.reduce((sum, count) => sum + count(), 0), 500);
    expect((await memoryOf(proxy)) - before).toBeLessThan(20 * 8 * MB);
    for (const client of clients) client.destroy();
  }, 60_000);
});

test('H08: a body in chunks of one byte arrives whole, and others are served meanwhile', async () => {
  const COUNT = 200_000;
  let body = 0;
  let pieces = 0;
  const { origin } = await serve((req, res) => {
    req.on('data', (chunk: Buffer) => {
      body += chunk.length;
      pieces += 1;
    });
    req.on('end', () => res.end('done'));
  });
  const proxy = await proxyTo(origin);
  const client = rawClient(proxy.port, `PUT /user/alice/x HTTP/1.1\r\n${TOKEN}Transfer-Encoding: chunked\r\n\r\n`);
  const done = client.until((text) => text.includes('done'), 60_000);
  const chunks = '1\r\na\r\n'.repeat(2_000);
  let served = 0;
  let finished = false;
  const others = (async () => {
    for (; !finished; served += 1) await ask(proxy.port, '/hub/health');
  })();
  for (let sent = 0; sent < COUNT; sent += 2_000) if (!client.socket.write(chunks)) await new Promise((resolve) => { client.socket.once('drain', resolve); });
  client.send('0\r\n\r\n');
  await done;
  finished = true;
  await others;
  client.destroy();
  expect(body).toBe(COUNT);
  // What comes in one read is passed on in one piece; that is what leaves time for the others.
  expect(pieces).toBeLessThan(COUNT / 20);
  expect(served).toBeGreaterThan(3);
}, 90_000);

async function ask(port: number, path: string, headers: Record<string, string> = { Host: 'hub.test' }, agent?: http.Agent): Promise<number> {
  const res = await new Promise<http.IncomingMessage>((resolve, reject) => void http.get({ port, path, headers, agent }, resolve).on('error', reject));
  res.resume();
  await new Promise((resolve) => { res.once('close', resolve); });
  return res.statusCode ?? 0;
}

describe('a server that closes kept connections', () => {
  test('F21: of ten thousand GETs none is lost, though connections are closed just as they are used again', async () => {
    let requests = 0;
    // Each connection is closed by the server in the same moment in which its answer frees it for the next request.
    const { origin } = await serve((req, res) => {
      requests += 1;
      const { socket } = req;
      res.end('hello', () => void (requests % 10 === 0 && setImmediate(() => socket.destroy())));
    });
    const proxy = await proxyTo(origin);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
    const seen = new Map<number, number>();
    let left = 10_000;
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const status = await ask(proxy.port, '/user/alice/x', HEADERS, agent);
        seen.set(status, (seen.get(status) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: 20 }, worker));
    agent.destroy();
    expect([...seen]).toEqual([[200, 10_000]]);
  }, 90_000);

  test('F21: of a thousand POSTs none is sent twice', async () => {
    const got = new Map<string, number>();
    const { origin } = await serve((req, res) => {
      const id = String(req.headers['x-id']);
      got.set(id, (got.get(id) ?? 0) + 1);
      const { socket } = req;
      req.resume().on('end', () => {
        if (got.size % 7 === 0) socket.destroy();
        else res.end('ok', () => void (got.size % 5 === 0 && setImmediate(() => socket.destroy())));
      });
    });
    const proxy = await proxyTo(origin);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
    const post = (id: number): Promise<unknown> => new Promise((resolve, reject) => {
      http.request({ port: proxy.port, method: 'POST', path: '/user/alice/x', agent, headers: { ...HEADERS, 'X-Id': String(id), 'Content-Length': 2 } }, (res) => res.resume().on('end', resolve)).on('error', reject).end('hi');
    });
    for (let i = 0; i < 1_000; i += 20) await Promise.all(Array.from({ length: 20 }, (_, k) => post(i + k)));
    agent.destroy();
    expect([...got].filter(([, times]) => times > 1)).toEqual([]);
    expect(got.size).toBeGreaterThan(500);
  }, 60_000);
});

describe('ports of this machine', () => {
  test('Q08: fifty thousand requests to one server take a handful of connections', async () => {
    let connections = 0;
    const { origin, server } = await serve((_req, res) => void res.end('hello'));
    server.on('connection', () => { connections += 1; });
    const proxy = await proxyTo(origin);
    const EACH = 500;
    const run = async (): Promise<void> => {
      for (let round = 0; round < 4; round += 1) {
        const client = rawClient(proxy.port, get('/user/alice/x').repeat(EACH));
        let answers = 0;
        client.socket.on('data', (chunk: Buffer) => { answers += chunk.toString('latin1').split('HTTP/1.1 200').length - 1; });
        await eventually(() => answers === EACH, 60_000);
        client.destroy();
      }
    };
    await Promise.all(Array.from({ length: 25 }, run));
    expect(connections).toBeLessThan(500);
  }, 120_000);

  test('Q08: five thousand WebSockets to a server that has stopped leave nothing behind', async () => {
    const upstream = await startHostileUpstream();
    await upstream.close();
    const proxy = await proxyTo(upstream.origin);
    let refused = 0;
    const run = async (): Promise<void> => {
      for (let i = 0; i < 100; i += 1) if (/^HTTP\/1.1 503 /.test(await rawClient(proxy.port, upgrade('/user/alice/ws')).closed())) refused += 1;
    };
    await Promise.all(Array.from({ length: 50 }, run));
    expect(refused).toBe(5_000);
    let after = await proxy.stats();
    for (const until = Date.now() + 5_000; after.sockets > 0 && Date.now() < until; ) after = await proxy.stats();
    expect(after.sockets).toBe(0);
    expect(after.handles).toBeLessThan(10);
  }, 60_000);
});

describe('in little memory', () => {
  test('Q06 Q07: a mixed load leaves a hub of 160 MB alive, and nothing of it open or growing', async () => {
    const upstream = await hostile();
    const page = `HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`;
    upstream.script(({ socket }) => void socket.on('data', (data: Buffer) => {
      const text = data.toString('latin1');
      if (/^GET .*ws /.test(text)) socket.write(ACCEPT);
      else if (text.startsWith('GET ') || text.endsWith('last')) socket.write(page);
    }));
    child = await startChild({ kind: 'proxy', routes: { alice: upstream.origin } }, { nodeArgs: ['--max-old-space-size=160'] });
    const proxy = child;
    const round = async (): Promise<number> => {
      const clients: RawClient[] = Array.from({ length: 60 }, (_, i) => rawClient(proxy.port, i % 3 === 0 ? upgrade('/user/alice/ws') : i % 3 === 1 ? get('/user/alice/x') : `PUT /user/alice/x HTTP/1.1\r\n${TOKEN}Content-Length: 50000\r\n\r\n${'y'.repeat(49_996)}last`));
      await Promise.all(clients.map((client) => client.until((text) => text.length > 100)));
      clients.forEach((client, i) => (i % 2 === 0 ? client.reset() : client.destroy()));
      let now = await proxy.stats();
      for (const until = Date.now() + 10_000; now.requests + now.sockets > 0 && Date.now() < until; ) now = await proxy.stats();
      expect([now.requests, now.sockets]).toEqual([0, 0]);
      return now.heap;
    };
    for (let i = 0; i < 5; i += 1) await round();
    const settled = await round();
    let last = 0;
    for (let i = 0; i < 20; i += 1) last = await round();
    expect(last - settled).toBeLessThan(8 * MB);
    await eventually(() => upstream.connections.every((c) => c.closed || c.socket.readableEnded), 10_000);
    expect(await proxy.stats()).toMatchObject({ requests: 0, sockets: 0 });
    expect(proxy.alive()).toBe(true);
  }, 120_000);
});
