/** What one server takes. null: its profile has no limit, so it may take everything. */
export interface Need {
  readonly memory: number | null;
  readonly cpus: number | null;
}

/** What all servers of somebody may take together: bytes and CPUs. 0: no limit. */
export interface Ceiling {
  readonly servers: number;
  readonly memory: number;
  readonly cpus: number;
}

export interface Capacity {
  /** Of all servers; how many there may be is the cap. */
  readonly hub: Omit<Ceiling, 'servers'>;
  /** Of every single user. */
  readonly user: Ceiling;
  /** By the name of a group: of its members together. */
  readonly groups: ReadonlyMap<string, Ceiling>;
}

/** Sums of CPUs such as 0.1 + 0.2 are not exact. */
const ROUNDING = 1e-6;

/** Whether one more fits below a ceiling. What has no limit of its own counts as all of it, so it fits only alone. */
export function fits(ceiling: Ceiling, held: readonly Need[], next: Need): boolean {
  const room = (most: number, takes: (need: Need) => number | null): boolean =>
    most === 0 || [...held, next].reduce((sum, need) => sum + (takes(need) ?? most), 0) <= most + ROUNDING;
  return room(ceiling.servers, () => 1) && room(ceiling.memory, ({ memory }) => memory) && room(ceiling.cpus, ({ cpus }) => cpus);
}

export const UNLIMITED: Ceiling = { servers: 0, memory: 0, cpus: 0 };
