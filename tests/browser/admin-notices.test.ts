import type { Browser, Page } from 'playwright-core';
import type { User } from '../../hub/domain/user';
import { launchBrowser } from '../support/browser';
import { makeUser } from '../support/factories';
import { createFakeClock } from '../support/fake-clock';
import { apiOf, LOOKS, sessionOf, withLook, type Look } from '../support/journeys';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(120_000);

const MINUTE_MS = 60_000;

interface World {
  readonly hub: TestHub;
  readonly boss: User;
  readonly api: ReturnType<typeof apiOf>;
}

/** One with labs, and one whose time the tests make pass. */
const clock = createFakeClock(new Date());
let now: World;
let later: World;
let browser: Browser;

async function world(options: Parameters<typeof startHub>[0]): Promise<World> {
  const hub = await startHub(options);
  const boss = makeUser(hub, 'boss', { admin: true });
  return { hub, boss, api: apiOf(hub, boss) };
}

beforeAll(async () => {
  now = await world({ settings: { server: { cap: 0 } }, overrides: { slowMs: 1 } });
  later = await world({ clock });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  for (const { owner } of now?.hub.store.servers.active() ?? []) await now.hub.hub.services.servers.stopAllOf(owner);
  await now?.hub.close();
  await later?.hub.close();
});

const as = (user: User, { hub }: World, look: Look, work: (page: Page) => Promise<void>): Promise<void> => withLook(browser, look, { url: hub.origin, storageState: sessionOf(hub, user) }, work);
const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();
const reach = (page: Page) => page.locator('[data-notice-reach]');

