import { demandAny, type Actor } from '../domain/access';
import type { ScopeName } from '../domain/scopes/tree';
import { fullNameOf, onServer } from '../domain/share';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { targetOf } from './account-deps';

/** Why somebody may do something. */
export interface PermissionSource {
  /** null: somebody shares a server. */
  readonly role: string | null;
  /** The group by which they have it; null: themselves. */
  readonly group: string | null;
  /** The shared server, as `user/server`; null: it is a role. */
  readonly share: string | null;
}

/** One thing that somebody may do, as roles and shares say it: what it implies is not listed again. */
export interface Permission {
  readonly scope: string;
  /** At least one. */
  readonly from: readonly PermissionSource[];
}

export interface Permissions {
  /** By scope. An account that is not active has none of it. Takes `read:roles:users`. Throws `not-found` for whom the actor may not see. */
  of(actor: Actor, owner: User): readonly Permission[];
}

const READ: readonly ScopeName[] = ['read:roles:users', 'admin:users'];

/** What somebody may do, and why: every scope with the roles, groups and shares that it comes from. */
export function createPermissions(store: Store): Permissions {
  const sourcesOf = (owner: User): readonly (PermissionSource & { readonly scopes: readonly string[] })[] => {
    const groups = store.groups.groupsOf(owner.id);
    const held = [...store.roles.directOfUser(owner.id).map((role) => ({ role, group: null })), ...groups.flatMap(({ id, name }) => store.roles.ofGroup(id).map((role) => ({ role, group: name })))];
    const byRole = held.map((source) => ({ ...source, share: null, scopes: store.roles.byName(source.role)?.scopes ?? [] }));
    const byShare = store.shares.heldBy(owner.id).map(({ server, scopes, with: to }) => ({ role: null, group: to.kind === 'group' ? to.name : null, share: fullNameOf(server), scopes: scopes.map((scope) => onServer(scope, fullNameOf(server))) }));
    return [...byRole, ...byShare];
  };

  return {
    of(actor, owner) {
      demandAny(actor, READ, targetOf(store, owner));
      if (owner.status !== 'active') return [];
      const found = new Map<string, PermissionSource[]>();
      for (const { scopes, ...source } of sourcesOf(owner)) for (const scope of scopes) found.set(scope, [...(found.get(scope) ?? []), source]);
      return [...found].map(([scope, from]) => ({ scope, from })).toSorted((a, b) => (a.scope < b.scope ? -1 : 1));
    },
  };
}
