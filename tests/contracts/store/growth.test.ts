import Database from 'better-sqlite3';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditEntry } from '../../../hub/domain/audit';
import { openStore } from '../../../hub/store/create-store';
import { addUser, names, useDirectory } from './support';

jest.setTimeout(60_000);

const directory = useDirectory();
const MB = 1024 ** 2;
const entry = (n: number): AuditEntry => ({
  at: new Date(0), actorKind: 'hub', actor: 'hub', actorId: '', via: '', credential: '', address: '', requestId: '', action: 'load', target: String(n), result: 'ok', detail: { text: 'x'.repeat(8000) },
});

function load(path: string) {
  const store = openStore(path);
  let n = 0;
  const write = (megabytes: number): void => {
    for (let written = 0; written < megabytes; written += 1) store.transaction(() => Array.from({ length: 128 }, () => store.audit.append(entry((n += 1)))));
  };
  return { store, write, log: () => statSync(`${path}-wal`).size };
}

test('P07: with nobody reading for long, the write-ahead log stays small whatever is written', () => {
  const { store, write, log } = load(join(directory(), 'hub.sqlite'));
  let largest = 0;
  for (let i = 0; i < 10; i += 1) {
    write(10);
    largest = Math.max(largest, log());
  }
  store.close();
  expect(largest).toBeLessThan(16 * MB);
});

test('P07: a reader of another program that stays holds the log up and nothing else; when it goes, the log is below 64 MB again', () => {
  const path = join(directory(), 'hub.sqlite');
  const { store, write, log } = load(path);
  addUser(store, 'alice');
  const reader = new Database(path, { readonly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM users').get();
  write(80);
  expect(log()).toBeGreaterThan(64 * MB);
  addUser(store, 'bob');
  expect(names(store)).toEqual(['alice', 'bob']);
  reader.close();
  // One write puts everything into the database, the next begins the log anew.
  write(1);
  write(1);
  expect(log()).toBeLessThanOrEqual(64 * MB);
  store.close();
});
