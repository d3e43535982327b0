import type { CheckRow, SpawnerCheck } from '../../spawner/spawner';
import { systemClock } from '../../hub/domain/runtime';
import { createFakeSpawner, type FakeSpawner } from '../../spawner/fake';
import { makeToken, makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

const row = (name: string, ok: boolean): CheckRow => ({ name, ok, detail: ok ? 'Fine.' : 'A lab reaches this host at 10.9.8.7 port 22.', level: 'required', ms: 1234 });

/** A hub whose spawner finds what the test says. */
async function hubWith(found: { check: SpawnerCheck | Promise<SpawnerCheck> }, settings: object = {}): Promise<TestHub> {
  const spawner: FakeSpawner = { ...createFakeSpawner({ clock: systemClock }), check: () => Promise.resolve(found.check) };
  return startHub({ settings: { ...settings }, overrides: { spawner } });
}
const BAD: SpawnerCheck = { ok: false, checks: [row('engine', true), row('host', false)] };
const GOOD: SpawnerCheck = { ok: true, checks: [row('engine', true), row('host', true)] };

let hub: TestHub | undefined;
afterEach(async () => {
  await hub?.close();
  hub = undefined;
});

test('J23: while isolation is not proven, page and API refuse a start with the reason, and no address gets out', async () => {
  hub = await hubWith({ check: BAD });
  await hub.hub.services.health.check(hub.hub.services.actors.local());
  const alice = makeUser(hub, 'alice');
  const browser = signedInAs(hub, alice);
  for (const page of [await browser.get('hub/spawn'), await browser.post('hub/spawn/alice')]) {
    expect([page.status, page.text.includes('a server could reach this machine'), page.text.includes('10.9.8.7')]).toEqual([503, true, false]);
  }
  const api = await fetch(`${hub.origin}/hub/api/users/alice/server`, { method: 'POST', headers: { Authorization: `token ${makeToken(hub, alice)}` } });
  expect([api.status, api.headers.get('retry-after')]).toEqual([503, '60']);
  expect(await api.json()).toMatchObject({ message: expect.stringContaining('a server could reach this machine') });
  expect(hub.store.servers.list().filter((s) => s.state.kind !== 'stopped')).toEqual([]);
});

test('J23: where that is only reported, a server starts all the same', async () => {
  hub = await hubWith({ check: BAD }, { docker: { isolation: 'report' } });
  await hub.hub.services.health.check(hub.hub.services.actors.local());
  const alice = makeUser(hub, 'alice');
  expect((await signedInAs(hub, alice).get('hub/spawn')).status).toBe(302);
  await hub.hub.services.servers.stopAllOf(alice.id);
});

test('the health page shows each check with its time, and checks again when it is asked to, without waiting for it', async () => {
  const found: { check: SpawnerCheck | Promise<SpawnerCheck> } = { check: BAD };
  hub = await hubWith(found);
  await hub.hub.services.health.check(hub.hub.services.actors.local());
  const browser = signedInAs(hub, makeUser(hub, 'root', { admin: true }));
  const before = await browser.get('hub/admin/health');
  expect(before.text).toMatch(/host<\/th><td data-label="Result"><span class="badge failed">fails<\/span>.*10\.9\.8\.7 port 22.*<time datetime="[^"]+">.*1\.2 s/);
  expect(before.text).toContain('No server can be started until every required check holds');
  // What fails is on top.
  expect(before.text).toMatch(/<tbody><tr><th scope="row">host<\/th>/);
  expect((await browser.get('hub/home')).text).toContain('href="/hub/admin/health">No server can be started');
  expect((await signedInAs(hub, makeUser(hub, 'alice')).get('hub/home')).text).not.toContain('See the health page');
  expect(before.text).toContain('href="/hub/admin/health"');
  let end: (check: SpawnerCheck) => void = () => undefined;
  found.check = new Promise<SpawnerCheck>((resolve) => (end = resolve));
  const asked = await browser.post('hub/admin/health');
  expect([asked.status, asked.headers['location']]).toEqual([303, '/hub/admin/health']);
  const during = await browser.get('hub/admin/health');
  expect(during.text).toMatch(/http-equiv="refresh".*A check is running/s);
  end(GOOD);
  await hub.hub.services.health.check(hub.hub.services.actors.local());
  expect((await browser.get('hub/admin/health')).text).toContain('Everything that is required holds');
});

test('the health page and its API are for administrators', async () => {
  hub = await hubWith({ check: GOOD });
  const alice = makeUser(hub, 'alice');
  const browser = signedInAs(hub, alice);
  expect([(await browser.get('hub/admin/health')).status, (await browser.post('hub/admin/health')).status]).toEqual([403, 403]);
  const headers = { Authorization: `token ${makeToken(hub, alice)}` };
  expect((await fetch(`${hub.origin}/hub/api/admin/health`, { headers })).status).toBe(403);
  expect((await fetch(`${hub.origin}/hub/api/admin/health/checks`, { method: 'POST', headers })).status).toBe(403);
  const admin = { Authorization: `token ${makeToken(hub, makeUser(hub, 'root', { admin: true }))}` };
  expect(await (await fetch(`${hub.origin}/hub/api/admin/health/checks`, { method: 'POST', headers: admin })).json()).toMatchObject({ ok: true, running: false, blocked: null, checks: expect.arrayContaining([...['store', 'disk', 'backup'].map((name) => expect.objectContaining({ name }) as unknown), expect.objectContaining({ name: 'engine', at: expect.stringMatching(/Z$/) as string, ms: 1234 })]) as unknown });
});

test('P08: the health page lists the backups, makes one on request, and its API tells what was checked', async () => {
  hub = await hubWith({ check: GOOD });
  const root = makeUser(hub, 'root', { admin: true });
  const browser = signedInAs(hub, root);
  expect((await browser.get('hub/admin/health')).text).toMatch(/Backups of the database.*every 24 hours.*7 days.*Back up now.*Last backup: <span>none yet/s);
  const asked = await browser.post('hub/admin/backups');
  expect([asked.status, asked.headers['location']]).toEqual([303, '/hub/admin/health']);
  // Who asks while it is being made gets that one.
  const headers = { Authorization: `token ${makeToken(hub, root)}` };
  const made = await fetch(`${hub.origin}/hub/api/backups`, { method: 'POST', headers });
  expect([made.status, await made.json()]).toMatchObject([201, { name: expect.stringMatching(/^hub-.*\.sqlite$/) as string, verified: true, rows: { users: 1 } }]);
  const { backups, keep, every } = (await (await fetch(`${hub.origin}/hub/api/backups`, { headers })).json()) as { backups: { name: string; bytes: number }[]; keep: number; every: number };
  expect([keep, every, backups[0]?.bytes]).toEqual([7, 86_400, expect.any(Number)]);
  const page = (await browser.get('hub/admin/health')).text;
  expect(page).toContain(backups[0]?.name);
  expect(page).toContain('Checked: 1 users');
  expect(page).not.toContain('hub.backups/');
  expect((await fetch(`${hub.origin}/hub/api/backups`, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: '{"path":"/etc/passwd"}' })).status).toBe(400);
  expect(hub.store.audit.list({ offset: 0, limit: 5 }).map(({ actor, action }) => `${actor} ${action}`)).toContain('root backup.made');
});
