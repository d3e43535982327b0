import type { ServerName, UserId, VolumeId } from '../../../hub/domain/ids';
import type { User } from '../../../hub/domain/user';
import { createAudit } from '../../../hub/services/audit';
import { createVolumes, type VolumesDeps } from '../../../hub/services/volumes';
import { openStore } from '../../../hub/store/create-store';
import { createFakeEngine, createFakeSpawner } from '../../../spawner/fake';
import { serverProfile } from '../../../spawner/profiles';
import { createFakeClock } from '../../support/fake-clock';
import { actorOf, addUser, capture, turn } from './servers-support';

const DAY = 86_400_000;
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Real rows and a pretended engine, on a clock that only the test moves. */
function createWorld(change: Partial<VolumesDeps> = {}) {
  const clock = createFakeClock();
  const store = openStore(':memory:', { now: () => clock.now() });
  const engine = createFakeEngine();
  const spawner = createFakeSpawner({ clock, engine });
  const audit = createAudit({ store, clock, log: capture([]), keepMs: 0 });
  const logged: string[] = [];
  const start = () => {
    const volumes = createVolumes({ store, engine: spawner, audit, clock, log: capture(logged), failPoint: () => undefined, image: 'none', binMs: () => 7 * DAY, softQuota: () => 0, measureEveryMs: 0, ...change });
    open.push(() => volumes.close());
    return volumes;
  };
  open.push(async () => {
    audit.close();
    await spawner.close();
    await engine.close();
    store.close();
  });
  const volumes = start();
  const { user: alice } = addUser(store, 'alice');
  const { user: bob } = addUser(store, 'bob');
  const { user: root } = addUser(store, 'root');
  const boss = actorOf({ ...root, admin: true }, ['admin:servers', 'admin:users', 'access:servers']);
  /** A server that was started and stopped again: its volumes exist from then on. */
  const used = async (user: User): Promise<void> => {
    const refs = await volumes.forStart(user.id);
    const server = store.servers.ensure(user.id, '' as ServerName);
    const profile = serverProfile({ image: 'none' });
    const handle = await spawner.start({ server: { id: server.id, name: server.name }, owner: user, profile, volumes: refs, outbound: 'none', prefix: '/', env: {} }, { signal: new AbortController().signal, onEvent: () => undefined, onHandle: () => undefined });
    await spawner.stop(handle, { graceMs: 0 });
  };
  const names = () => [...engine.volumes.keys()].toSorted();
  const active = (user: User) => Object.fromEntries(store.volumes.listOf(user.id).filter(({ state }) => state === 'active').map((volume) => [volume.purpose, volume]));
  return { clock, store, engine, volumes, start, logged, alice, bob, boss, me: actorOf(alice, ['self']), used, names, active };
}

/** The background work of a hub's start, which nobody waits for. */
const settle = async (): Promise<void> => {
  for (let round = 0; round < 5; round++) await turn();
};

test('every user gets one of each purpose, and the same ones again', async () => {
  const { volumes, alice, bob } = createWorld();
  const first = await volumes.forStart(alice.id);
  expect(first.map(({ purpose }) => purpose).toSorted()).toEqual(['cache', 'home', 'workspace']);
  expect(await volumes.forStart(alice.id)).toEqual(first);
  expect(new Set([...first, ...(await volumes.forStart(bob.id))].map(({ id }) => id)).size).toBe(6);
});

test('reset puts a new generation in its place, keeps the old one for seven days, and undo changes them back', async () => {
  const { volumes, alice, me, used, active, clock, store } = createWorld();
  await used(alice);
  const before = active(alice);
  const after = await volumes.reset(me, alice, ['home']);
  const bin = after.volumes.filter(({ state }) => state === 'bin');
  expect(bin).toMatchObject([{ id: before['home']?.id, generation: 1, ends: new Date(clock.now().getTime() + 7 * DAY) }]);
  expect(active(alice)).toMatchObject({ home: { generation: 2 }, workspace: { id: before['workspace']?.id }, cache: { id: before['cache']?.id } });
  await used(alice);
  const second = active(alice)['home']?.id;
  volumes.undo(me, alice, bin[0]?.id as VolumeId);
  expect(active(alice)['home']).toMatchObject({ id: before['home']?.id, generation: 1, binned: null, ends: null });
  expect(store.volumes.byId(second as VolumeId)).toMatchObject({ state: 'bin', generation: 2 });
});

