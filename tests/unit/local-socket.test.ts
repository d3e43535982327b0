import fs from 'node:fs';
import type { RequestListener } from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { connectLocal, listenLocal, type LocalServer } from '../../hub/local-socket';

let dataDir: string;
const open: LocalServer[] = [];
beforeEach(() => {
  dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-socket-'));
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  fs.rmSync(dataDir, { recursive: true, force: true });
});

const url = 'http://localhost:8000/';
const serve = async (handler: RequestListener, where = dataDir): Promise<LocalServer> => {
  const server = await listenLocal(where, handler, { url });
  open.push(server);
  return server;
};
const json = (status: number, body: unknown): RequestListener => (_req, res) => void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

test('a request reaches the hub with method, path and body, and its answer comes back', async () => {
  await serve((req, res) => {
    req.setEncoding('utf8');
    let body = '';
    req.on('data', (chunk: string) => (body += chunk));
    req.on('end', () => json(201, { method: req.method, url: req.url, body: JSON.parse(body) as unknown })(req, res));
  });
  await expect(connectLocal(dataDir).request('POST', '/hub/api/users/%C3%A9', { admin: true })).resolves.toEqual({ method: 'POST', url: '/hub/api/users/%C3%A9', body: { admin: true } });
});

test('an empty answer is null', async () => {
  await serve((_req, res) => void res.writeHead(204).end());
  await expect(connectLocal(dataDir).request('DELETE', '/hub/api/users/a')).resolves.toBeNull();
});

test('socket and hub.json belong to the hub\'s account alone', async () => {
  const { socket } = await serve(json(200, {}));
  expect(fs.statSync(socket).mode & 0o777).toBe(0o600);
  const info = path.join(dataDir, 'hub.json');
  expect(fs.statSync(info).mode & 0o777).toBe(0o600);
  expect(JSON.parse(fs.readFileSync(info, 'utf8'))).toEqual({ pid: process.pid, url, socket });
});

test('a data folder that does not exist is made, private', async () => {
  const where = path.join(dataDir, 'made');
  await serve(json(200, {}), where);
  expect(fs.statSync(where).mode & 0o777).toBe(0o700);
});

test('a path that is too long for a socket is replaced by a short one in a private folder', async () => {
  const where = path.join(dataDir, 'd'.repeat(100));
  const server = await serve(json(200, { ok: true }), where);
  expect(Buffer.byteLength(server.socket)).toBeLessThanOrEqual(100);
  expect(fs.statSync(path.dirname(server.socket)).mode & 0o777).toBe(0o700);
  await expect(connectLocal(where).request('GET', '/')).resolves.toEqual({ ok: true });
  await server.close();
  expect(fs.existsSync(path.dirname(server.socket))).toBe(false);
});

test('after close nothing is left, and a second close does nothing', async () => {
  const server = await serve(json(200, {}));
  await server.close();
  await server.close();
  expect(fs.readdirSync(dataDir)).toEqual([]);
  expect(() => connectLocal(dataDir)).toThrow('The hub is not running (start it with `npm start`).');
});

describe('N11: what a crash leaves', () => {
  /** A socket file without a listener, as SIGKILL leaves it. */
  const leftover = async (place: string): Promise<void> => {
    const aside = `${place}.aside`;
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(place, resolve));
    fs.renameSync(place, aside);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    fs.renameSync(aside, place);
  };

  test('a socket that nobody answers on is replaced', async () => {
    await leftover(path.join(dataDir, 'hub.sock'));
    await serve(json(200, { fresh: true }));
    await expect(connectLocal(dataDir).request('GET', '/')).resolves.toEqual({ fresh: true });
  });

  test('a socket that somebody answers on is not', async () => {
    await serve(json(200, { first: true }));
    await expect(listenLocal(dataDir, json(200, { second: true }), { url })).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('Another hub is running with this data folder') as string });
    await expect(connectLocal(dataDir).request('GET', '/')).resolves.toEqual({ first: true });
  });

  test('a file in the place of the socket is reported, not deleted', async () => {
    fs.writeFileSync(path.join(dataDir, 'hub.sock'), 'precious');
    await expect(listenLocal(dataDir, json(200, {}), { url })).rejects.toMatchObject({ code: 'conflict' });
    expect(fs.readFileSync(path.join(dataDir, 'hub.sock'), 'utf8')).toBe('precious');
  });

  test('a client that finds only a leftover says that the hub is not running', async () => {
    const socket = path.join(dataDir, 'hub.sock');
    await leftover(socket);
    fs.writeFileSync(path.join(dataDir, 'hub.json'), JSON.stringify({ pid: 1, url, socket }));
    await expect(connectLocal(dataDir).request('GET', '/')).rejects.toMatchObject({ code: 'unavailable', message: 'The hub is not running (start it with `npm start`).' });
  });

  test.each(['', '{', '[]', '{"pid":"1"}'])('a hub.json of %j counts as none', (content) => {
    fs.writeFileSync(path.join(dataDir, 'hub.json'), content);
    expect(() => connectLocal(dataDir)).toThrow('not running');
  });
});

describe('refusals', () => {
  test('come with the hub\'s own sentence', async () => {
    await serve(json(409, { status: 409, message: 'User alice already exists' }));
    await expect(connectLocal(dataDir).request('POST', '/')).rejects.toMatchObject({ name: 'HubError', code: 'conflict', message: 'User alice already exists' });
  });

  test('without one, or as a page, tell the status', async () => {
    await serve((_req, res) => void res.writeHead(503).end('<html>'));
    await expect(connectLocal(dataDir).request('GET', '/')).rejects.toMatchObject({ message: 'The hub answered 503 Service Unavailable' });
  });

  test('an answer that is not JSON is one', async () => {
    await serve((_req, res) => void res.writeHead(200).end('<html>'));
    await expect(connectLocal(dataDir).request('GET', '/')).rejects.toThrow('did not answer in JSON');
  });

  test('a hub that never answers is given up', async () => {
    await serve(() => undefined);
    await expect(connectLocal(dataDir, { timeoutMs: 30 }).request('GET', '/')).rejects.toMatchObject({ code: 'upstream-timeout' });
  });

  test('a hub that hangs up is told from one that is not there', async () => {
    await serve((req) => void req.socket.destroy());
    await expect(connectLocal(dataDir).request('GET', '/')).rejects.toThrow('ended the connection before it answered');
  });
});
