import { LRUCache } from 'lru-cache';
import type { ServerId } from '../domain/ids';
import type { Clock } from '../domain/runtime';

const BURST = 100;
const PER_SECOND = 20;
/** More labs than one machine runs; the one that asked longest ago starts afresh. */
const LABS = 10_000;

/** How much one lab may ask: many calls at once, then so many in each second. It keeps count across connections. */
export function createBudget(clock: Pick<Clock, 'monotonicMs'>): { take(server: ServerId): boolean } {
  const left = new LRUCache<ServerId, { readonly tokens: number; readonly at: number }>({ max: LABS });
  return {
    take(server) {
      const at = clock.monotonicMs();
      const before = left.get(server) ?? { tokens: BURST, at };
      const tokens = Math.min(BURST, before.tokens + ((at - before.at) / 1000) * PER_SECOND);
      left.set(server, { tokens: tokens < 1 ? tokens : tokens - 1, at });
      return tokens >= 1;
    },
  };
}