test('a generation that no server ever had is neither kept in the bin nor replaced', async () => {
  const { volumes, alice, me, used, active, store } = createWorld();
  await used(alice);
  const first = active(alice)['home']?.id as VolumeId;
  await volumes.reset(me, alice, ['home']);
  const second = active(alice)['home']?.id;
  await volumes.reset(me, alice, ['home']);
  expect(active(alice)['home']?.id).toBe(second);
  volumes.undo(me, alice, first);
  expect(store.volumes.listOf(alice.id)).toHaveLength(3);
});

test('nothing is reset, put back or handed over while a server of the account runs or is about to', async () => {
  const { volumes, alice, bob, me, boss, used, active, store } = createWorld();
  await used(alice);
  const first = active(alice)['home']?.id as VolumeId;
  await volumes.reset(me, alice, ['home']);
  const record = store.servers.ensure(alice.id, 'second' as ServerName);
  store.servers.transition(record, { kind: 'queued', since: new Date(0) });
  const refused = { code: 'invalid-input', message: expect.stringContaining('alice is running') };
  await expect(volumes.reset(me, alice, ['home'])).rejects.toMatchObject(refused);
  expect(() => volumes.undo(me, alice, first)).toThrow(expect.objectContaining(refused) as Error);
  await expect(volumes.handOver(boss, { from: alice }, bob)).rejects.toMatchObject(refused);
});

test('whoever has no volume yet, and somebody else\'s volume, are not found; what is in use is not in the bin', async () => {
  const { volumes, alice, bob, me, used, active } = createWorld();
  await expect(volumes.reset(me, alice, ['home'])).rejects.toMatchObject({ code: 'not-found' });
  await used(alice);
  await used(bob);
  expect(() => volumes.undo(me, alice, active(bob)['home']?.id as VolumeId)).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
  expect(() => volumes.undo(me, alice, active(alice)['home']?.id as VolumeId)).toThrow(expect.objectContaining({ code: 'invalid-input' }) as Error);
  await expect(volumes.remove(me, alice, active(alice)['home']?.id as VolumeId)).rejects.toMatchObject({ code: 'invalid-input' });
});

test('the bin gives up a volume for good after its time, and not before', async () => {
  const { volumes, alice, me, used, active, clock, names, store } = createWorld();
  await used(alice);
  const old = active(alice)['home']?.id as VolumeId;
  await volumes.reset(me, alice, ['home']);
  clock.advance(7 * DAY - 1);
  await volumes.purgeDue();
  expect(names()).toContain(`fake-${old}`);
  clock.advance(1);
  await volumes.purgeDue();
  expect(names()).not.toContain(`fake-${old}`);
  expect(store.volumes.byId(old)).toBeUndefined();
  expect(store.audit.list({ offset: 0, limit: 1 })).toMatchObject([{ action: 'volume.remove', actor: 'hub' }]);
});

test('what cannot be removed is tried again, and cannot be put back any more', async () => {
  const { volumes, alice, me, used, active, clock, engine, names, store, logged } = createWorld();
  await used(alice);
  const [home, cache] = [active(alice)['home']?.id as VolumeId, active(alice)['cache']?.id as VolumeId];
  await volumes.reset(me, alice, ['home', 'cache']);
  engine.reachable = false;
  clock.advance(8 * DAY);
  // The first one only joins the look that the clock set off days ago.
  await volumes.purgeDue();
  await volumes.purgeDue();
  expect(store.volumes.byId(home)).toMatchObject({ state: 'removing' });
  expect(logged).toContain('a volume whose time is over could not be removed; it is tried again later');
  expect(() => volumes.undo(me, alice, home)).toThrow('is being removed already');
  engine.reachable = true;
  await volumes.purgeDue();
  expect(names().filter((name) => [`fake-${home}`, `fake-${cache}`].includes(name))).toEqual([]);
});

