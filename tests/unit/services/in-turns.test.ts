import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerName } from '../../../hub/domain/ids';
import { createActivity } from '../../../hub/services/activity';
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
