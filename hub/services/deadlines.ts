import { HubError } from '../domain/errors';
import type { Clock } from '../domain/runtime';
import { nextTurn } from './in-turns';

/** Rejects with `unavailable` when `work` takes longer than `ms` of the monotonic clock; the work itself goes on. */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(new HubError('unavailable', `No answer within ${ms / 1000} s.`)));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

/** What waits for nothing outside takes 0.1 ms or so each, and all of it together would keep everybody waiting (P06). */
const IN_A_ROW = 32;

/** Runs `work` on every item, at most `limit` at a time, with turns for everybody else in between; one that rejects is told to `onError` and stops nobody. */
export async function eachBounded<T>(items: readonly T[], opts: { readonly limit: number; readonly onError: (item: T, err: unknown) => void }, work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  let done = 0;
  let turn: Promise<void> | undefined;
  const worker = async (): Promise<void> => {
    for (const item of rest) {
      try {
        await work(item);
      } catch (err) {
        opts.onError(item, err);
      }
      if (++done % IN_A_ROW === 0) turn ??= nextTurn().finally(() => (turn = undefined));
      await turn;
    }
  };
  await Promise.all(Array.from({ length: Math.min(opts.limit, items.length) }, worker));
}
