import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { type ErrorCode, HubError, STATUS } from './domain/errors';

/**
 * The command line's way to the running hub: a Unix socket that only the hub's own account can open. Whoever can connect has the
 * data folder anyway, so the file system's permissions are the whole credential, and none is stored.
 */
export interface LocalInfo {
  readonly pid: number;
  /** Public URL of the running hub. */
  readonly url: string;
  readonly socket: string;
}

export interface LocalServer {
  readonly socket: string;
  /** Ends open requests and removes the socket. Idempotent. */
  close(): Promise<void>;
}

export interface LocalClient {
  readonly info: LocalInfo;
  /**
   * One JSON request; `path` as in `/hub/api/users`. Resolves with the parsed body (null: empty) of a 2xx answer and rejects with a
   * `HubError` carrying the hub's own sentence otherwise.
   */
  request(method: string, path: string, body?: unknown): Promise<unknown>;
  /** The server-sent events of a path, parsed, until the hub ends them. Rejects as `request` does. */
  events(path: string): AsyncIterable<unknown>;
  /** A body that is too long to be kept in memory; one that broke off ends with an error. Rejects as `request` does. */
  download(path: string): Promise<{ readonly fileName: string | undefined; readonly body: Readable }>;
}

const INFO = 'hub.json';
/** The kernel's limit is 107 bytes on Linux and 103 elsewhere. */
const LONGEST_SOCKET_PATH = 100;

const codeOf = (err: unknown): string => (typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : '');

/**
 * Serves `handler` on the data folder's socket and writes `hub.json` beside it. Rejects with `HubError('conflict')` when another hub
 * answers there; a socket that nobody answers on is a leftover of a crash and is replaced (N11).
 */
export async function listenLocal(dataDir: string, handler: http.RequestListener, opts: { readonly url: string }): Promise<LocalServer> {
  fs.mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const inFolder = path.join(dataDir, 'hub.sock');
  const short = Buffer.byteLength(inFolder) > LONGEST_SOCKET_PATH;
  // A crashed hub's socket lies where its hub.json says, which matters where the name is random.
  await clearLeftovers([inFolder, readInfo(dataDir)?.socket]);
  const socket = short ? path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'berth-')), 'hub.sock') : inFolder;
  const server = http.createServer(handler);
  await listening(server, socket);
  const infoFile = path.join(dataDir, INFO);
  const info: LocalInfo = { pid: process.pid, url: opts.url, socket };
  fs.writeFileSync(`${infoFile}.new`, `${JSON.stringify(info)}\n`, { mode: 0o600 });
  fs.renameSync(`${infoFile}.new`, infoFile);
  return { socket, close: () => shut(server, { socket, infoFile, short }) };
}

/** `bind` happens inside the call to `listen`: the umask makes the socket private from its first moment. */
function listening(server: http.Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (err) => reject(new HubError('conflict', `The hub's local socket ${socket} cannot be opened.`, { cause: err })));
    const before = process.umask(0o177);
    try {
      server.listen(socket, resolve);
    } finally {
      process.umask(before);
    }
  });
}

async function shut(server: http.Server, at: { readonly socket: string; readonly infoFile: string; readonly short: boolean }): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
  fs.rmSync(at.infoFile, { force: true });
  fs.rmSync(at.short ? path.dirname(at.socket) : at.socket, { force: true, recursive: at.short });
}

async function clearLeftovers(places: readonly (string | undefined)[]): Promise<void> {
  for (const place of new Set(places)) {
    const found = place === undefined ? undefined : fs.lstatSync(place, { throwIfNoEntry: false });
    if (place === undefined || found === undefined) continue;
    if (!found.isSocket()) throw new HubError('conflict', `${place} is in the way: it should be the hub's local socket, but is something else. Move it away.`);
    if (await answers(place)) throw new HubError('conflict', 'Another hub is running with this data folder. Stop it with `berth down`, or give this one a folder of its own (HUB_DATA_DIR).');
    fs.rmSync(place, { force: true });
  }
}

/** Whether anybody listens there; a full backlog or a missing permission counts as an answer. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net.connect(socket);
    const done = (result: boolean): void => {
      probe.destroy();
      resolve(result);
    };
    probe.once('connect', () => done(true));
    probe.once('error', (err) => done(!['ECONNREFUSED', 'ENOENT'].includes(codeOf(err))));
  });
}

const notRunning = (cause?: unknown): HubError => new HubError('unavailable', 'The hub is not running (start it with `npm start`).', { cause });

/** undefined: there is none, or none that can be understood. */
function readInfo(dataDir: string): LocalInfo | undefined {
  try {
    const info: unknown = JSON.parse(fs.readFileSync(path.join(dataDir, INFO), 'utf8'));
    const { pid, url, socket } = info as Partial<LocalInfo>;
    return typeof pid === 'number' && typeof url === 'string' && typeof socket === 'string' ? { pid, url, socket } : undefined;
  } catch (err) {
    if (codeOf(err) === 'EACCES') throw new HubError('forbidden', `Only the account that runs the hub may do this: ${dataDir} belongs to it.`, { cause: err });
    return undefined;
  }
}

