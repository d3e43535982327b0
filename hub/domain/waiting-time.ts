/** Fewer sessions than this say nothing about the next one. */
const FEWEST = 5;

export interface Running {
  /** Milliseconds since it began to hold its place; negative counts as none. */
  readonly ages: readonly number[];
  /** Servers that end now. */
  readonly ending: number;
}

/**
 * Milliseconds until the one at `position` (1 is the first) gets a place, judged by how long servers ran before; null: nobody can say.
 * Of each running server, what is left is the median of those sessions that lasted longer than it has, less its age.
 */
export function waitingTime(position: number, { ages, ending }: Running, spans: readonly number[]): number | null {
  const left = [...Array<number>(ending).fill(0), ...ages.map((age) => leftOf(Math.max(0, age), spans))].sort((a, b) => a - b);
  const wait = left[position - 1];
  return wait === undefined || wait === Infinity ? null : wait;
}

function leftOf(age: number, spans: readonly number[]): number {
  const longer = spans.filter((span) => span > age).sort((a, b) => a - b);
  return longer.length < FEWEST ? Infinity : (longer[Math.floor((longer.length - 1) / 2)] ?? Infinity) - age;
}
