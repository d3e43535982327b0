import type { SessionId, TokenId, UserId } from './ids';

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
}
