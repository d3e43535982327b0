import type { ServerId, ServerName, UserId } from '../domain/ids';
import type { ServerKind, ServerRecord, ServerState } from '../domain/server';
import type { ListedServer, ServerFilter, ServerPageAsk } from '../domain/server-filter';

export interface ServerStore {
  /** A page of everybody's servers. */
  page(ask: ServerPageAsk, filter: ServerFilter): readonly ListedServer[];
  /** How many there are of each kind; absent: none. */
  kinds(filter: Omit<ServerFilter, 'kind'>): Readonly<Partial<Record<ServerKind, number>>>;
  byId(id: ServerId): ServerRecord | undefined;
  /** In the order in which they are asked for; those that are not there are left out. */
  byIds(ids: readonly ServerId[]): readonly ServerRecord[];
  find(owner: UserId, name: ServerName): ServerRecord | undefined;
  listOf(owner: UserId): readonly ServerRecord[];
  /** Every one there is, running or not: for what happens once, because at 10,000 it takes 30 ms (P06). */
  list(): readonly ServerRecord[];
  /** Those that are queued, starting, ready or stopping, in the order of their making. */
  active(): readonly ServerRecord[];
  /** Those that are ready: 10,000 take about 10 ms, their records ten times that. */
  readyIds(): readonly ServerId[];
  /** Finds or makes the record of a server that nobody started yet: `stopped`, version 0. */
  ensure(owner: UserId, name: ServerName): ServerRecord;
  /**
   * Compare-and-set on `version`. undefined: somebody else moved the server first. A transition that `MAY_BECOME` does not
   * list throws. `change` is written in the same statement.
   */
  transition(from: ServerRecord, to: ServerState, change?: Partial<Pick<ServerRecord, 'profile' | 'secret' | 'userOptions'>>): ServerRecord | undefined;
  /** What is not part of its life. Throws `not-found` for an unknown id and `conflict` for a taken name. */
  update(id: ServerId, change: Partial<Pick<ServerRecord, 'name' | 'displayName' | 'profile' | 'userOptions'>>): ServerRecord;
  /** How many hold resources now (`starting`, `ready`, `stopping`): what the cap counts, in the transaction that claims a start (M12). */
  countActive(): number;
  /** Those that wait for a place, in the order in which they start. */
  queued(): readonly ServerRecord[];
  /** The server whose lab holds this token. A token ends with the transition that takes its server out of `starting` and `ready`. */
  byLabTokenHash(hash: string): ServerRecord | undefined;
  /** Replaces the token of a start. False: the server has moved on since `of` was read. */
  setLabTokenHash(of: ServerRecord, hash: string): boolean;
  /** Batch of activity times; never moves one backwards, and moves the owner's along. */
  touch(seen: ReadonlyMap<ServerId, Date>): void;
  remove(id: ServerId): boolean;
}
