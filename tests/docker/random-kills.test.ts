import path from 'node:path';
import { openForReading } from '../../hub/store/sqlite';
import { LABEL } from '../../spawner/labels';
import { dice } from '../support/dice';
import { leftOf } from '../support/docker-sweep';
import { PASSWORD } from '../support/factories';
import { hubLives, type LivingHub } from '../support/killed-hubs';
import { openPeriod, workUntilOver, type Period, type Tally, type Worker } from '../support/load';
import { createAdmin, createStirrer, type Admin } from '../support/load-admins';
import { isServed, labsOf, look, usersOf, type Staff } from '../support/load-look';
import { createPerson, type Person } from '../support/load-persons';
import { engine, eventually } from '../support/test-engine';

const KILLS = Number(process.env['BERTH_KILLS'] ?? 200);
/** Who does what, and when the hub dies; how far each one got by then is the machine's. */
const SEED = Number(process.env['BERTH_SEED'] ?? 20_260_801);
const LONGEST_LIFE_MS = 1_200;
/** Some live long enough for a start from nothing. */
const EACH_LONGER = 10;
const LONGER_MS = 2_000;
const LONGEST_BOOT_MS = 800;

jest.setTimeout(60_000 + KILLS * 6_000);

const PERSONS = ['ann', 'bob', 'cid', 'dot'];
const ADMINS = ['eve', 'flo'];
const BOSS = 'boss';
const lives = hubLives({ networkPool: '10.226.0.0/17', users: [...PERSONS, ...ADMINS, BOSS], password: PASSWORD });
afterAll(() => lives.close());

const roll = dice(SEED);
const tally: Tally = { acknowledged: new Map(), problems: [] };

async function tokenFor(hub: LivingHub, name: string): Promise<string> {
  return (await hub.ask<{ readonly token: string }>('POST', `users/${name}/tokens`, { note: 'works through every life' })).token;
}

async function employ(hub: LivingHub): Promise<{ readonly staff: Staff; readonly workers: readonly Worker[] }> {
  const persons: Person[] = [];
  const admins: Admin[] = [];
  await Promise.all(PERSONS.map((name) => hub.ask('POST', `users/${name}/server`)));
  for (const name of PERSONS) persons.push(createPerson({ name, password: PASSWORD, token: await tokenFor(hub, name), seed: roll(2 ** 31) }));
  for (const name of [...ADMINS, BOSS]) await hub.ask('PATCH', `users/${name}`, { admin: true });
  for (const name of ADMINS) admins.push(createAdmin({ name, token: await tokenFor(hub, name), seed: roll(2 ** 31) }));
  const stirrer = createStirrer(admins, { token: await tokenFor(hub, BOSS), seed: roll(2 ** 31) });
  return { staff: { persons, admins }, workers: [...persons, ...admins, stirrer] };
}

/** Everything that was acknowledged is there, and what had not been answered yet is there or not, but never in part. */
async function check(hub: LivingHub, period: Period, staff: Staff): Promise<void> {
  const ready = staff.persons.filter(({ ledger }) => ledger.now()['server'] === 'ready');
  const found = await look(hub, period, staff);
  const lost = [...found].flatMap(([worker, world]) => worker.ledger.settle(world) ?? []);
  const running = ready.filter(({ ledger }) => ledger.now()['server'] === 'ready');
  const [labs, routes, served] = await Promise.all([labsOf(lives.run), hub.ask<Readonly<Record<string, unknown>>>('GET', 'proxy'), Promise.all(running.map((person) => isServed(period, person)))]);
  expect({ lost, twice: labs.twice, problems: tally.problems, served }).toEqual({ lost: [], twice: [], problems: [], served: running.map(() => true) });
  expect(Object.keys(routes)).toEqual(expect.arrayContaining(running.map(({ name }) => `/user/${name}/`)));
}

function integrity(): unknown {
  const db = openForReading(path.join(lives.dataDir, 'hub.sqlite'));
  try {
    return [db.pragma('integrity_check', { simple: true }), db.pragma('foreign_key_check')];
  } finally {
    db.close();
  }
}

