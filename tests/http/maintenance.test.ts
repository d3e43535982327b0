import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { runCli } from '../../hub/cli/program';
import { moment } from '../../hub/cli/maintenance';
import { createFakeClock, type FakeClock } from '../support/fake-clock';
import { makeUser } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { startWorld, type ApiWorld } from './api-world';

let world: ApiWorld;
let clock: FakeClock;
beforeEach(async () => {
  clock = createFakeClock();
  world = await startWorld({ clock, overrides: { slowMs: 1 } });
});
afterEach(() => world.hub.close());

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await turn();
    clock.advance(10);
  }
}
const inMinutes = (n: number): string => new Date(clock.now().getTime() + n * 60_000).toISOString();
const stateOf = (name: string): string => world.hub.store.servers.listOf(world.named(name)?.id as never)[0]?.state.kind ?? 'none';
const get = async (): Promise<Record<string, unknown>> => (await world.as(world.boss)('get', '/maintenance')).body as Record<string, unknown>;

test('it is announced over the API, seen by everybody on every page, refuses starts with a 503 that says when, and is ended and undone', async () => {
  const [boss, alice] = [world.as(world.boss), world.as(world.alice)];
  await alice('post', '/users/alice/server');
  await until(() => stateOf('alice') === 'ready');
  expect((await boss('get', '/maintenance')).body).toEqual({ phase: null });
  expect((await boss('put', '/maintenance', { from: inMinutes(20), message: 'New <disks>.' })).body).toMatchObject({ phase: 'announced', by: 'boss', message: 'New <disks>.' });
  for (const page of [await createBrowser(world.hub).get('hub/login'), await signedInAs(world.hub, world.alice).get('hub/home')]) {
    expect(page.text).toContain('Maintenance begins');
    expect(page.text).toContain('in 20 min');
    expect(page.text).toContain('New &lt;disks>.');
  }
  expect((await alice('get', '/maintenance')).body).toEqual({ phase: 'announced', from: '2026-01-05T08:20:00Z', until: null, message: 'New <disks>.' });
  clock.advance(11 * 60_000);
  makeUser(world.hub, 'ben');
  const ben = world.as(world.named('ben') as never);
  const refused = await ben('post', '/users/ben/server');
  expect([refused.status, refused.headers['retry-after'], (refused.body as { message: string }).message]).toEqual([503, '300', 'Maintenance begins at 2026-01-05 08:20 UTC: no server is started any more. New <disks>.']);
  const form = await signedInAs(world.hub, world.named('ben') as never).get('hub/spawn');
  expect([form.status, form.text.includes('no server is started any more')]).toEqual([503, true]);
  expect(stateOf('alice')).toBe('ready');
  clock.advance(10 * 60_000);
  await until(() => stateOf('alice') === 'stopped');
  expect(await get()).toMatchObject({ phase: 'active', servers: { stopped: 1 } });
  expect((await boss('put', '/maintenance', { from: inMinutes(20) })).status).toBe(409);
  expect((await boss('post', '/maintenance/restore')).status).toBe(400);
  expect((await boss('post', '/users/boss/server')).status).toBeLessThan(300);
  expect((await boss('delete', '/maintenance')).status).toBe(204);
  expect((await createBrowser(world.hub).get('hub/login')).text).not.toContain('aintenance');
  expect((await boss('post', '/maintenance/restore')).status).toBe(202);
  await until(() => stateOf('alice') === 'ready');
  expect((await ben('post', '/users/ben/server')).status).toBeLessThan(300);
});

test('what is no time is refused by name, and only the scope shutdown announces', async () => {
  const boss = world.as(world.boss);
  for (const from of [undefined, 'tomorrow', '2026-01-05', '2026-01-05T08:00:00', 1]) expect((await boss('put', '/maintenance', { from })).status).toBe(400);
  expect((await boss('put', '/maintenance', { from: inMinutes(20), until: inMinutes(10) })).status).toBe(400);
  expect((await boss('put', '/maintenance', { from: inMinutes(20), message: 'x'.repeat(501) })).status).toBe(400);
  expect((await world.as(world.alice)('put', '/maintenance', { from: inMinutes(20) })).status).toBe(403);
  expect(await get()).toEqual({ phase: null });
});

