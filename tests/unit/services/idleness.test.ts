import type { Actor } from '../../../hub/domain/access';
import type { IdleLimits } from '../../../hub/domain/idleness';
import type { User } from '../../../hub/domain/user';
import { createAudit } from '../../../hub/services/audit';
import { createIdleness, type IdlenessDeps } from '../../../hub/services/idleness';
import type { LabReport } from '../../../hub/services/idle-watch';
import { capture, cleanUp, createWorld, idOf, MAIN, turn, type World } from './servers-support';

cleanUp();

const MIN = 60_000;
const HOUR = 60 * MIN;
const LIMITS: IdleLimits = { idleMs: 4 * HOUR, maxAgeMs: null, idleFrom: 'setting', maxAgeFrom: 'setting' };
const NOTHING: LabReport = { kernels: [], terminals: [] };
const kernel = (busy: boolean, quietMs: number | null = null): LabReport => ({ kernels: [{ id: 'k', name: 'python3', busy, path: 'train.ipynb', quietMs }], terminals: [] });

interface Set {
  readonly world: World;
  readonly user: User;
  readonly actor: Actor;
  readonly idleness: ReturnType<typeof createIdleness>;
  readonly told: string[];
  /** How often the server was asked. */
  readonly asked: () => number;
  readonly use: () => void;
  readonly pass: (ms: number) => Promise<void>;
  readonly close: () => void;
  readonly sentence: () => string | undefined;
}

async function setUp(report: () => Promise<LabReport> = async () => NOTHING, change: Partial<IdlenessDeps> & { readonly limits?: Partial<IdleLimits> } = {}): Promise<Set> {
  const world = createWorld();
  const { user, actor } = world.addUser('alice');
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  const { limits, ...deps } = change;
  const told: string[] = [];
  let asked = 0;
  const audit = createAudit({ store: world.store, clock: world.clock, log: capture([]), keepMs: 0 });
  const idleness = createIdleness({
    store: world.store, audit, servers: world.servers, clock: world.clock, log: capture(world.logged), limitsOf: () => () => ({ ...LIMITS, ...limits }), busyCpus: 0.2, maxLeaseMs: 24 * HOUR, warnMs: 15 * MIN,
    ask: () => {
      asked += 1;
      return report();
    },
    tell: async (_record, message) => told.push(message) > 0,
    ...deps,
  });
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= MIN) {
      world.clock.advance(Math.min(left, MIN));
      for (let i = 0; i < 12; i++) await turn();
    }
  };
  const close = (): void => {
    idleness.close();
    audit.close();
  };
  return { world, user, actor, idleness, told, asked: () => asked, use: () => idleness.used(idOf(world, user), 10), pass, close, sentence: () => idleness.glance(actor, user, MAIN)?.sentence };
}

const kindOf = ({ world, user }: Set): string => world.stateOf(user).kind;

test('M14: a server that nobody used for the whole limit is stopped, and says which rule fired', async () => {
  const set = await setUp();
  set.use();
  await set.pass(4 * HOUR - 2 * MIN);
  expect(kindOf(set)).toBe('ready');
  await set.pass(4 * MIN);
  await set.world.until(() => kindOf(set) === 'stopped');
  expect(set.world.stateOf(set.user)).toMatchObject({ reason: expect.stringMatching(/^It reached its idle limit of 4h: no cell, no typing since \d\d:\d\d UTC\.$/) });
  set.close();
});

test('M14: typing through the proxy keeps a server, for one more limit each time', async () => {
  const set = await setUp();
  for (let i = 0; i < 3; i++) {
    await set.pass(3 * HOUR);
    set.use();
  }
  expect(kindOf(set)).toBe('ready');
  await set.pass(5 * HOUR);
  await set.world.until(() => kindOf(set) === 'stopped');
  set.close();
});

test('M14: a running cell keeps a server that nobody looks at, and is named with how long it runs', async () => {
  let busy = true;
  const set = await setUp(async () => kernel(busy));
  await set.pass(9 * HOUR);
  expect(set.sentence()).toMatch(/^Kept: a cell has been running in train\.ipynb for 8 h (?:49|5\d) min$/);
  busy = false;
  await set.pass(3 * HOUR);
  expect(kindOf(set)).toBe('ready');
  await set.pass(2 * HOUR);
  await set.world.until(() => kindOf(set) === 'stopped');
  set.close();
});

test('M14: a cell that ran between two looks counts: the kernel says when it was last busy', async () => {
  let quietMs = 0;
  const set = await setUp(async () => kernel(false, quietMs));
  await set.pass(3 * HOUR);
  quietMs = 30 * MIN;
  await set.pass(HOUR + 2 * MIN);
  expect(kindOf(set)).toBe('ready');
  expect(set.sentence()).toContain('Stops');
  set.close();
});

