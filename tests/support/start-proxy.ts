import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ServerId, UserId } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import type { Logger } from '../../hub/domain/runtime';
import type { Grant, HubContext, Proxy } from '../../proxy/contract';
import { attachProxy, configureServer, createProxy, serverOptions } from '../../proxy/create-proxy';
import type { ProxyDeps } from '../../proxy/create-proxy';
import type { ServerSettings } from '../../proxy/server';
import type { RouteTable, ServerRoute } from '../../proxy/route-table';
import { createRouteTable } from '../../proxy/trie';

export const COOKIE = 'hub';
export const ORIGIN = 'http://hub.test';
export const SECRET = 'server-secret-of-alice';

/** Who holds what, in these tests. `owner`s are named like their users. */
const USERS: Readonly<Record<string, string>> = { 'cookie-alice': 'alice', 'token-alice': 'alice', 'cookie-bob': 'bob', 'token-bob': 'bob' };

export interface TestProxy {
  readonly port: number;
  readonly proxy: Proxy;
  readonly routes: RouteTable;
  readonly server: http.Server;
  /** Requests that the hub's application got. */
  readonly hubRequests: { readonly method: string; readonly url: string; readonly context: HubContext }[];
  readonly touched: string[];
  readonly warnings: Record<string, unknown>[];
  /** Credentials that have stopped being valid. */
  readonly revoked: Set<string>;
  route(user: string, origin: string, more?: Partial<ServerRoute>): ServerRoute;
  close(): Promise<void>;
}

export const silentLog = (warnings: Record<string, unknown>[] = []): Logger => {
  const log: Logger = { debug: () => undefined, info: () => undefined, warn: (fields) => void warnings.push({ ...fields }), error: (fields) => void warnings.push({ ...fields }), child: () => log };
  return log;
};

const started = new Set<TestProxy>();

/** Closes what a test that failed half-way left running. */
export async function closeStartedProxies(): Promise<void> {
  await Promise.all([...started].map((hub) => hub.close()));
}

export async function startProxy(overrides: Partial<ProxyDeps> & { readonly settings?: ServerSettings } = {}): Promise<TestProxy> {
  const { settings = {}, ...given } = overrides;
  const routes = createRouteTable();
  const hubRequests: TestProxy['hubRequests'] = [];
  const touched: string[] = [];
  const warnings: Record<string, unknown>[] = [];
  const revoked = new Set<string>();
  const proxy = createProxy({
    routes,
    authorise: (credential, route): Grant => {
      const user = credential.kind === 'none' || revoked.has(credential.value) ? undefined : USERS[credential.value];
      if (user === undefined || credential.kind === 'none' || !credential.value.startsWith(credential.kind)) return { kind: 'anonymous' };
      if (user === (route.owner as string)) return { kind: 'allow', user: user as UserId, userName: user, credential: credential.value };
      return (route.server as string) === '' ? { kind: 'forbidden', userName: user } : { kind: 'forbidden' };
    },
    basePath: '/',
    publicOrigin: ORIGIN,
    acceptedOrigins: [],
    trustedProxies: [],
    cookieName: COOKIE,
    hub: (req, res, context) => {
      hubRequests.push({ method: req.method ?? '', url: req.url ?? '', context });
      req.resume();
      if (context.path.startsWith('/user/')) res.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"not-found"}');
      else res.end('hub');
    },
    renderFailure: ({ code, message, wantsHtml }) => ({
      headers: { 'content-type': wantsHtml ? 'text/html' : 'application/json' },
      body: wantsHtml ? `<p>${code}: ${message}</p>` : JSON.stringify({ code, message }),
    }),
    touch: (owner, server) => void touched.push(`${owner}/${server}`),
    clock: systemClock,
    log: silentLog(warnings),
    ...given,
    limits: { upstreamConnectMs: 1_000, upstreamHeadersMs: 2_000, halfOpenMs: 300, ...given.limits },
  });
  const server = http.createServer(serverOptions);
  configureServer(server, settings);
  attachProxy(server, proxy);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });

  const hub: TestProxy = {
    port: (server.address() as AddressInfo).port,
    proxy,
    routes,
    server,
    hubRequests,
    touched,
    warnings,
    revoked,
    route(user, origin, more = {}) {
      const route: ServerRoute = {
        prefix: `/user/${user}/`,
        origin,
        owner: user as UserId,
        server: `${user}-default` as ServerId,
        upstream: { kind: 'injected', authorization: `token ${SECRET}` },
        ...more,
      };
      routes.set(route);
      return route;
    },
    close: async () => {
      started.delete(hub);
      const closed = new Promise<void>((resolve) => { server.close(() => resolve()); });
      await proxy.close(50);
      server.closeAllConnections();
      await closed;
    },
  };
  started.add(hub);
  return hub;
}

/** Header lines of a request by alice's browser, signed in. */
export const asAlice = (extra = ''): string => `Host: hub.test\r\nCookie: hub=cookie-alice\r\n${extra}`;

/** A whole GET. */
export const get = (path: string, headers: string = asAlice()): string => `GET ${path} HTTP/1.1\r\n${headers}\r\n`;

export const WS_HEADERS = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** A whole upgrade request. */
export const upgrade = (path: string, headers: string = asAlice(`Origin: ${ORIGIN}\r\n`)): string => `GET ${path} HTTP/1.1\r\n${headers}${WS_HEADERS}\r\n`;

export const ACCEPT = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

/** Waits for a condition that nothing announces. */
export async function eventually(condition: () => boolean, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => { setTimeout(resolve, 5); });
  }
}

/** Waits until a counter has begun and then not moved for a while: that it stopped is what back-pressure is. */
export async function standsStill(counter: () => number, forMs = 250): Promise<void> {
  let last = counter();
  let since = performance.now();
  await eventually(() => {
    const now = counter();
    if (now !== last || now === 0) since = performance.now();
    last = now;
    return performance.now() - since > forMs;
  }, 10_000);
}
