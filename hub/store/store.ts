import type { AuditEntry, AuditFilter, AuditKind, AuditRow, ChainEnd } from '../domain/audit';
import type { Backup, BackupFile } from '../domain/backup';
import type { Need } from '../domain/capacity';
import type { GroupId, ServerId, ServerName, SessionId, TokenId, UserId, UserName, VolumeId } from '../domain/ids';
import type { AdoptedVolume } from '../domain/jupyterhub';
import type { KeptState, Maintenance } from '../domain/maintenance';
import type { Lease } from '../domain/lease';
import type { KernelKill, PostMortem } from '../domain/post-mortem';
import type { ServerRecord } from '../domain/server';
import type { Service } from '../domain/service';
import type { OauthClientKey, Session, Token } from '../domain/session';
import type { ScopeName } from '../domain/scopes/tree';
import type { Share, ShareCode, Sharee } from '../domain/share';
import type { Group, Role, User, UserStatus } from '../domain/user';
import type { Volume } from '../domain/volume';
import type { AccountStore } from './accounts';
import type { ChainReader } from './audit-chain';
import type { ServerStore } from './server-contract';
import type { UsageStore } from './usage-store';

export type { KeptHour, RunningServer } from './usage-store';
import type { NoticeStore } from './notice-contract';
import type { PolicyStore } from './policy-contract';

export type { StartedServer } from './policy-contract';

/**
 * Everything the hub remembers. A full disk, a foreign writer or a read-only file throws `HubError('unavailable')` from any verb. Synchronous on purpose: with an in-process driver nothing can interleave inside a transaction.
 * Every query stays under a millisecond; what is frequent (activity) comes in batches.
 */
export interface Store {
  readonly users: UserStore;
  readonly accounts: AccountStore;
  readonly groups: GroupStore;
  readonly policies: PolicyStore;
  readonly roles: RoleStore;
  readonly declared: DeclaredStore;
  readonly sessions: SessionStore;
  readonly tokens: TokenStore;
  readonly oauth: OauthStore;
  readonly services: ServiceStore;
  readonly servers: ServerStore;
  readonly queue: QueueStore;
  readonly maintenance: MaintenanceStore;
  readonly notices: NoticeStore;
  readonly volumes: VolumeStore;
  readonly visits: VisitStore;
  readonly postMortems: PostMortemStore;
  readonly usage: UsageStore;
  readonly leases: LeaseStore;
  readonly shares: ShareStore;
  readonly shareCodes: ShareCodeStore;
  readonly throttle: ThrottleStore;
  readonly audit: AuditStore;
  readonly imports: ImportStore;
  readonly settings: SettingStore;
  readonly dismissals: DismissalStore;
  readonly meta: MetaStore;
  readonly backups: BackupStore;
  /** Throws, and rolls back, if `work` throws or returns a promise. Nests as savepoints. */
  transaction<T>(work: () => T): T;
  close(): void;
}

export interface UserFilter {
  readonly status?: UserStatus;
  /** Case-insensitive substring, taken literally. */
  readonly nameContains?: string;
  /** Name of a group that they are in. */
  readonly group?: string;
  /** Those with a server that is queued, starting, ready or stopping, with one that is ready, or with none of the kind. */
  readonly state?: 'active' | 'ready' | 'inactive';
  /** Only these, and the members of these groups, by name. */
  readonly seen?: { readonly users: ReadonlySet<string>; readonly groups: ReadonlySet<string> };
  readonly sort?: 'id' | 'name' | 'last_activity' | '-id' | '-name' | '-last_activity';
}

/** What users have, of those who were asked about; nothing of others. */
export interface Belongings {
  /** Names, by priority, the first one first. */
  groupsOf(user: UserId): readonly string[];
  /** Names of directly assigned roles. */
  rolesOf(user: UserId): readonly string[];
  /** By name. */
  serversOf(user: UserId): readonly ServerRecord[];
}

