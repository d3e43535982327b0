import { HubError } from '../../hub/domain/errors';

export interface WorkQueue {
  /** Runs `work` as soon as a place is free. Throws `unavailable` at once when too many wait already. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  counts(): { readonly running: number; readonly waiting: number };
}

/** First come, first served. A caller that went away gives its place in the line back. */
export function createWorkQueue(limits: { readonly running: number; readonly waiting: number }): WorkQueue {
  let running = 0;
  const line: (() => void)[] = [];

  const release = (): void => {
    const next = line.shift();
    if (next === undefined) running -= 1;
    else next();
  };

  const enter = async (signal: AbortSignal | undefined): Promise<void> => {
    signal?.throwIfAborted();
    if (running < limits.running) {
      running += 1;
      return;
    }
    if (line.length >= limits.waiting) throw busy();
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        line.splice(line.indexOf(go), 1);
        reject(signal?.reason as Error);
      };
      const go = (): void => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      line.push(go);
      signal?.addEventListener('abort', leave, { once: true });
    });
  };

  return {
    async run(work, signal) {
      await enter(signal);
      try {
        return await work();
      } finally {
        release();
      }
    },
    counts: () => ({ running, waiting: line.length }),
  };
}

const busy = (): HubError => new HubError('unavailable', 'Too many people are signing in right now. Please try again in a moment.', { retryAfterSeconds: 2 });
