import Database from 'better-sqlite3';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FailPoint } from '../domain/runtime';
import { makePrivateFile, syncToDisk } from './files';
import { damaged, newer } from './refusals';

export interface Migration {
  readonly version: number;
  readonly sql: string;
}

/** Beside this module, in the sources and in `dist/` alike. */
export const MIGRATIONS = join(__dirname, 'migrations');

/** `0001_init.sql`, `0002_….sql`, …: append-only, without gaps. */
export function readMigrations(directory: string): readonly Migration[] {
  const names = readdirSync(directory).filter((name) => /^\d{4}_[a-z0-9_]+\.sql$/.test(name)).sort();
  return names.map((name, index) => {
    const version = Number(name.slice(0, 4));
    if (version !== index + 1) throw new Error(`migration ${name} should have number ${index + 1}`);
    return { version, sql: readFileSync(join(directory, name), 'utf8') };
  });
}

export const versionOf = (db: Database.Database): number => db.pragma('user_version', { simple: true }) as number;

/** Throws `unavailable` for data that a later version of the hub wrote. */
export function refuseNewer(db: Database.Database, path: string, migrations: readonly Migration[]): void {
  if (versionOf(db) > migrations.length) throw newer(path, versionOf(db), migrations.length);
}

/**
 * Applies what is missing in one transaction: after a crash at any point the file is either as before or complete. Existing data is
 * copied to `<path>.before-v<N>` first.
 */
export function migrate(db: Database.Database, path: string, migrations: readonly Migration[], failPoint: FailPoint): void {
  const from = versionOf(db);
  const missing = migrations.slice(from);
  if (missing.length === 0) return;
  if (from > 0 && !db.memory) backUp(db, `${path}.before-v${migrations.length}`);
  failPoint('migrate.after-backup');
  // Tables are rebuilt by dropping them, which must not cascade; what is left dangling is looked for before the commit.
  db.pragma('foreign_keys = OFF');
  const all = db.transaction(() => {
    for (const { sql, version } of missing) {
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
      failPoint(`migrate.after-v${version}`);
    }
    const dangling = db.pragma('foreign_key_check') as readonly unknown[];
    if (dangling.length > 0) throw damaged(path, `${dangling.length} rows point nowhere after the migration`);
  });
  all.immediate();
  db.pragma('foreign_keys = ON');
  failPoint('migrate.after-commit');
}

/** A complete, checked copy under its final name, or none. */
export function backUp(db: Database.Database, target: string): void {
  const part = `${target}.part`;
  rmSync(part, { force: true });
  makePrivateFile(part);
  db.prepare('VACUUM INTO ?').run(part);
  const copy = new Database(part, { readonly: true });
  try {
    const found = copy.pragma('integrity_check', { simple: true });
    if (found !== 'ok') throw damaged(part, String(found));
  } finally {
    copy.close();
  }
  syncToDisk(part);
  renameSync(part, target);
  syncToDisk(target);
}
