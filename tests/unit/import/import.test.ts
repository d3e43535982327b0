import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isForeign } from '../../../auth/password/foreign';
import { newId, type GroupId, type UserName } from '../../../hub/domain/ids';
import type { ImportReport } from '../../../hub/domain/jupyterhub';
import { systemClock } from '../../../hub/domain/runtime';
import { BUILT_IN } from '../../../hub/domain/scopes/parse';
import { DEFAULT_ROLES } from '../../../hub/domain/scopes/roles';
import { NO_POLICY } from '../../../hub/domain/policy';
import { createAudit } from '../../../hub/services/audit';
import { importJupyterHub, type ImportAsk } from '../../../hub/services/import-jupyterhub';
import { matchesForeignHash, recogniseToken } from '../../../hub/services/foreign-tokens';
import { openStore } from '../../../hub/store/create-store';
import { readJupyterHub } from '../../../hub/store/jupyterhub-file';
import type { Store } from '../../../hub/store/store';
import { makeUser } from '../../support/factories';
import { SECRETS, writeJupyterHub } from '../../support/jupyterhub-file';
import { createMemoryLog } from '../../support/start-hub';

let folder: string;
let store: Store;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-import-'));
  store = openStore(':memory:');
  for (const role of DEFAULT_ROLES) store.roles.put(role);
});
afterEach(() => {
  store.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const DAY = 86_400_000;
const VOLUMES = ['jupyterhub-user-alice', 'jupyterhub-user-bob-40example-2eorg'];
const ASK: ImportAsk = {
  actor: { kind: 'local', id: 'local', name: 'local', via: 'local', credential: 'local' },
  patterns: [{ purpose: 'workspace', pattern: 'jupyterhub-user-{username}' }],
  volumes: new Set(VOLUMES),
  dryRun: false,
};

let files = 0;
function run(change: Partial<ImportAsk> = {}, sql = ''): ImportReport {
  const audit = createAudit({ store, clock: systemClock, log: createMemoryLog().log, keepMs: 0 });
  const data = readJupyterHub(writeJupyterHub(path.join(folder, `${(files += 1)}.sqlite`), sql));
  const report = importJupyterHub({ store, clock: systemClock, audit, knowsHash: isForeign, maxTokenMs: 90 * DAY, declaredGroups: new Set(['ours']), vocabulary: BUILT_IN }, data, { ...ASK, ...change });
  audit.close();
  return report;
}

const user = (name: string) => store.users.byName(name as UserName);
const whyNot = (report: ImportReport, kind: string, name: string) => report.left.filter((line) => line.kind === kind && line.name === name).map((line) => line.detail).join(' ');
const dump = () => JSON.stringify([
  store.users.list({ offset: 0, limit: 99 }), store.groups.list({ offset: 0, limit: 99 }), store.audit.ends(),
  store.users.list({ offset: 0, limit: 99 }).users.map(({ id }) => [store.users.passwordHash(id), store.roles.directOfUser(id), store.groups.groupsOf(id), store.tokens.listOf(id), store.imports.volumesOf(id)]),
]);

test('accounts come with their administrators, dates, approval and password hashes', () => {
  run();
  expect(store.users.list({ offset: 0, limit: 99 }).users.map(({ name, admin, status }) => ({ name, admin, status }))).toEqual([
    { name: 'root-admin', admin: true, status: 'active' }, { name: 'alice', admin: false, status: 'active' }, { name: 'bob@example.org', admin: false, status: 'active' },
    { name: 'carol', admin: false, status: 'active' }, { name: 'oauth-only', admin: false, status: 'active' }, { name: 'dave', admin: false, status: 'pending' }, { name: 'erin', admin: false, status: 'active' },
  ]);
  expect(user('alice')).toMatchObject({ created: new Date('2024-02-03T04:05:06Z'), lastActivity: new Date('2025-06-07T08:09:10.500Z') });
  expect(store.users.passwordHash(user('alice')!.id)).toMatch(/^\$2b\$04\$/);
  expect(store.roles.directOfUser(user('root-admin')!.id)).toEqual(['admin', 'researcher', 'user']);
  expect(store.roles.directOfUser(user('dave')!.id)).toEqual([]);
});

test('what cannot come is named, with the reason', () => {
  const report = run();
  expect(whyNot(report, 'user', 'a\u200bb')).toContain('cannot be seen');
  expect(whyNot(report, 'password', 'oauth-only')).toContain('berth user passwd oauth-only');
  expect(whyNot(report, 'password', 'carol')).toContain('second factor');
  expect(whyNot(report, 'service', 'culler')).toContain('configuration');
  expect(whyNot(report, 'volume', 'carol')).toContain('jupyterhub-user-carol');
});

test('groups come with members and properties', () => {
  run();
  const team = store.groups.byName('team')!;
  expect(team.properties).toEqual({ quota: { gib: 5 }, outbound: 'open' });
  expect(store.groups.membersOf(team.id).map(({ name }) => name)).toEqual(['alice', 'bob@example.org']);
  expect(store.groups.byName('empty')).toBeDefined();
});

test('nobody joins a group that gives its members something here, by a role or by the configuration', () => {
  const [strong, plain] = [newId<GroupId>(), newId<GroupId>()];
  store.groups.create({ id: strong, name: 'team', properties: {} });
  store.roles.grantGroup('manager', strong);
  store.groups.create({ id: plain, name: 'ours', properties: {} });
  const report = run({}, "UPDATE groups SET name = 'ours' WHERE name = 'empty'; INSERT INTO user_group_map SELECT 2, id FROM groups WHERE name = 'ours'");
  expect([store.groups.membersOf(strong), store.groups.membersOf(plain)]).toEqual([[], []]);
  expect([whyNot(report, 'group', 'team'), whyNot(report, 'group', 'ours')]).toEqual([expect.stringContaining('nobody joins'), expect.stringContaining('nobody joins')]);
});

test('D04: nobody joins a group whose policy gives something', () => {
  const team = newId<GroupId>();
  store.groups.create({ id: team, name: 'team', properties: {} });
  store.policies.put(team, { ...NO_POLICY, network: { on: true } });
  expect(whyNot(run(), 'group', 'team')).toContain('nobody joins');
  expect(store.groups.membersOf(team)).toEqual([]);
});

test('D04: nobody joins a group of the configuration either that no hub has made yet', () => {
  const report = run({}, "UPDATE groups SET name = 'ours' WHERE name = 'team'");
  expect(store.groups.byName('ours')).toBeUndefined();
  expect(report.came.filter(({ kind }) => kind === 'member')).toEqual([]);
  expect(whyNot(report, 'group', 'ours')).toContain('nobody joins');
});

test('A10: two people whose names differ in case alone do not become one', () => {
  const report = run({ patterns: [{ purpose: 'home', pattern: 'lab-{raw_username}' }], volumes: new Set(['lab-ALICE']) },
    "INSERT INTO users (id, name, admin, created, cookie_id) SELECT 99, 'ALICE', 1, created, 'x' FROM users WHERE name = 'alice'; INSERT INTO users_info (username, password, is_authorized) SELECT 'ALICE', password, 1 FROM users_info WHERE username = 'alice'; UPDATE api_tokens SET user_id = 99 WHERE note = 'reader'");
  expect(user('alice')).toMatchObject({ admin: false });
  expect(store.tokens.listOf(user('alice')!.id).map(({ note }) => note)).not.toContain('reader');
  expect(store.imports.volumesOf(user('alice')!.id)).toEqual([]);
  expect(whyNot(report, 'user', 'ALICE')).toContain('another name');
});

test('a role is given by its name only where ours gives nothing more', () => {
  store.roles.put({ name: 'graders', description: '', scopes: ['read:users'] });
  const report = run();
  expect(store.roles.directOfUser(user('bob@example.org')!.id)).toEqual(['graders', 'researcher', 'user']);
  expect(store.roles.directOfUser(user('alice')!.id)).toEqual(['researcher', 'user']);
  expect(whyNot(report, 'role', 'manager')).toContain('gives more here');
  expect(whyNot(report, 'role', 'group team')).toBe('manager was not given.');
});

test('D11: tokens of people keep working; without an end they are an administrator\'s alone', () => {
  const report = run();
  const notes = (name: string) => store.tokens.listOf(user(name)!.id).map(({ note, expires }) => [note, expires === null]);
  expect(notes('alice').sort()).toEqual([['ends', false], ['from a file', false], ['nightly run', false], ['reader', false]]);
  expect(notes('root-admin')).toEqual([['of an administrator', true]]);
  for (const which of ['inherit', 'scoped', 'chosen', 'ending', 'admin']) expect(recogniseToken(store, SECRETS.tokens[which]!)).toBeDefined();
  for (const which of ['ended', 'server', 'oauth', 'service']) expect(recogniseToken(store, SECRETS.tokens[which]!)).toBeUndefined();
  expect(recogniseToken(store, `${SECRETS.tokens['inherit']!.slice(0, -1)}x`)).toBeUndefined();
  expect(whyNot(report, 'token', 'alice')).toContain('"ended": it had ended.');
  expect(whyNot(report, 'token', 'alice')).toContain('"Server at /user/alice/" belongs to a server');
});

test('Q10: what would keep the hub busy for long is not looked at: a long text, hashed thousands of times', () => {
  const hashed = (secret: string, rounds: number): string => `sha512:${rounds}:ab:${createHash('sha512').update('ab').update(secret.repeat(rounds)).digest('hex')}`;
  const [short, long] = ['s'.repeat(100), 's'.repeat(300)];
  expect([matchesForeignHash(hashed(short, 16_384), short), matchesForeignHash(hashed(short, 1_000), short), matchesForeignHash(hashed(long, 1), long)]).toEqual([true, true, true]);
  expect([matchesForeignHash(hashed(short, 16_384), `${short}s`), matchesForeignHash(hashed(long, 16_384), long)]).toEqual([false, false]);
});

test('D10: once a token was shown, only our own hash of it is kept', () => {
  run();
  const secret = SECRETS.tokens['inherit']!;
  const first = recogniseToken(store, secret)!;
  expect(recogniseToken(store, secret)).toBeUndefined();
  expect(store.tokens.byId(first.id)).toBeDefined();
});

test('a token of another hash is reported, never guessed', () => {
  const report = run({}, "UPDATE api_tokens SET hashed = 'md5:1:aa:bb' WHERE note = 'reader'; UPDATE api_tokens SET hashed = replace(hashed, ':16384:', ':99999:') WHERE note = 'from a file'; UPDATE api_tokens SET scopes = '[\"custom:thing\"]' WHERE note = 'ends'");
  expect(whyNot(report, 'token', 'alice')).toContain('"reader": its hash is of an unknown kind');
  expect(whyNot(report, 'token', 'alice')).toContain('"from a file": its hash is of an unknown kind');
  expect(whyNot(report, 'token', 'alice')).toContain('"ends": none of its scopes exists here');
});

test('volumes that exist are adopted, each by one account', () => {
  const report = run();
  expect(store.imports.volumesOf(user('alice')!.id)).toEqual([{ purpose: 'workspace', name: 'jupyterhub-user-alice' }]);
  expect(store.imports.volumesOf(user('bob@example.org')!.id)).toEqual([{ purpose: 'workspace', name: 'jupyterhub-user-bob-40example-2eorg' }]);
  expect(report.came.filter((line) => line.kind === 'volume')).toHaveLength(2);
});

test('a second run changes nothing, and does not bring a revoked token back', () => {
  run();
  store.tokens.remove(store.tokens.listOf(user('root-admin')!.id)[0]!.id);
  recogniseToken(store, SECRETS.tokens['inherit']!);
  store.groups.removeMember(store.groups.byName('team')!.id, user('alice')!.id);
  const before = dump();
  expect(run().came).toEqual([]);
  expect(dump()).toBe(before);
});

test('a second run brings what the first could not: a volume under another name', () => {
  run({ volumes: new Set() });
  const report = run({ patterns: [{ purpose: 'home', pattern: 'lab-{raw_username}' }], volumes: new Set(['lab-carol']) });
  expect(report.came).toEqual([{ kind: 'volume', name: 'carol', detail: 'lab-carol as home' }]);
});

test('A19: a second run gives nothing to an account that got the name of another one by renaming', () => {
  const later = "UPDATE users SET created = '2024-02-03 04:05:07.000000' WHERE name = 'carol'";
  run({ volumes: new Set() }, `DELETE FROM api_tokens; ${later}`);
  store.users.update(user('alice')!.id, { name: 'alicia' as UserName });
  const carol = user('carol')!;
  store.users.update(carol.id, { name: 'alice' as UserName });
  const report = run({}, later);
  expect([store.tokens.listOf(carol.id), store.imports.volumesOf(carol.id)]).toEqual([[], []]);
  expect(whyNot(report, 'user', 'alice')).toContain('stays as it is');
});

test('an account that was here before is not touched, whoever it is there', () => {
  const alice = makeUser({ store }, 'alice');
  const report = run();
  expect(user('alice')).toEqual(alice);
  expect([store.tokens.listOf(alice.id), store.imports.volumesOf(alice.id), store.groups.groupsOf(alice.id)]).toEqual([[], [], []]);
  expect(store.users.passwordHash(alice.id)).toBeUndefined();
  expect(whyNot(report, 'user', 'alice')).toContain('stays as it is');
});

test('a dry run reports the same and changes nothing', () => {
  const before = dump();
  const dry = run({ dryRun: true });
  expect(dump()).toBe(before);
  expect(run()).toEqual(dry);
});

test('a failure in the middle leaves nothing behind', () => {
  const before = dump();
  const broken = { ...store, imports: { ...store.imports, adopt: () => { throw new Error('the disk is full'); } } };
  const data = readJupyterHub(writeJupyterHub(path.join(folder, 'broken.sqlite')));
  const deps = { store: broken, clock: systemClock, audit: { record: () => undefined }, knowsHash: isForeign, maxTokenMs: DAY, declaredGroups: new Set<string>(), vocabulary: BUILT_IN };
  expect(() => importJupyterHub(deps, data, ASK)).toThrow('the disk is full');
  expect(dump()).toBe(before);
});

test.each([
  ['another program\'s database', 'DROP TABLE api_tokens', 'is not a database of JupyterHub'],
  ['an old JupyterHub', 'ALTER TABLE api_tokens DROP COLUMN scopes', 'before version 3'],
  ['a damaged value', "UPDATE roles SET scopes = '{'", 'not JSON'],
  ['bytes for a name', "UPDATE users SET name = x'00ff' WHERE name = 'alice'", 'not text'],
  ['a number for a date', "UPDATE api_tokens SET created = 17", 'not text'],
  ['a number for a password', "UPDATE users_info SET password = 17", 'not text'],
])('%s is refused in words', (_what, sql, words) => {
  expect(() => readJupyterHub(writeJupyterHub(path.join(folder, 'wrong.sqlite'), sql))).toThrow(words);
});

test('a file that is no database, or not there, is refused in words', () => {
  fs.writeFileSync(path.join(folder, 'text'), 'no database at all, but long enough to be read as one'.repeat(100));
  expect(() => readJupyterHub(path.join(folder, 'text'))).toThrow('cannot be read as a SQLite database');
  expect(() => readJupyterHub(path.join(folder, 'absent'))).toThrow('There is no file');
});

test('a JupyterHub without NativeAuthenticator brings accounts without passwords, and says what to do', () => {
  const report = run({}, 'DROP TABLE users_info');
  expect(user('alice')?.status).toBe('active');
  expect(whyNot(report, 'note', 'passwords')).toContain('berth user passwd');
});
