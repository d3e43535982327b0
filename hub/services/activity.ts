import type { ServerId, UserId } from '../domain/ids';
import type { Clock, Logger } from '../domain/runtime';
import type { Store } from '../store/store';
import type { Activity } from './contract';

export interface ActivityDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** How often what was seen is written; default 30 s. */
  readonly flushMs?: number;
}

/** What culling needs on top: a time that a change of the machine's clock does not move. */
export interface MonotonicActivity extends Activity {
  /** Monotonic milliseconds of the last activity this hub process saw; undefined: none yet. */
  lastSeenMs(server: ServerId): number | undefined;
}

/** Last-seen times, kept in memory and written in batches: a proxied request must not cost a write. */
export function createActivity({ store, clock, log, flushMs = 30_000 }: ActivityDeps): MonotonicActivity {
  const fresh = new Map<ServerId, number>();
  const written = new Map<ServerId, number>();
  const users = new Map<UserId, Date>();
  const stopTimer = clock.every(flushMs, flush);

  const lastSeenMs = (server: ServerId): number | undefined => fresh.get(server) ?? written.get(server);
  const dateOf = (seenMs: number): Date => new Date(clock.now().getTime() - (clock.monotonicMs() - seenMs));

  /** A store that cannot write now gets the same times with the next batch. */
  function flush(): void {
    if (fresh.size === 0 && users.size === 0) return;
    try {
      const batch = new Map([...fresh].map(([server, seenMs]) => [server, dateOf(seenMs)]));
      store.transaction(() => {
        store.servers.touch(batch);
        store.users.touch(users);
      });
      for (const [server, seenMs] of fresh) written.set(server, seenMs);
      fresh.clear();
      users.clear();
    } catch (err) {
      log.error({ err, servers: fresh.size }, 'activity was not written');
    }
  }

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
    lastSeenMs,
    lastOf,
    flush,
    close: () => {
      stopTimer();
      flush();
    },
  };
}
