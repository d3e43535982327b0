type Version = readonly [major: number, minor: number, patch: number];

interface Hole {
  readonly cve: string;
  readonly part: 'Docker Engine' | 'runc';
  readonly means: string;
  /** First version of each line that has the repair; a line that is not named has it only when it is newer than all of these. */
  readonly repaired: readonly Version[];
}

const HOLES: readonly Hole[] = [
  { cve: 'CVE-2024-29018', part: 'Docker Engine', means: 'names can leave an internal network', repaired: [[23, 0, 11], [25, 0, 5], [26, 0, 0]] },
  { cve: 'CVE-2024-21626', part: 'runc', means: 'a container can get hold of the host\'s files', repaired: [[1, 1, 12]] },
  { cve: 'CVE-2025-31133, CVE-2025-52565, CVE-2025-52881', part: 'runc', means: 'a container can write to the host\'s kernel files', repaired: [[1, 2, 8], [1, 3, 3], [1, 4, 0]] },
];
/** Only where an authorization plugin decides what the engine does. */
const AUTHORIZATION: Hole = { cve: 'CVE-2024-41110', part: 'Docker Engine', means: 'its authorization plugin can be passed by', repaired: [[23, 0, 15], [25, 0, 6], [26, 1, 5], [27, 1, 1]] };

export interface VersionFacts {
  readonly engine: string | null;
  readonly runc: string | null;
  readonly authorizationPlugins: boolean;
}

/** What the engine says of its parts; older ones name no components. */
export function factsOf(version: { readonly Version?: string; readonly Components?: readonly { readonly Name: string; readonly Version: string }[] }, info: { readonly Plugins?: { readonly Authorization?: readonly string[] | null } | null }): VersionFacts {
  const runc = (version.Components ?? []).find(({ Name }) => Name === 'runc')?.Version;
  return { engine: version.Version ?? null, runc: runc ?? null, authorizationPlugins: (info.Plugins?.Authorization ?? []).length > 0 };
}

/** One sentence for each part whose version is known to be weak; a version that cannot be read counts as weak. */
export function weakParts(facts: VersionFacts): readonly string[] {
  const holes = facts.authorizationPlugins ? [...HOLES, AUTHORIZATION] : HOLES;
  return (['Docker Engine', 'runc'] as const).flatMap((part) => {
    const text = part === 'runc' ? facts.runc : facts.engine;
    const version = parse(text);
    if (version === null) return [`The version of ${part} is not known.`];
    const open = holes.filter((hole) => hole.part === part && !hasRepair(version, hole.repaired));
    return open.length === 0 ? [] : [`${part} ${text} has, by its version number, ${open.map(({ cve, means }) => `${cve} (${means})`).join(' and ')}.`];
  });
}

/** Leading numbers only: what a distribution appends says that it changed something, not what. */
function parse(text: string | null): Version | null {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text ?? '') ?? [];
  return major === undefined || minor === undefined ? null : [Number(major), Number(minor), Number(patch ?? 0)];
}

/** A line is what shares its first number, and for runc, whose first is always 1, the second one too. */
function hasRepair(version: Version, repaired: readonly Version[]): boolean {
  const newest = repaired.at(-1);
  if (newest !== undefined && compare(version, newest) >= 0) return true;
  return repaired.some((first) => first[0] === version[0] && first[1] === version[1] && compare(version, first) >= 0);
}

const compare = (a: Version, b: Version): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
