import { Transform, type Readable, type TransformCallback } from 'node:stream';
import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { VolumeRef } from '../../hub/domain/volume';
import { noFilesYet } from '../file-problems';
import type { Volumes } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { readOnly, type Readers } from './readers';
import type { DockerSettings } from './settings';

export interface Archives extends Pick<Volumes, 'archiveVolumes'> {
  /** Ends what is under way, and resolves when nothing of it is left. */
  close(): Promise<void>;
}

interface ArchivesDeps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly find: (ref: VolumeRef) => Promise<string | null>;
  readonly readers: Readers;
}

const FOLDER = '/files';

/**
 * The engine reads the files itself, through a container that is made for this and never started: nothing of anybody's runs, there is no
 * network, and the volumes are mounted read-only. It must not be the server's own container, which the engine would keep locked meanwhile.
 */
export function createArchives({ client, settings, find, readers }: ArchivesDeps): Archives {
  /** What this process made; the promises resolve when it is gone, and never reject. */
  const open = new Map<string, { readonly stream: Readable; readonly gone: Promise<void> }>();

  async function archiveVolumes(refs: readonly VolumeRef[], { image, signal }: { readonly image: string; readonly signal: AbortSignal }): Promise<Readable> {
    const mounts = (await Promise.all(refs.map(async (ref) => ({ ref, name: await find(ref) })))).flatMap(({ ref, name }) => (name === null ? [] : [readOnly(settings, name, `${FOLDER}/${ref.purpose}`)]));
    if (mounts.length === 0) throw noFilesYet();
    const name = readers.name('archive');
    try {
      await client.call({ what: 'prepare the archive', ms: DEADLINE.create, run: (d) => d.createContainer(spec(name, image, mounts)) });
      const source = (await client.call({ what: 'read the files', ms: DEADLINE.start, signal, run: (d, abortSignal) => d.getContainer(name).getArchive({ path: FOLDER, abortSignal }) })) as Readable;
      return handOut(name, source);
    } catch (err) {
      await readers.discard(name);
      throw err;
    }
  }

  function handOut(name: string, source: Readable): Readable {
    const whole = createWholeTar();
    source.once('error', (err) => whole.destroy(err));
    // The engine's answer that ends before its end is no error of the stream.
    source.once('close', () => void (source.readableEnded || whole.destroy(new Error('the engine broke off the archive'))));
    const gone = new Promise<void>((resolve) => {
      whole.once('close', () => {
        source.destroy();
        void readers.discard(name).then(() => {
          open.delete(name);
          resolve();
        });
      });
    });
    open.set(name, { stream: whole, gone });
    source.pipe(whole);
    return whole;
  }

  const spec = (name: string, image: string, mounts: MountSettings[]): ContainerCreateOptions => ({
    name,
    Image: image,
    Entrypoint: ['/bin/true'],
    Labels: readers.labels,
    HostConfig: { NetworkMode: 'none', CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'], ReadonlyRootfs: true, Mounts: mounts },
  });

  async function close(): Promise<void> {
    const all = [...open.values()];
    for (const { stream } of all) stream.destroy();
    await Promise.all(all.map(({ gone }) => gone));
  }

  return { archiveVolumes, close };
}

/** Two empty blocks end a tar archive. Where a file shrinks while it is read, the engine leaves out the rest without a word. */
const END_BYTES = 1024;

export function createWholeTar(): Transform {
  let tail: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      tail = chunk.length >= END_BYTES ? chunk.subarray(chunk.length - END_BYTES) : Buffer.concat([tail, chunk]).subarray(-END_BYTES);
      done(null, chunk);
    },
    flush(done) {
      const whole = tail.length === END_BYTES && tail.every((byte) => byte === 0);
      done(whole ? null : new HubError('unavailable', 'The archive is not complete: files changed while they were read. Stop the server and try again.'));
    },
  });
}
