import { can, demand, demandAny, HUB, lacking, notFound, type Actor, type Target } from '../domain/access';
import { HubError } from '../domain/errors';
import { newId, type GroupId } from '../domain/ids';
import { normaliseUserName, parseGroupName } from '../domain/names';
import { narrowing } from '../domain/scopes/covers';
import type { ScopeName } from '../domain/scopes/tree';
import { shown } from '../domain/shown';
import type { Group, User } from '../domain/user';
import type { Store } from '../store/store';
import type { Actors, Groups, Recorder } from './contract';
import type { PolicyBook } from './policy-book';

export interface GroupsDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  readonly actors: Pick<Actors, 'forget'>;
  /** Ends what is open and not allowed any more: a server can be shared with a group. */
  readonly recheck: () => void;
  /** Whether membership gives more than company: a role, or something by a policy. */
  readonly isPrivileged: (group: Group) => boolean;
  readonly policies: Pick<PolicyBook, 'isBuiltIn'>;
}

const READ: readonly ScopeName[] = ['read:groups', 'read:groups:name', 'read:roles:groups'];
const MAX_GROUPS = 10_000;
/** Memberships that are made in one call: more would hold up everybody else (Q10). */
const MOST_AT_ONCE = 10_000;

/** JupyterHub's groups (protocol, 3.9): who is in which, and free properties. What a group may do is declared in the configuration only. */
export function createGroups({ store, audit, actors, recheck, isPrivileged, policies }: GroupsDeps): Groups {
  const target = (name: string): Target => ({ kind: 'group', name });

  /** Who may act on every group is told that there is none; everybody else learns nothing (D06). */
  const demanded = (actor: Actor, name: string, scopes: readonly ScopeName[]): Group => {
    demandAny(actor, scopes, target(name));
    const group = store.groups.byName(name);
    if (group !== undefined) return group;
    throw scopes.some((scope) => can(actor, scope, HUB)) ? new HubError('not-found', `No such group: ${shown(name)}`) : notFound();
  };

  const usersNamed = (names: readonly string[]): readonly User[] =>
    [...new Set(names.map(normaliseUserName))].map((name) => {
      const user = store.users.byName(name as User['name']);
      if (user === undefined) throw new HubError('invalid-input', `No such user: ${shown(name)}`);
      return user;
    });

  /** Scopes over groups are not enough to hand out what a group gives: that would be a way to give oneself a role (D04). */
  const demandMayFill = (actor: Actor, group: Group): void => {
    if (!actor.admin && isPrivileged(group)) throw new HubError('forbidden', 'Only administrators may change who is in a group that has roles or a policy.');
  };

  const make = (actor: Actor, name: string, users: readonly User[]): Group => {
    const group: Group = { id: newId<GroupId>(), name, properties: {} };
    if (users.length > 0) demandMayFill(actor, group);
    store.groups.create(group);
    for (const user of users) store.groups.addMember(group.id, user.id);
    audit.record(actor, 'group.create', `group:${name}`, { detail: { users: users.map((user) => user.name) } });
    return group;
  };

  const write = <T>(work: () => T): T => {
    const done = store.transaction(work);
    // What somebody may do hangs on their groups, and on those of whom they act on.
    actors.forget();
    recheck();
    return done;
  };

  const moved = (actor: Actor, ask: { readonly name: string; readonly users: readonly string[]; readonly action: 'group.add' | 'group.remove' }): Group => {
    const group = demanded(actor, ask.name, ['groups']);
    const users = usersNamed(ask.users);
    demandMayFill(actor, group);
    const change = ask.action === 'group.add' ? store.groups.addMember : store.groups.removeMember;
    return write(() => {
      for (const user of users) change(group.id, user.id);
      audit.record(actor, ask.action, `group:${group.name}`, { detail: { users: users.map((user) => user.name) } });
      return group;
    });
  };

  return {
    list(actor, { offset, limit }) {
      const seen = narrowing(actor.scopes, 'list:groups');
      if (seen === undefined) throw lacking(['list:groups']);
      if (seen.all) return store.groups.list({ offset, limit });
      const mine = store.groups.list({ offset: 0, limit: MAX_GROUPS }).groups.filter((group) => seen.groups.has(group.name));
      return { groups: mine.slice(offset, offset + limit), total: mine.length };
    },
    get: (actor, name) => demanded(actor, name, READ),
    membersOf: (group) => store.groups.membersOf(group.id),
    create(actor, names, users) {
      demand(actor, 'admin:groups', HUB);
      const wanted = [...new Set(names.map(parseGroupName))];
      const taken = wanted.find((name) => store.groups.byName(name) !== undefined);
      if (taken !== undefined) throw new HubError('conflict', `Group ${taken} already exists`);
      const members = usersNamed(users);
      if (wanted.length * members.length > MOST_AT_ONCE) throw new HubError('invalid-input', `That is more than ${MOST_AT_ONCE} memberships at once: make the groups in several calls.`);
      return write(() => wanted.map((name) => make(actor, name, members)));
    },
    remove(actor, name) {
      const group = demanded(actor, name, ['delete:groups']);
      if (policies.isBuiltIn(group.name)) throw new HubError('conflict', `${group.name} is a built-in group: it cannot be deleted. Take its members out instead.`);
      demandMayFill(actor, group);
      write(() => {
        store.groups.remove(group.id);
        audit.record(actor, 'group.delete', `group:${group.name}`);
      });
    },
    demandMayFill: (actor, name) => demandMayFill(actor, demanded(actor, name, ['groups'])),
    addUsers: (actor, name, users) => moved(actor, { name, users, action: 'group.add' }),
    removeUsers: (actor, name, users) => moved(actor, { name, users, action: 'group.remove' }),
    setProperties(actor, name, properties) {
      const group = demanded(actor, name, ['groups']);
      return write(() => {
        store.groups.setProperties(group.id, properties);
        audit.record(actor, 'group.properties', `group:${group.name}`, { detail: { keys: Object.keys(properties).slice(0, 20) } });
        return { ...group, properties };
      });
    },
  };
}
