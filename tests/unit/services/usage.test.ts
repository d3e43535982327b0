import { newId, type ServerId, type ServerName, type UserId } from '../../../hub/domain/ids';
import type { Actor } from '../../../hub/domain/access';
import { expandRaw } from '../../../hub/domain/scopes/expand';
import type { User } from '../../../hub/domain/user';
import { reportCsv } from '../../../hub/http/api/usage-models';
import { createUsage, type UsageService } from '../../../hub/services/usage';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import type { Sample } from '../../../spawner/spawner';
import { makeUser } from '../../contracts/describe-store';
import { createFakeClock, type FakeClock } from '../../support/fake-clock';
import { capture } from './servers-support';

const GIB = 1024 ** 3;
const MAIN = '' as ServerName;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface World {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly samples: Map<ServerId, Sample>;
  readonly told: (UserId | undefined)[];
  readonly probe: { idle: number; all: number };
  usage: UsageService;
  asked: number;
  followed: boolean;
  sample: () => Promise<readonly Sample[]>;
}

let w: World;
beforeEach(() => {
  const store = openStore(':memory:');
  const clock = createFakeClock(new Date('2026-03-02T08:00:00Z'));
  w = { store, clock, samples: new Map(), told: [], probe: { idle: 0, all: 0 }, usage: undefined as unknown as UsageService, asked: 0, followed: false, sample: async () => [...w.samples.values()] };
  w.usage = open();
});
afterEach(() => {
  w.usage.close();
  w.store.close();
});

const open = (): UsageService => createUsage({
  store: w.store, clock: w.clock, log: capture([]),
  engine: { sample: () => {
    w.asked += 1;
    return w.sample();
  } },
  feed: { publish: (_topic, owner) => void w.told.push(owner), isFollowed: () => w.followed },
  host: { cpus: 4, cpuTimes: () => ({ ...w.probe }), memory: () => ({ used: GIB, total: 4 * GIB }), disk: async () => ({ used: 1, total: 2 }), otherDisk: async () => null, takeLoopMs: () => 3, close: () => undefined },
});

async function pass(seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 10) {
    w.clock.advance(10_000);
    w.probe.all += 40;
    w.probe.idle += 30;
    for (const [id, sample] of w.samples) w.samples.set(id, { ...sample, cpuSeconds: sample.cpuSeconds + 5 });
    for (let i = 0; i < 8; i++) await turn();
  }
}

const actorOf = (user: User, scopes: readonly string[]): Actor => ({ kind: 'user', id: user.id, name: user.name, admin: user.admin, via: 'cookie', credential: 'x', groups: [], scopes: expandRaw(scopes, { owner: { kind: 'user', name: user.name } }) });

function running(name: string, change: Partial<Sample> = {}): { readonly user: User; readonly id: ServerId } {
  const user = makeUser(name);
  w.store.users.create(user);
  const handle = { spawner: 'fake', id: newId() };
  const record = w.store.servers.ensure(user.id, MAIN);
  const starting = w.store.servers.transition(record, { kind: 'starting', since: w.clock.now(), handle }, { profile: 'default' });
  if (starting === undefined) throw new Error('it did not start');
  w.store.servers.transition(starting, { kind: 'ready', since: w.clock.now(), handle, origin: 'http://10.0.0.2:8888' });
  w.samples.set(record.id, { server: record.id, memoryBytes: GIB, memoryLimit: 4 * GIB, cpuSeconds: 100, cpuLimit: 2, ...change });
  return { user, id: record.id };
}

const admin = (): Actor => actorOf(makeUser('root', { admin: true }), ['admin-ui', 'admin:users', 'admin:servers']);

test('a server is seen within a minute, and how busy it is with the second look', async () => {
  const { id } = running('alice');
  expect(w.usage.now(id)).toBeNull();
  await pass(60);
  expect(w.usage.now(id)).toMatchObject({ cpus: null, memoryBytes: GIB, cpuLimit: 2, memoryLimit: 4 * GIB });
  await pass(60);
  expect(w.usage.now(id)?.cpus).toBeCloseTo(0.5);
});

test('it looks every ten seconds while somebody follows, else once a minute, and tells the owner and the administrators', async () => {
  const { user } = running('alice');
  await pass(120);
  expect(w.asked).toBeLessThanOrEqual(3);
  const before = w.asked;
  w.followed = true;
  await pass(120);
  expect(w.asked - before).toBe(12);
  expect(new Set(w.told)).toEqual(new Set([user.id, undefined]));
});

test('an engine that hangs is given up, keeps nothing waiting, and the host is measured all the same', async () => {
  running('alice');
  w.sample = () => new Promise(() => undefined);
  await pass(180);
  expect(w.asked).toBeGreaterThan(1);
  expect(w.usage.dashboard(admin()).now).toMatchObject({ cpus: 4, memory: { used: GIB } });
  expect(w.usage.dashboard(admin()).now?.cpu).toBeCloseTo(0.25);
});

