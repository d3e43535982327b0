import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerName } from '../../../hub/domain/ids';
import { createActivity } from '../../../hub/services/activity';
import { eachBounded } from '../../../hub/services/deadlines';
import { ROWS_AT_ONCE } from '../../../hub/services/in-turns';
import { openStore } from '../../../hub/store/create-store';
import { createFakeClock } from '../../support/fake-clock';
import { addUser, capture } from './servers-support';

test('P06: what a thousand people did is written in several turns of the event loop, and none is lost', async () => {
  const clock = createFakeClock();
  const store = openStore(':memory:', { now: () => clock.now() });
  const sizes: number[] = [];
  const counted = { ...store, servers: { ...store.servers, touch: (seen: Parameters<typeof store.servers.touch>[0]) => (sizes.push(seen.size), store.servers.touch(seen)) } };
  const activity = createActivity({ store: counted, clock, log: capture([]) });
  const servers = store.transaction(() => Array.from({ length: 2 * ROWS_AT_ONCE + 1 }, (_, n) => {
    const { user } = addUser(store, `user-${n}`);
    return { user, id: store.servers.ensure(user.id, '' as ServerName).id };
  }));
  for (const { user, id } of servers) activity.touch(user.id, id);
  clock.advance(30_000);
  expect(sizes).toEqual([ROWS_AT_ONCE]);
  for (let i = 0; i < 4; i += 1) await nextTurn();
  expect(sizes).toEqual([ROWS_AT_ONCE, ROWS_AT_ONCE, 1]);
  expect(servers.filter(({ id }) => store.servers.byId(id)?.lastActivity === null)).toEqual([]);
  activity.close();
  store.close();
});

test('P06: work on a thousand things that waits for nothing gives turns to everybody else, and does each once', async () => {
  let turns = 0;
  let going = true;
  const watch = (): void => {
    turns += 1;
    if (going) setImmediate(watch);
  };
  setImmediate(watch);
  const done: number[] = [];
  await eachBounded(Array.from({ length: 1000 }, (_, n) => n), { limit: 8, onError: () => undefined }, async (n) => void done.push(n));
  going = false;
  expect([done.length, new Set(done).size]).toEqual([1000, 1000]);
  expect(turns).toBeGreaterThanOrEqual(1000 / 32 - 1);
});
