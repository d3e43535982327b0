import { can, demand, demandAny, HUB, isOwn, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { GroupId } from '../domain/ids';
import { NO_POLICY, policyChanges, SECTIONS, type GroupPolicy, type PolicyChange } from '../domain/policy';
import { demandSound } from '../domain/policy-rules';
import { shown } from '../domain/shown';
import type { Group, User } from '../domain/user';
import { targetOf } from './account-deps';
import type { CountedChange, GroupPolicies, GroupView, PolicyPreview } from './group-policies-contract';
import { createGroupTransfer, demandAdministrator, outdatedOf, type GroupPoliciesDeps } from './group-transfer';

const SHOWN_NAMES = 10;

export function createGroupPolicies(deps: GroupPoliciesDeps): GroupPolicies {
  const { store, audit, book } = deps;

  const groupAt = (actor: Actor, name: string): Group => {
    demand(actor, 'admin:groups', { kind: 'group', name });
    const group = store.groups.byName(name);
    if (group === undefined) throw new HubError('not-found', `No such group: ${shown(name)}`);
    return group;
  };

  const viewOf = (row: { readonly group: Group; readonly rank: number; readonly members: number }): GroupView => ({
    ...row, roles: store.roles.ofGroup(row.group.id), policy: book.policyOf(row.group.id), declared: book.declaredOf(row.group.name), builtIn: book.isBuiltIn(row.group.name),
  });

  function view(actor: Actor, name: string): GroupView {
    const group = groupAt(actor, name);
    const rank = store.policies.order().findIndex(({ id }) => id === group.id) + 1;
    return viewOf({ group, rank, members: store.policies.members(group.id, { offset: 0, limit: 0 }).total });
  }

  function set(actor: Actor, name: string, policy: GroupPolicy): GroupPolicy {
    const group = groupAt(actor, name);
    demandAdministrator(actor);
    demandSound(policy, book.rules());
    return store.transaction(() => {
      const before = book.policyOf(group.id);
      book.put(group.id, policy);
      audit.record(actor, 'group.policy', `group:${group.name}`, { detail: detailOf(before, policy) });
      return policy;
    });
  }

  function setOrder(actor: Actor, names: readonly string[]): readonly string[] {
    demand(actor, 'admin:groups', HUB);
    demandAdministrator(actor);
    return store.transaction(() => {
      const all = store.policies.order();
      const first = [...new Set(names)].map((name) => {
        const found = all.find((group) => group.name === name);
        if (found === undefined) throw new HubError('invalid-input', `No such group: ${shown(name)}`);
        return found;
      });
      const order = [...first, ...all.filter((group) => !first.includes(group))];
      if (order.some((group, i) => group !== all[i])) {
        book.setOrder(order.map(({ id }) => id));
        audit.record(actor, 'group.order', 'groups', { detail: { first: order.slice(0, SHOWN_NAMES).map(({ name }) => name) } });
      }
      return order.map(({ name }) => name);
    });
  }

  function move(actor: Actor, name: string, direction: 'up' | 'down'): void {
    demand(actor, 'admin:groups', HUB);
    const order = store.policies.order().map((group) => group.name);
    const at = order.indexOf(name);
    if (at < 0) throw new HubError('not-found', `No such group: ${shown(name)}`);
    const to = direction === 'up' ? at - 1 : at + 1;
    const neighbour = order[to];
    if (neighbour === undefined) return;
    setOrder(actor, order.with(to, name).with(at, neighbour));
  }

  function preview(actor: Actor, name: string, policy: GroupPolicy): PolicyPreview {
    const { id } = groupAt(actor, name);
    demandSound(policy, book.rules());
    const state = book.state();
    const [before, after] = [book.resolver(state), book.resolver({ ...state, policies: new Map(state.policies).set(id, policy) })];
    const changesOf = (groups: readonly GroupId[]): readonly PolicyChange[] => policyChanges(before(groups), after(groups));
    const own = store.policies.groupSets(id);
    const named = (of: GroupPolicy): string => JSON.stringify(of.profiles.on ? of.profiles.allowed.toSorted() : []);
    // Only a profile that a group names, or names no longer, changes anything for others.
    const others = named(policy) === named(state.policies.get(id) ?? NO_POLICY) ? [] : store.policies.groupSets(null).filter(({ groups }) => !groups.includes(id));
    return {
      members: own.reduce((sum, { users }) => sum + users, 0),
      changes: counted(own.map((one) => ({ ...one, changes: changesOf(one.groups) }))),
      others: counted(others.map((one) => ({ ...one, changes: changesOf(one.groups) }))),
      restart: outdatedOf(store.policies.running(), after),
    };
  }

  return {
    list(actor, ask) {
      demand(actor, 'admin:groups', HUB);
      const { rows, total } = store.policies.page(ask);
      return { rows: rows.map(viewOf), total };
    },
    view,
    members: (actor, name, page) => store.policies.members(groupAt(actor, name).id, page),
    set,
    preview,
    order(actor) {
      demand(actor, 'admin:groups', HUB);
      return store.policies.order().map(({ name }) => name);
    },
    setOrder,
    move,
    outdated(actor) {
      demand(actor, 'admin:groups', HUB);
      return outdatedOf(store.policies.running(), book.resolver());
    },
    explain(actor, owner: User) {
      const target = targetOf(store, owner);
      demandAny(actor, ['read:users', 'read:users:groups'], target);
      return {
        policy: book.of(owner.id), values: isOwn(actor, owner) || can(actor, 'admin:groups', HUB),
        outdated: outdatedOf(store.policies.running(owner.id), book.resolver()), ignored: deps.ignored,
      };
    },
    ...createGroupTransfer(deps),
    gives(name) {
      const group = store.groups.byName(name);
      return group !== undefined && book.gives(group);
    },
    rules: book.rules,
    ignored: () => deps.ignored,
  };
}

/** Names of what is on, and of what was changed; never a value. */
const detailOf = (before: GroupPolicy, after: GroupPolicy): Readonly<Record<string, unknown>> => ({
  on: SECTIONS.filter((section) => after[section].on),
  changed: SECTIONS.filter((section) => JSON.stringify(before[section]) !== JSON.stringify(after[section])),
});

/** The same change of several people is one line with their number. */
function counted(sets: readonly { readonly users: number; readonly names: CountedChange['names']; readonly changes: readonly PolicyChange[] }[]): readonly CountedChange[] {
  const found = new Map<string, CountedChange>();
  for (const { users, names, changes } of sets) {
    for (const change of changes) {
      const key = JSON.stringify(change);
      const so = found.get(key) ?? { ...change, users: 0, names: [] };
      found.set(key, { ...so, users: so.users + users, names: [...so.names, ...names].toSorted().slice(0, SHOWN_NAMES) });
    }
  }
  return [...found.values()];
}
