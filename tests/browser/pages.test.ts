import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { becomeAdmin, cookieOf, PASSWORD, signIn, signUp } from '../support/hub-pages';
import { startHubProcess, type HubProcess } from '../support/hub-process';

jest.setTimeout(60_000);

let hub: HubProcess;
let browser: Browser;

beforeAll(async () => {
  // Labs that are no containers: these tests are about the pages.
  hub = await startHubProcess({ HUB_SPAWNER: 'fake', HUB_SIGNUP: 'open' });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await hub?.dispose();
});

async function withPage<T>(options: BrowserContextOptions, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ locale: 'en-GB', ...options });
  try {
    return await work(await context.newPage());
  } finally {
    await context.close();
  }
}

test('every step works without JavaScript: sign-up, sign-in, start with a page that reloads itself, stop, sign-out', () =>
  withPage({ javaScriptEnabled: false }, async (page) => {
    await signUp(page, hub, 'noscript');
    await signIn(page, hub, 'noscript');
    expect(page.url()).toBe(`${hub.url}/hub/home`);
    await page.getByRole('button', { name: 'Start Default server' }).click();
    await page.waitForURL(`${hub.url}/user/noscript/**`);
    await page.goto(`${hub.url}/hub/home`);
    expect(await page.getByRole('article').innerText()).toContain('running');
    await page.getByRole('button', { name: 'Stop Default server' }).click();
    await page.getByText('The server is stopping.').waitFor();
    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${hub.url}/hub/login`);
  }));

test('the keyboard reaches every control of the sign-in page in the order in which it is read, and shows where it is', () =>
  withPage({}, async (page) => {
    await page.goto(`${hub.url}/hub/login`);
    await page.getByRole('link', { name: 'Skip to the content' }).focus();
    for (const name of ['Berth', 'username', 'password', 'Sign in', 'Sign up', 'lang', 'theme']) {
      await page.keyboard.press('Tab');
      const focus = await page.evaluate('(() => { const el = document.activeElement; const s = getComputedStyle(el); return [el.id || el.textContent.trim(), s.outlineStyle, s.outlineWidth]; })()');
      expect(focus).toEqual([name, 'solid', '3px']);
    }
  }));

test('signing in takes nothing but the keyboard', () =>
  withPage({}, async (page) => {
    await signUp(page, hub, 'keys');
    await page.goto(`${hub.url}/hub/login`);
    await page.locator('#username:focus').waitFor();
    await page.keyboard.type('keys');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${hub.url}/hub/home`);
  }));

test('the address of a stopped server offers to start it and then leads to where one wanted to go; a program gets 424 in JSON', () =>
  withPage({}, async (page) => {
    await signUp(page, hub, 'dora');
    await signIn(page, hub, 'dora');
    expect((await page.goto(`${hub.url}/user/dora/tree/sub?x=1`))?.status()).toBe(424);
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('This server is not running');

    const answer = await fetch(`${hub.url}/user/dora/api/kernels`, { headers: { Cookie: await cookieOf(page, hub), Accept: 'application/json' } });
    expect(answer.status).toBe(424);
    expect(await answer.json()).toMatchObject({ status: 424, message: expect.stringContaining('JupyterHub server no longer running') });

    await page.getByRole('button', { name: 'Start the server' }).click();
    await page.waitForURL(`${hub.url}/user/dora/tree/sub?x=1`);
  }));

test('C16: an address that asks for options shows them and starts nothing', () =>
  withPage({}, async (page) => {
    await signUp(page, hub, 'erin');
    await signIn(page, hub, 'erin');
    await page.goto(`${hub.url}/hub/spawn?image=evil`);
    expect(await page.locator('main').innerText()).toContain('Nothing starts before you press the button');
    await page.goto(`${hub.url}/hub/home`);
    expect(await page.getByRole('article').innerText()).toContain('stopped');
  }));

test('a page that does not exist, a name that is nobody\'s and a place that is not one\'s own are refused in words', () =>
  withPage({}, async (page) => {
    await signUp(page, hub, 'finn');
    await signIn(page, hub, 'finn');
    for (const [path, status] of [['/hub/nothing', 404], ['/hub/admin/users', 403], ['/user/nobody/', 404], ['/user/erin/', 404]] as const) {
      expect((await page.goto(`${hub.url}${path}`))?.status()).toBe(status);
      expect(await page.getByRole('heading', { level: 1 }).innerText()).not.toBe('');
      const text = await page.locator('main').innerText();
      expect(text).toContain('Request id:');
      // JupyterHub's sentences about scopes and resources are for its clients.
      expect(text).not.toMatch(/scopes|resources/);
    }
  }));

test('a browser that prefers Chinese gets Chinese, and everybody may choose', () =>
  withPage({ locale: 'zh-CN' }, async (page) => {
    await page.goto(`${hub.url}/hub/login`);
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-Hans');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('登录');
    expect(await page.locator('main').innerText()).not.toMatch(/[A-Za-z]{4,}/);
    await page.locator('#lang').selectOption('en');
    await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
  }));

test('the admin\'s pages throw no error and break no policy in a browser', () =>
  withPage({}, async (page) => {
    const complaints: string[] = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await becomeAdmin(page, hub.link() ?? '');
    for (const path of ['home', 'admin/users', 'password', 'spawn?profile=lab', 'logout']) await page.goto(`${hub.url}/hub/${path}`);
    await page.goto(`${hub.url}/hub/admin/users`);
    await page.getByText('Manage').first().click();
    await page.goto(`${hub.url}/hub/spawn`);
    await page.waitForURL(`${hub.url}/user/admin/**`);
    expect(complaints).toEqual([]);
  }));
