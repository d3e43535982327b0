import type { Readable } from 'node:stream';
import type { Change, CheckRow } from '../../spawner/spawner';
import type { Actor, RequestContext, strangerIn } from '../domain/access';
import type { AuditFilter, AuditFormat, AuditKind, AuditResult, AuditRow, ChainEnd } from '../domain/audit';
import type { Condition, KernelKill, PostMortem } from '../domain/post-mortem';
import type { Backup, BackupFile } from '../domain/backup';
import type { Maintenance, MaintenancePhase } from '../domain/maintenance';
import type { ServerId, ServerName, SessionId, TokenId, UserId, UserName, VolumeId } from '../domain/ids';
import type { Handle, ServerRecord, Stage } from '../domain/server';
import type { ScopeSet } from '../domain/scopes/scope-set';
import type { Session, Token } from '../domain/session';
import type { Group, User } from '../domain/user';
import type { Volume, VolumePurpose } from '../domain/volume';
import type { Files } from './files-contract';

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

export interface SignIn extends RequestContext {
  readonly username: unknown;
  readonly password: unknown;
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

/** What is absent narrows nothing. */
export interface UserAsk {
  readonly nameContains?: string;
  /** Name of a group. */
  readonly group?: string;
  /** With a server that is active, that is ready, or with none that is active. */
  readonly state?: 'active' | 'ready' | 'inactive';
}

export interface Accounts {
  signUp(ask: RequestContext & { readonly username: unknown; readonly password: unknown }): Promise<SignUpResult>;
  changeOwnPassword(actor: Actor, ask: { readonly current: unknown; readonly next: unknown; readonly keep: SessionId | undefined; readonly address: string }): Promise<void>;
  /** Throws `forbidden` for a wrong password of the actor's own account, counted like a failed sign-in, and as `changeOwnPassword` does. */
  prove(actor: Actor, ask: { readonly password: unknown; readonly session: SessionId; readonly address: string }): Promise<void>;
  /** Ends one session of a user, who may be the actor; its open sockets close. A session of somebody else is as unknown as none (`not-found`). */
  endSession(actor: Actor, id: UserId, session: SessionId): void;
  /** Signs a user out everywhere but at `except`. */
  endSessions(actor: Actor, id: UserId, except?: SessionId): void;
  /** Generates a password, shown once; the user has to change it at the first sign-in. */
  create(actor: Actor, ask: { readonly username: string; readonly admin: boolean; readonly password?: string }): Promise<{ readonly user: User; readonly password: string }>;
  /**
   * Accounts without a password, as programs make them by the hundred: each gets one when an administrator resets it, or comes in by another way.
   * Names that are taken are passed over. Throws `invalid-input` for a wrong name before anything is made.
   */
  createMany(actor: Actor, ask: { readonly usernames: readonly string[]; readonly admin: boolean }): Promise<readonly User[]>;
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
  /** Gives or takes a role. All but `researcher` takes an administrator; throws `invalid-input` for a role that is not given to people. */
  setRole(actor: Actor, id: UserId, role: string, given: boolean): void;
  /** Takes or gives the role `researcher`. */
  setResearcher(actor: Actor, id: UserId, researcher: boolean): void;
  /** Stops servers first. `volumes` is an explicit choice; `remove` cannot be undone. */
  remove(actor: Actor, id: UserId, choice: { readonly volumes: 'keep' | 'remove' }): Promise<void>;
  find(actor: Actor, name: string): User | undefined;
  /** By status takes `admin:users`, by group `read:users:groups`. */
  list(actor: Actor, page: UserAsk & { readonly offset: number; readonly limit: number; readonly status?: User['status']; readonly sort?: string }): { readonly users: readonly User[]; readonly total: number };
  /** How many `list` would find of each status. Takes `admin:users`. */
  statuses(actor: Actor, ask: UserAsk): Readonly<Record<User['status'], number>>;
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
  /** Throws what `addUsers` would throw of this group, whoever were to join it. */
  demandMayFill(actor: Actor, name: string): void;
  addUsers(actor: Actor, name: string, users: readonly string[]): Group;
  removeUsers(actor: Actor, name: string, users: readonly string[]): Group;
  /** Replaces all of them. */
  setProperties(actor: Actor, name: string, properties: Readonly<Record<string, unknown>>): Group;
}

/** A maintenance, and what became of the servers that ran when it began. */
export interface MaintenanceView extends Maintenance {
  readonly phase: MaintenancePhase;
  /** How many are still to be stopped, are stopped, are to be started again, were, and could not be. */
  readonly servers: { readonly stopping: number; readonly stopped: number; readonly starting: number; readonly started: number; readonly refused: number };
}

/** What every page says of a maintenance. */
export type MaintenanceNotice = Pick<MaintenanceView, 'from' | 'until' | 'message' | 'phase'>;

/**
 * An announced time at which every server is stopped. From ten minutes before it until `end`, nobody but administrators starts servers, and
 * whoever waits in line goes on waiting. All but `get` and `notice` throw `forbidden` without the scope `shutdown`.
 */
export interface Maintenances {
  /** null: none is announced, and none was. */
  get(): MaintenanceView | null;
  /** null: there is nothing to say. */
  notice(): MaintenanceNotice | null;
  /** In place of the one that was announced. A time that has passed means now. Throws `conflict` while one goes on. */
  announce(actor: Actor, ask: { readonly from: Date; readonly until: Date | null; readonly message: string }): MaintenanceView | null;
  /** Takes an announcement back, or ends a maintenance: servers may be started again. */
  end(actor: Actor): void;
  /** Starts what ran when it began, or puts it in line. Throws `invalid-input` before the end. */
  restore(actor: Actor): MaintenanceView | null;
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
  redeem(ask: RequestContext & { readonly secret: unknown; readonly password: unknown }): Promise<User>;
}

export type Progress =
  | { readonly kind: 'stage'; readonly percent: number; readonly message: string; readonly stage: Stage }
  | { readonly kind: 'ready'; readonly percent: 100; readonly message: string; readonly url: string }
  | { readonly kind: 'failed'; readonly percent: 100; readonly message: string; readonly logTail: readonly string[] };

export interface StartAsk {
  /** undefined: the profile of the last start, else the default one. Unknown: `invalid-input`. */
  readonly profile?: string;
  /** `template` in it is brought into the workspace once; unknown: `invalid-input`. */
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

/** What is known of a server that died, or runs and is not well. */
export interface ServerTruth {
  readonly record: ServerRecord;
  /** null: it never ended, or long ago. Without its log lines for whoever may not read them. */
  readonly lastEnd: PostMortem | null;
  /** The last time in this life of the server; null: never. */
  readonly kernelKilled: KernelKill | null;
  readonly condition: Condition;
}

/** A start that waits for a place. */
export interface InLine {
  readonly owner: User;
  readonly server: ServerName;
  /** 1: the next one. */
  readonly position: number;
  /** Milliseconds that it is likely to wait yet, by how long servers ran before; null: nobody can say. */
  readonly waitMs: number | null;
  /** An administrator put it in front. */
  readonly jumped: boolean;
  readonly since: Date;
  readonly profile: string | null;
}

export interface Servers {
  /** Everybody in the line that the actor may see, the next one first. Positions count everybody. */
  line(actor: Actor): readonly InLine[];
  /** null: it does not wait. Throws `not-found` for an unknown named server. */
  placeOf(actor: Actor, owner: User, name: ServerName): InLine | null;
  /** Puts a waiting start in front of the line; limits hold for it all the same. null: it starts already. Throws `invalid-input` when it does not wait; takes `admin:servers`. */
  jump(actor: Actor, owner: User, name: ServerName): InLine | null;
  /**
   * Claims the start and returns at once; a second click gets the first one's answer (M01). `settled` never rejects: the
   * outcome is in the record. Throws `conflict` while stopping, `forbidden` without `start:servers`.
   */
  start(actor: Actor, owner: User, name: ServerName, ask: StartAsk): { readonly record: ServerRecord; readonly settled: Promise<void>; readonly claimed: boolean };
  /** Cancels a start at any stage, or stops. Idempotent. `settled` never rejects. */
  stop(actor: Actor, owner: User, name: ServerName): { readonly record: ServerRecord; readonly settled: Promise<void> };
  /**
   * Ends a running server and starts the same container again; sessions and memory are lost, settings and disk stay. `settled` never rejects.
   * Throws `invalid-input` when it is not running, `unavailable` while no server may start, and demands the scopes of both stop and start.
   */
  restart(actor: Actor, owner: User, name: ServerName): { readonly record: ServerRecord; readonly settled: Promise<void> };
  /** As `restart`, with a new container made of the present settings, and a profile that may be another one. Volumes stay. It keeps its place in the cap. */
  recreate(actor: Actor, owner: User, name: ServerName, ask: StartAsk): { readonly record: ServerRecord; readonly settled: Promise<void> };
  /** Throws `not-found` for a server that has no record. */
  truth(actor: Actor, owner: User, name: ServerName): ServerTruth;
  /** For models of servers that the actor sees already. */
  conditionOf(id: ServerId): Condition;
  /** The last lines of a running server, or of how it ended. For its owner and for administrators (`admin:servers`), whose look is audited. */
  logs(actor: Actor, owner: User, name: ServerName, lines: number): Promise<readonly string[]>;
  /** The last `lines`, then what it writes, until it ends or `signal` aborts. Throws `invalid-input` when it is not running. */
  followLogs(actor: Actor, owner: User, name: ServerName, how: { readonly lines: number; readonly signal: AbortSignal }): AsyncIterable<readonly string[]>;
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
  /** How far the current or last start is, 0 to 100. */
  percent(id: ServerId): number;
  /** Stages of the current or last start, with their times. */
  stages(id: ServerId): readonly Stage[];
  /** Makes store, engine and routes agree; called once at boot, before the hub answers `/user/`. */
  reconcile(): Promise<void>;
  /** The engine says that something happened to a process that lives on. */
  changed(id: ServerId, handle: Handle, change: Change): void;
  /** The engine says that a process ended. */
  exited(id: ServerId, handle: Handle): void;
  /** Ends timers and waits for nothing: labs keep running. */
  close(): Promise<void>;
}

/** Whoever did something, as the audit log names them; every `Actor` is one. */
export type AuditActor = Pick<Actor, 'kind' | 'id' | 'name' | 'via' | 'credential' | 'request'>;

/** Somebody who is not signed in. */
export type Stranger = ReturnType<typeof strangerIn>;

export interface AuditNote {
  /** Default `ok`. */
  readonly result?: AuditResult;
  /** Never a secret. Long texts are cut. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/**
 * Writes into the audit log (R02). The client's address and the request id are those that came with the actor; `hub`, which does things by itself, has
 * neither. `target`: `user:alice`, `server:alice/`, …
 */
export interface Recorder {
  /** In the transaction of the act itself: throws, and undoes it, when the entry cannot be written. */
  record(actor: AuditActor | Stranger | 'hub', action: string, target: string, more?: AuditNote): void;
  /** For what was refused or failed: never throws, and a flood is counted instead of written. */
  note(actor: AuditActor | Stranger | 'hub', action: string, target: string, more?: AuditNote): void;
}

/** Reading takes an administrator; throws `forbidden` for everybody else. */
export interface Audit extends Recorder {
  /** Newest first, below the id `before`. `next`: the `before` of the next page; null: that was all. */
  search(actor: Actor, ask: { readonly filter: AuditFilter; readonly before?: number; readonly limit: number }): Promise<{ readonly rows: readonly AuditRow[]; readonly next: number | null; readonly head: ChainEnd }>;
  /** How many entries there are of each kind, in whole days (UTC). */
  counts(actor: Actor, range: { readonly from?: Date | undefined; readonly until?: Date | undefined }): Readonly<Record<AuditKind, number>>;
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

export interface BackupReport {
  /** One is being made now. */
  readonly running: boolean;
  /** How often the hub makes one by itself, milliseconds; 0: never. */
  readonly everyMs: number;
  /** Days of which one is kept. */
  readonly days: number;
  /** The last one that this hub process made; null: none yet. */
  readonly last: Backup | null;
  /** Why the last attempt failed; null: it did not. */
  readonly failure: { readonly at: Date; readonly reason: string } | null;
  /** Newest first. Each was checked when it was made. */
  readonly files: readonly BackupFile[];
}

/** Copies of the database. Both throw `forbidden` without `admin-ui`. */
export interface Backups {
  report(actor: Actor): BackupReport;
  /** Makes one now, or waits for the one that is being made; it takes seconds. Throws `unavailable` when it cannot be made, with the reason. */
  make(actor: Actor): Promise<Backup>;
}

/** One row of the health report, with the time of its last look. */
export interface HealthRow extends CheckRow {
  readonly at: Date;
}

/** A row as administrators get it. */
export interface CodedRow extends HealthRow {
  /** `B-DISK-1`: never changes its meaning. */
  readonly code: string;
  /** Who has seen this warning; null: nobody, or it says something else since. */
  readonly dismissed: { readonly by: string; readonly at: Date } | null;
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
  readonly rows: readonly CodedRow[];
}

/** Whether the hub and its engine do what is promised. Both throw `forbidden` without `admin-ui`. */
export interface HealthChecks {
  report(actor: Actor): HealthReport;
  /** Proves everything now, or waits for a proof that runs already; it takes seconds. Rejects only for want of a scope. */
  check(actor: Actor): Promise<HealthReport>;
  /**
   * Puts a warning aside until it says something else. For administrators alone. Throws `not-found` where nothing warns under this code, and
   * `conflict` for a required check: that is mended, not put aside.
   */
  dismiss(actor: Actor, code: string): HealthReport;
  /** Brings a warning back. Throws `not-found` where none is put aside. */
  recall(actor: Actor, code: string): HealthReport;
}

export interface VolumeView extends Volume {
  /** A server has it now. */
  readonly inUse: boolean;
  /** The last start or stop of a server with it; null: none that is known. */
  readonly lastSeen: Date | null;
}

export interface VolumeReport {
  /** By purpose, the active one first. */
  readonly volumes: readonly VolumeView[];
  /** As far as it was measured, the bin included. */
  readonly bytes: number;
  /** Above this somebody is warned, and nothing else happens; null: never. */
  readonly softQuota: number | null;
  readonly over: boolean;
  /** A server runs or is about to: nothing can be reset or put back. */
  readonly running: boolean;
}

export interface Download {
  /** What to call it; anything that a name can hold. */
  readonly fileName: string;
  /** A tar archive. Whoever asked destroys it when nobody reads it any more. */
  readonly stream: Readable;
}

/**
 * Volumes of users, as generations. One's own: with `read:servers`, `delete:servers` and, for what is in them, `access:servers`; those of
 * others take `admin:servers`. What changes them throws `invalid-input` while a server of their owner runs. Nothing here waits for sizes.
 */
export interface Volumes {
  report(actor: Actor, owner: User): VolumeReport;
  /** Puts new, empty generations in the place of these; what was there goes to the bin. Throws `not-found` where there is none yet. */
  reset(actor: Actor, owner: User, purposes: readonly VolumePurpose[]): Promise<VolumeReport>;
  /** Out of the bin, and what is in its place into it. Throws `invalid-input` for one that is not in the bin. */
  undo(actor: Actor, owner: User, id: VolumeId): VolumeReport;
  /** Out of the bin for good. */
  remove(actor: Actor, owner: User, id: VolumeId): Promise<void>;
  /** What accounts left that were deleted. Takes `admin:users`, as `handOver` does. */
  leftBehind(actor: Actor): readonly (Volume & { readonly former: string })[];
  /** Somebody's active volumes, or these ones, belong to `to` from now on; what was in their place goes to the bin. No file moves. */
  handOver(actor: Actor, what: { readonly from: User } | { readonly volumes: readonly VolumeId[] }, to: User): Promise<VolumeReport>;
  /** Everything, or one generation; also while a server runs. Throws `rate-limited` beyond a few at a time. */
  download(actor: Actor, owner: User, id: VolumeId | undefined, signal: AbortSignal): Promise<Download>;
  /** What is in them, file by file. */
  readonly files: Files;
}
