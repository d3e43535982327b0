import type { CheckRow } from '../../spawner/spawner';
import type { Actor } from '../domain/access';
import type { AuditFilter, AuditFormat, AuditResult, AuditRow, ChainEnd } from '../domain/audit';
import type { ServerId, ServerName, SessionId, TokenId, UserId, UserName } from '../domain/ids';
import type { Handle, ServerRecord, Stage } from '../domain/server';
import type { ScopeSet } from '../domain/scopes/scope-set';
import type { Session, Token } from '../domain/session';
import type { Group, User } from '../domain/user';

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
  /** The same for a credential that was derived from a session and proves it by itself: whoever calls this has checked that proof. */
  byId(id: SessionId): { readonly session: Session; readonly user: User } | undefined;
  end(id: SessionId): void;
  /** Ends every session of a user but `except`; open sockets die with them (A17, B03). */
  endAll(user: UserId, except?: SessionId): void;
  listOf(actor: Actor, user: UserId): readonly Session[];
  /** The person at this session has just shown the account's password. Opening a session counts as that. */
  proved(id: SessionId): void;
  /** Whether that was recent enough for a dangerous act. Forgotten when the hub restarts. */
  isProven(id: SessionId): boolean;
  /** Called with each credential id that ended, for whatever reason. */
  onEnded(listener: (credential: string) => void): void;
  /** Stable per session, different for every session: what hub forms must echo (C01, C02). `null`: before sign-in. */
  xsrfToken(binding: string): string;
  verifyXsrf(binding: string, token: string): boolean;
  flush(): void;
  close(): void;
}

/** Ways from a session on the hub's host to the site of one user, where servers have hosts of their own. */
export interface SitePass {
  /** What a site gives a browser before it sends it to the hub, and the mark by which the hub binds a ticket to it. */
  newNonce(): { readonly nonce: string; readonly mark: string };
  markOf(nonce: string): string;
  /** One hand-over: good once, for a minute, on this site, and in the browser that holds the nonce with this mark. Changes nothing. */
  ticket(session: SessionId, to: { readonly site: string; readonly mark: string }): string;
  /**
   * Spends a ticket, whether or not it fits. `cookie` is the pass that this site's requests show from then on. undefined: used,
   * expired, or meant for another site or browser. Whether the session still lives is for the caller to ask.
   */
  redeem(ticket: string, at: { readonly site: string; readonly nonce: string }): { readonly session: SessionId; readonly cookie: string } | undefined;
  /** Session that a pass was made from, when it was made for this site. Synchronous and remembered; the session may have ended. */
  sessionOf(cookie: string, site: string): SessionId | undefined;
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
  /** The same actor as by the session's cookie; the caller has checked a proof that was derived from the session. */
  bySession(id: SessionId): Actor | undefined;
  byToken(secret: string): Actor | undefined;
  /** The command line, through the hub's own socket in its data directory. */
  local(): Actor;
  ofUser(user: User, via: Actor['via'], credential: string): Actor;
  /** What a token of this owner may do now: what was asked for, as far as the owner may do it. */
  scopesOfToken(owner: User, token: Token): ScopeSet;
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
  signOut(actor: Actor, session: SessionId): void;
}

export interface SignUpResult {
  /** `pending`: an administrator has to approve. The same answer for a name that is taken. */
  readonly status: 'pending' | 'active';
}

