import { HubError } from '../domain/errors';

/** Reasons not to start, in words that say what to do. None of them changes a byte of what is there. */
export const damaged = (path: string, detail: string, cause?: unknown): HubError =>
  new HubError(
    'unavailable',
    `The hub's data in ${path} is damaged: ${detail}. Nothing was changed, and no new database is made in its place. Keep a copy of ${path}*, ` +
      `then restore a backup: copy it to ${path} and remove ${path}-wal and ${path}-shm.`,
    { cause },
  );

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
