import { readFileSync } from 'node:fs';
import type { Browser, Locator, Page } from 'playwright-core';
import type { User } from '../../hub/domain/user';
import { launchBrowser } from '../support/browser';
import { makeUser } from '../support/factories';
import { apiOf, LOOKS, sessionOf, withLook, type Look } from '../support/journeys';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(120_000);

/** More than one page of the list holds. */
const CROWD = 60;

let hub: TestHub;
let browser: Browser;
let boss: User;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  hub = await startHub({ settings: { server: { cap: 0 } }, overrides: { slowMs: 1 } });
  browser = await launchBrowser();
  boss = makeUser(hub, 'boss', { admin: true });
  api = apiOf(hub, boss);
  for (let i = 0; i < CROWD; i++) hub.store.servers.ensure(makeUser(hub, `crowd-${String(i).padStart(2, '0')}`).id, '' as never);
  // Three for each look: nothing that one journey does is seen by another.
  for (const { id } of LOOKS) for (const name of ['ada', 'bob', 'cyd']) hub.store.servers.ensure(makeUser(hub, `${id}-${name}`).id, '' as never);
});
afterAll(async () => {
  await browser?.close();
  for (const { owner } of hub?.store.servers.active() ?? []) await hub.hub.services.servers.stopAllOf(owner);
  await hub?.close();
});

const list = (query = ''): string => `${hub.origin}/hub/admin/servers${query}`;
const asBoss = (look: Look, work: (page: Page) => Promise<void>): Promise<void> => withLook(browser, look, { url: hub.origin, storageState: sessionOf(hub, boss) }, work);
const names = (page: Page): Promise<string[]> => page.locator('tbody th[scope=row] a').allInnerTexts();
const pill = (page: Page, text: string) => page.getByRole('list', { name: 'Servers by state' }).getByRole('link', { name: new RegExp(`^${text} \\d+$`) });
/** Pills say how many they would show. */
const counted = async (page: Page, text: string): Promise<number> => Number((await pill(page, text).innerText()).match(/\d+$/)?.[0]);
const stateOf = async (user: string): Promise<unknown> => ((await api('GET', `/servers?user=${user}`)).body as readonly { state: string }[])[0]?.state;

async function tick(page: Page, ...users: readonly string[]): Promise<void> {
  for (const user of users) await page.getByRole('checkbox', { name: `Tick ${user}`, exact: true }).check();
}
const bulk = (page: Page, button: string) => page.locator('#servers-bulk').getByRole('button', { name: button, exact: true });

