import type { Logger } from '../../hub/domain/runtime';
import type { VolumeRef } from '../../hub/domain/volume';
import type { FileAsk, Volumes } from '../spawner';
import { createArchives } from './archive';
import type { DockerClient } from './client';
import { createFiles } from './files';
import type { Images } from './pull';
import { createReaders } from './readers';
import type { DockerSettings } from './settings';

export interface Reading extends Pick<Volumes, 'archiveVolumes' | 'listFolder' | 'readFile' | 'archiveFolder' | 'tidyVolumes'> {
  /** Ends what is under way, and resolves when nothing of it is left. */
  close(): Promise<void>;
}

interface ReadingDeps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly images: Pick<Images, 'ensure'>;
  readonly find: (ref: VolumeRef) => Promise<string | null>;
  readonly log: Logger;
}

/** Everything that is read out of volumes: whole ones by the engine, files and folders by a script. The image of the containers is fetched where it is missing. */
export function createReading({ client, settings, images, find, log }: ReadingDeps): Reading {
  const readers = createReaders({ client, settings, log });
  const archives = createArchives({ client, settings, find, readers });
  const files = createFiles({ client, settings, find, readers });
  const present = async <T extends FileAsk>(ask: T): Promise<T> => ({ ...ask, image: await images.ensure(ask.image, () => undefined, ask.signal) });
  return {
    archiveVolumes: async (refs, ask) => archives.archiveVolumes(refs, await present(ask)),
    listFolder: async (at, ask) => files.listFolder(at, await present(ask)),
    readFile: async (at, ask) => files.readFile(at, await present(ask)),
    archiveFolder: async (at, ask) => files.archiveFolder(at, await present(ask)),
    tidyVolumes: readers.tidyVolumes,
    close: async () => {
      await archives.close();
      await files.close();
    },
  };
}
