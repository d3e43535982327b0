import { HubError } from '../../hub/domain/errors';
import { leftOf } from '../support/docker-sweep';
import { hubLives, type LivingHub } from '../support/killed-hubs';
import { eventually } from '../support/test-engine';

jest.setTimeout(180_000);

/** Accounts that nothing happened to yet, one for each kill. */
const people = Array.from({ length: 60 }, (_, i) => `user${i}`);
const lives = hubLives({ networkPool: '10.222.0.0/20', users: [...people] });
afterAll(() => lives.close());

/** What is there besides the volumes that everybody shares. */
const left = async (): Promise<readonly string[]> => (await leftOf(lives.run)).filter((name) => !name.includes('shared'));

interface Server {
  readonly ready: boolean;
  readonly stopped: boolean;
  readonly pending: string | null;
}

const serverOf = (hub: LivingHub, user: string): Promise<Server> => hub.ask<Server>('GET', `users/${user}/server`);

async function started(hub: LivingHub, user: string): Promise<void> {
  await hub.ask('POST', `users/${user}/server`);
  await eventually('it is ready', async () => (await serverOf(hub, user)).ready, 30_000);
}

/** The hub is killed in the middle of it, so the connection ends: that is no failure of the test. */
async function untilKilled(hub: LivingHub, work: Promise<unknown>): Promise<void> {
  const cut = await work.then(() => null, (err: unknown) => err);
  if (cut !== null) expect(cut).toBeInstanceOf(HubError);
  expect(await hub.ended).toBe('SIGKILL');
}

/** Whole again: a server that is served, or nothing at all. */
async function settled(hub: LivingHub, user: string): Promise<Server> {
  await eventually('the server is adopted or cleaned away within 15 s', async () => {
    const { pending, ready } = await serverOf(hub, user);
    const things = await left();
    return pending === null && things.length === (ready ? 2 : 0);
  }, 15_000);
  return serverOf(hub, user);
}

async function usable(hub: LivingHub, user: string): Promise<void> {
  const { ready } = await serverOf(hub, user);
  if (!ready) await started(hub, user);
  // One container and its network: never a second one.
  expect(await left()).toHaveLength(2);
  await hub.ask('DELETE', `users/${user}/server`);
  await eventually('nothing is left', async () => (await left()).length === 0);
}

function person(): string {
  const user = people.pop();
  if (user === undefined) throw new Error('there are not enough accounts');
  return user;
}

const TIMES = 5;

test.each([
  'spawn.after-claim', 'spawn.after-handle', 'spawn.after-volumes', 'spawn.after-network', 'spawn.after-create', 'spawn.after-start', 'spawn.after-answer', 'spawn.after-ready',
])(`N01: a hub that is killed at %s, ${TIMES} times, comes back to a server that is served or to nothing, and its user can start at once`, async (point) => {
  for (let time = 0; time < TIMES; time += 1) {
    const user = person();
    const hub = await lives.boot(`${point}:kill`);
    await untilKilled(hub, hub.ask('POST', `users/${user}/server`));
    const next = await lives.boot();
    await settled(next, user);
    await usable(next, user);
    await next.kill9();
  }
});

test.each([
  ['DELETE', 'server', 'stop.after-claim'], ['DELETE', 'server', 'stop.after-remove'],
  ['POST', 'restart-server', 'restart.after-claim'], ['POST', 'restart-server', 'restart.after-restart'],
  ['POST', 'server/recreate', 'stop.after-claim'], ['POST', 'server/recreate', 'stop.after-remove'],
])('N02: a hub that is killed in %s %s at %s finishes it or takes it back, and its user can start at once', async (method, verb, point) => {
  const user = person();
  const hub = await lives.boot(`${point}:kill`);
  await started(hub, user);
  await untilKilled(hub, hub.ask(method, `users/${user}/${verb}`));
  const next = await lives.boot();
  await settled(next, user);
  await usable(next, user);
  await next.kill9();
});

test.each(['delete.after-disable', 'delete.after-stop', 'delete.after-volumes'])('N02: a hub that is killed at %s leaves an account that can be deleted again, and nothing of its server', async (point) => {
  const user = person();
  const hub = await lives.boot(`${point}:kill`);
  await started(hub, user);
  await untilKilled(hub, hub.ask('DELETE', `users/${user}?volumes=remove`));
  const next = await lives.boot();
  await eventually('what is left is a server that is served, or nothing', async () => {
    const { pending, ready } = await serverOf(next, user);
    return pending === null && (await left()).length === (ready ? 2 : 0);
  }, 15_000);
  await next.ask('DELETE', `users/${user}?volumes=remove`);
  expect(await left()).toEqual([]);
  await expect(next.ask('GET', `users/${user}`)).rejects.toMatchObject({ code: 'not-found' });
  await next.kill9();
});

test.each([['rename.before-commit', false], ['rename.after-commit', true]] as const)('N02: a hub that is killed at %s has renamed the account, or not at all', async (point, done) => {
  const user = person();
  const hub = await lives.boot(`${point}:kill`);
  await untilKilled(hub, hub.ask('PATCH', `users/${user}`, { name: `${user}-new` }));
  const next = await lives.boot();
  const now = done ? `${user}-new` : user;
  const before = done ? user : `${user}-new`;
  await expect(next.ask('GET', `users/${now}`)).resolves.toMatchObject({ name: now });
  await expect(next.ask('GET', `users/${before}`)).rejects.toMatchObject({ code: 'not-found' });
  await usable(next, now);
  await next.kill9();
});