export interface UserStore {
  /** For lists: all of it in three reads, as it is now. */
  belongingsOf(users: readonly UserId[]): Belongings;
  byId(id: UserId): User | undefined;
  /** In one read; those that there are. */
  byIds(ids: readonly UserId[]): ReadonlyMap<UserId, User>;
  byName(name: UserName): User | undefined;
  list(page: { readonly offset: number; readonly limit: number }, filter?: UserFilter): { readonly users: readonly User[]; readonly total: number };
  /** How many there are of each status. */
  statuses(filter: Omit<UserFilter, 'status' | 'sort'>): Readonly<Record<UserStatus, number>>;
  /** Throws `HubError('conflict')` when the name is taken. */
  create(user: User): void;
  /** Throws `HubError('not-found')` for an unknown id and `conflict` for a taken name. */
  update(id: UserId, change: Partial<Pick<User, 'name' | 'admin' | 'status' | 'mustChangePassword'>>): User;
  /** Removes everything of that user with it (sessions, tokens, servers, memberships). False: there was none. */
  remove(id: UserId): boolean;
  /** PHC string; undefined: no password set. Kept apart from `User`, so that it cannot end up in a log or a page. */
  passwordHash(id: UserId): string | undefined;
  setPasswordHash(id: UserId, phc: string): void;
  countAdmins(): number;
  /** Batch of activity times; never moves one backwards. */
  touch(seen: ReadonlyMap<UserId, Date>): void;
}

export interface GroupStore {
  byName(name: string): Group | undefined;
  list(page: { readonly offset: number; readonly limit: number }): { readonly groups: readonly Group[]; readonly total: number };
  create(group: Group): void;
  remove(id: GroupId): boolean;
  setProperties(id: GroupId, properties: Readonly<Record<string, unknown>>): void;
  membersOf(id: GroupId): readonly User[];
  /** By priority, the first one first. */
  groupsOf(user: UserId): readonly Group[];
  /** Of all these users in one read; in no order. */
  idsOf(users: readonly UserId[]): (user: UserId) => readonly GroupId[];
  addMember(id: GroupId, user: UserId): void;
  removeMember(id: GroupId, user: UserId): void;
}

/** Roles come from configuration; the store keeps them and who holds them. */
export interface RoleStore {
  list(): readonly Role[];
  byName(name: string): Role | undefined;
  put(role: Role): void;
  /** Directly assigned, by name, plus those of the user's groups. */
  ofUser(user: UserId): readonly Role[];
  /** Names of directly assigned roles only. */
  directOfUser(user: UserId): readonly string[];
  grant(role: string, user: UserId): void;
  revoke(role: string, user: UserId): void;
  grantGroup(role: string, group: GroupId): void;
  revokeGroup(role: string, group: GroupId): void;
  /** Names of the roles that a group's members hold by it. */
  ofGroup(group: GroupId): readonly string[];
  /** Who holds it directly. */
  usersWith(role: string): readonly UserId[];
  groupsWith(role: string): readonly GroupId[];
  /** Takes it from everybody who holds it. False: there was none. */
  remove(name: string): boolean;
}

/**
 * One thing that the configuration gave. `member`: `what` is a group's id, the holder a user's. `role`: a role's name and a user's id;
 * `group-role`: a role's name and a group's id. `properties`: of the group with this id, and `what` is empty.
 */
export interface DeclaredFact {
  readonly kind: 'member' | 'role' | 'group-role' | 'properties';
  readonly what: string;
  readonly holder: string;
}

/** What the configuration gave and nothing else did, so that it is taken back when the configuration no longer says it. */
export interface DeclaredStore {
  list(): readonly DeclaredFact[];
  add(fact: DeclaredFact): void;
  remove(fact: DeclaredFact): void;
}

export interface SessionStore {
  create(session: Session, hash: string): void;
  byHash(hash: string): Session | undefined;
  byId(id: SessionId): Session | undefined;
  listOf(user: UserId): readonly Session[];
  count(): number;
  /** Batch of last-seen times; never moves one backwards. */
  touch(seen: ReadonlyMap<SessionId, Date>): void;
  remove(id: SessionId): boolean;
  /** Returns the ids that were removed, so that their sockets can be closed. */
  removeOf(user: UserId, except?: SessionId): readonly SessionId[];
  /** Removes those past the idle or absolute limit. */
  removeExpired(before: { readonly lastSeen: Date; readonly created: Date }): readonly SessionId[];
}

