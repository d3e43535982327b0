import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createTrustedProxies } from './client-address';
import type { TrustedProxies } from './client-address';
import type { Proxy } from './contract';
import { codeOf } from './failure';
import { mostConnections } from './open-files';
import { endAndDestroy } from './raw-response';
import { isWritten } from './respond';
import { endSilentPeers } from './silent-peers';

/** For `http.createServer`: what can only be set when a server is made (section 3.11 of the security cases). */
export const serverOptions = {
  maxHeaderSize: 16 * 1024,
  /** How often the limits below are looked at. */
  connectionsCheckingInterval: 5_000,
  headersTimeout: 15_000,
  /** Uploads to a user's server may take as long as they move; the proxy has its own limit on silence. */
  requestTimeout: 0,
  insecureHTTPParser: false,
  noDelay: true,
} as const satisfies ServerOptions;

export interface ServerSettings {
  /** Addresses or CIDR ranges; they speak for many clients, so the limit per address is not theirs. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Connections that one address may hold open. Default: 256. */
  readonly connectionsPerAddress?: number;
  /** Connections in all. Default: what the limit of open files leaves room for. */
  readonly connectionsTotal?: number;
  /** Longer behind a proxy that keeps connections, so that it is never we who close first. Default: 5 s, behind a trusted proxy 65 s. */
  readonly keepAliveMs?: number;
}

/** Limits, and an answer for everything that never becomes a request. Throws a TypeError when a trusted proxy is not an address or range. */
export function configureServer(server: Server, settings: ServerSettings = {}): void {
  const ranges = settings.trustedProxies ?? [];
  server.keepAliveTimeout = settings.keepAliveMs ?? (ranges.length > 0 ? 65_000 : 5_000);
  server.headersTimeout = serverOptions.headersTimeout;
  server.requestTimeout = serverOptions.requestTimeout;
  server.timeout = 0;
  // Node drops what is above this silently, the Cookie line among it; the guard counts and refuses instead (F08).
  server.maxHeadersCount = 0;
  server.on('connect', refuseConnect);
  server.on('clientError', onClientError);
  limitConnections(server, createTrustedProxies(ranges), { perAddress: settings.connectionsPerAddress ?? 256, total: settings.connectionsTotal ?? mostConnections() });
  endSilentPeers(server);
}

/** Every event by which a request comes in goes to the proxy; none is left to Node's defaults. */
export function attachProxy(server: Server, proxy: Proxy): void {
  server.on('request', proxy.request);
  server.on('checkContinue', proxy.checkContinue);
  // The guard answers 417.
  server.on('checkExpectation', proxy.request);
  server.on('upgrade', proxy.upgrade);
}

function limitConnections(server: Server, trusted: TrustedProxies, limits: { readonly perAddress: number; readonly total: number }): void {
  const open = new Map<string, number>();
  let total = 0;
  server.on('connection', (socket: Socket) => {
    if (total >= limits.total) {
      socket.destroy();
      return;
    }
    total += 1;
    socket.once('close', () => {
      total -= 1;
    });
    const address = socket.remoteAddress ?? '';
    if (trusted.trusts(address)) return;
    const count = (open.get(address) ?? 0) + 1;
    if (count > limits.perAddress) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

const plain = (status: string, text: string): string => `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${text.length}\r\nconnection: close\r\n\r\n${text}`;

/**
 * Whatever a page of this site put into the browser comes back with every request, so nobody could click anything away: the answer
 * itself has the cookies removed (browsers do it over HTTPS and on localhost), and the next request works (B09).
 */
const TOO_MANY_COOKIES = ((): string => {
  const html = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Too many cookies</title><h1>Too many cookies</h1><p>Your browser sent more cookies, or larger headers, than this site takes. '
    + 'The cookies of this site were removed: <a href="">load this page again</a> and sign in. If that does not help, clear the cookies of this site in the settings of your browser.</p></html>';
  const lines = ['431 Request Header Fields Too Large', 'content-type: text/html; charset=utf-8', `content-length: ${html.length}`, 'clear-site-data: "cookies"', 'cache-control: no-store', "content-security-policy: default-src 'none'; frame-ancestors 'none'", 'x-content-type-options: nosniff', 'connection: close'];
  return `HTTP/1.1 ${lines.join('\r\n')}\r\n\r\n${html}`;
})();

/** We are no forward proxy. */
function refuseConnect(_req: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  endAndDestroy(socket, plain('405 Method Not Allowed', 'CONNECT is not supported.'));
}

/** What the parser refuses. Nothing that the client sent is repeated. */
function onClientError(err: Error, socket: Duplex): void {
  const code = codeOf(err);
  const response = '_httpMessage' in socket && typeof socket._httpMessage === 'object' ? (socket._httpMessage as ServerResponse | null) : null;
  if (response !== null && response.headersSent) {
    // A refusal that was written before the parser found more that is wrong still goes out; half an answer does not.
    if (isWritten(response) && socket instanceof Socket) socket.destroySoon();
    else socket.destroy();
    return;
  }
  // A client that ended in the middle of its request is gone: nobody reads an answer, and the upstream must be let go now (H03).
  if (code === 'ECONNRESET' || code === 'HPE_INVALID_EOF_STATE' || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.on('error', () => socket.destroy());
  endAndDestroy(socket, answerTo(code));
}

function answerTo(code: string): string {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': return TOO_MANY_COOKIES;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW': return plain('413 Payload Too Large', 'The chunk extensions are too large.');
    case 'ERR_HTTP_REQUEST_TIMEOUT': return plain('408 Request Timeout', 'The request did not arrive in time.');
    default: return plain('400 Bad Request', 'The request is not valid HTTP.');
  }
}
