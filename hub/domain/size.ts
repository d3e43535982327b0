import { HubError } from './errors';
import type { Limits } from './profile';

/** What somebody wants of a profile's limits. Absent: all of it. */
export interface Size {
  readonly cpus?: number | undefined;
  /** Bytes. */
  readonly memory?: number | undefined;
}

type Sizable = { readonly limits: Pick<Limits, 'cpus' | 'memoryBytes'> };
type Options = Readonly<Record<string, unknown>> | null;

export const LEAST_CPUS = 0.1;
export const LEAST_MEMORY = 256 * 1024 ** 2;

const numberIn = (from: unknown, key: string): number | undefined => {
  const value = typeof from === 'object' && from !== null ? (from as Readonly<Record<string, unknown>>)[key] : undefined;
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : undefined;
};

/** What a start was asked for. */
export const sizeAsked = (options: Options): Size => ({ cpus: numberIn(options?.['size'], 'cpus'), memory: numberIn(options?.['size'], 'memory') });

const least = (asked: number | undefined, limit: number | null): number | null => (asked === undefined ? limit : limit === null ? asked : Math.min(asked, limit));

/** The profile as this start takes it. Never more than the profile has, also when that was changed since. */
export function sized<P extends Sizable>(profile: P, options: Options): P {
  const { cpus, memory } = sizeAsked(options);
  return cpus === undefined && memory === undefined ? profile : { ...profile, limits: { ...profile.limits, cpus: least(cpus, profile.limits.cpus), memoryBytes: least(memory, profile.limits.memoryBytes) } };
}

/** Throws `invalid-input` for more than the profile has, and for less than anything runs with. */
export function demandSize({ limits }: Sizable, options: Options): void {
  const { cpus, memory } = sizeAsked(options);
  if (cpus !== undefined && (cpus < LEAST_CPUS || (limits.cpus !== null && cpus > limits.cpus))) throw new HubError('invalid-input', `CPUs: from ${LEAST_CPUS} to ${limits.cpus ?? 'any number'} in this profile.`);
  if (memory !== undefined && (memory < LEAST_MEMORY || (limits.memoryBytes !== null && memory > limits.memoryBytes))) {
    throw new HubError('invalid-input', `Memory: from ${mib(LEAST_MEMORY)} to ${limits.memoryBytes === null ? 'any amount' : mib(limits.memoryBytes)} in this profile.`);
  }
}

export function isSameSize(one: Options, other: Options): boolean {
  const [a, b] = [sizeAsked(one), sizeAsked(other)];
  return a.cpus === b.cpus && a.memory === b.memory;
}

const mib = (bytes: number): string => `${Math.floor(bytes / 1024 ** 2)} MiB`;
