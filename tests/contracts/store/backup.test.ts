import Database from 'better-sqlite3';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { folderOf, listBackups, nameOfBackup, newestBackup, pruneBackups, timeOfBackup } from '../../../hub/store/backup-files';
import { backUpFile } from '../../../hub/store/backups';
import { copyBackup, copyDatabase } from '../../../hub/store/copy';
import { openStore } from '../../../hub/store/create-store';
import { refuseNetwork } from '../../../hub/store/files';
import { restoreDatabase } from '../../../hub/store/restore';
import { openDatabase } from '../../../hub/store/sqlite';
import type { Store } from '../../../hub/store/store';
import { newId, type SessionId, type TokenId } from '../../../hub/domain/ids';
import { addUser, migrationsWith, names, openElsewhere, refusal, useDirectory } from './support';

const directory = useDirectory();
const AT = new Date('2030-01-02T03:04:05.678Z');
const mode = (path: string): number => statSync(path).mode & 0o777;

const place = (): string => join(directory(), 'hub.sqlite');
function filled(count = 3): { readonly path: string; readonly store: Store } {
  const path = place();
  const store = openStore(path);
  store.transaction(() => {
    for (let i = 0; i < count; i += 1) addUser(store, `user-${i}`);
  });
  return { path, store };
}

