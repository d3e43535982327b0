import { randomBytes } from 'node:crypto';
import { Transform, type Readable, type TransformCallback } from 'node:stream';
import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { Logger } from '../../hub/domain/runtime';
import type { VolumeRef } from '../../hub/domain/volume';
import { LABEL, ROLE } from '../labels';
import type { Volumes } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { removeContainer } from './run-once';
import type { DockerSettings } from './settings';

export interface Archives extends Pick<Volumes, 'archiveVolumes' | 'tidyVolumes'> {
  /** Ends what is under way, and resolves when nothing of it is left. */
  close(): Promise<void>;
}

interface ArchivesDeps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly find: (ref: VolumeRef) => Promise<string | null>;
  readonly log: Logger;
}

const FOLDER = '/files';

/**
 * The engine reads the files itself, through a container that is made for this and never started: nothing of anybody's runs, there is no
 * network, and the volumes are mounted read-only. It must not be the server's own container, which the engine would keep locked meanwhile.
 */
export function createArchives({ client, settings, find, log }: ArchivesDeps): Archives {
  /** What this process made; the promises resolve when it is gone, and never reject. */
  const open = new Map<string, { readonly stream: Readable; readonly gone: Promise<void> }>();
  const making = new Set<string>();

  async function archiveVolumes(refs: readonly VolumeRef[], { image, signal }: { readonly image: string; readonly signal: AbortSignal }): Promise<Readable> {
    const mounts = (await Promise.all(refs.map(async (ref) => ({ ref, name: await find(ref) })))).flatMap(({ ref, name }) => (name === null ? [] : [readOnly(name, `${FOLDER}/${ref.purpose}`)]));
    if (mounts.length === 0) throw new HubError('not-found', 'There are no files yet: no server was started with this volume.');
    const name = `${settings.networkPrefix}archive-${randomBytes(6).toString('hex')}`;
    making.add(name);
    try {
      await client.call({ what: 'prepare the archive', ms: DEADLINE.create, run: (d) => d.createContainer(spec(name, image, mounts)) });
      const source = (await client.call({ what: 'read the files', ms: DEADLINE.start, signal, run: (d, abortSignal) => d.getContainer(name).getArchive({ path: FOLDER, abortSignal }) })) as Readable;
      return handOut(name, source);
    } catch (err) {
      await discard(name);
      throw err;
    } finally {
      making.delete(name);
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
        void discard(name).then(() => {
          open.delete(name);
          resolve();
        });
      });
    });
    open.set(name, { stream: whole, gone });
    source.pipe(whole);
    return whole;
  }

  const readOnly = (source: string, target: string): MountSettings => ({
    Type: 'volume', Source: source, Target: target, ReadOnly: true, VolumeOptions: { NoCopy: true, Labels: { [LABEL.instance]: settings.instance }, DriverConfig: { Name: 'local', Options: {} } },
  });

  const spec = (name: string, image: string, mounts: MountSettings[]): ContainerCreateOptions => ({
    name,
    Image: image,
    Entrypoint: ['/bin/true'],
    Labels: { ...settings.extraLabels, [LABEL.instance]: settings.instance, [LABEL.role]: ROLE.archive },
    HostConfig: { NetworkMode: 'none', CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges:true'], ReadonlyRootfs: true, Mounts: mounts },
  });

  /** What cannot be removed now is removed by the next `tidyVolumes`. */
  const discard = (name: string): Promise<void> => removeContainer(client, name).catch((err: unknown) => log.warn({ err, container: name }, 'the container of an archive could not be removed'));

  async function tidyVolumes(): Promise<void> {
    const found = await client.call({ what: 'list the archives', ms: DEADLINE.list, run: (d, abortSignal) => d.listContainers({ all: true, filters: { label: [`${LABEL.instance}=${settings.instance}`, `${LABEL.role}=${ROLE.archive}`] }, abortSignal }) });
    for (const { Id, Names } of found) {
      const name = (Names[0] ?? '').replace(/^\//, '');
      if (!open.has(name) && !making.has(name)) await removeContainer(client, Id);
    }
  }

  async function close(): Promise<void> {
    const all = [...open.values()];
    for (const { stream } of all) stream.destroy();
    await Promise.all(all.map(({ gone }) => gone));
  }

  return { archiveVolumes, tidyVolumes, close };
}

/** Two empty blocks end a tar archive. Where a file shrinks while it is read, the engine leaves out the rest without a word. */
const END_BYTES = 1024;

function createWholeTar(): Transform {
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