/** The hub of a data folder. Throws `unavailable` when none was started there and `forbidden` for other accounts. */
export function connectLocal(dataDir: string, opts: { readonly timeoutMs?: number } = {}): LocalClient {
  const info = readInfo(dataDir);
  if (info === undefined) throw notRunning();
  const timeoutMs = opts.timeoutMs ?? 60_000;
  return {
    info,
    request: (method, target, body) => exchange({ socketPath: info.socket, method, path: target, timeoutMs }, body),
    events: (target) => eventsOf({ socketPath: info.socket, method: 'GET', path: target, timeoutMs }),
    download: (target) => downloadOf({ socketPath: info.socket, method: 'GET', path: target, timeoutMs }),
  };
}

interface Ask {
  readonly socketPath: string;
  readonly method: string;
  readonly path: string;
  readonly timeoutMs: number;
}

async function exchange(ask: Ask, body: unknown): Promise<unknown> {
  const { status, text } = await send(ask, body === undefined ? undefined : JSON.stringify(body));
  const fine = status >= 200 && status < 300;
  const parsed = parse(text, fine);
  if (fine) return parsed;
  throw refusal(status, parsed);
}

function refusal(status: number, parsed: unknown): HubError {
  const message = typeof parsed === 'object' && parsed !== null && 'message' in parsed ? String(parsed.message) : `The hub answered ${status} ${http.STATUS_CODES[status] ?? ''}`.trim();
  const code = (Object.keys(STATUS) as ErrorCode[]).find((name) => STATUS[name] === status);
  return new HubError(code ?? (status >= 500 ? 'internal' : 'invalid-input'), message);
}

/** An answer that goes on; only its silence has a limit. */
async function open(ask: Ask, accept: string): Promise<http.IncomingMessage> {
  const res = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const req = http.get({ socketPath: ask.socketPath, path: ask.path, headers: { accept }, timeout: ask.timeoutMs, agent: false }, resolve);
    req.once('timeout', () => req.destroy(Object.assign(new Error('silent'), { code: 'ETIMEDOUT' })));
    req.on('error', (err) => reject(inWords(err, ask, codeOf(err) === 'ETIMEDOUT')));
  });
  if (res.statusCode !== 200) throw refusal(res.statusCode ?? 0, parse(await textOf(res), false));
  return res;
}

async function downloadOf(ask: Ask): Promise<{ readonly fileName: string | undefined; readonly body: Readable }> {
  const body = await open(ask, 'application/x-tar');
  return { fileName: /filename="([A-Za-z0-9._-]+)"/.exec(body.headers['content-disposition'] ?? '')?.[1], body };
}

/** A start may take as long as it takes: only its silence has a limit, and the hub breaks that with empty lines. */
async function* eventsOf(ask: Ask): AsyncGenerator<unknown, void> {
  const res = await open(ask, 'text/event-stream');
  try {
    let rest = '';
    for await (const chunk of res.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line.startsWith('data: ')).map((line) => parse(line.slice('data: '.length), true));
    }
  } finally {
    res.destroy();
  }
}

async function textOf(res: http.IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of res.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text;
}

/** A refusal may come as a page; its status says enough. */
function parse(text: string, must: boolean): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch (err) {
    if (!must) return null;
    throw new HubError('internal', 'The hub did not answer in JSON: it may be another version than this command.', { cause: err });
  }
}

function send(ask: Ask, body: string | undefined): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) };
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(ask.timeoutMs);
    const fail = (err: unknown): void => reject(inWords(err, ask, signal.aborted));
    const req = http.request({ socketPath: ask.socketPath, method: ask.method, path: ask.path, headers, signal, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk));
      res.on('error', fail);
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
    });
    req.on('error', fail);
    req.end(body);
  });
}

function inWords(err: unknown, ask: Ask, timedOut: boolean): HubError {
  if (timedOut) return new HubError('upstream-timeout', `The hub did not answer within ${Math.round(ask.timeoutMs / 1000)} s.`, { cause: err });
  if (['ECONNREFUSED', 'ENOENT'].includes(codeOf(err))) return notRunning(err);
  if (codeOf(err) === 'EACCES') return new HubError('forbidden', `Only the account that runs the hub may do this: ${ask.socketPath} belongs to it.`, { cause: err });
  return new HubError('unavailable', 'The hub ended the connection before it answered; its log says why.', { cause: err });
}
