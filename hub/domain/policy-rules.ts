import { HubError } from './errors';
import type { GroupPolicy, PolicyMount } from './policy';
import { shown } from './shown';

/** The group whose members get the engine's socket, where it is one of the built-in groups. */
export const DOCKER_GROUP = 'docker-privileged';

/** What an installation allows policies to say. */
export interface PolicyRules {
  /** Slugs of the profiles that there are. */
  readonly profiles: readonly string[];
  /** Folders of the host that may be mounted, each with everything in it. */
  readonly mounts: readonly string[];
}

/** Set by the hub itself, so that a group's value would be lost or would break the server. */
const RESERVED = new Set(['HOME', 'XDG_CACHE_HOME', 'PYTHONPATH', 'DATA_PATH', 'USER_ID', 'JUPYTER_TOKEN', 'JUPYTER_RUNTIME_DIR', 'JUPYTER_IMAGE_SPEC', 'MPLCONFIGDIR', 'MEM_LIMIT', 'CPU_LIMIT', 'BERTH_LAB']);
const RESERVED_BEGINNINGS = ['JUPYTERHUB_', 'JPY_'];

export const isReservedVariable = (name: string): boolean => RESERVED.has(name) || RESERVED_BEGINNINGS.some((beginning) => name.startsWith(beginning));

const MOST_MOUNTS = 32;
const MOST_VARIABLES = 100;
const LONGEST_VALUE = 4096;
/** More than any machine has; a number beyond it is a mistake. */
const MOST = { cpus: 4096, memory: 2 ** 50, servers: 10_000, time: 10 * 365 * 86_400_000 } as const;
/** The engine refuses less. */
const LEAST_MEMORY = 16 * 1024 ** 2;

/** Throws `invalid-input` with the first thing that is wrong. What is off is checked too: it may be switched on later. */
export function demandSound(policy: GroupPolicy, rules: PolicyRules): void {
  const { profiles, limits, mounts, environment, idle } = policy;
  const unknown = profiles.allowed.find((slug) => !rules.profiles.includes(slug));
  if (unknown !== undefined) throw wrong(`There is no profile ${shown(unknown)}.`);
  demandAmount('CPUs', limits.cpus, MOST.cpus);
  demandAmount('The memory', limits.memory, MOST.memory);
  if (limits.memory !== null && limits.memory > 0 && limits.memory < LEAST_MEMORY) throw wrong('The memory of a server has to be at least 16 MB.');
  demandAmount('The number of servers', limits.servers, MOST.servers);
  if (limits.servers !== null && !Number.isInteger(limits.servers)) throw wrong('The number of servers has to be a whole one.');
  demandAmount('The idle limit', idle.idleLimit, MOST.time);
  demandAmount('The maximum age', idle.maxAge, MOST.time);
  demandMounts(mounts.folders, rules.mounts);
  demandVariables(environment.variables);
}

const wrong = (message: string): HubError => new HubError('invalid-input', message);

function demandAmount(what: string, value: number | null, most: number): void {
  if (value !== null && !(Number.isFinite(value) && value >= 0 && value <= most)) throw wrong(`${what} has to be a number from 0 (no limit) to ${most}.`);
}

function demandVariables(variables: Readonly<Record<string, string>>): void {
  const entries = Object.entries(variables);
  if (entries.length > MOST_VARIABLES) throw wrong(`A group may set ${MOST_VARIABLES} variables at most.`);
  for (const [name, value] of entries) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(name)) throw wrong(`${shown(name)} is not a name of an environment variable.`);
    if (isReservedVariable(name)) throw wrong(`${name} is set by the hub itself. Choose another name.`);
    // A zero byte ends a variable for the kernel.
    if (value.length > LONGEST_VALUE || /\x00/.test(value)) throw wrong(`The value of ${name} is too long, or has characters that a variable cannot have.`);
  }
}

/** Places in a server that no group may fill: the hub's own. */
const TAKEN = ['/mnt/shared', '/data/wrds', '/data/analytics'];
/** Folders of the host that are the system's, whatever a setting allows. Docker's own among them: whoever mounts those has everything. */
const SYSTEM = ['/etc', '/proc', '/sys', '/dev', '/run', '/boot', '/bin', '/sbin', '/lib', '/lib64', '/usr', '/var/run', '/var/lib', '/root'];

/** One of them contains the other, or they are the same. Both are absolute and plain. */
const overlaps = (a: string, b: string): boolean => isWithin(a, b) || isWithin(b, a);
export const isWithin = (inner: string, outer: string): boolean => outer === '/' || inner === outer || inner.startsWith(`${outer}/`);

/** Absolute, without `.`, `..`, a double slash or one at the end, and nothing that cannot be seen. */
const isPlain = (place: string): boolean => place.length <= 1024 && place.startsWith('/') && place.slice(1).split('/').every((part) => part !== '' && part !== '.' && part !== '..') && !/\p{C}/u.test(place);

export const isSystemFolder = (place: string): boolean => place === '/' || SYSTEM.some((folder) => overlaps(place, folder)) || ['/home', '/opt', '/mnt', '/srv', '/var', '/tmp'].includes(place);

function demandMounts(folders: readonly PolicyMount[], allowed: readonly string[]): void {
  if (folders.length > MOST_MOUNTS) throw wrong(`A group may mount ${MOST_MOUNTS} folders at most.`);
  for (const { source, target } of folders) {
    if (!isPlain(source)) throw wrong(`${shown(source)} is not a plain absolute path.`);
    if (isSystemFolder(source)) throw wrong(`${shown(source)} belongs to the system of the host and is never mounted.`);
    if (!allowed.some((folder) => isWithin(source, folder))) throw wrong(`${shown(source)} is not in a folder that may be mounted. The setting policy.mounts lists those: ${allowed.length === 0 ? 'there is none' : allowed.join(', ')}.`);
    if (!isPlain(target) || !/^\/(?:mnt|data)\/./.test(target)) throw wrong(`${shown(target)} is not a place for a mount: choose one below /mnt/ or /data/.`);
    if (TAKEN.some((place) => overlaps(target, place))) throw wrong(`${shown(target)} is where the hub itself mounts something. Choose another place.`);
  }
  const twice = folders.find(({ target }, i) => folders.findIndex((other) => other.target === target) !== i);
  if (twice !== undefined) throw wrong(`Two folders are to be mounted at ${shown(twice.target)}.`);
}
