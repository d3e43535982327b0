import { demand, HUB, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { UserId, VolumeId } from '../domain/ids';
import type { User } from '../domain/user';
import { isUntouched, type VolumePurpose, type VolumeRef } from '../domain/volume';
import type { CheckRow } from '../../spawner/spawner';
import type { VolumeReport, Volumes } from './contract';
import { createPlaces } from './file-places';
import { createFiles } from './files';
import { createVolumeCore } from './volume-core';
import { createDownloads } from './volume-downloads';
import { createHandOver } from './volume-hand-over';
import { createVolumeJobs, type VolumeJobs, type VolumeJobsDeps } from './volume-jobs';
import { createVolumeRecords, type VolumeRecordsDeps } from './volume-records';

export interface VolumesDeps extends VolumeRecordsDeps, Omit<VolumeJobsDeps, 'records'> {
  /** Of a container that archives are read through; it is never started. */
  readonly image: string;
}

export interface VolumesService extends Volumes, Pick<VolumeJobs, 'purgeDue' | 'measure'> {
  /** For a start of this owner. */
  forStart(owner: UserId): Promise<readonly VolumeRef[]>;
  /** Every generation, for good: for an account that is deleted with its files. Throws `conflict` while one is in use. */
  removeAllOf(owner: UserId): Promise<void>;
  /** For the health page. */
  row(): CheckRow;
  close(): Promise<void>;
}

const LEFT_AT_ONCE = 1_000;
/** Each holds a connection to the engine and one of a reader for as long as it takes. */
const DOWNLOADS = { each: 2, all: 8, tooMany: 'Too many downloads of volumes are under way. Wait until one has ended.' };

export function createVolumes(deps: VolumesDeps): VolumesService {
  const { store, engine, failPoint } = deps;
  const records = createVolumeRecords(deps);
  const jobs = createVolumeJobs({ ...deps, records });
  const core = createVolumeCore({ ...deps, records });
  const closing = new AbortController();
  const downloads = createPlaces(DOWNLOADS);
  const { demanded, demandStopped, reportOf, inBin, activeFor, recorded } = core;

  async function reset(actor: Actor, owner: User, purposes: readonly VolumePurpose[]): Promise<VolumeReport> {
    demanded(actor, 'delete:servers', owner);
    demandStopped(owner);
    const wanted = [...new Set(purposes)];
    if (wanted.length === 0) throw new HubError('invalid-input', 'Choose at least one volume to reset.');
    if (wanted.some((purpose) => activeFor(owner.id, purpose) === undefined)) await records.takeOver(owner.id);
    store.transaction(() => {
      // One tick from the look to the swap: a start that is claimed now waits for neither.
      demandStopped(owner);
      const before = wanted.map((purpose) => activeFor(owner.id, purpose) ?? missing(owner, purpose));
      // An empty one that no server had yet is as good as a new one.
      for (const volume of before.filter((one) => !isUntouched(one))) {
        const generation = records.nextGeneration(owner.id, volume.purpose);
        records.retire(volume);
        records.add(owner.id, volume.purpose, { generation });
      }
      recorded(actor, 'volume.reset', owner, { volumes: before });
      failPoint('volume.reset.before-commit');
    });
    failPoint('volume.reset.after-commit');
    return reportOf(owner);
  }

  function undo(actor: Actor, owner: User, id: VolumeId): VolumeReport {
    demanded(actor, 'delete:servers', owner);
    store.transaction(() => {
      demandStopped(owner);
      const volume = inBin(owner, id);
      if (volume.state === 'removing') throw new HubError('invalid-input', 'This volume is being removed already: it cannot be put back.');
      const instead = activeFor(owner.id, volume.purpose);
      if (instead !== undefined) records.retire(instead);
      store.volumes.update(id, { state: 'active', binned: null, ends: null });
      recorded(actor, 'volume.undo', owner, { volumes: [volume] });
      failPoint('volume.undo.before-commit');
    });
    failPoint('volume.undo.after-commit');
    return reportOf(owner);
  }

  return {
    report(actor, owner) {
      demanded(actor, 'read:servers', owner);
      return reportOf(owner);
    },
    reset,
    undo,
    async remove(actor, owner, id) {
      demanded(actor, 'delete:servers', owner);
      await jobs.purge(actor, inBin(owner, id), owner.name);
    },
    leftBehind(actor) {
      demand(actor, 'admin:users', HUB);
      return store.volumes.left(LEFT_AT_ONCE);
    },
    handOver: createHandOver({ store, records, core }),
    download: createDownloads({ ...deps, records, core, places: downloads, closing: closing.signal }),
    files: createFiles({ ...deps, core, downloads, closing: closing.signal }),
    forStart: records.forStart,
    async removeAllOf(owner) {
      await records.takeOver(owner);
      const all = store.volumes.listOf(owner);
      await engine.removeVolumes(all);
      for (const volume of all) records.forget(volume);
    },
    purgeDue: jobs.purgeDue,
    measure: jobs.measure,
    row: jobs.row,
    close: async () => {
      closing.abort();
      await jobs.close();
    },
  };
}

function missing(owner: User, purpose: VolumePurpose): never {
  throw new HubError('not-found', `${owner.name} has no ${purpose} volume yet: one is made at the first start.`);
}
