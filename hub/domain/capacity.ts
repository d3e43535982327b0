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

/** What is left of something, of which there is so much in all. */
export interface Left {
  readonly left: number;
  readonly total: number;
}

/** What there is too little of first: free memory of the machine, or what the hub's settings give to all servers together. */
export type Bound = 'machine' | 'memory' | 'cpus' | 'servers';

/** How many more servers of one size fit. */
export interface MoreRoom extends Left {
  readonly count: number;
  /** What one more than these would have too little of; `left` and `total` are of it: bytes, CPUs or servers. */
  readonly bound: Bound;
}

/** What is left below a ceiling, by the same count as `fits`; null: no limit. */
export function leftOf(ceiling: Ceiling, held: readonly Need[]): Readonly<Record<Exclude<Bound, 'machine'>, Left | null>> {
  const left = (total: number, takes: (need: Need) => number | null): Left | null =>
    total === 0 ? null : { left: Math.max(0, total - held.reduce((sum, need) => sum + (takes(need) ?? total), 0)), total };
  return { servers: left(ceiling.servers, () => 1), memory: left(ceiling.memory, ({ memory }) => memory), cpus: left(ceiling.cpus, ({ cpus }) => cpus) };
}

/** null: nobody can say, because such a server may take everything, or nothing is known of the machine. */
export function moreRoom(need: Need, left: Readonly<Record<Bound, Left | null>>): MoreRoom | null {
  const { memory } = need;
  if (memory === null || left.machine === null) return null;
  const takes: Readonly<Record<Bound, number | null>> = { machine: memory, memory, cpus: need.cpus, servers: 1 };
  const rooms = BOUNDS.flatMap((bound): MoreRoom[] => {
    const of = left[bound];
    if (of === null) return [];
    // What may take everything fits only where nothing is taken yet.
    return [{ ...of, bound, count: Math.floor(of.left / (takes[bound] ?? of.total) + ROUNDING) }];
  });
  return rooms.reduce((least, one) => (one.count < least.count ? one : least));
}

const BOUNDS = ['machine', 'memory', 'cpus', 'servers'] as const;

export const UNLIMITED: Ceiling = { servers: 0, memory: 0, cpus: 0 };
