/** A small linear congruential generator: the same throws for the same seed. `roll(n)` is one of 0 to n - 1. */
export type Roll = (n: number) => number;

export function dice(seed: number): Roll {
  let x = seed;
  return (n) => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((x / 2 ** 32) * n);
  };
}

/** undefined: there is none. */
export const oneOf = <T>(roll: Roll, all: readonly T[]): T | undefined => all[roll(all.length)];
