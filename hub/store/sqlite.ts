import Database from 'better-sqlite3';
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { HubError } from '../domain/errors';
import { noFailPoints, type FailPoint } from '../domain/runtime';
import { makePrivateDirectory, makePrivateFile, narrow, refuseNetwork, syncToDisk } from './files';
import { OPEN_MARK } from './finish-copy.cjs';
import { MIGRATIONS, migrate, readMigrations, refuseNewer, versionOf, type Migration } from './migrate';
import { damaged, foreign, incomplete, inUse, noWal, oldSqlite, unwritable } from './refusals';
import { finishRollback } from './rollback';
import { isOutage, sqliteCode } from './sql';

export interface OpenOptions {
  /** Directory of the migrations; absent: those that ship with the hub. */
  readonly migrations?: string;
  readonly failPoint?: FailPoint;
  /** How long a statement waits for a foreign writer (P13); absent: 5000 ms. */
  readonly busyTimeoutMs?: number;
}

export interface Opened {
  readonly db: Database.Database;
  /** Idempotent. */
  close(): void;
}

/** Written into the file's header ("BRTH"): tells our database from anybody else's. */
const APPLICATION_ID = 0x42525448;
/** Older ones can lose committed pages when a write-ahead log is reset (P14). */
const OLDEST = [3, 51, 3] as const;

/** Throws `unavailable` for a SQLite that is older than 3.51.3. */
export function refuseOldSqlite(version: string): void {
  const parts = version.split('.').map(Number);
  const difference = OLDEST.map((wanted, i) => (parts[i] ?? 0) - wanted).find((d) => d !== 0) ?? 0;
  if (!(difference >= 0)) throw oldSqlite(version, OLDEST.join('.'));
}

/**
 * Opens, checks and migrates. A missing file is made; a damaged, foreign or newer one is refused with its path and what to do, and is
 * never replaced (P10). The directory becomes 0700 and every file 0600. While it is open nobody else can open the same path (N07).
 */
export function openDatabase(path: string, opts: OpenOptions = {}): Opened {
  const migrations = readMigrations(opts.migrations ?? MIGRATIONS);
  const failPoint = opts.failPoint ?? noFailPoints;
  refuseOldSqlite(sqliteVersion());
  if (path === ':memory:') return openInMemory(migrations, failPoint);
  makePrivateDirectory(dirname(path));
  refuseNetwork(dirname(path));
  const lock = takeLock(`${path}.lock`, path);
  try {
    if (!existsSync(path)) createFile(path, migrations, failPoint);
    inspect(path, migrations);
    const db = openForWriting(path, opts.busyTimeoutMs ?? 5000);
    try {
      mark(db);
      migrate(db, path, migrations, failPoint);
    } catch (err) {
      closeMarked(db, path);
      throw err;
    }
    return {
      db,
      close: () => {
        closeMarked(db, path);
        lock.close();
      },
    };
  } catch (err) {
    lock.close();
    throw isOutage(err) ? unwritable(path, err) : err;
  }
}

function openInMemory(migrations: readonly Migration[], failPoint: FailPoint): Opened {
  const db = new Database(':memory:');
  harden(db);
  migrate(db, ':memory:', migrations, failPoint);
  return { db, close: () => void db.close() };
}

/**
 * While a hub has the file open, a row says so, in the file itself and not only in its log: a copy without the log can be told from a
 * whole one by it (P09). What was written after the last checkpoint would otherwise be gone without a trace.
 */
function mark(db: Database.Database): void {
  db.prepare('INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value').run(OPEN_MARK, new Date().toISOString());
  db.pragma('wal_checkpoint(PASSIVE)');
}

/** Idempotent. Where the mark cannot be taken away, on a full disk for instance, the log has to stay: it is what makes the file whole. */
function closeMarked(db: Database.Database, path: string): void {
  if (!db.open) return;
  try {
    db.prepare('DELETE FROM meta WHERE key = ?').run(OPEN_MARK);
    db.close();
  } catch (err) {
    if (sqliteCode(err) === '') throw err;
    // Only the last connection to close removes the log, and one that cannot write never does.
    const last = new Database(path, { readonly: true });
    last.prepare('SELECT count(*) FROM meta').get();
    db.close();
    last.close();
  }
}

