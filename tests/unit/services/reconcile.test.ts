import { newId, type ServerId, type UserId } from '../../../hub/domain/ids';
import { never, slow, type FakeBehaviour } from '../../../spawner/fake';
import { cleanUp, createWorld, idOf, LAB, MAIN, readAlong, turn, type World } from './servers-support';

cleanUp();

async function worldWith(n: number): Promise<{ world: World; people: readonly ReturnType<World['addUser']>[] }> {
  const world = createWorld();
  const people = Array.from({ length: n }, (_, i) => world.addUser(`user${i}`));
  await world.settled(Promise.all(people.map(({ actor, user }) => world.servers.start(actor, user, MAIN, {}).settled)));
  return { world, people };
}

async function boot(before: World, opts: Parameters<World['restart']>[0] = {}): Promise<World> {
  const after = before.restart(opts);
  await after.settled(after.servers.reconcile());
  return after;
}

test('N03: a restarted hub serves all running servers again at once and restarts none', async () => {
  const { world, people } = await worldWith(20);
  const routes = world.routes.list();
  const after = await boot(world);
  expect(after.routes.list()).toEqual(routes);
  expect(after.spawner.started).toHaveLength(0);
  expect(after.engine.processes.size).toBe(20);
  expect(people.every(({ user }) => after.stateOf(user).kind === 'ready')).toBe(true);
});

test('N03: one server that does not answer the look delays nobody, and is served when it does', async () => {
  const { world, people } = await worldWith(5);
  const [dead] = people;
  if (dead === undefined) throw new Error('nobody there');
  const id = idOf(world, dead.user);
  let hangs = true;
  const after = world.restart({ override: (fake) => ({ inspect: (handle, signal) => (hangs && handle.id.endsWith(id) ? new Promise(() => undefined) : fake.inspect(handle, signal)) }) });
  const reconciled = after.servers.reconcile();
  await after.until(() => after.routes.list().length === 4, 0);
  await after.settled(reconciled, 100);
  expect(after.stateOf(dead.user).kind).toBe('ready');
  expect(after.routes.list()).toHaveLength(4);
  hangs = false;
  await after.until(() => after.routes.list().length === 5, 100);
});

test('a server that moved while the hub was away is served at its new origin', async () => {
  const { world, people } = await worldWith(1);
  const after = await boot(world, { override: () => ({ inspect: async () => ({ kind: 'running', origin: 'http://127.0.0.1:9', mode: 'injected' }) }) });
  expect(after.routes.list()[0]?.origin).toBe('http://127.0.0.1:9');
  const [who] = people;
  expect(who && after.stateOf(who.user)).toMatchObject({ kind: 'ready', origin: 'http://127.0.0.1:9' });
});

test.each([
  ['ended', async (world: World, id: ServerId) => world.spawner.kill(id)],
  ['was removed', async (world: World) => world.engine.close()],
])('a server that %s while the hub was away is stopped, with the reason, and has no route', async (_, happen) => {
  const { world, people } = await worldWith(1);
  const [who] = people;
  if (who === undefined) throw new Error('nobody there');
  const after = world.restart();
  await happen(world, idOf(world, who.user));
  await after.settled(after.servers.reconcile());
  await after.until(() => after.stateOf(who.user).kind === 'stopped');
  expect(after.stateOf(who.user)).toMatchObject({ reason: expect.stringContaining('while the hub was not running') as string });
  expect(after.routes.list()).toHaveLength(0);
  expect(after.engine.processes.size).toBe(0);
});

test('N01: a start whose container runs is adopted, its followers hear of it, and it is served when it answers', async () => {
  const world = createWorld({ behaviour: slow(0, 5_000) });
  const { user, actor } = world.addUser('alice');
  const { record } = world.servers.start(actor, user, MAIN, {});
  await world.until(() => world.spawner.arrivals(record.id) > 1);
  const after = await boot(world);
  expect(after.stateOf(user).kind).toBe('starting');
  expect(after.routes.list()).toHaveLength(0);
  const { events, done } = readAlong(after.servers.follow(actor, user, MAIN, new AbortController().signal));
  await after.until(() => after.stateOf(user).kind === 'ready');
  await after.settled(done);
  expect(events.map((e) => e.kind)).toEqual(['stage', 'stage', 'ready']);
  expect(after.spawner.started).toHaveLength(0);
  expect(after.routes.list()).toHaveLength(1);
});

