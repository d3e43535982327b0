import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { signIn, signUp } from '../support/hub-pages';
import { POOLS, startHubProcess, type HubProcess } from '../support/hub-process';
import { labPage } from '../support/lab-page';

jest.setTimeout(180_000);

let hub: HubProcess;
let browser: Browser;
let alice: Page;

beforeAll(async () => {
  const env = { HUB_DOCKER_NETWORK_POOL: POOLS.singleuserSites, HUB_SIGNUP: 'open', HUB_SERVER_START_TIMEOUT: '90s', HUB_SUBDOMAIN_HOST: 'localhost' };
  hub = await startHubProcess(env, { profiles: [{ slug: 'singleuser', title: 'JupyterHub', image: 'berth/notebook:latest', mode: 'singleuser' }] });
  browser = await launchBrowser();
  alice = await (await browser.newContext({ viewport: { width: 1200, height: 750 }, locale: 'en-GB' })).newPage();
});
afterAll(async () => {
  await browser?.close();
  await hub?.dispose();
});

test('a jupyterhub-singleuser server on a host of its own signs its visitor in by way of the hub\'s host, and runs a cell', async () => {
  await signUp(alice, hub, 'alice');
  await signIn(alice, hub, 'alice');
  await alice.goto(`${hub.url}/hub/home`);
  await alice.getByRole('button', { name: 'Start Default server' }).click();
  await alice.waitForURL((url) => url.hostname.startsWith('u-') && url.pathname.startsWith('/user/alice/lab'), { timeout: 90_000 });
  const lab = await labPage(alice);
  await lab.newNotebook();
  expect(await lab.run('print(6*7)')).toBe('42');
});

test('File > Log Out leads to the hub\'s host', async () => {
  await alice.getByRole('menuitem', { name: 'File', exact: true }).first().click();
  await alice.getByRole('menuitem', { name: 'Log Out' }).click();
  await alice.waitForURL(`${hub.url}/hub/logout`);
  expect(await alice.getByRole('button', { name: 'Sign out' }).count()).toBeGreaterThan(0);
});
