import { Transform, type Readable } from 'node:stream';
import type { ContainerCreateOptions } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { FolderPage } from '../../hub/domain/folder';
import type { VolumeRef } from '../../hub/domain/volume';
import { fileProblem, namesDownTo, noFilesYet, type FileProblem } from '../file-problems';
import type { FileAsk, FilePlace, Volumes } from '../spawner';
import { createWholeTar } from './archive';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { createOutput, readLine } from './output';
import { READ_FOLDER, READ_SCRIPT } from './reader-script';
import { readOnly, type Readers } from './readers';
import type { DockerSettings } from './settings';

export interface LabFiles extends Pick<Volumes, 'listFolder' | 'readFile' | 'archiveFolder'> {
  /** Ends what is under way, and resolves when nothing of it is left. */
  close(): Promise<void>;
}

interface FilesDeps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly find: (ref: VolumeRef) => Promise<string | null>;
  readonly readers: Readers;
}

const MIB = 1024 ** 2;
/** The longest first line is a page of a folder with the longest names, each letter of them escaped. */
const LONGEST_HEAD = 8 * MIB;
/** From the start to the first line; a folder with many names on a slow disk takes a while. */
const HEAD_MS = 30_000;

interface Head {
  readonly problem?: FileProblem;
  readonly bytes?: number;
  readonly modified?: number;
  readonly total?: number;
  readonly complete?: boolean;
  readonly entries?: readonly (readonly [name: string, kind: FolderPage['entries'][number]['kind'], bytes: number | null, modified: number | null])[];
}

/**
 * Reads through a container of a few seconds that sees one volume and nothing else, read-only, without a network (decision 043). It runs a
 * script of the hub's, out of the lab's image, never out of the volume; what it writes comes over its output, as fast as somebody takes it.
 */
