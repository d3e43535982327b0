import type { GroupId, ServerId, ServerName, UserId, UserName } from '../domain/ids';
import type { GroupPolicy, StartedPolicy } from '../domain/policy';
import type { Group } from '../domain/user';

/** A server that runs or starts, and the policy that it was started with. */
export interface StartedServer {
  readonly server: ServerId;
  readonly name: ServerName;
  readonly owner: { readonly id: UserId; readonly name: UserName };
  readonly hash: string;
  readonly policy: StartedPolicy;
  /** Groups of its owner now, in no order that means anything. */
  readonly groups: readonly GroupId[];
}

/** What groups give, in which order they count, and what running servers were given. */
export interface PolicyStore {
  list(): ReadonlyMap<GroupId, GroupPolicy>;
  put(group: GroupId, policy: GroupPolicy): void;
  /** All groups by priority. A new group is the last one. */
  order(): readonly { readonly id: GroupId; readonly name: string }[];
  setOrder(ids: readonly GroupId[]): void;
  /** By priority; `rank` counts all groups from 1. `search`: case-insensitive part of the name, taken literally; empty for all. */
  page(ask: { readonly search: string; readonly offset: number; readonly limit: number }): { readonly rows: readonly { readonly group: Group; readonly rank: number; readonly members: number }[]; readonly total: number };
  /** By name. */
  members(group: GroupId, page: { readonly offset: number; readonly limit: number }): { readonly names: readonly UserName[]; readonly total: number };
  /** Members of a group, or all active users (null), put together by the groups that they are in: policies are the same for all of a set. */
  groupSets(group: GroupId | null): readonly { readonly groups: readonly GroupId[]; readonly users: number; readonly names: readonly UserName[] }[];
  /** Replaces what an earlier life of the server was started with. */
  started(server: ServerId, hash: string, policy: StartedPolicy): void;
  /** Of this owner; absent: of everybody. */
  running(owner?: UserId): readonly StartedServer[];
}