const POINTS = ['spawn.after-claim', 'spawn.after-handle', 'spawn.after-start', 'spawn.after-answer', 'spawn.after-ready', 'stop.after-claim', 'stop.after-remove'] as const;

test.each(POINTS)('N01, N02: a hub that dies at %s comes back to something whole, and the user can start at once', async (point) => {
  let dead: World | undefined;
  const world: World = createWorld({
    failPoint: (at) => {
      if (at !== point || dead !== undefined) return;
      // What a killed process would still have done must not reach the store: `close` has the same effect for a live one.
      dead = world.restart();
      throw new Error('killed');
    },
  });
  const { user, actor } = world.addUser('alice');
  world.servers.start(actor, user, MAIN, {});
  await world.until(() => dead !== undefined || world.stateOf(user).kind === 'ready');
  if (dead === undefined) world.servers.stop(actor, user, MAIN);
  await world.until(() => dead !== undefined);
  const after = dead as unknown as World;
  await after.settled(after.servers.reconcile());
  await after.until(() => ['stopped', 'ready'].includes(after.stateOf(user).kind));
  const expected = after.stateOf(user).kind === 'ready' ? 1 : 0;
  expect(after.engine.processes.size).toBe(expected);
  expect(after.routes.list()).toHaveLength(expected);
  await after.settled(after.servers.start(actor, user, MAIN, {}).settled);
  expect(after.stateOf(user).kind).toBe('ready');
  expect(after.engine.processes.size).toBe(1);
});

test('N01: a container whose record says stopped is removed', async () => {
  const { world, people } = await worldWith(1);
  const [who] = people;
  if (who === undefined) throw new Error('nobody there');
  const record = world.store.servers.byId(idOf(world, who.user));
  if (record === undefined) throw new Error('no record');
  world.store.servers.transition(record, { kind: 'stopped', since: new Date(0), reason: null });
  const after = await boot(world);
  await after.until(() => after.engine.processes.size === 0);
  expect(after.stateOf(who.user).kind).toBe('stopped');
});

test('N01: a container that carries our label and has no record is stopped; one of another hub is not touched', async () => {
  const world = createWorld();
  const { user } = world.addUser('alice');
  const ask = (id: ServerId) => ({ server: { id, name: MAIN }, owner: { id: user.id, name: user.name }, profile: LAB, volumes: [], outbound: LAB.outbound, prefix: '/user/x/', env: {} });
  const opts = { signal: new AbortController().signal, onEvent: () => undefined, onHandle: () => undefined };
  await world.spawner.start(ask(newId<ServerId>()), opts);
  const [other] = world.engine.processes.values();
  await world.spawner.start(ask(newId<ServerId>()), opts);
  if (other !== undefined) world.engine.processes.set(other.handle.id, { ...other, instance: 'another' as typeof other.instance });
  const after = await boot(world);
  await after.until(() => after.engine.processes.size === 1);
  for (let i = 0; i < 20; i++) await turn();
  expect([...after.engine.processes.values()].map((p) => p.instance)).toEqual(['another']);
  expect(after.logged).toContain('unknown server of this hub is stopped');
});

test('N10: with the engine down the records stay, and everything is adopted when it comes back', async () => {
  const { world, people } = await worldWith(2);
  world.engine.reachable = false;
  const after = await boot(world);
  expect(people.map(({ user }) => after.stateOf(user).kind)).toEqual(['ready', 'ready']);
  expect(after.routes.list()).toHaveLength(0);
  after.clock.advance(5_000);
  await turn();
  expect(after.routes.list()).toHaveLength(0);
  world.engine.reachable = true;
  await after.until(() => after.routes.list().length === 2, 100);
  expect(after.spawner.started).toHaveLength(0);
});

