import { isOwn } from '../domain/access';
import { DEFAULT_SERVER } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import type { Store } from '../store/store';
import type { Volumes as VolumeEngine } from '../../spawner/spawner';
import type { Volumes } from './contract';
import type { Places } from './file-places';
import type { VolumeCore } from './volume-core';
import type { VolumeRecords } from './volume-records';

interface DownloadsDeps {
  readonly store: Store;
  readonly engine: VolumeEngine;
  readonly records: VolumeRecords;
  readonly core: VolumeCore;
  readonly clock: Clock;
  readonly image: string;
  readonly places: Places;
  /** Ends all of them. */
  readonly closing: AbortSignal;
}

export function createDownloads({ store, engine, records, core, clock, image, places, closing }: DownloadsDeps): Volumes['download'] {
  return async (actor, owner, id, signal) => {
    core.demanded(actor, 'access:servers', owner);
    const picked = id === undefined ? records.activeOf(owner.id) : [core.ofOwner(owner, id)];
    const leave = places.enter(owner.id);
    try {
      store.transaction(() => {
        core.recorded(actor, 'volume.download', owner, { volumes: picked });
        const server = store.servers.find(owner.id, DEFAULT_SERVER);
        // Whoever reads somebody's files has entered as much as somebody who opens the server.
        if (server !== undefined && !isOwn(actor, owner)) store.visits.add(server.id, actor.name, clock.now());
      });
      const stream = await engine.archiveVolumes(picked, { image, signal: AbortSignal.any([signal, closing]) });
      stream.once('close', leave);
      const name = owner.name.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 64);
      return { fileName: `${name}-${(id === undefined ? undefined : picked[0]?.purpose) ?? 'files'}-${clock.now().toISOString().slice(0, 10)}.tar`, stream };
    } catch (err) {
      leave();
      throw err;
    }
  };
}
