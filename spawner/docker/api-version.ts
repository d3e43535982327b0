/** The oldest version of the engine's API that the hub is written for, and the newest that it knows of. */
export const OLDEST_API = '1.41';
export const NEWEST_API = '1.52';

export interface ApiOffer {
  readonly ApiVersion?: string;
  readonly MinAPIVersion?: string;
}

type Version = readonly [major: number, minor: number];

/**
 * The oldest version that the hub and this engine both speak: what an engine of another age does is then the same everywhere. With nothing in
 * common it is the one that is nearest. null: the engine does not say what it speaks, and is asked without a version.
 */
export function chooseApi({ ApiVersion, MinAPIVersion }: ApiOffer): string | null {
  const newest = parse(ApiVersion);
  const oldest = parse(MinAPIVersion) ?? newest;
  if (newest === null || oldest === null) return null;
  const ours = parse(OLDEST_API) as Version;
  if (compare(newest, ours) < 0) return text(newest);
  return text(compare(oldest, ours) > 0 ? oldest : ours);
}

/** What somebody has to know of an engine with which the hub has no version in common; null: nothing. */
export function apiNote(offer: ApiOffer): string | null {
  const chosen = parse(chooseApi(offer) ?? '');
  if (chosen === null) return 'Docker does not say which versions of its API it speaks.';
  const spoken = `The hub speaks version ${text(chosen)} of Docker's API`;
  if (compare(chosen, parse(OLDEST_API) as Version) < 0) return `${spoken}, because this engine knows no newer one; it was made for ${OLDEST_API}. Install a newer Docker Engine.`;
  if (compare(chosen, parse(NEWEST_API) as Version) > 0) return `${spoken}, because this engine knows no older one; ${NEWEST_API} is the newest that it was made for. Look for a newer version of the hub.`;
  return null;
}

export interface LimitFacts {
  readonly MemoryLimit?: boolean;
  readonly SwapLimit?: boolean;
  readonly CPUCfsQuota?: boolean;
  readonly PidsLimit?: boolean;
}

const LIMITS: readonly (readonly [keyof LimitFacts, string])[] = [['MemoryLimit', 'memory'], ['SwapLimit', 'swap'], ['CPUCfsQuota', 'CPUs'], ['PidsLimit', 'the number of processes']];

/** Limits that the engine says it cannot hold: it starts containers without them, and tells nobody. null: it holds all of them. */
export function limitsNote(facts: LimitFacts): string | null {
  const missing = LIMITS.filter(([fact]) => facts[fact] === false).map(([, what]) => what);
  return missing.length === 0 ? null : `This engine cannot limit ${missing.join(', ')}: servers run without. Enable these cgroup controllers in the host's kernel.`;
}

/** The engine was replaced, and the version that it spoke before is refused; nothing was done yet. */
export const isRefusedApi = (status: number | null, words: string): boolean => status === 400 && /client version \S+ is too (?:old|new)/i.test(words);

function parse(version: string | undefined): Version | null {
  const [, major, minor] = /^(\d+)\.(\d+)$/.exec(version ?? '') ?? [];
  return major === undefined || minor === undefined ? null : [Number(major), Number(minor)];
}

const text = (version: Version): string => version.join('.');
const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1];
