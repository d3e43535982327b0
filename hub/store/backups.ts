import type Database from 'better-sqlite3';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Backup } from '../domain/backup';
import { folderOf, listBackups, nameOfBackup, pruneBackups } from './backup-files';
import { copyDatabase } from './copy';
import { openForReading } from './sqlite';
import type { BackupStore } from './store';

export const createBackupStore = (db: Database.Database, folder: string): BackupStore => ({
  make: (at) => makeBackup(db, folder, at),
  list: () => listBackups(folder),
  prune: (days, now) => pruneBackups(folder, days, now),
});

/** Of a database that no hub has open; another program may. Throws as `openForReading` does, and as `BackupStore.make`. */
export async function backUpFile(path: string, at: Date): Promise<Backup> {
  const db = openForReading(path);
  try {
    return await makeBackup(db, folderOf(path), at);
  } finally {
    db.close();
  }
}

async function makeBackup(db: Database.Database, folder: string, at: Date): Promise<Backup> {
  const name = nameOfBackup(at);
  const path = join(folder, name);
  const { schema, rows } = await copyDatabase(db, path);
  return { name, path, at, bytes: statSync(path).size, schema, rows };
}
