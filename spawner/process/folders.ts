import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { HubError } from '../../hub/domain/errors';
import type { InstanceId, UserId, VolumeId } from '../../hub/domain/ids';
import type { VolumePurpose, VolumeRef } from '../../hub/domain/volume';
import { createLocalFiles, tarOf } from '../local-files';
import type { FoundVolume, Volumes } from '../spawner';
import { entries, readJson, writeJson } from './runs';

const run = promisify(execFile);

export type UserFolders = Readonly<Record<VolumePurpose, string>>;

export interface Folders extends Volumes {
  /** Makes what is missing. `HubError('conflict')` when something that is not this hub's has the place. */
  ensure(owner: UserId, volumes: readonly VolumeRef[]): Promise<UserFolders>;
  /** All of them. Only for taking a whole installation down, after somebody typed that they mean it. */
  removeAll(): Promise<void>;
}

interface FoldersDeps {
  readonly labsDir: string;
  readonly instance: InstanceId;
  /** Volumes that some run has. */
  readonly inUse: () => Promise<ReadonlySet<string>>;
}

/** Beside the files, so that nobody finds it among their own. */
interface Note {
  readonly instance: InstanceId;
  readonly id: VolumeId;
  readonly purpose: VolumePurpose;
  readonly owner: UserId;
}

const NOTE = '.berth.json';

/** A folder per volume, by its immutable id, with the files in a folder below that is called as its purpose: whoever gets a used name later inherits nothing (A19). */
export function createFolders({ labsDir, instance, inUse }: FoldersDeps): Folders {
  /** Two hubs that were given one folder leave each other's work alone. */
  const [going, draft] = [`.removed-${instance}-`, `.draft-${instance}-`];
  const unused = (stem: string): string => path.join(labsDir, `${stem}${randomBytes(8).toString('hex')}`);
  const placeOf = (id: VolumeId): string => path.join(labsDir, path.basename(id));
  const filesOf = ({ id, purpose }: Pick<Note, 'id' | 'purpose'>): string => path.join(placeOf(id), purpose);

  async function noteIn(place: string): Promise<Note | null> {
    const found = (await readJson(path.join(place, NOTE))) as Note | null;
    return found?.instance === instance ? found : null;
  }

  async function ensure(owner: UserId, volumes: readonly VolumeRef[]): Promise<UserFolders> {
    for (const volume of volumes) {
      if ((await noteIn(placeOf(volume.id))) === null) await claim({ instance, id: volume.id, purpose: volume.purpose, owner });
      await mkdir(filesOf(volume), { recursive: true, mode: 0o700 });
    }
    return Object.fromEntries(volumes.map((volume) => [volume.purpose, filesOf(volume)])) as UserFolders;
  }

  /** With its note from the first moment, so that a folder without one is never half of ours. */
  async function claim(note: Note): Promise<void> {
    const place = placeOf(note.id);
    if (await exists(place)) throw taken(place);
    const begun = unused(draft);
    await mkdir(begun, { recursive: true, mode: 0o700 });
    await writeJson(path.join(begun, NOTE), note);
    // Two servers of one user may start together, and both find it then.
    await rename(begun, place).catch(async (err: unknown) => {
      await rm(begun, { recursive: true, force: true });
      if ((await noteIn(place)) === null) throw taken(place, err);
    });
  }

  async function all(): Promise<readonly Note[]> {
    const names = (await entries(labsDir)).filter((name) => !name.startsWith('.'));
    return (await Promise.all(names.map((name) => noteIn(path.join(labsDir, name))))).filter((note) => note !== null);
  }

  async function listVolumes(owner?: UserId): Promise<readonly FoundVolume[]> {
    return (await all()).filter((note) => owner === undefined || note.owner === owner).map((note) => ({ id: note.id, name: note.id, purpose: note.purpose, owner: note.owner }));
  }

  async function removeVolumes(volumes: readonly VolumeRef[]): Promise<void> {
    const used = await inUse();
    // Asked first, so that a refusal leaves all of them.
    if (volumes.some(({ id }) => used.has(id))) throw new HubError('conflict', 'A folder is in use: stop the server first.');
    for (const { id } of volumes) if ((await noteIn(placeOf(id))) !== null) await discard(id);
  }

  /** Out of sight in one step, so that an interrupted removal leaves no half of somebody's files. */
  async function discard(id: VolumeId): Promise<void> {
    const gone = unused(going);
    await rename(placeOf(id), gone);
    await rm(gone, { recursive: true, force: true, maxRetries: 3 });
  }

  async function measureVolumes(signal: AbortSignal): Promise<readonly { id: VolumeId | null; name: string; bytes: number | null }[]> {
    const measured = [];
    for (const note of await all()) measured.push({ id: note.id, name: note.id, bytes: signal.aborted ? null : await measure(filesOf(note), signal) });
    return measured;
  }

  async function archiveVolumes(volumes: readonly VolumeRef[], { signal }: { readonly signal: AbortSignal }): Promise<Readable> {
    const notes = await Promise.all(volumes.map(({ id }) => noteIn(placeOf(id))));
    const folders = notes.flatMap((note) => (note === null ? [] : ['-C', placeOf(note.id), note.purpose]));
    if (folders.length === 0) throw new HubError('not-found', 'There are no files yet.');
    return tarOf(folders, { signal });
  }

  async function removeAll(): Promise<void> {
    for (const { id } of await all()) await discard(id);
    await rm(path.join(labsDir, '.runs'), { recursive: true, force: true });
    if ((await entries(labsDir)).length === 0) await rm(labsDir, { recursive: true, force: true });
  }

  /** Archives leave nothing; removals that an end of the hub interrupted do. */
  async function tidyVolumes(): Promise<void> {
    for (const name of await entries(labsDir)) if (name.startsWith(going) || name.startsWith(draft)) await rm(path.join(labsDir, name), { recursive: true, force: true });
  }

  const files = createLocalFiles(async ({ id }) => {
    const note = await noteIn(placeOf(id));
    return note === null ? null : filesOf(note);
  });

  return { ensure, listVolumes, removeVolumes, measureVolumes, archiveVolumes, ...files, removeAll, tidyVolumes };
}

const taken = (place: string, cause?: unknown): HubError => new HubError('conflict', `The folder ${path.basename(place)} of the labs holds something that is not the hub's. An administrator has to move or remove it.`, { cause });

async function exists(place: string): Promise<boolean> {
  return lstat(place).then(() => true, (err: unknown) => {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw err;
  });
}

/** Bytes that it takes on the disk, by a process of its own: walking a large folder is no work for the hub's. null: it could not be measured. */
async function measure(folder: string, signal: AbortSignal): Promise<number | null> {
  try {
    const { stdout } = await run('du', ['-sk', folder], { signal });
    return Number.parseInt(stdout, 10) * 1024;
  } catch {
    // It went away meanwhile, nobody waits any more, or somebody took the right to read it.
    return null;
  }
}
