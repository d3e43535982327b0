import { bigUpload, hubPages, mixedLoad, type Soak } from './programs';

/** Name, its share of the time, and what runs. */
const SOAKS: readonly (readonly [string, number, Soak])[] = [
  ['H01 five gigabytes up', 0.2, bigUpload],
  ['Q06 Q07 mixed load in 160 MB', 0.6, mixedLoad],
  ['Q10 Q12 pages and lists', 0.2, hubPages],
];

/** One after the other, at most for the given minutes; prints a line for each and ends with 1 when one was not well. */
async function main(): Promise<void> {
  const minutes = Number(process.argv[2] ?? 60);
  if (!(minutes > 0 && minutes <= 60 * 48)) throw new Error('Say how many minutes, up to 2880: npm run soak -- 60');
  process.stdout.write(`${minutes} minutes, until ${new Date(Date.now() + minutes * 60_000).toISOString()} at the latest\n`);
  for (const [name, share, soak] of SOAKS) {
    const started = Date.now();
    const { ok, said } = await soak(started + minutes * share * 60_000).catch((err: unknown) => ({ ok: false, said: err instanceof Error ? err.message : String(err) }));
    process.stdout.write(`${ok ? '✓' : '✗'} ${name.padEnd(30)} ${((Date.now() - started) / 1000).toFixed(0).padStart(6)} s   ${said}\n`);
    if (!ok) process.exitCode = 1;
  }
}

main().catch((err: unknown) => {
  process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n`);
  process.exitCode = 1;
});
