import type { ServerId } from '../../../hub/domain/ids';
import type { ServerRecord } from '../../../hub/domain/server';
import { createActivity } from '../../../hub/services/activity';
import { createCulling, decide } from '../../../hub/services/culling';
import { capture, cleanUp, createWorld, idOf, MAIN, turn, type World } from './servers-support';

cleanUp();

const HOUR = 3_600_000;
const ready = (since = new Date(0)): ServerRecord => ({ state: { kind: 'ready', since, handle: { spawner: 'fake', id: 'x' }, origin: 'http://x' } }) as ServerRecord;
const stopped = { state: { kind: 'stopped', since: null, reason: null } } as ServerRecord;

test.each([
  ['idle for the limit', ready(), 0, 4 * HOUR, 4 * HOUR, 'ask'],
  ['idle for a little less', ready(), 0, 4 * HOUR - 1, 4 * HOUR, 'keep'],
  ['active in the future of a clock that was reset', ready(), 5 * HOUR, HOUR, 4 * HOUR, 'keep'],
  ['never seen: missing data means active', ready(), undefined, 9 * HOUR, 4 * HOUR, 'keep'],
  ['no limit', ready(), 0, 99 * HOUR, 0, 'keep'],
  ['not running', stopped, 0, 99 * HOUR, 4 * HOUR, 'keep'],
] as const)('M14: a server that is %s', (_, record, last, now, limit, expected) => {
  expect(decide(record, last, now, limit)).toBe(expected);
});

async function setUp(opts: { readonly checkBusy?: (world: World) => Promise<boolean>; readonly limitMs?: number } = {}) {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  const activity = createActivity({ store: world.store, clock: world.clock, log: capture([]) });
  const asked: ServerId[] = [];
  const culling = createCulling({
    servers: world.servers,
    store: world.store,
    activity,
    idleLimitMs: opts.limitMs ?? 4 * HOUR,
    checkBusy: (record) => {
      asked.push(record.id);
      return opts.checkBusy?.(world) ?? Promise.resolve(false);
    },
    clock: world.clock,
    log: capture(world.logged),
  });
  const touch = (): void => activity.touch(user.id, idOf(world, user));
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 60_000) {
      world.clock.advance(Math.min(left, 60_000));
      for (let i = 0; i < 3; i++) await turn();
    }
  };
  const close = (): void => {
    culling.close();
    activity.close();
  };
  return { world, user, actor, asked, touch, pass, close, culling };
}

test('M14: a server that nobody used for the whole limit is stopped, with the reason', async () => {
  const { world, user, touch, pass, close } = await setUp();
  touch();
  await pass(4 * HOUR - 60_000);
  expect(world.stateOf(user).kind).toBe('ready');
  await pass(180_000);
  await world.until(() => world.stateOf(user).kind === 'stopped');
  expect(world.stateOf(user)).toMatchObject({ reason: 'It was idle for too long.' });
  close();
});

test('M14: use through the proxy keeps a server', async () => {
  const { world, user, touch, pass, close, asked } = await setUp();
  for (let i = 0; i < 3; i++) {
    await pass(3 * HOUR);
    touch();
  }
  expect(world.stateOf(user).kind).toBe('ready');
  expect(asked).toHaveLength(0);
  close();
});

test('M14: a kernel that works keeps a server that nobody looks at', async () => {
  let busy = true;
  const { world, user, pass, close, asked } = await setUp({ checkBusy: async () => busy });
  await pass(9 * HOUR);
  expect(world.stateOf(user).kind).toBe('ready');
  expect(asked.length).toBeGreaterThan(0);
  busy = false;
  await pass(5 * HOUR);
  await world.until(() => world.stateOf(user).kind === 'stopped');
  close();
});

test('M14: a server that cannot be asked is kept: missing data means active', async () => {
  const { world, user, pass, close } = await setUp({ checkBusy: () => Promise.reject(new Error('no answer')) });
  await pass(9 * HOUR);
  expect(world.stateOf(user).kind).toBe('ready');
  expect(world.logged).toContain('idle server was kept: it could not be asked or stopped');
  close();
});

test('M14: a server whose answer never comes is kept, and the next round still happens', async () => {
  const { world, user, pass, close, asked } = await setUp({ checkBusy: () => new Promise(() => undefined) });
  await pass(5 * HOUR);
  expect(world.stateOf(user).kind).toBe('ready');
  expect(asked.length).toBeGreaterThan(1);
  close();
});

test('M14: a wall clock that jumps five hours ahead culls nobody', async () => {
  const { world, user, touch, pass, close, asked } = await setUp();
  touch();
  world.clock.jumpWall(5 * HOUR);
  await pass(120_000);
  world.clock.jumpWall(-9 * HOUR);
  await pass(120_000);
  expect(asked).toHaveLength(0);
  expect(world.stateOf(user).kind).toBe('ready');
  close();
});

test('M14: who comes back while the server is asked keeps it', async () => {
  const back: { touch: () => void } = { touch: () => undefined };
  const set = await setUp({
    checkBusy: async () => {
      back.touch();
      return false;
    },
  });
  back.touch = set.touch;
  await set.pass(9 * HOUR);
  expect(set.world.stateOf(set.user).kind).toBe('ready');
  set.close();
});

test('a limit of 0 stops nobody', async () => {
  const { world, user, pass, close, asked, culling } = await setUp({ limitMs: 0 });
  await pass(9 * HOUR);
  await culling.round();
  expect(asked).toHaveLength(0);
  expect(world.stateOf(user).kind).toBe('ready');
  close();
});

test('a server that was started again counts from its new start', async () => {
  const { world, user, actor, touch, pass, close } = await setUp();
  touch();
  await pass(3 * HOUR);
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  await pass(3 * HOUR);
  expect(world.stateOf(user).kind).toBe('ready');
  close();
});
