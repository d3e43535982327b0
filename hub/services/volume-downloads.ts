import { isOwn } from '../domain/access';
import { HubError } from '../domain/errors';
import { DEFAULT_SERVER, type UserId } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import type { Store } from '../store/store';
import type { Volumes as VolumeEngine } from '../../spawner/spawner';
import type { Volumes } from './contract';
import type { VolumeCore } from './volume-core';
import type { VolumeRecords } from './volume-records';

interface DownloadsDeps {
  readonly store: Store;
  readonly engine: VolumeEngine;
  readonly records: VolumeRecords;
  readonly core: VolumeCore;
  readonly clock: Clock;
  readonly image: string;
  /** Ends all of them. */
  readonly closing: AbortSignal;
}

/** At a time; each holds a connection to the engine and one of a reader for as long as it takes. */
const DOWNLOADS_EACH = 2;
const DOWNLOADS = 8;

export function createDownloads({ store, engine, records, core, clock, image, closing }: DownloadsDeps): Volumes['download'] {
  const open = new Map<UserId, number>();

  /** The returned function gives the place back. */
  function enter(owner: UserId): () => void {
    const own = open.get(owner) ?? 0;
    const all = [...open.values()].reduce((sum, count) => sum + count, 0);
    if (own >= DOWNLOADS_EACH || all >= DOWNLOADS) throw new HubError('rate-limited', 'Too many downloads of volumes are under way. Wait until one has ended.', { retryAfterSeconds: 30 });
    open.set(owner, own + 1);
    return () => {
      const left = (open.get(owner) ?? 1) - 1;
      if (left === 0) open.delete(owner);
      else open.set(owner, left);
    };
  }

  return async (actor, owner, id, signal) => {
    core.demanded(actor, 'access:servers', owner);
    const picked = id === undefined ? records.activeOf(owner.id) : [core.ofOwner(owner, id)];
    const leave = enter(owner.id);
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
