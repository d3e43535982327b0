import type { ServerName } from '../../../hub/domain/ids';
import { createActivity } from '../../../hub/services/activity';
import { openStore } from '../../../hub/store/create-store';
import { createFakeClock } from '../../support/fake-clock';
import { addUser, capture } from './servers-support';

function setUp() {
  const clock = createFakeClock();
  const store = openStore(':memory:', { now: () => clock.now() });
  const logged: string[] = [];
  const { user } = addUser(store, 'alice');
  const { id } = store.servers.ensure(user.id, '' as ServerName);
  const activity = createActivity({ store, clock, log: capture(logged) });
  return { clock, store, logged, user, id, activity, stored: () => store.servers.byId(id)?.lastActivity ?? undefined };
}

test('activity is kept in memory and written every 30 s, for the server and its owner', () => {
  const { clock, store, user, id, activity, stored } = setUp();
  clock.advance(1_000);
  const seen = clock.now();
  activity.touch(user.id, id);
  expect(stored()).toBeUndefined();
  expect(activity.lastOf(id)).toEqual(seen);
  clock.advance(30_000);
  expect(stored()).toEqual(seen);
  expect(store.users.byId(user.id)?.lastActivity).toEqual(seen);
  expect(activity.lastOf(id)).toEqual(seen);
  activity.close();
  store.close();
});

test('a thousand touches are one write, and none without a touch', () => {
  const { clock, store, user, id, activity } = setUp();
  let writes = 0;
  const counted = createActivity({ store: { ...store, servers: { ...store.servers, touch: (seen) => ((writes += 1), store.servers.touch(seen)) } }, clock, log: capture([]) });
  for (let i = 0; i < 1000; i++) counted.touch(user.id, id);
  clock.advance(90_000);
  expect(writes).toBe(1);
  activity.close();
  counted.close();
  store.close();
});

test('a stored time never moves backwards, whatever the wall clock does', () => {
  const { clock, store, user, id, activity, stored } = setUp();
  activity.touch(user.id, id);
  activity.flush();
  const before = stored();
  clock.jumpWall(-3_600_000);
  activity.touch(user.id, id);
  activity.flush();
  expect(stored()).toEqual(before);
  expect(activity.lastOf(id)).toEqual(before);
  activity.close();
  store.close();
});

test('what could not be written is written with the next batch, and closing writes the rest', () => {
  const { clock, store, logged, user, id, stored, activity } = setUp();
  let broken = true;
  const second = createActivity({
    clock,
    log: capture(logged),
    store: {
      ...store,
      transaction: (work) => {
        if (broken) throw new Error('disk full');
        return store.transaction(work);
      },
    },
  });
  second.touch(user.id, id);
  const seen = clock.now();
  clock.advance(30_000);
  expect(logged).toEqual(['activity was not written']);
  broken = false;
  second.close();
  expect(stored()).toEqual(seen);
  activity.close();
  store.close();
});