test('M14: a server that cannot be asked is kept, and says so: missing data means active', async () => {
  const set = await setUp(() => Promise.reject(new Error('no answer')));
  await set.pass(9 * HOUR);
  expect([kindOf(set), set.sentence()]).toEqual(['ready', 'Kept: it does not say whether a cell is running']);
  set.close();
});

test('M14: a server whose answer never comes is kept, and the next round still happens', async () => {
  const set = await setUp(() => new Promise(() => undefined));
  await set.pass(5 * HOUR);
  expect(kindOf(set)).toBe('ready');
  expect(set.asked()).toBeGreaterThan(10);
  set.close();
});

test('M14: a server that stopped answering is not judged by an old answer', async () => {
  let up = true;
  const set = await setUp(() => (up ? Promise.resolve(NOTHING) : Promise.reject(new Error('gone'))));
  await set.pass(3 * HOUR);
  up = false;
  await set.pass(2 * HOUR);
  expect(kindOf(set)).toBe('ready');
  set.close();
});

test('M14: clocks that jump cull nobody, end no lease and age no server', async () => {
  const set = await setUp(undefined, { limits: { maxAgeMs: 12 * HOUR } });
  set.use();
  set.idleness.lease(set.actor, set.user, MAIN, { ms: 5 * HOUR, why: 'overnight fit' });
  await set.pass(MIN);
  set.world.clock.jumpWall(72 * HOUR);
  await set.pass(4 * HOUR + 30 * MIN);
  expect(kindOf(set)).toBe('ready');
  expect(set.sentence()).toContain('overnight fit');
  set.world.clock.jumpWall(-200 * HOUR);
  await set.pass(10 * MIN);
  expect(kindOf(set)).toBe('ready');
  set.idleness.lease(set.actor, set.user, MAIN, { ms: 6 * HOUR, why: 'one more' });
  await set.pass(3 * HOUR);
  expect([kindOf(set), set.sentence()]).toEqual(['ready', expect.stringContaining('one more')]);
  set.close();
});

test('M14: who comes back while the server is asked keeps it', async () => {
  const back = { use: (): void => undefined };
  const set = await setUp(async () => {
    back.use();
    return NOTHING;
  });
  back.use = set.use;
  await set.pass(9 * HOUR);
  expect(kindOf(set)).toBe('ready');
  set.close();
});

test('M14: a job in a terminal keeps a server by its CPU, and an idle one does not', async () => {
  let seconds = 10;
  let cores = 1;
  const busy = await setUp(undefined, { cpuSeconds: async () => (seconds += cores * 60), busyCpus: 0.2 });
  await busy.pass(9 * HOUR);
  expect([kindOf(busy), busy.sentence()]).toEqual(['ready', expect.stringMatching(/^Kept: \d+\.\d CPUs are in use, although no cell runs$/)]);
  cores = 0.01;
  await busy.pass(5 * HOUR);
  await busy.world.until(() => kindOf(busy) === 'stopped');
  busy.close();
});

test('M14: a server whose CPU was measured once only is kept until it is known', async () => {
  let seconds = 0;
  const set = await setUp(undefined, { limits: { idleMs: 2 * MIN }, cpuSeconds: async () => (seconds += 30) });
  await set.pass(3 * MIN);
  expect(kindOf(set)).toBe('ready');
  await set.pass(10 * MIN);
  expect(set.sentence()).toBe('Kept: 0.5 CPUs are in use, although no cell runs');
  set.close();
});

test('M14: where the CPU can never be measured the rest decides', async () => {
  const set = await setUp(undefined, { cpuSeconds: () => Promise.reject(new Error('no engine')) });
  await set.pass(5 * HOUR);
  await set.world.until(() => kindOf(set) === 'stopped');
  set.close();
});

test('a lab is told once before each end, and again after somebody came back', async () => {
  const set = await setUp();
  await set.pass(3 * HOUR + 50 * MIN);
  expect(set.told).toEqual([expect.stringMatching(/^Stops \d\d:\d\d UTC: no cell, no typing since \d\d:\d\d UTC\. Save your work, or press Extend/)]);
  expect(Math.max(...set.told.map((text) => text.length))).toBeLessThanOrEqual(140);
  set.use();
  await set.pass(HOUR);
  expect(set.told).toHaveLength(1);
  await set.pass(2 * HOUR + 50 * MIN);
  expect(set.told).toHaveLength(2);
  expect(kindOf(set)).toBe('ready');
  set.close();
});

