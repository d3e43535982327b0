import http from 'node:http';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import httpProxy from 'http-proxy';
import type { Clock } from '../hub/domain/runtime';
import { ProtocolFault, UpstreamTimeout, codeOf, failureOf } from './failure';
import type { ForwardDecision, ForwardDeps } from './forward-http';
import { endWithResponse } from './raw-response';
import { sanitiseResponse } from './response-headers';
import { Tunnel } from './tunnel';

export interface UpgradeDeps extends ForwardDeps {
  readonly clock: Clock;
}

export interface UpgradeForwarder {
  forward(req: IncomingMessage, socket: Socket, head: Buffer, decision: ForwardDecision): void;
  close(): void;
}

/**
 * WebSocket upgrades through http-proxy 1.18.1 behind the guards of section 4 of the security cases: it gets a request that we made
 * (G1), its answer is taken over before it sees it (G3, G5), errors have a listener on both sides before anything happens (G6, G7),
 * and every wait has a limit (G8).
 */
export function createUpgradeForwarder(deps: UpgradeDeps): UpgradeForwarder {
  const proxy = httpProxy.createProxyServer({});
  const agent = new http.Agent({ keepAlive: false });
  const attempts = new WeakMap<Duplex, Attempt>();
  proxy.on('proxyReqWs', (upstream, _req, socket) => attempts.get(socket)?.prepare(upstream));
  // A failure reaches the callback of its own call; this one only keeps a stray event from being thrown.
  proxy.on('error', (err) => deps.log.warn({ error: codeOf(err) }, 'a WebSocket failed outside an attempt'));

  return {
    forward(req, socket, head, decision) {
      const attempt = new Attempt(socket, decision, deps);
      attempts.set(socket, attempt);
      const target = new URL(decision.route.origin);
      const upgrade = { method: 'GET', url: '/', headers: headerObject(decision.headers) } as unknown as IncomingMessage;
      try {
        proxy.ws(upgrade, socket, head, { target: { protocol: target.protocol, host: target.host, hostname: bareHost(target.hostname), port: target.port }, agent }, (err) => attempt.failed(err));
      } catch (err) {
        attempt.failed(err);
      }
    },
    close: () => agent.destroy(),
  };
}

const bareHost = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host);

/** http-proxy takes an object. Repeated lines become one array; names are lower case so that none shadows another. */
function headerObject(headers: readonly string[]): Record<string, string | string[]> {
  const object = Object.create(null) as Record<string, string | string[]>;
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    const known = object[name];
    object[name] = known === undefined ? value : [...(typeof known === 'string' ? [known] : known), value];
  }
  object['connection'] = 'Upgrade';
  object['upgrade'] = 'websocket';
  return object;
}

type ResponseListener = (response: IncomingMessage, upstreamSocket: Socket, head: Buffer) => void;

/** http-proxy adds its listeners right after `proxyReqWs`; each of these two runs only when ours, called first, lets it. */
function interpose(upstream: ClientRequest, gates: Readonly<Record<'response' | 'upgrade', (response: IncomingMessage, upstreamSocket: Socket) => boolean>>): void {
  const on = upstream.on.bind(upstream) as (event: string, listener: ResponseListener) => ClientRequest;
  upstream.on = ((event: string, listener: ResponseListener) => {
    if (event !== 'response' && event !== 'upgrade') return on(event, listener);
    return on(event, (response, upstreamSocket, head) => {
      if (gates[event](response, upstreamSocket)) listener(response, upstreamSocket, head);
    });
  }) as ClientRequest['on'];
}

/** One handshake with an upstream, until there is a tunnel or an answer. */
class Attempt {
  private upstream: ClientRequest | null = null;
  private settled = false;
  private readonly tunnel: Tunnel;
  private cancelTimer: () => void = () => undefined;

  constructor(
    private readonly socket: Socket,
    private readonly decision: ForwardDecision,
    private readonly deps: UpgradeDeps,
  ) {
    this.tunnel = new Tunnel(socket, decision, deps);
    deps.inflight.add(this.tunnel);
    socket.once('close', () => this.clientGone());
  }

