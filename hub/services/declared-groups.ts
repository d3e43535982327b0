import { newId, type GroupId, type UserId, type UserName } from '../domain/ids';
import { normaliseUserName } from '../domain/names';
import type { Outbound } from '../domain/profile';
import type { Group, User } from '../domain/user';
import type { DeclaredFact, Store } from '../store/store';

/** A group as the configuration file writes it. */
export interface DeclaredGroup {
  readonly name: string;
  /** Names of its members. Who has no account yet joins with it. */
  readonly users: readonly string[];
  readonly outbound: Outbound;
  /** Names of the roles that its members hold. Absent: none. */
  readonly roles?: readonly string[] | undefined;
  /** Replaces what the group has. Absent: left alone. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
}

/** What the configuration gives by name: memberships and roles. */
export interface Declared {
  /** Gives what is declared, and takes back what an earlier configuration gave. Nothing else is touched. */
  apply(): void;
  /** Called when an account becomes active. */
  join(user: User): void;
  /** Whether something waits for this name: nobody gets it by signing up without an administrator's approval. */
  awaits(name: UserName): boolean;
}

/** The group of this name, made if need be. */
export function ensureGroup(store: Store, name: string): Group {
  if (store.groups.byName(name) === undefined) store.groups.create({ id: newId<GroupId>(), name, properties: {} });
  return store.groups.byName(name) as Group;
}

export const namesOf = (names: readonly string[]): ReadonlySet<UserName> => new Set(names.map((name) => normaliseUserName(name) as UserName));

/** Accounts of these names that may hold something: one that waits for approval has nothing (A13). */
export const accountsOf = (store: Store, names: ReadonlySet<UserName>): readonly User[] =>
  [...names].map((name) => store.users.byName(name)).filter((user): user is User => user !== undefined && user.status !== 'pending');

export const sameFact = (a: DeclaredFact, b: DeclaredFact): boolean => a.kind === b.kind && a.what === b.what && a.holder === b.holder;

export function createDeclaredGroups(store: Store, declared: readonly DeclaredGroup[]): Declared {
  const members = new Map(declared.map((group) => [group.name, namesOf(group.users)]));

  const give = (group: Group, user: User): void => {
    // Only what was not there before is the configuration's to take back.
    if (store.groups.groupsOf(user.id).some(({ id }) => id === group.id)) return;
    store.groups.addMember(group.id, user.id);
    store.declared.add({ kind: 'member', what: group.id, holder: user.id });
  };

  const wanted = (group: Group, { name, properties }: DeclaredGroup): readonly DeclaredFact[] => [
    ...accountsOf(store, members.get(name) ?? new Set()).map((user) => ({ kind: 'member', what: group.id, holder: user.id }) as const),
    ...(properties === undefined ? [] : [{ kind: 'properties', what: '', holder: group.id } as const]),
  ];

  const takeBack = (keep: readonly DeclaredFact[]): void => {
    for (const fact of store.declared.list()) {
      if ((fact.kind !== 'member' && fact.kind !== 'properties') || keep.some((kept) => sameFact(kept, fact))) continue;
      if (fact.kind === 'member') store.groups.removeMember(fact.what as GroupId, fact.holder as UserId);
      else if (store.groups.list(EVERYONE).groups.some(({ id }) => id === fact.holder)) store.groups.setProperties(fact.holder as GroupId, {});
      store.declared.remove(fact);
    }
  };

  return {
    apply: () =>
      store.transaction(() => {
        const made = declared.map((group) => ({ group: ensureGroup(store, group.name), as: group }));
        takeBack(made.flatMap(({ group, as }) => wanted(group, as)));
        for (const { group, as } of made) {
          if (as.properties !== undefined) store.groups.setProperties(group.id, as.properties);
          if (as.properties !== undefined) store.declared.add({ kind: 'properties', what: '', holder: group.id });
          for (const user of accountsOf(store, members.get(as.name) ?? new Set())) give(group, user);
        }
      }),
    join(user) {
      for (const [name, users] of members) {
        const group = users.has(user.name) ? store.groups.byName(name) : undefined;
        if (group !== undefined) give(group, user);
      }
    },
    awaits: (name) => [...members.values()].some((users) => users.has(name)),
  };
}

const EVERYONE = { offset: 0, limit: 10_000 };
