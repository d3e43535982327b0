import { newId, type GroupId, type UserId, type UserName } from '../../../hub/domain/ids';
import type { Notice } from '../../../hub/domain/notice';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';

const at = new Date('2026-03-02T08:00:00Z');

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

const add = (name: string): UserId => {
  const id = newId<UserId>();
  store.users.create({ id, name: name as UserName, admin: false, status: 'active', created: at, lastActivity: null, mustChangePassword: false });
  return id;
};

test.each([3, 700])('pages of a group of %i members are parts of one list by name, from either end', (size) => {
  const group = newId<GroupId>();
  store.groups.create({ id: group, name: 'lab', properties: {} });
  const names = Array.from({ length: size }, (_, i) => `m${String((i * 7919) % 10_000).padStart(4, '0')}`);
  store.transaction(() => {
    for (const name of names) store.groups.addMember(group, add(name));
    for (let i = 0; i < 20; i += 1) add(`other-${i}`);
  });
  const sorted = names.toSorted();
  for (const offset of [0, 1, Math.floor(size / 2), size - 2, size, size + 5]) {
    expect(store.policies.members(group, { offset, limit: 3 })).toEqual({ names: sorted.slice(offset, offset + 3), total: size });
  }
  expect(store.policies.members(group, { offset: 0, limit: 0 })).toEqual({ names: [], total: size });
});

test('a message counts those whom it reached, also when one of them is removed', () => {
  const [ada, grace, barbara] = ['ada', 'grace', 'barbara'].map(add) as [UserId, UserId, UserId];
  const notice: Notice = { id: newId(), message: 'hello', variant: 'info', autoClose: false, audience: { users: null, groups: null, states: null }, by: 'boss', created: at, from: at, until: new Date(at.getTime() + 60_000), sent: null };
  store.notices.add(notice);
  expect(store.notices.countsOf(notice.id)).toEqual({ waiting: 0, successful: 0, failed: 0 });
  store.notices.send(notice.id, at);
  store.notices.result(notice.id, ada, { status: 'success', error: null });
  store.notices.result(notice.id, grace, { status: 'failed', error: 'no answer' });
  expect(store.notices.countsOf(notice.id)).toEqual({ waiting: 1, successful: 1, failed: 1 });
  store.notices.result(notice.id, grace, { status: 'success', error: null });
  expect(store.notices.countsOf(notice.id)).toEqual({ waiting: 1, successful: 2, failed: 0 });
  store.users.remove(ada);
  store.users.remove(barbara);
  expect(store.notices.countsOf(notice.id)).toEqual({ waiting: 0, successful: 1, failed: 0 });
});
