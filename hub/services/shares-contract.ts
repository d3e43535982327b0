import type { Actor } from '../domain/access';
import type { Share, ShareCode } from '../domain/share';

/** A server by its names, as they stand in a path; the empty name is the default server. */
export interface ServerPath {
  readonly owner: string;
  readonly server: string;
}

/** Whose shares are meant: those of a user, the ones by groups included in lists, or those of a group. */
export interface SharePath {
  readonly kind: 'user' | 'group';
  readonly name: string;
}

/** `scopes` absent or empty: access when something is granted, everything when it is revoked. */
export interface ShareAsk {
  readonly user?: string;
  readonly group?: string;
  readonly scopes?: readonly string[];
}

export interface SharePage {
  readonly offset: number;
  readonly limit: number;
}

/**
 * Servers that their owner, or whoever may, opens to others (protocol, 3.13). All of them throw `forbidden` and `not-found` as `demand`
 * does, and `not-found` for what does not exist. What is taken away ends at once, also what is open.
 */
export interface Shares {
  /** Shares of one server, or of all servers of the owner when `server` is absent; oldest first. */
  list(actor: Actor, of: Pick<ServerPath, 'owner'> & Partial<ServerPath>, page: SharePage): { readonly shares: readonly Share[]; readonly total: number };
  /**
   * Adds to what is shared already. Takes the scope `shares` on the server, every scope that is granted, and one to read the name of the
   * user or group. Throws `invalid-input` for scopes that cannot be shared and for a user or group that is none or not active.
   */
  grant(actor: Actor, of: ServerPath, ask: ShareAsk): Share;
  /** What is left; undefined: nothing, or nothing was shared with that name. */
  revoke(actor: Actor, of: ServerPath, ask: ShareAsk): Share | undefined;
  revokeAll(actor: Actor, of: ServerPath): void;
  /** What is shared with a user or group; oldest first. */
  listWith(actor: Actor, path: SharePath, page: SharePage): { readonly shares: readonly Share[]; readonly total: number };
  /** Only what is shared with exactly this user or group. */
  getWith(actor: Actor, path: SharePath, of: ServerPath): Share;
  leave(actor: Actor, path: SharePath, of: ServerPath): void;
}

/** Codes that their bearer turns into a share. Throws as `Shares` does. */
export interface ShareCodes {
  /** Those that have not expired; oldest first. */
  list(actor: Actor, of: Pick<ServerPath, 'owner'> & Partial<ServerPath>, page: SharePage): { readonly codes: readonly ShareCode[]; readonly total: number };
  /** Takes what a grant takes but the name. `secret` is the only copy. `expiresInSeconds` absent: one day. */
  create(actor: Actor, of: ServerPath, ask: { readonly scopes?: readonly string[]; readonly expiresInSeconds?: number }): { readonly code: ShareCode; readonly secret: string };
  /** One by its secret or its id (`sc_1`), or all of the server. Throws `not-found` when nothing matches. */
  revoke(actor: Actor, of: ServerPath, which: { readonly secret?: string; readonly id?: string }): void;
  /** What a secret is for. Throws `not-found` for one that is not good (any more), `forbidden` for one's own server, and `rate-limited` after wrong ones. */
  look(actor: Actor, secret: string): ShareCode;
  /** Makes a share for the actor. Throws as `look` does. */
  accept(actor: Actor, secret: string): Share;
}
