import type { ServerRecord } from '../../../hub/domain/server';
import { diesLater, never, slow, type FakeBehaviour } from '../../../spawner/fake';
import { dice } from '../../support/dice';
import { cleanUp, createWorld, idOf, MAIN, named, readAlong, turn, type World } from './servers-support';

cleanUp();

async function running(world: World, name = 'alice') {
  const who = world.addUser(name);
  await world.settled(world.servers.start(who.actor, who.user, MAIN, {}).settled);
  return who;
}

test('a stop takes the route away first, ends what is open on it, then removes the container', async () => {
  const order: string[] = [];
  const world: World = createWorld({
    deps: { drain: async (route) => void order.push(`drain ${route.prefix}, routes ${world.routes.list().length}`) },
    override: (fake) => ({
      stop: async (handle, opts) => {
        order.push(`remove after ${opts.graceMs} ms`);
        await fake.stop(handle, opts);
      },
    }),
  });
  const { user, actor } = await running(world);
  const { record, settled } = world.servers.stop(actor, user, MAIN);
  expect(record.state.kind).toBe('stopping');
  expect(world.routes.list()).toHaveLength(0);
  await world.settled(settled);
  expect(order).toEqual(['drain /hub-base/user/alice/, routes 0', 'remove after 10000 ms']);
  expect(world.stateOf(user)).toMatchObject({ kind: 'stopped', reason: null });
  expect(world.store.audit.list({ offset: 0, limit: 1 })).toMatchObject([{ action: 'server.stop', actor: 'alice' }]);
});

test('a stop is idempotent: a second click joins the first, and a stopped server stays as it is', async () => {
  const world = createWorld();
  const { user, actor } = await running(world);
  const first = world.servers.stop(actor, user, MAIN);
  const second = world.servers.stop(actor, user, MAIN);
  expect(second.record.version).toBe(first.record.version);
  await world.settled(Promise.all([first.settled, second.settled]));
  const { version } = world.servers.stop(actor, user, MAIN).record;
  await turn();
  expect(world.servers.get(actor, user, MAIN)?.version).toBe(version);
});

test('a default server that nobody started counts as stopped; an unknown named one does not exist', () => {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  expect(world.servers.stop(actor, user, MAIN).record.state.kind).toBe('stopped');
  expect(() => world.servers.stop(actor, user, named('gpu'))).toThrow(expect.objectContaining({ code: 'not-found' }));
});

test('a start while stopping is refused: it must not overtake the stop', async () => {
  const world = createWorld();
  const { user, actor } = await running(world);
  const { settled } = world.servers.stop(actor, user, MAIN);
  expect(() => world.servers.start(actor, user, MAIN, {})).toThrow(expect.objectContaining({ code: 'conflict' }));
  await world.settled(settled);
  expect(world.stateOf(user).kind).toBe('stopped');
});

const STAGES: readonly [string, FakeBehaviour, (world: World, record: ServerRecord) => boolean][] = [
  ['right after the claim', { kind: 'normal' }, () => true],
  ['while the container is created', never('start'), (world, r) => world.store.servers.byId(r.id)?.state.kind === 'starting' && world.spawner.started.length === 1],
  ['while it starts slowly', slow(5_000), (world) => world.clock.monotonicMs() > 3_000],
  ['while the hub waits for its answer', never('answer'), (world, r) => world.spawner.arrivals(r.id) > 0],
  ['while it answers that it is busy', slow(100, 60_000), (world, r) => world.spawner.arrivals(r.id) > 3],
];

test.each(STAGES)('M03: a start that is cancelled %s leaves nothing, and its followers hear the end', async (_, behaviour, reached) => {
  const world = createWorld({ behaviour });
  const { user, actor } = world.addUser('alice');
  const start = world.servers.start(actor, user, MAIN, {});
  const { events, done } = readAlong(world.servers.follow(actor, user, MAIN, new AbortController().signal));
  await world.until(() => reached(world, start.record));
  const stop = world.servers.stop(actor, user, MAIN);
  await world.settled(Promise.all([start.settled, stop.settled, done]));
  expect(world.stateOf(user).kind).toBe('stopped');
  expect(world.engine.processes.size).toBe(0);
  expect(world.routes.list()).toHaveLength(0);
  expect(events.at(-1)).toEqual({ kind: 'failed', percent: 100, message: 'The start was cancelled.', logTail: [] });
});

