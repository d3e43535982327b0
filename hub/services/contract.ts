import type { Actor } from '../domain/access';
import type { ServerId, ServerName, SessionId, TokenId, UserId, UserName } from '../domain/ids';
import type { Handle, ServerRecord, Stage } from '../domain/server';
import type { Session, Token } from '../domain/session';
import type { User } from '../domain/user';

/**
 * What the hub can do, as its pages, its API and its command line see it. The first parameter of every verb is the actor:
 * each verb checks the policy itself, so no caller can forget to. All reject or throw `HubError`s.
 */

/** Who comes in, with what, and until when. */
export interface Sessions {
  /** Opens a session with a fresh id. `cookie` is the only copy of its secret. */
  start(user: User, from: { readonly address: string; readonly userAgent: string }): { readonly cookie: string; readonly session: Session };
  /** Synchronous and cached; undefined: unknown, expired, ended, or the user may not sign in. Records the visit. */
  resolve(cookie: string): { readonly session: Session; readonly user: User } | undefined;
  end(id: SessionId): void;
  /** Ends every session of a user but `except`; open sockets die with them (A17, B03). */
  endAll(user: UserId, except?: SessionId): void;
  listOf(actor: Actor, user: UserId): readonly Session[];
  /** Called with each credential id that ended, for whatever reason. */
  onEnded(listener: (credential: string) => void): void;
  /** Stable per session, different for every session: what hub forms must echo (C01, C02). `null`: before sign-in. */
  xsrfToken(binding: string): string;
  verifyXsrf(binding: string, token: string): boolean;
  flush(): void;
  close(): void;
}

export interface Tokens {
  /** Returns the secret once. `expiresInSeconds` null: never (administrators only, D11). */
  create(actor: Actor, owner: User, ask: { readonly note: string; readonly scopes: readonly string[]; readonly expiresInSeconds: number | null }): { readonly token: Token; readonly secret: string };
  listOf(actor: Actor, owner: User): readonly Token[];
  revoke(actor: Actor, owner: User, id: TokenId): void;
  resolve(secret: string): { readonly token: Token; readonly user: User } | undefined;
  flush(): void;
}

/** Credentials to actors. Cached; `forget` is called after anything that changes what a user may do. */
export interface Actors {
  byCookie(cookie: string): Actor | undefined;
  byToken(secret: string): Actor | undefined;
  /** The command line, through the hub's own socket in its data directory. */
  local(): Actor;
  ofUser(user: User, via: Actor['via'], credential: string): Actor;
  forget(user?: UserId): void;
}

export interface SignIn {
  readonly username: unknown;
  readonly password: unknown;
  readonly address: string;
  readonly userAgent: string;
  /** The session of the browser that signs in, if it had one: it ends (B01). */
  readonly previousCookie: string | undefined;
}

export interface Login {
  /** Throws `invalid-input`, `rate-limited` (with `retryAfterSeconds`), `unavailable`, or `forbidden` with one sentence for every wrong pair. */
  signIn(ask: SignIn): Promise<{ readonly user: User; readonly cookie: string; readonly session: Session }>;
  signOut(session: SessionId): void;
}

export interface SignUpResult {
  /** `pending`: an administrator has to approve. The same answer for a name that is taken. */
  readonly status: 'pending' | 'active';
}

export interface Accounts {
  signUp(ask: { readonly username: unknown; readonly password: unknown; readonly address: string }): Promise<SignUpResult>;
  changeOwnPassword(actor: Actor, ask: { readonly current: unknown; readonly next: unknown; readonly keep: SessionId | undefined; readonly address: string }): Promise<void>;
  /** Generates a password, shown once; the user has to change it at the first sign-in. */
  create(actor: Actor, ask: { readonly username: string; readonly admin: boolean; readonly password?: string }): Promise<{ readonly user: User; readonly password: string }>;
  approve(actor: Actor, id: UserId): User;
  /** Removes an account that waits for approval. */
  discard(actor: Actor, id: UserId): void;
  resetPassword(actor: Actor, id: UserId): Promise<{ readonly user: User; readonly password: string }>;
  disable(actor: Actor, id: UserId): Promise<User>;
  enable(actor: Actor, id: UserId): User;
  setAdmin(actor: Actor, id: UserId, admin: boolean): User;
  /** Takes or gives the role `researcher`. */
  setResearcher(actor: Actor, id: UserId, researcher: boolean): void;
  /** Stops servers first. `volumes` is an explicit choice; `remove` cannot be undone. */
  remove(actor: Actor, id: UserId, choice: { readonly volumes: 'keep' | 'remove' }): Promise<void>;
  find(actor: Actor, name: string): User | undefined;
  list(actor: Actor, page: { readonly offset: number; readonly limit: number; readonly nameContains?: string; readonly status?: User['status']; readonly sort?: string }): { readonly users: readonly User[]; readonly total: number };
}

/** The one-time link that makes the first administrator (A12). */
export interface Bootstrap {
  /** The secret of a fresh link, or undefined when an administrator exists. An older link dies. */
  issue(): string | undefined;
  /** Name the administrator will have, when `secret` is the living link. */
  nameFor(secret: string): UserName | undefined;
  /** Consumes the link: creates (or takes over the pending account of) the administrator and sets the password. Only once. */
  redeem(ask: { readonly secret: unknown; readonly password: unknown; readonly address: string }): Promise<User>;
}

export type Progress =
  | { readonly kind: 'stage'; readonly percent: number; readonly message: string; readonly stage: Stage }
  | { readonly kind: 'ready'; readonly percent: 100; readonly message: string; readonly url: string }
  | { readonly kind: 'failed'; readonly percent: 100; readonly message: string; readonly logTail: readonly string[] };

export interface StartAsk {
  /** undefined: the profile of the last start, else the default one. Unknown: `invalid-input`. */
  readonly profile?: string;
  readonly userOptions?: Readonly<Record<string, unknown>>;
}

export interface Servers {
  /**
   * Claims the start and returns at once; a second click gets the first one's answer (M01). `settled` never rejects: the
   * outcome is in the record. Throws `conflict` while stopping, `forbidden` without `start:servers`.
   */
  start(actor: Actor, owner: User, name: ServerName, ask: StartAsk): { readonly record: ServerRecord; readonly settled: Promise<void>; readonly claimed: boolean };
  /** Cancels a start at any stage, or stops. Idempotent. `settled` never rejects. */
  stop(actor: Actor, owner: User, name: ServerName): { readonly record: ServerRecord; readonly settled: Promise<void> };
  /** For the hub itself: everything of one user, e.g. before a disable. Resolves when all are stopped. */
  stopAllOf(owner: UserId): Promise<void>;
  get(actor: Actor, owner: User, name: ServerName): ServerRecord | undefined;
  listOf(actor: Actor, owner: User): readonly ServerRecord[];
  /** Everything that happened to the current or last start, then what happens, until it ends or `signal` aborts. */
  follow(actor: Actor, owner: User, name: ServerName, signal: AbortSignal): AsyncIterable<Progress>;
  /** Stages of the current or last start, with their times. */
  stages(id: ServerId): readonly Stage[];
  /** Makes store, engine and routes agree; called once at boot, before the hub answers `/user/`. */
  reconcile(): Promise<void>;
  /** The engine says that a process ended. */
  exited(id: ServerId, handle: Handle): void;
  /** Ends timers and waits for nothing: labs keep running. */
  close(): Promise<void>;
}

export interface Activity {
  /** Hot path: one `Map.set`. */
  touch(owner: UserId, server: ServerId): void;
  lastOf(server: ServerId): Date | undefined;
  flush(): void;
  close(): void;
}
