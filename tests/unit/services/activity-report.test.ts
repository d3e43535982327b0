import { newId, DEFAULT_SERVER, type ServerId, type ServerName } from '../../../hub/domain/ids';
import type { ServerRecord } from '../../../hub/domain/server';
import { createActivity } from '../../../hub/services/activity';
import { createActivityReports } from '../../../hub/services/activity-report';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import { createFakeClock, type FakeClock } from '../../support/fake-clock';
import { actorOf, addUser, capture } from './servers-support';

let store: Store;
let clock: FakeClock;
let world: ReturnType<typeof make>;

function make() {
  const activity = createActivity({ store, clock, log: capture([]) });
  return { activity, reports: createActivityReports({ store, clock, activity }), ...addUser(store, 'alice') };
}
const HOUR = 3_600_000;
const after = (ms: number): string => new Date(started().getTime() + ms).toISOString();
const started = (): Date => record().state.since ?? new Date(NaN);
const record = (): ServerRecord => store.servers.find(world.user.id, DEFAULT_SERVER) as ServerRecord;
const run = (name = DEFAULT_SERVER): ServerId => {
  const starting = store.servers.transition(store.servers.ensure(world.user.id, name), { kind: 'starting', since: clock.now(), handle: null }) as ServerRecord;
  const handle = { spawner: 'fake', id: newId<string>() };
  return (store.servers.transition(starting, { kind: 'ready', since: clock.now(), handle, origin: 'http://127.0.0.1:1' }) as ServerRecord).id;
};
/** As a lab reports. */
const report = (at: unknown, only?: ServerName) => world.reports.report({ ...world.actor, via: 'server-token' }, world.user, { servers: { '': { last_activity: at } } }, only);
const lastOf = (id: ServerId): string | undefined => world.activity.lastOf(id)?.toISOString();

beforeEach(() => {
  clock = createFakeClock();
  clock.advance(1000 * HOUR);
  store = openStore(':memory:', { now: () => clock.now() });
  world = make();
});
afterEach(() => {
  world.activity.close();
  store.close();
});

test('a report moves the activity of server and user, and is written with the next batch', () => {
  const id = run();
  clock.advance(2 * HOUR);
  world.reports.report(world.actor, world.user, { last_activity: after(HOUR + 500), servers: { '': { last_activity: after(HOUR) } } });
  expect(lastOf(id)).toBe(after(HOUR));
  world.activity.flush();
  expect(record().lastActivity).toEqual(new Date(after(HOUR)));
  expect(store.users.byId(world.user.id)?.lastActivity).toEqual(new Date(after(HOUR + 500)));
});

test.each([
  ['2999-01-01T00:00:00Z', HOUR],
  ['1970-01-01T00:00:00Z', 0],
  ['9999-12-31', HOUR],
])('D20: %s is cut to the time between the start of the server and now', (given, ms) => {
  const id = run();
  clock.advance(HOUR);
  report(given);
  expect(lastOf(id)).toBe(after(ms));
});

test('D20: anybody but a lab is told when a time is more than 59 minutes ahead', () => {
  const id = run();
  clock.advance(HOUR);
  const tell = (ms: number) => () => world.reports.report(world.actor, world.user, { last_activity: after(ms), servers: { '': { last_activity: after(ms) } } });
  expect(tell(HOUR + 59 * 60_000 + 1)).toThrow('Rejecting activity from more than an hour in the future');
  expect(lastOf(id)).toBeUndefined();
  tell(HOUR + 59 * 60_000)();
  expect(lastOf(id)).toBe(after(HOUR));
});

test('D20: nothing moves backwards', () => {
  const id = run();
  clock.advance(HOUR);
  report(after(HOUR / 2));
  report(after(HOUR / 4));
  expect(lastOf(id)).toBe(after(HOUR / 2));
  world.activity.touch(world.user.id, id);
  report(after(HOUR / 2));
  expect(lastOf(id)).toBe(after(HOUR));
});

test('D20: a server reports its own activity only, and a refused report changed nothing', () => {
  const id = run();
  run('two' as ServerName);
  clock.advance(HOUR);
  const both = { servers: { '': { last_activity: after(HOUR) }, two: { last_activity: after(HOUR) } } };
  expect(() => world.reports.report(world.actor, world.user, both, DEFAULT_SERVER)).toThrow(expect.objectContaining({ code: 'forbidden' }));
  expect(world.activity.lastOf(id)).toBeUndefined();
});

test('D20: nobody reports for somebody else', () => {
  run();
  const bob = addUser(store, 'bob');
  expect(() => world.reports.report(bob.actor, world.user, { last_activity: after(0) })).toThrow(expect.objectContaining({ code: 'not-found' }));
  expect(() => world.reports.heartbeat(actorOf(bob.user, ['read:users!user']), world.user)).toThrow(expect.objectContaining({ code: 'forbidden' }));
});

test.each([
  ['2026-11-21T00:11:32.954332Z', '2026-11-21T00:11:32.954Z'],
  ['2026-11-21T00:11:32', '2026-11-21T00:11:32.000Z'],
  ['2026-11-21 00:11', '2026-11-21T00:11:00.000Z'],
  ['2026-11-21T02:11:32+02:00', '2026-11-21T00:11:32.000Z'],
  ['2026-11-21T02:11:32+0200', '2026-11-21T00:11:32.000Z'],
])('%s is understood', (given, meant) => {
  clock.advance(new Date('2026-11-20T00:00:00Z').getTime() - clock.now().getTime());
  const id = run();
  clock.advance(48 * HOUR);
  report(given);
  expect(lastOf(id)).toBe(meant);
});

test.each([
  [[], 'body must be a json dict'],
  [undefined, 'body must be a json dict'],
  [{}, 'body must contain at least one of `last_activity` or `servers`'],
  [{ servers: [] }, 'servers must be a dict of server names'],
  [{ servers: { '': null } }, "Not a valid timestamp: 'undefined'"],
  [{ servers: { nope: { last_activity: '2026-01-01T00:00:00Z' } } }, "No such server 'nope' for user alice"],
  [{ last_activity: 'garbage' }, "Not a valid timestamp: 'garbage'"],
  [{ last_activity: '2026-13-45T99:99:99Z' }, "Not a valid timestamp: '2026-13-45T99:99:99Z'"],
  [{ last_activity: 12 }, "Not a valid timestamp: 'number'"],
  [{ last_activity: null }, "Not a valid timestamp: 'object'"],
])('%j is refused in JupyterHub\'s words', (body, message) => {
  run();
  expect(() => world.reports.report(world.actor, world.user, body)).toThrow(expect.objectContaining({ code: 'invalid-input', message }));
});

test('a heartbeat is activity now; without a running server there is nobody to be active', () => {
  expect(() => world.reports.heartbeat(world.actor, world.user)).toThrow(expect.objectContaining({ code: 'not-found' }));
  const id = run();
  clock.advance(HOUR);
  world.reports.heartbeat(world.actor, world.user);
  expect(lastOf(id)).toBe(after(HOUR));
  expect(() => world.reports.heartbeat(world.actor, world.user, 'two' as ServerName)).toThrow(expect.objectContaining({ code: 'not-found' }));
});