test('minutes become sparks and plots, outlive the hub, and a process that began again counts from there', async () => {
  const { user, id } = running('alice');
  w.followed = true;
  await pass(300);
  expect(w.usage.spark(id)?.cpus.filter((value) => value !== null).length).toBeGreaterThanOrEqual(4);
  w.samples.set(id, { ...(w.samples.get(id) as Sample), cpuSeconds: -5 });
  await pass(120);
  const history = w.usage.history(actorOf(user, ['self']), user, MAIN, 'hour');
  expect(history.at).toHaveLength(60);
  for (const value of history.columns.cpus) expect(value ?? 0.5).toBeLessThanOrEqual(0.51);
  expect(history.columns.memoryBytesPeak.filter((value) => value === GIB).length).toBeGreaterThanOrEqual(5);
  w.usage.close();
  w.usage = open();
  expect(w.usage.now(id)).toBeNull();
  expect(w.usage.spark(id)?.memoryBytes.filter((value) => value !== null).length).toBeGreaterThanOrEqual(5);
});

test('hours are counted into their month once they are over, and what was asked for is compared with what was used', async () => {
  const { user } = running('alice');
  const idle = running('bob', { memoryLimit: null, cpuLimit: null });
  await pass(2 * 3600 + 15 * 60);
  const { rows, sum, total, month } = w.usage.report(admin(), { offset: 0, limit: 10 });
  expect([month, total, rows.map((row) => row.user).toSorted()]).toEqual(['2026-03', 2, ['alice', 'bob']]);
  const alice = rows.find((row) => row.id === user.id);
  expect(alice?.hours).toBeCloseTo(2, 1);
  expect(alice?.cpuHours).toBeCloseTo(1, 1);
  expect(alice?.memoryGibHours).toBeCloseTo(2, 1);
  expect(sum.hours).toBeCloseTo(4, 0);
  expect(alice?.hints).toEqual([{ profile: 'default', hours: expect.any(Number) as number, cpus: 0.25, memory: 0.25 }]);
  expect(rows.find((row) => row.id === idle.user.id)?.hints).toMatchObject([{ cpus: null, memory: null }]);
  w.store.users.remove(user.id);
  expect(w.usage.report(admin(), { offset: 0, limit: 10 }).rows.map((row) => row.user)).toEqual(['bob']);
});

test('starts are told with how long half and nearly all of them took', async () => {
  for (const seconds of [1, 2, 3, 4, 20]) w.usage.observeStart({ status: 'success', seconds });
  w.usage.observeStart({ status: 'failure', seconds: 9 });
  w.usage.observeStart({ status: 'cancelled', seconds: 9 });
  await pass(120);
  expect(w.usage.dashboard(admin()).starts).toEqual({ started: 5, failed: 1, p50: 3, p95: 20 });
  expect(w.usage.host(admin(), 'hour').series.columns.started.find((value) => (value ?? 0) > 0)).toBe(5);
});

test('nobody learns of a server or of the host who may not: their own is told, others\' is not there, the host is for administrators', async () => {
  const { user } = running('alice');
  const other = running('bob').user;
  const alice = actorOf(user, ['self']);
  expect(w.usage.ofServer(alice, user, MAIN).hints).toEqual([]);
  expect(() => w.usage.ofServer(alice, other, MAIN)).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
  expect(() => w.usage.ofServer(alice, user, 'nothing' as ServerName)).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
  expect(() => w.usage.host(alice, 'day')).toThrow(expect.objectContaining({ code: 'forbidden' }) as Error);
  expect(() => w.usage.report(actorOf(user, ['admin-ui']), { offset: 0, limit: 1 })).toThrow(expect.objectContaining({ code: 'forbidden' }) as Error);
  expect(() => w.usage.report(admin(), { month: '2026-13', offset: 0, limit: 1 })).toThrow(expect.objectContaining({ code: 'invalid-input' }) as Error);
});

test('what is old is removed: minutes after two days, hours after ninety', async () => {
  const { user, id } = running('alice');
  await pass(300);
  const from = Math.floor(w.clock.now().getTime() / 60_000) - 10;
  const minutes = () => w.store.usage.minutes(id, { from, until: from + 12 }).length;
  expect(minutes()).toBeGreaterThan(0);
  w.samples.delete(id);
  w.clock.jumpWall(3 * 86_400_000);
  await pass(300);
  expect(minutes()).toBe(0);
  const hour = Math.floor((from * 60) / 3600);
  const hours = () => w.store.usage.hours(id, { from: hour - 1, until: hour + 1 }).length;
  expect(hours()).toBeGreaterThan(0);
  w.clock.jumpWall(100 * 86_400_000);
  await pass(180);
  expect(hours()).toBe(0);
  expect(w.store.usage.hoursOfOwner(user.id, { from: hour - 1, until: hour + 1 })).toEqual([]);
});

test('R04: a report for spreadsheets holds no formula, whatever a user is called', () => {
  const row = (user: string) => ({ user, hours: 1.23456, cpuHours: 0, memoryGibHours: 0 });
  const lines = reportCsv('2026-03', ['=1+1', '+1', '-1', '@x', 'alice'].map(row)).split('\r\n');
  expect(lines.slice(1, 6)).toEqual([`"2026-03","'=1+1",1.235,0,0`, `"2026-03","'+1",1.235,0,0`, `"2026-03","'-1",1.235,0,0`, `"2026-03","'@x",1.235,0,0`, '"2026-03","alice",1.235,0,0']);
});
