import { newId, type UserId, type VolumeId } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import { isUntouched, VOLUME_PURPOSES, type Volume, type VolumePurpose, type VolumeRef } from '../domain/volume';
import type { Store } from '../store/store';
import { nextTurn, ROWS_AT_ONCE } from './in-turns';
import type { FoundVolume, Volumes as VolumeEngine } from '../../spawner/spawner';

export interface VolumeRecordsDeps {
  readonly store: Store;
  readonly engine: VolumeEngine;
  readonly clock: Clock;
  /** How long a volume stays in the bin from now on, milliseconds; 0: until somebody empties it. */
  readonly binMs: () => number;
}

export interface VolumeRecords {
  /** What a server of this owner gets from now on, one for each purpose. Called for a start that is claimed: no reset can come in between. */
  forStart(owner: UserId): Promise<readonly VolumeRef[]>;
  /** Takes into the records what the engine has and they do not; of one user, or of everybody. Nothing in the engine changes. */
  takeOver(owner?: UserId): Promise<void>;
  /** Makes room for another active one. In a transaction of the caller's. */
  retire(volume: Volume): void;
  activeOf(owner: UserId): readonly Volume[];
  nextGeneration(owner: UserId, purpose: VolumePurpose): number;
  add(owner: UserId, purpose: VolumePurpose, change?: Partial<Volume>): Volume;
  /** It is gone for good: a list of the engine from before that says nothing any more. */
  forget(volume: Volume): void;
}

export function createVolumeRecords({ store, engine, clock, binMs }: VolumeRecordsDeps): VolumeRecords {
  const gone = new Set<string>();
  const activeOf = (owner: UserId): readonly Volume[] => store.volumes.listOf(owner).filter(({ state }) => state === 'active');
  const lacking = (owner: UserId): readonly VolumePurpose[] => {
    const has = new Set(activeOf(owner).map(({ purpose }) => purpose));
    return VOLUME_PURPOSES.filter((purpose) => !has.has(purpose));
  };
  const nextGeneration = (owner: UserId, purpose: VolumePurpose): number => Math.max(0, ...store.volumes.listOf(owner).filter((volume) => volume.purpose === purpose).map(({ generation }) => generation)) + 1;

  function add(owner: UserId, purpose: VolumePurpose, change: Partial<Volume> = {}): Volume {
    const fresh = { id: newId<VolumeId>(), name: null, generation: nextGeneration(owner, purpose), state: 'active', created: clock.now(), lastUsed: null, bytes: null, measured: null, binned: null, ends: null } as const;
    const volume: Volume = { ...fresh, owner, purpose, ...change };
    store.volumes.add(volume);
    return volume;
  }

  async function forStart(owner: UserId): Promise<readonly VolumeRef[]> {
    if (lacking(owner).length > 0) await takeOver(owner);
    return store.transaction(() => {
      for (const purpose of lacking(owner)) add(owner, purpose);
      return activeOf(owner).map(({ id, purpose, name }) => {
        // Before the engine makes it: from here on the row is not dropped as one that nobody ever had.
        store.volumes.update(id, { lastUsed: clock.now() });
        return { id, purpose, name };
      });
    });
  }

  async function takeOver(owner?: UserId): Promise<void> {
    const found = await engine.listVolumes(owner);
    for (const [at, volume] of found.entries()) {
      takeIn(volume);
      if (at % ROWS_AT_ONCE === ROWS_AT_ONCE - 1) await nextTurn();
    }
  }

  /**
   * From before the hub kept records, or unknown because the database is an older one that was restored. What has no place among the active
   * ones goes to the bin, where it stays until somebody decides.
   */
  function takeIn({ id, name, purpose, owner }: FoundVolume): void {
    if (gone.has(id ?? name) || !isPurpose(purpose)) return;
    if ((id === null ? store.volumes.byName(name) : store.volumes.byId(id)) !== undefined) return;
    store.transaction(() => {
      const taken = activeOf(owner).some((volume) => volume.purpose === purpose);
      const now = clock.now();
      add(owner, purpose, { ...(id === null ? { name } : { id, lastUsed: now }), ...(taken ? { state: 'bin', binned: now } : {}) });
    });
  }

  function retire(volume: Volume): void {
    if (isUntouched(volume)) store.volumes.forget(volume.id);
    else store.volumes.update(volume.id, { state: 'bin', binned: clock.now(), ends: binMs() === 0 ? null : new Date(clock.now().getTime() + binMs()) });
  }

  function forget({ id, name }: Volume): void {
    gone.add(name ?? id);
    store.volumes.forget(id);
  }

  return { forStart, takeOver, retire, activeOf, nextGeneration, add, forget };
}

const isPurpose = (text: string): text is VolumePurpose => (VOLUME_PURPOSES as readonly string[]).includes(text);