export interface Accounts {
  signUp(ask: { readonly username: unknown; readonly password: unknown; readonly address: string }): Promise<SignUpResult>;
  changeOwnPassword(actor: Actor, ask: { readonly current: unknown; readonly next: unknown; readonly keep: SessionId | undefined; readonly address: string }): Promise<void>;
  /** Throws `forbidden` for a wrong password of the actor's own account, counted like a failed sign-in, and as `changeOwnPassword` does. */
  prove(actor: Actor, ask: { readonly password: unknown; readonly session: SessionId; readonly address: string }): Promise<void>;
  /** Ends one session of a user, who may be the actor; its open sockets close. A session of somebody else is as unknown as none (`not-found`). */
  endSession(actor: Actor, id: UserId, session: SessionId): void;
  /** Signs a user out everywhere but at `except`. */
  endSessions(actor: Actor, id: UserId, except?: SessionId): void;
  /** Generates a password, shown once; the user has to change it at the first sign-in. */
  create(actor: Actor, ask: { readonly username: string; readonly admin: boolean; readonly password?: string }): Promise<{ readonly user: User; readonly password: string }>;
  approve(actor: Actor, id: UserId): User;
  /** Removes an account that waits for approval. */
  discard(actor: Actor, id: UserId): void;
  resetPassword(actor: Actor, id: UserId): Promise<{ readonly user: User; readonly password: string }>;
  disable(actor: Actor, id: UserId): Promise<User>;
  enable(actor: Actor, id: UserId): User;
  setAdmin(actor: Actor, id: UserId, admin: boolean): User;
  /** Names are attributes: everything of the account stays with it. Throws `conflict` for a taken or reserved name and while a server of the account runs. */
  rename(actor: Actor, id: UserId, name: unknown): User;
  /** What is asked for of these, or nothing of it where one cannot be. */
  change(actor: Actor, id: UserId, ask: { readonly name?: string | undefined; readonly admin?: boolean | undefined }): void;
  /** Takes or gives the role `researcher`. */
  setResearcher(actor: Actor, id: UserId, researcher: boolean): void;
  /** Stops servers first. `volumes` is an explicit choice; `remove` cannot be undone. */
  remove(actor: Actor, id: UserId, choice: { readonly volumes: 'keep' | 'remove' }): Promise<void>;
  find(actor: Actor, name: string): User | undefined;
  list(actor: Actor, page: { readonly offset: number; readonly limit: number; readonly nameContains?: string; readonly status?: User['status']; readonly sort?: string }): { readonly users: readonly User[]; readonly total: number };
}

export interface Groups {
  /** In the order of their making; those that the actor's scopes name. Throws `forbidden` without `list:groups`. */
  list(actor: Actor, page: { readonly offset: number; readonly limit: number }): { readonly groups: readonly Group[]; readonly total: number };
  get(actor: Actor, name: string): Group;
  /** For models; whether the actor may see them is theirs to ask. */
  membersOf(group: Group): readonly User[];
  /** All or none. Throws `conflict` for a taken name, `invalid-input` for an unknown user. */
  create(actor: Actor, names: readonly string[], users: readonly string[]): readonly Group[];
  remove(actor: Actor, name: string): void;
  addUsers(actor: Actor, name: string, users: readonly string[]): Group;
  removeUsers(actor: Actor, name: string, users: readonly string[]): Group;
  /** Replaces all of them. */
  setProperties(actor: Actor, name: string, properties: Readonly<Record<string, unknown>>): Group;
}

/** Ends the hub itself, in good order. */
export interface Shutdown {
  /** Returns at once. Servers go on unless `servers`. Throws `forbidden` without the scope `shutdown`. */
  begin(actor: Actor, ask: { readonly servers: boolean }): void;
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
  /** Kept with the server; absent: what it has. */
  readonly displayName?: string;
}

/** What is absent stays as it is. */
export interface ServerChange {
  readonly name?: ServerName;
  /** For people; empty: none. */
  readonly displayName?: string;
  readonly profile?: string;
}

