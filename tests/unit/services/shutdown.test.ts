import { createShutdown, type ShutdownService } from '../../../hub/services/shutdown';
import { slow } from '../../../spawner/fake';
import { actorOf, capture, cleanUp, createWorld, idOf, MAIN, named, type World } from './servers-support';

cleanUp();

const noAudit = { record: () => undefined };

function site(cap = 0): { readonly world: World; readonly shutdown: ShutdownService; readonly ended: () => readonly string[] } {
  let shutdown: ShutdownService | undefined;
  const seen: string[][] = [];
  const world = createWorld({ behaviour: slow(500), deps: { cap, isLeaving: () => shutdown?.hasBegun() === true } });
  const end = (): void => void seen.push(world.store.servers.list().map(({ state }) => state.kind));
  shutdown = createShutdown({ store: world.store, log: capture([]), audit: noAudit, servers: world.servers, end });
  return { world, shutdown, ended: () => seen.flat() };
}

test('while servers are stopped for good nobody starts one, not the line, not a restart, not an administrator, and then the hub ends', async () => {
  const { world, shutdown, ended } = site(2);
  const [alice, ben, carol] = ['alice', 'ben', 'carol'].map((name) => world.addUser(name)) as [ReturnType<World['addUser']>, ReturnType<World['addUser']>, ReturnType<World['addUser']>];
  const boss = actorOf(world.addUser('boss').user, ['shutdown', 'admin:servers', 'servers']);
  await world.settled(world.servers.start(alice.actor, alice.user, MAIN, {}).settled);
  await world.settled(world.servers.start(ben.actor, ben.user, MAIN, {}).settled);
  world.servers.start(carol.actor, carol.user, MAIN, {});
  expect(world.stateOf(carol.user).kind).toBe('queued');
  world.servers.recreate(ben.actor, ben.user, MAIN, {});
  shutdown.begin(boss, { servers: true });
  const refused = expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('shut down') }) as Error;
  expect(() => world.servers.start(alice.actor, alice.user, named('second'), {})).toThrow(refused);
  expect(() => world.servers.start(boss, carol.user, named('second'), {})).toThrow(refused);
  expect(() => world.servers.revive(idOf(world, carol.user), 'again')).toThrow(refused);
  await world.until(() => ended().length > 0);
  expect(new Set(ended())).toEqual(new Set(['stopped']));
  expect(world.engine.processes.size).toBe(0);
  expect(world.spawner.started).toHaveLength(2);
});

test('a server that runs is not ended for a restart that cannot come any more', async () => {
  const { world, shutdown, ended } = site();
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  shutdown.begin(actorOf(user, ['shutdown']), { servers: false });
  await world.until(() => ended().length > 0);
  for (const verb of ['restart', 'recreate'] as const) expect(() => world.servers[verb](actor, user, MAIN, {})).toThrow('shut down');
  expect(world.stateOf(user).kind).toBe('ready');
});

test('it takes the scope, and is begun once', () => {
  const { world, shutdown, ended } = site();
  const { user, actor } = world.addUser('alice');
  expect(() => shutdown.begin(actor, { servers: true })).toThrow(/shutdown/);
  expect(shutdown.hasBegun()).toBe(false);
  const boss = actorOf(user, ['shutdown']);
  world.store.servers.ensure(user.id, MAIN);
  for (let i = 0; i < 2; i++) shutdown.begin(boss, { servers: false });
  expect(ended()).toEqual(['stopped']);
});
