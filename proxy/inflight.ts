import type { UserId } from '../hub/domain/ids';
import type { Clock } from '../hub/domain/runtime';
import type { Credential } from './contract';
import type { Route } from './route-table';

/** Why we end something: becomes the WebSocket's close code (RFC 6455, 7.4.1). */
export const CLOSE = { goingAway: 1001, policy: 1008, restart: 1012 } as const;
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** One exchange or one upgraded socket. */
export interface Open {
  readonly route: Route;
  /** null: nobody that the hub knows of, on the way to a service. */
  readonly user: UserId | null;
  readonly credential: string;
  /** What was shown as proof, for asking the policy again while it is open. */
  readonly proof: Credential;
  readonly address: string;
  readonly upgraded: boolean;
  /** The register's own mark: where it keeps this; -1 when it does not. */
  slot: number;
  end(code: CloseCode): void;
}

export interface Inflight {
  add(open: Open): void;
  /** Harmless when it is not there any more. */
  delete(open: Open): void;
  /** Ends what matches: upgraded sockets at once, requests at the deadline. Resolves when none is left. */
  drain(matches: (open: Open) => boolean, deadlineMs: number, code: CloseCode): Promise<void>;
  end(matches: (open: Open) => boolean, code: CloseCode): void;
  upgraded(): readonly Open[];
  socketsOfUser(user: UserId): number;
  socketsOfAddress(address: string): number;
  counts(): { readonly requests: number; readonly sockets: number };
}

interface Waiter {
  readonly matches: (open: Open) => boolean;
  readonly done: () => void;
}

/**
 * What is open now, in lists from which an entry is taken by moving the last one into its place. (A `Set` would leave its outgrown
 * tables behind, and those, once old, keep finished exchanges alive from one garbage collection to the next: measured at a quarter
 * of the proxy's time.) The rare questions, stop and sign-out, walk over them.
 */
export function createInflight(clock: Clock): Inflight {
  const requests: Open[] = [];
  const sockets: Open[] = [];
  const byUser = new Map<UserId, number>();
  const byAddress = new Map<string, number>();
  const waiters = new Set<Waiter>();

  const matching = (matches: (open: Open) => boolean): Open[] => [...sockets, ...requests].filter(matches);

  const take = (list: Open[], open: Open): void => {
    const last = list.pop();
    if (last !== undefined && last !== open) {
      list[open.slot] = last;
      last.slot = open.slot;
    }
    open.slot = -1;
  };

  const wake = (): void => {
    for (const waiter of waiters) {
      if (matching(waiter.matches).length > 0) continue;
      waiters.delete(waiter);
      waiter.done();
    }
  };

  const count = <K>(map: Map<K, number>, key: K, by: 1 | -1): void => {
    const next = (map.get(key) ?? 0) + by;
    if (next === 0) map.delete(key);
    else map.set(key, next);
  };

  return {
    add(open) {
      const list = open.upgraded ? sockets : requests;
      open.slot = list.length;
      list.push(open);
      if (!open.upgraded) return;
      if (open.user !== null) count(byUser, open.user, 1);
      count(byAddress, open.address, 1);
    },

    delete(open) {
      if (open.slot === -1) return;
      take(open.upgraded ? sockets : requests, open);
      if (open.upgraded) {
        if (open.user !== null) count(byUser, open.user, -1);
        count(byAddress, open.address, -1);
      }
      if (waiters.size > 0) wake();
    },

    drain(matches, deadlineMs, code) {
      for (const open of matching(matches)) if (open.upgraded) open.end(code);
      if (matching(matches).length === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const cancel = clock.after(deadlineMs, () => {
          for (const open of matching(matches)) open.end(code);
        });
        waiters.add({
          matches,
          done: () => {
            cancel();
            resolve();
          },
        });
      });
    },

    end(matches, code) {
      for (const open of matching(matches)) open.end(code);
    },

    upgraded: () => [...sockets],
    socketsOfUser: (user) => byUser.get(user) ?? 0,
    socketsOfAddress: (address) => byAddress.get(address) ?? 0,
    counts: () => ({ requests: requests.length, sockets: sockets.length }),
  };
}
