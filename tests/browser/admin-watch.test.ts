import { readFileSync } from 'node:fs';
import type { Browser, Download, Locator, Page } from 'playwright-core';
import { systemClock } from '../../hub/domain/runtime';
import { HOUR_STEP } from '../../hub/domain/usage';
import type { User } from '../../hub/domain/user';
import { createFakeSpawner } from '../../spawner/fake';
import { launchBrowser } from '../support/browser';
import { makeUser } from '../support/factories';
import { apiOf, LOOKS, sessionOf, withLook, type Look } from '../support/journeys';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(120_000);

const HOUR_MS = 3_600_000;
const check = (name: string, ok: boolean, level: 'required' | 'advice') => ({ name, ok, level, detail: ok ? 'Fine.' : 'runc 1.1.5 is older than it should be.', ms: 12 });

let hub: TestHub;
let browser: Browser;
let boss: User;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  const spawner = { ...createFakeSpawner({ clock: systemClock }), check: () => Promise.resolve({ ok: true, checks: [check('engine', true, 'required'), check('versions', false, 'advice')] }) };
  hub = await startHub({ settings: { server: { idleLimit: '5h' } }, sources: new Map([['server.idleLimit', 'HUB_SERVER_IDLE_LIMIT']]), overrides: { spawner, slowMs: 1 } });
  browser = await launchBrowser();
  boss = makeUser(hub, 'boss', { admin: true });
  api = apiOf(hub, boss);
  const { health, actors, usage, servers } = hub.hub.services;
  await health.check(actors.local());
  const runner = makeUser(hub, 'runner');
  makeUser(hub, 'waiting', { status: 'pending' });
  await servers.start(actors.ofUser(runner, 'cookie', 'test'), runner, '' as never, {}).settled;
  const last = { running: 1, queued: 0, loopMs: 4, failed: 1, started: 2, starts: [1_000, 3_000], cpu: 0.25, cpuPeak: 0.5, memory: 2 ** 31, memoryPeak: 2 ** 31, disk: null, engineDisk: null };
  hub.store.usage.write({ minute: 0, minutes: [], hours: [], host: [{ step: HOUR_STEP, at: (Math.floor(Date.now() / HOUR_MS) - 1) * HOUR_STEP, ...last }] });
  // How busy the processors are is known from the second look on, when they have counted on since the first.
  while (typeof usage.dashboard(actors.local()).now?.cpu !== 'number') await usage.sample();
});
afterAll(async () => {
  await browser?.close();
  for (const { owner } of hub?.store.servers.active() ?? []) await hub.hub.services.servers.stopAllOf(owner);
  await hub?.close();
});

