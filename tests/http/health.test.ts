import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CHECKS } from '../../hub/domain/checks';
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
  expect(before.text).toMatch(/Servers apart from this machine <code>B-ISO-3<\/code><\/h2><span class="badge failed">fails<\/span>.*10\.9\.8\.7 port 22.*What to do<\/dt><dd>See that docker\.firewall is auto.*<time datetime="[^"]+">/);
  expect(before.text).toMatch(/Engine <code class="hint">B-ENGINE-1<\/code>.*1\.2 s/);
  expect(before.text).toContain('No server can be started until every required check holds');
  // What fails is on top.
  expect(before.text.indexOf('B-ISO-3')).toBeLessThan(before.text.indexOf('B-DATA-1'));
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

describe('warnings that are put aside', () => {
  const weak = (detail: string): SpawnerCheck => ({ ok: true, checks: [row('engine', true), { name: 'versions', ok: false, detail, level: 'advice', ms: 1 }] });

  it('R02: go by one press of an administrator, are written down, and come back when they say something else or by another press', async () => {
    const found: { check: SpawnerCheck } = { check: weak('runc 1.1.5 is weak, 3.25 GiB.') };
    hub = await hubWith(found);
    const { health, actors } = hub.hub.services;
    await health.check(actors.local());
    const browser = signedInAs(hub, makeUser(hub, 'root', { admin: true }));
    const shown = async (): Promise<readonly boolean[]> => {
      const { text } = await browser.get('hub/admin/health');
      return [/<h2 id="B-ENGINE-2">/.test(text), text.includes('Warnings that were put aside: 1')];
    };
    expect(await shown()).toEqual([true, false]);
    expect((await browser.post('hub/admin/health/dismiss', { code: 'B-ENGINE-2' })).status).toBe(303);
    expect(await shown()).toEqual([false, true]);
    // How much exactly changes all the time.
    found.check = weak('runc 1.1.5 is weak, 3.19 GiB.');
    await health.check(actors.local());
    expect(await shown()).toEqual([false, true]);
    found.check = weak('runc and the engine are weak.');
    await health.check(actors.local());
    expect(await shown()).toEqual([true, false]);
    await browser.post('hub/admin/health/dismiss', { code: 'B-ENGINE-2' });
    await browser.post('hub/admin/health/dismiss', { code: 'B-ENGINE-2', undo: '1' });
    expect(await shown()).toEqual([true, false]);
    const acts = hub.store.audit.list({ offset: 0, limit: 20 }).filter(({ target }) => target === 'check:B-ENGINE-2').map(({ actor, action }) => `${actor} ${action}`);
    expect(acts).toEqual(['root health.recall', 'root health.dismiss', 'root health.dismiss']);
  });

  it('come back when what was well fails again, and only warnings can be put aside', async () => {
    const found: { check: SpawnerCheck } = { check: weak('runc is weak.') };
    hub = await hubWith(found);
    const { health, actors } = hub.hub.services;
    await health.check(actors.local());
    health.dismiss(actors.local(), 'B-ENGINE-2');
    const isAside = (): boolean => health.report(actors.local()).rows.some(({ code, dismissed }) => code === 'B-ENGINE-2' && dismissed !== null);
    expect(isAside()).toBe(true);
    found.check = { ok: true, checks: [row('engine', true), row('versions', true)] };
    await health.check(actors.local());
    found.check = weak('runc is weak.');
    await health.check(actors.local());
    expect(isAside()).toBe(false);
    found.check = BAD;
    await health.check(actors.local());
    expect(() => health.dismiss(actors.local(), 'B-ISO-3')).toThrow(expect.objectContaining({ code: 'conflict' }) as Error);
    expect(() => health.dismiss(actors.local(), 'B-ENGINE-1')).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
    expect(() => health.recall(actors.local(), 'B-ENGINE-2')).toThrow(expect.objectContaining({ code: 'not-found' }) as Error);
  });

  it('D04: are for administrators alone, over the API too, which tells code, remedy and who it was', async () => {
    hub = await hubWith({ check: weak('runc is weak.') });
    await hub.hub.services.health.check(hub.hub.services.actors.local());
    const manager = makeUser(hub, 'manager');
    hub.store.roles.grant('manager', manager.id);
    const at = `${hub.origin}/hub/api/admin/health/dismissals/B-ENGINE-2`;
    expect((await signedInAs(hub, manager).post('hub/admin/health/dismiss', { code: 'B-ENGINE-2' })).status).toBe(403);
    expect((await fetch(at, { method: 'PUT', headers: { Authorization: `token ${makeToken(hub, manager)}` } })).status).toBe(403);
    const admin = { Authorization: `token ${makeToken(hub, makeUser(hub, 'root', { admin: true }))}` };
    const done = await fetch(at, { method: 'PUT', headers: admin });
    expect([done.status, await done.json()]).toMatchObject([200, { checks: expect.arrayContaining([expect.objectContaining({ code: 'B-ENGINE-2', title: 'Versions of Docker and runc', remedy: expect.stringContaining('newest version') as string, dismissed: expect.objectContaining({ by: 'root' }) as unknown })]) as unknown }]);
    expect((await fetch(at, { method: 'DELETE', headers: admin })).status).toBe(200);
    expect((await fetch(at, { method: 'DELETE', headers: admin })).status).toBe(404);
  });
});

test('no code is used twice, and each is in the documentation', () => {
  const codes = Object.values(CHECKS).map(({ code }) => code);
  expect(new Set(codes).size).toBe(codes.length);
  const docs = readFileSync(path.resolve(__dirname, '../../docs/operations.md'), 'utf8');
  expect(Object.values(CHECKS).filter(({ code, title }) => !docs.includes(`| \`${code}\` | ${title} |`))).toEqual([]);
});
