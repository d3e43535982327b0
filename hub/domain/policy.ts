/** A folder of the host that servers get to see. */
export interface PolicyMount {
  /** Absolute path on the host. */
  readonly source: string;
  /** Absolute path in the server. */
  readonly target: string;
  readonly writable: boolean;
}

/** Sections of a policy, in the order in which people read them. */
export const SECTIONS = ['profiles', 'limits', 'mounts', 'environment', 'idle', 'network', 'docker'] as const;
export type Section = (typeof SECTIONS)[number];

/**
 * What a group gives its members. A section that is off grants nothing and keeps what it says. In amounts and times null says nothing,
 * and 0 means no limit. Memory is in bytes, times are milliseconds.
 */
export interface GroupPolicy {
  /** Slugs. A profile that any group names is for the members of those groups alone; all others are for everybody. */
  readonly profiles: { readonly on: boolean; readonly allowed: readonly string[] };
  /** `cpus` and `memory` of one server of a member, in place of its profile's; `servers` that one member may have at a time. */
  readonly limits: { readonly on: boolean; readonly cpus: number | null; readonly memory: number | null; readonly servers: number | null };
  readonly mounts: { readonly on: boolean; readonly folders: readonly PolicyMount[] };
  readonly environment: { readonly on: boolean; readonly variables: Readonly<Record<string, string>> };
  readonly idle: { readonly on: boolean; readonly idleLimit: number | null; readonly maxAge: number | null };
  /** On: servers of members reach the internet, whatever their profile says. */
  readonly network: { readonly on: boolean };
  /** On: servers of members get the engine's socket, and with it all power over the host. */
  readonly docker: { readonly on: boolean };
}

export const NO_POLICY: GroupPolicy = {
  profiles: { on: false, allowed: [] },
  limits: { on: false, cpus: null, memory: null, servers: null },
  mounts: { on: false, folders: [] },
  environment: { on: false, variables: {} },
  idle: { on: false, idleLimit: null, maxAge: null },
  network: { on: false },
  docker: { on: false },
};

/** One group's share. A group may have several: what the configuration declares stands beside what administrators set. */
export interface Contribution {
  readonly group: string;
  readonly policy: GroupPolicy;
}

/** A value and the groups that it comes from; none: the profile's own, or the hub's. */
export interface Granted<T> {
  readonly value: T;
  readonly from: readonly string[];
}

export interface PolicyDefaults {
  /** Slugs of the profiles that are for everybody. */
  readonly profiles: readonly string[];
  /** Servers that a user may have at a time; 0: any number. */
  readonly servers: number;
}

export interface EffectivePolicy {
  readonly profiles: readonly Granted<string>[];
  /** null: the profile's. 0: no limit. */
  readonly cpus: Granted<number | null>;
  readonly memory: Granted<number | null>;
  readonly servers: Granted<number>;
  readonly mounts: readonly Granted<PolicyMount>[];
  readonly environment: readonly Granted<{ readonly name: string; readonly value: string }>[];
  /** null: the profile's, or the hub's. 0: never. */
  readonly idleLimit: Granted<number | null>;
  readonly maxAge: Granted<number | null>;
  /** False: as the profile says. */
  readonly outbound: Granted<boolean>;
  readonly docker: Granted<boolean>;
}

/**
 * What somebody gets from all of their groups, given in order of priority, the first one first. The rules for what they disagree about:
 *
 * - Profiles, network and Docker: one group that grants them is enough.
 * - Limits: the largest counts, and no limit is the largest.
 * - Idle limit and maximum age: the longest counts, and never is the longest.
 * - Environment: of a variable that several groups set, the first group's value.
 * - Mounts: of a place that several groups fill, the first group's folder; it is writable if any group that mounts this very folder there says so.
 *
 * What no group says comes from the profile, and what that leaves open from the hub's settings.
 */
