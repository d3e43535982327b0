import { readFile, readdir } from 'node:fs/promises';
import type { Sample } from '../spawner';
import type { Run } from './runs';
import { MARK } from './settings';
import { below, bootId, listProcesses, type Identity } from './identity';

/** What Linux counts processor time in, on every machine that Node.js runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
const KIB = 1024;
const MARKED = new RegExp(`(?:^|\\0)${MARK}=([^\\0]*)`);

interface Used {
  memoryBytes: number;
  cpuSeconds: number;
}

/** What labs and everything they started use together. Nothing limits them. */
export async function measureRuns(runs: readonly { readonly run: Run; readonly who: Identity }[], signal: AbortSignal): Promise<readonly Sample[]> {
  if (runs.length === 0) return [];
  const used = bootId() === '' ? await byParents(runs) : await byMarks(signal);
  return runs.flatMap(({ run }) => {
    const found = used.get(run.id);
    return found === undefined ? [] : [{ server: run.server, memoryLimit: null, cpuLimit: null, ...found }];
  });
}

/** One look at every process of this machine; those of other accounts do not show what they carry. */
async function byMarks(signal: AbortSignal): Promise<ReadonlyMap<string, Used>> {
  const found = new Map<string, Used>();
  for (const pid of (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))) {
    if (signal.aborted) break;
    const run = MARKED.exec(await readOf(`/proc/${pid}/environ`))?.[1];
    if (run !== undefined) add(found, run, usedBy(await readOf(`/proc/${pid}/stat`)));
  }
  return found;
}

/** It ended meanwhile, or is not ours to read: either way it counts for nobody. */
const readOf = (file: string): Promise<string> => readFile(file, 'latin1').catch(() => '');

/** Fields 14 to 17 and 24 of `/proc/<pid>/stat`: time of its own and of the children it has seen end, and pages in memory. */
function usedBy(stat: string): Used {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
  const ticks = fields.slice(11, 15).reduce((sum, one) => sum + one, 0);
  return { cpuSeconds: ticks / TICKS_PER_SECOND || 0, memoryBytes: (fields[21] ?? 0) * PAGE_BYTES };
}

async function byParents(runs: readonly { readonly run: Run; readonly who: Identity }[]): Promise<ReadonlyMap<string, Used>> {
  const rows = await listProcesses();
  const found = new Map<string, Used>();
  for (const { run, who } of runs) {
    const members = new Set(below(who.pid, rows));
    for (const row of rows) if (members.has(row.pid)) add(found, run.id, { memoryBytes: row.memoryKib * KIB, cpuSeconds: row.cpuSeconds });
  }
  return found;
}

function add(found: Map<string, Used>, run: string, { memoryBytes, cpuSeconds }: Used): void {
  const sum = found.get(run) ?? { memoryBytes: 0, cpuSeconds: 0 };
  found.set(run, { memoryBytes: sum.memoryBytes + memoryBytes, cpuSeconds: sum.cpuSeconds + cpuSeconds });
}