test('M03: an engine that ignores the cancellation and hands over a container anyway has it removed', async () => {
  const world = createWorld({ behaviour: slow(5_000), override: (fake) => ({ start: (req, opts) => fake.start(req, { ...opts, signal: new AbortController().signal }) }) });
  const { user, actor } = world.addUser('alice');
  world.servers.start(actor, user, MAIN, {});
  await turn();
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  const later = world.clock.monotonicMs() + 10_000;
  await world.until(() => world.clock.monotonicMs() > later);
  expect(world.stateOf(user).kind).toBe('stopped');
  expect(world.engine.processes.size).toBe(0);
});

test('M10: a removal that fails twice works at the third attempt, and nobody notices', async () => {
  let failures = 2;
  const world = createWorld({ override: (fake) => ({ stop: (handle, opts) => (failures-- > 0 ? Promise.reject(new Error('500')) : fake.stop(handle, opts)) }) });
  const { user, actor } = await running(world);
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  expect(world.stateOf(user).kind).toBe('stopped');
  expect(world.logged.filter((line) => line === 'server could not be removed')).toHaveLength(2);
});

test('M09: a server that does not end is shown as stuck after three attempts, and an administrator may try again', async () => {
  const world = createWorld();
  const { user, actor } = await running(world);
  world.engine.reachable = false;
  await world.settled(world.servers.stop(actor, user, MAIN).settled, 100);
  expect(world.stateOf(user)).toMatchObject({ kind: 'stopping', error: 'The engine does not answer.', handle: { spawner: 'fake' } });
  world.engine.reachable = true;
  const again = world.servers.stop(actor, user, MAIN);
  expect(again.record.state).toMatchObject({ kind: 'stopping', error: null });
  await world.settled(again.settled);
  expect(world.stateOf(user).kind).toBe('stopped');
  expect(world.engine.processes.size).toBe(0);
});

test('M09: a removal that never comes back is given up, not waited for', async () => {
  const world = createWorld({ override: () => ({ stop: () => new Promise<void>(() => undefined) }) });
  const { user, actor } = await running(world);
  await world.settled(world.servers.stop(actor, user, MAIN).settled, 1_000);
  expect(world.stateOf(user)).toMatchObject({ kind: 'stopping', error: expect.stringContaining('No answer') as string });
});

test('M08: everything of a user who is about to be removed is stopped, at whatever stage it is', async () => {
  const world = createWorld({ behaviour: (req) => (req.server.name === '' ? never('answer') : req.server.name === 'ready' ? { kind: 'normal' } : never('start')) });
  const { user, actor } = world.addUser('alice');
  for (const name of ['', 'ready', 'creating']) world.servers.start(actor, user, named(name), {});
  await world.until(() => world.servers.get(actor, user, named('ready'))?.state.kind === 'ready');
  await world.settled(world.servers.stopAllOf(user.id));
  expect(world.servers.listOf(actor, user).map((r) => r.state.kind)).toEqual(['stopped', 'stopped', 'stopped']);
  expect(world.engine.processes.size).toBe(0);
  world.store.users.remove(user.id);
});

test('M08: a record that is gone in the middle of its start leaves no container', async () => {
  const world = createWorld({ behaviour: slow(1_000) });
  const { user, actor } = world.addUser('alice');
  const { settled } = world.servers.start(actor, user, MAIN, {});
  await turn();
  world.store.users.remove(user.id);
  await world.settled(settled);
  expect(world.engine.processes.size).toBe(0);
  expect(world.routes.list()).toHaveLength(0);
});

test('M08: a server that does not end keeps its user from being removed', async () => {
  const world = createWorld();
  const { user } = await running(world);
  world.engine.reachable = false;
  const refused = world.servers.stopAllOf(user.id).catch((err: unknown) => err);
  await world.settled(refused, 100);
  expect(await refused).toMatchObject({ code: 'conflict' });
});

