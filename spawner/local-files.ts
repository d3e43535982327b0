import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { lstat, open, opendir, realpath, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { HubError } from '../hub/domain/errors';
import type { FilePath } from '../hub/domain/file-path';
import { MOST_ENTRIES, NO_TEXT, type FolderEntry } from '../hub/domain/folder';
import type { VolumeRef } from '../hub/domain/volume';
import { fileProblem, namesDownTo, noFilesYet } from './file-problems';
import type { Volumes } from './spawner';

/** Where the kernel shows what a process has open, a name can be opened below a folder that is open already. */
const SELF = '/proc/self/fd';
const ON_LINUX = process.platform === 'linux';
const SAFE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const FOLDER = SAFE | constants.O_DIRECTORY;

/**
 * Reads volumes that are folders of this machine. Every name is opened below the folder that was opened before it and never as a link, so
 * it does not matter what somebody puts in its place meanwhile (L02). Elsewhere than on Linux the whole path is looked at again afterwards.
 */
export function createLocalFiles(folderOf: (volume: VolumeRef) => Promise<string | null>): Pick<Volumes, 'listFolder' | 'readFile' | 'archiveFolder'> {
  const rootOf = async (volume: VolumeRef): Promise<string> => (await folderOf(volume)) ?? missingVolume();

  return {
    async listFolder({ volume, path: at }, { offset, limit, signal }) {
      const root = await rootOf(volume);
      return within(root, namesDownTo(at), async (folder) => {
        const seen: { readonly name: string; readonly later: boolean }[] = [];
        let complete = true;
        for await (const entry of await opendir(folder, { bufferSize: 512 })) {
          signal.throwIfAborted();
          if (seen.length === MOST_ENTRIES) {
            complete = false;
            break;
          }
          seen.push({ name: entry.name, later: !entry.isDirectory() });
        }
        seen.sort((a, b) => Number(a.later) - Number(b.later) || (a.name < b.name ? -1 : 1));
        return { total: seen.length, complete, entries: await Promise.all(seen.slice(offset, offset + limit).map(({ name }) => entryIn(folder, name))) };
      });
    },
    async readFile({ volume, path: at }) {
      const root = await rootOf(volume);
      const names = namesDownTo(at);
      const name = names.at(-1);
      if (name === undefined) throw fileProblem('unfit');
      const file = await within(root, names.slice(0, -1), (folder) => openPlain(root, folder, { name, at }));
      const { size, mtime } = await file.stat();
      const stream = size === 0 ? new PassThrough().end() : file.createReadStream({ end: size - 1 });
      if (size === 0) await file.close();
      return { bytes: size, modified: mtime, stream: size === 0 ? stream : whole(stream, size) };
    },
    async archiveFolder({ volume, path: at }, { signal }) {
      const root = await rootOf(volume);
      // The folder is open until `tar` stands in it.
      return within(root, namesDownTo(at), async (folder) => tarOf(['.'], { cwd: folder, signal }));
    },
  };
}

const missingVolume = (): never => {
  throw noFilesYet();
};

/** With the folder as a path that leads to what was opened, whatever is under its name by now. */
async function within<T>(root: string, names: readonly string[], work: (folder: string) => Promise<T>): Promise<T> {
  let at: FileHandle | undefined;
  try {
    at = await open(root, FOLDER);
    let real = root;
    for (const name of names) {
      const above: FileHandle = at;
      real = path.join(real, name);
      at = await open(ON_LINUX ? `${SELF}/${above.fd}/${name}` : real, FOLDER);
      await above.close();
    }
    if (!ON_LINUX) await demandUnmoved(root, names);
    return await work(ON_LINUX ? `${SELF}/${at.fd}` : real);
  } catch (err) {
    throw problemOf(err);
  } finally {
    await at?.close();
  }
}

async function demandUnmoved(root: string, names: readonly string[]): Promise<void> {
  if ((await realpath(path.join(root, ...names))) !== path.join(await realpath(root), ...names)) throw fileProblem('unfit');
}

async function openPlain(root: string, folder: string, { name, at }: { readonly name: string; readonly at: FilePath }): Promise<FileHandle> {
  const place = path.join(folder, name);
  // Before it is opened as well: to open a device can already mean something to it.
  if (!(await lstat(place)).isFile()) throw fileProblem('unfit');
  const file = await open(place, SAFE);
  try {
    if (!(await file.stat()).isFile()) throw fileProblem('unfit');
    if (!ON_LINUX) await demandUnmoved(root, namesDownTo(at));
    return file;
  } catch (err) {
    await file.close();
    throw err;
  }
}

async function entryIn(folder: string, name: string): Promise<FolderEntry> {
  const isText = !name.includes(NO_TEXT);
  try {
    const found = await lstat(path.join(folder, name));
    const kind = found.isDirectory() ? 'folder' : found.isFile() ? 'file' : found.isSymbolicLink() ? 'link' : 'other';
    return { name, kind: isText ? kind : 'other', bytes: found.isFile() ? found.size : null, modified: found.mtime };
  } catch {
    // It went away meanwhile, or its name is no text and cannot be asked for.
    return { name, kind: 'other', bytes: null, modified: null };
  }
}

function whole(stream: Readable, bytes: number): Readable {
  const out = new PassThrough();
  let left = bytes;
  stream.on('data', (chunk: Buffer) => (left -= chunk.length));
  stream.once('error', (err) => out.destroy(err));
  stream.once('end', () => (left === 0 ? out.end() : out.destroy(new HubError('unavailable', 'The file changed while it was read. Try again.'))));
  out.once('close', () => stream.destroy());
  stream.pipe(out, { end: false });
  return out;
}

const PROBLEMS: Readonly<Record<string, 'missing' | 'unfit'>> = { ENOENT: 'missing', ENOTDIR: 'unfit', ELOOP: 'unfit', ENXIO: 'unfit', EINVAL: 'unfit', ENODEV: 'unfit' };

const problemOf = (err: unknown): Error => {
  const { code } = err as NodeJS.ErrnoException;
  return err instanceof HubError || code === undefined || code === 'ABORT_ERR' ? (err as Error) : fileProblem(PROBLEMS[code] ?? 'unreadable', err);
};

/** Files that change while they are read (1) are in it as they were read; everything else makes it incomplete. */
const WHOLE: readonly (number | null)[] = [0, 1];

/** A tar archive, by a process of its own, which stands in its folder before this returns. */
export function tarOf(what: readonly string[], { signal, cwd }: { readonly signal: AbortSignal; readonly cwd?: string }): Readable {
  const tar = spawn('tar', ['-cf', '-', ...what], { stdio: ['ignore', 'pipe', 'ignore'], signal, ...(cwd === undefined ? {} : { cwd }) });
  const out = new PassThrough();
  tar.stdout.pipe(out, { end: false });
  tar.once('error', (err) => out.destroy(err));
  tar.once('close', (code) => (WHOLE.includes(code) ? out.end() : out.destroy(new HubError('internal', 'The archive could not be completed.'))));
  out.once('close', () => tar.kill());
  return out;
}
