import Database from 'better-sqlite3';
import { closeSync, copyFileSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openStore, storeOn } from '../../../hub/store/create-store';
import { openDatabase, refuseOldSqlite } from '../../../hub/store/sqlite';
import { addUser, names, openElsewhere, refusal, useDirectory } from './support';

const directory = useDirectory();
const PAGE = 4096;

/** A closed store with enough users to fill many pages. */
function filled(): string {
  const path = join(directory(), 'hub.sqlite');
  const store = openStore(path);
  store.transaction(() => {
    for (let i = 0; i < 400; i += 1) addUser(store, `user-${i}`);
  });
  store.close();
  return path;
}

function overwrite(path: string, offset: number, bytes: Buffer): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
}

/** A copy of the file in the middle of a transaction that does not use a write-ahead log: half of the pages are new, and the journal has the old ones. */
function halfDone(path: string, first: (db: Database.Database) => void = () => undefined): string {
  const copy = join(directory(), 'hub.sqlite');
  const db = new Database(path);
  db.pragma('journal_mode = DELETE');
  first(db);
  db.pragma('cache_size = 1');
  db.exec("BEGIN IMMEDIATE; UPDATE users SET name = 'changed-' || name");
  expect(readFileSync(path).includes('changed-user')).toBe(true);
  for (const end of ['', '-journal']) copyFileSync(`${path}${end}`, `${copy}${end}`);
  db.close();
  return copy;
}

const rootPage = (path: string, table: string): number => {
  const db = new Database(path, { readonly: true });
  const row = db.prepare<[string], { rootpage: number }>('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table);
  db.close();
  return row?.rootpage ?? 0;
};

describe('P10: damaged data is refused, with its path and what to do, and never replaced', () => {
  test.each<[string, (path: string) => void]>([
    ['a page of the user table is overwritten', (path) => overwrite(path, (rootPage(path, 'users') - 1) * PAGE, Buffer.alloc(PAGE, 0xa5))],
    ['the schema is overwritten', (path) => overwrite(path, 100, Buffer.alloc(PAGE - 100, 0xa5))],
    ['the header is zeroed', (path) => overwrite(path, 0, Buffer.alloc(PAGE))],
    ['the file is cut in half', (path) => truncateSync(path, Math.floor(statSync(path).size / PAGE / 2) * PAGE)],
    ['the file is cut inside its first page', (path) => truncateSync(path, 200)],
    ['the file is empty', (path) => truncateSync(path, 0)],
    ['the file is text', (path) => writeFileSync(path, 'not a database at all, but long enough to have a header of one hundred bytes. '.repeat(4))],
  ])('%s', (_what, damage) => {
    const path = filled();
    damage(path);
    const before = readFileSync(path);
    const refused = refusal(() => openStore(path));
    expect(refused.code).toBe('unavailable');
    expect(refused.message).toContain(path);
    expect(refused.message).toContain('restore a backup');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(refusal(() => openStore(path)).code).toBe('unavailable');
  });

  test('the file is gone but its write-ahead log is there', async () => {
    const path = filled();
    const other = await openElsewhere(path);
    await other.kill();
    expect(existsSync(`${path}-wal`)).toBe(true);
    rmSync(path);
    expect(refusal(() => openStore(path)).message).toContain('write-ahead log');
    expect(existsSync(path)).toBe(false);
  });

  test('a write-ahead log that is noise, or a zeroed -shm, costs nothing that was acknowledged before', () => {
    const path = filled();
    writeFileSync(`${path}-wal`, Buffer.alloc(8 * PAGE, 0x5a));
    writeFileSync(`${path}-shm`, Buffer.alloc(8 * PAGE));
    const store = openStore(path);
    expect(store.users.list({ offset: 0, limit: 1 }).total).toBe(400);
    store.close();
  });

  test('what a hub had half done when it died, before there was a write-ahead log, is rolled back; of another program it is left alone', () => {
    const path = halfDone(filled());
    const store = openStore(path);
    expect(names(store).filter((name) => name.startsWith('changed'))).toEqual([]);
    expect(store.users.list({ offset: 0, limit: 1 }).total).toBe(400);
    store.close();
    const theirs = halfDone(filled(), (db) => db.pragma('application_id = 7'));
    const files = [theirs, `${theirs}-journal`];
    const before = files.map((file) => readFileSync(file));
    expect(refusal(() => openStore(theirs)).code).toBe('unavailable');
    expect(files.map((file, i) => readFileSync(file).equals(before[i] ?? Buffer.alloc(0)))).toEqual([true, true]);
  });

  test('a database of another program is refused and left alone', () => {
    const path = join(directory(), 'hub.sqlite');
    const other = new Database(path);
    other.exec('CREATE TABLE users (x)');
    other.close();
    const before = readFileSync(path);
    expect(refusal(() => openStore(path)).message).toContain('something else');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test('a copy of the file under kill -9 opens with what was acknowledged', async () => {
    const path = filled();
    const other = await openElsewhere(path);
    const copy = join(directory(), 'hub.sqlite');
    for (const name of readdirSync(dirname(path)).filter((n) => !n.endsWith('.lock'))) copyFileSync(join(dirname(path), name), join(dirname(copy), name));
    await other.kill();
    const store = openStore(copy);
    expect(store.meta.get('written-by')).toMatch(/^\d+$/);
    expect(names(store)).toHaveLength(400);
    store.close();
  });
});

describe('P14: the version of SQLite', () => {
  test.each(['3.51.3', '3.52.0', '4.0.0', '3.53.2'])('%s is good enough', (version) => {
    expect(() => refuseOldSqlite(version)).not.toThrow();
  });
  test.each(['3.51.2', '3.50.9', '2.99.99', '3.7.0', '', 'unknown'])('%s is refused, saying which one is needed', (version) => {
    expect(refusal(() => refuseOldSqlite(version)).message).toContain('3.51.3');
  });
});

describe('P13: somebody else holds the write lock', () => {
  test('only the first write waits long for it, because each keeps the whole hub waiting, and the patience comes back', () => {
    const path = join(directory(), 'hub.sqlite');
    const opened = openDatabase(path, { busyTimeoutMs: 200 });
    const store = storeOn(opened, { now: () => new Date(0), backups: '' });
    const patience = (): unknown => opened.db.pragma('busy_timeout', { simple: true });
    const foreign = new Database(path);
    foreign.exec('BEGIN IMMEDIATE');
    expect(patience()).toBe(200);
    expect(refusal(() => addUser(store, 'alice')).code).toBe('unavailable');
    expect(patience()).toBe(25);
    // A read tells nothing.
    expect(names(store)).toEqual([]);
    expect(refusal(() => store.transaction(() => addUser(store, 'alice'))).code).toBe('unavailable');
    expect(patience()).toBe(25);
    foreign.exec('ROLLBACK');
    foreign.close();
    addUser(store, 'alice');
    expect(patience()).toBe(200);
    store.close();
  });

  test('reads go on, a write is an outage and not a crash, and works again afterwards', () => {
    const path = join(directory(), 'hub.sqlite');
    const store = openStore(path, { busyTimeoutMs: 20 });
    const foreign = new Database(path);
    foreign.exec('BEGIN IMMEDIATE');
    expect(refusal(() => addUser(store, 'alice'))).toMatchObject({ code: 'unavailable', status: 503 });
    expect(refusal(() => store.transaction(() => 1)).code).toBe('unavailable');
    expect(names(store)).toEqual([]);
    foreign.exec('ROLLBACK');
    foreign.close();
    addUser(store, 'alice');
    expect(names(store)).toEqual(['alice']);
    store.close();
  });
});
