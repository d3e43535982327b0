import { createMaintenance, type MaintenanceService } from '../../../hub/services/maintenance';
import { createAudit } from '../../../hub/services/audit';
import type { ServerRecord } from '../../../hub/domain/server';
import { actorOf, capture, cleanUp, createWorld, MAIN, turn, type World, type WorldOptions } from './servers-support';

cleanUp();

const MINUTE = 60_000;

interface Site {
  readonly world: World;
  readonly maintenance: MaintenanceService;
  readonly told: { readonly message: string; readonly labs: number }[];
  readonly boss: ReturnType<typeof actorOf>;
  /** The hub dies and comes back. */
  restart(opts?: WorldOptions): Promise<Site>;
}

const open: (() => void)[] = [];
afterEach(() => open.splice(0).forEach((close) => close()));

function site(make: (opts: WorldOptions) => World, opts: WorldOptions = {}): Omit<Site, 'boss'> {
  let maintenance: MaintenanceService | undefined;
  const gate = { isClosed: () => maintenance?.gate.isClosed() === true, demand: (actor: Parameters<MaintenanceService['gate']['demand']>[0]) => maintenance?.gate.demand(actor) };
  const world = make({ ...opts, deps: { ...opts.deps, maintenance: gate } });
  const told: Site['told'] = [];
  const audit = createAudit({ store: world.store, clock: world.clock, log: capture([]), keepMs: 0 });
  const tellLabs = (records: readonly ServerRecord[], message: string): Promise<number> => {
    told.push({ message, labs: records.length });
    return Promise.resolve(records.length);
  };
  const made = createMaintenance({ store: world.store, clock: world.clock, log: capture([]), audit, servers: world.servers, tellLabs });
  maintenance = made;
  open.push(() => made.close());
  made.resume();
  const restart = async (again: WorldOptions = opts): Promise<Site> => {
    made.close();
    const next = site((o) => world.restart(o), again);
    await next.world.settled(next.world.servers.reconcile());
    return withBoss(next);
  };
  return { world, maintenance: made, told, restart };
}

const withBoss = (made: ReturnType<typeof site>): Site => {
  const known = made.world.store.users.byName('boss' as never);
  const boss = actorOf(known ?? made.world.addUser('boss').user, ['shutdown', 'admin:servers']);
  return { ...made, boss };
};
const createSite = (opts: WorldOptions = {}): Site => withBoss(site(createWorld, opts));

const at = ({ world }: Site, minutes: number): Date => new Date(world.clock.now().getTime() + minutes * MINUTE);
const announce = (where: Site, minutes: number, until: number | null = null) => where.maintenance.announce(where.boss, { from: at(where, minutes), until: until === null ? null : at(where, until), message: 'New disks.' });
const people = (where: Site, n: number) => Array.from({ length: n }, (_, i) => where.world.addUser(`user${i}`));
type Person = ReturnType<World['addUser']>;
const start = ({ world }: Site, who: Person) => world.servers.start(who.actor, who.user, MAIN, {});
const kinds = ({ world }: Site, who: readonly Person[]): readonly string[] => who.map(({ user }) => world.stateOf(user).kind);
const phase = ({ maintenance }: Site): string | undefined => maintenance.get()?.phase;
const actions = ({ world }: Site): readonly string[] => world.store.audit.list({ offset: 0, limit: 100 }).map(({ action }) => action).filter((action) => action.startsWith('maintenance.')).reverse();

async function running(where: Site, n: number): Promise<readonly Person[]> {
  const who = people(where, n);
  await where.world.settled(Promise.all(who.map((one) => start(where, one).settled)));
  return who;
}

test('people are told, starts are refused from ten minutes before, and at the time every server is stopped', async () => {
  const where = createSite();
  const who = await running(where, 3);
  const late = where.world.addUser('late');
  announce(where, 61);
  expect([phase(where), where.maintenance.gate.isClosed()]).toEqual(['announced', false]);
  expect(where.maintenance.notice()).toMatchObject({ phase: 'announced', message: 'New disks.' });
  where.world.clock.advance(52 * MINUTE);
  expect(phase(where)).toBe('closing');
  expect(() => start(where, late)).toThrow(/Maintenance begins at 2026-01-05 09:01 UTC: no server is started any more. New disks./);
  where.world.clock.advance(8 * MINUTE);
  expect(kinds(where, who)).toEqual(['ready', 'ready', 'ready']);
  where.world.clock.advance(2 * MINUTE);
  await where.world.until(() => kinds(where, who).every((kind) => kind === 'stopped'));
  await where.world.until(() => where.maintenance.get()?.servers.stopped === 3);
  expect(() => start(where, late)).toThrow(/under maintenance/);
  expect(where.told.map(({ message, labs }) => `${labs} ${/from|in \d+ min/.exec(message)?.[0]}`)).toEqual(['3 from', '3 in 60 min', '3 in 10 min', '3 in 5 min', '3 in 1 min']);
  expect(where.world.stateOf(who[0]?.user as Person['user'])).toMatchObject({ reason: 'It was stopped for maintenance.' });
  expect(actions(where)).toEqual(['maintenance.announce', 'maintenance.begin']);
});

