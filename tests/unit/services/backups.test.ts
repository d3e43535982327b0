import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { HubError } from '../../../hub/domain/errors';
import { RESTORED } from '../../../hub/domain/backup';
import { createBackups } from '../../../hub/services/backups';
import type { Recorder } from '../../../hub/services/contract';
import { openStore } from '../../../hub/store/create-store';
import type { BackupStore } from '../../../hub/store/store';
import { createFakeClock } from '../../support/fake-clock';
import { actorOf, addUser, capture } from './servers-support';

const DAY = 86_400_000;
let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'berth-backups-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Real backups of a small store, on a clock that only the test moves. */
function world(options: { readonly everyMs?: number; readonly make?: BackupStore['make'] } = {}) {
  const clock = createFakeClock();
  const store = openStore(':memory:', { backups: folder, now: () => clock.now() });
  const { user } = addUser(store, 'root');
  const audited: string[] = [];
  const boss = actorOf(user, ['admin-ui']);
  const nobody = actorOf(user, []);
  const write: Recorder['record'] = (actor, action) => void audited.push(`${actor === 'hub' ? 'hub' : 'name' in actor ? actor.name : 'nobody'} ${action}`);
  const deps = { clock, log: capture([]), audit: { record: write, note: write }, schedule: () => ({ everyMs: options.everyMs ?? DAY, days: 3 }) };
  const start = () => createBackups({ ...deps, store: options.make === undefined ? store : { ...store, backups: { ...store.backups, make: options.make } } });
  return { clock, store, audited, start, boss, nobody };
}
/** The schedule starts a backup and does not wait for it; `close` does. */
const days = (store: ReturnType<typeof openStore>): readonly string[] => store.backups.list().map(({ at }) => at.toISOString());

test('P08: the hub makes one soon after its first start, the next a day after that one, and a restart makes none too many', async () => {
  const { clock, store, audited, start } = world();
  const first = start();
  expect(first.row()).toMatchObject({ ok: true, detail: 'There is no backup yet.' });
  clock.advance(60_000);
  await first.close();
  expect([days(store).length, audited]).toEqual([1, ['hub backup.made']]);
  const second = start();
  clock.advance(DAY - 600_000);
  await second.close();
  expect(days(store)).toHaveLength(1);
  const third = start();
  clock.advance(1_200_000);
  await third.close();
  expect(days(store)).toHaveLength(2);
  store.close();
});

test('P08: none is made by itself where that is switched off, and the health page says so', async () => {
  const { clock, store, start } = world({ everyMs: 0 });
  const backups = start();
  clock.advance(3 * DAY);
  await backups.close();
  expect([days(store), backups.row().detail]).toEqual([[], expect.stringContaining('makes no backups by itself')]);
  store.close();
});

test('who asks while one is being made gets that one', async () => {
  const { store, start, boss } = world();
  const backups = start();
  const [one, two] = await Promise.all([backups.make(boss), backups.make(boss)]);
  expect(one).toBe(two);
  expect(backups.report(boss)).toMatchObject({ running: false, days: 3, last: { name: one.name, rows: { users: 1 } }, failure: null, files: [{ name: one.name }] });
  await backups.close();
  store.close();
});

test('P03: one that fails is told, is an advice on the health page, and the next look tries again', async () => {
  let full = true;
  const inner: { make?: BackupStore['make'] } = {};
  const { clock, store, audited, start, boss } = world({ make: (at) => (full ? Promise.reject(new HubError('unavailable', 'There is no room.')) : (inner.make as BackupStore['make'])(at)) });
  inner.make = store.backups.make;
  const backups = start();
  await expect(backups.make(boss)).rejects.toThrow('There is no room.');
  expect(backups.row()).toMatchObject({ ok: false, level: 'advice', detail: expect.stringContaining('There is no room.') as string });
  expect(backups.report(boss).failure?.reason).toBe('There is no room.');
  full = false;
  clock.advance(600_000);
  await backups.close();
  expect(backups.row()).toMatchObject({ ok: true });
  expect(audited).toEqual(['root backup.failed', 'hub backup.made']);
  store.close();
});

test('D01: without the scope there is neither a list nor a backup', async () => {
  const { store, start, nobody } = world();
  const backups = start();
  expect(() => backups.report(nobody)).toThrow('not authorized');
  await expect(backups.make(nobody)).rejects.toThrow('not authorized');
  expect(days(store)).toEqual([]);
  await backups.close();
  store.close();
});

test('what a restore left is written into the audit log once', async () => {
  const { store, audited, start } = world();
  store.meta.set(RESTORED, JSON.stringify({ from: '/x' }));
  await start().close();
  await start().close();
  expect(audited).toEqual(['hub backup.restored']);
  store.close();
});
