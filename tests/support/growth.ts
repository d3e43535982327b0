const SMALL = 10_000;
const FACTOR = 8;
/** What eight times the text costs at most, as a multiple: linear is 8, quadratic 64. */
const LIMIT = 30;
/** So little that the clock's own noise would decide. */
const NOTHING_MS = 20;
const TRIES = 4;

/**
 * Does the work grow faster than the text? Compares the work with itself, so that a slow or busy machine changes nothing: the fastest of
 * some tries counts, and only when every try says so.
 */
export function growsTooFast(work: (text: string) => void, text: (length: number) => string): boolean {
  const [small, large] = [text(SMALL), text(SMALL * FACTOR)];
  let fastSmall = Infinity;
  let fastLarge = Infinity;
  for (let i = 0; i < TRIES; i += 1) {
    fastLarge = Math.min(fastLarge, timed(() => work(large)));
    if (fastLarge < NOTHING_MS) return false;
    fastSmall = Math.min(fastSmall, timed(() => work(small)));
  }
  return fastLarge > fastSmall * LIMIT;
}

/** Of the processor, in milliseconds: what others do on the machine does not count. */
function timed(work: () => void): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}
