import { HubError } from '../../domain/errors';
import type { Clock } from '../../domain/runtime';

/** Calls of the API that one caller may make at once, and how many more each second. A script that looks at every user stays below. */
const AT_ONCE = 600;
const PER_SECOND = 100;
/** Callers that have been quiet for long enough have all their calls again, and need not be remembered. */
const REMEMBERED = 10_000;

interface Purse {
  left: number;
  at: number;
}

/** Lists cost the hub more than they cost whoever asks for them, so nobody asks faster than this (Q10). Throws `rate-limited`. */
export function createPace(clock: Pick<Clock, 'monotonicMs'>): (caller: string) => void {
  const purses = new Map<string, Purse>();
  return (caller) => {
    const now = clock.monotonicMs();
    const purse = purses.get(caller) ?? { left: AT_ONCE, at: now };
    purse.left = Math.min(AT_ONCE, purse.left + ((now - purse.at) / 1000) * PER_SECOND);
    purse.at = now;
    if (purses.size >= REMEMBERED) purses.clear();
    purses.set(caller, purse);
    if (purse.left < 1) throw new HubError('rate-limited', 'Too many calls. Slow down a little.', { retryAfterSeconds: 1 });
    purse.left -= 1;
  };
}
