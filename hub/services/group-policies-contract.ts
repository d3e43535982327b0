import type { Actor } from '../domain/access';
import type { ServerName, UserName } from '../domain/ids';
import type { EffectivePolicy, GroupPolicy, PolicyChange, Section } from '../domain/policy';
import type { PolicyRules } from '../domain/policy-rules';
import type { Group, User } from '../domain/user';

/** A group as those see it who look after groups. */
export interface GroupView {
  readonly group: Group;
  /** Place in the order of all groups, from 1. */
  readonly rank: number;
  readonly members: number;
  readonly roles: readonly string[];
  /** What administrators set. */
  readonly policy: GroupPolicy;
  /** What the configuration declares beside it, or the hub gives a built-in group; null: nothing. */
  readonly declared: GroupPolicy | null;
  /** It cannot be deleted. */
  readonly builtIn: boolean;
}

/** A running server that was started with another policy than it would get now, and in what that differs. */
export interface OutdatedServer {
  readonly owner: UserName;
  readonly name: ServerName;
  readonly sections: readonly Section[];
}

export interface CountedChange extends PolicyChange {
  readonly users: number;
  /** The first ones. */
  readonly names: readonly UserName[];
}

/** What a change would do, and to whom. */
export interface PolicyPreview {
  readonly members: number;
  /** For members of the group. */
  readonly changes: readonly CountedChange[];
  /** For everybody else: a profile that a group names is for members alone. */
  readonly others: readonly CountedChange[];
  /** Running servers that would go on with an older policy, those included that do now. */
  readonly restart: readonly OutdatedServer[];
}

/** Groups as a file has them, the first one first. */
export interface GroupEntry {
  readonly name: string;
  /** All members. Absent: they stay as they are. */
  readonly members?: readonly string[] | undefined;
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  readonly policy?: GroupPolicy | undefined;
}

export interface GroupsImport {
  readonly applied: boolean;
  readonly groups: readonly { readonly name: string; readonly what: 'created' | 'changed' | 'same'; readonly policy: boolean; readonly joined: readonly string[]; readonly left: readonly string[] }[];
  readonly restart: readonly OutdatedServer[];
}

/** What somebody gets, with the groups that each value comes from. */
export interface ExplainedPolicy {
  readonly policy: EffectivePolicy;
  /** False: values of variables are not for whoever asks. */
  readonly values: boolean;
  /** Running servers of theirs that need a restart for what changed since. */
  readonly outdated: readonly OutdatedServer[];
  /** What the spawner of this hub cannot carry out. */
  readonly ignored: readonly Section[];
}

/**
 * What groups give their members. Reading takes `admin:groups`, because variables may be secrets; changing takes an administrator as well:
 * else scopes over groups would be a way to the host.
 */
export interface GroupPolicies {
  /** By priority. */
  list(actor: Actor, ask: { readonly search: string; readonly offset: number; readonly limit: number }): { readonly rows: readonly GroupView[]; readonly total: number };
  view(actor: Actor, name: string): GroupView;
  members(actor: Actor, name: string, page: { readonly offset: number; readonly limit: number }): { readonly names: readonly UserName[]; readonly total: number };
  /** Replaces it. Throws `invalid-input` for what this hub does not allow. */
  set(actor: Actor, name: string, policy: GroupPolicy): GroupPolicy;
  preview(actor: Actor, name: string, policy: GroupPolicy): PolicyPreview;
  /** Names of all groups, the first one first. */
  order(actor: Actor): readonly string[];
  /** These come first, in this order; all others follow as they were. Returns the order of all. */
  setOrder(actor: Actor, names: readonly string[]): readonly string[];
  /** One place towards the first (`up`) or the last; at the end already: nothing. */
  move(actor: Actor, name: string, direction: 'up' | 'down'): void;
  /** Running servers of anybody that need a restart. */
  outdated(actor: Actor): readonly OutdatedServer[];
  /** Throws like `read:users` on that user. */
  explain(actor: Actor, owner: User): ExplainedPolicy;
  exported(actor: Actor): readonly GroupEntry[];
  /** Makes and changes these groups and puts them in front, in this order; others stay. All or nothing. `dryRun`: says what would become of it. */
  imported(actor: Actor, groups: readonly GroupEntry[], opts: { readonly dryRun: boolean }): GroupsImport;
  /** Whether membership of the group of this name gives anything. Says nothing else about it. */
  gives(name: string): boolean;
  /** What policies may say here. */
  rules(): PolicyRules;
  ignored(): readonly Section[];
}
