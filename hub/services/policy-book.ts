import { createHash } from 'node:crypto';
import type { GroupId, ServerId, UserId } from '../domain/ids';
import { effectivePolicy, NO_POLICY, startedWith, type Contribution, type EffectivePolicy, type GroupPolicy, type StartedPolicy } from '../domain/policy';
import { DOCKER_GROUP, type PolicyRules } from '../domain/policy-rules';
import type { Store } from '../store/store';
import { ensureGroup } from './declared-groups';

export interface PolicyBookDeps {
  readonly store: Store;
  /** What the configuration declares, beside what administrators set; in the order of the file. */
  readonly declared: readonly Contribution[];
  /** Names of the groups that are always there. */
  readonly builtIn: readonly string[];
  /** Slugs of the profiles that there are now. */
  readonly profiles: () => readonly string[];
  /** Servers that a user may have at a time now, where no group says so; 0: any number. */
  readonly userServers: () => number;
  /** Folders of the host that may be mounted. */
  readonly mounts: readonly string[];
}

/** What a question about policies is answered from: as it is, or as it would be. */
export interface PolicyState {
  readonly policies: ReadonlyMap<GroupId, GroupPolicy>;
  readonly order: readonly GroupId[];
}

/** Who gets what by their groups. Knows no actors: whoever asks for somebody has checked that they may. */
export interface PolicyBook {
  of(owner: UserId): EffectivePolicy;
  /** Of many, for lists: their memberships are read at once. */
  ofEach(owners: readonly UserId[]): (owner: UserId) => EffectivePolicy;
  /** For members of exactly these groups, in a state of policies; absent: as it is. Remembers what it was asked. */
  resolver(state?: PolicyState): (groups: readonly GroupId[]) => EffectivePolicy;
  state(): PolicyState;
  /** What administrators set. */
  policyOf(group: GroupId): GroupPolicy;
  /** What the configuration declares for a group of this name, or the hub gives it as a built-in one; null: nothing. */
  declaredOf(name: string): GroupPolicy | null;
  put(group: GroupId, policy: GroupPolicy): void;
  /** A transaction was undone: what was remembered may be of it. */
  forget(): void;
  setOrder(groups: readonly GroupId[]): void;
  rules(): PolicyRules;
  isBuiltIn(name: string): boolean;
  /** Whether membership gives anything, by a policy, the configuration, or because the group is built in. */
  gives(group: { readonly id: GroupId; readonly name: string }): boolean;
  /** Makes the built-in groups that are missing. Cheap when none is. */
  ensureBuiltIn(): void;
  /** Notes what a server is started with. */
  started(server: ServerId, policy: EffectivePolicy): void;
}

/** The part of a policy that a server is started with, in a few letters: equal texts, equal parts. */
export const hashOf = (policy: StartedPolicy): string => createHash('sha256').update(JSON.stringify(policy)).digest('hex').slice(0, 16);

export function createPolicyBook({ store, declared, builtIn, profiles, userServers, mounts }: PolicyBookDeps): PolicyBook {
  let known: { readonly state: PolicyState; readonly resolve: (groups: readonly GroupId[]) => EffectivePolicy; readonly slugs: string } | undefined;
  const forget = (): void => void (known = undefined);
  const always: readonly Contribution[] = builtIn.includes(DOCKER_GROUP) ? [...declared, { group: DOCKER_GROUP, policy: { ...NO_POLICY, docker: { on: true } } }] : declared;
  const givenTo = (name: string): readonly Contribution[] => always.filter(({ group }) => group === name);

  const load = (): PolicyState => ({ policies: store.policies.list(), order: store.policies.order().map(({ id }) => id) });

  function resolver(state: PolicyState): (groups: readonly GroupId[]) => EffectivePolicy {
    const names = new Map(store.policies.order().map(({ id, name }) => [id, name]));
    const rank = new Map(state.order.map((id, i) => [id, i]));
    const named = new Set([...state.policies.values()].flatMap(({ profiles: { on, allowed } }) => (on ? allowed : [])));
    const open = profiles().filter((slug) => !named.has(slug));
    const answers = new Map<string, EffectivePolicy>();
    return (groups) => {
      const sorted = groups.toSorted((a, b) => (rank.get(a) ?? Infinity) - (rank.get(b) ?? Infinity) || (a < b ? -1 : 1));
      const key = sorted.join(' ');
      const answer = answers.get(key) ?? effectivePolicy(sorted.flatMap((id) => contributionsOf(id, names.get(id) ?? '', state)), { profiles: open, servers: userServers() });
      answers.set(key, answer);
      return answer;
    };
  }

  function contributionsOf(id: GroupId, name: string, { policies }: PolicyState): readonly Contribution[] {
    const own = policies.get(id);
    return [...(own === undefined ? [] : [{ group: name, policy: own }]), ...givenTo(name)];
  }

  /** Groups come and go in several ways; a group that is not known yet, or other profiles or settings, are a reason to look again. */
  function current(groups: readonly GroupId[]): { readonly state: PolicyState; readonly resolve: (groups: readonly GroupId[]) => EffectivePolicy } {
    const slugs = [userServers(), ...profiles()].join(' ');
    if (known === undefined || known.slugs !== slugs || groups.some((id) => known?.state.order.includes(id) === false)) {
      const state = load();
      known = { state, resolve: resolver(state), slugs };
    }
    return known;
  }

  const ofEach = (owners: readonly UserId[]): ((owner: UserId) => EffectivePolicy) => {
    const groupsOf = store.groups.idsOf(owners);
    const { resolve } = current([...new Set(owners.flatMap(groupsOf))]);
    return (owner) => resolve(groupsOf(owner));
  };

  return {
    of: (owner) => ofEach([owner])(owner),
    ofEach,
    resolver: (state) => (state === undefined ? (groups) => current(groups).resolve(groups) : resolver(state)),
    state: load,
    policyOf: (group) => current([group]).state.policies.get(group) ?? NO_POLICY,
    declaredOf: (name) => {
      const given = givenTo(name).map(({ policy }) => policy);
      return given.length === 0 ? null : given.reduce((all, policy) => ({ ...all, idle: policy.idle.on ? policy.idle : all.idle, network: { on: all.network.on || policy.network.on }, docker: { on: all.docker.on || policy.docker.on } }));
    },
    forget,
    put: (group, policy) => {
      store.policies.put(group, policy);
      forget();
    },
    setOrder: (groups) => {
      store.policies.setOrder(groups);
      forget();
    },
    rules: () => ({ profiles: profiles(), mounts }),
    isBuiltIn: (name) => builtIn.includes(name),
    gives: ({ id, name }) => builtIn.includes(name) || [...givenTo(name).map(({ policy }) => policy), current([id]).state.policies.get(id) ?? NO_POLICY].some((policy) => Object.values(policy).some(({ on }) => on)),
    ensureBuiltIn: () => builtIn.forEach((name) => ensureGroup(store, name)),
    started: (server, policy) => {
      const part = startedWith(policy);
      store.policies.started(server, hashOf(part), part);
    },
  };
}