test('N10: who waits in line goes on waiting while the engine is down', async () => {
  const before = createWorld({ deps: { cap: 1 } });
  const [a, b] = ['alice', 'bob'].map((name) => before.addUser(name));
  if (!a || !b) throw new Error('nobody there');
  await before.settled(before.servers.start(a.actor, a.user, MAIN, {}).settled);
  before.servers.start(b.actor, b.user, MAIN, {});
  before.engine.reachable = false;
  const after = await boot(before, { deps: { cap: 5 } });
  for (let i = 0; i < 20; i++) await turn();
  expect(after.stateOf(b.user).kind).toBe('queued');
  after.engine.reachable = true;
  await after.until(() => after.stateOf(b.user).kind === 'ready', 100);
});

test('N06: closing the hub leaves labs running and a start in progress to the next boot', async () => {
  const behaviour = (req: { readonly owner: { readonly name: string } }): FakeBehaviour => (req.owner.name === 'alice' ? { kind: 'normal' } : never('answer'));
  const world = createWorld({ behaviour });
  const [alice, bob] = ['alice', 'bob'].map((name) => world.addUser(name));
  if (!alice || !bob) throw new Error('nobody there');
  await world.settled(world.servers.start(alice.actor, alice.user, MAIN, {}).settled);
  const { record, settled } = world.servers.start(bob.actor, bob.user, MAIN, {});
  const { done } = readAlong(world.servers.follow(bob.actor, bob.user, MAIN, new AbortController().signal));
  await world.until(() => world.spawner.arrivals(record.id) > 0);
  await world.servers.close();
  await world.settled(Promise.all([settled, done]));
  for (let i = 0; i < 20; i++) await turn();
  expect(world.engine.processes.size).toBe(2);
  expect([alice, bob].map(({ user }) => world.stateOf(user).kind)).toEqual(['ready', 'starting']);
  expect(() => world.servers.start(bob.actor, bob.user, MAIN, {})).toThrow(expect.objectContaining({ code: 'unavailable' }));
});

test('N01: a leftover of a stopped server is gone before the next start makes its successor', async () => {
  const { world, people } = await worldWith(1);
  const [who] = people;
  if (who === undefined) throw new Error('nobody there');
  stopInStoreOnly(world, who.user.id);
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const after = world.restart({ override: (fake) => ({ stop: (handle, opts) => held.then(() => fake.stop(handle, opts)) }) });
  await after.settled(after.servers.reconcile());
  const { settled } = after.servers.start(who.actor, who.user, MAIN, {});
  for (let i = 0; i < 20; i++) await turn();
  letGo();
  await after.settled(settled);
  for (let i = 0; i < 20; i++) await turn();
  expect(after.stateOf(who.user).kind).toBe('ready');
  expect(after.engine.processes.size).toBe(1);
});

test('N03: a server that is started while others are looked at is not taken for a leftover', async () => {
  const { world, people } = await worldWith(17);
  const last = people.at(-1);
  if (last === undefined) throw new Error('nobody there');
  stopInStoreOnly(world, last.user.id);
  const id = idOf(world, last.user);
  const after = world.restart({ override: (fake) => ({ inspect: (handle, signal) => (handle.id.endsWith(id) ? fake.inspect(handle, signal) : new Promise(() => undefined)) }) });
  const reconciled = after.servers.reconcile();
  for (let i = 0; i < 5; i++) await turn();
  await after.settled(after.servers.start(last.actor, last.user, MAIN, {}).settled, 1);
  expect(after.stateOf(last.user).kind).toBe('ready');
  await after.settled(reconciled, 500);
  for (let i = 0; i < 20; i++) await turn();
  expect([...after.engine.processes.values()].filter((p) => p.server === id)).toHaveLength(1);
});

/** As a crash between the removal of a process and its end leaves it. */
function stopInStoreOnly(world: World, owner: UserId): void {
  const record = world.store.servers.find(owner, MAIN);
  if (record === undefined) throw new Error('never started');
  const stopping = world.store.servers.transition(record, { kind: 'stopping', since: new Date(0), handle: null, error: null });
  if (stopping !== undefined) world.store.servers.transition(stopping, { kind: 'stopped', since: new Date(0), reason: null });
}