export interface TokenStore {
  create(token: Token, hash: string): void;
  byHash(hash: string): Token | undefined;
  byId(id: TokenId): Token | undefined;
  listOf(owner: UserId): readonly Token[];
  touch(used: ReadonlyMap<TokenId, Date>): void;
  remove(id: TokenId): boolean;
  removeOf(owner: UserId): readonly TokenId[];
}

/** What a browser carries from the hub to a client, once: everything it was given for. */
export interface OauthCode {
  readonly client: OauthClientKey;
  readonly user: UserId;
  readonly session: SessionId;
  readonly redirect: string;
  /** Raw scopes of the token that it will be exchanged for. */
  readonly scopes: readonly string[];
  /** PKCE, method S256; null: the client offered none. */
  readonly challenge: string | null;
  readonly expires: Date;
  /** The token that it was exchanged for; null: it was not used yet. That token may have ended. */
  readonly token: TokenId | null;
}

/** Codes of the OAuth provider. They go with their session, their user, and the start of the server they are for. */
export interface OauthStore {
  add(code: OauthCode, hash: string): void;
  byHash(hash: string): OauthCode | undefined;
  /** Marks it as used. False: it was used before. */
  spend(hash: string, token: TokenId): boolean;
  /** Removes what expired; a used one stays for as long as its token, so that its second use can end that. */
  prune(now: Date): void;
  /** Ends tokens and codes of all services but these. */
  keepServices(names: readonly string[]): void;
}

/** A service that was made over the API. `tokenHash` null: it has no token. */
export interface StoredService {
  readonly service: Service;
  readonly tokenHash: string | null;
}

export interface ServiceStore {
  /** By name. */
  list(): readonly StoredService[];
  /** Whoever calls has made sure that name, client id and token are not in use. */
  add(service: StoredService): void;
  /** With codes and tokens of its visitors; returns the ids of those tokens, so that their sockets can be closed. */
  remove(name: string): readonly TokenId[];
}

/** The line of starts, and what the servers that run take of the machine. Both empty themselves with the transitions of servers. */
export interface QueueStore {
  /** Gives a server its turn in the line; counted from its transition to `queued`. */
  enter(server: ServerId, tag: number): void;
  /** In front of everybody but those who were put there before. False: it does not wait, or is in front already. */
  jump(server: ServerId): boolean;
  /** In the order in which they start. */
  waiting(): readonly { readonly server: ServerId; readonly owner: UserId; readonly profile: string | null; readonly options: ServerRecord['userOptions']; readonly tag: number; readonly jumped: boolean }[];
  /** Writes down what a server takes, with its transition to `starting`. */
  hold(server: ServerId, need: Need): void;
  /** Of every server that is `starting`, `ready` or `stopping`. `need` null: it was started before this was written down. */
  held(): readonly { readonly server: ServerId; readonly owner: UserId; readonly profile: string | null; readonly need: Need | null }[];
  /** How long the last 500 servers ran, milliseconds. */
  spans(): readonly number[];
}

/** At most one maintenance, with the servers that ran when it began. */
export interface MaintenanceStore {
  /** `told`: minutes before the beginning of the last message to labs; null: none yet. */
  get(): (Maintenance & { readonly told: number | null }) | undefined;
  /** In the place of the last one, whose servers are forgotten. */
  announce(plan: Pick<Maintenance, 'from' | 'until' | 'message' | 'by' | 'announced'>): void;
  told(minutes: number): void;
  /** Writes down what runs or starts now, once: again it changes nothing. */
  begin(at: Date): void;
  end(at: Date): void;
  clear(): void;
  /** What ran when it began. A server that was removed since is not in it. */
  kept(): readonly { readonly server: ServerId; readonly state: KeptState; readonly reason: string | null }[];
  mark(server: ServerId, state: KeptState, reason?: string): void;
}

