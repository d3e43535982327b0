import Database from 'better-sqlite3';
import { existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { RESTORED } from '../domain/backup';
import { HubError } from '../domain/errors';
import { noFailPoints, type FailPoint } from '../domain/runtime';
import { makePrivateDirectory, makePrivateFile, syncToDisk } from './files';
import { finishCopy, type CopyCheck } from './finish-copy.cjs';
import { MIGRATIONS, readMigrations, refuseNewer } from './migrate';
import { damaged, incomplete, unwritable } from './refusals';
import { isOutage } from './sql';
import { isAlone, isMarked, openForReading, takeLock } from './sqlite';

export interface Restored extends CopyCheck {
  /** Where the database is now that was there before; null: there was none. */
  readonly aside: string | null;
  /** Browser sessions that were in the backup and are not taken along. */
  readonly sessions: number;
}

export interface RestoreAsk {
  /** The backup. */
  readonly from: string;
  readonly now: Date;
  /** Take the file even though a hub had it open and its write-ahead log is missing. */
  readonly asIs?: boolean;
  readonly failPoint?: FailPoint;
}

/**
 * Puts a backup in the place of the database `path`. Nothing is touched before the copy of it is complete and checked, and what was there is
 * kept under another name. Throws `conflict` while a hub uses `path`, `not-found` for a missing file and `unavailable` for one that is damaged,
 * incomplete, of another program, or newer than this version of the hub.
 *
 * Browser sessions end: among them are those that people, or an administrator, ended since the backup was made, and signing in again is cheap.
 * API tokens stay, because programs cannot sign in.
 */
export function restoreDatabase(path: string, ask: RestoreAsk): Restored {
  makePrivateDirectory(dirname(path));
  const lock = takeLock(`${path}.lock`, path);
  const part = `${path}.restoring`;
  const clear = (): void => [part, `${part}-journal`, `${part}-wal`, `${part}-shm`].forEach((file) => rmSync(file, { force: true }));
  try {
    clear();
    copyFrom(path, part, ask);
    const sessions = prepare(part, ask);
    const check = finishCopy(part);
    if (check.found !== 'ok') throw damaged(part, check.found);
    return { ...check, sessions, aside: putInPlace(path, part, ask) };
  } catch (err) {
    clear();
    throw isOutage(err) ? unwritable(path, err) : err;
  } finally {
    lock.close();
  }
}

function copyFrom(path: string, part: string, { from, asIs = false }: RestoreAsk): void {
  const alone = existsSync(from) && isAlone(from);
  const source = openForReading(from);
  try {
    refuseNewer(source, from, readMigrations(MIGRATIONS));
    if (alone && !asIs && isMarked(source)) throw incomplete(from);
    const found = source.pragma('integrity_check(1)', { simple: true });
    if (found !== 'ok') throw damaged(from, String(found));
    makePrivateFile(part);
    source.prepare('VACUUM INTO ?').run(part);
  } finally {
    source.close();
  }
}

/** Returns how many sessions ended. What clients got in them goes with them. */
function prepare(part: string, { from, now }: RestoreAsk): number {
  const db = new Database(part, { fileMustExist: true });
  try {
    db.pragma('foreign_keys = ON');
    const sessions = db.prepare('DELETE FROM sessions').run().changes;
    db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)').run(RESTORED, JSON.stringify({ from, at: now.toISOString(), sessions }));
    return sessions;
  } finally {
    db.close();
  }
}

/** At no moment is there nothing under the name `path`: a hub that started then would make an empty database. */
function putInPlace(path: string, part: string, { now, failPoint = noFailPoints }: RestoreAsk): string | null {
  if (!existsSync(path)) {
    if (existsSync(`${path}-wal`)) throw new HubError('conflict', `${path}-wal is there, but ${path} is not: move it away first, it may be all that is left of the database.`);
    renameSync(part, path);
    syncToDisk(path);
    return null;
  }
  const aside = `${path}.replaced-${now.toISOString().replace(/[:.]/g, '')}`;
  linkSync(path, aside);
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
  rmSync(`${path}-shm`, { force: true });
  failPoint('restore.before-rename');
  renameSync(part, path);
  syncToDisk(path);
  return aside;
}
