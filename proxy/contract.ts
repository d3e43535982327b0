import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../hub/domain/errors';
import type { ServerId, UserId } from '../hub/domain/ids';
import type { Route, ServerRoute } from './route-table';

/** What `decide` looks at: plain values, so that the decision can be tested as a table and moved to another thread. */
export interface RequestFacts {
  readonly method: string;
  /** The request target exactly as it came. */
  readonly target: string;
  /** Name, value, name, value, … exactly as they came, repeated ones included. */
  readonly rawHeaders: readonly string[];
  readonly httpVersion: string;
  /** Address of the socket's other end. */
  readonly peer: string;
  /** The TCP connection is TLS that we terminate. */
  readonly encrypted: boolean;
  readonly upgrade: boolean;
}

/** What a request offers as proof. At most one is used; two different ones are refused before this point (F20). */
export type Credential =
  | { readonly kind: 'none' }
  /** `site`: it came to a user's own site, where another kind of value counts than on the hub's host. Absent: on the hub's host. */
  | { readonly kind: 'cookie'; readonly value: string; readonly site?: string }
  | { readonly kind: 'token'; readonly value: string };

/** Answer of the hub's policy. Synchronous: it reads snapshots. */
export type Grant =
  /**
   * `credential` is the session's or token's id: what is open can be found by it, so that revocation can close it.
   * `authorization` is what a `singleuser` upstream may see as `Authorization` (a token that is good for this one server);
   * absent: the client's header goes no further. An `injected` upstream always gets the route's own.
   */
  | { readonly kind: 'allow'; readonly user: UserId; readonly userName: string; readonly credential: string; readonly authorization?: string }
  /** No valid credential. */
  | { readonly kind: 'anonymous' }
  /** `userName`: whose credential it is, where the server is not known at all. */
  | { readonly kind: 'forbidden'; readonly userName?: string };

/** Must not throw for an owner it does not know: an upgrade below no route is asked about with one that nobody owns. */
export type Authorise = (credential: Credential, route: ServerRoute) => Grant;

/** As whom a request goes on. To a server: whoever the policy let in. To a service: nobody, `user` and `userName` are null and `credential` is empty. */
export interface Passage {
  readonly user: UserId | null;
  readonly userName: string | null;
  readonly credential: string;
  readonly authorization?: string;
}

/** Where a request really comes from, after the trusted proxies. */
export interface ClientOrigin {
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** Label of the user's site that was asked; absent on the hub's own host. */
  readonly site?: string;
}

export type Decision =
  /** For the hub's own application. `path` is canonical, below the base path (it starts with a slash), without the query. */
  | { readonly kind: 'hub'; readonly path: string; readonly client: ClientOrigin }
  | {
      readonly kind: 'forward';
      readonly route: Route;
      readonly grant: Passage;
      /** What was shown as proof: an open socket is checked again with it every minute. */
      readonly credential: Credential;
      /** Origin form, the client's own bytes. */
      readonly target: string;
      /** Name, value, name, value, … for the upstream. */
      readonly headers: readonly string[];
      readonly hasBody: boolean;
      readonly client: ClientOrigin;
      /** A browser opens a page that has no `_xsrf` cookie yet; the proxy gives it one if the upstream does not. */
      readonly needsXsrfCookie: boolean;
    }
  | { readonly kind: 'redirect'; readonly status: 301 | 302; readonly location: string }
  | {
      readonly kind: 'refuse';
      readonly code: ErrorCode;
      readonly message: string;
      readonly close: boolean;
      readonly clearCookies: boolean;
      /** Below the base path; null when the target could not be understood. */
      readonly path: string | null;
    };

/** Handed to the hub's application with its requests. */
export interface HubContext extends ClientOrigin {
  /** Canonical, below the base path, without the query. */
  readonly path: string;
  readonly requestId: string;
}

/** What a refusal or an upstream failure looks like to the person or program that asked. Never throws. */
export type RenderFailure = (failure: {
  readonly code: ErrorCode;
  readonly message: string;
  /** Path below the base path; null when the target could not be understood. */
  readonly path: string | null;
  readonly wantsHtml: boolean;
  readonly requestId: string;
}) => { readonly headers: Readonly<Record<string, string>>; readonly body: string };

/** What activity the proxy saw on a route; the same classes as configurable-http-proxy, so that culling behaves the same. */
export type Touch = (owner: UserId, server: ServerId) => void;

/** A client did something that an open page does not do by itself: it sent data on a WebSocket, a request that changes something, or opened a page. */
export type Used = (server: ServerId, bytes: number) => void;

export interface ProxyLimits {
  readonly maxHeaderLines: number;
  readonly maxTargetBytes: number;
  readonly upstreamConnectMs: number;
  /** Until the response's header is complete, informational responses included; also the limit of a WebSocket handshake. */
  readonly upstreamHeadersMs: number;
  /** Longest silence within a request or response body. Upgraded sockets may be silent for ever. */
  readonly idleMs: number;
  /** Connections kept to one server; further requests wait for one. */
  readonly connectionsPerServer: number;
  /** After one side of an upgraded socket ended, how long the other may take. */
  readonly halfOpenMs: number;
  readonly socketsPerUser: number;
  readonly socketsPerAddress: number;
  readonly socketsTotal: number;
}

export interface Proxy {
  /** For `http.createServer` and its `upgrade` event. */
  request(req: IncomingMessage, res: ServerResponse): void;
  /** For the `checkContinue` event: like `request`, and `100 Continue` is sent only to what is not refused (F02). */
  checkContinue(req: IncomingMessage, res: ServerResponse): void;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends what is open on a route: upgraded sockets at once, ordinary requests at the deadline. Resolves when none is left. */
  drain(route: Route, deadlineMs: number): Promise<void>;
  /** Ends everything opened with this credential, e.g. after sign-out (B17) or revocation (B03). */
  revoke(credential: string): void;
  /** Ends everything of this user, e.g. after a disable (A18). */
  revokeUser(user: UserId): void;
  /** Asks the policy again about all that is open to this server, or to any where none is given, and ends what it allows no more (D22). */
  recheck(server?: ServerId): void;
  readonly counts: () => { readonly requests: number; readonly sockets: number };
  /** Refuses new work; upgraded sockets are told to come back (close code 1012), requests get until the deadline. */
  close(deadlineMs: number): Promise<void>;
}
