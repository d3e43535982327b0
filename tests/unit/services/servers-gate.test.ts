import { HubError } from '../../../hub/domain/errors';
import type { StartGate } from '../../../hub/services/health';
import { cleanUp, createWorld, MAIN } from './servers-support';

cleanUp();
const closed = (): never => {
  throw new HubError('unavailable', 'Servers cannot be started now: a server could reach this machine.', { retryAfterSeconds: 60 });
};
/** A gate that a test opens and closes. */
function gate(): StartGate & { open: boolean } {
  const it = { open: true, demand: (): void => (it.open ? undefined : closed()), passed: async (): Promise<void> => it.demand() };
  return it;
}

test('J23: a start is refused with the reason, and leaves no trace of itself', () => {
  const door = gate();
  const { servers, addUser, stateOf, store } = createWorld({ deps: { gate: door } });
  const { user, actor } = addUser('alice');
  door.open = false;
  expect(() => servers.start(actor, user, MAIN, {})).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 60, message: expect.stringContaining('could reach this machine') }));
  expect(stateOf(user).kind).toBe('stopped');
  expect(store.audit.list({ offset: 0, limit: 10 })).toEqual([]);
});

test('J23: a server that runs goes on, and asking for it again is no start', async () => {
  const door = gate();
  const world = createWorld({ deps: { gate: door } });
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  door.open = false;
  expect(world.servers.start(actor, user, MAIN, {})).toMatchObject({ claimed: false, record: { state: { kind: 'ready' } } });
});

test('J23: who waited in line meets the gate when the turn comes', async () => {
  const door = gate();
  const world = createWorld({ deps: { gate: door, cap: 1 } });
  const [alice, bob] = [world.addUser('alice'), world.addUser('bob')];
  await world.settled(world.servers.start(alice.actor, alice.user, MAIN, {}).settled);
  const waiting = world.servers.start(bob.actor, bob.user, MAIN, {});
  expect(waiting.record.state.kind).toBe('queued');
  door.open = false;
  world.servers.stop(alice.actor, alice.user, MAIN);
  await world.settled(waiting.settled);
  expect(world.stateOf(bob.user)).toMatchObject({ kind: 'failed', message: expect.stringContaining('could reach this machine') });
  expect(world.spawner.started).toHaveLength(1);
});
