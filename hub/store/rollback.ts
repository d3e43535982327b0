import Database from 'better-sqlite3';
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { sqliteCode } from './sql';

/**
 * A hub that dies or loses power while it gives a new or a restored file a write-ahead log leaves a journal that is to be rolled back. A connection that cannot
 * write cannot do that, so looking through one would refuse this start and every one after it. A file of another `application` is left alone.
 */
export function finishRollback(path: string, application: number): void {
  if (!needsRollback(path) || applicationIn(path) !== application) return;
  const db = new Database(path, { fileMustExist: true });
  try {
    db.pragma('application_id');
  } finally {
    db.close();
  }
}

function needsRollback(path: string): boolean {
  if (!existsSync(`${path}-journal`)) return false;
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    db.pragma('application_id');
    return false;
  } catch (err) {
    if (sqliteCode(err) === 'SQLITE_READONLY_ROLLBACK') return true;
    throw err;
  } finally {
    db.close();
  }
}

/** From its place in the header: SQLite itself reads nothing before the rollback. */
function applicationIn(path: string): number {
  const fd = openSync(path, 'r');
  try {
    const id = Buffer.alloc(4);
    readSync(fd, id, 0, id.length, 68);
    return id.readUInt32BE();
  } finally {
    closeSync(fd);
  }
}
