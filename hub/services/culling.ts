import type { ServerId } from '../domain/ids';
import type { Clock, Logger } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import type { Store } from '../store/store';
import { eachBounded, within } from './deadlines';

export interface CullingDeps {
  readonly servers: { halt(id: ServerId, reason: string): Promise<void> };
  readonly store: Store;
  readonly activity: { lastSeenMs(server: ServerId): number | undefined };
  /** 0: nothing is ever stopped for being idle. */
  readonly idleLimitMs: number;
  /** True while a kernel or something else in the server works. Rejecting means "not known", which keeps the server. */
  readonly checkBusy: (record: ServerRecord) => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Culling {
  /** One round; rounds do not overlap. Never rejects. */
  round(): Promise<void>;
  close(): void;
}

const ROUND_MS = 60_000;
const ASK_MS = 10_000;
const AT_ONCE = 8;

/**
 * Times are monotonic milliseconds. `ask`: it looks idle, so ask the server itself before stopping it. Not knowing when it was
 * last active means active.
 */
export function decide(record: ServerRecord, lastActivityMs: number | undefined, nowMs: number, limitMs: number): 'keep' | 'ask' {
  if (limitMs <= 0 || record.state.kind !== 'ready' || lastActivityMs === undefined) return 'keep';
  return nowMs - lastActivityMs >= limitMs ? 'ask' : 'keep';
}

/** Stops servers that nobody uses. Idle time is counted on the monotonic clock, from this hub's start at the earliest: a jump of the wall clock culls nobody. */
export function createCulling(deps: CullingDeps): Culling {
  const { servers, store, activity, idleLimitMs, clock, log } = deps;
  /** When a server was first seen running, or last seen busy; a new start counts from anew. */
  const known = new Map<ServerId, { readonly since: number; ms: number }>();
  let going = false;
  const stopTimer = idleLimitMs > 0 ? clock.every(ROUND_MS, () => void round()) : () => {};

  async function round(): Promise<void> {
    if (going || idleLimitMs <= 0) return;
    going = true;
    try {
      const ready = store.servers.list().filter((record) => record.state.kind === 'ready');
      forget(ready);
      const onError = (record: ServerRecord, err: unknown): void => log.warn({ server: record.id, err }, 'idle server was kept: it could not be asked or stopped');
      await eachBounded(ready.filter(looksIdle), { limit: AT_ONCE, onError }, consider);
    } catch (err) {
      log.error({ err }, 'looking for idle servers failed');
    } finally {
      going = false;
    }
  }

  async function consider(record: ServerRecord): Promise<void> {
    const busy = await within(clock, ASK_MS, deps.checkBusy(record));
    if (busy) {
      base(record).ms = clock.monotonicMs();
      return;
    }
    // Somebody may have come back, or stopped it, while it was asked.
    const now = store.servers.byId(record.id);
    if (now === undefined || now.version !== record.version || !looksIdle(now)) return;
    log.info({ server: record.id, idleMs: clock.monotonicMs() - (lastOf(now) ?? 0) }, 'idle server is stopped');
    await servers.halt(record.id, 'It was idle for too long.');
  }

  const looksIdle = (record: ServerRecord): boolean => decide(record, lastOf(record), clock.monotonicMs(), idleLimitMs) === 'ask';
  const lastOf = (record: ServerRecord): number | undefined => Math.max(base(record).ms, activity.lastSeenMs(record.id) ?? 0);

  function base(record: ServerRecord): { ms: number } {
    const since = record.state.since?.getTime() ?? 0;
    const found = known.get(record.id);
    if (found?.since === since) return found;
    const fresh = { since, ms: clock.monotonicMs() };
    known.set(record.id, fresh);
    return fresh;
  }

  function forget(ready: readonly ServerRecord[]): void {
    const kept = new Set(ready.map((record) => record.id));
    for (const id of known.keys()) if (!kept.has(id)) known.delete(id);
  }

  return { round, close: stopTimer };
}
