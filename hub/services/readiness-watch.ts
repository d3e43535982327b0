import type { Clock, Logger } from '../domain/runtime';
import type { Store } from '../store/store';
import type { Spawner, SpawnerCheck } from '../../spawner/spawner';

export interface ReadinessWatchDeps {
  readonly store: Store;
  readonly spawner: Pick<Spawner, 'check'>;
  readonly clock: Clock;
  readonly log: Logger;
}

const RETRY_MS = 60_000;
const AGAIN_MS = 3_600_000;
const PENDING: SpawnerCheck = { ok: false, checks: [{ name: 'isolation', ok: false, detail: 'The first check is still running.' }] };

/**
 * What `/hub/ready` says. The engine and the isolation of servers are proven at boot, every minute until they hold, and then every
 * hour: a probe starts containers, so it is not run for whoever asks.
 */
export function createReadinessWatch({ store, spawner, clock, log }: ReadinessWatchDeps) {
  let last = PENDING;
  let cancel: (() => void) | undefined;
  let closed = false;

  async function look(): Promise<void> {
    last = await spawner.check();
    for (const { name, ok, detail } of last.checks) if (!ok) log.warn({ check: name, detail }, 'a check of the hub failed');
    if (!closed) cancel = clock.after(last.ok ? AGAIN_MS : RETRY_MS, () => void look());
  }
  const first = look();

  return {
    /** Never rejects. */
    ready: (): Promise<SpawnerCheck> => {
      const memory = checkStore(store);
      return Promise.resolve({ ok: memory.ok && last.ok, checks: [memory, ...last.checks] });
    },
    /** Resolves when the check at boot is done. */
    first,
    close: (): void => {
      closed = true;
      cancel?.();
    },
  };
}

function checkStore(store: Store): SpawnerCheck['checks'][number] {
  try {
    store.transaction(() => store.meta.set('last-check', 'ok'));
    return { name: 'store', ok: true, detail: 'The database can be read and written.' };
  } catch (err) {
    return { name: 'store', ok: false, detail: `The database cannot be written: ${err instanceof Error ? err.message : String(err)}` };
  }
}
