import { never } from '../../../spawner/fake';
import { cleanUp, createWorld, MAIN, readAlong, turn, type World } from './servers-support';

cleanUp();

const crowd = (world: World, n: number) => Array.from({ length: n }, (_, i) => world.addUser(`user${i}`));
const kinds = (world: World): readonly string[] => world.store.servers.list().map((r) => r.state.kind);

test('M12: however many start at once, never more than the cap hold resources', async () => {
  const world = createWorld({ deps: { cap: 3 } });
  const people = crowd(world, 8);
  const starts = people.map(({ actor, user }) => world.servers.start(actor, user, MAIN, {}));
  expect(starts.map((s) => s.record.state.kind)).toEqual(['starting', 'starting', 'starting', 'queued', 'queued', 'queued', 'queued', 'queued']);
  let most = 0;
  await world.until(() => {
    most = Math.max(most, world.engine.processes.size, world.store.servers.countActive());
    return kinds(world).filter((kind) => kind === 'ready').length === 3;
  });
  expect(most).toBe(3);
  expect(kinds(world).slice(3)).toEqual(Array(5).fill('queued'));
});

test('those who wait see their position, and start by themselves in the order in which they came', async () => {
  const world = createWorld({ deps: { cap: 1 } });
  const [first, second, third] = crowd(world, 3);
  if (!first || !second || !third) throw new Error('nobody there');
  const starts = [first, second, third].map(({ actor, user }) => world.servers.start(actor, user, MAIN, {}));
  const { events, done } = readAlong(world.servers.follow(third.actor, third.user, MAIN, new AbortController().signal));
  await world.settled(starts[0]?.settled ?? Promise.resolve());
  expect(events).toMatchObject([{ kind: 'stage', percent: 0, message: 'Waiting in line: position 2' }]);
  await world.settled(world.servers.stop(first.actor, first.user, MAIN).settled);
  await world.settled(starts[1]?.settled ?? Promise.resolve());
  expect(kinds(world)).toEqual(['stopped', 'ready', 'queued']);
  await world.settled(world.servers.stop(second.actor, second.user, MAIN).settled);
  await world.settled(Promise.all([starts[2]?.settled, done]));
  expect(kinds(world)).toEqual(['stopped', 'stopped', 'ready']);
  const messages = events.map((e) => e.message);
  expect(messages.slice(0, 3)).toEqual(['Waiting in line: position 2', 'Waiting in line: position 1', 'Preparing the server']);
  expect(events.at(-1)).toMatchObject({ kind: 'ready', url: '/hub-base/user/user2/' });
});

test('nobody overtakes the line, even when the wall clock goes backwards', () => {
  const world = createWorld({ deps: { cap: 1 }, behaviour: never('start') });
  const people = crowd(world, 4);
  for (const { actor, user } of people) {
    world.servers.start(actor, user, MAIN, {});
    world.clock.jumpWall(-60_000);
  }
  expect(world.store.servers.queued().map((r) => r.owner)).toEqual(people.slice(1).map((p) => p.user.id));
});

test('a failed start makes room for the next one', async () => {
  const world = createWorld({ deps: { cap: 1 }, behaviour: (req) => (req.owner.name === 'user0' ? { kind: 'bad', how: 'reject' } : { kind: 'normal' }) });
  const people = crowd(world, 2);
  const starts = people.map(({ actor, user }) => world.servers.start(actor, user, MAIN, {}));
  await world.settled(Promise.all(starts.map((s) => s.settled)));
  expect(kinds(world)).toEqual(['failed', 'ready']);
});

test('M03: who leaves the line is stopped at once, and the others move up', async () => {
  const world = createWorld({ deps: { cap: 1 }, behaviour: never('answer') });
  const [first, second, third] = crowd(world, 3);
  if (!first || !second || !third) throw new Error('nobody there');
  for (const { actor, user } of [first, second, third]) world.servers.start(actor, user, MAIN, {});
  const leaver = readAlong(world.servers.follow(second.actor, second.user, MAIN, new AbortController().signal));
  const other = readAlong(world.servers.follow(third.actor, third.user, MAIN, new AbortController().signal));
  await turn();
  expect(world.servers.stop(second.actor, second.user, MAIN).record.state.kind).toBe('stopped');
  await world.settled(leaver.done);
  expect(leaver.events.at(-1)).toMatchObject({ kind: 'failed', message: 'The start was cancelled.' });
  await world.until(() => other.events.at(-1)?.message === 'Waiting in line: position 1');
  await world.settled(world.servers.stop(first.actor, first.user, MAIN).settled);
  await world.settled(world.servers.stop(third.actor, third.user, MAIN).settled);
  await world.settled(other.done);
});

test('the line survives a restart of the hub, in its order', async () => {
  const before = createWorld({ deps: { cap: 1 } });
  const people = crowd(before, 3);
  const starts = people.map(({ actor, user }) => before.servers.start(actor, user, MAIN, {}));
  await before.settled(starts[0]?.settled ?? Promise.resolve());
  const after = before.restart({ deps: { cap: 2 } });
  await after.settled(after.servers.reconcile());
  await after.until(() => kinds(after)[1] === 'ready');
  expect(kinds(after)).toEqual(['ready', 'ready', 'queued']);
  const last = people[2];
  if (last === undefined) throw new Error('nobody there');
  const { events } = readAlong(after.servers.follow(last.actor, last.user, MAIN, AbortSignal.timeout(5_000)));
  await turn();
  expect(events).toMatchObject([{ message: 'Waiting in line: position 1' }]);
  await after.settled(after.servers.stop(last.actor, last.user, MAIN).settled);
});

test('a server that is stuck keeps its place: its memory is not free', async () => {
  const world = createWorld({ deps: { cap: 1 } });
  const [first, second] = crowd(world, 2);
  if (!first || !second) throw new Error('nobody there');
  await world.settled(world.servers.start(first.actor, first.user, MAIN, {}).settled);
  world.engine.reachable = false;
  await world.settled(world.servers.stop(first.actor, first.user, MAIN).settled, 100);
  expect(world.servers.start(second.actor, second.user, MAIN, {}).record.state.kind).toBe('queued');
});
