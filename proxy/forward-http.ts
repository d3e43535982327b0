import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Dispatcher } from 'undici';
import type { UserId } from '../hub/domain/ids';
import type { Logger } from '../hub/domain/runtime';
import { createBlanker, secretOf } from './blank-secret';
import type { Blanker } from './blank-secret';
import type { Credential, Decision, ProxyLimits, Touch, Used } from './contract';
import { ProtocolFault, UpstreamTimeout, codeOf, failureOf, isReset } from './failure';
import type { Inflight, Open } from './inflight';
import type { Pools } from './pools';
import { RequestBody } from './request-body';
import type { Responder } from './respond';
import { onlyValid, sanitiseResponse } from './response-headers';
import type { CleanHeaders, ResponseRules } from './response-headers';
import { mayNameSecret } from './response-rules';
import { isServiceRoute, type Route } from './route-table';

export type ForwardDecision = Extract<Decision, { kind: 'forward' }>;

export interface ForwardDeps {
  readonly pools: Pools;
  readonly inflight: Inflight;
  readonly respond: Responder;
  readonly touch: Touch;
  readonly used: Used;
  readonly log: Logger;
  readonly limits: ProxyLimits;
  readonly response: ResponseRules;
  readonly blankSecret: boolean;
  /** Path below the base path, for failure pages. */
  readonly below: (path: string) => string;
}

export function forwardHttp(req: IncomingMessage, res: ServerResponse, decision: ForwardDecision, deps: ForwardDeps): void {
  const exchange = new Exchange(req, res, decision, deps);
  (res as Carrier)[EXCHANGE] = exchange;
  res.on('close', onClientDone);
  deps.inflight.add(exchange);
  exchange.start();
}

/** What open pages ask for by themselves is read only; what changes something, or opens a page, somebody meant. */
function isUse({ method, rawHeaders }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS') return true;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) if (rawHeaders[i + 1] === 'navigate' && rawHeaders[i]?.toLowerCase() === 'sec-fetch-mode') return true;
  return false;
}

/** Measured: 1.5 µs of 15 saved at 100 bytes, nothing from 4 KB on, where copying costs as much. */
const ONE_STRING = 2 * 1024;

/** Bytes still to come that make a body a long one: it is written to the client's socket directly, and read into memory that is used again. */
const LONG = 128 * 1024;

/**
 * A short last chunk of a body of known length as text, byte for byte: node then joins header and body to one string and writes that,
 * where `end(chunk)` makes a vector of header, body and an empty end.
 */
function endWith(res: ServerResponse, last: Buffer): void {
  res.cork();
  res.write(last.toString('latin1'), 'latin1');
  res.uncork();
  res.end();
}

/** The exchange travels on the response, so that its listeners need no closure per request. */
const EXCHANGE = Symbol('exchange');
type Carrier = ServerResponse & { [EXCHANGE]?: Exchange };

function onClientDone(this: ServerResponse): void {
  (this as Carrier)[EXCHANGE]?.clientDone();
}

function onClientDrained(this: ServerResponse): void {
  (this as Carrier)[EXCHANGE]?.clientDrained();
}

/**
 * One request on its way to an upstream and its response on the way back. It is undici's handler itself, in the form with raw
 * headers: the newer one merges them into an object, and `Set-Cookie` and `Content-Security-Policy` lines must stay apart.
 */
class Exchange implements Open, Dispatcher.DispatchHandler {
  readonly upgraded = false;
  slot = -1;
  readonly route: Route;
  readonly user: UserId | null;
  readonly credential: string;
  readonly address: string;
  private abortUpstream: ((err?: Error) => void) | null = null;
  private resumeUpstream: (() => void) | null = null;
  private gone = false;
  private answering = false;
  private ended = false;
  private retried = false;
  private draining = false;
  private status = 0;
  /** Bytes that are still to come; -1: unknown. */
  private remaining = -1;
  private informationalSince = 0;
  private blanker: Blanker | null = null;
  private long = false;
  /** The header is on its way, with the first piece. */
  private begun = false;

  constructor(
    private readonly req: IncomingMessage,
    private readonly res: ServerResponse,
    private readonly decision: ForwardDecision,
    private readonly deps: ForwardDeps,
  ) {
    this.route = decision.route;
    this.user = decision.grant.user;
    this.credential = decision.grant.credential;
    this.address = decision.client.address;
  }

