import type { ServerId, SessionId, TokenId, UserId } from './ids';

/** One browser, signed in. The cookie's value is never stored, only its SHA-256. */
export interface Session {
  readonly id: SessionId;
  readonly user: UserId;
  readonly created: Date;
  readonly lastSeen: Date;
  /** Address and browser at sign-in, for the owner's list of sessions. */
  readonly address: string;
  readonly userAgent: string;
}

/** An API token. The secret is shown once and never stored, only its SHA-256. */
export interface Token {
  readonly id: TokenId;
  readonly owner: UserId;
  readonly note: string;
  /** Raw scopes; `inherit` means exactly what the owner may do at the time of use. */
  readonly scopes: readonly string[];
  readonly created: Date;
  readonly expires: Date | null;
  readonly lastUsed: Date | null;
  /** Present when a client got it by OAuth. It ends with that session, and with that client. */
  readonly oauth?: { readonly session: SessionId; readonly client: OauthClientKey };
}

/** Whom the hub tells who its visitors are: one start of one server, or a service. */
export type OauthClientKey = { readonly kind: 'server'; readonly id: ServerId } | { readonly kind: 'service'; readonly name: string };

export const sameClient = (a: OauthClientKey, b: OauthClientKey): boolean => (a.kind === 'server' ? b.kind === 'server' && a.id === b.id : b.kind === 'service' && a.name === b.name);