const at = (path: string): string => `${hub.origin}/hub/admin${path}`;
const asBoss = (look: Look, work: (page: Page) => Promise<void>): Promise<void> => withLook(browser, look, { url: hub.origin, storageState: sessionOf(hub, boss) }, work);
const press = (page: Page | Locator, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const textOf = async (file: Download): Promise<string> => readFileSync(await file.path(), 'utf8');

async function areasOf(drawings: Locator): Promise<readonly number[]> {
  return Promise.all((await drawings.all()).map(async (drawing) => {
    const { width = 0, height = 0 } = (await drawing.boundingBox()) ?? {};
    return width * height;
  }));
}

describe.each(LOOKS)('watching over the hub, at $width px and in $theme', (look) => {
  const called = (name: string): string => `${look.id}-${name}`;

  test('the dashboard tells how busy the machine is, how many run and wait, and draws each of its plots', () =>
    asBoss(look, async (page) => {
      expect((await api('POST', `/users/${called('eve')}`)).status).toBe(201);
      await page.goto(at(''));
      const card = (title: string): Promise<string> => page.locator('section.panel', { has: page.getByRole('heading', { name: title, exact: true }) }).innerText();
      expect(await card('This machine')).toMatch(/CPU[^]*% of \d+ CPUs[^]*Memory[^]*GiB of [^]*Event loop delay[^]*ms/);
      const running = ((await api('GET', '/servers?state=running')).body as readonly unknown[]).length;
      expect([running, await card('Servers')]).toEqual([1, expect.stringMatching(/^Servers\s+1\s+Running/)]);
      expect(await card('Users')).toMatch(/Waiting for approval\s+1/);
      // Two of the hour before, and the runner's once its minute is over.
      expect(await card('Starts in 24 hours')).toMatch(/[23]\s+Succeeded[^]*Failed\s+1/);
      expect(await card('Recent events')).toContain(`user.create user:${called('eve')}`);
      for (const range of ['Day', 'Week']) {
        await page.getByRole('list', { name: 'How far back' }).getByRole('link', { name: range, exact: true }).click();
        await page.waitForURL(`**range=${range.toLowerCase()}`);
        await page.locator('.chart canvas').nth(5).waitFor();
        const areas = await areasOf(page.locator('.chart canvas'));
        expect([areas.length, areas.every((area) => area > 10_000)]).toEqual([6, true]);
      }
    }));

  test('R02: the audit log has what was done a moment ago, is narrowed to it by word and kind, and goes out as a file', () =>
    asBoss(look, async (page) => {
      const zoe = called('zoe');
      await page.goto(at('/audit'));
      await page.locator('#pulse:not([hidden])').waitFor({ state: 'attached' });
      expect((await api('POST', `/users/${zoe}`)).status).toBe(201);
      expect((await api('POST', `/users/${zoe}/disable`)).status).toBe(200);
      // The page that is open follows.
      await page.getByRole('rowheader', { name: new RegExp(`user.disable · user:${zoe}`) }).waitFor();
      await page.getByLabel('Who, what or whom').fill(zoe);
      await press(page, 'Filter');
      await page.waitForURL('**q=**');
      const codes = async (): Promise<readonly string[]> => (await page.locator('tbody th .hint').allInnerTexts()).map((text) => text.split(' ')[0] ?? '');
      const told = (await api('GET', `/audit?q=${zoe}`)).body as { readonly entries: readonly { action: string }[]; readonly counts: Readonly<Record<string, number>> };
      expect(await codes()).toEqual(told.entries.map(({ action }) => action));
      expect(await codes()).toEqual(expect.arrayContaining(['user.disable', 'user.create']));
      const kinds = page.getByRole('list', { name: 'Kinds' });
      await kinds.getByRole('link', { name: /^Users \d+$/ }).click();
      await page.waitForURL('**kind=users**');
      expect(await codes()).toEqual(expect.arrayContaining(['user.disable']));
      for (const [button, mark] of [['CSV', ','], ['JSON', '{']] as const) {
        const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('region', { name: 'Export' }).getByRole('button', { name: new RegExp(button) }).click()]);
        const text = await textOf(file);
        expect([text.includes(`user:${zoe}`), text.includes(mark)]).toEqual([true, true]);
      }
    }));

  test('the health page gives each failure its code and its remedy, and a warning is put aside and brought back', () =>
    asBoss(look, async (page) => {
      await page.goto(at('/health'));
      const warning = page.getByRole('region', { name: /B-ENGINE-2/ });
      expect(await warning.innerText()).toMatch(/warning[^]*runc 1\.1\.5[^]*What to do\s+\S+/);
      const aside = async (): Promise<boolean> => /"code":"B-ENGINE-2"[^}]*"dismissed":\{/.test(JSON.stringify((await api('GET', '/admin/health')).body));
      expect(await aside()).toBe(false);
      await press(page, 'Put aside: B-ENGINE-2');
      await warning.waitFor({ state: 'detached' });
      expect(await aside()).toBe(true);
      await page.goto(at('/health'));
      expect(await warning.count()).toBe(0);
      await page.getByText('Warnings that were put aside: 1').click();
      await press(page, 'Bring back: B-ENGINE-2');
      await warning.waitFor();
      expect(await aside()).toBe(false);
      expect(await page.locator('table').first().innerText()).toContain('B-ENGINE-1');
    }));

  test('R08: a setting says what it is and where that comes from, changes at once with an effect that is seen, and a bad value is refused in words', () =>
    asBoss(look, async (page) => {
      const row = (setting: string): Locator => page.locator(`li[id="${setting}"]`);
      await page.goto(at('/settings?q=idleLimit'));
      expect(await row('server.idleLimit').innerText()).toMatch(/Value\s+5h\s+From\s+HUB_SERVER_IDLE_LIMIT\s+default:\s+4h/);
      await page.goto(at('/settings?q=brand.stage'));
      expect(await row('brand.stage').innerText()).toMatch(/Value\s+none\s+From\s+the default/);
      const stage = `T${look.width}${look.theme === 'dark' ? 'D' : 'L'}`;
      await page.getByLabel('Change brand.stage').click();
      await row('brand.stage').getByLabel('New value').fill(stage);
      await press(row('brand.stage'), 'Save');
      await page.getByText('brand.stage counts from now on.').waitFor();
      expect(await page.getByRole('banner').innerText()).toContain(stage);
      expect(await row('brand.stage').innerText()).toContain('changed here by boss');
      expect((await api('GET', '/settings')).body).toContainEqual(expect.objectContaining({ setting: 'brand.stage', value: stage }) as unknown);
      await withLook(browser, look, { url: hub.origin }, async (visitor) => {
        await visitor.goto(`${hub.origin}/hub/login`);
        expect(await visitor.getByRole('banner').innerText()).toContain(stage);
      });
      await page.getByLabel('Change brand.stage').click();
      await press(row('brand.stage'), 'Reset to what is configured');
      await page.getByText('brand.stage is as configured again.').waitFor();
      expect(await page.getByRole('banner').innerText()).not.toContain(stage);

      await page.goto(at('/settings?q=server.cap'));
      await page.getByLabel('Change server.cap', { exact: true }).click();
      await row('server.cap').getByLabel('New value').fill('several');
      await press(row('server.cap'), 'Save');
      expect(await row('server.cap').getByRole('alert').innerText()).toMatch(/number|integer/i);
      expect(await row('server.cap').getByLabel('New value').inputValue()).toBe('several');
      expect(hub.hub.config.server.cap).toBe(5);
    }));

  test('R04: the report of a month has the hours of each user, and is a file with the same numbers', () =>
    asBoss(look, async (page) => {
      const yan = makeUser(hub, called('yan'));
      const hour = Math.floor(Date.now() / HOUR_MS) - 1;
      const month = new Date(hour * HOUR_MS).toISOString().slice(0, 7);
      const { usage, servers } = hub.store;
      const key = usage.key({ id: servers.ensure(yan.id, '' as never).id, owner: yan.id, profile: 'default' }, hour);
      usage.write({ minute: hour * 60, minutes: [], host: [], hours: [{ hour, key, seconds: 1800, cpuSeconds: 360, memorySeconds: 7200, cpuPeak: 500, memoryPeak: 1024 ** 2, cpuLimit: 2000, memoryLimit: 4 * 1024 ** 2 }] });
      // What is there is counted once, and what came later with it.
      usage.countHours(hour + 1, 100);
      usage.countHours(hour + 1, 100);
      await page.goto(at(`/usage?month=${month}`));
      const cells = await page.getByRole('row', { name: new RegExp(yan.name) }).getByRole('cell').allInnerTexts();
      expect(cells.slice(0, 3)).toEqual(['0.5', '0.1', '2.0']);
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download as CSV' }).click()]);
      expect([file.suggestedFilename(), await textOf(file)]).toEqual([`usage-${month}.csv`, expect.stringContaining(`"${month}","${yan.name}",0.5,0.1,2\r\n`)]);
      expect((await api('GET', `/usage/report?month=${month}`)).body).toMatchObject({ users: expect.arrayContaining([expect.objectContaining({ user: yan.name, hours: 0.5 })]) as unknown });
    }));
});
