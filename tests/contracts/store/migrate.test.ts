import Database from 'better-sqlite3';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openStore } from '../../../hub/store/create-store';
import { readMigrations } from '../../../hub/store/migrate';
import { addUser, migrationsWith, names, openElsewhere, refusal, SHIPPED, useDirectory } from './support';

const directory = useDirectory();
const ADD = 'ALTER TABLE users ADD COLUMN display_name TEXT; UPDATE users SET display_name = upper(name);';
const TABLE = "CREATE TABLE more (x TEXT) STRICT; INSERT INTO more SELECT name FROM users;";

function filled(): string {
  const path = join(directory(), 'hub.sqlite');
  const store = openStore(path);
  addUser(store, 'alice');
  store.close();
  return path;
}

function look<T>(path: string, work: (db: Database.Database) => T): T {
  const db = new Database(path, { readonly: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
const version = (path: string): unknown => look(path, (db) => db.pragma('user_version', { simple: true }));
const more = (path: string): unknown => look(path, (db) => db.prepare('SELECT x, display_name FROM more JOIN users ON name = x').all());

describe('P11: migrating', () => {
  test('applies what is missing, keeps what is there, and leaves a complete backup', () => {
    const path = filled();
    const migrations = migrationsWith(dirname(path), ADD, TABLE);
    const store = openStore(path, { migrations });
    expect(names(store)).toEqual(['alice']);
    store.close();
    expect(version(path)).toBe(SHIPPED + 2);
    expect(more(path)).toEqual([{ x: 'alice', display_name: 'ALICE' }]);
    expect(version(`${path}.before-v${SHIPPED + 2}`)).toBe(SHIPPED);
    expect(look(`${path}.before-v${SHIPPED + 2}`, (db) => db.prepare('SELECT name FROM users').all())).toEqual([{ name: 'alice' }]);
  });

  test('the backup is a database that the old version opens', () => {
    const path = filled();
    openStore(path, { migrations: migrationsWith(dirname(path), ADD) }).close();
    const restored = join(directory(), 'hub.sqlite');
    writeFileSync(restored, readFileSync(`${path}.before-v${SHIPPED + 1}`));
    const store = openStore(restored);
    expect(names(store)).toEqual(['alice']);
    store.close();
  });

  test.each(['migrate.after-backup', `migrate.after-v${SHIPPED + 1}`, `migrate.after-v${SHIPPED + 2}`, 'migrate.after-commit'])('killed at %s, the next start finishes it', async (point) => {
    const path = filled();
    const migrations = migrationsWith(dirname(path), ADD, TABLE);
    const other = await openElsewhere(path, migrations, point);
    expect(other.said).toBeUndefined();
    await other.kill();
    const committed = point === 'migrate.after-commit';
    expect(existsSync(`${path}.before-v${SHIPPED + 2}`)).toBe(true);
    expect(version(path)).toBe(committed ? SHIPPED + 2 : SHIPPED);
    if (!committed) openStore(path).close();
    const store = openStore(path, { migrations });
    expect(names(store)).toEqual(['alice']);
    store.close();
    expect(more(path)).toEqual([{ x: 'alice', display_name: 'ALICE' }]);
  });

  test.each(['migrate.after-v1', 'create.before-rename'])('killed at %s of the very first start, the next one starts afresh', async (point) => {
    const path = join(directory(), 'hub.sqlite');
    const other = await openElsewhere(path, '-', point);
    expect(other.said).toBeUndefined();
    await other.kill();
    expect(existsSync(path)).toBe(false);
    const store = openStore(path);
    expect(names(store)).toEqual([]);
    store.close();
    expect(existsSync(`${path}.new`)).toBe(false);
  });

  test('a migration that fails changes nothing, and the old version still opens the data', () => {
    const path = filled();
    const migrations = migrationsWith(dirname(path), ADD, 'INSERT INTO nowhere VALUES (1);');
    expect(() => openStore(path, { migrations })).toThrow('nowhere');
    expect(version(path)).toBe(SHIPPED);
    const store = openStore(path);
    expect(names(store)).toEqual(['alice']);
    store.close();
  });

  test('a migration that leaves rows pointing nowhere is undone', () => {
    const path = filled();
    const orphan = "INSERT INTO tokens (id, owner_id, hash, note, scopes, created) VALUES ('t', 'nobody', 'h', '', '[]', 0);";
    expect(refusal(() => openStore(path, { migrations: migrationsWith(dirname(path), orphan) })).message).toContain('point nowhere');
    expect(version(path)).toBe(SHIPPED);
  });

  test('an old hub refuses data of a newer one, and does not touch it', () => {
    const path = filled();
    openStore(path, { migrations: migrationsWith(dirname(path), ADD) }).close();
    const before = readFileSync(path);
    const refused = refusal(() => openStore(path));
    expect(refused.message).toContain('newer version');
    expect(refused.message).toContain(path);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('the numbers of migrations have no gaps', () => {
    const dir = join(directory(), 'migrations');
    mkdirSync(dir);
    writeFileSync(join(dir, '0001_a.sql'), '');
    writeFileSync(join(dir, '0003_c.sql'), '');
    expect(() => readMigrations(dir)).toThrow('0003_c.sql');
  });
});

describe('settings of the connection', () => {
  test('every table is STRICT', () => {
    const path = filled();
    const tables = look(path, (db) => db.pragma('table_list') as { name: string; schema: string; type: string; strict: number }[]);
    expect(tables.filter((t) => t.schema === 'main' && t.type === 'table' && !t.name.startsWith('sqlite_') && t.strict !== 1)).toEqual([]);
  });

  test('the file is in WAL mode', () => {
    expect(look(filled(), (db) => db.pragma('journal_mode', { simple: true }))).toBe('wal');
  });
});
