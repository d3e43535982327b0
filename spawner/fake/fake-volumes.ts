import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { HubError } from '../../hub/domain/errors';
import type { VolumeRef } from '../../hub/domain/volume';
import { noFilesYet } from '../file-problems';
import { createLocalFiles } from '../local-files';
import type { SpawnRequest, Volumes } from '../spawner';
import type { FakeEngine } from './fake-spawner';

export const nameOfVolume = ({ id, name }: VolumeRef): string => name ?? `fake-${id}`;

const BYTES = 4096;
/** A tar archive without a file in it. */
const EMPTY_TAR = Buffer.alloc(1024);

/** Folders that stand for volumes, for whoever reads or prepares files in them. */
export function createFakeFolders(exists: (volume: VolumeRef) => boolean): { readonly folderOf: (volume: VolumeRef) => Promise<string | null>; readonly close: () => Promise<void> } {
  let all: string | undefined;
  return {
    async folderOf(volume) {
      if (!exists(volume)) return null;
      all ??= mkdtempSync(path.join(tmpdir(), 'berth-fake-'));
      const folder = path.join(all, path.basename(nameOfVolume(volume)));
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    async close() {
      if (all !== undefined) rmSync(all, { recursive: true, force: true });
      all = undefined;
    },
  };
}

/** Volumes as far as the hub can tell: they exist, are used, have a size, hold files that somebody put there, and go. */
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
  const files = createLocalFiles(async (volume) => {
    demandEngine();
    return engine.folderOf(volume);
  });
  return {
    make,
    calls: {
      ...files,
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
        if (!refs.some((ref) => engine.volumes.has(nameOfVolume(ref)))) throw noFilesYet();
        return Readable.from([EMPTY_TAR], { signal });
      },
      tidyVolumes: async () => undefined,
    },
  };
}
