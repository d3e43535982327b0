import { expandRaw } from '../../../hub/domain/scopes/expand';
import { slow } from '../../../spawner/fake';
import { actorOf, cleanUp, createWorld, idOf, MAIN, named, readAlong, turn, type World } from './servers-support';

cleanUp();

async function running(opts: Parameters<typeof createWorld>[0] = {}) {
  const world = createWorld(opts);
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  return { world, user, actor, id: idOf(world, user) };
}

test('a restart is the same container with the same secret, waited for, and its route is away meanwhile', async () => {
  const { world, user, actor, id } = await running();
  const before = world.store.servers.byId(id);
  const { record, settled } = world.servers.restart(actor, user, MAIN);
  expect(record.state.kind).toBe('starting');
  expect(world.routes.list()).toHaveLength(0);
  await world.settled(settled);
  const after = world.store.servers.byId(id);
  expect(after).toMatchObject({ state: { kind: 'ready', handle: before?.state.kind === 'ready' ? before.state.handle : null }, secret: before?.secret });
  expect(world.routes.list()).toHaveLength(1);
  expect(world.spawner.started).toHaveLength(1);
  expect(world.drained).toHaveLength(1);
  expect(await world.spawner.logs({ spawner: 'fake', id: `fake-${id}` }, 1)).toEqual(['started again']);
});

test('a recreated server is a new container with a new secret and another profile, and keeps its place while others wait', async () => {
  const { world, user, actor, id } = await running({ deps: { cap: 1 } });
  const bob = world.addUser('bob');
  world.servers.start(bob.actor, bob.user, MAIN, {});
  const secret = world.store.servers.byId(id)?.secret;
  const { settled } = world.servers.recreate(actor, user, MAIN, { profile: 'gpu' });
  const { events, done } = readAlong(world.servers.follow(actor, user, MAIN, new AbortController().signal));
  await world.settled(settled);
  await world.settled(done);
  expect(world.store.servers.byId(id)).toMatchObject({ state: { kind: 'ready' }, profile: 'gpu' });
  expect(world.store.servers.byId(id)?.secret).not.toBe(secret);
  expect(events.map((e) => (e.kind === 'stage' ? e.stage.kind : e.kind))).toEqual(['ending', 'preparing', 'created', 'started', 'answering', 'ready']);
  expect(world.stateOf(bob.user).kind).toBe('queued');
  expect(world.engine.processes.size).toBe(1);
});

test('whoever stops a server that is being recreated does not get it back', async () => {
  const { world, user, actor, id } = await running();
  const { settled } = world.servers.recreate(actor, user, MAIN, {});
  const stopped = world.servers.stop(actor, user, MAIN);
  await world.settled(Promise.all([settled, stopped.settled]));
  expect(world.store.servers.byId(id)?.state.kind).toBe('stopped');
  expect(world.spawner.started).toHaveLength(1);
});

test('a stop in the middle of a restart wins, and leaves nothing', async () => {
  const { world, user, actor } = await running();
  const { settled } = world.servers.restart(actor, user, MAIN);
  const stopped = world.servers.stop(actor, user, MAIN);
  await world.settled(Promise.all([settled, stopped.settled]));
  expect(world.stateOf(user).kind).toBe('stopped');
  expect(world.engine.processes.size).toBe(0);
  expect(world.routes.list()).toHaveLength(0);
});

test('neither is for a server that does not run, that is unknown, or for somebody who may only start or only stop', async () => {
  const { world, user, actor } = await running({ behaviour: slow(0) });
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  for (const verb of ['restart', 'recreate'] as const) {
    expect(() => world.servers[verb](actor, user, MAIN, {})).toThrow('alice is not running');
    expect(() => world.servers[verb](actor, user, named('none'), {})).toThrow(expect.objectContaining({ code: 'not-found' }));
    for (const scope of ['start:servers', 'delete:servers']) {
      const half = { ...actorOf(user, []), scopes: expandRaw([`${scope}!user=alice`], { owner: { kind: 'user', name: user.name } }) };
      expect(() => world.servers[verb](half, user, MAIN, {})).toThrow(expect.objectContaining({ code: 'forbidden' }));
    }
  }
});

test('a server is not ended for a start that would be refused', async () => {
  let refused = false;
  const { world, user, actor } = await running({ deps: { gate: { demand: () => { if (refused) throw new Error('no starts now'); }, passed: () => Promise.resolve() } } });
  refused = true;
  for (const verb of ['restart', 'recreate'] as const) expect(() => world.servers[verb](actor, user, MAIN, {})).toThrow('no starts now');
  expect(world.stateOf(user).kind).toBe('ready');
});

const POINTS = [['restart', 'restart.after-claim'], ['restart', 'restart.after-restart'], ['recreate', 'stop.after-claim'], ['recreate', 'stop.after-remove']] as const;

test.each(POINTS)('N02: a hub that dies in a %s at %s comes back to something whole, and the user can start at once', async (verb, point) => {
  let dead: World | undefined;
  const { world, user, actor } = await running({
    failPoint: (at) => {
      if (at !== point || dead !== undefined) return;
      dead = world_().restart();
      throw new Error('killed');
    },
  });
  function world_(): World {
    return world;
  }
  world.servers[verb](actor, user, MAIN, {});
  await world.until(() => dead !== undefined);
  const after = dead as unknown as World;
  await after.settled(after.servers.reconcile());
  await after.until(() => ['stopped', 'ready'].includes(after.stateOf(user).kind));
  const expected = after.stateOf(user).kind === 'ready' ? 1 : 0;
  expect(after.engine.processes.size).toBe(expected);
  expect(after.routes.list()).toHaveLength(expected);
  await after.settled(after.servers.start(actor, user, MAIN, {}).settled);
  expect(after.engine.processes.size).toBe(1);
});

test('a restart that fails is a failed server with its reason, and nothing is left of it', async () => {
  const { world, user, actor } = await running({ override: () => ({ restart: () => Promise.reject(new Error('no')) }) });
  await world.settled(world.servers.restart(actor, user, MAIN).settled);
  await turn();
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', logTail: [expect.stringContaining('serving')] });
  expect(world.engine.processes.size).toBe(0);
});

test('where a process cannot be started twice, a restart is a new one', async () => {
  const { world, user, actor } = await running({ override: () => ({ restart: undefined as never }) });
  await world.settled(world.servers.restart(actor, user, MAIN).settled);
  expect(world.stateOf(user).kind).toBe('ready');
  expect(world.spawner.started).toHaveLength(2);
});
