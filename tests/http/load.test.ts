import http from 'node:http';
import net from 'node:net';
import { startChild, type Child } from '../support/start-child';

let hub: Child;
const clients = new Set<net.Socket>();
afterEach(async () => {
  for (const socket of clients) socket.destroy();
  clients.clear();
  await hub.close();
});

/** Loopback has many addresses, and one may hold 256 connections. */
const from = (i: number): string => `127.0.1.${1 + Math.floor(i / 200)}`;

interface Client {
  readonly socket: net.Socket;
  closed: boolean;
  text: string;
}

function connect(localAddress: string, bytes = ''): Client {
  const client: Client = { socket: net.connect({ port: hub.port, host: '127.0.0.1', localAddress }), closed: false, text: '' };
  clients.add(client.socket);
  client.socket.on('error', () => undefined).on('close', () => { client.closed = true; });
  client.socket.on('data', (chunk: Buffer) => { client.text += chunk.toString('latin1'); });
  if (bytes !== '') client.socket.write(bytes);
  return client;
}

const host = (): string => `127.0.0.1:${hub.port}`;

/** The status, or 0 when the connection was refused. */
const status = (path: string, localAddress = '127.0.0.1', headers: Record<string, string> = {}): Promise<number> =>
  new Promise((resolve) => {
    http.get({ host: '127.0.0.1', port: hub.port, path, localAddress, agent: false, headers }, (res) => {
      res.resume().on('close', () => resolve(res.statusCode ?? 0));
    }).on('error', () => resolve(0));
  });

