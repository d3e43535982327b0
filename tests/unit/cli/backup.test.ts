import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Io } from '../../../hub/cli/io';
import { runCli } from '../../../hub/cli/program';
import { parseConfig } from '../../../hub/config';
import { createHub } from '../../../hub/create-hub';
import { newId, type UserId, type UserName } from '../../../hub/domain/ids';
import { openStore } from '../../../hub/store/create-store';
import { createMemoryLog } from '../../support/start-hub';

let cwd: string;
let database: string;

beforeEach(() => {
  cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-cli-backup-'));
  database = path.join(cwd, 'state', 'hub.sqlite');
  openStore(database).close();
});
afterEach(() => fs.rmSync(cwd, { recursive: true, force: true }));

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const notes: string[] = [];
  const io: Io = { env: {}, cwd, out: (line) => void out.push(line), note: (line) => void notes.push(line), ask: () => Promise.reject(new Error('asked without need')) };
  const code = await runCli(args, io);
  return { code, out, notes };
}

function addUser(name: string): void {
  const store = openStore(database);
  store.users.create({ id: newId<UserId>(), name: name as UserName, admin: false, status: 'active', created: new Date(0), lastActivity: null, mustChangePassword: false });
  store.close();
}
function users(): readonly string[] {
  const store = openStore(database);
  const found = store.users.list({ offset: 0, limit: 100 }).users.map(({ name }) => name);
  store.close();
  return found;
}

test('P08: without a hub the file is backed up, listed, copied elsewhere and restored, and what was there is kept', async () => {
  addUser('alice');
  const to = path.join(cwd, 'elsewhere.sqlite');
  const made = await run('backup', '--to', to);
  const [file = ''] = made.out;
  expect([made.code, path.dirname(file), fs.statSync(file).mode & 0o777, fs.statSync(to).mode & 0o777]).toEqual([0, path.join(cwd, 'state', 'hub.backups'), 0o600, 0o600]);
  expect(made.notes.join('\n')).toMatch(/complete and checked.*1 users/);
  const listed = await run('backups');
  expect(listed.out[1]).toContain(file);
  expect(JSON.parse((await run('backups', '--json')).out.join(''))).toMatchObject([{ file }]);
  addUser('bob');
  const restored = await run('restore', to);
  expect([restored.code, restored.out[0]]).toEqual([0, `${database} is restored: 1 users, 0 tokens, 0 servers.`]);
  const aside = /kept as (.*)\.$/.exec(restored.out[1] ?? '')?.[1] ?? '';
  expect(users()).toEqual(['alice']);
  expect((await run('restore', aside)).code).toBe(0);
  expect(users()).toEqual(['alice', 'bob']);
  expect(await run('backup', '--to', to)).toMatchObject({ code: 1, notes: expect.arrayContaining([`${to} exists already. Choose another name.`]) as string[] });
  expect(await run('restore', path.join(cwd, 'nothing'))).toMatchObject({ code: 1 });
  expect(users()).toEqual(['alice', 'bob']);
});

test('P08: with a hub the hub makes it, restoring is refused until it has stopped, and its next start says in the audit log what happened', async () => {
  const config = parseConfig({ dataDir: 'state', spawner: 'fake', listen: { port: 0, host: '127.0.0.1' } }, cwd);
  const hub = await createHub(config, createMemoryLog().log);
  const made = await run('backup', '--json');
  const { file } = JSON.parse(made.out.join('')) as { readonly file: string };
  expect([made.code, made.notes, hub.services.backups.report(hub.services.actors.local()).last?.path]).toEqual([0, [], file]);
  expect(await run('restore', file)).toMatchObject({ code: 1, notes: [expect.stringContaining('The hub is running. Stop it first')] });
  await hub.close();
  expect((await run('restore', file)).code).toBe(0);
  const again = await createHub(config, createMemoryLog().log);
  const actions = again.store.audit.list({ offset: 0, limit: 50 }).map(({ action, actor }) => `${actor} ${action}`);
  await again.close();
  expect(actions).toContain('hub backup.restored');
});
