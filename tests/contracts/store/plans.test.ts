import type Database from 'better-sqlite3';
import { join } from 'node:path';
import type { Audience } from '../../../hub/domain/notice';
import { storeOn } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import { openDatabase } from '../../../hub/store/sqlite';
import { useDirectory } from './support';

const directory = useDirectory();

/** Tables that grow with users or with time. What is configured (roles, groups) stays small. */
const LARGE = ['users', 'account_details', 'account_log', 'sessions', 'tokens', 'servers', 'audit', 'throttle', 'visits', 'oauth_codes', 'group_members', 'role_users', 'imported_users', 'imported_tokens', 'volumes', 'notice_recipients', 'usage_keys', 'usage_minutes', 'usage_hours', 'usage_months', 'usage_host'];

/**
 * Statements that do walk through a large table, by what they begin with, and why that is fine. `bench/store.cjs` has the figures at 10,000
 * users, 100,000 tokens and 1,000,000 entries of the audit log.
 */
const ALLOWED: readonly (readonly [begins: RegExp, why: string])[] = [
  [/^SELECT users\.id.* FROM users .*ORDER BY/s, 'a page of users: ends at its limit, and with a filter at 2 ms'],
  [/^SELECT count\(\*\) AS n FROM users/, 'how many users match: 0.1 ms from an index, 2 ms with a filter'],
  [/^SELECT name FROM users WHERE EXISTS .* ORDER BY name/s, 'a page of the members of a large group: ends at its limit, from the nearer end'],
  [/^SELECT status, count\(\*\) AS n FROM users/, 'how many users match, by status: the same'],
  [/^SELECT servers\.id FROM (?:users CROSS JOIN )?(?:servers|json_each)/s, 'a page of servers: ends at its limit where an index has the order, else one walk of 2 ms, from the nearer end'],
  [/^SELECT servers\.kind, count\(\*\) AS n FROM (?:servers|json_each)/, 'how many servers match, by state: 1 ms from an index, 5 ms with a group'],
  [/^SELECT count\(\*\) AS n FROM sessions$/, 'SQLite counts the pages of an index: 0.2 ms'],
  [/^SELECT .* FROM servers ORDER BY seq$/s, 'every server, for what happens once: at boot, at a shutdown'],
  [/^SELECT .* FROM audit ORDER BY id DESC LIMIT @limit OFFSET @offset$/s, 'ends at its limit'],
  [/FROM audit (?:WHERE @below IS NULL OR id < @below )?ORDER BY id LIMIT @limit\)/s, 'ends at its limit'],
  [/^SELECT name, EXISTS .* AS now FROM users WHERE \+status/s, 'the first hundred by name of those whom a message is for: 1 ms for everybody, where an administrator writes one'],
  [/^SELECT password_hash FROM users WHERE password_hash GLOB/, 'the first row of an index that holds nothing else'],
];

interface Step {
  readonly detail: string;
}

/** Every statement that the store prepares when it opens, and those of lists, each with one filter and with none. */
function statements(): { readonly db: Database.Database; readonly texts: readonly string[]; readonly close: () => void } {
  const opened = openDatabase(':memory:');
  // The first opening also brings an old audit log up to date, with statements of its own.
  storeOn(opened, { now: () => new Date(0), backups: '' });
  const texts: string[] = [];
  const prepare = opened.db.prepare.bind(opened.db) as (text: string) => Database.Statement;
  opened.db.prepare = ((text: string) => {
    texts.push(text);
    return prepare(text);
  }) as typeof opened.db.prepare;
  askLists(storeOn(opened, { now: () => new Date(0), backups: '' }));
  opened.db.prepare = prepare as typeof opened.db.prepare;
  return { db: opened.db, texts: [...new Set(texts)], close: opened.close };
}

const SEEN = { all: false, users: new Set(['a']), groups: new Set(['g']), servers: new Set(['a/b']) };
const AUDIENCES: readonly Audience[] = [{ users: null, groups: null, states: null }, { users: [], groups: ['g'], states: null }, { users: null, groups: null, states: ['running', 'starting', 'stopped'] }];
const USER_FILTERS = [{}, { nameContains: 'a' }, { group: 'g' }, { state: 'ready' }, { seen: SEEN }] as const;
const SERVER_FILTERS = [{}, { userContains: 'a' }, { group: 'g' }, { profile: 'p' }, { kind: 'ready' }, { only: ['1'] }, { seen: SEEN }] as const;

