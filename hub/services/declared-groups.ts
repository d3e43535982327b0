import { newId, type GroupId, type UserName } from '../domain/ids';
import { normaliseUserName } from '../domain/names';
import type { Outbound, Profile } from '../domain/profile';
import type { Group, User } from '../domain/user';
import type { Store } from '../store/store';

/** A group as the configuration file writes it. */
export interface DeclaredGroup {
  readonly name: string;
  /** Names of its members. Who has no account yet joins with it. */
  readonly users: readonly string[];
  readonly outbound: Outbound;
}

export interface DeclaredGroups {
  /** Makes the groups and their memberships as declared. What the configuration does not name is left alone, but for policies that it once gave. */
  apply(): void;
  /** Called when an account becomes active. */
  join(user: User): void;
  /** Whether membership waits for this name: nobody gets it by signing up without an administrator's approval. */
  awaits(name: UserName): boolean;
}

export function createDeclaredGroups(store: Store, declared: readonly DeclaredGroup[]): DeclaredGroups {
  const namesOf = new Map(declared.map((group) => [group.name, new Set(group.users.map(normaliseUserName))]));

  const ensure = ({ name, outbound }: DeclaredGroup): Group => {
    const properties = { ...store.groups.byName(name)?.properties, declared: true, outbound };
    if (store.groups.byName(name) === undefined) store.groups.create({ id: newId<GroupId>(), name, properties });
    const group = store.groups.byName(name) as Group;
    store.groups.setProperties(group.id, properties);
    return group;
  };

  const join = (user: User): void => {
    for (const [name, users] of namesOf) {
      const group = users.has(user.name) ? store.groups.byName(name) : undefined;
      if (group !== undefined) store.groups.addMember(group.id, user.id);
    }
  };

  /** Taken out of the file: the group stays, and grants nothing any more. */
  const forget = (): void => {
    const { groups } = store.groups.list({ offset: 0, limit: 10_000 });
    for (const { id, name, properties } of groups) if (properties.declared === true && !namesOf.has(name)) store.groups.setProperties(id, { ...properties, declared: false, outbound: 'none' });
  };

  return {
    apply: () =>
      store.transaction(() => {
        forget();
        for (const group of declared) ensure(group);
        for (const name of new Set([...namesOf.values()].flatMap((users) => [...users]))) {
          const user = store.users.byName(name as UserName);
          if (user !== undefined && user.status !== 'pending') join(user);
        }
      }),
    join,
    awaits: (name) => [...namesOf.values()].some((users) => users.has(name)),
  };
}

/** What a server of this owner may reach outside: the profile's policy, or what one of the owner's groups opens. */
export const outboundOf = (store: Store, profile: Pick<Profile, 'outbound'>, owner: Pick<User, 'id'>): Outbound =>
  profile.outbound === 'open' || store.groups.groupsOf(owner.id).some((group) => group.properties.outbound === 'open') ? 'open' : 'none';