/** Generations of volumes. A row stays when its owner goes, until its files are gone. */
export interface VolumeStore {
  byId(id: VolumeId): Volume | undefined;
  /** Only of those that have a name here: see `VolumeRef`. */
  byName(name: string): Volume | undefined;
  /** By purpose, the active one first, then the newest. */
  listOf(owner: UserId): readonly Volume[];
  /** Those whose owner's account was deleted, with the name that it had. */
  left(limit: number): readonly (Volume & { readonly former: string })[];
  /** Throws `HubError('conflict')` when the owner has an active one of that purpose, or another row has that name. */
  add(volume: Volume): void;
  /** Throws `HubError('not-found')` for an unknown id. */
  update(id: VolumeId, change: Partial<Pick<Volume, 'owner' | 'generation' | 'state' | 'lastUsed' | 'binned' | 'ends'>>): Volume;
  forget(id: VolumeId): boolean;
  /** Those in `removing`, and those whose time in the bin is over. */
  due(now: Date, limit: number): readonly Volume[];
  /** By id, or by name for those without one; what is unknown is passed over. */
  measured(sizes: readonly { readonly id: VolumeId | null; readonly name: string; readonly bytes: number | null }[], at: Date): void;
  /** Bytes of everything that an owner has, the bin included; owners above `after` in the order of their ids. */
  totals(after: UserId | undefined, limit: number): readonly { readonly owner: UserId; readonly bytes: number }[];
}

/** How each server last ended, and what was last killed inside it. Goes with the server; a server that is unknown is passed over. */
export interface PostMortemStore {
  end(server: ServerId): PostMortem | undefined;
  kernel(server: ServerId): KernelKill | undefined;
  /** In place of the one before. */
  keepEnd(server: ServerId, report: PostMortem): void;
  keepKernel(server: ServerId, kill: KernelKill): void;
}

/** Promises that a server is left running. They go with the server. */
export interface LeaseStore {
  /** The server has to exist. */
  add(lease: Lease): void;
  /** Of any age, the one that ends last first; of all these servers in one read. */
  ofServers(servers: readonly ServerId[]): (server: ServerId) => readonly Lease[];
  remove(id: string): boolean;
  /** Removes those that ended before. */
  prune(before: Date): void;
}

/** Somebody entered a server that is not theirs. */
export interface Visit {
  readonly server: ServerName;
  /** Name at that time. */
  readonly visitor: string;
  readonly at: Date;
}

/** For the owners of servers: the last twenty visits to each. They go with the server. */
export interface VisitStore {
  add(server: ServerId, visitor: string, at: Date): void;
  /** Newest first. */
  toServersOf(owner: UserId): readonly Visit[];
}

/** Shares of one server, of all servers of an owner, with a group, or with a user, directly or by a group. */
export type ShareFilter = { readonly kind: 'server'; readonly id: ServerId } | { readonly kind: 'owner'; readonly id: UserId } | { readonly kind: 'group'; readonly id: GroupId } | { readonly kind: 'user'; readonly id: UserId };

/** At most one share for each server and user, or server and group. It goes with its server, that server's owner, and the user or group. */
export interface ShareStore {
  find(server: ServerId, to: Pick<Sharee, 'kind' | 'id'>): Share | undefined;
  /** In the order of their making. */
  list(filter: ShareFilter, page: { readonly offset: number; readonly limit: number }): { readonly shares: readonly Share[]; readonly total: number };
  /** All that gives this user something now, directly or by a group: those of owners who are active. */
  heldBy(user: UserId): readonly Share[];
  /** Makes it, or replaces its scopes. Throws `not-found` where server, user or group is none. */
  put(server: ServerId, to: Pick<Sharee, 'kind' | 'id'>, as: { readonly scopes: readonly ScopeName[]; readonly at: Date }): Share;
  remove(server: ServerId, to: Pick<Sharee, 'kind' | 'id'>): boolean;
  /** Returns how many there were. */
  removeOf(server: ServerId): number;
}

/** They go with their server. One that has expired is as good as none. */
export interface ShareCodeStore {
  add(code: Pick<ShareCode, 'scopes' | 'created' | 'expires'> & { readonly server: ServerId }, hash: string): ShareCode;
  /** undefined also while the server's owner is not active. */
  byHash(hash: string, now: Date): ShareCode | undefined;
  list(filter: Extract<ShareFilter, { kind: 'server' | 'owner' }>, page: { readonly offset: number; readonly limit: number; readonly now: Date }): { readonly codes: readonly ShareCode[]; readonly total: number };
  /** Counts one more use. */
  exchanged(number: number, at: Date): void;
  /** Those of this server with this number, with this hash, or all. Returns how many there were. */
  remove(server: ServerId, which: { readonly number?: number; readonly hash?: string; readonly now: Date }): number;
  prune(now: Date): void;
}