describe.each(LOOKS)('messages, at $width px and in $theme', (look) => {
  const called = (name: string): string => `${look.id}-${name}`;

  test('are counted while they are written, go to a group by state after a look at whom they reach, and what became of them is told for each', async () => {
    const { hub, boss, api } = now;
    const [uma, vic, team] = [makeUser(hub, called('uma')), makeUser(hub, called('vic')), called('team')];
    const { servers, actors } = hub.hub.services;
    await servers.start(actors.ofUser(uma, 'cookie', 'test'), uma, '' as never, {}).settled;
    await api('POST', `/groups/${team}`);
    await api('POST', `/groups/${team}/users`, { users: [uma.name, vic.name] });
    const message = `Desk ${look.id} moves at noon`;

    await as(boss, now, look, async (page) => {
      await page.goto(`${hub.origin}/hub/notifications`);
      const text = page.getByLabel('Message', { exact: true });
      await text.fill('x'.repeat(140));
      await text.press('x');
      expect([await page.locator('output').innerText(), (await text.inputValue()).length]).toEqual(['140/140', 140]);
      expect((await api('POST', '/notifications/broadcast', { message: 'x'.repeat(141), variant: 'info', autoClose: false })).status).toBe(400);
      await text.fill(message);
      await page.getByLabel('Type', { exact: true }).selectOption('warning');
      expect([await page.locator('output').innerText(), await page.locator('[data-notice-look]').innerText()]).toEqual([`${message.length}/140`, message]);

      await page.getByLabel(team, { exact: true }).check();
      await reach(page).getByText('1 of 2 will get it now, 1 when they start.').waitFor();
      await page.getByLabel('not running', { exact: true }).check();
      await reach(page).getByText('0 of 1 will get it now, 1 when they start.').waitFor();
      await page.getByLabel('not running', { exact: true }).uncheck();
      await press(page, 'Show who gets it');
      await page.getByText('Who they are').click();
      expect((await page.locator('[data-notice-who] li').allInnerTexts()).toSorted()).toEqual([`${uma.name}: in a lab now`, `${vic.name}: when it starts`]);
      expect(JSON.stringify((await api('GET', '/notifications')).body)).not.toContain(message);

      await press(page, 'Send');
      await page.getByRole('heading', { level: 1, name: 'Notification' }).waitFor();
      expect(await page.getByText('Sent: 1 of 1 who have a lab got it.').count()).toBe(1);
      const row = (name: string) => page.getByRole('row', { name: new RegExp(name) }).getByRole('cell').allInnerTexts();
      expect([await row(uma.name), await row(vic.name)]).toEqual([['delivered', 'not yet'], ['when it starts', 'not yet']]);
      const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';
      expect((await api('GET', `/notifications/${id}`)).body).toMatchObject({ details: expect.arrayContaining([expect.objectContaining({ username: uma.name, status: 'success' })]) as unknown });

      await as(uma, now, look, async (theirs) => {
        await theirs.goto(`${hub.origin}/hub/home`);
        const banner = theirs.locator('.notices').getByText(message);
        await banner.waitFor();
        await press(theirs, `Dismiss “${message}”`);
        await banner.waitFor({ state: 'detached' });
        await theirs.goto(`${hub.origin}/hub/home`);
        expect(await banner.count()).toBe(0);
        await theirs.goto(`${hub.origin}/hub/notifications`);
        expect(await theirs.getByRole('listitem').filter({ hasText: message }).innerText()).toContain('closed');
      });
      // Who wrote it sees that it was closed, without asking.
      await page.getByRole('row', { name: new RegExp(uma.name) }).getByText('not yet').waitFor({ state: 'detached' });
      expect(await row(vic.name)).toEqual(['when it starts', 'not yet']);
      await page.getByRole('link', { name: 'All notifications' }).click();
      expect(await page.getByRole('row', { name: new RegExp(message) }).innerText()).toMatch(/1 of 2[^]*1 when they start/);
    });
  });

  test('wait for their time, appear on a page that is open, end at theirs, and are deleted', async () => {
    const { hub, boss } = later;
    const wes = makeUser(hub, called('wes'));
    const message = `Backup of ${look.id} begins`;
    const inMinutes = (minutes: number): string => new Date(clock.now().getTime() + minutes * MINUTE_MS).toISOString().slice(0, 16);
    await as(boss, later, look, async (page) => {
      await page.goto(`${hub.origin}/hub/notifications`);
      await page.getByLabel('Message', { exact: true }).fill(message);
      await page.getByLabel('Users', { exact: true }).fill(wes.name);
      await page.getByText('When', { exact: true }).click();
      await page.getByLabel('Send at (UTC, empty: now)').fill(inMinutes(5));
      await page.getByLabel('Show until (UTC, empty: seven days)').fill(inMinutes(9));
      await press(page, 'Send');
      await page.getByText('It will be sent.').waitFor();
      expect(await page.locator('.facts').innerText()).toContain('to be sent');
      expect(await page.locator('main').innerText()).toContain('It was not sent yet');

      await as(wes, later, look, async (theirs) => {
        await theirs.goto(`${hub.origin}/hub/home`);
        const banner = theirs.locator('.notices').getByText(message);
        await theirs.locator('#pulse:not([hidden])').waitFor({ state: 'attached' });
        expect(await banner.count()).toBe(0);
        clock.advance(6 * MINUTE_MS);
        await banner.waitFor();
        clock.advance(4 * MINUTE_MS);
        await theirs.goto(`${hub.origin}/hub/home`);
        expect(await banner.count()).toBe(0);
      });
      await page.goto(page.url());
      expect(await page.locator('.facts').innerText()).toContain('over');
      await page.getByText('Delete', { exact: true }).click();
      await press(page, 'Delete this message');
      await page.getByText('The message was removed.').waitFor();
      // With a token of this moment: time has passed for those that were made before.
      const { status, body } = await apiOf(hub, boss)('GET', '/notifications');
      expect([status, JSON.stringify(body).includes(message)]).toEqual([200, false]);
    });
  });

  test('that were sent are ended by hand, and a time that is none is refused in words', () =>
    as(later.boss, later, look, async (page) => {
      const { hub } = later;
      const xia = makeUser(hub, called('xia'));
      const message = `Lift of ${look.id} is out of order`;
      await page.goto(`${hub.origin}/hub/notifications?users=${xia.name}`);
      await page.getByLabel('Message', { exact: true }).fill(message);
      await page.getByText('When', { exact: true }).click();
      await page.getByLabel('Show until (UTC, empty: seven days)').fill('2001-01-01T00:00');
      await press(page, 'Send');
      await page.getByRole('alert').waitFor();
      expect([await page.getByLabel('Message', { exact: true }).inputValue(), await page.getByLabel('Users', { exact: true }).inputValue()]).toEqual([message, xia.name]);
      await page.getByLabel('Show until (UTC, empty: seven days)').fill('');
      await press(page, 'Send');
      await page.getByText('Sent: nobody of them has a lab now').waitFor();
      const mine = async (): Promise<string> => JSON.stringify((await apiOf(hub, xia)('GET', '/user/notifications')).body);
      expect(await mine()).toContain(message);
      await page.getByText('End it now', { exact: true }).first().click();
      await press(page, 'End it now');
      await page.locator('.facts').getByText('over').waitFor();
      await as(xia, later, look, async (theirs) => {
        await theirs.goto(`${hub.origin}/hub/home`);
        expect(await theirs.getByText(message).count()).toBe(0);
      });
      expect(await mine()).not.toContain(message);
    }));
});
