import { demand, HUB, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import { newId, type GroupId } from '../domain/ids';
import { normaliseUserName, parseGroupName } from '../domain/names';
import { outdatedIn, startedWith, type EffectivePolicy, type GroupPolicy, type Section } from '../domain/policy';
import { demandSound } from '../domain/policy-rules';
import { shown } from '../domain/shown';
import type { Group, User } from '../domain/user';
import type { StartedServer, Store } from '../store/store';
import type { Actors, Recorder } from './contract';
import type { GroupEntry, GroupPolicies, GroupsImport, OutdatedServer } from './group-policies-contract';
import type { PolicyBook } from './policy-book';

export interface GroupPoliciesDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  readonly actors: Pick<Actors, 'forget'>;
  /** Ends what is open and not allowed any more. */
  readonly recheck: () => void;
  readonly book: PolicyBook;
  /** What the spawner cannot carry out. */
  readonly ignored: readonly Section[];
}

type Line = GroupsImport['groups'][number];

/** More at once would hold up everybody else (Q10). */
const MOST_GROUPS = 1000;
const MOST_MEMBERSHIPS = 10_000;

/** Thrown to undo a rehearsal, whose result it carries. */
class Rehearsed extends Error {
  constructor(readonly result: GroupsImport) {
    super('a rehearsal is undone');
  }
}

/** Groups out of a hub, and into one. */
export function createGroupTransfer({ store, audit, actors, recheck, book }: GroupPoliciesDeps): Pick<GroupPolicies, 'exported' | 'imported'> {
  const userNamed = (name: string): User => {
    const user = store.users.byName(normaliseUserName(name) as User['name']);
    if (user === undefined) throw new HubError('invalid-input', `No such user: ${shown(name)}`);
    return user;
  };

  function write(entry: GroupEntry): { readonly line: Line; readonly group: Group } {
    const before = store.groups.byName(entry.name);
    if (before === undefined) store.groups.create({ id: newId<GroupId>(), name: parseGroupName(entry.name), properties: {} });
    const group = store.groups.byName(entry.name) as Group;
    const policy = writePolicy(group, entry.policy);
    const properties = entry.properties !== undefined && JSON.stringify(entry.properties) !== JSON.stringify(group.properties);
    if (properties) store.groups.setProperties(group.id, entry.properties ?? {});
    const { joined, left } = writeMembers(group, entry.members);
    const changed = policy || properties || joined.length > 0 || left.length > 0;
    return { group, line: { name: group.name, what: before === undefined ? 'created' : changed ? 'changed' : 'same', policy, joined, left } };
  }

  function writePolicy(group: Group, policy: GroupPolicy | undefined): boolean {
    if (policy === undefined || JSON.stringify(policy) === JSON.stringify(book.policyOf(group.id))) return false;
    try {
      demandSound(policy, book.rules());
    } catch (err) {
      throw err instanceof HubError ? new HubError(err.code, `${group.name}: ${err.message}`, { cause: err }) : err;
    }
    book.put(group.id, policy);
    return true;
  }

  function writeMembers(group: Group, names: readonly string[] | undefined): Pick<Line, 'joined' | 'left'> {
    if (names === undefined) return { joined: [], left: [] };
    const wanted = new Map(names.map(userNamed).map((user) => [user.id, user]));
    const now = new Map(store.groups.membersOf(group.id).map((user) => [user.id, user]));
    const joined = [...wanted.values()].filter(({ id }) => !now.has(id));
    const left = [...now.values()].filter(({ id }) => !wanted.has(id));
    for (const { id } of joined) store.groups.addMember(group.id, id);
    for (const { id } of left) store.groups.removeMember(group.id, id);
    return { joined: joined.map(({ name }) => name), left: left.map(({ name }) => name) };
  }

  function work(actor: Actor, entries: readonly GroupEntry[], dryRun: boolean): GroupsImport {
    const written = entries.map(write);
    const first = new Set(written.map(({ group }) => group.id));
    book.setOrder([...first, ...store.policies.order().map(({ id }) => id).filter((id) => !first.has(id))]);
    const result: GroupsImport = { applied: !dryRun, groups: written.map(({ line }) => line), restart: outdatedOf(store.policies.running(), book.resolver(book.state())) };
    if (dryRun) throw new Rehearsed(result);
    for (const { name, what, policy, joined, left } of result.groups) {
      if (what !== 'same') audit.record(actor, 'group.import', `group:${name}`, { detail: { what, policy, joined: joined.slice(0, 20), left: left.slice(0, 20) } });
    }
    return result;
  }

  return {
    exported(actor) {
      demand(actor, 'admin:groups', HUB);
      return store.policies.order().map(({ id, name }) => ({ name, members: store.groups.membersOf(id).map((user) => user.name), properties: store.groups.byName(name)?.properties ?? {}, policy: book.policyOf(id) }));
    },
    imported(actor, entries, { dryRun }) {
      demand(actor, 'admin:groups', HUB);
      demandAdministrator(actor);
      demandSize(entries);
      try {
        return store.transaction(() => work(actor, entries, dryRun));
      } catch (err) {
        if (err instanceof Rehearsed) return err.result;
        throw err;
      } finally {
        book.forget();
        // Whatever somebody may do hangs on their groups.
        actors.forget();
        recheck();
      }
    },
  };
}

function demandSize(entries: readonly GroupEntry[]): void {
  const names = entries.map(({ name }) => parseGroupName(name));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new HubError('invalid-input', `The group ${shown(twice)} is there twice.`);
  const memberships = entries.reduce((sum, { members = [] }) => sum + members.length, 0);
  if (entries.length > MOST_GROUPS || memberships > MOST_MEMBERSHIPS) throw new HubError('invalid-input', `That is more than ${MOST_GROUPS} groups or ${MOST_MEMBERSHIPS} memberships at once: import it in parts.`);
}

export function demandAdministrator(actor: Actor): void {
  if (!actor.admin) throw new HubError('forbidden', 'Only administrators may change what groups give.');
}

/** Who runs with another policy than they would get now, or in the state that `resolve` answers for. */
export function outdatedOf(running: readonly StartedServer[], resolve: (groups: readonly GroupId[]) => EffectivePolicy): readonly OutdatedServer[] {
  return running.flatMap(({ owner, name, policy, groups }) => {
    const sections = outdatedIn(policy, startedWith(resolve(groups)));
    return sections.length === 0 ? [] : [{ owner: owner.name, name, sections }];
  });
}
