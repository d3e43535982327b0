import { FAKE_MEMORY } from '../../../spawner/fake/fake-life';
import { actorOf, cleanUp, createWorld, idOf, MAIN, turn, type World } from './servers-support';

cleanUp();

const GB = 1024 ** 3;

async function running() {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  world.spawner.onChange?.((id, handle, change) => world.servers.changed(id, handle, change));
  return { world, user, actor, id: idOf(world, user) };
}

const ended = (world: World, user: Parameters<World['stateOf']>[0]): Promise<void> => world.until(() => ['stopped', 'failed'].includes(world.stateOf(user).kind));

test('M05: a server that dies of want of memory is told with its exit code, its memory, its last lines, and without its secret', async () => {
  const { world, user, actor, id } = await running();
  const { secret } = world.store.servers.byId(id) ?? {};
  world.spawner.say(id, `token is ${secret}`);
  await world.spawner.kill(id, { exitCode: 137, oomKilled: true });
  await ended(world, user);
  expect(world.servers.truth(actor, user, MAIN).lastEnd).toEqual({
    at: expect.any(Date) as Date, cause: 'memory', exitCode: 137, memory: { peak: 2 * GB, limit: 2 * GB }, logTail: ['serving /hub-base/user/alice/', 'token is [secret]', 'Killed'],
  });
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', logTail: expect.arrayContaining(['token is [secret]']) as string[] });
});

test('M16: one that was removed says so, though nothing of it can be read', async () => {
  const { world, user, actor, id } = await running();
  const { state } = world.store.servers.byId(id) ?? {};
  await world.engine.close();
  if (state?.kind === 'ready') world.servers.exited(id, state.handle);
  await ended(world, user);
  expect(world.servers.truth(actor, user, MAIN).lastEnd).toMatchObject({ cause: 'removed', exitCode: null, logTail: [] });
});

test('a stop keeps the last lines, and what was seen of the memory', async () => {
  const { world, user, actor, id } = await running();
  world.spawner.say(id, 'saved everything');
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  expect(world.servers.truth(actor, user, MAIN).lastEnd).toMatchObject({ cause: 'asked', memory: FAKE_MEMORY, logTail: expect.arrayContaining(['saved everything']) as string[] });
  expect(await world.servers.logs(actor, user, MAIN, 1)).toEqual(['saved everything']);
});

test('N03: what a server left is kept also when it ended while the hub was away, and survives the next restart', async () => {
  const { world, user, actor, id } = await running();
  const after = world.restart();
  await world.spawner.kill(id, { exitCode: 3 });
  await after.settled(after.servers.reconcile());
  await ended(after, user);
  const again = after.restart();
  await again.settled(again.servers.reconcile());
  expect(again.servers.truth(actor, user, MAIN).lastEnd).toMatchObject({ cause: 'crashed', exitCode: 3 });
});

test('O12: a kernel that was killed for memory is named while the server lives, and not after its next start', async () => {
  const { world, user, actor, id } = await running();
  world.spawner.killChild(id, world.clock.now());
  expect(world.servers.truth(actor, user, MAIN).kernelKilled).toEqual({ at: world.clock.now(), limit: 2 * GB });
  expect(world.stateOf(user).kind).toBe('ready');
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(world.servers.truth(actor, user, MAIN).kernelKilled).toBeNull();
});

test('O11: a paused or cut off server is known as such until that ends, or it does', async () => {
  const { world, user, actor, id } = await running();
  const condition = () => world.servers.truth(actor, user, MAIN).condition;
  world.spawner.pause(id);
  world.spawner.attach(id, false);
  expect(condition()).toEqual({ paused: world.clock.now(), detached: world.clock.now() });
  world.spawner.resume(id);
  expect(Object.keys(condition())).toEqual(['detached']);
  world.spawner.attach(id, true);
  expect(condition()).toEqual({});
  world.spawner.pause(id);
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  expect(condition()).toEqual({});
});

test('M05: the log is for the owner and for those who administer servers, whose look is recorded', async () => {
  const { world, user, actor } = await running();
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  const { user: bob } = world.addUser('bob');
  const reader = actorOf(bob, ['read:servers!user=alice']);
  expect(world.servers.truth(reader, user, MAIN).lastEnd).toMatchObject({ cause: 'asked', logTail: [] });
  await expect(world.servers.logs(reader, user, MAIN, 10)).rejects.toMatchObject({ code: 'forbidden' });
  await expect(world.servers.logs(actorOf(bob, []), user, MAIN, 10)).rejects.toMatchObject({ code: 'forbidden' });
  const admin = actorOf(bob, ['admin:servers']);
  expect(await world.servers.logs(admin, user, MAIN, 10)).not.toEqual([]);
  const looks = world.store.audit.list({ offset: 0, limit: 50 }).filter(({ action }) => action === 'server.read-log');
  expect(looks.map(({ actor: who }) => who)).toEqual(['bob']);
});

test('O07: a followed log begins with the last lines, goes on, and ends with the server', async () => {
  const { world, user, actor, id } = await running();
  const { secret } = world.store.servers.byId(id) ?? {};
  world.spawner.say(id, 'one');
  world.spawner.say(id, 'two');
  const got: string[] = [];
  const read = async (): Promise<void> => {
    for await (const lines of world.servers.followLogs(actor, user, MAIN, { lines: 1, signal: new AbortController().signal })) got.push(...lines);
  };
  const done = read();
  await turn();
  world.spawner.say(id, `three ${secret}`);
  await world.until(() => got.length === 2);
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  await world.settled(done);
  expect(got).toEqual(['two', 'three [secret]']);
  expect(() => world.servers.followLogs(actor, user, MAIN, { lines: 1, signal: new AbortController().signal })).toThrow(expect.objectContaining({ code: 'invalid-input' }));
});