export function effectivePolicy(groups: readonly Contribution[], defaults: PolicyDefaults): EffectivePolicy {
  const servers = largest(groups, ({ limits }) => (limits.on ? limits.servers : null));
  return {
    profiles: profilesOf(groups, defaults.profiles),
    cpus: largest(groups, ({ limits }) => (limits.on ? limits.cpus : null)),
    memory: largest(groups, ({ limits }) => (limits.on ? limits.memory : null)),
    servers: { value: servers.value ?? defaults.servers, from: servers.from },
    mounts: mountsOf(groups),
    environment: environmentOf(groups),
    idleLimit: largest(groups, ({ idle }) => (idle.on ? idle.idleLimit : null)),
    maxAge: largest(groups, ({ idle }) => (idle.on ? idle.maxAge : null)),
    outbound: anyOf(groups, ({ network }) => network.on),
    docker: anyOf(groups, ({ docker }) => docker.on),
  };
}

const named = (groups: readonly Contribution[]): readonly string[] => [...new Set(groups.map(({ group }) => group))];

function anyOf(groups: readonly Contribution[], grants: (policy: GroupPolicy) => boolean): Granted<boolean> {
  const from = named(groups.filter(({ policy }) => grants(policy)));
  return { value: from.length > 0, from };
}

/** 0 is no limit, which is more than every number. */
const size = (value: number | null): number => (value === null ? -1 : value === 0 ? Infinity : value);

function largest(groups: readonly Contribution[], of: (policy: GroupPolicy) => number | null): Granted<number | null> {
  const said = groups.filter(({ policy }) => of(policy) !== null);
  const most = Math.max(-1, ...said.map(({ policy }) => size(of(policy))));
  const winners = said.filter(({ policy }) => size(of(policy)) === most);
  const [first] = winners;
  return first === undefined ? { value: null, from: [] } : { value: of(first.policy), from: named(winners) };
}

function profilesOf(groups: readonly Contribution[], open: readonly string[]): readonly Granted<string>[] {
  const granting = groups.filter(({ policy }) => policy.profiles.on);
  const slugs = new Set([...open, ...granting.flatMap(({ policy }) => policy.profiles.allowed)]);
  return [...slugs].map((slug) => ({ value: slug, from: open.includes(slug) ? [] : named(granting.filter(({ policy }) => policy.profiles.allowed.includes(slug))) }));
}

function mountsOf(groups: readonly Contribution[]): readonly Granted<PolicyMount>[] {
  const all = groups.flatMap(({ group, policy }) => (policy.mounts.on ? policy.mounts.folders.map((folder) => ({ group, folder })) : []));
  const targets = [...new Set(all.map(({ folder }) => folder.target))].sort();
  return targets.flatMap((target) => {
    const first = all.find(({ folder }) => folder.target === target);
    if (first === undefined) return [];
    const same = all.filter(({ folder }) => folder.target === target && folder.source === first.folder.source);
    return [{ value: { ...first.folder, writable: same.some(({ folder }) => folder.writable) }, from: [...new Set(same.map(({ group }) => group))] }];
  });
}

function environmentOf(groups: readonly Contribution[]): EffectivePolicy['environment'] {
  const found = new Map<string, Granted<{ readonly name: string; readonly value: string }>>();
  for (const { group, policy } of groups) {
    for (const [name, value] of policy.environment.on ? Object.entries(policy.environment.variables) : []) {
      if (!found.has(name)) found.set(name, { value: { name, value }, from: [group] });
    }
  }
  return [...found.values()].sort((a, b) => (a.value.name < b.value.name ? -1 : 1));
}

/** The part that is built into a server when it starts: a change of it reaches a running server only with a new one. */
export interface StartedPolicy {
  readonly cpus: number | null;
  readonly memory: number | null;
  readonly mounts: readonly PolicyMount[];
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly outbound: boolean;
  readonly docker: boolean;
}

export const startedWith = (policy: EffectivePolicy): StartedPolicy => ({
  cpus: policy.cpus.value,
  memory: policy.memory.value,
  mounts: policy.mounts.map(({ value: { source, target, writable } }) => ({ source, target, writable })),
  environment: policy.environment.map(({ value: { name, value } }) => ({ name, value })),
  outbound: policy.outbound.value,
  docker: policy.docker.value,
});

