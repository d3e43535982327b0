import type { ServerId, UserId } from '../hub/domain/ids';

/** Where the requests below a prefix go. Derived state: rebuilt from store and configuration at boot, never persisted. */
export type Route = ServerRoute | ServiceRoute;

interface Place {
  /**
   * Canonical and escaped, the full path as the upstream sees it: `/user/alice/`, or `/jupyter/user/alice/gpu/` when the
   * base path is `/jupyter/`. Starts and ends with a slash.
   */
  readonly prefix: string;
  /** `http://host:port` of the upstream. */
  readonly origin: string;
}

/** A user's server: the hub authorises every request to it. */
export interface ServerRoute extends Place {
  readonly owner: UserId;
  readonly server: ServerId;
  /**
   * How the upstream is authenticated. `injected`: any `Authorization` is replaced by this server's secret.
   * `singleuser`: the server does OAuth itself; `Authorization` passes as `authorise` says.
   */
  readonly upstream: { readonly kind: 'injected'; readonly authorization: string } | { readonly kind: 'singleuser' };
}

/** A service: it asks its visitors itself who they are, so that anonymous requests reach it too, and sees what they send but the hub's own cookie. */
export interface ServiceRoute extends Place {
  readonly service: string;
  readonly upstream: { readonly kind: 'service' };
}

export const isServiceRoute = (route: Route): route is ServiceRoute => route.upstream.kind === 'service';

/** In memory and synchronous. `Map`s only, never plain objects: `__proto__` is a legal path segment. */
export interface RouteTable {
  set(route: Route): void;
  /** Returns what was removed so that the caller can drain it; undefined when there was none. */
  remove(prefix: string): Route | undefined;
  /** Longest matching prefix on whole path segments; `path` is the full raw path, base path included, still percent-encoded. A path without the last slash matches too. */
  match(path: string): Route | undefined;
  list(): readonly Route[];
}