export interface Servers {
  /**
   * Claims the start and returns at once; a second click gets the first one's answer (M01). `settled` never rejects: the
   * outcome is in the record. Throws `conflict` while stopping, `forbidden` without `start:servers`.
   */
  start(actor: Actor, owner: User, name: ServerName, ask: StartAsk): { readonly record: ServerRecord; readonly settled: Promise<void>; readonly claimed: boolean };
  /** Cancels a start at any stage, or stops. Idempotent. `settled` never rejects. */
  stop(actor: Actor, owner: User, name: ServerName): { readonly record: ServerRecord; readonly settled: Promise<void> };
  /** Makes the record of a named server without starting it. Throws `conflict` for one that exists, `invalid-input` for a name that may not be and beyond the limit. */
  create(actor: Actor, owner: User, name: ServerName, ask: ServerChange): ServerRecord;
  /** Of a stopped server; throws `invalid-input` for any other, and `conflict` for a taken name. */
  change(actor: Actor, owner: User, name: ServerName, ask: ServerChange): ServerRecord;
  /** Stops a named server and then forgets it. `settled` resolves when that is over; a server that does not end is kept. */
  remove(actor: Actor, owner: User, name: ServerName): { readonly settled: Promise<void> };
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

/** Whoever did something, as the audit log names them; every `Actor` is one. */
export type AuditActor = Pick<Actor, 'kind' | 'id' | 'name' | 'via' | 'credential'>;

export interface AuditNote {
  /** Default `ok`. */
  readonly result?: AuditResult;
  /** Never a secret. Long texts are cut. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * Writes into the audit log (R02). The client's address and the request id come from the request that is being served. `null`: somebody
 * who is not signed in, or the hub itself where no request is served. `target`: `user:alice`, `server:alice/`, …
 */
export interface Recorder {
  /** In the transaction of the act itself: throws, and undoes it, when the entry cannot be written. */
  record(actor: AuditActor | 'hub' | null, action: string, target: string, more?: AuditNote): void;
  /** For what was refused or failed: never throws, and a flood is counted instead of written. */
  note(actor: AuditActor | 'hub' | null, action: string, target: string, more?: AuditNote): void;
}

/** Reading takes an administrator; throws `forbidden` for everybody else. */
export interface Audit extends Recorder {
  /** Newest first, below the id `before`. `next`: the `before` of the next page; null: that was all. */
  search(actor: Actor, ask: { readonly filter: AuditFilter; readonly before?: number; readonly limit: number }): Promise<{ readonly rows: readonly AuditRow[]; readonly next: number | null; readonly head: ChainEnd }>;
  /** Everything up to this moment, oldest first, in pieces. Recorded before the first one. */
  export(actor: Actor, ask: { readonly format: AuditFormat; readonly from?: Date }): { readonly head: ChainEnd; readonly chunks: AsyncIterable<string> };
}

/** What the bearer of a lab's own token is, on a connection that came through the network of the server `through`. */
export interface LabTokens {
  /** Not cached: a token that ended opens nothing from the same moment on. `elsewhere`: it is another server's. */
  resolve(secret: string, through: ServerId): LabIdentity | { readonly kind: 'elsewhere'; readonly server: ServerId } | { readonly kind: 'unknown' };
}

export interface LabIdentity {
  readonly kind: 'lab';
  /** With JupyterHub's scopes of a server token, and never more than the owner may do now. */
  readonly actor: Actor;
  readonly owner: User;
  readonly record: ServerRecord;
}

/** Activity that somebody reports, with `users:activity` on the owner. `only`: nothing but this server of theirs. */
export interface ActivityReports {
  /** JupyterHub's activity body. Times are cut to the life of what they are about; nothing moves backwards. Throws `invalid-input`, and then changed nothing. */
  report(actor: Actor, owner: User, body: unknown, only?: ServerName): void;
  /** Their running servers are in use now. Throws `not-found` when none runs. */
  heartbeat(actor: Actor, owner: User, only?: ServerName): void;
}

export interface Activity {
  /** Hot path: one `Map.set`. */
  touch(owner: UserId, server: ServerId): void;
  /** As of a time that is not in the future. Earlier than what is known already: ignored. */
  seen(server: ServerId, at: Date): void;
  seenUser(user: UserId, at: Date): void;
  lastOf(server: ServerId): Date | undefined;
  flush(): void;
  close(): void;
}

/** One row of the health report, with the time of its last look. */
export interface HealthRow extends CheckRow {
  readonly at: Date;
}

export interface HealthReport {
  /** Every required row holds. */
  readonly ok: boolean;
  /** A proof runs now; the rows are those of the last one. */
  readonly running: boolean;
  /** When the last whole proof ended; null: the first one still runs. */
  readonly at: Date | null;
  /** Why no server can be started, in a sentence for everybody; null: they can. */
  readonly blocked: string | null;
  readonly rows: readonly HealthRow[];
}

/** Whether the hub and its engine do what is promised. Both throw `forbidden` without `admin-ui`. */
export interface HealthChecks {
  report(actor: Actor): HealthReport;
  /** Proves everything now, or waits for a proof that runs already; it takes seconds. Rejects only for want of a scope. */
  check(actor: Actor): Promise<HealthReport>;
}