/** What a server that was started with one policy has otherwise than it would have now; empty: nothing. */
export function outdatedIn(started: StartedPolicy, now: StartedPolicy): readonly Section[] {
  const differs = (...keys: readonly (keyof StartedPolicy)[]): boolean => keys.some((key) => JSON.stringify(started[key]) !== JSON.stringify(now[key]));
  const found: readonly (readonly [Section, boolean])[] = [
    ['limits', differs('cpus', 'memory')], ['mounts', differs('mounts')], ['environment', differs('environment')], ['network', differs('outbound')], ['docker', differs('docker')],
  ];
  return found.filter(([, is]) => is).map(([section]) => section);
}

export type PolicyItem = 'profile' | 'cpus' | 'memory' | 'servers' | 'mount' | 'variable' | 'idleLimit' | 'maxAge' | 'network' | 'docker';

/** One thing that becomes different for somebody. `changes`: neither more nor less, or nobody can say. */
export interface PolicyChange {
  readonly kind: 'gains' | 'loses' | 'changes';
  readonly what: PolicyItem;
  /** Slug, place in the server, or name of a variable; empty where `what` says all. */
  readonly name: string;
  /** Of amounts and times, before and after; null: what the profile or the hub says. Absent for everything else: values of variables are nobody else's business. */
  readonly before?: number | null;
  readonly after?: number | null;
}

/** Who had the one policy and gets the other: what they gain, lose, and get otherwise. */
export function policyChanges(before: EffectivePolicy, after: EffectivePolicy): readonly PolicyChange[] {
  const slugs = ({ profiles }: EffectivePolicy) => new Map(profiles.map(({ value }) => [value, '']));
  const places = ({ mounts }: EffectivePolicy) => new Map(mounts.map(({ value }) => [value.target, JSON.stringify([value.source, value.writable])]));
  const variables = ({ environment }: EffectivePolicy) => new Map(environment.map(({ value }) => [value.name, value.value]));
  return [
    ...byName('profile', slugs(before), slugs(after)),
    ...(['cpus', 'memory', 'servers', 'idleLimit', 'maxAge'] as const).flatMap((what) => amount(what, before[what].value, after[what].value)),
    ...byName('mount', places(before), places(after)),
    ...byName('variable', variables(before), variables(after)),
    ...flag('network', before.outbound.value, after.outbound.value),
    ...flag('docker', before.docker.value, after.docker.value),
  ];
}

function byName(what: PolicyItem, before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly PolicyChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((name): readonly PolicyChange[] => {
    if (!before.has(name)) return [{ kind: 'gains', what, name }];
    if (!after.has(name)) return [{ kind: 'loses', what, name }];
    return before.get(name) === after.get(name) ? [] : [{ kind: 'changes', what, name }];
  });
}

/** Against a profile's own value nobody can say whether it is more: members have several profiles. */
function amount(what: PolicyItem, before: number | null, after: number | null): readonly PolicyChange[] {
  if (before === after) return [];
  const kind = before === null || after === null ? 'changes' : size(after) > size(before) ? 'gains' : 'loses';
  return [{ kind, what, name: '', before, after }];
}

const flag = (what: PolicyItem, before: boolean, after: boolean): readonly PolicyChange[] => (before === after ? [] : [{ kind: after ? 'gains' : 'loses', what, name: '' }]);

interface Governed {
  readonly limits: { readonly cpus: number | null; readonly memoryBytes: number | null; readonly pids: number | null };
  readonly env: Readonly<Record<string, string>>;
  readonly outbound: 'none' | 'open';
}

/** A profile as this policy has it: what a group says comes before what the profile says. */
export function governed<P extends Governed>(profile: P, policy: EffectivePolicy): P {
  const limit = (said: number | null, own: number | null): number | null => (said === null ? own : said === 0 ? null : said);
  return {
    ...profile,
    limits: { ...profile.limits, cpus: limit(policy.cpus.value, profile.limits.cpus), memoryBytes: limit(policy.memory.value, profile.limits.memoryBytes) },
    env: { ...profile.env, ...Object.fromEntries(policy.environment.map(({ value: { name, value } }) => [name, value])) },
    outbound: policy.outbound.value ? 'open' : profile.outbound,
  };
}
