import type { ServerId, UserId } from '../domain/ids';
import type { Clock, Logger } from '../domain/runtime';
import type { Store } from '../store/store';
import type { Activity } from './contract';
import { firstOf, inTurns, ROWS_AT_ONCE } from './in-turns';

export interface ActivityDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often what was seen is written; default 30 s. */
  readonly flushMs?: number;
}

/** Last-seen times, kept in memory and written in batches: a proxied request must not cost a write. */
export function createActivity({ store, clock, log, flushMs = 30_000 }: ActivityDeps): Activity {
  const fresh = new Map<ServerId, number>();
  const written = new Map<ServerId, number>();
  const users = new Map<UserId, Date>();
  const stopTimer = clock.every(flushMs, () => inTurns(() => flushSome(ROWS_AT_ONCE)));

  const lastSeenMs = (server: ServerId): number | undefined => fresh.get(server) ?? written.get(server);
  const dateOf = (seenMs: number): Date => new Date(clock.now().getTime() - (clock.monotonicMs() - seenMs));

  /** A store that cannot write now gets the same times with the next batch. True: more is left, and can be written. */
  function flushSome(count: number): boolean {
    if (fresh.size === 0 && users.size === 0) return false;
    try {
      const servers = firstOf(fresh, count);
      const people = firstOf(users, count);
      store.transaction(() => {
        store.servers.touch(new Map([...servers].map(([server, seenMs]) => [server, dateOf(seenMs)])));
        store.users.touch(people);
      });
      for (const [server, seenMs] of servers) {
        written.set(server, seenMs);
        fresh.delete(server);
      }
      for (const user of people.keys()) users.delete(user);
      return fresh.size > 0 || users.size > 0;
    } catch (err) {
      log.error({ err, servers: fresh.size }, 'activity was not written');
      return false;
    }
  }

  const flush = (): void => void flushSome(Infinity);

  function lastOf(server: ServerId): Date | undefined {
    const stored = store.servers.byId(server)?.lastActivity ?? undefined;
    const seenMs = lastSeenMs(server);
    if (seenMs === undefined) return stored;
    const seen = dateOf(seenMs);
    return stored !== undefined && stored > seen ? stored : seen;
  }

  function seen(server: ServerId, at: Date): void {
    const ms = clock.monotonicMs() - Math.max(0, clock.now().getTime() - at.getTime());
    if (ms > (lastSeenMs(server) ?? -Infinity)) fresh.set(server, ms);
  }

  return {
    touch: (_owner, server) => void fresh.set(server, clock.monotonicMs()),
    seen,
    seenUser: (user, at) => {
      if (at > (users.get(user) ?? new Date(0))) users.set(user, at);
    },
    lastOf,
    flush,
    close: () => {
      stopTimer();
      flush();
    },
  };
}
