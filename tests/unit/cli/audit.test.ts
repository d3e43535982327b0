import Database from 'better-sqlite3';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Io } from '../../../hub/cli/io';
import { runCli } from '../../../hub/cli/program';
import type { AuditEntry } from '../../../hub/domain/audit';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';

let cwd: string;
let database: string;
let store: Store;

beforeEach(() => {
  cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-cli-audit-'));
  database = path.join(cwd, 'state', 'hub.sqlite');
  store = openStore(database);
});
afterEach(() => {
  store.close();
  fs.rmSync(cwd, { recursive: true, force: true });
});

const day = (n: number): Date => new Date(Date.UTC(2030, 0, n));
const append = (n: number, change: Partial<AuditEntry> = {}): void => void store.audit.append({
  at: day(n), actorKind: 'user', actor: 'root', actorId: 'u-1', via: 'cookie', credential: 's-1', address: '192.0.2.1', requestId: 'r', action: 'user.create', target: `user:u${n}`, result: 'ok', detail: {}, ...change,
});

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  const io: Io = { env: {}, cwd, out: (line) => void out.push(line), note: (line) => void notes.push(line), ask: () => Promise.reject(new Error('asked without need')) };
  const code = await runCli(['audit', ...args], io);
  return { code, out, notes };
}

function tamper(statement: string): void {
  const db = new Database(database);
  db.exec(`DROP TRIGGER audit_never_changes; ${statement}`);
  db.close();
}

describe('R02: berth audit verify', () => {
  test('says that the log is whole and what its head is, while a hub has the file and when none has', async () => {
    append(1);
    append(2);
    const { head } = store.audit.ends();
    const whole = { code: 0, out: ['The audit log is whole: 2 entries, from 1 to 2.', `head 2:${head.hash}`], notes: [] };
    expect(await run('verify')).toEqual(whole);
    store.close();
    expect(await run('verify')).toEqual(whole);
    store = openStore(database);
    expect(await run('verify')).toEqual(whole);
  });

  test('ends with 1 and says where the chain is broken', async () => {
    append(1);
    append(2);
    tamper("UPDATE audit SET actor = 'mallory' WHERE id = 1");
    expect(await run('verify')).toEqual({ code: 1, out: [], notes: ['The audit log is broken at entry 1: entry 1 was changed after it was written.'] });
    const { code, out } = await run('verify', '--json');
    expect([code, JSON.parse(out.join('\n'))]).toMatchObject([1, { ok: false, at: 1 }]);
  });

  test('holds the log against a head that was noted earlier', async () => {
    append(1);
    const { head } = store.audit.ends();
    append(2);
    expect((await run('verify', '--noted', `1:${head.hash}`)).code).toBe(0);
    const other = await run('verify', '--noted', `1:${'0'.repeat(64)}`);
    expect([other.code, other.notes.join()]).toEqual([1, expect.stringContaining('written anew')]);
    expect((await run('verify', '--noted', 'nonsense')).code).toBe(2);
  });

  test('says so when there is no hub', async () => {
    store.close();
    fs.rmSync(path.join(cwd, 'state'), { recursive: true });
    const { code, notes } = await run('verify');
    expect([code, notes.join()]).toEqual([1, expect.stringContaining('There is no database')]);
    store = openStore(database);
  });
});

describe('berth audit list', () => {
  test('shows the newest entries first, as many as asked for', async () => {
    for (let n = 1; n <= 25; n++) append(n);
    const { out } = await run('list', '-n', '2');
    expect(out.map((line) => line.split(/ {2,}/)[0])).toEqual(['ID', '25', '24']);
    expect(out[1]).toContain('user:root');
    expect((await run('list')).out).toHaveLength(21);
  });

  test('A16: names cannot tell the terminal to do anything', async () => {
    append(1, { actor: 'bob\r\n{"level":"info"}', target: '\u001b[2J\u202eetadmin' });
    const { out } = await run('list');
    expect(out).toHaveLength(2);
     
    expect(out.join('\n')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

describe('berth audit export', () => {
  test('writes every entry, oldest first, and says beside it what the head is', async () => {
    for (let n = 1; n <= 3; n++) append(n);
    const { code, out, notes } = await run('export');
    expect(code).toBe(0);
    expect(out.map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1, 2, 3]);
    expect(notes).toEqual([`Head of the audit log: 3:${store.audit.ends().head.hash}`]);
  });

  test('is as long as the log, and begins at a date', async () => {
    store.transaction(() => {
      for (let n = 1; n <= 1300; n++) append(n);
    });
    expect((await run('export')).out).toHaveLength(1300);
    const { out } = await run('export', '--since', '2030-01-03', '--format', 'csv');
    expect(out).toHaveLength(1 + 1298);
    expect((await run('export', '--since', 'yesterday')).code).toBe(2);
  });

  test('R04: nothing in a CSV is a formula', async () => {
    append(1, { actor: '=cmd()', target: '+1', detail: { note: '@x' } });
    const { out } = await run('export', '--format', 'csv');
    expect(out).toHaveLength(2);
    expect(out[1]).toContain('"\'=cmd()"');
    expect(out[1]).toContain('"\'+1"');
    expect(out[1]).not.toMatch(/(?:^|,)"?[=+@-]/);
  });

  test('a file is private, complete, and never one that exists', async () => {
    append(1);
    const file = path.join(cwd, 'audit.jsonl');
    expect((await run('export', '--out', file)).code).toBe(0);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(fs.readFileSync(file, 'utf8'))).toMatchObject({ id: 1, target: 'user:u1' });
    const again = await run('export', '--out', file);
    expect([again.code, again.notes.join()]).toEqual([1, expect.stringContaining('exist')]);
  });
});
