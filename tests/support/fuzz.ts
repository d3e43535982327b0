import fc from 'fast-check';

/** The same inputs in every run, so that a red run can be repeated; other ones by choice: `BERTH_FUZZ_SEED=$RANDOM BERTH_FUZZ_RUNS=100000`. */
const SEED = Number(process.env.BERTH_FUZZ_SEED ?? 20_260_801);

export interface Effort {
  readonly seed: number;
  readonly numRuns: number;
}

/** `usual`: how many inputs an ordinary run tries. A failure prints seed, path and the smallest input. */
export const effort = (usual: number): Effort => ({ seed: SEED, numRuns: Number(process.env.BERTH_FUZZ_RUNS ?? usual) });

/** Strings made of pieces that mean something to some parser, with anything at all in between. */
export const textOf = (pieces: readonly string[], maxLength = 10): fc.Arbitrary<string> =>
  fc.array(fc.oneof({ arbitrary: fc.constantFrom(...pieces), weight: 6 }, { arbitrary: fc.string({ unit: 'binary', maxLength: 3 }), weight: 1 }), { maxLength }).map((parts) => parts.join(''));

/** As a parser of HTTP hands bytes on: each is one character. */
export const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
