import Database from 'better-sqlite3';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId, type GroupId } from '../../../hub/domain/ids';
import { openStore } from '../../../hub/store/create-store';
import { MIGRATIONS } from '../../../hub/store/migrate';
import { useDirectory } from './support';

const directory = useDirectory();

test('members that an older configuration gave are known as its own, and what the hub kept among a group\'s properties is gone from there', () => {
  const place = directory();
  const [path, older] = [join(place, 'hub.db'), join(place, 'older')];
  mkdirSync(older);
  for (const file of readdirSync(MIGRATIONS).filter((name) => name < '0005')) cpSync(join(MIGRATIONS, file), join(older, file));
  const [web, own, alice] = [newId<GroupId>(), newId<GroupId>(), newId<never>()];
  const db = new Database(path);
  chmodSync(path, 0o600);
  for (const file of readdirSync(older).sort()) db.exec(readFileSync(join(older, file), 'utf8'));
  db.exec(`PRAGMA user_version = 4; PRAGMA application_id = ${0x42525448}; DROP TABLE audit_before_chain;`);
  db.prepare("INSERT INTO users (id, name, admin, status, created, must_change_password) VALUES (?, 'alice', 0, 'active', 0, 0)").run(alice);
  db.prepare('INSERT INTO groups (id, name, properties) VALUES (?, ?, ?)').run(web, 'web', '{"declared":true,"outbound":"open","tier":1}');
  db.prepare('INSERT INTO groups (id, name, properties) VALUES (?, ?, ?)').run(own, 'own', '{"tier":2}');
  for (const group of [web, own]) db.prepare('INSERT INTO group_members (group_id, user_id) VALUES (?, ?)').run(group, alice);
  db.close();

  const store = openStore(path);
  expect(store.declared.list()).toEqual([{ kind: 'member', what: web, holder: alice }]);
  expect([store.groups.byName('web')?.properties, store.groups.byName('own')?.properties]).toEqual([{ tier: 1 }, { tier: 2 }]);
  store.close();
});
