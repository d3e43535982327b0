import type { Clock } from '../domain/runtime';
import { networkOf } from './throttle';

/** Lets only so many refusals per minute into the audit log; the rest is counted and told once. */
export interface FloodGate {
  admit(address: string): boolean;
  /** Tells what was counted and ends the timer. */
  close(): void;
}

const MINUTE = 60_000;
const PER_NETWORK = 30;
/** Over all networks: many addresses are no way around the limit. */
const ALTOGETHER = 600;
const ELSEWHERE = 'elsewhere';

/** `onSuppressed` is told, once a minute, how many refusals of a network were left out. */
export function createFloodGate(clock: Clock, onSuppressed: (network: string, count: number) => void): FloodGate {
  const seen = new Map<string, number>();
  const suppressed = new Map<string, number>();
  let all = 0;

  const suppress = (network: string): void => void suppressed.set(network, (suppressed.get(network) ?? 0) + 1);
  const flush = (): void => {
    const told = [...suppressed];
    suppressed.clear();
    seen.clear();
    all = 0;
    for (const [network, count] of told) onSuppressed(network, count);
  };
  const stop = clock.every(MINUTE, flush);

  return {
    admit(address) {
      const network = networkOf(address);
      const count = seen.get(network) ?? 0;
      if (count >= PER_NETWORK) suppress(network);
      else if (all >= ALTOGETHER) suppress(ELSEWHERE);
      else {
        seen.set(network, count + 1);
        all += 1;
        return true;
      }
      return false;
    },
    close() {
      stop();
      flush();
    },
  };
}