async function until(condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  for (const started = performance.now(); !(await condition()); ) {
    if (performance.now() - started > withinMs) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

/** Lets clients send byte after byte while `until` has not come; health is asked all the while. */
async function trickle(all: readonly { readonly client: Client; readonly bytes: string }[], done: () => boolean, withinMs: number): Promise<number> {
  let at = 0;
  const timer = setInterval(() => {
    for (const { client, bytes } of all) if (!client.closed && at < bytes.length) client.socket.write(bytes[at] ?? '');
    at += 1;
  }, 1_000);
  let healthy = 0;
  try {
    await until(async () => {
      if ((await status('/hub/health')) !== 200) throw new Error('the hub does not say that it is well');
      healthy += 1;
      return done();
    }, withinMs);
  } finally {
    clearInterval(timer);
  }
  return healthy;
}

describe('slow clients', () => {
  test('Q01 Q02 I14: two thousand that dawdle with their headers, two hundred of them for a WebSocket, and five hundred with a form are cut off, and others are served all the while', async () => {
    hub = await startChild({ kind: 'hub' });
    const head = `GET /user/alice/ws HTTP/1.1\r\nHost: ${host()}\r\nX-Slow: ${'a'.repeat(100)}`;
    const upgrade = `GET /user/alice/ws HTTP/1.1\r\nHost: ${host()}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nX-Slow: ${'a'.repeat(100)}`;
    const form = `POST /hub/login HTTP/1.1\r\nHost: ${host()}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 200\r\n\r\n`;
    const slowHeaders = Array.from({ length: 2_000 }, (_, i) => ({ client: connect(from(i)), bytes: i % 10 === 0 ? upgrade : head }));
    const slowForms = Array.from({ length: 500 }, (_, i) => ({ client: connect(from(2_000 + i), form), bytes: 'a'.repeat(200) }));
    const everyone = [...slowHeaders, ...slowForms];
    const healthy = await trickle(everyone, () => everyone.every(({ client }) => client.closed), 60_000);
    expect(healthy).toBeGreaterThan(20);
    for (const { client } of slowHeaders) expect(client.text).not.toMatch(/^HTTP\/1.1 (?:1|2|3)/);
    expect(hub.alive()).toBe(true);
  }, 120_000);
});

describe('many connections', () => {
  test('Q04: one address may hold 256, and others are served', async () => {
    hub = await startChild({ kind: 'hub' });
    const hoard = Array.from({ length: 600 }, () => connect('127.0.2.1'));
    await until(() => hoard.filter(({ closed }) => closed).length === 600 - 256, 10_000);
    expect(await status('/hub/health', '127.0.2.1')).toBe(0);
    for (let i = 0; i < 50; i += 1) expect(await status('/hub/health', `127.0.3.${i + 1}`)).toBe(200);
    for (const { socket } of hoard.slice(0, 300)) socket.destroy();
    await until(async () => (await status('/hub/health', '127.0.2.1')) === 200, 10_000);
  }, 60_000);

  test('Q05: with 256 open files and 400 clients the hub lives, still opens what it needs, and serves again when they go', async () => {
    hub = await startChild({ kind: 'hub' }, { limit: 'ulimit -n 256' });
    const crowd = Array.from({ length: 400 }, (_, i) => connect(from(i), `GET /hub/login HTTP/1.1\r\nHost: ${host()}\r\n\r\n`));
    await until(() => crowd.every(({ closed, text }) => closed || text !== ''), 20_000);
    expect(crowd.filter(({ text }) => text.startsWith('HTTP/1.1 200')).length).toBeGreaterThan(30);
    for (const { socket } of crowd) socket.destroy();
    await until(async () => (await status('/hub/login')) === 200, 10_000);
    expect(hub.alive()).toBe(true);
  }, 60_000);
});

describe('uploads to the hub itself', () => {
  const part = (name: string, file: string, body: string): string => `--b\r\nContent-Disposition: form-data; name="${name}"${file === '' ? '' : `; filename="${file}"`}\r\n\r\n${body}\r\n`;
  const bodies: Readonly<Record<string, () => string>> = {
    'ten thousand fields': () => `${part('a', '', '').repeat(10_000)}--b--\r\n`,
    'a name that nests': () => `${part(`a${'['.repeat(5_000)}`, '', 'x')}--b--\r\n`,
    'names that lead elsewhere': () => `${part('f', '../../x', 'x')}${part('f', 'a\u0000b', 'x')}${part('f', 'a\r\nX: 1', 'x')}--b--\r\n`,
    'no end': () => part('f', 'x', 'x'.repeat(1_000)),
  };

  test('H07: every multipart body is refused, and clients that drop in the middle leave nothing behind', async () => {
    hub = await startChild({ kind: 'hub' });
    const { handles } = await hub.stats();
    const request = (path: string, body: string, length = body.length): string => `POST ${path} HTTP/1.1\r\nHost: ${host()}\r\nAuthorization: token ${hub.about['rootToken']}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: ${length}\r\n\r\n${body}`;
    for (const make of Object.values(bodies)) {
      for (const path of ['/hub/login', '/hub/signup', '/hub/api/users']) {
        const client = connect('127.0.0.1', request(path, make()));
        await until(() => /^HTTP\/1.1 (?:400|403|413|415) /.test(client.text), 10_000);
        client.socket.destroy();
      }
    }
    for (let round = 0; round < 5; round += 1) {
      const crowd = Array.from({ length: 100 }, (_, i) => connect(from(i), request('/hub/api/users', part('f', 'x', 'x'), 100_000)));
      await until(() => crowd.every(({ socket }) => !socket.connecting && socket.writableLength === 0), 10_000);
      crowd.forEach(({ socket }, i) => (i % 2 === 0 ? socket.resetAndDestroy() : socket.destroy()));
    }
    await until(async () => (await hub.stats()).handles <= handles + 2, 10_000);
  }, 60_000);
});

describe('in little memory', () => {
  test('Q06: lists for an administrator and refusals for others, side by side, keep a hub of 160 MB alive and its memory level', async () => {
    hub = await startChild({ kind: 'hub' }, { nodeArgs: ['--max-old-space-size=160'] });
    const token = { Authorization: `token ${hub.about['rootToken']}` };
    const round = async (): Promise<number> => {
      const asked = await Promise.all(Array.from({ length: 60 }, (_, i) => status(i % 2 === 0 ? '/hub/api/users' : '/hub/login', '127.0.0.1', i % 4 === 0 ? token : {})));
      expect(asked.every((code) => code === 200 || code === 403)).toBe(true);
      return (await hub.stats()).heap;
    };
    for (let i = 0; i < 5; i += 1) await round();
    const settled = await round();
    let last = 0;
    for (let i = 0; i < 20; i += 1) last = await round();
    expect(last - settled).toBeLessThan(8 * 1024 * 1024);
    expect(hub.alive()).toBe(true);
  }, 60_000);
});
