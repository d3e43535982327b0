import { HubError } from '../domain/errors';
import { folderOf, newestBackup } from './backup-files';

/** Reasons not to start, in words that say what to do. None of them changes a byte of what is there. */
export const damaged = (path: string, detail: string, cause?: unknown): HubError =>
  new HubError(
    'unavailable',
    `The hub's data in ${path} is damaged: ${detail}. Nothing was changed, and no new database is made in its place. ${howToRestore(path)}`,
    { cause },
  );

function howToRestore(path: string): string {
  const newest = newestBackup(path);
  if (newest === undefined) return `There is no backup in ${folderOf(path)}. Where you keep one elsewhere, restore a backup with \`berth restore FILE\`: it keeps the present files aside.`;
  return `To restore a backup, run \`berth restore ${newest}\`, which is the newest one: it checks it first and keeps the present files aside.`;
}

/** A hub had it open, and what it wrote last is in a file that is not there. */
export const incomplete = (path: string): HubError =>
  new HubError(
    'unavailable',
    `${path} is incomplete: a hub was using it, and its write-ahead log ${path}-wal is missing. Copies of a database in use are made with \`berth backup\`; a plain copy needs that file too. ` +
      `Nothing was changed. Put ${path}-wal back, or restore a backup. ${howToRestore(path)} If another program, such as sqlite3, opened the file after the hub had died and nothing is missing, ` +
      `take it as it is with \`berth restore --as-is ${path}\`.`,
  );

export const unwritable = (path: string, cause: unknown): HubError =>
  new HubError('unavailable', `The hub cannot write its data in ${path}: ${cause instanceof Error ? cause.message : String(cause)}. Make room on that disk, or correct owner and mode; then start the hub again. What is there is whole.`, { cause });

export const onNetwork = (path: string, kind: string): HubError =>
  new HubError('unavailable', `${path} lies on a network file system (${kind}), where SQLite's write-ahead log can be damaged. Give the hub a data directory on a local disk (HUB_DATA_DIR). Nothing was changed.`);

export const newer = (path: string, found: number, known: number): HubError =>
  new HubError(
    'unavailable',
    `The data in ${path} was written by a newer version of the hub (schema ${found}, this version knows ${known}). Start that version, or restore ` +
      'the backup that it made before it migrated. Nothing was changed.',
  );

export const foreign = (path: string): HubError =>
  new HubError('unavailable', `${path} is a database of something else. Give the hub a data directory of its own. Nothing was changed.`);

export const inUse = (path: string, cause: unknown): HubError =>
  new HubError('conflict', `Another hub is using ${path}. Stop it first; two hubs on the same data would fight over every server.`, { cause });

export const notPrivate = (directory: string, cause?: unknown): HubError =>
  new HubError('unavailable', `The data directory ${directory} must belong to the hub alone (mode 0700). Give it a directory of its own, or correct its owner and mode.`, { cause });

export const noWal = (path: string, mode: unknown): HubError =>
  new HubError('unavailable', `The file system of ${path} does not support SQLite's write-ahead log (got ${String(mode)}). Use a local disk, not a network share.`);

export const oldSqlite = (found: string, wanted: string): HubError =>
  new HubError('unavailable', `SQLite ${found} can damage a write-ahead log; ${wanted} or newer is needed. Reinstall the hub's dependencies (npm ci).`);
