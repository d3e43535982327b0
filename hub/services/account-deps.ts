import type { PasswordHasher } from '../../auth/authenticator';
import type { Actor, Target } from '../domain/access';
import { HubError } from '../domain/errors';
import { newId, type UserId, type UserName } from '../domain/ids';
import type { Clock, FailPoint, Logger } from '../domain/runtime';
import { UserTarget } from '../domain/scopes/covers';
import { ROLES_OF_EVERYONE } from '../domain/scopes/roles';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import type { Actors, Recorder, Stranger } from './contract';
import type { Declared } from './declared-groups';
import type { PasswordRules } from './passwords';
import type { SessionService } from './sessions';
import type { Throttle } from './throttle';

/** What the verbs on accounts are built from. */
export interface AccountsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Pick<Recorder, 'record'>;
  readonly hasher: PasswordHasher;
  readonly sessions: Pick<SessionService, 'end' | 'endAll' | 'announceEnded' | 'proved'>;
  readonly actors: Pick<Actors, 'forget'>;
  readonly throttle: Throttle;
  /** `approval`: an administrator decides. `open`: active at once. `closed`: nobody can sign up. */
  readonly signUpMode: () => 'approval' | 'open' | 'closed';
  /** JUPYTERHUB_ADMIN: a name that signing up never gives to anybody (A12). */
  readonly adminName: string;
  readonly rules?: PasswordRules;
  /** Groups that the configuration gives to names. Absent: none. */
  readonly groups?: Pick<Declared, 'join' | 'awaits'>;
  /** How many accounts may wait for approval at once (A20). */
  readonly maxPending?: number;
  /** Resolves when none of the user's servers runs any more: `Servers.stopAllOf`. */
  readonly stopServers: (owner: User) => Promise<void>;
  /** Removes the volumes of an account for good. Rejects when one could not be removed; the account then stays, disabled. */
  readonly removeVolumes: (owner: User) => Promise<void>;
  /** Absent: none. */
  readonly failPoint?: FailPoint;
}

export interface NewAccount {
  readonly admin: boolean;
  readonly status: User['status'];
  readonly mustChangePassword: boolean;
}

/** Writes down what was done to an account. */
export const audited = ({ audit }: Pick<AccountsDeps, 'audit'>, actor: Actor | Stranger, action: string, on: { readonly user: User; readonly detail?: Record<string, unknown> }): void =>
  audit.record(actor, action, `user:${on.user.name}`, { detail: { user: on.user.id, ...on.detail } });

export const targetOf = (store: Store, { id, name }: User): Target => new UserTarget(name, () => store.groups.groupsOf(id).map((group) => group.name));

/** Within a transaction of the caller. `phc` null: nobody signs in with a password before one is set. Throws `conflict` for a taken name. */
export function addAccount(deps: Pick<AccountsDeps, 'store' | 'clock' | 'groups'>, { name, phc }: { readonly name: UserName; readonly phc: string | null }, account: NewAccount): User {
  const { store, clock } = deps;
  const user: User = { id: newId<UserId>(), name, created: clock.now(), lastActivity: null, ...account };
  store.users.create(user);
  if (phc !== null) store.users.setPasswordHash(user.id, phc);
  welcome(deps, user);
  return user;
}

/** An account becomes active: from now on it is in the groups that wait for its name, and holds what everybody holds. One that waits has nothing (A13). */
export function welcome({ store, groups }: Pick<AccountsDeps, 'store' | 'groups'>, user: User): void {
  grantRoles(store, user);
  groups?.join(user);
}

export function grantRoles(store: Store, user: User): void {
  for (const role of ROLES_OF_EVERYONE) store.roles.grant(role, user.id);
  if (user.admin) store.roles.grant('admin', user.id);
}

/** What the configuration keeps for a name is more than company: who may make accounts could otherwise give it to themselves (D04). Throws `forbidden`. */
export function demandMayName({ groups }: Pick<AccountsDeps, 'groups'>, actor: Actor, name: UserName): void {
  if (!actor.admin && groups?.awaits(name) === true) throw new HubError('forbidden', `The configuration gives ${name} a group or a role, so only administrators may give somebody this name.`);
}

export const isTaken = (store: Store, name: UserName): boolean => store.users.byName(name) !== undefined;
