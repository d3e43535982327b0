import Database from 'better-sqlite3';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openStore } from '../../../hub/store/create-store';
import { MIGRATIONS } from '../../../hub/store/migrate';
import { openDatabase } from '../../../hub/store/sqlite';
import type { UserId, UserName } from '../../../hub/domain/ids';
import { names, SHIPPED, useDirectory } from './support';

const directory = useDirectory();

/** A database as the hub with so many migrations left it: each is in the repository, so each can be made anew. */
function written(version: number): string {
  const path = join(directory(), 'hub.sqlite');
  const migrations = join(dirname(path), 'migrations');
  mkdirSync(migrations);
  for (const name of readdirSync(MIGRATIONS).sort().slice(0, version)) cpSync(join(MIGRATIONS, name), join(migrations, name));
  const { db, close } = openDatabase(path, { migrations });
  db.exec(`
    INSERT INTO users (id, name, admin, status, created, last_activity, must_change_password, password_hash) VALUES
      ('u1', 'alice', 1, 'active', 1000, 2000, 0, '$argon2id$x'), ('u2', 'bob', 0, 'pending', 3000, NULL, 1, NULL);
    INSERT INTO groups (id, name, properties) VALUES ('g1', 'team', '{"a":1}');
    INSERT INTO group_members (group_id, user_id) VALUES ('g1', 'u2');
    INSERT INTO roles (name, description, scopes) VALUES ('tester', '', '["self"]');
    INSERT INTO role_users (role, user_id) VALUES ('tester', 'u1');
    INSERT INTO sessions (id, user_id, hash, created, last_seen, address, user_agent) VALUES ('s1', 'u1', 'hash-s', 1000, 2000, '192.0.2.1', 'x');
    INSERT INTO tokens (id, owner_id, hash, note, scopes, created, expires, last_used) VALUES ('t1', 'u1', 'hash-t', 'mine', '["self"]', 1000, NULL, NULL);
    INSERT INTO servers (id, owner_id, name, version, kind, since, state, profile, secret, user_options, created, last_activity) VALUES
      ('v1', 'u1', '', 7, 'stopped', 5000, '{"kind":"stopped","since":"1970-01-01T00:00:05.000Z","reason":"It was stopped."}', 'lab', NULL, '{"a":1}', 1000, 4000);`);
  close();
  return path;
}

describe('P12: data that every earlier version wrote', () => {
  test.each(Array.from({ length: SHIPPED }, (_, n) => n + 1))('version %d is brought up to date, row by row', (version) => {
    const path = written(version);
    const store = openStore(path);
    expect(names(store)).toEqual(['alice', 'bob']);
    expect(store.users.byName('alice' as UserName)).toEqual({ id: 'u1', name: 'alice', admin: true, status: 'active', created: new Date(1000), lastActivity: new Date(2000), mustChangePassword: false });
    expect(store.users.byName('bob' as UserName)).toMatchObject({ admin: false, status: 'pending', lastActivity: null, mustChangePassword: true });
    expect(store.users.passwordHash('u1' as UserId)).toBe('$argon2id$x');
    expect(store.groups.groupsOf('u2' as UserId)).toMatchObject([{ id: 'g1', name: 'team', properties: { a: 1 } }]);
    expect(store.roles.directOfUser('u1' as UserId)).toContain('tester');
    expect(store.sessions.byHash('hash-s')).toMatchObject({ id: 's1', user: 'u1', created: new Date(1000), lastSeen: new Date(2000), address: '192.0.2.1', userAgent: 'x' });
    expect(store.tokens.byHash('hash-t')).toMatchObject({ id: 't1', owner: 'u1', note: 'mine', scopes: ['self'], created: new Date(1000), expires: null });
    expect(store.servers.listOf('u1' as UserId)).toMatchObject([{ id: 'v1', version: 7, profile: 'lab', userOptions: { a: 1 }, lastActivity: new Date(4000), state: { kind: 'stopped', since: new Date(5000), reason: 'It was stopped.' } }]);
    store.close();
    const db = new Database(path, { readonly: true });
    expect([db.pragma('integrity_check', { simple: true }), db.pragma('foreign_key_check')]).toEqual(['ok', []]);
    db.close();
  });
});
