/**
 * Rows that one synchronous write may hold: each takes up to 20 µs, and nothing may keep everybody waiting for 20 ms (P06). What is more is
 * written in the next turns of the event loop.
 */
export const ROWS_AT_ONCE = 250;

/** Runs `step` until it says that nothing is left, with a turn for everybody else in between. The first runs at once. `step` never throws. */
export function inTurns(step: () => boolean): void {
  if (step()) setImmediate(() => inTurns(step));
}

/** For work that is written as a loop: everybody else's turn. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The oldest entries of a map, `count` at most. */
export function firstOf<K, V>(map: ReadonlyMap<K, V>, count: number): ReadonlyMap<K, V> {
  const first = new Map<K, V>();
  for (const [key, value] of map) {
    if (first.size >= count) break;
    first.set(key, value);
  }
  return first;
}