test('one that is put back while others are removed before it keeps its files', async () => {
  const { volumes, alice, me, used, active, clock, names } = createWorld({});
  await used(alice);
  const [home, cache] = [active(alice)['home']?.id as VolumeId, active(alice)['cache']?.id as VolumeId];
  await volumes.reset(me, alice, ['home']);
  clock.advance(1);
  await volumes.reset(me, alice, ['cache']);
  clock.jumpWall(8 * DAY);
  // The first removal is under way; the second one was chosen already.
  const purging = volumes.purgeDue();
  volumes.undo(me, alice, cache);
  await purging;
  expect(names()).toContain(`fake-${cache}`);
  expect(names()).not.toContain(`fake-${home}`);
});

test('R09: a rename moves nothing', async () => {
  const { volumes, alice, used, store } = createWorld();
  await used(alice);
  const before = await volumes.forStart(alice.id);
  store.users.update(alice.id, { name: 'alicia' as User['name'] });
  expect(await volumes.forStart(alice.id)).toEqual(before);
});

test('handing over changes the owner and nothing in the engine; what was in the way goes to the bin, and can come back', async () => {
  const { volumes, alice, bob, boss, me, used, active, names, store } = createWorld();
  await used(alice);
  await used(bob);
  const [hers, his, before] = [active(alice), active(bob), names()];
  await expect(volumes.handOver(me, { from: alice }, bob)).rejects.toMatchObject({ code: 'forbidden' });
  const report = await volumes.handOver(boss, { from: alice }, bob);
  expect(active(bob)['home']).toMatchObject({ id: hers['home']?.id, generation: 2 });
  expect(report.volumes.filter(({ state }) => state === 'bin').map(({ id }) => id).toSorted()).toEqual(Object.values(his).map(({ id }) => id).toSorted());
  expect([active(alice), names()]).toEqual([{}, before]);
  volumes.undo(boss, bob, his['home']?.id as VolumeId);
  expect(active(bob)['home']?.id).toBe(his['home']?.id);
  // The labels still say for whom it was made; whoever that was gets a new one all the same.
  expect((await volumes.forStart(alice.id)).map(({ id }) => id)).not.toContain(hers['home']?.id);
  expect(store.volumes.listOf(alice.id)).toHaveLength(3);
});

test('A19: what a deleted account left is nobody\'s until an administrator gives it to somebody', async () => {
  const { volumes, alice, bob, boss, used, active, store, names } = createWorld();
  await used(alice);
  const kept = active(alice)['home']?.id as VolumeId;
  store.users.remove(alice.id);
  const { user: again } = addUser(store, 'alice');
  expect((await volumes.forStart(again.id)).map(({ id }) => id)).not.toContain(kept);
  expect(volumes.leftBehind(boss)).toHaveLength(3);
  expect(volumes.leftBehind(boss).find(({ id }) => id === kept)).toMatchObject({ former: 'alice', purpose: 'home' });
  await volumes.handOver(boss, { volumes: [kept] }, bob);
  expect(active(bob)['home']?.id).toBe(kept);
  expect(volumes.leftBehind(boss)).toHaveLength(2);
  expect(names()).toContain(`fake-${kept}`);
});

test('volumes from before the hub kept records become the first generation, at boot or at the first start', async () => {
  const { start, alice, bob, engine, active, volumes, store } = createWorld();
  for (const user of [alice, bob]) engine.volumes.set(`jupyterlab-${user.name}_home`, { id: null, owner: user.id, purpose: 'home', bytes: 1 });
  expect((await volumes.forStart(alice.id)).find(({ purpose }) => purpose === 'home')).toMatchObject({ name: 'jupyterlab-alice_home' });
  start();
  await settle();
  expect(active(bob)['home']).toMatchObject({ name: 'jupyterlab-bob_home', generation: 1, lastUsed: null });
  expect(store.volumes.listOf(alice.id)).toHaveLength(3);
});

