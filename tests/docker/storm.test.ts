import path from 'node:path';
import fc from 'fast-check';
import { openStore } from '../../hub/store/create-store';
import { LABEL } from '../../spawner/labels';
import { leftOf } from '../support/docker-sweep';
import { effort } from '../support/fuzz';
import { hubLives, type LivingHub } from '../support/killed-hubs';
import { engine, eventually } from '../support/test-engine';

jest.setTimeout(240_000);

const USERS = Array.from({ length: 10 }, (_, i) => `user${i}`);
const EVERY_MS = 50;
/** Fifteen seconds of it. A whole minute, with other dice: `BERTH_FUZZ_RUNS=1200 BERTH_FUZZ_SEED=$RANDOM`. */
const USUAL = 300;

const lives = hubLives({ networkPool: '10.217.176.0/20', users: USERS });
afterAll(() => lives.close());

const Deed = fc.record({ user: fc.constantFrom(...USERS), method: fc.constantFrom('POST', 'DELETE') });

interface Server {
  readonly ready: boolean;
  readonly pending: string | null;
  readonly state?: { readonly object_id?: string };
}

const serverOf = (hub: LivingHub, user: string): Promise<Server> => hub.ask<Server>('GET', `users/${user}/server`);

async function tokensOf(hub: LivingHub): Promise<ReadonlyMap<string, string>> {
  return new Map(await Promise.all(USERS.map(async (user) => [user, (await hub.ask<{ readonly token: string }>('POST', `users/${user}/tokens`, {})).token] as const)));
}

/** Last words that are the hardest to tidy up after, as nothing of the same person follows: half of them stop what has only begun to start. */
const END = USERS.flatMap((user, i) => [{ user, method: 'POST' }, ...(i % 2 === 0 ? [{ user, method: 'DELETE' }] : [])]);

/** One deed after the other at that pace, whatever became of those before. Resolves with all statuses; 0 where there was no answer. */
async function storm(hub: LivingHub, tokens: ReadonlyMap<string, string>): Promise<readonly number[]> {
  const deeds = [...fc.sample(Deed, effort(USUAL)), ...END];
  const answers: Promise<number>[] = [];
  for (const { user, method } of deeds) {
    answers.push(fetch(new URL(`/hub/api/users/${user}/server`, hub.url), { method, headers: { Authorization: `token ${tokens.get(user) ?? ''}` } }).then(({ status }) => status, () => 0));
    // The pace of the storm; nothing is waited for.
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
  return Promise.all(answers);
}

async function settled(hub: LivingHub): Promise<readonly string[]> {
  await eventually('nobody starts or stops any more', async () => (await Promise.all(USERS.map((user) => serverOf(hub, user)))).every(({ pending }) => pending === null), 90_000);
  const now = await Promise.all(USERS.map(async (user) => [user, (await serverOf(hub, user)).ready] as const));
  return now.flatMap(([user, ready]) => (ready ? [user] : []));
}

/** Ids of the servers that have something in the engine, by what it says itself. */
async function inEngine(): Promise<{ readonly containers: readonly string[]; readonly networks: readonly string[] }> {
  const label = [`${LABEL.run}=${lives.run}`];
  const [containers, networks] = await Promise.all([engine.listContainers({ all: true, filters: { label } }), engine.listNetworks({ filters: { label } })]);
  const server = (labels: Readonly<Record<string, string>> | undefined): string => labels?.[LABEL.server] ?? 'nobody';
  return { containers: containers.map(({ Labels, State }) => `${server(Labels)} ${State}`).sort(), networks: networks.map(({ Labels }) => server(Labels)).sort() };
}

/** What the database of a hub that is gone says of servers that are not at rest. */
function inDatabase(): readonly { readonly id: string; readonly kind: string; readonly handle: string | undefined }[] {
  const store = openStore(path.join(lives.dataDir, 'hub.sqlite'));
  try {
    return store.servers.active().map(({ id, state }) => ({ id, kind: state.kind, handle: 'handle' in state ? state.handle?.id : undefined }));
  } finally {
    store.close();
  }
}

test('M02: after a storm of starts and stops of ten people, one every 50 ms, database, engine and routes agree, nothing is orphaned, and no rejection went unhandled', async () => {
  const hub = await lives.boot();
  const tokens = await tokensOf(hub);
  const statuses = new Set(await storm(hub, tokens));
  // Ready, on its way and stopped: a storm that was only ever refused would show nothing. Refused is who starts what stops or runs.
  expect([...statuses]).toEqual(expect.arrayContaining([201, 202, 204]));
  expect([...statuses].filter((status) => ![201, 202, 204, 400, 409].includes(status))).toEqual([]);

  const ready = await settled(hub);
  expect(ready.length).toBeGreaterThan(0);
  const routes = Object.keys(await hub.ask<Record<string, unknown>>('GET', 'proxy')).filter((route) => route.includes('/user/'));
  expect(routes.sort()).toEqual(ready.map((user) => `/user/${user}/`).sort());
  for (const user of USERS) {
    const { status } = await fetch(new URL(`/user/${user}/api/status`, hub.url), { headers: { Authorization: `token ${tokens.get(user) ?? ''}` } });
    expect([user, status]).toEqual([user, ready.includes(user) ? 200 : 424]);
  }

  const there = await inEngine();
  await hub.kill9();
  // It lived until then: a rejection that nobody handled would have ended it.
  expect(await hub.ended).toBe('SIGKILL');
  const known = inDatabase();
  expect(known.map(({ kind }) => kind)).toEqual(ready.map(() => 'ready'));
  expect(there.containers).toEqual(known.map(({ id }) => `${id} running`).sort());
  expect(there.networks).toEqual(known.map(({ id }) => id).sort());

  const next = await lives.boot();
  await Promise.all(USERS.map((user) => next.ask('DELETE', `users/${user}/server`)));
  expect(await settled(next)).toEqual([]);
  expect(await leftOf(lives.run)).toEqual([]);
  await next.kill9();
});
