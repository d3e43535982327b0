import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { approve, becomeAdmin, signIn, signUp } from '../support/hub-pages';
import { POOLS, startHubProcess, type HubProcess } from '../support/hub-process';
import { labPage, type LabPage } from '../support/lab-page';

jest.setTimeout(120_000);

/** N04: JupyterLab itself waits a random 10 to 30 s before it asks for its kernel a second time, and then it has to connect. */
const BACK_WITHIN_MS = 60_000;

let hub: HubProcess;
let browser: Browser;
let admin: Page;
let carol: Page;
let lab: LabPage;

beforeAll(async () => {
  hub = await startHubProcess({ HUB_DOCKER_NETWORK_POOL: POOLS.journey });
  browser = await launchBrowser();
  const newPerson = async (): Promise<Page> => (await browser.newContext({ viewport: { width: 1200, height: 750 }, locale: 'en-GB' })).newPage();
  [admin, carol] = [await newPerson(), await newPerson()];
});
afterAll(async () => {
  await browser?.close();
  await hub?.dispose();
});

const text = async (page: Page): Promise<string> => page.locator('main').innerText();

describe('from a bare hub to a notebook, as people go', () => {
  test('the link on the terminal makes its holder the administrator', async () => {
    await becomeAdmin(admin, hub.link() ?? '');
    expect(admin.url()).toBe(`${hub.url}/hub/home`);
    expect(await admin.getByRole('banner').innerText()).toContain('Signed in as admin');
  });

  test('A12: the link works once, and the next start prints none', async () => {
    const stranger = await (await browser.newContext()).newPage();
    expect((await stranger.goto(hub.link() ?? ''))?.status()).toBe(403);
    expect(await text(stranger)).toContain('not valid any more');
    await stranger.context().close();
  });

  test('a second person signs up, is told to wait, and cannot sign in', async () => {
    await signUp(carol, hub, 'carol');
    expect(await text(carol)).toContain('an administrator has been asked to approve the account');
    await signIn(carol, hub, 'carol');
    expect(carol.url()).toBe(`${hub.url}/hub/login`);
    expect(await carol.getByRole('alert').innerText()).toMatch(/wait|approv/i);
  });

  test('the administrator sees who waits and approves', async () => {
    await admin.goto(`${hub.url}/hub/home`);
    await admin.getByRole('link', { name: 'One account waits for approval' }).click();
    await admin.waitForURL('**/hub/admin/users');
    await approve(admin, hub, 'carol');
    expect(await text(admin)).toContain('carol is approved.');
  });

  test('the second person signs in, presses start, watches the stages, and JupyterLab opens', async () => {
    await signIn(carol, hub, 'carol');
    expect(carol.url()).toBe(`${hub.url}/hub/home`);
    await carol.getByRole('button', { name: 'Start Default server' }).click();
    await carol.waitForURL('**/hub/spawn-pending/carol**');
    for (const stage of ['preparing', 'created', 'started']) await carol.locator(`li[data-stage="${stage}"] time`).waitFor();
    await carol.waitForURL(`${hub.url}/user/carol/lab**`, { timeout: 60_000 });
    lab = await labPage(carol);
  });

  test('a new notebook runs print(6*7) and shows 42', async () => {
    await lab.newNotebook();
    expect(await lab.run('print(6*7)')).toBe('42');
    expect(await lab.run("kept = 'before the crash'")).toBe('');
    await lab.saveAs('first.ipynb');
  });
});

describe('kill -9 of the hub, and its restart on the same port and data', () => {
  let home: Page;
  let loads = 0;

  test('N04: without a reload of the page, a cell shows the variable that was set before', async () => {
    home = await carol.context().newPage();
    await home.goto(`${hub.url}/hub/home`);
    carol.on('load', () => (loads += 1));
    await hub.kill9();
    await hub.start();
    expect(hub.link()).toBeUndefined();
    const started = performance.now();
    expect(await lab.run('print(kept)')).toBe('before the crash');
    expect(performance.now() - started).toBeLessThan(BACK_WITHIN_MS);
    expect(loads).toBe(0);
  });

  test('N05: the session is still valid, in the lab and on the pages', async () => {
    await lab.save();
    const fresh = await carol.context().newPage();
    expect((await fresh.goto(`${hub.url}/hub/home`))?.status()).toBe(200);
    expect(fresh.url()).toBe(`${hub.url}/hub/home`);
    expect(await text(fresh)).toContain('running');
    await fresh.close();
  });

  test('N05: a form from before the crash is still good: its button stops the server', async () => {
    await home.getByRole('button', { name: 'Stop Default server' }).click();
    await home.getByText('The server is stopping.').waitFor();
    await home.getByText('stopped', { exact: true }).or(home.getByText('stopping', { exact: true })).waitFor();
  });

  test('the address of the stopped server answers with a start button', async () => {
    // While it is still stopping, the address leads to the page that says so and reloads itself.
    await home.goto(`${hub.url}/user/carol/lab`);
    await home.getByRole('button', { name: 'Start the server' }).waitFor();
  });
});