test('M16: a server that is killed from outside is stopped with a reason, its route gone, and starts again', async () => {
  const world = createWorld();
  const { user, actor } = await running(world);
  const before = world.clock.monotonicMs();
  await world.spawner.kill(idOf(world, user));
  await world.until(() => world.stateOf(user).kind === 'stopped');
  expect(world.clock.monotonicMs() - before).toBeLessThan(2_000);
  expect(world.stateOf(user)).toMatchObject({ reason: expect.stringContaining('The hub did not end it.') as string });
  expect(world.routes.list()).toHaveLength(0);
  expect(world.engine.processes.size).toBe(0);
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(world.stateOf(user).kind).toBe('ready');
});

test('M16: a server that breaks later is failed, with its last lines', async () => {
  const world = createWorld({ behaviour: diesLater(30_000, 2) });
  const { user } = await running(world);
  await world.until(() => world.stateOf(user).kind === 'failed', 1_000);
  expect(world.stateOf(user)).toMatchObject({ message: expect.stringContaining('code 2') as string, logTail: ['serving /hub-base/user/alice/', 'exited with code 2'] });
  expect(world.routes.list()).toHaveLength(0);
});

test('M16: news of a process that still runs change nothing', async () => {
  const world = createWorld();
  const { user } = await running(world);
  const state = world.stateOf(user);
  if (state.kind !== 'ready') throw new Error('not ready');
  world.servers.exited(idOf(world, user), state.handle);
  world.servers.exited(idOf(world, user), { spawner: 'fake', id: 'older' });
  for (let i = 0; i < 20; i++) await turn();
  expect(world.stateOf(user)).toEqual(state);
  expect(world.routes.list()).toHaveLength(1);
});

test('the hub stops a server with a reason that its owner sees', async () => {
  const world = createWorld();
  const { user } = await running(world);
  await world.settled(world.servers.halt(idOf(world, user), 'It was idle for too long.'));
  expect(world.stateOf(user)).toMatchObject({ kind: 'stopped', reason: 'It was idle for too long.' });
  expect(world.store.audit.list({ offset: 0, limit: 1 })).toMatchObject([{ actor: 'hub', detail: { reason: 'It was idle for too long.' } }]);
});

test('a clean-up that is cut short by a fault shows as stuck, not as stopped', async () => {
  const world = createWorld({
    failPoint: (at) => {
      if (at === 'stop.after-remove') throw new Error('fault');
    },
  });
  const { user, actor } = await running(world);
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  expect(world.stateOf(user)).toMatchObject({ kind: 'stopping', error: expect.any(String) as string });
});

test.each([1, 2, 3])('M02: after a storm of starts, stops and kills (seed %i) store, engine and routes agree', async (seed) => {
  const roll = dice(seed);
  const kinds: readonly FakeBehaviour[] = [{ kind: 'normal' }, slow(300, 200), { kind: 'bad', how: 'exit' }, { kind: 'bad', how: 'reject' }, never('answer'), diesLater(400)];
  const world = createWorld({ behaviour: () => kinds[roll(kinds.length)] ?? { kind: 'normal' }, deps: { cap: 6, startTimeoutMs: 2_000 } });
  const people = Array.from({ length: 10 }, (_, i) => world.addUser(`user${i}`));
  let most = 0;
  for (let i = 0; i < 400; i++) {
    const who = people[roll(people.length)];
    if (who === undefined) continue;
    try {
      const act = roll(10);
      if (act < 5) world.servers.start(who.actor, who.user, MAIN, {});
      else if (act < 9) world.servers.stop(who.actor, who.user, MAIN);
      else void world.spawner.kill(idOf(world, who.user));
    } catch (err) {
      expect(err).toMatchObject({ code: 'conflict' });
    }
    most = Math.max(most, world.store.servers.countActive());
    await turn();
    world.clock.advance(50);
  }
  expect(most).toBeLessThanOrEqual(6);
  const resting = (): boolean => world.store.servers.list().every((r) => ['stopped', 'failed', 'ready'].includes(r.state.kind));
  await world.until(resting, 50);
  const ready = world.store.servers.list().filter((r) => r.state.kind === 'ready').map((r) => r.id).sort();
  expect(world.routes.list().map((r) => (r.upstream.kind === 'service' ? '' : 'server' in r ? r.server : '')).sort()).toEqual(ready);
  expect([...world.engine.processes.values()].map((p) => p.server).sort()).toEqual(ready);
});
