import type { Clock, Logger } from '../../hub/domain/runtime';
import type { Measure } from './measure';

export interface MemoryWatch {
  /** The most that was seen of a container, bytes; null: nobody looked. */
  peakOf(containerId: string): number | null;
  /** Looks now. A container that has ended has nothing to show; never rejects. */
  look(containerId: string): Promise<void>;
  close(): void;
}

const EVERY_MS = 30_000;
const AT_ONCE = 8;

interface Deps {
  readonly measure: Pick<Measure, 'of'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly running: () => readonly string[];
}

/** The engine forgets what a container used as soon as it ends, so it is looked at while it runs. */
export function createMemoryWatch({ measure, clock, log, running }: Deps): MemoryWatch {
  const peaks = new Map<string, number>();
  let looking = false;

  async function look(containerId: string): Promise<void> {
    try {
      const { memoryBytes } = await measure.of(containerId);
      peaks.set(containerId, Math.max(memoryBytes, peaks.get(containerId) ?? 0));
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
