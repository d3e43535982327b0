import type { CheckRow, Volumes as VolumeEngine } from '../../spawner/spawner';
import type { UserId } from '../domain/ids';
import type { Clock, FailPoint, Logger } from '../domain/runtime';
import type { Volume } from '../domain/volume';
import type { Store } from '../store/store';
import type { AuditActor, Recorder } from './contract';
import { within } from './deadlines';
import { nextTurn, ROWS_AT_ONCE } from './in-turns';
import type { VolumeRecords } from './volume-records';

export interface VolumeJobsDeps {
  readonly store: Store;
  readonly engine: VolumeEngine;
  readonly records: VolumeRecords;
  readonly audit: Pick<Recorder, 'record'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly failPoint: FailPoint;
  /** Bytes above which somebody is warned, as it is now; 0: never. */
  readonly softQuota: () => number;
  /** How often sizes are measured, milliseconds; 0: never. */
  readonly measureEveryMs: number;
}

export interface VolumeJobs {
  /** Removes one for good, unless it is not in the bin any more. It is marked before the engine is asked, so that a crash in between is finished later. */
  purge(by: AuditActor | 'hub', volume: Volume, ownerName: string): Promise<void>;
  /** What is due now, all of it. Never rejects. */
  purgeDue(): Promise<void>;
  measure(): Promise<void>;
  row(): CheckRow;
  close(): Promise<void>;
}

const LOOK_MS = 600_000;
const AGAIN_MS = 30_000;
const FIRST_MEASURE_MS = 120_000;
/** A timer takes no more than 24 days. */
const LONGEST_MS = 86_400_000;
const ENGINE_MS = 300_000;
const DUE_AT_ONCE = 50;
const NAMED = 5;

/** What happens to volumes without anybody asking: ends of the bin, sizes, and what an earlier life of the hub left to do. */
export function createVolumeJobs({ store, engine, records, audit, clock, log, failPoint, softQuota: quota, measureEveryMs }: VolumeJobsDeps): VolumeJobs {
  const closing = new AbortController();
  const cancels = new Set<() => void>();
  let over: ReadonlyMap<UserId, number> = new Map();
  let purging: Promise<void> | null = null;
  let measuring: Promise<void> | null = null;

  async function purge(by: AuditActor | 'hub', volume: Volume, ownerName: string): Promise<void> {
    const claimed = store.transaction(() => {
      const now = store.volumes.byId(volume.id);
      // Others were removed before it, and meanwhile somebody may have put this one back.
      if (now === undefined || now.state === 'active' || now.ends?.getTime() !== volume.ends?.getTime()) return false;
      store.volumes.update(volume.id, { state: 'removing' });
      if (now.state === 'bin') audit.record(by, 'volume.remove', `user:${ownerName}`, { detail: { volume: volume.id, purpose: volume.purpose, generation: volume.generation } });
      return true;
    });
    if (!claimed) return;
    failPoint('volume.purge.after-claim');
    await engine.removeVolumes([volume]);
    failPoint('volume.purge.after-remove');
    records.forget(volume);
  }

  /** One that cannot be removed is passed over, and tried again with the next look. */
  async function removeDue(): Promise<void> {
    for (const volume of store.volumes.due(clock.now(), DUE_AT_ONCE)) {
      if (closing.signal.aborted) return;
      try {
        await purge('hub', volume, store.users.byId(volume.owner)?.name ?? '');
      } catch (err) {
        log.warn({ err, volume: volume.id }, 'a volume whose time is over could not be removed; it is tried again later');
      }
    }
  }

  const purgeDue = (): Promise<void> => (purging ??= removeDue().catch((err: unknown) => log.error({ err }, 'the bin of volumes could not be looked at')).finally(() => (purging = null)));

  async function measureAll(): Promise<void> {
    try {
      await records.takeOver();
      const sizes = await within(clock, ENGINE_MS, engine.measureVolumes(closing.signal));
      if (closing.signal.aborted) return;
      await write(sizes);
      await sumUp();
    } catch (err) {
      if (!closing.signal.aborted) log.warn({ err }, 'sizes of volumes could not be measured; they are as old as before');
    }
  }

  async function write(sizes: Awaited<ReturnType<VolumeEngine['measureVolumes']>>): Promise<void> {
    const at = clock.now();
    for (let next = 0; next < sizes.length && !closing.signal.aborted; next += ROWS_AT_ONCE) {
      store.volumes.measured(sizes.slice(next, next + ROWS_AT_ONCE), at);
      await nextTurn();
    }
  }

  async function sumUp(): Promise<void> {
    const found = new Map<UserId, number>();
    const softQuota = quota();
    let after: UserId | undefined;
    do {
      if (softQuota === 0 || closing.signal.aborted) return;
      const page = store.volumes.totals(after, ROWS_AT_ONCE);
      for (const { owner, bytes } of page) if (bytes > softQuota) found.set(owner, bytes);
      after = page.at(-1)?.owner;
      await nextTurn();
    } while (after !== undefined);
    over = found;
  }

  const measure = (): Promise<void> => (measuring ??= measureAll().finally(() => (measuring = null)));

  function row(): CheckRow {
    const base = { name: 'volumes', level: 'advice', ms: 0 } as const;
    const softQuota = quota();
    if (softQuota === 0) return { ...base, ok: true, detail: 'Nobody is warned about the size of volumes (volume.softQuota).' };
    const limit = inWords(softQuota);
    if (over.size === 0) return { ...base, ok: true, detail: `As far as sizes are known, nobody holds more than ${limit}.` };
    const worst = [...over].sort(([, a], [, b]) => b - a).slice(0, NAMED).map(([owner, bytes]) => `${store.users.byId(owner)?.name ?? 'a deleted account'} (${inWords(bytes)})`);
    return { ...base, ok: false, detail: `${over.size} ${over.size === 1 ? 'account holds' : 'accounts hold'} more than ${limit} (volume.softQuota), which only warns: ${worst.join(', ')}${over.size > NAMED ? ', …' : ''}.` };
  }

  function later(ms: number, work: () => void): void {
    const cancel = clock.after(ms, () => {
      cancels.delete(cancel);
      work();
    });
    cancels.add(cancel);
  }

  /** At boot, until the engine has answered once: a start that comes first takes over its own owner's. */
  async function catchUp(): Promise<void> {
    try {
      await engine.tidyVolumes();
      await records.takeOver();
    } catch (err) {
      if (closing.signal.aborted) return;
      log.warn({ err }, 'the engine does not tell which volumes there are; it is asked again in a moment');
      return later(AGAIN_MS, () => void catchUp());
    }
    await purgeDue();
  }

  cancels.add(clock.every(LOOK_MS, () => void purgeDue()));
  if (measureEveryMs > 0) {
    later(Math.min(FIRST_MEASURE_MS, measureEveryMs), () => void measure());
    cancels.add(clock.every(Math.min(measureEveryMs, LONGEST_MS), () => void measure()));
  }
  void catchUp();

  return {
    purge,
    purgeDue,
    measure,
    row,
    close: async () => {
      closing.abort();
      for (const cancel of cancels) cancel();
      await purging;
    },
  };
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function inWords(bytes: number): string {
  const power = bytes === 0 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const amount = bytes / 1024 ** power;
  return `${amount >= 100 || power === 0 ? Math.round(amount) : amount.toFixed(1)} ${UNITS[power]}`;
}
