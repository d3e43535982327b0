import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { verifyChain } from '../../../hub/store/audit-chain';
import { openAuditFile } from '../../../hub/store/audit-file';
import { openStore } from '../../../hub/store/create-store';
import { compiledStore, lost, writer, WRITER_ENV } from './acknowledged';
import { useDirectory } from './support';

jest.setTimeout(240_000);

const directory = useDirectory();
const KILLS = Number(process.env['BERTH_KILLS'] ?? 200);
const SEED = Number(process.env['BERTH_SEED'] ?? 20260731);
/** So many run at once, each on data of its own: a kill is not waited for by the others. */
const LANES = 2;

/** The same seed kills after the same number of acknowledged writes. */
const killAfter = (seed: number): number => (Math.imul(seed, 2_654_435_761) >>> 0) % 80;

/** Runs a writer and kills it in the middle of its work. Returns every line that it had said, whole ones only. */
async function killed(path: string, { seed, code }: { readonly seed: number; readonly code: string }): Promise<readonly string[]> {
  const [command = '', ...args] = writer(path, { seed, code });
  const child = spawn(command, args, { env: WRITER_ENV, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  let text = '';
  let dead = false;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (dead || text.split('\n').length - 1 <= killAfter(seed)) return;
    dead = true;
    child.kill('SIGKILL');
  });
  const closed = once(child.stdout, 'close');
  const [, signal] = (await ended) as [number | null, string | null];
  await closed;
  expect(signal).toBe('SIGKILL');
  return text.slice(0, text.lastIndexOf('\n')).split('\n');
}

async function lane(seeds: readonly number[], code: string): Promise<number> {
  const path = join(directory(), 'hub.sqlite');
  const acknowledged: string[] = [];
  for (const seed of seeds) {
    const said = await killed(path, { seed, code });
    acknowledged.push(...said);
    expect({ seed, lost: lost(path, said) }).toEqual({ seed, lost: [] });
  }
  // Nothing that an earlier life acknowledged went with a later death either.
  expect(lost(path, acknowledged)).toEqual([]);
  openStore(path).close();
  const file = openAuditFile(path);
  expect(verifyChain(file).ok).toBe(true);
  file.close();
  return acknowledged.length;
}

test(`P01: ${KILLS} times kill -9 in the middle of writing, on the same data: whole each time, and no acknowledged write is lost`, async () => {
  const code = compiledStore(directory());
  const seeds = Array.from({ length: KILLS }, (_, n) => SEED + n);
  const counts = await Promise.all(Array.from({ length: LANES }, (_, i) => lane(seeds.filter((_seed, n) => n % LANES === i), code)));
  expect(counts.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(KILLS * 20);
});
