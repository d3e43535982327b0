import type { OfferedProfile } from '../../../hub/domain/profile';
import { HubError } from '../../../hub/domain/errors';
import { LAYOUTS } from '../../../hub/domain/layouts';
import { MAIN, LAB, cleanUp, createWorld, idOf, readAlong, type World, type WorldOptions } from './servers-support';

cleanUp();

const OPEN: OfferedProfile = { ...LAB, mode: 'auto', layout: 'auto', argv: null };

const offering = (profile: OfferedProfile, more: Partial<WorldOptions> = {}): WorldOptions => ({
  deps: { profiles: [profile] },
  override: () => ({ describeImage: async () => ({ mode: 'singleuser', layout: LAYOUTS.lab }) }),
  ...more,
});

async function startIn(world: World) {
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  return { user, actor, id: idOf(world, user) };
}

test('a profile that leaves mode and layout open gets those of its image, in its variables and its route too', async () => {
  const world = createWorld(offering(OPEN));
  const { user, id } = await startIn(world);
  expect(world.stateOf(user).kind).toBe('ready');
  expect(world.spawner.started[0]?.profile).toMatchObject({ mode: 'singleuser', layout: LAYOUTS.lab, argv: [] });
  expect(world.spawner.started[0]?.env).toMatchObject({ HOME: '/home/lab' });
  expect(world.spawner.started[0]?.env['JUPYTER_TOKEN']).toBeUndefined();
  expect(world.routes.list()[0]?.upstream).toEqual({ kind: 'singleuser' });
  expect(world.servers.modeOf(id)).toBe('singleuser');
});

test('an image that says nothing is let in by the hub', async () => {
  const world = createWorld({ deps: { profiles: [OPEN] } });
  await startIn(world);
  expect(world.spawner.described).toEqual(['test']);
  expect(world.spawner.started[0]?.profile).toMatchObject({ mode: 'injected', layout: LAYOUTS.jovyan, argv: LAB.argv });
});

test('a profile that says mode and layout asks its image nothing', async () => {
  const world = createWorld({ deps: { profiles: [{ ...OPEN, mode: 'singleuser', layout: LAYOUTS.jovyan }] } });
  await startIn(world);
  expect(world.spawner.described).toEqual([]);
  expect(world.spawner.started[0]?.profile).toMatchObject({ mode: 'singleuser', argv: ['jupyterhub-singleuser'] });
});

test('a restarted hub knows the mode from the server itself, whatever its profile says by now', async () => {
  const world = createWorld(offering(OPEN));
  const { id } = await startIn(world);
  const after = world.restart({ deps: { profiles: [{ ...OPEN, mode: 'injected' }] } });
  await after.settled(after.servers.reconcile());
  expect(after.routes.list()[0]?.upstream).toEqual({ kind: 'singleuser' });
  expect(after.servers.modeOf(id)).toBe('singleuser');
  expect(after.spawner.described).toEqual([]);
});

test('a server of a hub that noted no mode has that of its profile, else the hub lets visitors in', async () => {
  for (const [mode, kind] of [['auto', 'injected'], ['singleuser', 'singleuser']] as const) {
    const world = createWorld();
    await startIn(world);
    const after = world.restart({ deps: { profiles: [{ ...OPEN, slug: LAB.slug, mode }] }, override: (fake) => ({ inspect: async (handle) => ({ ...(await fake.inspect(handle)), mode: null }) as never }) });
    await after.settled(after.servers.reconcile());
    expect(after.routes.list()[0]?.upstream.kind).toBe(kind);
  }
});

test('fetching an image to ask it is shown as progress, and is part of the start: it may be cancelled', async () => {
  const world = createWorld(offering(OPEN, {
    override: () => ({
      describeImage: (image, { onEvent, signal }) => {
        onEvent({ kind: 'pulling', image, receivedBytes: 7, totalBytes: 10 });
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
      },
    }),
  }));
  const { user, actor } = world.addUser('alice');
  const { settled } = world.servers.start(actor, user, MAIN, {});
  const { events } = readAlong(world.servers.follow(actor, user, MAIN, new AbortController().signal));
  await world.until(() => events.some((event) => event.kind === 'stage' && event.stage.kind === 'pulling'));
  await world.settled(Promise.all([settled, world.servers.stop(actor, user, MAIN).settled]));
  expect(world.stateOf(user).kind).toBe('stopped');
  expect(world.spawner.started).toEqual([]);
});

test('an image that cannot be had is a failed start with its reason, and the mode of a stopped server is nobody\'s', async () => {
  const world = createWorld(offering(OPEN, { override: () => ({ describeImage: async () => Promise.reject(new HubError('spawn-failed', 'The image test is not on this machine.')) }) }));
  const { user, id } = await startIn(world);
  expect(world.stateOf(user)).toMatchObject({ kind: 'failed', message: 'The image test is not on this machine.' });
  expect(world.servers.modeOf(id)).toBeUndefined();
});
