import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { acceptEcho } from './echo-socket';
import { answerContents } from './fake-contents';

export interface FakeServerOptions {
  readonly prefix: string;
  /** null: a server that does its own sign-in; nothing is checked. */
  readonly secret: string | null;
  /** Asked for every request. `hold`: accept and never answer; `busy`: 503. */
  readonly mood: () => 'answer' | 'busy' | 'hold';
  readonly environment: Readonly<Record<string, string>>;
  readonly work: FakeWork;
}

/** What goes on in a pretended server, in the words of Jupyter's API. */
export interface FakeWork {
  kernels: readonly object[];
  sessions: readonly object[];
  terminals: readonly object[];
  /** Seconds. */
  cpuSeconds: number;
  memoryBytes: number;
  /** Notebooks in its workspace, by path. */
  readonly files: Map<string, unknown>;
  /** There is no room for another one. */
  full: boolean;
  /** Messages that it was given for its users. */
  readonly notices: string[];
}

const NOTICES = 'jupyterlab-notifications-extension/ingest';

export interface FakeServer {
  readonly origin: string;
  /** How many requests and upgrades arrived, whatever became of them. */
  readonly arrivals: () => number;
  close(): Promise<void>;
}

/** A server on loopback that is to the hub what Jupyter is: version at `api`, status at `api/status`, an echo everywhere else. */
export async function startFakeServer(opts: FakeServerOptions): Promise<FakeServer> {
  let arrived = 0;
  const sockets = new Set<Duplex>();
  const server = createServer((req, res) => {
    arrived += 1;
    serve(opts, req, res);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    arrived += 1;
    if (opts.mood() === 'hold') return;
    if (!inside(opts, req) || !allowed(opts, req)) socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else acceptEcho(req, socket, head);
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { origin: `http://127.0.0.1:${port}`, arrivals: () => arrived, close };
}

function serve(opts: FakeServerOptions, req: IncomingMessage, res: ServerResponse): void {
  const mood = opts.mood();
  if (mood === 'hold') return;
  if (mood === 'busy') return json(res, 503, { message: 'starting' });
  if (!inside(opts, req)) return json(res, 404, { message: 'not below this server' });
  const path = (req.url ?? '').split('?')[0] ?? '';
  // Jupyter answers this one to everybody, too.
  if (path === `${opts.prefix}api`) return json(res, 200, { version: '2.15.0' });
  if (!allowed(opts, req)) return json(res, 403, { message: 'Forbidden' });
  if (path === `${opts.prefix}api/status`) return json(res, 200, { started: '2026-01-01T00:00:00Z', last_activity: '2026-01-01T00:00:00Z', connections: 0, kernels: 0 });
  const list = LISTS.find((name) => path === `${opts.prefix}api/${name}`);
  if (list !== undefined && req.method === 'GET') return json(res, 200, opts.work[list]);
  if (path === `${opts.prefix}${NOTICES}`) return void body(req, (text) => {
    opts.work.notices.push(text);
    json(res, 200, {});
  });
  if (path.startsWith(`${opts.prefix}${CONTENTS}`)) return void body(req, (text) => {
    const answer = answerContents(opts.work, { method: req.method ?? '', path: decodeURIComponent(path.slice(opts.prefix.length + CONTENTS.length)), text });
    json(res, answer.status, answer.body);
  });
  if (path === `${opts.prefix}lab`) return page(res, opts.prefix);
  echo(opts, req, res);
}

const CONTENTS = 'api/contents/';
const LISTS = ['kernels', 'sessions', 'terminals'] as const;

function body(req: IncomingMessage, then: (text: string) => void): void {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => then(Buffer.concat(chunks).toString('utf8')));
}

function echo(opts: FakeServerOptions, req: IncomingMessage, res: ServerResponse): void {
  body(req, (text) => json(res, 200, { method: req.method, url: req.url, headers: req.headers, body: text, user: opts.environment['USER_ID'] ?? null }));
}

const inside = (opts: FakeServerOptions, req: IncomingMessage): boolean => (req.url ?? '').startsWith(opts.prefix);

function allowed(opts: FakeServerOptions, req: IncomingMessage): boolean {
  if (opts.secret === null) return true;
  const got = Buffer.from(req.headers.authorization ?? '');
  const want = Buffer.from(`token ${opts.secret}`);
  return got.length === want.length && timingSafeEqual(got, want);
}

function json(res: ServerResponse, status: number, value: unknown): void {
  res.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function page(res: ServerResponse, prefix: string): void {
  const shown = prefix.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
  res.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(`<!doctype html><title>JupyterLab</title><h1>Pretended JupyterLab</h1><p>${shown}</p>`);
}

const listen = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
