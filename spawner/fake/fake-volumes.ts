import { Readable } from 'node:stream';
import { HubError } from '../../hub/domain/errors';
import type { VolumeRef } from '../../hub/domain/volume';
import type { SpawnRequest, Volumes } from '../spawner';
import type { FakeEngine } from './fake-spawner';

export const nameOfVolume = ({ id, name }: VolumeRef): string => name ?? `fake-${id}`;

const BYTES = 4096;
/** A tar archive without a file in it. */
const EMPTY_TAR = Buffer.alloc(1024);

/** Volumes as far as the hub can tell: they exist, are used, have a size, and go. */
export function createFakeVolumes(engine: FakeEngine): { readonly make: (req: SpawnRequest) => void; readonly calls: Volumes } {
  const demandEngine = (): void => {
    if (!engine.reachable) throw new HubError('unavailable', 'The engine does not answer.', { retryAfterSeconds: 10 });
  };
  const make = (req: SpawnRequest): void => {
    for (const ref of req.volumes) {
      const name = nameOfVolume(ref);
      if (!engine.volumes.has(name)) engine.volumes.set(name, { id: ref.id, owner: req.owner.id, purpose: ref.purpose, bytes: BYTES });
    }
  };
  return {
    make,
    calls: {
      listVolumes: async (owner) => {
        demandEngine();
        return [...engine.volumes].filter(([, v]) => owner === undefined || v.owner === owner).map(([name, v]) => ({ id: v.id, name, purpose: v.purpose, owner: v.owner }));
      },
      removeVolumes: async (refs) => {
        demandEngine();
        const names = refs.map(nameOfVolume);
        if ([...engine.processes.values()].some((p) => p.volumes.some((name) => names.includes(name)))) throw new HubError('conflict', 'A volume is in use: stop the server first.');
        for (const name of names) engine.volumes.delete(name);
      },
      measureVolumes: async () => {
        demandEngine();
        return [...engine.volumes].map(([name, { id, bytes }]) => ({ id, name, bytes }));
      },
      archiveVolumes: async (refs, { signal }) => {
        demandEngine();
        if (!refs.some((ref) => engine.volumes.has(nameOfVolume(ref)))) throw new HubError('not-found', 'There are no files yet: no server was started with this volume.');
        return Readable.from([EMPTY_TAR], { signal });
      },
      tidyVolumes: async () => undefined,
    },
  };
}