  /** http-proxy made its request and has not sent it yet. */
  prepare(upstream: ClientRequest): void {
    this.upstream = upstream;
    // http-proxy collapses `//` and re-writes parts of the path; the target must be the bytes that were decided on (G02).
    upstream.path = this.decision.target;
    interpose(upstream, {
      response: (response) => this.refusedByUpstream(response),
      upgrade: (response, upstreamSocket) => this.accepted(response, upstreamSocket),
    });
    upstream.once('socket', (upstreamSocket) => this.limitConnect(upstreamSocket));
    this.cancelTimer = this.deps.clock.after(this.deps.limits.upstreamHeadersMs, () => upstream.destroy(new UpstreamTimeout('no answer to the handshake')));
  }

  private limitConnect(upstreamSocket: Socket): void {
    if (!upstreamSocket.connecting) return;
    const cancel = this.deps.clock.after(this.deps.limits.upstreamConnectMs, () => this.upstream?.destroy(new UpstreamTimeout('no connection')));
    upstreamSocket.once('connect', cancel);
    upstreamSocket.once('close', cancel);
  }

  /** The upstream answered with an ordinary response: relayed in full and well framed, and then everything is closed (I06, F18). */
  private refusedByUpstream(response: IncomingMessage): false {
    const status = response.statusCode ?? 0;
    if (this.settle()) {
      if (status < 200 || status > 599) this.answerFailure(new ProtocolFault(`status ${status}`));
      else this.relay(response, status);
    }
    return false;
  }

  private relay(response: IncomingMessage, status: number): void {
    const { socket } = this;
    const clean = this.sanitise(response);
    const lines = [`HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? 'Unknown'}`];
    for (let i = 0; i < clean.length; i += 2) lines.push(`${clean[i]}: ${clean[i + 1]}`);
    lines.push('connection: close', '', '');
    socket.write(lines.join('\r\n'), 'latin1');
    response.on('data', (chunk: Buffer) => {
      if (socket.write(chunk)) return;
      response.pause();
      socket.once('drain', () => response.resume());
    });
    response.on('end', () => this.tunnel.finish());
    response.on('error', () => socket.destroy());
    socket.setTimeout(this.deps.limits.idleMs, () => socket.destroy());
    // Closes with the response even if the client goes on sending; nothing of that is parsed or forwarded.
    socket.resume();
  }

  private accepted(response: IncomingMessage, upstreamSocket: Socket): boolean {
    upstreamSocket.on('error', (err) => this.deps.log.debug({ error: codeOf(err) }, 'an upgraded upstream socket failed'));
    const alive = this.settle();
    const websocket = response.headers.upgrade?.toLowerCase() === 'websocket';
    if (!alive || !websocket) {
      upstreamSocket.destroy();
      if (alive) this.answerFailure(new ProtocolFault('switched to another protocol'));
      return false;
    }
    response.headers = headerObject(this.sanitise(response));
    this.tunnel.open(upstreamSocket);
    return true;
  }

  private sanitise(response: IncomingMessage): string[] {
    const { target, route } = this.decision;
    const mark = target.indexOf('?');
    return sanitiseResponse(response.rawHeaders, { route, path: mark === -1 ? target : target.slice(0, mark), needsXsrfCookie: false }, this.deps.response).headers;
  }

  failed(err: unknown): void {
    if (!this.settle()) return;
    this.answerFailure(err);
  }

  private answerFailure(err: unknown): void {
    const failure = failureOf(err);
    this.deps.log.warn({ route: this.decision.route.prefix, code: failure.code, error: codeOf(err) }, 'an upstream did not accept a WebSocket');
    this.upstream?.destroy();
    endWithResponse(this.socket, this.deps.respond.render({ ...failure, path: null, close: true, clearCookies: false }, false));
  }

  private clientGone(): void {
    this.settle();
    this.upstream?.destroy();
    this.deps.inflight.delete(this.tunnel);
  }

  /** True for the first outcome only: errors come twice from the library, and late ones are of no interest. */
  private settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    this.cancelTimer();
    return !this.socket.destroyed;
  }
}
