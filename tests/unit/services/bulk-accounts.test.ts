import { createBulkAccounts } from '../../../hub/services/bulk-accounts';
import { MOST_USERS } from '../../../hub/services/bulk-accounts-contract';
import { closeWorlds, codeOf, createWorld, recordingLog } from './accounts-world';

afterEach(closeWorlds);

function world(during: () => void = () => undefined) {
  const w = createWorld();
  const hash = async (password: string): Promise<string> => {
    during();
    return w.hasher.hash(password);
  };
  const bulk = createBulkAccounts({ ...w, hasher: { ...w.hasher, hash }, accounts: w.accounts, company: { addUsers: () => { throw new Error('no group'); }, demandMayFill: () => undefined }, signUpMode: () => 'approval', adminName: 'admin', log: recordingLog([]), stopServers: async () => undefined, removeVolumes: async () => undefined });
  return { ...w, bulk, boss: w.browserOf(w.add('boss', { admin: true })) };
}
const user = (name: string, groups: readonly string[] = []) => ({ name, admin: false, groups });

test('whose name somebody takes while passwords are hashed undoes all of them', async () => {
  let take = (): void => undefined;
  const w = world(() => take());
  take = () => {
    take = () => undefined;
    w.add('third');
  };
  expect(await codeOf(w.bulk.create(w.boss, [user('first'), user('second'), user('third')]))).toBe('conflict');
  expect(w.store.users.list({ offset: 0, limit: 9 }).users.map(({ name }) => name)).toEqual(['boss', 'third']);
});

test('what fails at the very end leaves nothing behind, in the audit log neither', async () => {
  const w = world();
  await expect(w.bulk.create(w.boss, [user('first'), user('second', ['lab'])])).rejects.toThrow('no group');
  expect(w.store.users.list({ offset: 0, limit: 9 }).total).toBe(1);
  expect(w.store.audit.list({ offset: 0, limit: 9 }).filter(({ action }) => action === 'user.create')).toEqual([]);
});

test('there is an end to how many are made at once', async () => {
  const w = world();
  const many = Array.from({ length: MOST_USERS + 1 }, (_, i) => user(`user-${i}`));
  expect(await codeOf(w.bulk.create(w.boss, many))).toBe('invalid-input');
  expect(await codeOf(() => w.bulk.plan(w.boss, many))).toBe('invalid-input');
  expect(await codeOf(w.bulk.act(w.boss, 'enable', many.map(({ name }) => name)))).toBe('invalid-input');
});

test('D01: nobody plans, makes or changes accounts without the right to', async () => {
  const w = world();
  const alice = w.browserOf(w.add('alice'));
  expect([await codeOf(() => w.bulk.plan(alice, [])), await codeOf(w.bulk.create(alice, [user('x')])), await codeOf(w.bulk.act(alice, 'approve', ['x']))]).toEqual(['forbidden', 'forbidden', 'forbidden']);
});
