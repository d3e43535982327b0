import type { CheckRow } from '../../spawner/spawner';
import { demand, HUB } from '../domain/access';
import { RESTORED, type Backup } from '../domain/backup';
import { momentText } from '../domain/moment';
import type { Clock, Logger } from '../domain/runtime';
import type { Store } from '../store/store';
import type { AuditActor, BackupReport, Backups, Recorder } from './contract';

export interface BackupsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Recorder;
  /** Looked at anew each time, because it changes while the hub runs. How long after the last one the hub makes the next by itself, milliseconds, 0: never; and of how many days backups are kept. */
  readonly schedule: () => { readonly everyMs: number; readonly days: number };
}

export interface BackupService extends Backups {
  /** For the health page: an advice, because the hub runs without a backup as well. */
  row(): CheckRow;
  /** Ends the schedule. Resolves when a backup that is being made is done. */
  close(): Promise<void>;
}

/** The times of the files are the schedule, so that a restart neither forgets a backup nor makes one too many. */
const LOOK_MS = 600_000;
/** A hub that has just started has other things to do. */
const FIRST_LOOK_MS = 60_000;
const TARGET = 'hub';

export function createBackups({ store, clock, log, audit, schedule }: BackupsDeps): BackupService {
  const startedAt = clock.now().getTime();
  let running: Promise<Backup> | null = null;
  let last: Backup | null = null;
  let failure: BackupReport['failure'] = null;

  async function run(by: AuditActor | 'hub'): Promise<Backup> {
    try {
      const made = await store.backups.make(clock.now());
      last = made;
      failure = null;
      const removed = store.backups.prune(schedule().days, clock.now());
      audit.note(by, 'backup.made', TARGET, { detail: { name: made.name, bytes: made.bytes, removed } });
      log.info({ name: made.name, bytes: made.bytes, removed }, 'a backup was made and checked');
      return made;
    } catch (err) {
      failure = { at: clock.now(), reason: err instanceof Error ? err.message : String(err) };
      audit.note(by, 'backup.failed', TARGET, { result: 'failed', detail: { reason: failure.reason } });
      log.error({ err }, 'a backup could not be made');
      throw err;
    }
  }

  /** Whoever asks while one is being made gets that one. */
  const make = (by: AuditActor | 'hub'): Promise<Backup> => (running ??= run(by).finally(() => (running = null)));

  const newest = (): Date | undefined => store.backups.list()[0]?.at;

  function look(): void {
    const at = newest();
    const { everyMs } = schedule();
    if (everyMs === 0 || (at !== undefined && clock.now().getTime() - at.getTime() < everyMs)) return;
    // Said by `run`; the next look tries again.
    make('hub').catch(() => undefined);
  }

  function row(): CheckRow {
    const base = { name: 'backup', level: 'advice', ms: 0 } as const;
    const at = newest();
    const { everyMs } = schedule();
    if (failure !== null) return { ...base, ok: false, detail: `The last attempt at a backup failed: ${failure.reason} ${told(at)}` };
    const since = Math.max(at?.getTime() ?? 0, startedAt);
    const late = everyMs !== 0 && clock.now().getTime() - since > 2 * everyMs;
    return { ...base, ok: !late, detail: everyMs === 0 ? `The hub makes no backups by itself (backup.every). ${told(at)}` : told(at) };
  }

  const restored = store.meta.get(RESTORED);
  if (restored !== undefined) {
    store.transaction(() => {
      audit.record('hub', 'backup.restored', TARGET, { detail: JSON.parse(restored) as Record<string, unknown> });
      store.meta.remove(RESTORED);
    });
  }

  const cancels = [clock.after(FIRST_LOOK_MS, look), clock.every(LOOK_MS, look)];

  return {
    report(actor) {
      demand(actor, 'admin-ui', HUB);
      return { running: running !== null, ...schedule(), last, failure, files: store.backups.list() };
    },
    async make(actor) {
      demand(actor, 'admin-ui', HUB);
      return make(actor);
    },
    row,
    close: async () => {
      for (const cancel of cancels) cancel();
      await running?.catch(() => undefined);
    },
  };
}

const told = (at: Date | undefined): string => (at === undefined ? 'There is no backup yet.' : `The newest backup is of ${momentText(at)}.`);