test('a volume that an older database does not know is not lost: it lies in the bin until somebody decides', async () => {
  const { volumes, alice, used, active, store, clock, names } = createWorld();
  await used(alice);
  const known = active(alice)['home']?.id as VolumeId;
  store.volumes.forget(known);
  await volumes.forStart(alice.id);
  expect(active(alice)['home']?.id).toBe(known);
  // With one in its place already.
  store.volumes.forget(known);
  const id = '00000000-0000-4000-8000-000000000000' as VolumeId;
  store.volumes.add({ ...(active(alice)['cache'] as never as Record<string, never>), id, purpose: 'home', state: 'active' } as never);
  await volumes.measure();
  expect(store.volumes.byId(known)).toMatchObject({ state: 'bin', ends: null });
  clock.advance(365 * DAY);
  await volumes.purgeDue();
  expect(names()).toContain(`fake-${known}`);
});

test('sizes come from the engine in the background, and a soft quota warns with them', async () => {
  const { volumes, alice, me, used } = createWorld({ softQuota: () => 10_000 });
  await used(alice);
  expect(volumes.report(me, alice)).toMatchObject({ bytes: 0, over: false, volumes: [{ bytes: null, measured: null }, {}, {}] });
  await volumes.measure();
  expect(volumes.report(me, alice)).toMatchObject({ bytes: 3 * 4096, over: true, softQuota: 10_000 });
  expect(volumes.row()).toMatchObject({ ok: false, level: 'advice', detail: '1 account holds more than 9.8 KiB (volume.softQuota), which only warns: alice (12.0 KiB).' });
});

test('an engine that hangs keeps nobody waiting for sizes', async () => {
  const { volumes, alice, me, used, clock, engine } = createWorld();
  await used(alice);
  engine.reachable = false;
  const measuring = volumes.measure();
  expect(volumes.report(me, alice).volumes).toHaveLength(3);
  clock.advance(600_000);
  await measuring;
});

test('deleting an account with its files removes every generation, the bin included', async () => {
  const { volumes, alice, bob, me, used, names, store } = createWorld();
  await used(alice);
  await used(bob);
  await volumes.reset(me, alice, ['home', 'workspace']);
  await used(alice);
  await volumes.removeAllOf(alice.id);
  expect(names()).toEqual(store.volumes.listOf(bob.id).map(({ id }) => `fake-${id}`).toSorted());
  expect(store.volumes.listOf(alice.id)).toEqual([]);
});

test('whose volumes somebody may see, reset and read is decided by scopes', async () => {
  const { volumes, alice, bob, used } = createWorld();
  await used(alice);
  const few = actorOf(alice, ['read:users!user']);
  const manager = actorOf(bob, ['read:servers', 'delete:servers', 'access:servers']);
  const signal = new AbortController().signal;
  for (const actor of [few, manager]) {
    expect(() => volumes.report(actor, alice)).toThrow(expect.objectContaining({ code: 'forbidden' }) as Error);
    await expect(volumes.reset(actor, alice, ['home'])).rejects.toMatchObject({ code: 'forbidden' });
    await expect(volumes.download(actor, alice, undefined, signal)).rejects.toMatchObject({ code: 'forbidden' });
  }
  const stranger = actorOf(bob, ['self']);
  expect(() => volumes.report(stranger, alice)).toThrow();
});

test('a download is recorded, its owner sees who read the files, and only a few go on at a time', async () => {
  const { volumes, alice, boss, me, used, store } = createWorld();
  await used(alice);
  const signal = new AbortController().signal;
  const first = await volumes.download(boss, alice, undefined, signal);
  expect(first.fileName).toBe('alice-files-2026-01-05.tar');
  expect(store.visits.toServersOf(alice.id as UserId)).toMatchObject([{ visitor: 'root' }]);
  const second = await volumes.download(me, alice, undefined, signal);
  await expect(volumes.download(me, alice, undefined, signal)).rejects.toMatchObject({ code: 'rate-limited' });
  first.stream.destroy();
  await new Promise((resolve) => first.stream.once('close', resolve));
  const third = await volumes.download(me, alice, undefined, signal);
  for (const { stream } of [second, third]) stream.destroy();
});
