import { UNLIMITED } from '../../../hub/domain/capacity';
import { newId, type GroupId } from '../../../hub/domain/ids';
import { never } from '../../../spawner/fake';
import { actorOf, cleanUp, createWorld, GPU, LAB, MAIN, named, type World } from './servers-support';

cleanUp();

const GB = 1024 ** 3;
const SMALL = { ...LAB, slug: 'small', limits: { cpus: 1, memoryBytes: 4 * GB, pids: null } };
const LARGE = { ...GPU, slug: 'large', limits: { cpus: 4, memoryBytes: 12 * GB, pids: null } };
const profiles = [SMALL, LARGE];
const NONE = { hub: { memory: 0, cpus: 0 }, user: UNLIMITED, groups: new Map() };

const crowd = (world: World, n: number) => Array.from({ length: n }, (_, i) => world.addUser(`user${i}`));
const start = (world: World, who: ReturnType<World['addUser']>, profile = 'small', name = MAIN) => world.servers.start(who.actor, who.user, name, { profile }).record.state.kind;
const group = (world: World, name: string, members: readonly ReturnType<World['addUser']>[]): void => {
  const id = newId<GroupId>();
  world.store.groups.create({ id, name, properties: {} });
  members.forEach(({ user }) => world.store.groups.addMember(id, user.id));
};
const order = (world: World): readonly string[] => world.store.servers.queued().map(({ owner }) => world.store.users.byId(owner)?.name ?? '');

test('M12: the memory and the CPUs of running servers are counted with the claim, and who finds no room waits', async () => {
  const world = createWorld({ deps: { profiles, capacity: { ...NONE, hub: { memory: 16 * GB, cpus: 0 } } } });
  const [a, b, c] = crowd(world, 3) as [ReturnType<World['addUser']>, ReturnType<World['addUser']>, ReturnType<World['addUser']>];
  expect([start(world, a, 'large'), start(world, b), start(world, c)]).toEqual(['starting', 'starting', 'queued']);
  await world.until(() => world.stateOf(b.user).kind === 'ready');
  await world.settled(world.servers.stop(b.actor, b.user, MAIN).settled);
  await world.until(() => world.stateOf(c.user).kind === 'ready');
});

test('nobody small passes by somebody large who waits for the hub', async () => {
  const world = createWorld({ deps: { profiles, capacity: { ...NONE, hub: { memory: 16 * GB, cpus: 0 } } } });
  const [a, b, c, d] = crowd(world, 4);
  if (!a || !b || !c || !d) throw new Error('nobody there');
  expect([start(world, a), start(world, b), start(world, c, 'large'), start(world, d)]).toEqual(['starting', 'starting', 'queued', 'queued']);
  await world.until(() => world.stateOf(b.user).kind === 'ready');
  await world.settled(world.servers.stop(b.actor, b.user, MAIN).settled);
  await world.until(() => world.stateOf(c.user).kind === 'ready');
  expect(world.stateOf(d.user).kind).toBe('queued');
});

test('what a server takes is what it was started with, whatever the configuration says after a restart', async () => {
  const before = createWorld({ deps: { profiles: [LARGE], capacity: { ...NONE, hub: { memory: 16 * GB, cpus: 0 } } } });
  const [a, b] = crowd(before, 2);
  if (!a || !b) throw new Error('nobody there');
  start(before, a, 'large');
  await before.until(() => before.stateOf(a.user).kind === 'ready');
  const after = before.restart({ deps: { profiles: [{ ...LARGE, limits: { ...LARGE.limits, memoryBytes: 6 * GB } }], capacity: { ...NONE, hub: { memory: 16 * GB, cpus: 0 } } } });
  await after.settled(after.servers.reconcile());
  expect(start(after, b, 'large')).toBe('queued');
});

test('beyond the limit of a user, and what could never fit, is refused and not put in line', () => {
  const world = createWorld({ behaviour: never('start'), deps: { profiles, capacity: { ...NONE, hub: { memory: 8 * GB, cpus: 0 }, user: { ...UNLIMITED, servers: 2, memory: 8 * GB } } } });
  const [a, b] = crowd(world, 2);
  if (!a || !b) throw new Error('nobody there');
  start(world, a);
  start(world, a, 'small', named('two'));
  expect(() => start(world, a, 'small', named('three'))).toThrow('You may have 2 servers running or waiting at a time. Stop one first.');
  expect(() => start(world, b, 'large')).toThrow(/take more together than you may have/);
  const unlimited = createWorld({ deps: { profiles, capacity: { ...NONE, hub: { memory: 8 * GB, cpus: 0 } } } });
  expect(() => start(unlimited, unlimited.addUser('c'), 'large')).toThrow(/more than there will ever be/);
  expect(world.store.servers.queued()).toEqual([]);
});