export function createFiles({ client, settings, find, readers }: FilesDeps): LabFiles {
  const open = new Map<Readable, Promise<void>>();

  /** Its output, in which the first line is still to be read; destroying that removes the container. */
  async function begin(verb: 'list' | 'file' | 'tar', { volume, path }: FilePlace, ask: FileAsk & { readonly offset?: number; readonly limit?: number }): Promise<Readable> {
    const below = namesDownTo(path).join('/');
    const source = await find(volume);
    if (source === null) throw noFilesYet();
    const name = readers.name('reader');
    try {
      const spec = specOf(name, { image: ask.image, source, args: [verb, below, String(ask.offset ?? 0), String(ask.limit ?? 0), volume.purpose] });
      await client.call({ what: 'prepare the reading', ms: DEADLINE.create, run: (d) => d.createContainer(spec) });
      const raw = (await client.call({ what: 'listen to the reading', ms: DEADLINE.start, signal: ask.signal, run: (d, abortSignal) => d.getContainer(name).attach({ stream: true, stdout: true, abortSignal }) })) as unknown as Readable;
      const output = handOut(name, raw, ask.signal);
      await client.call({ what: 'read the files', ms: DEADLINE.start, signal: ask.signal, run: (d, abortSignal) => d.getContainer(name).start({ abortSignal }) }).catch((err: unknown) => {
        output.destroy();
        throw err;
      });
      return output;
    } catch (err) {
      await readers.discard(name);
      throw err;
    }
  }

  function handOut(name: string, raw: Readable, signal: AbortSignal): Readable {
    const output = createOutput();
    const stop = (): void => void output.destroy(signal.reason instanceof Error ? signal.reason : new Error('nobody reads it any more'));
    signal.addEventListener('abort', stop, { once: true });
    raw.once('error', (err) => output.destroy(err));
    raw.once('close', () => void (raw.readableEnded || output.destroy(new Error('the engine broke off'))));
    // Whoever reads is told by the reading itself; one that nobody reads any more must not end the hub.
    output.on('error', () => undefined);
    const gone = new Promise<void>((resolve) => {
      output.once('close', () => {
        signal.removeEventListener('abort', stop);
        raw.destroy();
        void readers.discard(name).then(() => {
          open.delete(output);
          resolve();
        });
      });
    });
    open.set(output, gone);
    raw.pipe(output);
    return output;
  }

  async function headOf(output: Readable, signal: AbortSignal): Promise<Head> {
    try {
      const head = JSON.parse(await readLine(output, { most: LONGEST_HEAD, signal: AbortSignal.any([signal, AbortSignal.timeout(HEAD_MS)]) })) as Head;
      if (head.problem !== undefined) throw fileProblem(head.problem);
      return head;
    } catch (err) {
      output.destroy();
      throw err instanceof HubError ? err : new HubError('unavailable', 'The files could not be read: their reader did not answer. Try again in a moment.', { cause: err, retryAfterSeconds: 10 });
    }
  }

  async function begun(verb: 'list' | 'file' | 'tar', at: FilePlace, ask: FileAsk & { readonly offset?: number; readonly limit?: number }): Promise<{ readonly output: Readable; readonly head: Head }> {
    const output = await begin(verb, at, ask);
    return { output, head: await headOf(output, ask.signal) };
  }

  const listFolder: Volumes['listFolder'] = async (at, ask) => {
    const { output, head } = await begun('list', at, ask);
    output.destroy();
    const { total = 0, complete = true, entries = [] } = head;
    return { total, complete, entries: entries.map(([name, kind, bytes, modified]) => ({ name, kind, bytes, modified: modified === null ? null : dateOf(modified) })) };
  };

  const readFile: Volumes['readFile'] = async (at, ask) => {
    const { output, head } = await begun('file', at, ask);
    const bytes = head.bytes ?? 0;
    return { bytes, modified: dateOf(head.modified ?? 0), stream: onward(output, createExactly(bytes)) };
  };

  const archiveFolder: Volumes['archiveFolder'] = async (at, ask) => {
    const { output } = await begun('tar', at, ask);
    return onward(output, createWholeTar());
  };

  function specOf(name: string, { image, source, args }: { readonly image: string; readonly source: string; readonly args: readonly string[] }): ContainerCreateOptions {
    return {
      name,
      Image: image,
      // Files of a lab belong to whoever made them there, with the rights that they chose; the mount allows nobody to write.
      User: '0:0',
      Entrypoint: ['python3', '-I', '-S', '-X', 'utf8', '-c', READ_SCRIPT],
      Cmd: [...args],
      Env: ['LC_ALL=C.UTF-8'],
      WorkingDir: '/',
      Labels: readers.labels,
      HostConfig: {
        NetworkMode: 'none', CapDrop: ['ALL'], CapAdd: ['DAC_OVERRIDE'], SecurityOpt: ['no-new-privileges:true'], ReadonlyRootfs: true, PidsLimit: 16, Memory: 256 * MIB, MemorySwap: 256 * MIB,
        // Else the engine would write every file that goes through here to its own disk.
        LogConfig: { Type: 'none', Config: {} },
        Mounts: [readOnly(settings, source, READ_FOLDER)],
      },
    };
  }

  async function close(): Promise<void> {
    for (const output of open.keys()) output.destroy();
    await Promise.all(open.values());
  }

  return { listFolder, readFile, archiveFolder, close };
}

const dateOf = (seconds: number): Date => new Date(Math.min(Math.max(seconds * 1000, 0), 8.64e15));

/** As `pipe`, and either end takes the other with it. */
function onward(source: Readable, out: Transform): Readable {
  source.once('error', (err) => out.destroy(err));
  source.once('close', () => void (source.readableEnded || out.destroy(new Error('the reading broke off'))));
  out.once('close', () => source.destroy());
  source.pipe(out);
  return out;
}

function createExactly(bytes: number): Transform {
  let left = bytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      done(null, chunk);
    },
    flush: (done) => done(left === 0 ? null : new HubError('unavailable', 'The file changed while it was read. Try again.')),
  });
}
