/** What there is, by key. What is not there has no key. */
export type World = Readonly<Record<string, string>>;

/** What becomes of some keys; null: they go. */
export type Change = Readonly<Record<string, string | null>>;

/** A value that may be anything: something goes on with it that nobody waits for. */
export const ANY = '*';

/** What somebody who sends one change after the other may rely on. */
export interface Ledger {
  /** As far as that is known; exact after every look and every answer. */
  now(): World;
  /** A change is under way: any of `ways` may be found from now on, or nothing of it. What a change does, it does all at once. */
  sent(ways: readonly Change[]): void;
  /** It is done, and nothing may take it back. */
  acknowledged(done: Change): void;
  /** It was not done. */
  refused(): void;
  /** Compares with what was found, and goes on from there. Returns what is wrong; undefined: nothing. */
  settle(found: World): string | undefined;
}

export function createLedger(first: World = {}): Ledger {
  let before = first;
  let possible: readonly World[] = [first];
  const only = (world: World): void => {
    before = world;
    possible = [world];
  };
  return {
    now: () => before,
    sent: (ways) => void (possible = [before, ...ways.map((way) => changed(before, way))]),
    acknowledged: (done) => only(changed(before, done)),
    refused: () => only(before),
    settle(found) {
      const ok = possible.some((world) => differences(world, found).length === 0);
      const wrong = ok ? undefined : possible.map((world) => differences(world, found).join(', ')).join(' | or ');
      only(found);
      return wrong;
    },
  };
}

function changed(world: World, change: Change): World {
  const kept = Object.entries({ ...world, ...change }).filter((entry): entry is [string, string] => entry[1] !== null);
  return Object.fromEntries(kept);
}

const differences = (wanted: World, found: World): readonly string[] =>
  [...new Set([...Object.keys(wanted), ...Object.keys(found)])].filter((key) => wanted[key] !== found[key] && wanted[key] !== ANY).map((key) => `${key}: ${wanted[key] ?? 'none'} acknowledged, ${found[key] ?? 'none'} found`);
