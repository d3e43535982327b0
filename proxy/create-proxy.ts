import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ServerId } from '../hub/domain/ids';
import type { Clock, Logger } from '../hub/domain/runtime';
import type { Sites } from '../hub/domain/sites';
import { createTrustedProxies } from './client-address';
import type { Authorise, Decision, HubContext, Proxy, ProxyLimits, RenderFailure, RequestFacts, Touch, Used } from './contract';
import { createCookieRules } from './cookies';
import { createDecide } from './decide';
import { factsOf } from './facts';
import { forwardHttp } from './forward-http';
import type { ForwardDecision } from './forward-http';
import { createUpgradeForwarder } from './forward-upgrade';
import { createHosts } from './hosts';
import { CLOSE, createInflight, type Open } from './inflight';
import { DEFAULT_LIMITS } from './limits';
import { createPools } from './pools';
import { endWithResponse } from './raw-response';
import { createResponder } from './respond';
import type { Refused } from './respond';
import { isServiceRoute, type Route, type RouteTable } from './route-table';
import { Tunnel } from './tunnel';

export { attachProxy, configureServer, serverOptions } from './server';
export { DEFAULT_LIMITS } from './limits';

export interface ProxyDeps {
  readonly routes: RouteTable;
  /** Resolves when the servers of an earlier hub have their routes again; what is asked of servers without one waits for that. Absent: they have. */
  readonly routesKnown?: Promise<void>;
  readonly authorise: Authorise;
  /** Path of the public URL: `/` or `/x/`. */
  readonly basePath: string;
  /** `scheme://host[:port]`, without a path. */
  readonly publicOrigin: string;
  /** Every origin by which browsers may reach the hub; the public one is among them whether or not it is repeated here. */
  readonly acceptedOrigins: readonly string[];
  /** Further origins by which programs on this machine reach the hub: a request may be sent to them, but no browser's page may come from there. Default: none. */
  readonly programOrigins?: readonly string[];
  /** Hosts of the users' own, where browsers find servers instead of on the hub's. Default: none. */
  readonly sites?: Sites | null;
  /** Addresses or CIDR ranges whose `X-Forwarded-For` and `-Proto` are believed. */
  readonly trustedProxies: readonly string[];
  /** `__Host-hub`, or `hub` over plain HTTP. */
  readonly cookieName: string;
  /** The hub's own application. */
  readonly hub: (req: IncomingMessage, res: ServerResponse, context: HubContext) => void;
  readonly renderFailure: RenderFailure;
  readonly touch: Touch;
  /** Absent: nobody wants to know. */
  readonly used?: Used;
  /** Take the server's secret out of the pages of `injected` servers. Default: true. */
  readonly blankSecret?: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: Partial<ProxyLimits>;
  /** Sources (`'self'`, origins) that may show proxied pages in a frame. Default: none. */
  readonly frameOrigins?: readonly string[];
}

const SWEEP_MS = 30_000;
const SWEEPS_PER_CHECK = 2;
const STOPPING: Refused = { code: 'unavailable', message: 'The hub is restarting. Try again in a moment.', path: null, close: true, clearCookies: false };
const BROKEN: Refused = { code: 'internal', message: 'Something went wrong.', path: null, close: true, clearCookies: false };
const CROWDED: Refused = { code: 'rate-limited', message: 'Too many open WebSockets. Close some tabs.', path: null, close: true, clearCookies: false };