test('the page announces, says what is, and takes it back', async () => {
  const boss = signedInAs(world.hub, world.boss);
  expect((await boss.get('hub/admin/maintenance')).text).toContain('No maintenance is announced.');
  expect((await boss.post('hub/admin/maintenance', { from: 'soon' })).status).toBe(400);
  expect((await boss.post('hub/admin/maintenance', { from: '2026-01-05T18:00', until: '2026-01-05T17:00' })).text).toContain('A maintenance ends after it began');
  expect((await boss.post('hub/admin/maintenance', { from: '2026-01-05T18:00', message: 'New disks.' })).status).toBe(303);
  expect(await get()).toMatchObject({ phase: 'announced', from: '2026-01-05T18:00:00Z', message: 'New disks.' });
  expect((await boss.get('hub/admin/maintenance')).text).toContain('Take it back');
  expect((await boss.post('hub/admin/maintenance/end')).status).toBe(303);
  expect(await get()).toEqual({ phase: null });
});

test('the command line announces, tells and ends', async () => {
  const out: string[] = [];
  const io = { env: { HUB_DATA_DIR: world.hub.hub.config.dataDir }, cwd: path.dirname(world.hub.hub.config.dataDir), out: (line: string) => void out.push(line), note: (line: string) => void out.push(line), ask: () => Promise.reject(new Error('asked')) };
  const run = async (...args: string[]): Promise<string> => {
    out.length = 0;
    return `${await runCli(['maintenance', ...args], io)} ${out.join(' ')}`;
  };
  expect(await run('status')).toBe('0 No maintenance is announced.');
  expect(await run('announce', '--at', '2026-01-05T20:00:00Z', '--message', 'New disks.')).toMatch(/^0 Maintenance: announced\. From 2026-01-05T20:00:00Z, announced by \S+\. New disks\.$/);
  expect(await run('status', '--json')).toContain('"phase": "announced"');
  expect(await run('end')).toBe('0 No maintenance is announced.');
  expect(await run('announce', '--at', '2026-01-05')).toMatch(/^1 2026-01-05 is not a time/);
  expect(await run('restore')).toMatch(/^1 There was no maintenance/);
  expect([moment('+90m', clock.now()), moment('now', clock.now()), moment('2026-01-31T18:00:00+01:00')]).toEqual(['2026-01-05T09:30:00.000Z', '2026-01-05T08:00:00.000Z', '2026-01-31T17:00:00.000Z']);
});

test('labs that can show messages show it, with the hub\'s own credential, and those that cannot stop nothing', async () => {
  const asked: { readonly url: string | undefined; readonly token: string | undefined; readonly body: string }[] = [];
  const lab = http.createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      asked.push({ url: req.url, token: req.headers.authorization, body });
      res.writeHead(200).end('{}');
    });
  });
  await new Promise<void>((resolve) => lab.listen(0, '127.0.0.1', resolve));
  try {
    const ben = makeUser(world.hub, 'ben');
    for (const user of [world.alice, ben]) await world.as(user)('post', `/users/${user.name}/server`);
    await until(() => stateOf('alice') === 'ready' && stateOf('ben') === 'ready');
    const record = world.hub.store.servers.find(world.alice.id, '' as never);
    if (record?.state.kind !== 'ready') throw new Error('not ready');
    const moved = world.hub.store.servers.transition(record, { ...record.state, origin: `http://127.0.0.1:${(lab.address() as AddressInfo).port}` });
    expect((await world.as(world.boss)('put', '/maintenance', { from: inMinutes(120), message: 'New disks.' })).status).toBe(200);
    while (asked.length === 0) await turn();
    expect(asked[0]).toMatchObject({ url: '/user/alice/jupyterlab-notifications-extension/ingest', token: `token ${moved?.secret}` });
    expect(JSON.parse(asked[0]?.body ?? '')).toMatchObject({ message: 'Maintenance from 2026-01-05 10:00 UTC: your server will be stopped then. New disks.', type: 'warning' });
  } finally {
    await new Promise((resolve) => lab.close(resolve));
  }
});
