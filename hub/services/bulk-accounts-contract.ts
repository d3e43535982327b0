import type { Actor } from '../domain/access';
import type { User } from '../domain/user';
import type { BulkResult } from './server-list-contract';

export interface NewUser {
  readonly name: string;
  readonly admin: boolean;
  /** Names of groups that exist. */
  readonly groups: readonly string[];
}

/** What is wrong with one of them. `what`: the name that it is about. */
export interface NewUserProblem {
  /** `name`: nobody may be called so. `reserved`: only administrators may give this name. `group`: there is no such group, or it is not theirs to fill. */
  readonly kind: 'name' | 'taken' | 'twice' | 'reserved' | 'admin' | 'group';
  readonly what: string;
  /** For people who read English; pages have words of their own. */
  readonly message: string;
}

export interface PlannedUser extends NewUser {
  /** As it would be kept; as given where that cannot be. */
  readonly name: string;
  readonly problems: readonly NewUserProblem[];
}

export interface MadeUser {
  readonly user: User;
  readonly groups: readonly string[];
  /** Shown once; it has to be changed at the first sign-in. */
  readonly password: string;
}

export const BULK_USER_ACTIONS = ['approve', 'discard', 'disable', 'enable'] as const;
export type BulkUserAction = (typeof BULK_USER_ACTIONS)[number];

/** Most accounts in one call: each costs the hash of a password. */
export const MOST_USERS = 200;

/** Several accounts at once. All throw `forbidden` without `admin:users`. */
export interface BulkAccounts {
  /** What `create` would make, and what is wrong with it. */
  plan(actor: Actor, users: readonly NewUser[]): readonly PlannedUser[];
  /** All of them or none: throws `invalid-input` with the first things that are wrong, and `conflict` when somebody took a name meanwhile. */
  create(actor: Actor, users: readonly NewUser[]): Promise<readonly MadeUser[]>;
  /** Each for itself, by name: what fails for one is said beside it. */
  act(actor: Actor, action: BulkUserAction, names: readonly string[]): Promise<readonly BulkResult[]>;
}
