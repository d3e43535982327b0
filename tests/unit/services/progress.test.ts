import { getEventListeners } from 'node:events';
import type { ServerId } from '../../../hub/domain/ids';
import type { Progress } from '../../../hub/services/contract';
import { createProgressLog } from '../../../hub/services/progress';
import { slow } from '../../../spawner/fake';
import { createFakeClock } from '../../support/fake-clock';
import { actorOf, cleanUp, createWorld, MAIN, named, readAlong, turn } from './servers-support';

cleanUp();

const ID = 'server' as ServerId;
const READY: Progress = { kind: 'ready', percent: 100, message: 'Server ready at /user/alice/', url: '/user/alice/' };
const forever = (): AbortSignal => new AbortController().signal;

test('a start goes through its stages in order, each with its time, and its percentage never falls', async () => {
  const world = createWorld({ behaviour: slow(1_000, 1_000) });
  const { user, actor } = world.addUser('alice');
  const { record, settled } = world.servers.start(actor, user, MAIN, {});
  const { events, done } = readAlong(world.servers.follow(actor, user, MAIN, forever()));
  await world.settled(Promise.all([settled, done]));
  expect(events.map((e) => e.message)).toEqual(['Preparing the server', 'Container created', 'Container started', 'Server answers', 'Server ready at /hub-base/user/alice/']);
  const percents = events.map((e) => e.percent);
  expect(percents).toEqual([...percents].sort((a, b) => a - b));
  const stages = world.servers.stages(record.id);
  expect(stages.map((s) => s.kind)).toEqual(['preparing', 'created', 'started', 'answering']);
  const [first, second, , last] = stages.map((s) => s.at.getTime());
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000);
  expect((last ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(1_000);
});

test('who comes late hears everything from the beginning, and a hundred followers hear the same', async () => {
  const world = createWorld({ behaviour: slow(1_000) });
  const { user, actor } = world.addUser('alice');
  const { settled } = world.servers.start(actor, user, MAIN, {});
  const early = readAlong(world.servers.follow(actor, user, MAIN, forever()));
  await world.until(() => early.events.length > 0);
  const late = Array.from({ length: 100 }, () => readAlong(world.servers.follow(actor, user, MAIN, forever())));
  await world.settled(Promise.all([settled, early.done, ...late.map((l) => l.done)]));
  for (const { events } of late) expect(events).toEqual(early.events);
});

test('a ready server has one event, a failed one its reason, an idle one is refused, one never started does not exist', async () => {
  let broken = false;
  const world = createWorld({ behaviour: () => (broken ? { kind: 'bad', how: 'reject', message: 'No image.' } : { kind: 'normal' }) });
  const { user, actor } = world.addUser('alice');
  const follow = () => world.servers.follow(actor, user, MAIN, forever());
  const all = async (): Promise<readonly Progress[]> => {
    const { events, done } = readAlong(follow());
    await done;
    return events;
  };
  expect(follow).toThrow(expect.objectContaining({ code: 'not-found' }));
  expect(() => world.servers.follow(actor, user, named('none'), forever())).toThrow(expect.objectContaining({ code: 'not-found' }));
  world.store.servers.ensure(user.id, MAIN);
  expect(follow).toThrow(expect.objectContaining({ code: 'not-found' }));
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(await all()).toEqual([{ kind: 'ready', percent: 100, message: 'Server ready at /hub-base/user/alice/', url: '/hub-base/user/alice/' }]);
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  expect(follow).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  broken = true;
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(await all()).toEqual([{ kind: 'failed', percent: 100, message: 'No image.', logTail: [] }]);
});

test('a start is followed only by those who may read the server', async () => {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  const { settled } = world.servers.start(actor, user, MAIN, {});
  expect(() => world.servers.follow(actorOf(user, ['access:servers']), user, MAIN, forever())).toThrow(expect.objectContaining({ code: 'forbidden' }));
  await world.settled(settled);
});

test('a download shows its bytes, and a follower who does not read gets the newest figures only', async () => {
  const clock = createFakeClock();
  const log = createProgressLog(clock);
  void log.begin(ID);
  const slowReader = log.follow(ID, forever())[Symbol.asyncIterator]();
  for (let i = 0; i <= 10_000; i++) {
    log.stage(ID, { kind: 'pulling', at: clock.now(), image: 'lab', receivedBytes: i * 41_000, totalBytes: 410_000_000 });
    clock.advance(20);
  }
  expect((await slowReader.next()).value).toMatchObject({ percent: 60, message: 'Downloading the image: 410 MB of 410 MB' });
  expect(log.stages(ID)).toHaveLength(1);
});

test('a registry that reports every few kilobytes does not flood those who follow', async () => {
  const clock = createFakeClock();
  const log = createProgressLog(clock);
  void log.begin(ID);
  const { events } = readAlong(log.follow(ID, forever()));
  for (let i = 1; i <= 100; i++) {
    log.stage(ID, { kind: 'pulling', at: clock.now(), image: 'lab', receivedBytes: i * 1_000_000, totalBytes: null });
    clock.advance(10);
    await turn();
  }
  expect(events.length).toBeLessThanOrEqual(5);
  expect(events[0]).toMatchObject({ message: 'Downloading the image: 1 MB', percent: 10 });
  log.close();
});

test('a page that is closed ends its follower and leaves no listener behind', async () => {
  const log = createProgressLog(createFakeClock());
  void log.begin(ID);
  const page = new AbortController();
  const { done } = readAlong(log.follow(ID, page.signal));
  for (let i = 0; i < 50; i++) {
    log.stage(ID, { kind: 'queued', at: new Date(0), position: i, waitMs: null });
    await turn();
  }
  expect(getEventListeners(page.signal, 'abort')).toHaveLength(1);
  page.abort();
  await done;
  expect(getEventListeners(page.signal, 'abort')).toHaveLength(0);
});

test('nothing follows the last event, and a new start ends those who follow the old one', async () => {
  const log = createProgressLog(createFakeClock());
  const first = log.begin(ID);
  const old = readAlong(log.follow(ID, forever()));
  await turn();
  const second = log.begin(ID);
  await Promise.all([first, old.done]);
  log.finish(ID, READY);
  log.stage(ID, { kind: 'created', at: new Date(0) });
  log.finish(ID, { kind: 'failed', percent: 100, message: 'late', logTail: [] });
  await second;
  expect(log.outcome(ID)).toEqual(READY);
  const { events, done } = readAlong(log.follow(ID, forever()));
  await done;
  expect(events).toEqual([READY]);
});