describe.each(LOOKS)('the servers, at $width px and in $theme', (look) => {
  const [ada, bob, cyd] = ['ada', 'bob', 'cyd'].map((name) => `${look.id}-${name}`) as [string, string, string];

  test('are a page at a time, searched, sorted both ways and filtered with the number that each filter would show', () =>
    asBoss(look, async (page) => {
      await page.goto(list());
      const all = ((await api('GET', '/servers?limit=200')).body as readonly { user: string }[]).map(({ user }) => user);
      expect(await names(page)).toEqual(all.slice(0, 25));
      await page.getByRole('navigation', { name: 'Pages of this list' }).getByRole('link', { name: 'Next' }).click();
      await page.waitForURL('**offset=25');
      expect(await names(page)).toEqual(all.slice(25, 50));
      expect(await page.getByRole('link', { name: 'Previous' }).count()).toBe(1);

      await page.goto(list());
      await page.getByLabel('Search by user').fill(look.id);
      await page.getByRole('search').getByRole('button', { name: 'Search' }).click();
      await page.waitForURL('**user=**');
      expect(await names(page)).toEqual([ada, bob, cyd]);
      expect([await counted(page, 'stopped'), await counted(page, 'all'), await counted(page, 'failed')]).toEqual([3, 3, 0]);

      await page.getByRole('columnheader', { name: 'User and server' }).getByRole('link').click();
      await page.waitForURL('**sort=-name**');
      expect(await page.getByRole('columnheader', { name: 'User and server' }).getAttribute('aria-sort')).toBe('descending');
      expect(await names(page)).toEqual([cyd, bob, ada]);
      await pill(page, 'failed').click();
      await page.waitForURL('**state=failed**');
      expect(await page.locator('main').innerText()).toContain('No server matches.');
    }));

  test('start and stop together after a question that names them, and the open page follows', () =>
    asBoss(look, async (page) => {
      await page.goto(list(`?user=${look.id}`));
      await tick(page, ada, bob);
      await bulk(page, 'Start').click();
      await page.getByRole('heading', { name: 'Start these servers? (2)' }).waitFor();
      expect(await page.locator('main .chips li').allInnerTexts()).toEqual([`${ada}/`, `${bob}/`]);
      // Nothing is done before the answer.
      expect(await stateOf(ada)).toBe('stopped');
      await page.getByRole('button', { name: 'Start (2)' }).click();
      await page.getByText('On their way: 2.').waitFor();
      await page.getByRole('link', { name: `Open the server of ${bob}` }).waitFor();
      await page.getByRole('link', { name: `Open the server of ${ada}` }).waitFor();
      expect([await counted(page, 'running'), await counted(page, 'stopped')]).toEqual([2, 1]);
      expect([await stateOf(ada), await stateOf(bob), await stateOf(cyd)]).toEqual(['ready', 'ready', 'stopped']);

      await pill(page, 'running').click();
      await page.waitForURL('**state=running**');
      expect(await names(page)).toEqual([ada, bob]);
      await tick(page, ada, bob);
      await bulk(page, 'Stop').click();
      await page.getByRole('heading', { name: 'Stop these servers? (2)' }).waitFor();
      expect(await page.locator('main .chips li').allInnerTexts()).toEqual([`${ada}/`, `${bob}/`]);
      await page.getByRole('link', { name: 'Cancel' }).click();
      await page.waitForURL('**state=running**');
      expect(await stateOf(bob)).toBe('ready');
      await tick(page, bob);
      await bulk(page, 'Stop').click();
      await page.getByRole('button', { name: 'Stop (1)' }).click();
      await page.getByText('Being stopped, or stopped: 1.').waitFor();
      await page.getByRole('checkbox', { name: `Tick ${bob}` }).waitFor({ state: 'detached' });
      expect([await stateOf(ada), await stateOf(bob)]).toEqual(['ready', 'stopped']);
    }));

  test('are written to by name, and their list is a file with the rows that it shows', () =>
    asBoss(look, async (page) => {
      await page.goto(list(`?user=${look.id}`));
      await tick(page, ada, cyd);
      await bulk(page, 'Write a message').click();
      await page.waitForURL('**/hub/notifications?users=**');
      expect(await page.getByLabel('Users', { exact: true }).inputValue()).toBe(`${ada},${cyd}`);

      await page.goto(list(`?user=${look.id}`));
      const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'As CSV' }).click()]);
      expect(file.suggestedFilename()).toBe('servers.csv');
      const rows = readFileSync(await file.path(), 'utf8').trimEnd().split('\r\n').map((row) => row.replaceAll('"', '').split(',').slice(0, 3).join(' '));
      expect(rows).toEqual(['user server state', `${ada}  ready`, `${bob}  stopped`, `${cyd}  stopped`]);
    }));

  test('tell everything about one of them: what it uses, how long it runs, and what it used before as plots', () =>
    asBoss(look, async (page) => {
      for (let i = 0; i < 2; i++) await hub.hub.services.usage.sample();
      await page.goto(list(`?user=${look.id}`));
      await page.getByRole('rowheader', { name: ada }).getByRole('link').click();
      await page.getByRole('heading', { level: 1, name: ada }).waitFor();
      await page.locator('.chart canvas').nth(1).waitFor();
      for (const plot of await page.locator('.chart canvas').all()) expect(await areaOf(plot)).toBeGreaterThan(10_000);
      const used = (await api('GET', `/users/${ada}/server/usage?range=hour`)).body as { now: { memoryBytes: number } };
      expect(await page.getByRole('region', { name: 'What it uses now' }).innerText()).toContain(`${(used.now.memoryBytes / 1024 ** 2).toFixed(1)} MiB of`);
      expect(await page.getByRole('region', { name: 'How long it runs' }).innerText()).toContain('Idle for');
      await page.getByRole('list', { name: 'How far back' }).getByRole('link', { name: 'Hour', exact: true }).click();
      await page.waitForURL('**range=hour');
      await page.locator('.chart canvas').nth(1).waitFor();
    }));
});

async function areaOf(drawing: Locator): Promise<number> {
  const { width = 0, height = 0 } = (await drawing.boundingBox()) ?? {};
  return width * height;
}
