import Database from 'better-sqlite3';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseChainEnd, type ChainEnd } from '../../../hub/domain/audit';
import { hashOf, verifyChain, type AuditRecord, type ChainVerdict } from '../../../hub/store/audit-chain';
import { openAuditFile } from '../../../hub/store/audit-file';
import { openStore } from '../../../hub/store/create-store';
import { MIGRATIONS } from '../../../hub/store/migrate';
import { makeEntry } from '../describe-audit';
import { refusal, useDirectory } from './support';

const directory = useDirectory();

/** A database with five entries that no hub uses. */
function filled(): string {
  const path = join(directory(), 'hub.sqlite');
  const store = openStore(path);
  for (let n = 1; n <= 5; n++) store.audit.append(makeEntry({ target: `user:u${n}` }));
  store.close();
  return path;
}

function on<T>(path: string, work: (db: Database.Database) => T): T {
  const db = new Database(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** As somebody does it who has the file: the triggers stop nobody who can drop them. */
const tamper = (path: string, ...statements: readonly string[]): void =>
  on(path, (db) => {
    const triggers = db.prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'audit%'").all();
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
    for (const statement of statements) db.exec(statement);
  });

function verdict(path: string, noted?: ChainEnd): ChainVerdict {
  const file = openAuditFile(path);
  try {
    return verifyChain(file, noted);
  } finally {
    file.close();
  }
}

describe('R02: through the database itself', () => {
  test.each([
    ['changed', "UPDATE audit SET actor = 'mallory' WHERE id = 2", 'never changed'],
    ['removed', 'DELETE FROM audit WHERE id = 2', 'retention rule'],
    ['removed altogether', 'DELETE FROM audit', 'retention rule'],
    ['put in between', "INSERT INTO audit SELECT 99, at, actor_kind, actor, actor_id, via, credential, address, request_id, action, target, result, detail, prev, hash FROM audit WHERE id = 2", 'only grows'],
    ['replaced', 'INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE id = 2', 'only grows'],
    ['given another end', "UPDATE audit_ends SET id = 3 WHERE name = 'head'", 'only move forward'],
    ['allowed to go by a false anchor', "UPDATE audit_ends SET id = 4, hash = 'x' WHERE name = 'anchor'", 'only move forward'],
    ['given an end in place of its own', "INSERT OR REPLACE INTO audit_ends (name, id, hash) VALUES ('head', 0, 'x')", 'only move forward'],
    ['left without an end', 'DELETE FROM audit_ends', 'are kept'],
  ])('an entry cannot be %s while the schema stands', (_what, statement, why) => {
    const path = filled();
    on(path, (db) => expect(() => db.exec(statement)).toThrow(why));
    expect(verdict(path)).toMatchObject({ ok: true, entries: 5 });
  });
});

describe('R02: after somebody changed the file', () => {
  test.each(['at = at + 1', "actor_kind = 'hub'", "actor = 'mallory'", "actor_id = ''", "via = 'token'", "credential = 'x'", "address = 'x'", "request_id = 'x'", "action = 'x'", "target = 'x'", "result = 'denied'", "detail = '{}'"])(
    'verify names the first entry whose %s was changed', (change) => {
      const path = filled();
      tamper(path, `UPDATE audit SET ${change} WHERE id IN (3, 4)`);
      expect(verdict(path)).toEqual({ ok: false, at: 3, reason: 'entry 3 was changed after it was written' });
    });

  test('verify finds a gap, a missing beginning and a missing end', () => {
    const [gap, start, end, all] = [filled(), filled(), filled(), filled()];
    tamper(gap, 'DELETE FROM audit WHERE id IN (2, 3)');
    expect(verdict(gap)).toEqual({ ok: false, at: 2, reason: 'a gap: entries 2 to 3 are missing' });
    tamper(start, 'DELETE FROM audit WHERE id = 1');
    expect(verdict(start)).toMatchObject({ ok: false, at: 1, reason: expect.stringContaining('a gap') as string });
    tamper(end, 'DELETE FROM audit WHERE id > 3');
    expect(verdict(end)).toEqual({ ok: false, at: 4, reason: 'the end is missing: entries 4 to 5 are gone' });
    tamper(all, 'DELETE FROM audit');
    expect(verdict(all)).toMatchObject({ ok: false, at: 1 });
  });

  test('verify finds an entry that got a new hash of its own, by the next one', () => {
    const path = filled();
    rehash(path, 3, 3);
    expect(verdict(path)).toMatchObject({ ok: false, at: 4, reason: expect.stringContaining('does not follow entry 3') as string });
  });

  test('verify finds entries that were put below the beginning', () => {
    const path = filled();
    tamper(path, 'UPDATE audit SET id = -1 WHERE id = 1', "UPDATE audit_ends SET id = 1, hash = (SELECT hash FROM audit WHERE id = -1) WHERE name = 'anchor'", 'UPDATE audit SET id = 0 WHERE id = -1');
    expect(verdict(path)).toMatchObject({ ok: false, at: 0 });
  });

  test('a chain that was made anew from some entry on is found with a head that was noted, and only so', () => {
    const path = filled();
    const before = verdict(path);
    const noted = before.ok ? before.head : undefined;
    rehash(path, 3, 5);
    expect(verdict(path)).toMatchObject({ ok: true, entries: 5 });
    expect(verdict(path, noted)).toEqual({ ok: false, at: 5, reason: 'entry 5 is not the one that was noted: the log was written anew' });
  });

  test('an end that was cut off together with the note of it is found with a head that was noted', () => {
    const path = filled();
    const before = verdict(path);
    tamper(path, 'DELETE FROM audit WHERE id > 3', "UPDATE audit_ends SET id = 3, hash = (SELECT hash FROM audit WHERE id = 3) WHERE name = 'head'");
    expect(verdict(path)).toMatchObject({ ok: true, entries: 3 });
    expect(verdict(path, before.ok ? before.head : undefined)).toMatchObject({ ok: false, at: 4 });
  });

  /** Changes an entry and makes hashes fit again from there up to `last`, as somebody does it who knows how. */
  function rehash(path: string, from: number, last: number): void {
    tamper(path, `UPDATE audit SET actor = 'mallory' WHERE id = ${from}`);
    on(path, (db) => {
      for (let id = from; id <= last; id++) {
        const prev = db.prepare<[number], { hash: string }>('SELECT hash FROM audit WHERE id = ?').get(id - 1)?.hash ?? '';
        const row = { ...(db.prepare<[number], AuditRecord>('SELECT * FROM audit WHERE id = ?').get(id) as AuditRecord), prev };
        db.prepare('UPDATE audit SET prev = ?, hash = ? WHERE id = ?').run(prev, hashOf(row), id);
        db.prepare("UPDATE audit_ends SET hash = ? WHERE name = 'head' AND id = ?").run(hashOf(row), id);
      }
    });
  }
});

describe('R02: reading the file', () => {
  test('works beside a hub that goes on writing, as of one moment', () => {
    const path = filled();
    const store = openStore(path);
    const file = openAuditFile(path);
    store.audit.append(makeEntry());
    expect(verifyChain(file)).toMatchObject({ ok: true, entries: 5 });
    file.close();
    expect(verdict(path)).toMatchObject({ ok: true, entries: 6 });
    store.close();
  });

  test('changes nothing, and says what is wrong with a file that has no log', () => {
    const missing = join(directory(), 'hub.sqlite');
    expect(refusal(() => openAuditFile(missing)).code).toBe('not-found');
    const foreign = join(directory(), 'other.sqlite');
    on(foreign, (db) => db.exec('CREATE TABLE audit (id INTEGER)'));
    expect(refusal(() => openAuditFile(foreign)).message).toContain('something else');
    expect(refusal(() => openAuditFile(oldDatabase())).message).toContain('Start the hub once');
  });
});

/** As version 1 of the schema leaves it, with entries of every kind it wrote. */
function oldDatabase(): string {
  const path = join(directory(), 'hub.sqlite');
  const migrations = join(dirname(path), 'migrations-of-v1');
  mkdirSync(migrations);
  cpSync(join(MIGRATIONS, '0001_init.sql'), join(migrations, '0001_init.sql'));
  on(path, (db) => {
    db.exec(`PRAGMA application_id = ${0x42525448}; PRAGMA journal_mode = WAL;`);
    for (const name of readdirSync(migrations)) db.exec(readFileSync(join(migrations, name), 'utf8'));
    db.exec('PRAGMA user_version = 1');
    const add = db.prepare("INSERT INTO audit (at, actor, action, target, detail) VALUES (?, ?, ?, ?, '{\"n\":1}')");
    for (const [n, actor] of ['user:boss', 'alice', 'hub', 'bootstrap', 'anonymous', 'local:local'].entries()) add.run(n, actor, 'user.create', `user:u${n}`);
  });
  rmSync(migrations, { recursive: true });
  return path;
}

describe('P11: a database from before the chain', () => {
  test('gets its entries chained when it is opened, in their order, and the chain goes on from there', () => {
    const path = oldDatabase();
    const store = openStore(path);
    store.audit.append(makeEntry());
    const rows = [...store.audit.list({ offset: 0, limit: 20 })].reverse();
    store.close();
    expect(rows.map((row) => [row.id, row.actorKind, row.actor])).toEqual([
      [1, 'user', 'boss'], [2, 'user', 'alice'], [3, 'hub', 'hub'], [4, 'anonymous', 'bootstrap'], [5, 'anonymous', 'anonymous'], [6, 'local', 'local'], [7, 'user', 'alice'],
    ]);
    expect(rows[2]).toMatchObject({ at: new Date(2), action: 'user.create', target: 'user:u2', result: 'ok', detail: { n: 1 } });
    expect(verdict(path)).toMatchObject({ ok: true, entries: 7 });
    expect(on(path, (db) => db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'audit_before_chain'").get())).toEqual({ n: 0 });
  });

  test('that was interrupted after the tables were made is chained at the next start', () => {
    const path = oldDatabase();
    expect(() => openStore(path, { failPoint: (point) => {
      if (point === 'migrate.after-commit') throw new Error('cut off');
    } })).toThrow('cut off');
    openStore(path).close();
    openStore(path).close();
    expect(verdict(path)).toMatchObject({ ok: true, entries: 6 });
  });
});

test('a head is written down and read again in one form only', () => {
  const hash = 'a'.repeat(64);
  expect(parseChainEnd(`7:${hash}`)).toEqual({ id: 7, hash });
  for (const text of ['', '7', `7:${hash}0`, `-7:${hash}`, `x:${hash}`]) expect(parseChainEnd(text)).toBeUndefined();
});
