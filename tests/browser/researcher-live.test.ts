import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import { launchBrowser } from '../support/browser';
import { makeUserWithPassword, PASSWORD } from '../support/factories';
import { LOOKS, withLook } from '../support/journeys';
import { asResearcher, signInAs } from '../support/researcher';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(120_000);

let hub: TestHub;
let browser: Browser;
beforeAll(async () => {
  hub = await startHub({ settings: { server: { cap: 0 }, paths: { templates: path.resolve(__dirname, '../../templates') } } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

const card = (page: Page) => page.getByRole('article', { name: 'Default server' });
const connected = (page: Page) => page.locator('#pulse').getByText('Connected');
const mark = (page: Page) => page.evaluate('window.marked = true');
const isMarked = (page: Page) => page.evaluate('window.marked === true');

describe.each(LOOKS)('a page that stays open in $theme at $width', (look) => {
  test('follows what a program does, without being loaded again', () => asResearcher({ hub, browser, look }, { name: 'live' }, async ({ page, open, start, ask }) => {
    await start();
    await open('home');
    await connected(page).waitFor();
    await mark(page);
    await ask('DELETE', 'server');
    await card(page).getByText('stopped', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Start Default server' }).waitFor();
    expect(await isMarked(page)).toBe(true);
    await ask('POST', 'server');
    await card(page).getByText('running', { exact: true }).waitFor();
    expect(await isMarked(page)).toBe(true);
  }));

  test('says that it lost the hub, and shows what happened meanwhile when it is back', () => asResearcher({ hub, browser, look }, { name: 'offline', allowed: /net::ERR_/ }, async ({ page, open, start, ask }) => {
    await start();
    await open('home');
    await connected(page).waitFor();
    await mark(page);
    await page.context().setOffline(true);
    await page.locator('#pulse').getByText('Not responding').waitFor();
    expect(await page.locator('#pulse.lost').isVisible()).toBe(true);
    await ask('DELETE', 'server');
    expect(await card(page).innerText()).toContain('running');
    await page.context().setOffline(false);
    await connected(page).waitFor();
    await card(page).getByText('stopped', { exact: true }).waitFor();
    expect([await page.locator('#pulse.lost').count(), await isMarked(page)]).toEqual([0, true]);
  }));

  test('works without JavaScript: sign-in, a launch with a template, and stop', async () => {
    const user = await makeUserWithPassword(hub, `plain-${look.id}`);
    await withLook(browser, look, { url: hub.origin, javaScriptEnabled: false }, async (page) => {
      await signInAs(page, hub, user.name, PASSWORD);
      await page.waitForURL(`${hub.origin}/hub/home`);
      await page.goto(`${hub.origin}/hub/launch`);
      await page.getByRole('radio', { name: 'Backtest Review' }).check();
      await page.getByRole('button', { name: 'Start with these choices' }).click();
      await page.waitForURL(`${hub.origin}/user/${user.name}/lab/tree/backtest_review.ipynb`);
      const { id } = hub.store.servers.ensure(user.id, DEFAULT_SERVER);
      expect([...(hub.spawner.workIn(id)?.files.keys() ?? [])]).toEqual(['backtest_review.ipynb']);
      await page.goto(`${hub.origin}/hub/home`);
      await page.getByRole('button', { name: 'Stop Default server' }).click();
      await page.getByText('The server is stopping.').waitFor();
      await page.goto(`${hub.origin}/hub/home`);
      expect(await card(page).innerText()).toMatch(/stopped|stopping/);
      expect(hub.store.servers.ensure(user.id, DEFAULT_SERVER).state.kind).toMatch(/stopped|stopping/);
    });
  });
});

test.each([['reduce', 'none'], ['no-preference', 'breathe']] as const)('motion: with %s, the sign of life moves by %s', (reducedMotion, animation) => {
  const [look] = LOOKS;
  if (look === undefined) throw new Error('there is no look');
  return asResearcher({ hub, browser, look }, { name: `motion-${reducedMotion}`, reducedMotion }, async ({ page, open }) => {
    await open('home');
    await connected(page).waitFor();
    expect(await page.evaluate(`getComputedStyle(document.getElementById('pulse'), '::before').animationName`)).toBe(animation);
  });
});
