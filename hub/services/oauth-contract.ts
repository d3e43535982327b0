import type { Actor, RequestContext } from '../domain/access';
import type { ServerId, SessionId } from '../domain/ids';
import type { OauthClientKey } from '../domain/session';

/** A request for a code, once it is understood and may be granted. */
export interface OauthRequest {
  readonly client: OauthClientKey;
  /** What people call the client: `Server at /user/alice/`, or the service's name. */
  readonly title: string;
  /** The registered address, letter for letter. */
  readonly redirect: string;
  /** Raw scopes that the client asks for, already cut down to what the visitor holds; the two that say who somebody is are always among them. */
  readonly scopes: readonly string[];
  /** As the client sent it; undefined: it sent none. */
  readonly state: string | undefined;
  readonly challenge: string | null;
  /** The visitor has to be asked. */
  readonly confirm: boolean;
}

export type OauthPlan =
  /** Something is wrong that the client has to hear about: the address is its own, with `error` in the query. */
  | { readonly kind: 'refused'; readonly location: string }
  | { readonly kind: 'understood'; readonly request: OauthRequest };

/** What a client sends to exchange a code. undefined: the field was not there. */
export interface OauthRedemption {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly grantType: string | undefined;
  readonly code: string | undefined;
  readonly redirectUri: string | undefined;
  readonly verifier: string | undefined;
  /** Absent: it came through the network of a server. */
  readonly from?: RequestContext;
  /** The server through whose network it came; undefined: through the public listener. */
  readonly through?: ServerId;
}

/** JupyterHub's answers, as they go over the wire (protocol, 2.2). */
export interface OauthAnswer {
  readonly status: 200 | 400 | 401;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Oauth {
  /**
   * Reads the query of an authorise request. Throws `invalid-input` for an unknown client or an address that is not exactly the
   * registered one, so that nobody is redirected there, and `forbidden` for somebody who may not use what the client stands for.
   * Has no effect.
   */
  plan(actor: Actor, query: URLSearchParams): OauthPlan;
  /** Where to send the browser: the registered address with a fresh code, good once and for 300 seconds. `granted`: raw scopes of the request; others are ignored. */
  grant(actor: Actor, session: SessionId, request: OauthRequest, granted: readonly string[]): string;
  /** Where to send the browser of somebody who said no. */
  deny(request: OauthRequest): string;
  /** Exchanges a code for a token. Never throws for what a client did wrong: that is an answer too. */
  redeem(ask: OauthRedemption): OauthAnswer;
}

/** Who stands behind a token that arrives at the hub through the network of one server, other than the lab itself. */
export interface Visitors {
  /** undefined: not a token that is good for this server. */
  resolve(secret: string, through: ServerId): Actor | undefined;
  /**
   * What a `singleuser` server is shown instead of this token: the same one when that server's client issued it, else one that opens
   * nothing but this server and is known on its network only. undefined: the token is not valid.
   */
  narrowed(secret: string, server: ServerId): string | undefined;
  /** What the hub itself shows such a server when it asks how busy it is: a token of the owner's, known on its network only. undefined: there is no such server. */
  forHub(server: ServerId): string | undefined;
  /** The same for one message to it: a token of its own every time, good for five minutes (R06). */
  briefly(server: ServerId): string | undefined;
}
