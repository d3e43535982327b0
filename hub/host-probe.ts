import { stat, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HostProbe } from './services/usage-machine';
import type { Room } from './domain/usage';

const NANOSECONDS_PER_MS = 1e6;
const RESOLUTION_MS = 20;

/** What the operating system tells of this machine, and what Node.js tells of this process. */
export function createHostProbe({ dataDir }: { readonly dataDir: string }): HostProbe {
  const lag = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  lag.enable();
  return {
    cpus: availableParallelism(),
    cpuTimes() {
      const times = cpus().map((one) => one.times);
      const idle = times.reduce((sum, one) => sum + one.idle, 0);
      return { idle, all: times.reduce((sum, one) => sum + one.user + one.nice + one.sys + one.irq + one.idle, 0) };
    },
    memory: () => ({ used: totalmem() - freemem(), total: totalmem() }),
    disk: () => roomIn(dataDir),
    async otherDisk(folder) {
      const [own, other] = await Promise.all([stat(dataDir), stat(folder)]);
      return own.dev === other.dev ? null : roomIn(folder);
    },
    takeLoopMs() {
      const ms = lag.percentile(99) / NANOSECONDS_PER_MS;
      lag.reset();
      return Math.max(0, ms - RESOLUTION_MS);
    },
    close: () => void lag.disable(),
  };
}

/** As `df` counts: what is kept for root alone is neither used nor left. */
async function roomIn(folder: string): Promise<Room> {
  const { bsize, blocks, bfree, bavail } = await statfs(folder);
  const used = (blocks - bfree) * bsize;
  return { used, total: used + bavail * bsize };
}