test('who waits for a full group lets everybody else pass, and comes up when the group has room', async () => {
  const world = createWorld({ deps: { profiles, cap: 3, capacity: { ...NONE, groups: new Map([['course', { ...UNLIMITED, servers: 1 }]]) } } });
  const [a, b, c, d] = crowd(world, 4);
  if (!a || !b || !c || !d) throw new Error('nobody there');
  group(world, 'course', [a, b]);
  expect([start(world, a), start(world, b), start(world, c), start(world, d)]).toEqual(['starting', 'queued', 'starting', 'starting']);
  await world.until(() => world.stateOf(a.user).kind === 'ready');
  await world.settled(world.servers.stop(a.actor, a.user, MAIN).settled);
  await world.until(() => world.stateOf(b.user).kind === 'ready');
});

test('members of a heavier group come up sooner, and the order is the same after a restart of the hub', () => {
  const weights = new Map([['staff', 3]]);
  const world = createWorld({ behaviour: never('start'), deps: { cap: 1, weights } });
  const people = crowd(world, 5);
  group(world, 'staff', people.slice(3));
  people.forEach((who) => start(world, who, 'lab'));
  const before = order(world);
  expect(before).toEqual(['user3', 'user4', 'user1', 'user2']);
  const after = world.restart({ behaviour: never('start'), deps: { cap: 1, weights } });
  expect(order(after)).toEqual(before);
});

test('an administrator puts somebody in front: audited, once, for those alone who may, and only for somebody who waits', async () => {
  const world = createWorld({ deps: { cap: 1 } });
  const [a, b, c, d] = crowd(world, 4);
  if (!a || !b || !c || !d) throw new Error('nobody there');
  [a, b, c, d].forEach((who) => start(world, who, 'lab'));
  const boss = actorOf(world.addUser('boss').user, ['admin:servers']);
  expect(() => world.servers.jump(c.actor, c.user, MAIN)).toThrow(/not authorized/);
  expect(world.servers.jump(boss, d.user, MAIN)).toMatchObject({ position: 1, jumped: true });
  expect(world.servers.jump(boss, c.user, MAIN)).toMatchObject({ position: 2 });
  expect(world.servers.jump(boss, d.user, MAIN)).toMatchObject({ position: 1 });
  expect(order(world)).toEqual(['user3', 'user2', 'user1']);
  expect(() => world.servers.jump(boss, a.user, MAIN)).toThrow('user0 does not wait in line');
  expect(world.store.audit.list({ offset: 0, limit: 50 }).filter(({ action }) => action === 'server.jump').map(({ target }) => target)).toEqual(['server:user2/', 'server:user3/']);
  expect(world.servers.line(boss).map(({ owner }) => owner.name)).toEqual(['user3', 'user2', 'user1']);
  expect(world.servers.line(b.actor).map(({ owner, position }) => [owner.name, position])).toEqual([['user1', 3]]);
  await world.until(() => world.stateOf(a.user).kind === 'ready');
  await world.settled(world.servers.stop(a.actor, a.user, MAIN).settled);
  await world.until(() => world.stateOf(d.user).kind === 'ready');
});

test('the estimate is unknown without a history, and comes from how long servers ran', async () => {
  const world = createWorld({ deps: { cap: 1 } });
  const [a, b] = crowd(world, 2);
  if (!a || !b) throw new Error('nobody there');
  start(world, a, 'lab');
  start(world, b, 'lab');
  expect(world.servers.placeOf(b.actor, b.user, MAIN)).toMatchObject({ position: 1, waitMs: null });
  expect(world.servers.placeOf(a.actor, a.user, MAIN)).toBeNull();
  world.servers.stop(b.actor, b.user, MAIN);
  for (let i = 0; i < 5; i++) {
    await world.until(() => world.stateOf(a.user).kind === 'ready');
    world.clock.advance(600_000);
    await world.settled(world.servers.stop(a.actor, a.user, MAIN).settled);
    start(world, a, 'lab');
  }
  await world.until(() => world.stateOf(a.user).kind === 'ready');
  start(world, b, 'lab');
  const { waitMs } = world.servers.placeOf(b.actor, b.user, MAIN) ?? { waitMs: null };
  expect(Math.round((waitMs ?? 0) / 60_000)).toBe(10);
  expect(world.store.queue.spans()).toHaveLength(5);
});

test('a running server is not made one of a profile for which there is no room', async () => {
  const world = createWorld({ deps: { profiles, capacity: { ...NONE, hub: { memory: 12 * GB, cpus: 0 } } } });
  const [a, b] = crowd(world, 2);
  if (!a || !b) throw new Error('nobody there');
  start(world, a);
  start(world, b);
  await world.until(() => world.stateOf(b.user).kind === 'ready');
  expect(() => world.servers.recreate(b.actor, b.user, MAIN, { profile: 'large' })).toThrow(/no room for this profile now/);
  expect(world.stateOf(b.user).kind).toBe('ready');
  await world.settled(world.servers.stop(a.actor, a.user, MAIN).settled);
  await world.settled(world.servers.recreate(b.actor, b.user, MAIN, { profile: 'large' }).settled);
  expect(start(world, a)).toBe('queued');
});
