import type { GroupId, UserId, UserName } from '../domain/ids';
import { DEFAULT_ROLES } from '../domain/scopes/roles';
import type { Role, User } from '../domain/user';
import type { DeclaredFact, Store } from '../store/store';
import type { Recorder } from './contract';
import { accountsOf, createDeclaredGroups, ensureGroup, namesOf, sameFact, type Declared, type DeclaredGroup } from './declared-groups';

/** A role as the configuration file writes it. Of a role that the hub has by itself, what is absent stays as it is. */
export interface DeclaredRole {
  readonly name: string;
  readonly description?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Everybody who holds it by themselves: whoever is not in the list loses it. Absent: nobody gets or loses it here. */
  readonly users?: readonly string[] | undefined;
  /** The same for groups, to which those are added that name the role themselves. */
  readonly groups?: readonly string[] | undefined;
}

export interface DeclaredRolesDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  readonly roles: readonly DeclaredRole[];
  readonly groups: readonly DeclaredGroup[];
}

interface Wanted {
  readonly users: ReadonlySet<UserName>;
  readonly groups: ReadonlySet<string>;
  /** The lists say it all: whoever else holds it loses it. */
  readonly onlyUsers: boolean;
  readonly onlyGroups: boolean;
}

/** JupyterHub's rules for `load_roles`, but that names without an account wait for it instead of making one. */
export function createDeclaredRoles({ store, audit, roles, groups }: DeclaredRolesDeps): Declared {
  const wanted = new Map<string, Wanted>();
  for (const role of roles) wanted.set(role.name, { users: namesOf(role.users ?? []), groups: new Set(role.groups), onlyUsers: role.users !== undefined, onlyGroups: role.groups !== undefined });
  for (const group of groups) {
    for (const name of group.roles ?? []) {
      const { groups: named = [], ...rest } = wanted.get(name) ?? { users: new Set<UserName>(), onlyUsers: false, onlyGroups: false };
      wanted.set(name, { ...rest, groups: new Set([...named, group.name]) });
    }
  }

  const define = (): void => {
    const all = rolesWith(roles);
    for (const role of store.roles.list()) if (!all.some(({ name }) => name === role.name)) store.roles.remove(role.name);
    for (const role of all) store.roles.put(role);
  };

  const give = (role: string, user: User): void => {
    if (store.roles.directOfUser(user.id).includes(role)) return;
    store.roles.grant(role, user.id);
    store.declared.add({ kind: 'role', what: role, holder: user.id });
    audit.record('hub', 'role.grant', `user:${user.name}`, { detail: { user: user.id, role } });
  };

  const take = (role: string, id: UserId): void => {
    store.declared.remove({ kind: 'role', what: role, holder: id });
    const user = store.users.byId(id);
    if (user === undefined || !store.roles.directOfUser(id).includes(role)) return;
    store.roles.revoke(role, id);
    audit.record('hub', 'role.revoke', `user:${user.name}`, { detail: { user: id, role } });
  };

  const giveGroup = (role: string, name: string): void => {
    const group = ensureGroup(store, name);
    if (store.roles.ofGroup(group.id).includes(role)) return;
    store.roles.grantGroup(role, group.id);
    store.declared.add({ kind: 'group-role', what: role, holder: group.id });
    audit.record('hub', 'role.grant', `group:${name}`, { detail: { group: group.id, role } });
  };

  const takeGroup = (role: string, group: GroupId): void => {
    store.declared.remove({ kind: 'group-role', what: role, holder: group });
    if (!store.roles.ofGroup(group).includes(role)) return;
    store.roles.revokeGroup(role, group);
    audit.record('hub', 'role.revoke', `group:${group}`, { detail: { group, role } });
  };

  /** What an earlier configuration gave and this one does not name. */
  const takeBack = (): void => {
    const kept: DeclaredFact[] = [...wanted].flatMap(([role, { users, groups: named }]) => [
      ...accountsOf(store, users).map((user) => ({ kind: 'role', what: role, holder: user.id }) as const),
      ...[...named].map((name) => ({ kind: 'group-role', what: role, holder: ensureGroup(store, name).id }) as const),
    ]);
    for (const fact of store.declared.list().filter((given) => !kept.some((keep) => sameFact(keep, given)))) {
      if (fact.kind === 'role') take(fact.what, fact.holder as UserId);
      else if (fact.kind === 'group-role') takeGroup(fact.what, fact.holder as GroupId);
    }
  };

  const assign = (role: string, { users, groups: named, onlyUsers, onlyGroups }: Wanted): void => {
    const holders = accountsOf(store, users);
    for (const user of holders) give(role, user);
    for (const name of named) giveGroup(role, name);
    if (onlyUsers) for (const id of store.roles.usersWith(role)) if (!holders.some((user) => user.id === id)) take(role, id);
    const ids = new Set([...named].map((name) => ensureGroup(store, name).id));
    if (onlyGroups) for (const id of store.roles.groupsWith(role)) if (!ids.has(id)) takeGroup(role, id);
  };

  return {
    apply: () =>
      store.transaction(() => {
        define();
        takeBack();
        for (const [role, to] of wanted) assign(role, to);
      }),
    join(user) {
      for (const [role, { users }] of wanted) if (users.has(user.name)) give(role, user);
    },
    awaits: (name) => [...wanted.values()].some(({ users }) => users.has(name)),
  };
}

/** The roles of this hub: its own, as far as the configuration changes them, and the configuration's. */
export function rolesWith(declared: readonly DeclaredRole[]): readonly Role[] {
  const own = DEFAULT_ROLES.map((role) => {
    const changed = declared.find(({ name }) => name === role.name);
    return { ...role, description: changed?.description ?? role.description, scopes: changed?.scopes ?? role.scopes };
  });
  const more = declared.filter(({ name }) => !DEFAULT_ROLES.some((role) => role.name === name));
  return [...own, ...more.map(({ name, description = '', scopes = [] }) => ({ name, description, scopes }))];
}

/** Groups and roles together, as everybody else sees them. */
export function createDeclared(deps: DeclaredRolesDeps): Declared {
  const parts = [createDeclaredGroups(deps.store, deps.groups), createDeclaredRoles(deps)];
  return {
    apply: () => deps.store.transaction(() => parts.forEach((part) => part.apply())),
    join: (user) => parts.forEach((part) => part.join(user)),
    awaits: (name) => parts.some((part) => part.awaits(name)),
  };
}