test('nobody but administrators restarts or recreates a server from ten minutes before: it would not come back', async () => {
  const where = createSite();
  const [alice] = await running(where, 1) as [Person];
  const { servers } = where.world;
  const again = actorOf(alice.user, ['self', 'admin:servers']);
  announce(where, 15);
  await where.world.settled(servers.restart(alice.actor, alice.user, MAIN).settled);
  where.world.clock.advance(6 * MINUTE);
  for (const verb of ['restart', 'recreate'] as const) expect(() => servers[verb](alice.actor, alice.user, MAIN, {})).toThrow(/Maintenance begins at .* no server is started any more/);
  expect(kinds(where, [alice])).toEqual(['ready']);
  await where.world.settled(servers.restart(again, alice.user, MAIN).settled);
  await where.world.settled(servers.recreate(again, alice.user, MAIN, {}).settled);
  expect(kinds(where, [alice])).toEqual(['ready']);
  where.world.clock.advance(10 * MINUTE);
  await where.world.until(() => where.maintenance.get()?.servers.stopped === 1);
  await where.world.settled(servers.start(again, alice.user, MAIN, {}).settled);
  for (const verb of ['restart', 'recreate'] as const) expect(() => servers[verb](alice.actor, alice.user, MAIN, {})).toThrow(/under maintenance/);
  expect(kinds(where, [alice])).toEqual(['ready']);
});

test('what ran is started again with one verb, respecting the cap, and what did not run is not', async () => {
  const where = createSite({ deps: { cap: 2 } });
  const who = people(where, 4);
  const [a, b, c] = who as [Person, Person, Person, Person];
  await where.world.settled(Promise.all([a, b].map((one) => start(where, one).settled)));
  announce(where, 0);
  await where.world.until(() => where.maintenance.get()?.servers.stopped === 2);
  expect(() => where.maintenance.restore(where.boss)).toThrow(/End it first/);
  where.maintenance.end(where.boss);
  expect([phase(where), kinds(where, who)]).toEqual(['over', ['stopped', 'stopped', 'stopped', 'stopped']]);
  await where.world.settled(start(where, c).settled);
  where.maintenance.restore(where.boss);
  await where.world.until(() => kinds(where, who).filter((kind) => kind === 'ready').length === 2);
  expect([...kinds(where, who)].sort()).toEqual(['queued', 'ready', 'ready', 'stopped']);
  expect(where.maintenance.get()?.servers).toEqual({ stopping: 0, stopped: 0, starting: 0, started: 2, refused: 0 });
  where.maintenance.restore(where.boss);
  expect(actions(where)).toEqual(['maintenance.announce', 'maintenance.begin', 'maintenance.end', 'maintenance.restore', 'maintenance.restore']);
});

test('who waits in line keeps the place through a maintenance, and administrators alone start servers in it', async () => {
  const where = createSite({ deps: { cap: 1 } });
  const [a, b] = people(where, 2) as [Person, Person];
  await where.world.settled(start(where, a).settled);
  start(where, b);
  announce(where, 0);
  await where.world.until(() => where.maintenance.get()?.servers.stopped === 1);
  expect(kinds(where, [a, b])).toEqual(['stopped', 'queued']);
  const own = where.world.store.users.byName('boss' as never);
  if (own === undefined) throw new Error('nobody there');
  const { settled } = where.world.servers.start(where.boss, own, MAIN, {});
  await where.world.settled(settled);
  expect(where.world.stateOf(own).kind).toBe('ready');
  await where.world.settled(where.world.servers.stop(where.boss, own, MAIN).settled);
  expect(kinds(where, [b])).toEqual(['queued']);
  where.maintenance.end(where.boss);
  await where.world.until(() => kinds(where, [b])[0] === 'ready');
});

