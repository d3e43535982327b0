import { newId, type GroupId, type ServerId, type ServerName, type UserId, type UserName, type VolumeId } from '../../../hub/domain/ids';
import type { ServerFilter, ServerOrder, ServerPageAsk } from '../../../hub/domain/server-filter';
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

const howMany = (filter: ServerFilter): number => Object.values(store.servers.kinds(filter)).reduce((sum, n) => sum + n, 0);

const named = (order: ServerOrder, down: boolean, { filter = {}, offset = 0, limit = 50, amounts }: Partial<ServerPageAsk> & { readonly filter?: ServerFilter } = {}): readonly string[] =>
  store.servers.page({ offset, limit, order, down, total: howMany(filter), ...(amounts === undefined ? {} : { amounts }) }, filter).map(({ record, owner }) => `${owner.name}/${record.name}`);

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
  expect(store.servers.page({ offset: 0, limit: 9, total: 4, order: 'volumes', down: true }, {}).map(({ volumeBytes }) => volumeBytes)).toEqual([9, 5, 5, 2]);
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
});

test('the size of volumes follows what is measured, removed and handed over, and the list with it', () => {
  fill({ ada: [5], grace: [9], barbara: [null] });
  const idOf = (name: string): UserId => store.users.byName(name as UserName)?.id as UserId;
  const bytes = (): readonly (number | null)[] => store.servers.page({ offset: 0, limit: 9, total: 3, order: 'name', down: false }, {}).map(({ volumeBytes }) => volumeBytes);
  const [unmeasured, graces] = ['barbara', 'grace'].map((name) => store.volumes.listOf(idOf(name))[0]?.id as VolumeId);
  store.volumes.measured([{ id: unmeasured as VolumeId, name: '', bytes: 20 }], later(1));
  expect(bytes()).toEqual([5, 20, 9]);
  expect(named('volumes', true)).toEqual(['barbara/', 'grace/', 'ada/']);
  store.volumes.update(graces as VolumeId, { owner: idOf('ada') });
  expect(bytes()).toEqual([14, 20, null]);
  store.volumes.forget(unmeasured as VolumeId);
  expect(bytes()).toEqual([14, null, null]);
  expect(named('volumes', true)[0]).toBe('ada/');
});

test('by amounts: what has none comes first upwards and last downwards, and any two pages are what the whole list has there', () => {
  const ids = fill({ idle: [], ada: [], none: [], grace: [], barbara: [], unmeasured: [] });
  const amounts = new Map([['ada', 3], ['grace', 1], ['barbara', 2]].map(([name, amount]) => [ids[name as string] as ServerId, amount as number]));
  const up = ['idle/', 'none/', 'unmeasured/', 'grace/', 'barbara/', 'ada/'];
  expect(named('amount', false, { amounts })).toEqual(up);
  expect(named('amount', true, { amounts })).toEqual(up.toReversed());
  const only = ['idle', 'ada', 'barbara', 'none'].map((name) => ids[name] as ServerId);
  expect(named('amount', false, { amounts, filter: { only } })).toEqual(['idle/', 'none/', 'barbara/', 'ada/']);
  expect(named('amount', true, { amounts, filter: { userContains: 'a' } })).toEqual(['ada/', 'barbara/', 'grace/', 'unmeasured/']);
});

test.each(['name', 'last_activity', 'started', 'volumes', 'amount'] as const)('by %s: pages from either end are parts of one list', (order) => {
  const ids = fill({ f: [1], a: [2], e: [], b: [1], d: [null], c: [7], g: [] });
  const amounts = new Map(['b', 'g', 'a'].map((name, n) => [ids[name] as ServerId, n % 2]));
  store.servers.touch(new Map([[ids['a'] as ServerId, later(2)], [ids['g'] as ServerId, later(1)]]));
  for (const down of [false, true]) {
    const whole = named(order, down, { amounts });
    expect(whole).toHaveLength(7);
    for (let offset = 0; offset <= 8; offset += 1) expect(named(order, down, { amounts, offset, limit: 3 })).toEqual(whole.slice(offset, offset + 3));
  }
});
