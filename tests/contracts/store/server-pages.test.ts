import { newId, type GroupId, type ServerId, type ServerName, type UserId, type UserName, type VolumeId } from '../../../hub/domain/ids';
import type { ServerOrder } from '../../../hub/domain/server-filter';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';

const at = new Date('2026-03-02T08:00:00Z');
const later = (hours: number): Date => new Date(at.getTime() + hours * 3_600_000);

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

/** Each with a server that runs; `sizes` are those of volumes, null: not measured. Returns the ids of the servers. */
function fill(given: Readonly<Record<string, readonly (number | null)[]>>): Readonly<Record<string, ServerId>> {
  return Object.fromEntries(Object.entries(given).map(([name, sizes]) => {
    const owner = newId<UserId>();
    store.users.create({ id: owner, name: name as UserName, admin: false, status: 'active', created: at, lastActivity: null, mustChangePassword: false });
    for (const [generation, bytes] of sizes.entries()) {
      store.volumes.add({ id: newId<VolumeId>(), owner, purpose: 'home', generation, name: null, state: 'bin', created: at, lastUsed: null, bytes, measured: null, binned: at, ends: null });
    }
    return [name, start(owner, '')];
  }));
}

function start(owner: UserId, name: string): ServerId {
  const record = store.servers.ensure(owner, name as ServerName);
  const starting = store.servers.transition(record, { kind: 'starting', since: at, handle: null });
  if (starting !== undefined) store.servers.transition(starting, { kind: 'ready', since: at, handle: { spawner: 'fake', id: record.id }, origin: 'http://127.0.0.1:1' });
  return record.id;
}

const named = (order: ServerOrder, down: boolean, page: { readonly offset: number; readonly limit: number } = { offset: 0, limit: 50 }): readonly string[] =>
  store.servers.page({ ...page, order, down }, {}).map(({ record, owner }) => `${owner.name}/${record.name}`);

test('by the size of volumes: sums count, equal ones stay in the order of their making, and what is not known comes first upwards and last downwards', () => {
  fill({ many: [3, 4], none: [], unmeasured: [null], small: [1], nothing: [0], half: [7, null] });
  const up = ['none/', 'unmeasured/', 'nothing/', 'small/', 'many/', 'half/'];
  expect(named('volumes', false)).toEqual(up);
  expect(named('volumes', true)).toEqual(up.toReversed());
  expect(named('volumes', true, { offset: 1, limit: 2 })).toEqual(['many/', 'small/']);
});

test('by the size of volumes: all servers of one owner stand together with what the owner keeps', () => {
  fill({ ada: [5], grace: [9], barbara: [2] });
  start(store.users.byName('ada' as UserName)?.id as UserId, 'second');
  expect(named('volumes', true)).toEqual(['grace/', 'ada/second', 'ada/', 'barbara/']);
  expect(store.servers.page({ offset: 0, limit: 9, order: 'volumes', down: true }, {}).map(({ volumeBytes }) => volumeBytes)).toEqual([9, 5, 5, 2]);
});

test('by activity: equal times stay in the order of their making, and servers nobody used come first upwards and last downwards', () => {
  const { ada = '' as ServerId, grace = '' as ServerId, barbara = '' as ServerId } = fill({ ada: [], unused: [], grace: [], barbara: [] });
  store.servers.touch(new Map([[ada, later(2)], [grace, later(1)], [barbara, later(2)]]));
  const up = ['unused/', 'grace/', 'ada/', 'barbara/'];
  expect(named('last_activity', false)).toEqual(up);
  expect(named('last_activity', true)).toEqual(up.toReversed());
});

test('servers that are named by id are counted once each, and only where the rest of the filter means them too', () => {
  const { ada = '' as ServerId, grace = '' as ServerId } = fill({ ada: [], grace: [], barbara: [] });
  const group = newId<GroupId>();
  store.groups.create({ id: group, name: 'lab', properties: {} });
  store.groups.addMember(group, store.users.byName('grace' as UserName)?.id as UserId);
  expect(store.servers.kinds({})).toEqual({ ready: 3 });
  expect(store.servers.kinds({ only: [ada, grace, grace, newId<ServerId>()] })).toEqual({ ready: 2 });
  expect(store.servers.kinds({ only: [] })).toEqual({});
  expect(store.servers.kinds({ only: [ada, grace], group: 'lab' })).toEqual({ ready: 1 });
  expect(store.servers.kinds({ only: [ada], group: 'lab' })).toEqual({});
  expect(store.servers.kinds({ group: 'no such group' })).toEqual({});
  expect(store.servers.activeIds().toSorted()).toEqual(store.servers.active().map(({ id }) => id).toSorted());
});