describe('a restart of the hub', () => {
  test('before the time: the announcement stays and comes true', async () => {
    const before = createSite();
    const who = await running(before, 2);
    announce(before, 30);
    const after = await before.restart();
    expect(phase(after)).toBe('announced');
    after.world.clock.advance(31 * MINUTE);
    await after.world.until(() => kinds(after, who).every((kind) => kind === 'stopped'));
  });

  test('while servers are stopped: the rest is stopped, and none that an administrator started meanwhile', async () => {
    const before = createSite();
    const who = await running(before, 6);
    announce(before, 0);
    // Four at a time: the hub dies before it came to the last ones.
    await turn();
    const after = await before.restart();
    await after.world.until(() => after.maintenance.get()?.servers.stopped === 6, 100);
    expect(new Set(kinds(after, who))).toEqual(new Set(['stopped']));
    const own = after.world.store.users.byName('boss' as never) as Person['user'];
    await after.world.settled(after.world.servers.start(after.boss, own, MAIN, {}).settled);
    const again = await after.restart();
    again.world.clock.advance(MINUTE);
    await turn();
    expect([phase(again), again.world.stateOf(own).kind]).toEqual(['active', 'ready']);
  });

  test('after it: what ran can still be started again, also by a hub that died while it did so', async () => {
    const before = createSite();
    const who = await running(before, 3);
    announce(before, 0);
    await before.world.until(() => before.maintenance.get()?.servers.stopped === 3);
    before.maintenance.end(before.boss);
    const after = await before.restart();
    expect(phase(after)).toBe('over');
    // As a hub leaves it that died between the wish and the deed.
    for (const { server } of after.world.store.maintenance.kept()) after.world.store.maintenance.mark(server, 'wanted');
    const again = await after.restart();
    await again.world.until(() => kinds(again, who).every((kind) => kind === 'ready'));
    expect(again.maintenance.get()?.servers.started).toBe(3);
  });

  test('that slept through the whole time stops nobody', async () => {
    const before = createSite();
    const who = await running(before, 1);
    announce(before, 30, 60);
    before.maintenance.close();
    before.world.clock.advance(120 * MINUTE);
    const after = await before.restart();
    await turn();
    expect([phase(after), kinds(after, who), actions(after).at(-1)]).toEqual([undefined, ['ready'], 'maintenance.missed']);
  });
});

describe('M18: a clock that jumps', () => {
  test('to the time and back within a minute stops nobody', async () => {
    const where = createSite();
    const who = await running(where, 1);
    announce(where, 120);
    where.world.clock.jumpWall(180 * MINUTE);
    where.world.clock.advance(30_000);
    where.world.clock.jumpWall(-180 * MINUTE);
    where.world.clock.advance(10 * MINUTE);
    await turn();
    expect([phase(where), kinds(where, who)]).toEqual(['announced', ['ready']]);
  });

  test('to the time and stays there is believed after a minute', async () => {
    const where = createSite();
    const who = await running(where, 1);
    announce(where, 120);
    where.world.clock.jumpWall(180 * MINUTE);
    where.world.clock.advance(50_000);
    expect(phase(where)).toBe('closing');
    where.world.clock.advance(20_000);
    await where.world.until(() => kinds(where, who)[0] === 'stopped');
  });

  test('back after it began does not take it back', async () => {
    const where = createSite();
    await running(where, 1);
    announce(where, 0);
    await where.world.until(() => where.maintenance.get()?.servers.stopped === 1);
    where.world.clock.jumpWall(-600 * MINUTE);
    where.world.clock.advance(2 * MINUTE);
    expect(phase(where)).toBe('active');
  });
});

test('only those with the scope announce and end, nonsense is refused, and an announcement can be taken back', () => {
  const where = createSite();
  const { actor } = where.world.addUser('alice');
  expect(() => where.maintenance.announce(actor, { from: at(where, 1), until: null, message: '' })).toThrow(/shutdown/);
  expect(() => where.maintenance.end(actor)).toThrow(/shutdown/);
  expect(() => where.maintenance.restore(actor)).toThrow(/shutdown/);
  expect(() => announce(where, 600_000)).toThrow('within a year');
  expect(() => announce(where, -6)).toThrow('does not begin in the past');
  expect(() => announce(where, 60, 30)).toThrow('ends after it began');
  expect(() => where.maintenance.restore(where.boss)).toThrow('There was no maintenance.');
  announce(where, 5);
  expect(where.maintenance.gate.isClosed()).toBe(true);
  where.maintenance.end(where.boss);
  expect([phase(where), where.maintenance.notice(), where.maintenance.gate.isClosed()]).toEqual([undefined, null, false]);
  expect(actions(where)).toEqual(['maintenance.announce', 'maintenance.cancel']);
});
