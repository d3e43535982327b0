import { demand, demandMayChange, HUB, notFound, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { User } from '../domain/user';
import type { Volume } from '../domain/volume';
import type { Store } from '../store/store';
import type { VolumeReport, Volumes } from './contract';
import type { VolumeCore } from './volume-core';
import type { VolumeRecords } from './volume-records';

interface HandOverDeps {
  readonly store: Store;
  readonly records: VolumeRecords;
  readonly core: VolumeCore;
}

/** Owners are rows: what changes hands stays where it is in the engine, with the labels it was made with. */
export function createHandOver({ store, records, core }: HandOverDeps): Volumes['handOver'] {
  async function handOver(actor: Actor, what: Parameters<Volumes['handOver']>[1], to: User): Promise<VolumeReport> {
    demand(actor, 'admin:users', HUB);
    demandMayChange(actor, to);
    if ('from' in what) {
      demandMayChange(actor, what.from);
      if (what.from.id === to.id) throw new HubError('invalid-input', 'These volumes are theirs already.');
      await records.takeOver(what.from.id);
    }
    await records.takeOver(to.id);
    store.transaction(() => {
      const given = 'from' in what ? records.activeOf(what.from.id) : what.volumes.map((id) => store.volumes.byId(id) ?? absent());
      if (given.length === 0) throw new HubError('not-found', 'There are no volumes to hand over.');
      core.demandStopped(to);
      for (const volume of given) give(actor, volume, to);
      core.recorded(actor, 'volume.hand-over', to, { volumes: given, from: [...new Set(given.map(({ owner }) => owner))] });
    });
    return core.reportOf(to);
  }

  function give(actor: Actor, volume: Volume, to: User): void {
    const from = store.users.byId(volume.owner);
    if (from !== undefined) {
      demandMayChange(actor, from);
      core.demandStopped(from);
    }
    if (volume.owner === to.id || volume.state === 'removing') throw new HubError('invalid-input', 'One of these volumes is theirs already, or is being removed.');
    const instead = volume.state === 'active' ? core.activeFor(to.id, volume.purpose) : undefined;
    const generation = records.nextGeneration(to.id, volume.purpose);
    if (instead !== undefined) records.retire(instead);
    store.volumes.update(volume.id, { owner: to.id, generation });
  }

  return handOver;
}

const absent = (): never => {
  throw notFound();
};