/** Throws a TypeError when an origin or a trusted proxy is not one. */
export function createProxy(deps: ProxyDeps): Proxy {
  const { basePath, routes, clock, log } = deps;
  const limits: ProxyLimits = { ...DEFAULT_LIMITS, ...deps.limits };
  const acceptedOrigins = new Set([deps.publicOrigin, ...deps.acceptedOrigins]);
  const cookies = createCookieRules(deps.cookieName);
  const sites = deps.sites ?? null;
  const blankSecret = deps.blankSecret ?? true;
  const newRequestId = createRequestIds();
  const respond = createResponder({ renderFailure: deps.renderFailure, cookieName: deps.cookieName, clock, log, newRequestId });
  const inflight = createInflight(clock);
  const pools = createPools(limits);
  const frames = deps.frameOrigins ?? [];
  const response = { cookies, framed: frames.length > 0, framePolicy: `frame-ancestors ${frames.length === 0 ? "'none'" : frames.join(' ')}` };
  const decide = createDecide({
    basePath,
    hosts: createHosts([...acceptedOrigins, ...(deps.programOrigins ?? [])], sites),
    acceptedOrigins,
    ...(sites === null ? {} : { sites }),
    framed: frames.length > 0,
    trusted: createTrustedProxies(deps.trustedProxies),
    cookies,
    routes,
    authorise: deps.authorise,
    limits,
    blankSecret,
  });
  const below = (target: string): string => belowBase(target, basePath);
  const forwarding = { pools, inflight, respond, touch: deps.touch, used: deps.used ?? (() => undefined), log, limits, response, blankSecret, below };
  const upgrades = createUpgradeForwarder({ ...forwarding, clock });
  /** Sockets on which a request was refused in such a way that nothing after it may run, though it may be parsed already (F03). */
  const doomed = new WeakSet<Duplex>();
  let closing = false;
  let awaited = deps.routesKnown;
  void awaited?.then(() => void (awaited = undefined));

  /** True: this server may get a route yet, and whoever asks for it is answered then. */
  const waits = (decision: Decision, socket: Duplex, again: () => void): boolean => {
    if (awaited === undefined || decision.kind !== 'hub' || !decision.path.startsWith('/user/')) return false;
    void awaited.then(() => socket.destroyed || again());
    return true;
  };

  const understand = (facts: RequestFacts): Decision => {
    try {
      return decide(facts);
    } catch (err) {
      log.error({ err }, 'a request could not be decided on');
      return { kind: 'refuse', ...BROKEN };
    }
  };

  const handle = (req: IncomingMessage, res: ServerResponse, expects: boolean): void => {
    if (doomed.has(req.socket)) return;
    if (closing) {
      respond.refuse(req, res, STOPPING);
      return;
    }
    const decision = understand(factsOf(req, false));
    if (decision.kind === 'refuse') {
      if (decision.close) doomed.add(req.socket);
      respond.refuse(req, res, decision);
      return;
    }
    if (decision.kind === 'redirect') {
      respond.redirect(req, res, decision);
      return;
    }
    if (waits(decision, req.socket, () => serve(req, res, expects))) return;
    // The hub's application reads no body below `/user/`: it says there why nothing is forwarded.
    if (expects && (decision.kind === 'forward' || !decision.path.startsWith('/user/'))) res.writeContinue();
    if (decision.kind === 'forward') forwardHttp(req, res, decision, forwarding);
    else deps.hub(req, res, { path: decision.path, ...decision.client, requestId: newRequestId() });
  };

  /** What goes wrong with one request is the failure of that request; thrown on, it would end the hub for everybody (N09). */
  const serve = (req: IncomingMessage, res: ServerResponse, expects: boolean): void => {
    try {
      handle(req, res, expects);
    } catch (err) {
      log.error({ err }, 'a request failed unexpectedly');
      doomed.add(req.socket);
      if (res.headersSent) res.destroy();
      else respond.refuse(req, res, BROKEN);
    }
  };

  const crowded = (decision: ForwardDecision): boolean =>
    inflight.counts().sockets >= limits.socketsTotal ||
    (decision.grant.user !== null && inflight.socketsOfUser(decision.grant.user) >= limits.socketsPerUser) ||
    inflight.socketsOfAddress(decision.client.address) >= limits.socketsPerAddress;

  const upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', (err) => log.debug({ error: err.message }, 'a client socket failed'));
    // A response to an earlier request is still being written on this socket; two answers must not mix.
    if (doomed.has(socket) || hasPendingResponse(socket)) {
      socket.destroy();
      return;
    }
    if (closing) {
      endWithResponse(socket, respond.render(STOPPING, false));
      return;
    }
    const decision = understand(factsOf(req, true));
    if (waits(decision, socket, () => upgrade(req, socket, head))) return;
    if (decision.kind === 'forward' && !crowded(decision)) upgrades.forward(req, socket as Socket, head, decision);
    else endWithResponse(socket, respond.render(decision.kind === 'refuse' ? decision : decision.kind === 'forward' ? CROWDED : NO_UPGRADE, false));
  };

  let sweeps = 0;
  const stopSweeping = clock.every(SWEEP_MS, () => {
    sweeps += 1;
    const now = clock.monotonicMs();
    for (const open of inflight.upgraded()) if (open instanceof Tunnel) sweep(open, now, sweeps % SWEEPS_PER_CHECK === 0 ? deps : null);
    pools.keepOnly(new Set(routes.list().map((route) => route.origin)));
  });

  const drain = async (route: Route, deadlineMs: number): Promise<void> => {
    await inflight.drain((open) => open.route === route || (open.route.prefix === route.prefix && targetOf(open.route) === targetOf(route)), deadlineMs, CLOSE.goingAway);
    if (!routes.list().some((other) => other.origin === route.origin)) pools.release(route.origin);
  };

  return {
    request: (req, res) => serve(req, res, false),
    checkContinue: (req, res) => serve(req, res, true),
    upgrade,
    drain,
    revoke: (credential) => inflight.end((open) => open.credential === credential, CLOSE.policy),
    revokeUser: (user) => inflight.end((open) => open.user === user, CLOSE.policy),
    recheck: (server) => inflight.end((open) => isOver(open, deps, server), CLOSE.policy),
    counts: inflight.counts,
    async close(deadlineMs) {
      closing = true;
      stopSweeping();
      await inflight.drain(() => true, deadlineMs, CLOSE.restart);
      upgrades.close();
      await pools.close();
    },
  };
}

const NO_UPGRADE: Refused = { code: 'not-found', message: 'There is no WebSocket here.', path: null, close: true, clearCookies: false };

/** A socket may outlive its session or its owner's permission; revocation closes it at once, this finds what merely ran out. */
function sweep(tunnel: Tunnel, now: number, check: { readonly authorise: Authorise } | null): void {
  tunnel.destroyIfStuck(now);
  if (check !== null && isOver(tunnel, check)) tunnel.end(CLOSE.policy);
}

/** Whether it is open to this server (absent: to any) without being allowed any more. To services nobody is let in by the policy. */
const isOver = ({ route, proof }: Open, { authorise }: { readonly authorise: Authorise }, server?: ServerId): boolean =>
  !isServiceRoute(route) && (server === undefined || route.server === server) && authorise(proof, route).kind !== 'allow';

const targetOf = (route: Route): string => (isServiceRoute(route) ? route.service : route.server);

/** Unique in this process and hard to guess across restarts; a counter, because the hot path makes one for every page. */
function createRequestIds(): () => string {
  const boot = randomBytes(6).toString('hex');
  let next = 0;
  return () => {
    next += 1;
    return `${boot}-${next.toString(36)}`;
  };
}

function belowBase(target: string, basePath: string): string {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  return path.startsWith(basePath) ? path.slice(basePath.length - 1) : path;
}

/** node:http's own mark of the response that owns a socket. */
const hasPendingResponse = (socket: Duplex): boolean => '_httpMessage' in socket && socket._httpMessage !== null && socket._httpMessage !== undefined;
