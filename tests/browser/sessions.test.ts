import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { makeUserWithPassword, PASSWORD } from '../support/factories';
import { createFakeClock } from '../support/fake-clock';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(60_000);

const clock = createFakeClock(new Date());
let hub: TestHub;
let browser: Browser;
beforeAll(async () => {
  hub = await startHub({ clock });
  await makeUserWithPassword(hub, 'boss', { admin: true });
  await makeUserWithPassword(hub, 'alice');
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

test('B09: a browser whose cookies grew too large is told so, loses them, and works again', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${hub.origin}/hub/login`);
  // As a page on somebody's server may do: it cannot be kept from it, because the address is the same.
  await page.evaluate(() => {
    for (let i = 0; i < 10; i++) document.cookie = `big${i}=${'x'.repeat(3000)}; path=/`;
  });
  const refused = await page.goto(`${hub.origin}/hub/home`);
  expect(refused?.status()).toBe(431);
  expect(await page.getByRole('heading').innerText()).toBe('Too many cookies');
  await page.getByRole('link', { name: 'load this page again' }).click();
  await page.waitForURL(`${hub.origin}/hub/login**`);
  expect((await context.cookies()).some(({ name }) => name.startsWith('big'))).toBe(false);
  await context.close();
});

const signIn = async (page: Page, name: string): Promise<void> => {
  await page.goto(`${hub.origin}/hub/login`);
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${hub.origin}/hub/home`);
};

test('B15: after signing out, the Back button shows the sign-in page', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page, 'alice');
  await page.goto(`${hub.origin}/hub/sessions`);
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.waitForURL(`${hub.origin}/hub/login`);
  await page.goBack();
  await page.waitForURL(`${hub.origin}/hub/login**`);
  expect(await page.getByText('Where you are signed in').count()).toBe(0);
  await context.close();
});

test('a dangerous act waits for the password and is then done, without typing anything else again', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await signIn(page, 'boss');
  clock.advance(11 * 60_000);
  await page.goto(`${hub.origin}/hub/admin/users`);
  await page.getByLabel('Manage alice').click();
  await page.getByRole('button', { name: 'Make administrator' }).first().click();
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('alice is an administrator now.').waitFor();
  expect(hub.store.users.byName('alice' as never)?.admin).toBe(true);
  await context.close();
});