function askLists({ users, servers, notices }: Store): void {
  for (const audience of AUDIENCES) notices.reach(audience, 1);
  for (const filter of [...USER_FILTERS, { status: 'active' } as const]) for (const sort of ['id', '-id', 'name', '-name', 'last_activity', '-last_activity'] as const) expect(users.list({ offset: 0, limit: 1 }, { ...filter, sort }).total).toBe(0);
  for (const filter of USER_FILTERS) users.statuses(filter);
  for (const filter of SERVER_FILTERS) {
    for (const order of ['name', 'last_activity', 'started', 'volumes', 'amount'] as const) for (const down of [false, true]) servers.page({ offset: 0, limit: 1, total: 1, order, down }, filter as never);
    servers.kinds(filter as never);
  }
}

const planOf = (db: Database.Database, text: string): readonly Step[] => {
  const names = new Set([...text.matchAll(/@(\w+)/g)].map(([, name]) => name ?? ''));
  return db.prepare<[Record<string, null>], Step>(`EXPLAIN QUERY PLAN ${text}`).all(Object.fromEntries([...names].map((name) => [name, null])));
};

const walks = (db: Database.Database, text: string): readonly string[] =>
  planOf(db, text).map(({ detail }) => detail).filter((detail) => LARGE.some((table) => detail === `SCAN ${table}` || detail.startsWith(`SCAN ${table} `)) || (/USE TEMP B-TREE FOR ORDER BY/.test(detail) && /FROM (?:audit|users)\b/.test(text)));

test('P06: no statement walks through a large table, but for those that are listed with their reason', () => {
  const { db, texts, close } = statements();
  expect(texts.length).toBeGreaterThan(60);
  const found = texts.filter((text) => walks(db, text).length > 0 && !ALLOWED.some(([begins]) => begins.test(text))).map((text) => `${text}\n  ${walks(db, text).join('\n  ')}`);
  close();
  expect(found).toEqual([]);
});

test('P06: the list has no reason that is not needed any more', () => {
  const { db, texts, close } = statements();
  const walking = texts.filter((text) => walks(db, text).length > 0);
  close();
  expect(ALLOWED.filter(([begins]) => !walking.some((text) => begins.test(text))).map(([begins]) => begins.source)).toEqual([]);
});

test('P06: a page of everybody\'s servers by name comes from the index of names, and sorts nothing', () => {
  const { db, texts, close } = statements();
  const byName = texts.filter((text) => /^SELECT servers\.id FROM users CROSS JOIN servers .*ORDER BY users\.name/.test(text) && !text.includes('WHERE'));
  const plans = byName.map((text) => planOf(db, text).map(({ detail }) => detail));
  close();
  expect(plans).toHaveLength(2);
  for (const plan of plans) {
    expect(plan[0]).toMatch(/^SCAN users USING INDEX sqlite_autoindex_users_2/);
    expect(plan.filter((detail) => detail.includes('ORDER BY'))).toEqual([]);
  }
});

test('P06: a statement without an index is found', () => {
  const { db, close } = statements();
  expect(walks(db, 'SELECT id FROM tokens WHERE note = @note')).toEqual(['SCAN tokens']);
  expect(walks(db, 'SELECT id FROM tokens WHERE hash = @hash')).toEqual([]);
  close();
});

test('3.12: the settings of the one connection that writes', () => {
  const opened = openDatabase(join(directory(), 'hub.sqlite'));
  const pragma = (name: string): unknown => opened.db.pragma(name, { simple: true });
  expect(Object.fromEntries(['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout', 'trusted_schema', 'secure_delete', 'cell_size_check', 'mmap_size', 'wal_autocheckpoint', 'journal_size_limit'].map((name) => [name, pragma(name)]))).toEqual({
    journal_mode: 'wal', synchronous: 2, foreign_keys: 1, busy_timeout: 5000, trusted_schema: 0, secure_delete: 1, cell_size_check: 1, mmap_size: 0, wal_autocheckpoint: 1000, journal_size_limit: 67_108_864,
  });
  opened.close();
});