const lifetime = (): number => (roll(EACH_LONGER) === 0 ? LONGER_MS : 0) + roll(LONGEST_LIFE_MS);

async function oneLife(staff: Staff, workers: readonly Worker[]): Promise<void> {
  const hub = await lives.boot();
  const period = openPeriod(hub.url);
  try {
    await check(hub, period, staff);
    const work = Promise.all(workers.map((worker) => workUntilOver(worker, period, tally)));
    await Promise.race([work, new Promise((resolve) => setTimeout(resolve, lifetime()))]);
    period.over = true;
    await hub.kill9();
    await work;
    expect(await hub.ended).toBe('SIGKILL');
  } finally {
    period.over = true;
    await period.agent.destroy();
  }
}

const column = (sql: string): readonly unknown[] => {
  const db = openForReading(path.join(lives.dataDir, 'hub.sqlite'));
  try {
    return db.prepare(sql).pluck().all();
  } finally {
    db.close();
  }
};

const volumes = async (): Promise<readonly string[]> => ((await engine.listVolumes({ filters: { label: [`${LABEL.run}=${lives.run}`] } })).Volumes ?? []).flatMap(({ Labels }) => Labels[LABEL.volume] ?? []);

/** One container, one network and one route for each server that is ready, and nothing else of servers anywhere. */
async function agreed(hub: LivingHub): Promise<void> {
  const rows = (): readonly unknown[] => column("SELECT id FROM servers WHERE kind NOT IN ('stopped', 'failed')");
  await eventually('no server is on its way any more', async () => (await usersOf(hub)).every(({ servers }) => (servers['']?.pending ?? null) === null), 15_000);
  await eventually('what there is of servers is what is ready', async () => (await leftOf(lives.run)).length === 2 * rows().length, 15_000).catch(async (err: unknown) => {
    throw new Error(`${JSON.stringify(rows())} are ready, and there are ${JSON.stringify(await leftOf(lives.run))}`, { cause: err });
  });
  const ready = (await usersOf(hub)).filter(({ servers }) => servers['']?.ready === true).map(({ name }) => `/user/${name}/`);
  const routes = Object.keys(await hub.ask<Readonly<Record<string, unknown>>>('GET', 'proxy')).filter((route) => route.startsWith('/user/'));
  expect(routes.sort()).toEqual([...ready].sort());
  expect([...(await labsOf(lives.run)).running.keys()].sort()).toEqual([...rows()].sort());
  expect(rows()).toHaveLength(ready.length);
  expect(column("SELECT id FROM servers WHERE lab_token_hash IS NOT NULL AND kind IN ('stopped', 'failed')")).toEqual([]);
  const known = new Set(column('SELECT id FROM volumes'));
  expect((await volumes()).filter((id) => !known.has(id))).toEqual([]);
}

test(`N01 N02 N05 P01: ${KILLS} times kill -9 at a random moment, under load (seed ${SEED}): no acknowledged write is lost, no server runs twice, and nothing is left over`, async () => {
  const first = await lives.boot();
  const { staff, workers } = await employ(first);
  await first.kill9();
  for (let kill = 0; kill < KILLS; kill += 1) {
    if (roll(6) === 0) await lives.killedAfter(roll(LONGEST_BOOT_MS));
    else await oneLife(staff, workers);
    if (kill % 20 === 0) expect(integrity()).toEqual(['ok', []]);
  }
  const last = await lives.boot();
  const period = openPeriod(last.url);
  await check(last, period, staff);
  await agreed(last);
  expect(integrity()).toEqual(['ok', []]);
  for (const { name } of await usersOf(last)) if (name !== BOSS) await last.ask('DELETE', `users/${name}?volumes=remove`);
  await agreed(last);
  expect(await leftOf(lives.run)).toEqual([]);
  await period.agent.destroy();
  await last.kill9();
  expect([...tally.acknowledged.values()].reduce((sum, n) => sum + n, 0)).toBeGreaterThan(KILLS * 3);
});