function look<T>(path: string, work: (db: Database.Database) => T): T {
  const db = new Database(path, { readonly: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
const intact = (path: string): unknown => look(path, (db) => db.pragma('integrity_check', { simple: true }));
const rejected = async (work: Promise<unknown>): Promise<Error> => work.then(() => Promise.reject(new Error('nothing was refused')), (err: unknown) => err as Error);

describe('P08: a backup of a store that is in use', () => {
  test('is made beside writes, is whole each time, never goes back, and is one private file that opens as a store', async () => {
    const { path, store } = filled();
    let n = 0;
    const seen: number[] = [];
    const writing = setInterval(() => addUser(store, `late-${(n += 1)}`), 1);
    for (let i = 0; i < 6; i += 1) {
      const acknowledged = names(store).length;
      const made = await store.backups.make(new Date(AT.getTime() + i));
      expect(made.rows['users']).toBeGreaterThanOrEqual(acknowledged);
      seen.push(made.rows['users'] ?? 0);
      expect(intact(made.path)).toBe('ok');
      expect(look(made.path, (db) => db.prepare('SELECT count(*) AS n FROM users').get())).toEqual({ n: made.rows['users'] });
    }
    clearInterval(writing);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(n).toBeGreaterThan(0);
    const folder = folderOf(path);
    expect(mode(folder)).toBe(0o700);
    expect(readdirSync(folder).filter((name) => mode(join(folder, name)) !== 0o600 || !/^hub-2030-01-02T030405\d{3}Z\.sqlite$/.test(name))).toEqual([]);
    for (const { path: file } of store.backups.list()) {
      const copy = place();
      restoreDatabase(copy, { from: file, now: AT });
      const again = openStore(copy);
      expect(names(again).length).toBeGreaterThanOrEqual(3);
      again.close();
    }
    store.close();
  });

  test('a file that no hub has open is copied too, with what a killed hub left in its write-ahead log', async () => {
    const path = place();
    const other = await openElsewhere(path);
    await other.kill();
    const made = await backUpFile(path, AT);
    expect(look(made.path, (db) => db.prepare("SELECT count(*) AS n FROM meta WHERE key = 'written-by'").get())).toEqual({ n: 1 });
    expect(await rejected(backUpFile(join(directory(), 'none.sqlite'), AT))).toMatchObject({ code: 'not-found' });
  });

  test('a damaged source gives no backup, and the older ones stay', async () => {
    const { path, store } = filled(400);
    const good = await store.backups.make(AT);
    store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096 * 4, 4096 * 12);
    writeFileSync(path, bytes);
    expect((await rejected(backUpFile(path, new Date(AT.getTime() + 1)))).message).toMatch(/damaged|malformed/);
    expect(readdirSync(folderOf(path))).toEqual([good.name]);
  });

  test('a backup for which there is no room is refused before it begins', async () => {
    const path = place();
    const opened = openDatabase(path);
    const pragma = opened.db.pragma.bind(opened.db);
    opened.db.pragma = ((text: string, options: { simple: true }) => (text === 'page_count' ? 2 ** 40 : pragma(text, options))) as typeof opened.db.pragma;
    expect((await rejected(copyDatabase(opened.db, join(dirname(path), 'copy')))).message).toContain('There is no room for a backup');
    expect(existsSync(join(dirname(path), 'copy.part'))).toBe(false);
    opened.close();
  });

  test('a further copy is private, and never goes over a file that is there', async () => {
    const { path, store } = filled();
    const made = await store.backups.make(AT);
    store.close();
    const to = join(dirname(path), 'elsewhere.sqlite');
    copyBackup(made.path, to);
    expect([mode(to), intact(to)]).toEqual([0o600, 'ok']);
    expect(refusal(() => copyBackup(made.path, to)).code).toBe('conflict');
  });

  test('retention keeps the last 24 hours, the newest of each day before, and nothing that it did not make', () => {
    const folder = directory();
    const hours = (n: number): Date => new Date(AT.getTime() - n * 3_600_000);
    const all = [0, 1, 12, 23, 30, 31, 54, 78, 102, 126].map(hours);
    for (const at of all) writeFileSync(join(folder, nameOfBackup(at)), '');
    writeFileSync(join(folder, 'hub-of-mine.sqlite'), '');
    expect(timeOfBackup(nameOfBackup(AT))).toEqual(AT);
    pruneBackups(folder, 4, AT);
    expect(listBackups(folder).map(({ at }) => at)).toEqual([0, 1, 12, 23, 30, 54, 78].map(hours));
    expect(existsSync(join(folder, 'hub-of-mine.sqlite'))).toBe(true);
    pruneBackups(folder, 1, AT);
    expect(listBackups(folder).map(({ at }) => at)).toEqual([0, 1, 12, 23].map(hours));
  });
});

describe('P10: a refusal names the newest backup and how to restore it', () => {
  test('of those in the folder and those made before a migration', async () => {
    const { path, store } = filled();
    await store.backups.make(AT);
    const newest = await store.backups.make(new Date(AT.getTime() + 1000));
    store.close();
    truncateSync(path, 0);
    expect(refusal(() => openStore(path)).message).toContain(`berth restore ${newest.path}`);
    writeFileSync(`${path}.before-v99`, '');
    // Its time is that of the file, which is now; the others are of 2030.
    expect(newestBackup(path)).toBe(newest.path);
    rmSync(folderOf(path), { recursive: true });
    expect(newestBackup(path)).toBe(`${path}.before-v99`);
    rmSync(`${path}.before-v99`);
    expect(refusal(() => openStore(path)).message).toContain(`There is no backup in ${folderOf(path)}`);
  });
});

describe('berth restore', () => {
  test('P10: puts a backup in the place of damaged data, keeps that aside, and ends the sessions but not the tokens', async () => {
    const { path, store } = filled();
    const owner = addUser(store, 'alice');
    const session = newId<SessionId>();
    store.sessions.create({ id: session, user: owner, created: AT, lastSeen: AT, address: '', userAgent: '' }, 'hash-of-session');
    store.tokens.create({ id: newId<TokenId>(), owner, note: '', scopes: [], created: AT, expires: null, lastUsed: null }, 'hash-of-token');
    const made = await store.backups.make(AT);
    addUser(store, 'later');
    store.close();
    truncateSync(path, 200);
    const damagedBytes = readFileSync(path);
    const done = restoreDatabase(path, { from: made.path, now: AT });
    expect(done).toMatchObject({ found: 'ok', sessions: 1, aside: `${path}.replaced-2030-01-02T030405678Z` });
    expect(readFileSync(done.aside ?? '').equals(damagedBytes)).toBe(true);
    const again = openStore(path);
    expect(names(again)).toEqual(['user-0', 'user-1', 'user-2', 'alice']);
    expect([again.sessions.count(), again.tokens.byHash('hash-of-token')?.owner]).toEqual([0, owner]);
    again.close();
    expect([mode(path), readdirSync(dirname(path)).filter((name) => name.includes('restoring'))]).toEqual([0o600, []]);
  });

  test('refuses while a hub uses the data, and changes nothing', async () => {
    const { path, store } = filled();
    const made = await store.backups.make(AT);
    addUser(store, 'later');
    expect(refusal(() => restoreDatabase(path, { from: made.path, now: AT })).code).toBe('conflict');
    expect(names(store)).toContain('later');
    store.close();
  });

  test.each<[string, (file: string) => void, RegExp]>([
    ['is damaged', (file) => truncateSync(file, 4096 * 6), /damaged/],
    ['is text', (file) => writeFileSync(file, 'a backup, honestly, of more than one hundred bytes of text that is no database at all. '.repeat(9)), /damaged/],
    ['is of another program', (file) => {
      rmSync(file);
      const db = new Database(file);
      db.exec('CREATE TABLE meta (key)');
      db.close();
    }, /something else/],
    ['is missing', (file) => rmSync(file), /no database/],
  ])('refuses a backup that %s, and leaves what is there as it is', async (_what, damage, words) => {
    const { path, store } = filled(400);
    const made = await store.backups.make(AT);
    store.close();
    damage(made.path);
    const before = readFileSync(path);
    const refused = refusal(() => restoreDatabase(path, { from: made.path, now: AT }));
    expect(refused.message).toMatch(words);
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(dirname(path)).sort()).toEqual(['hub.backups', 'hub.sqlite', 'hub.sqlite.lock']);
  });

  test('P11: refuses a backup of a newer version, and takes one of an older', async () => {
    const { path, store } = filled();
    const old = await store.backups.make(AT);
    store.close();
    const newer = place();
    openStore(newer, { migrations: migrationsWith(dirname(newer), 'CREATE TABLE more (x TEXT) STRICT;') }).close();
    expect(refusal(() => restoreDatabase(path, { from: newer, now: AT })).message).toContain('newer version');
    const migrations = migrationsWith(directory(), 'CREATE TABLE more (x TEXT) STRICT;');
    restoreDatabase(path, { from: old.path, now: AT });
    const again = openStore(path, { migrations });
    expect(names(again)).toHaveLength(3);
    again.close();
  });

  test('interrupted at its last step, it leaves no place for an empty database, and can be repeated', async () => {
    const path = place();
    const first = openStore(path);
    const made = await first.backups.make(AT);
    first.close();
    const other = await openElsewhere(path);
    await other.kill();
    const failPoint = (): void => {
      throw new Error('interrupted');
    };
    expect(() => restoreDatabase(path, { from: made.path, now: AT, failPoint })).toThrow('interrupted');
    // What the killed hub wrote last is aside with its log, so that the rest is not taken for the whole.
    expect(refusal(() => openStore(path)).message).toContain('incomplete');
    const later = new Date(AT.getTime() + 1);
    restoreDatabase(path, { from: made.path, now: later });
    openStore(path).close();
    const aside = openStore(`${path}.replaced-2030-01-02T030405678Z`);
    expect(aside.meta.get('written-by')).toMatch(/^\d+$/);
    aside.close();
  });

  test('makes a database where there is none, and refuses where only a write-ahead log is left of one', async () => {
    const { store } = filled();
    const made = await store.backups.make(AT);
    store.close();
    const empty = place();
    expect(restoreDatabase(empty, { from: made.path, now: AT }).aside).toBeNull();
    const orphan = place();
    writeFileSync(`${orphan}-wal`, 'x');
    expect(refusal(() => restoreDatabase(orphan, { from: made.path, now: AT })).code).toBe('conflict');
    expect(existsSync(orphan)).toBe(false);
  });
});

describe('P09: a plain copy of a database in use', () => {
  /** The file of a hub that is running, without its write-ahead log. */
  async function naive(): Promise<string> {
    const path = place();
    const other = await openElsewhere(path);
    const copy = place();
    copyFileSync(path, copy);
    await other.kill();
    return copy;
  }

  test('without its write-ahead log is refused with what to do, each time, and is not changed', async () => {
    const copy = await naive();
    const before = readFileSync(copy);
    for (let i = 0; i < 2; i += 1) expect(refusal(() => openStore(copy)).message).toMatch(/incomplete.*write-ahead log.*berth backup/s);
    expect(readFileSync(copy).equals(before)).toBe(true);
    expect(refusal(() => restoreDatabase(place(), { from: copy, now: AT })).message).toContain('incomplete');
  });

  test('is taken when an administrator says so', async () => {
    const copy = await naive();
    const { aside } = restoreDatabase(copy, { from: copy, asIs: true, now: AT });
    expect(existsSync(aside ?? '')).toBe(true);
    openStore(copy).close();
    openStore(copy).close();
  });

  test('an empty write-ahead log is as good as none', async () => {
    const copy = await naive();
    writeFileSync(`${copy}-wal`, '');
    expect(refusal(() => openStore(copy)).message).toContain('incomplete');
  });

  test('after kill -9, and after a proper end, the file itself opens', async () => {
    const path = place();
    for (let i = 0; i < 2; i += 1) {
      const other = await openElsewhere(path);
      expect(other.said).toEqual({ opened: true });
      await other.kill();
    }
    for (let i = 0; i < 2; i += 1) openStore(path).close();
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  test('a hub that could not write when it ended leaves its write-ahead log, and starts again', () => {
    const path = place();
    const store = openStore(path);
    addUser(store, 'alice');
    const foreign = new Database(path);
    foreign.exec("CREATE TRIGGER no_room BEFORE DELETE ON meta BEGIN SELECT RAISE(ABORT, 'no room'); END");
    foreign.close();
    store.close();
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    const again = openStore(path);
    expect(names(again)).toEqual(['alice']);
    again.close();
  });

  test('a reader beside the hub does not make its end look like a crash', () => {
    const path = place();
    const store = openStore(path);
    const reader = new Database(path, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM users').get();
    addUser(store, 'alice');
    store.close();
    reader.close();
    const again = openStore(path);
    expect(names(again)).toEqual(['alice']);
    again.close();
  });
});

describe('P15: the file system of the data', () => {
  test.each([[0x6969, 'NFS'], [0x01021997, '9p'], [0xff534d42 | 0, 'CIFS'], [0xfe534d42, 'SMB2']])('type %d is refused by name (%s)', (type, name) => {
    expect(refusal(() => refuseNetwork('/data', () => type)).message).toContain(name);
  });
  test('a local one is taken, an overlay too', () => {
    for (const type of [0xef53, 0x794c7630, 0x01021994, 0x58465342]) expect(() => refuseNetwork('/data', () => type)).not.toThrow();
    expect(() => refuseNetwork(directory())).not.toThrow();
  });
});

describe('P05: backups are private', () => {
  test('whatever the umask and the folder before', async () => {
    const before = process.umask(0o022);
    const { path, store } = filled();
    await store.backups.make(AT);
    chmodSync(folderOf(path), 0o755);
    const made = await store.backups.make(new Date(AT.getTime() + 1));
    expect([mode(made.path), mode(folderOf(path))]).toEqual([0o600, 0o700]);
    store.close();
    process.umask(before);
  });
});