/** Counters of failed attempts; they survive a restart (A02). Times are milliseconds of the wall clock, only for expiry. */
export interface ThrottleStore {
  /** Adds a failure and returns how many are inside the window ending now. */
  hit(key: string, now: Date, windowMs: number): number;
  count(key: string, now: Date, windowMs: number): number;
  /** Time of the oldest failure inside the window; undefined: none. */
  oldest(key: string, now: Date, windowMs: number): Date | undefined;
  clear(key: string): void;
  prune(before: Date): void;
}

/** Append-only, and every entry holds the hash of the one before it (R02). Nothing else removes one than `prune`. */
export interface AuditStore extends ChainReader {
  append(entry: AuditEntry): AuditRow;
  /** Newest first. */
  list(page: { readonly offset: number; readonly limit: number }): readonly AuditRow[];
  /** Oldest first, from the first entry above `id`. */
  after(id: number, limit: number): readonly AuditRow[];
  /**
   * Newest first: what matches among the `window` entries below the id `before` (undefined: the newest), at most `limit`. One call
   * looks at no more than the window, however long the log is. `next`: the `before` of the next call; null: that was the beginning.
   */
  search(ask: { readonly before?: number; readonly filter: AuditFilter; readonly window: number; readonly limit: number }): { readonly rows: readonly AuditRow[]; readonly next: number | null };
  /** How many entries there are of each kind, in whole days (UTC) from the first to before the second; undefined: without that end. */
  counts(from: Date | undefined, until: Date | undefined): Readonly<Record<AuditKind, number>>;
  /** The retention rule: removes at most `limit` of the oldest entries, up to the first that is not older than `before`. undefined: there was none. */
  prune(before: Date, limit: number): { readonly count: number; readonly last: ChainEnd } | undefined;
}

/** What came from another hub, kept so that a second import changes nothing. */
export interface ImportStore {
  /** Whether an import made this account. */
  made(user: UserId): boolean;
  noteUser(user: UserId): void;
  /** Whether an import brought the token with this hash, even if it was revoked since. */
  hasToken(hash: string): boolean;
  noteToken(token: TokenId, as: { readonly hash: string; readonly prefix: string }): void;
  /** Tokens whose secret begins like this and has not been seen since the import. */
  unseenTokens(prefix: string): readonly { readonly hash: string; readonly token: TokenId }[];
  /** The secret was seen: from now on the token is found by our own hash of it. */
  recognise(token: TokenId, hash: string): void;
  /** The account's volume from now on, one for each purpose; anything else throws. One whose account was deleted may be taken over again. */
  adopt(user: UserId, volume: AdoptedVolume): void;
  volumesOf(user: UserId): readonly AdoptedVolume[];
  isAdopted(volume: string): boolean;
  /** One of the bcrypt hashes that nobody has signed in with yet; undefined: none is left. */
  olderPasswordHash(): string | undefined;
}

/** Copies of everything here. */
export interface BackupStore {
  /** Goes on while others read and write, in small steps. Throws `unavailable` where the disk has no room for it. */
  make(at: Date): Promise<Backup>;
  /** Newest first. */
  list(): readonly BackupFile[];
  /** Keeps the last 24 hours, and the newest of each day before, up to `days` days. Returns the names of what was removed. */
  prune(days: number, now: Date): readonly string[];
}

/** Settings that were changed while the hub ran, as they were written, in JSON. */
export interface SettingStore {
  list(): readonly { readonly path: string; readonly value: unknown; readonly by: string; readonly at: Date }[];
  put(path: string, row: { readonly value: unknown; readonly by: string; readonly at: Date }): void;
  remove(path: string): void;
}

/** Warnings that administrators have seen: each until it says something else. */
export interface DismissalStore {
  list(): readonly { readonly code: string; readonly detail: string; readonly by: string; readonly at: Date }[];
  put(row: { readonly code: string; readonly detail: string; readonly by: string; readonly at: Date }): void;
  remove(code: string): void;
}

export interface MetaStore {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
}