/** An exclusive transaction on a tiny database of its own: the kernel ends it with the process, however that dies. */
export function takeLock(lockPath: string, path: string): Database.Database {
  makePrivateFile(lockPath);
  const lock = new Database(lockPath, { timeout: 0 });
  try {
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (err) {
    lock.close();
    if (sqliteCode(err) === 'SQLITE_BUSY') throw inUse(path, err);
    throw err;
  }
}

/** Complete under another name first: a file with our name is never half-made, so an empty one is always damage. */
function createFile(path: string, migrations: readonly Migration[], failPoint: FailPoint): void {
  if (existsSync(`${path}-wal`)) throw damaged(path, 'it is missing, but its write-ahead log is there');
  const part = `${path}.new`;
  for (const file of [part, `${part}-journal`]) rmSync(file, { force: true });
  makePrivateFile(part);
  const db = new Database(part);
  try {
    harden(db);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    migrate(db, part, migrations, failPoint);
  } finally {
    db.close();
  }
  syncToDisk(part);
  failPoint('create.before-rename');
  renameSync(part, path);
  syncToDisk(path);
}

/** Looks through a connection that cannot write: what is refused stays as it was, to the byte, once what a dead hub left half done is rolled back. */
function inspect(path: string, migrations: readonly Migration[]): void {
  if (statSync(path).size === 0) throw damaged(path, 'it is empty');
  narrow(path, `${path}-wal`, `${path}-shm`);
  whileReading(path, () => finishRollback(path, APPLICATION_ID));
  const alone = isAlone(path);
  whileReading(path, () => {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      db.pragma('cell_size_check = ON');
      if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) throw foreign(path);
      refuseNewer(db, path, migrations);
      const found = db.pragma('quick_check(1)', { simple: true });
      if (found !== 'ok') throw damaged(path, String(found));
      if (versionOf(db) === 0) throw damaged(path, 'it has no tables');
      if (alone && isMarked(db)) throw incomplete(path);
    } finally {
      db.close();
    }
  });
}

/** Without a write-ahead log that holds anything. Looked at before SQLite makes one. */
export const isAlone = (path: string): boolean => (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0;

/** A hub has, or had when it died, this very file open. */
export const isMarked = (db: Database.Database): boolean =>
  db.pragma('journal_mode', { simple: true }) === 'wal' && db.prepare('SELECT 1 FROM meta WHERE key = ?').get(OPEN_MARK) !== undefined;

/** A connection that cannot write, beside a running hub or without one. Throws `not-found` for a missing file and as `openDatabase` for a damaged or foreign one. */
export function openForReading(path: string): Database.Database {
  if (!existsSync(path)) throw new HubError('not-found', `There is no database of a hub at ${path}.`);
  return whileReading(path, () => {
    const db = new Database(path, { readonly: true, fileMustExist: true });
    try {
      db.pragma('cell_size_check = ON');
      db.pragma('trusted_schema = OFF');
      if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) throw foreign(path);
      return db;
    } catch (err) {
      db.close();
      throw err;
    }
  });
}

function openForWriting(path: string, timeout: number): Database.Database {
  return whileReading(path, () => {
    const db = new Database(path, { fileMustExist: true, timeout });
    try {
      harden(db);
      const mode = db.pragma('journal_mode = WAL', { simple: true });
      if (mode !== 'wal') throw noWal(path, mode);
      db.pragma('wal_autocheckpoint = 1000');
      db.pragma('journal_size_limit = 67108864');
      return db;
    } catch (err) {
      db.close();
      throw err;
    }
  });
}

function harden(db: Database.Database): void {
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  db.pragma('secure_delete = ON');
  db.pragma('cell_size_check = ON');
  db.pragma('mmap_size = 0');
}

function whileReading<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (err) {
    const code = sqliteCode(err);
    if (/^SQLITE_(?:CORRUPT|NOTADB)/.test(code)) throw damaged(path, err instanceof Error ? err.message : code, err);
    throw err;
  }
}

function sqliteVersion(): string {
  const db = new Database(':memory:');
  try {
    return db.prepare<[], { v: string }>('SELECT sqlite_version() AS v').get()?.v ?? '0';
  } finally {
    db.close();
  }
}
