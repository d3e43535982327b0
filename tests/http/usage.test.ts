import type { Actor } from '../../hub/domain/access';
import { makeToken, makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(60_000);

const MIB = 1024 ** 2;
let hub: TestHub;
beforeEach(async () => {
  hub = await startHub();
});
afterEach(() => hub.close());

const ask = async (token: string, path: string): Promise<{ readonly status: number; readonly body: string; readonly headers: Headers }> => {
  const res = await fetch(`${hub.origin}/hub/api/${path}`, { headers: { Authorization: `token ${token}` } });
  return { status: res.status, body: await res.text(), headers: res.headers };
};

async function withServer(name: string) {
  const user = makeUser(hub, name);
  const { servers, actors, usage } = hub.hub.services;
  await servers.start(actors.ofUser(user, 'cookie', 'test'), user, '' as never, {}).settled;
  await usage.sample();
  await usage.sample();
  return user;
}

test('the owner is told what the server uses against its limits, and a neighbour is told nothing', async () => {
  const alice = await withServer('alice');
  const mallory = makeUser(hub, 'mallory');
  const answer = await ask(makeToken(hub, alice), 'users/alice/server/usage?range=hour');
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body)).toMatchObject({ now: { memoryBytes: 150 * MIB, cpus: expect.any(Number) as number }, history: { range: 'hour', stepSeconds: 60 } });
  expect((await ask(makeToken(hub, mallory), 'users/alice/server/usage')).status).toBe(404);
  expect((await ask(makeToken(hub, alice), 'users/alice/server/usage?range=year')).status).toBe(400);
});

test('a page of the hub draws its plots with the form token alone, and nobody else\'s script can read them', async () => {
  const boss = makeUser(hub, 'boss', { admin: true });
  const browser = signedInAs(hub, boss);
  const page = await browser.get('hub/admin');
  expect(page.status).toBe(200);
  const [, xsrf = ''] = /data-xsrf="([^"]+)"/.exec(page.text) ?? [];
  const [, address = ''] = /data-chart="([^"]+)"/.exec(page.text) ?? [];
  const script = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' };
  const path = address.replaceAll('&amp;', '&').replace(/^\//, '');
  expect((await browser.get(path, script)).status).toBe(403);
  const told = await browser.get(path, { ...script, 'X-XSRFToken': xsrf });
  expect([told.status, Object.keys((JSON.parse(told.text) as { history: { columns: object } }).history.columns)]).toEqual([200, expect.arrayContaining(['cpu', 'running', 'spawnP95'])]);
});

test('the dashboard tells of machine, servers, users, starts and events, and is refused to whoever is no administrator', async () => {
  const alice = await withServer('alice');
  makeUser(hub, 'newcomer', { status: 'pending' });
  const { text } = await signedInAs(hub, makeUser(hub, 'boss', { admin: true })).get('hub/admin');
  for (const part of ['CPU', 'Memory', 'Waiting for approval', 'Recent events', 'server.start', 'uplot.css', 'charts.js', '<details']) expect(text).toContain(part);
  expect((await signedInAs(hub, alice).get('hub/admin')).status).toBe(403);
});

test('administrators see how many more servers of the usual size fit, and what limits that, on the dashboard and in the API', async () => {
  await hub.close();
  hub = await startHub({ settings: { server: { cap: 0 }, capacity: { memory: '256M' }, profiles: [{ slug: 'small', title: 'Small', limits: { memory: '64M' } }, { slug: 'large', title: 'Large', limits: { memory: '192M' } }] } });
  const boss = makeUser(hub, 'boss', { admin: true });
  const more = async () => (JSON.parse((await ask(makeToken(hub, boss), 'usage/host')).body) as { more: object | null }).more;
  const page = async () => (await signedInAs(hub, boss).get('hub/admin')).text;
  // Nothing was measured yet.
  expect([await more(), (await page()).includes('Room for more')]).toEqual([null, false]);
  await withServer('alice');
  expect(await more()).toEqual({ count: 3, profile: 'Small', memoryBytes: 64 * MIB, bound: 'memory', left: 192 * MIB, total: 256 * MIB });
  const text = await page();
  expect(text).toContain('Room for more users with a server of the usual size (Small, up to 64.0 MiB of memory each): 3.');
  expect(text).toContain('The limit is the memory that all servers may take together: 192.0 MiB of 256.0 MiB are left.');
  expect(text.indexOf('>Dashboard</a>')).toBeLessThan(text.indexOf('>Servers</a>'));
});

test('R04: the report of a month comes as a page, as JSON and as CSV, to administrators alone', async () => {
  const alice = await withServer('alice');
  const boss = makeUser(hub, 'boss', { admin: true });
  const hour = Math.floor(Date.now() / 3_600_000) - 1;
  const month = new Date(hour * 3_600_000).toISOString().slice(0, 7);
  const { id } = hub.store.servers.ensure(alice.id, '' as never);
  const key = hub.store.usage.key({ id, owner: alice.id, profile: 'default' }, hour);
  hub.store.usage.write({ minute: hour * 60, minutes: [], host: [], hours: [{ hour, key, seconds: 1800, cpuSeconds: 360, memorySeconds: 7200, cpuPeak: 500, memoryPeak: 1024 ** 2, cpuLimit: 2000, memoryLimit: 4 * 1024 ** 2 }] });
  hub.store.usage.countHours(hour + 1, 10);
  hub.store.usage.countHours(hour + 1, 10);
  const json = await ask(makeToken(hub, boss), `usage/report?month=${month}`);
  expect(JSON.parse(json.body)).toMatchObject({ month, total: 1, users: [{ user: 'alice', hours: 0.5, cpuHours: 0.1, memoryGibHours: 2, hints: [{ profile: 'default', cpus: 0.25, memory: 0.25 }] }] });
  const csv = await ask(makeToken(hub, boss), `usage/report?month=${month}&format=csv`);
  expect([csv.headers.get('content-type'), csv.headers.get('content-disposition')]).toEqual(['text/csv; charset=utf-8', `attachment; filename="usage-${month}.csv"`]);
  expect(csv.body).toBe(`month,user,hours,cpu_hours,memory_gib_hours\r\n"${month}","alice",0.5,0.1,2\r\n`);
  const page = await signedInAs(hub, boss).get(`hub/admin/usage?month=${month}`);
  expect(page.text).toContain('default: 25 % of CPU, 25 % of memory');
  expect((await signedInAs(hub, boss).get('hub/admin/usage?month=x')).status).toBe(400);
  expect((await ask(makeToken(hub, alice), 'usage/report')).status).toBe(403);
});

test('what somebody only looked at changes nothing: the hub\'s own measuring never wakes a server up', async () => {
  const alice = await withServer('alice');
  const local: Actor = hub.hub.services.actors.local();
  const before = hub.store.servers.find(alice.id, '' as never)?.lastActivity;
  const arrivals = hub.spawner.arrivals(hub.store.servers.ensure(alice.id, '' as never).id);
  await hub.hub.services.usage.sample();
  hub.hub.services.usage.dashboard(local);
  expect(hub.store.servers.find(alice.id, '' as never)?.lastActivity).toEqual(before);
  expect(hub.spawner.arrivals(hub.store.servers.ensure(alice.id, '' as never).id)).toBe(arrivals);
});
