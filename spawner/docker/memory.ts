import type { Clock, Logger } from '../../hub/domain/runtime';
import type { DockerClient } from './client';
import { DEADLINE } from './client';

export interface MemoryWatch {
  /** The most that was seen of a container, bytes; null: nobody looked. */
  peakOf(containerId: string): number | null;
  /** Looks now. A container that has ended has nothing to show; never rejects. */
  look(containerId: string): Promise<void>;
  close(): void;
}

const EVERY_MS = 30_000;
const AT_ONCE = 8;

interface Stats {
  readonly memory_stats?: { readonly usage?: number; readonly stats?: { readonly inactive_file?: number; readonly total_inactive_file?: number } };
}

interface Deps {
  readonly client: DockerClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly running: () => readonly string[];
}

/** The engine forgets what a container used as soon as it ends, so it is looked at while it runs. */
export function createMemoryWatch({ client, clock, log, running }: Deps): MemoryWatch {
  const peaks = new Map<string, number>();
  let looking = false;

  async function look(containerId: string): Promise<void> {
    try {
      const ask = (abortSignal: AbortSignal) => ({ stream: false as const, 'one-shot': true, abortSignal });
      const stats: Stats = await client.call({ what: 'measure a server', ms: DEADLINE.inspect, run: (d, abortSignal) => d.getContainer(containerId).stats(ask(abortSignal)) });
      const used = usedOf(stats);
      if (used !== null) peaks.set(containerId, Math.max(used, peaks.get(containerId) ?? 0));
    } catch (err) {
      log.debug({ err }, 'the memory of a server could not be measured');
    }
  }

  async function lookAtAll(): Promise<void> {
    if (looking) return;
    looking = true;
    const all = running();
    for (const known of peaks.keys()) if (!all.includes(known)) peaks.delete(known);
    for (let i = 0; i < all.length; i += AT_ONCE) await Promise.all(all.slice(i, i + AT_ONCE).map(look));
    looking = false;
  }

  const cancel = clock.every(EVERY_MS, () => void lookAtAll());
  return {
    peakOf: (id) => peaks.get(id) ?? null,
    look,
    close: cancel,
  };
}

/** As `docker stats` counts: files that the kernel only keeps because there is room are not the lab's use. */
export function usedOf({ memory_stats: memory }: Stats): number | null {
  if (memory?.usage === undefined) return null;
  return Math.max(0, memory.usage - (memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0));
}