  get proof(): Credential {
    return this.decision.credential;
  }

  start(): void {
    const { req, decision, deps } = this;
    let body: RequestBody | null = null;
    if (decision.hasBody) {
      body = new RequestBody(req, () => this.touch());
      // A client that stops in the middle of its body; the limit on responses is undici's.
      req.socket.setTimeout(deps.limits.idleMs);
      req.once('end', () => this.req.socket?.setTimeout(0));
    }
    this.dispatch(deps.pools.get(decision.route.origin), body);
  }

  private touch(): void {
    if (!isServiceRoute(this.route)) this.deps.touch(this.route.owner, this.route.server);
  }

  private dispatch(pool: Dispatcher, body: RequestBody | null): void {
    const { target, headers } = this.decision;
    pool.dispatch({ path: target, method: this.req.method as Dispatcher.HttpMethod, headers: headers as string[], body }, this);
  }

  onConnect(abort: (err?: Error) => void): void {
    this.abortUpstream = abort;
    if (this.gone) abort();
  }

  onResponseStarted(): void {
    this.answering = true;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200) {
      this.informational(status);
      return true;
    }
    if (status > 599) throw new ProtocolFault(`status ${status}`);
    if (this.gone) return false;
    this.status = status;
    this.resumeUpstream = resume;
    const { target, needsXsrfCookie, hasBody } = this.decision;
    const mark = target.indexOf('?');
    const path = mark === -1 ? target : target.slice(0, mark);
    const clean = sanitiseResponse(raw, { route: this.route, path, needsXsrfCookie }, this.deps.response);
    this.frame(clean, path);
    // The connection cannot be used again while the rest of a body that nobody wants is on it.
    if (hasBody && !this.req.complete) clean.headers.push('connection', 'close');
    this.writeHead(status, clean.headers);
    if (this.remaining >= LONG) {
      this.long = true;
      this.deps.pools.reading?.expectMore();
    }
    return true;
  }

  /** Decides on the length, which is unknown when the secret is to be taken out. */
  private frame(clean: CleanHeaders, path: string): void {
    const { upstream, prefix } = this.route;
    if (clean.plainHtml && this.deps.blankSecret && upstream.kind === 'injected' && this.req.method !== 'HEAD' && mayNameSecret(path, prefix)) {
      this.blanker = createBlanker(secretOf(upstream.authorization));
      return;
    }
    if (clean.contentLength === -1) return;
    clean.headers.push('content-length', String(clean.contentLength));
    if (this.req.method !== 'HEAD' && clean.contentLength > 0) this.remaining = clean.contentLength;
  }

  private writeHead(status: number, headers: string[]): void {
    try {
      this.res.writeHead(status, headers);
    } catch (err) {
      this.deps.log.warn({ err, route: this.route.prefix }, 'an upstream sent a header that cannot be forwarded');
      this.res.writeHead(status, onlyValid(headers));
    }
  }

  /** 103 and its like are dropped; the limit for the response's header goes on (F16). 101 is no answer to a plain request (F14). */
  private informational(status: number): void {
    if (status < 100 || status === 101) throw new ProtocolFault(`status ${status}`);
    const now = performance.now();
    if (this.informationalSince === 0) this.informationalSince = now;
    if (now - this.informationalSince > this.deps.limits.upstreamHeadersMs) throw new UpstreamTimeout('only informational responses');
  }

  onData(chunk: Buffer): boolean {
    if (this.gone) return false;
    const data = this.blanker === null ? chunk : this.blanker.push(chunk);
    if (data.length === 0) return true;
    if (this.remaining > 0) {
      this.remaining -= chunk.length;
      if (this.remaining === 0) {
        if (this.long) this.endLong(data);
        else this.finish(data);
        return true;
      }
    }
    return this.long ? this.writeLong(data) : this.write(data);
  }

  private write(data: Buffer): boolean {
    if (this.res.write(data)) return true;
    if (!this.draining) this.res.on('drain', onClientDrained);
    this.draining = true;
    return this.awaitClient();
  }

  /**
   * Not through `res`, which would hold it back for a turn. What the kernel took at once is gone, and its memory may be used again; what
   * Node says is "wait" for every piece of more than 16 KiB.
   */
  private writeLong(data: Buffer): boolean {
    const socket = this.direct();
    this.begun = true;
    if (socket === null) return this.write(data);
    const takesMore = socket.write(data);
    if (socket.writableLength === 0) {
      this.deps.pools.reading?.spent();
      if (this.remaining >= LONG) this.deps.pools.reading?.expectMore();
      return true;
    }
    if (takesMore) return true;
    socket.once('drain', () => this.clientDrained());
    return this.awaitClient();
  }

  private endLong(last: Buffer): void {
    const socket = this.direct();
    socket?.write(last);
    if (socket?.writableLength === 0) this.deps.pools.reading?.spent();
    this.finish(socket === null ? last : null);
  }

  /** The client's socket, when the header has left for it and nothing waits before it; null: through `res`. */
  private direct(): Socket | null {
    const { socket } = this.res;
    return this.begun && socket !== null && !socket.destroyed && socket.writableCorked === 0 ? socket : null;
  }

  private awaitClient(): false {
    // A client that takes nothing for that long is not coming back; undici does not count while it is paused.
    this.res.socket?.setTimeout(this.deps.limits.idleMs);
    return false;
  }

  clientDrained(): void {
    this.res.socket?.setTimeout(0);
    this.resumeUpstream?.();
  }

  onComplete(): void {
    if (this.gone) return;
    if (this.status < 300) this.touch();
    if (this.status < 300 && !isServiceRoute(this.route) && isUse(this.req)) this.deps.used(this.route.server, 0);
    if (!this.ended) this.finish(this.blanker?.rest() ?? null);
  }

  /** Small responses leave in one write: the last chunk is written with the header, and with the end. */
  private finish(last: Buffer | null): void {
    this.ended = true;
    if (this.decision.hasBody && !this.req.complete) {
      if (last !== null && last.length > 0) this.res.write(last);
      this.deps.respond.linger(this.req, this.res);
    } else if (last === null || last.length === 0) this.res.end();
    else if (this.remaining === 0 && last.length <= ONE_STRING) endWith(this.res, last);
    else this.res.end(last);
  }

  onError(err: Error): void {
    if (this.gone || this.ended) return;
    if (this.res.headersSent) {
      this.deps.log.warn({ route: this.route.prefix, error: codeOf(err) }, 'an upstream ended in the middle of its answer');
      this.reset();
      return;
    }
    if (this.mayRetry(err)) {
      this.retried = true;
      this.dispatch(this.deps.pools.fresh(this.route.origin), null);
      return;
    }
    const failure = failureOf(err);
    this.deps.log.warn({ route: this.route.prefix, code: failure.code, error: codeOf(err), reason: err.message }, 'an upstream did not answer');
    this.deps.respond.refuse(this.req, this.res, { ...failure, path: this.deps.below(this.req.url ?? '/'), close: false, clearCookies: false });
  }

  /** A kept connection that the upstream closed as it was used again: asking twice is harmless for what has no body and no effect (F21). */
  private mayRetry(err: Error): boolean {
    const { method } = this.req;
    return !this.retried && !this.answering && !this.decision.hasBody && (method === 'GET' || method === 'HEAD') && isReset(err);
  }

  /** Never a clean end for half an answer (H04): a close-delimited one would look complete. */
  private reset(): void {
    const { socket } = this.req;
    if (socket === null || socket === undefined) this.res.destroy();
    else if ('encrypted' in socket) socket.destroy();
    else socket.resetAndDestroy();
  }

  end(): void {
    if (!this.res.headersSent && !this.gone) {
      this.gone = true;
      this.abortUpstream?.();
      this.deps.respond.refuse(this.req, this.res, { code: 'unavailable', message: 'The server is being stopped.', path: this.deps.below(this.req.url ?? '/'), close: true, clearCookies: false });
    } else this.reset();
  }

  clientDone(): void {
    this.deps.inflight.delete(this);
    if (this.gone) return;
    this.gone = true;
    if (!this.ended) this.abortUpstream?.(new Error('The client went away.'));
  }
}