test('extending gives a whole idle limit from now, once however often it is pressed', async () => {
  const set = await setUp();
  await set.pass(3 * HOUR + 55 * MIN);
  for (let i = 0; i < 8; i++) expect(set.idleness.extend(set.actor, set.user, MAIN)).toMatchObject({ near: false, sentence: expect.stringContaining('alice extended it') });
  expect(set.world.store.leases.ofServers([idOf(set.world, set.user)])(idOf(set.world, set.user))).toHaveLength(1);
  await set.pass(3 * HOUR + 50 * MIN);
  expect([kindOf(set), set.told.length]).toEqual(['ready', 2]);
  await set.pass(20 * MIN);
  await set.world.until(() => kindOf(set) === 'stopped');
  set.close();
});

test('a lease keeps an idle server until it ends, is written to the audit log, and does not outlive a stop', async () => {
  const set = await setUp();
  const { world, user, actor, idleness } = set;
  idleness.lease(actor, user, MAIN, { ms: 6 * HOUR, why: 'overnight fit' });
  await set.pass(5 * HOUR + 30 * MIN);
  expect([kindOf(set), set.sentence()]).toEqual(['ready', expect.stringMatching(/^Kept until \d\d:\d\d UTC for alice: overnight fit$/)]);
  expect(world.store.audit.list({ offset: 0, limit: 1 })).toMatchObject([{ action: 'server.keep', actor: 'alice', target: 'server:alice/', detail: { why: 'overnight fit' } }]);
  await world.settled(world.servers.stop(actor, user, MAIN).settled);
  await world.settled(world.servers.start(actor, user, MAIN, {}).settled);
  expect(set.sentence()).toContain('Stops');
  await set.pass(4 * HOUR + 3 * MIN);
  await world.until(() => kindOf(set) === 'stopped');
  set.close();
});

test('leases have a longest time, a number, a reason and an end', async () => {
  const set = await setUp();
  const { user, actor, idleness } = set;
  const take = (ms: number, why: unknown = 'fit') => idleness.lease(actor, user, MAIN, { ms, why });
  expect(() => take(24 * HOUR + 1)).toThrow('24h at most'.replace('24h', '1d'));
  for (const ms of [0, -1, NaN]) expect(() => take(ms)).toThrow('A lease lasts');
  expect(() => take(HOUR, '')).toThrow('Say why');
  const first = take(HOUR);
  for (let i = 0; i < 4; i++) take(HOUR);
  expect(() => take(HOUR)).toThrow('5 leases at most');
  idleness.endLease(actor, user, MAIN, first.id);
  expect(() => idleness.endLease(actor, user, MAIN, first.id)).toThrow();
  expect(take(HOUR).why).toBe('fit');
  set.close();
});

test('a hub that gives no leases says so', async () => {
  const set = await setUp(undefined, { maxLeaseMs: 0 });
  expect(() => set.idleness.lease(set.actor, set.user, MAIN, { ms: HOUR, why: 'fit' })).toThrow('gives no leases');
  set.close();
});

test('the maximum age stops a server that works and has a lease', async () => {
  const set = await setUp(async () => kernel(true), { limits: { maxAgeMs: 10 * HOUR } });
  set.idleness.lease(set.actor, set.user, MAIN, { ms: 20 * HOUR, why: 'fit' });
  await set.pass(10 * HOUR - 5 * MIN);
  expect([kindOf(set), set.told.length]).toEqual(['ready', 1]);
  await set.pass(10 * MIN);
  await set.world.until(() => kindOf(set) === 'stopped');
  expect(set.world.stateOf(set.user)).toMatchObject({ reason: 'It reached its maximum age of 10h.' });
  set.close();
});

test('a limit of none stops nobody', async () => {
  const set = await setUp(undefined, { limits: { idleMs: null } });
  await set.pass(30 * HOUR);
  expect([kindOf(set), set.told, set.sentence()]).toEqual(['ready', [], 'Kept: it has no idle limit']);
  expect(() => set.idleness.extend(set.actor, set.user, MAIN)).toThrow('nothing to extend');
  set.close();
});

test('a server that was started again counts from its new start', async () => {
  const set = await setUp();
  set.use();
  await set.pass(3 * HOUR);
  await set.world.settled(set.world.servers.stop(set.actor, set.user, MAIN).settled);
  await set.world.settled(set.world.servers.start(set.actor, set.user, MAIN, {}).settled);
  await set.pass(3 * HOUR);
  expect(kindOf(set)).toBe('ready');
  set.close();
});

test('a server far from its end is asked every ten minutes, not in every round; a look at the page asks without being waited for', async () => {
  const set = await setUp(() => new Promise(() => undefined));
  expect(set.sentence()).toContain('Stops');
  expect(set.asked()).toBe(1);
  set.close();
  const quiet = await setUp();
  await quiet.pass(2 * HOUR);
  expect(quiet.asked()).toBeLessThanOrEqual(13);
  quiet.close();
});
