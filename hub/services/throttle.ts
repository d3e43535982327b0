import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { HubError } from '../domain/errors';
import type { Clock } from '../domain/runtime';
import type { ThrottleStore } from '../store/store';

export interface ThrottleDeps {
  readonly store: { readonly throttle: ThrottleStore };
  readonly clock: Clock;
  readonly limits?: Partial<ThrottleLimits>;
}

export interface ThrottleLimits {
  readonly windowMs: number;
  /** Wrong passwords for one account from one network. Only that pair is blocked: nobody can lock somebody else out (A04). */
  readonly failuresPerAccount: number;
  /** Wrong passwords from one network over all accounts (A03). */
  readonly failuresPerNetwork: number;
  readonly signUpWindowMs: number;
  readonly signUpsPerNetwork: number;
}

/** One try to prove a password. Exactly one of these is called when the answer is known. */
export interface Attempt {
  fail(): void;
  succeed(): void;
  /** It was never decided: bad input, or too busy. */
  drop(): void;
}

export interface Throttle {
  /** Throws `rate-limited` with `retryAfterSeconds`, also for what would be the right password (A02). */
  attempt(account: string, address: string): Attempt;
  /** Somebody who is signed in shows a secret that may be wrong. Counted for that account alone: what a page makes its browser do keeps nobody else out. Throws as `attempt` does. */
  guess(account: string): Pick<Attempt, 'fail'>;
  /** Counts a sign-up. Throws `rate-limited` with `retryAfterSeconds`. */
  signUp(address: string): void;
}

const MINUTE = 60_000;
export const DEFAULT_LIMITS: ThrottleLimits = { windowMs: 5 * MINUTE, failuresPerAccount: 5, failuresPerNetwork: 20, signUpWindowMs: 60 * MINUTE, signUpsPerNetwork: 10 };
const PRUNE_EVERY = 100;

/** Failures are stored, so that a restart forgives nothing; what is in flight is counted too, so that parallel guesses gain nothing. */
export function createThrottle({ store, clock, limits: given = {} }: ThrottleDeps): Throttle {
  const limits = { ...DEFAULT_LIMITS, ...given };
  const { windowMs } = limits;
  const inFlight = new Map<string, number>();
  // Wall time at the start, carried on by the clock that never jumps: setting the wall clock neither ends nor prolongs a block (B13).
  const epoch = clock.now().getTime() - clock.monotonicMs();
  const steady = (): Date => new Date(epoch + clock.monotonicMs());
  const longest = Math.max(windowMs, limits.signUpWindowMs);
  const prune = (): void => store.throttle.prune(new Date(steady().getTime() - longest));
  let hits = 0;
  prune();

  const hit = (key: string, forMs: number): void => {
    hits += 1;
    if (hits % PRUNE_EVERY === 0) prune();
    store.throttle.hit(key, steady(), forMs);
  };

  const secondsLeft = (key: string, forMs: number): number => {
    const now = steady();
    const oldest = store.throttle.oldest(key, now, forMs)?.getTime() ?? now.getTime();
    return Math.min(Math.ceil(forMs / 1000), Math.max(1, Math.ceil((oldest + forMs - now.getTime()) / 1000)));
  };

  const demandRoom = (key: string, most: number): void => {
    const failed = store.throttle.count(key, steady(), windowMs);
    if (failed >= most) throw tooMany('Too many failed sign-ins. Please wait before you try again.', secondsLeft(key, windowMs));
    if (failed + (inFlight.get(key) ?? 0) >= most) throw tooMany('Too many sign-ins at once. Please try again in a moment.', 1);
  };

  const move = (key: string, by: 1 | -1): void => {
    const count = (inFlight.get(key) ?? 0) + by;
    if (count === 0) inFlight.delete(key);
    else inFlight.set(key, count);
  };

  return {
    attempt(account, address) {
      const network = networkOf(address);
      const keys = { pair: `login:${digest(account)}:${network}`, network: `network:${network}` };
      demandRoom(keys.pair, limits.failuresPerAccount);
      demandRoom(keys.network, limits.failuresPerNetwork);
      for (const key of Object.values(keys)) move(key, 1);
      let open = true;
      const settle = (then: () => void): void => {
        if (!open) return;
        open = false;
        for (const key of Object.values(keys)) move(key, -1);
        then();
      };
      return {
        fail: () => settle(() => Object.values(keys).forEach((key) => hit(key, windowMs))),
        // The network's count stays: a guesser with an account of their own must not be able to clear it.
        succeed: () => settle(() => store.throttle.clear(keys.pair)),
        drop: () => settle(() => undefined),
      };
    },
    guess(account) {
      const key = `guess:${digest(account)}`;
      if (store.throttle.count(key, steady(), windowMs) >= limits.failuresPerAccount) throw tooMany('Too many wrong codes. Please wait before you try again.', secondsLeft(key, windowMs));
      return { fail: () => hit(key, windowMs) };
    },
    signUp(address) {
      const key = `signup:${networkOf(address)}`;
      const count = store.throttle.count(key, steady(), limits.signUpWindowMs);
      if (count >= limits.signUpsPerNetwork) throw tooMany('Too many new accounts from your network. Please try again later.', secondsLeft(key, limits.signUpWindowMs));
      hit(key, limits.signUpWindowMs);
    },
  };
}

const tooMany = (message: string, retryAfterSeconds: number): HubError => new HubError('rate-limited', message, { retryAfterSeconds });

/** People type passwords into the name field: what is stored tells nothing. */
const digest = (account: string): string => createHash('sha256').update(account).digest('base64url').slice(0, 22);

/** An IPv4 address, or the /64 that one IPv6 customer has at least. IPv4 written as IPv6 is IPv4. */
export function networkOf(address: string): string {
  const bare = address.replace(/%.*$/, '');
  if (isIPv4(bare)) return bare;
  if (!isIPv6(bare)) return 'unknown';
  // The URL parser writes every address in one form: shortest, lower case, no dotted part.
  const [head = '', tail = ''] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const [left, right] = [head, tail].map((text) => text.split(':').filter((group) => group !== '')) as [string[], string[]];
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
  const [high = '0', low = '0'] = groups.slice(6);
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return [high, low].flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]).join('.');
  return `${groups.slice(0, 4).join(':')}::/64`;
}
