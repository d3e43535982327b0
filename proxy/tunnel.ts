import type { Socket } from 'node:net';
import type { ServerId, UserId } from '../hub/domain/ids';
import type { Clock } from '../hub/domain/runtime';
import type { Credential, ProxyLimits, Touch, Used } from './contract';
import type { ForwardDecision } from './forward-http';
import { FrameCounter } from './frames';
import type { CloseCode, Open } from './inflight';
import { endAndDestroy, endWithResponse } from './raw-response';
import type { Responder } from './respond';
import { isServiceRoute, type Route } from './route-table';

export interface TunnelDeps {
  readonly clock: Clock;
  readonly limits: ProxyLimits;
  readonly touch: Touch;
  readonly used: Used;
  readonly respond: Responder;
}

/** Dead peers are noticed by TCP after 30 s of silence and ten probes one second apart (libuv's), so within a minute. */
const KEEP_ALIVE_MS = 30_000;
/** How long a client may take to answer our close frame. */
const GOODBYE_MS = 1_000;

/**
 * A page that connects, or connects again after a pause of the network, asks its kernel and terminal some questions by itself: what is sent
 * right after the opening says nothing about a person.
 */
const OPENING_MS = 5_000;
/** Channels on which open pages talk by themselves, whatever people do. */
const talksByItself = (target: string): boolean => /^[^?]*\/(?:api\/events|lsp)\//.test(target);

interface Progress {
  flushed: number;
  since: number;
}

/**
 * An upgraded pair of sockets. http-proxy pipes the bytes, which are opaque to us; this makes sure that neither side outlives the
 * other (I01–I03), counts the client's bytes as activity, and knows how to say goodbye.
 */
export class Tunnel implements Open {
  readonly upgraded = true;
  slot = -1;
  readonly route: Route;
  readonly user: UserId | null;
  readonly credential: string;
  readonly address: string;
  readonly proof: Credential;
  private readonly target: string;
  private upstream: Socket | null = null;
  private ending = false;
  private readonly progress = new Map<Socket, Progress>();
  private cancelHalfOpen: (() => void) | null = null;
  private stopRelay: (() => void) | null = null;

  constructor(
    private readonly client: Socket,
    decision: ForwardDecision,
    private readonly deps: TunnelDeps,
  ) {
    this.route = decision.route;
    this.user = decision.grant.user;
    this.credential = decision.grant.credential;
    this.address = decision.client.address;
    this.proof = decision.credential;
    this.target = decision.target;
  }

  /** The upstream accepted; http-proxy starts its pipes in this same turn. */
  open(upstream: Socket): void {
    const { client } = this;
    this.upstream = upstream;
    const meter = this.meter();
    this.pair(client, upstream);
    this.pair(upstream, client);
    client.once('close', () => this.cancelHalfOpen?.());
    // After http-proxy, which sets its own.
    process.nextTick(() => {
      client.setKeepAlive(true, KEEP_ALIVE_MS);
      upstream.setKeepAlive(true, KEEP_ALIVE_MS);
      if (meter !== null) this.relay(meter);
    });
  }

  /** What is done with each piece that the client sends; null: nothing. */
  private meter(): ((chunk: Buffer) => void) | null {
    const { deps, route } = this;
    if (isServiceRoute(route)) return null;
    const use = talksByItself(this.target) ? null : this.useMeter(route.server);
    return (chunk) => {
      deps.touch(route.owner, route.server);
      use?.(chunk);
    };
  }

  /** Takes the place of the pipe from the client: one listener that counts and writes, because the second one for each piece cost more than its counting. */
  private relay(meter: (chunk: Buffer) => void): void {
    const { client, upstream } = this;
    if (upstream === null || this.ending) return;
    client.unpipe(upstream);
    const onData = (chunk: Buffer): void => {
      meter(chunk);
      if (upstream.write(chunk)) return;
      client.pause();
      upstream.once('drain', () => client.resume());
    };
    const onEnd = (): void => void upstream.end();
    client.on('data', onData);
    client.once('end', onEnd);
    this.stopRelay = () => client.off('data', onData).off('end', onEnd);
    client.resume();
  }

  /** Every frame is followed, because the next one begins where it ends. */
  private useMeter(server: ServerId): (chunk: Buffer) => void {
    const { clock, used } = this.deps;
    const counter = new FrameCounter();
    const from = clock.monotonicMs() + OPENING_MS;
    return (chunk) => {
      if (counter.push(chunk) > 0 && clock.monotonicMs() >= from) used(server, chunk.length);
    };
  }

  /** When one side ends, its pipe ends the other; whoever has not closed some seconds later is destroyed with it. */
  private pair(one: Socket, other: Socket): void {
    one.once('end', () => {
      this.cancelHalfOpen ??= this.deps.clock.after(this.deps.limits.halfOpenMs, () => {
        one.destroy();
        other.destroy();
      });
    });
    one.once('close', () => {
      if (!one.readableEnded) other.destroy();
    });
  }

  /** A rejected handshake has been relayed. */
  finish(): void {
    endAndDestroy(this.client);
  }

  end(code: CloseCode): void {
    if (this.ending) return;
    this.ending = true;
    const { client, upstream } = this;
    if (upstream === null) {
      endWithResponse(client, this.deps.respond.render({ code: 'unavailable', message: 'The server is being stopped.', path: null, close: true, clearCookies: false }, false));
      return;
    }
    upstream.unpipe(client);
    client.unpipe(upstream);
    this.stopRelay?.();
    upstream.destroySoon();
    // Between two frames this is a close frame; in the middle of one the client sees nonsense and closes as well.
    endAndDestroy(client, Buffer.from([0x88, 0x02, code >> 8, code & 0xff]), GOODBYE_MS);
  }

  /** Bytes that have been waiting for one side for longer than any network hiccup: that side is gone (I02, I04). */
  destroyIfStuck(now: number): void {
    const { client, upstream } = this;
    if (upstream === null) return;
    if (this.isStuck(client, now) || this.isStuck(upstream, now)) {
      client.destroy();
      upstream.destroy();
    }
  }

  private isStuck(socket: Socket, now: number): boolean {
    const flushed = socket.bytesWritten - socket.writableLength;
    const before = this.progress.get(socket);
    if (before === undefined || socket.writableLength === 0 || flushed !== before.flushed) {
      this.progress.set(socket, { flushed, since: now });
      return false;
    }
    return now - before.since >= this.deps.limits.idleMs;
  }
}
