import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { becomeAdmin, cookieOf, signIn, signUp } from '../support/hub-pages';
import { POOLS, startHubProcess, type HubProcess } from '../support/hub-process';
import { inContainer, writeInContainer } from '../support/in-container';
import { labPage, type LabPage } from '../support/lab-page';

jest.setTimeout(120_000);

let hub: HubProcess;
let browser: Browser;
let admin: Page;
let alice: Page;
let bob: Page;
let lab: LabPage;
/** Origins, learnt from where the browser was sent. */
const sites = { alice: '', bob: '' };

beforeAll(async () => {
  // Chromium takes every name below `localhost` to this machine, and treats them as it treats https.
  hub = await startHubProcess({ HUB_DOCKER_NETWORK_POOL: POOLS.subdomains, HUB_SIGNUP: 'open', HUB_SUBDOMAIN_HOST: 'localhost' });
  browser = await launchBrowser();
  const newPerson = async (): Promise<Page> => (await browser.newContext({ viewport: { width: 1200, height: 750 }, locale: 'en-GB' })).newPage();
  [admin, alice, bob] = [await newPerson(), await newPerson(), await newPerson()];
  await becomeAdmin(admin, hub.link() ?? '');
});
afterAll(async () => {
  await browser?.close();
  await hub?.dispose();
});

/** From the home page to the server's own site. */
async function launchOnSite(page: Page, name: 'alice' | 'bob'): Promise<void> {
  await page.goto(`${hub.url}/hub/home`);
  await page.getByRole('button', { name: 'Start Default server' }).click();
  await page.waitForURL((url) => url.hostname.startsWith('u-') && url.pathname.startsWith(`/user/${name}/`), { timeout: 60_000, waitUntil: 'commit' });
  sites[name] = new URL(page.url()).origin;
}
const status = (page: Page, url: string): Promise<unknown> => page.evaluate(`fetch(${JSON.stringify(url)}, { credentials: 'include' }).then((res) => res.status, (err) => err.name)`);

describe('servers on hosts of their users\' own', () => {
  test('whoever signs in on the hub\'s host gets to their own site, where a kernel runs', async () => {
    for (const [page, name] of [[alice, 'alice'], [bob, 'bob']] as const) {
      await signUp(page, hub, name);
      await signIn(page, hub, name);
      await launchOnSite(page, name);
    }
    expect(sites.alice).toMatch(/^http:\/\/u-[a-z2-7]{20}\.localhost:\d+$/);
    expect(sites.bob).not.toBe(sites.alice);
    expect(alice.url()).not.toMatch(/ticket|enter/);
    lab = await labPage(alice);
    await lab.newNotebook();
    expect(await lab.run('print(6 * 7)')).toBe('42');
  });

  test('signing in on the way, as from a bookmark, leads to the page that was asked for', async () => {
    const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await page.goto(`${sites.alice}/user/alice/files/none.txt`);
    expect(page.url()).toMatch(new RegExp(`^${hub.url}/hub/login\\?next=`));
    await page.getByLabel('Username').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
    await Promise.all([page.waitForURL(`${sites.alice}/user/alice/files/none.txt`), page.getByRole('button', { name: 'Sign in', exact: true }).click()]);
    await page.context().close();
  });

  test('each host has a cookie of its own, which no script there sees', async () => {
    const [onHub, onSite] = await Promise.all([hub.url, sites.alice].map(async (origin) => (await alice.context().cookies(`${origin}/user/alice/`)).find((cookie) => cookie.name === 'hub')));
    expect([onHub?.domain, onSite?.domain]).toEqual(['localhost', new URL(sites.alice).hostname]);
    expect(onSite?.value).toMatch(/^site\./);
    expect(onSite?.httpOnly).toBe(true);
    expect(await alice.evaluate('document.cookie')).not.toMatch(/hub|site\./);
  });

  test('C12 C13: a page of the site reads neither the hub nor another site, and frames or opens nothing of them', async () => {
    await bob.goto(`${sites.bob}/user/bob/no-such-page`);
    for (const url of [`${hub.url}/hub/home`, `${hub.url}/hub/api/user`, `${hub.url}/user/alice/api`, `${sites.alice}/user/alice/api`]) expect(await status(bob, url)).toBe('TypeError');
    for (const path of ['/hub/home', '/hub/api/user', '/user/alice/api', '/user/nobody/api']) expect(await status(bob, path)).toBe(404);
    const seen = await bob.evaluate(`new Promise((resolve) => {
      const frame = document.createElement('iframe');
      frame.onload = () => { try { resolve(frame.contentDocument === null ? 'nothing' : frame.contentDocument.body.innerText); } catch (err) { resolve(err.name); } };
      frame.src = ${JSON.stringify(`${hub.url}/hub/home`)};
      document.body.append(frame);
    })`);
    expect(seen).not.toContain('Your servers');
    const [popup] = await Promise.all([bob.context().waitForEvent('page'), bob.evaluate(`void (window.mine = window.open(${JSON.stringify(`${hub.url}/hub/home`)}))`)]);
    await popup.getByText('Your servers').waitFor();
    expect(await bob.evaluate('(() => { try { return window.mine.closed ? "cut off" : window.mine.document.body.innerText; } catch (err) { return "refused"; } })()')).toMatch(/^(?:cut off|refused)$/);
    await popup.close();
  });

  test('C02: nor does it send a form of the hub', async () => {
    await bob.goto(`${sites.bob}/user/bob/no-such-page`);
    const answered = bob.waitForResponse(`${hub.url}/hub/logout`);
    await bob.evaluate(`(() => { const form = document.createElement('form'); form.method = 'post'; form.action = ${JSON.stringify(`${hub.url}/hub/logout`)}; document.body.append(form); form.submit(); })()`);
    expect((await answered).status()).toBe(403);
    await bob.waitForURL(`${hub.url}/hub/logout`);
    await bob.goto(`${hub.url}/hub/home`);
    expect(await bob.getByRole('banner').innerText()).toContain('Signed in as bob');
  });

  test('C14: a worker of the site stays below its server, and reaches no other host', async () => {
    writeInContainer(hub.container('bob'), '/home/jovyan/work/worker.js', 'self.addEventListener("fetch", () => undefined);');
    await bob.goto(`${sites.bob}/user/bob/no-such-page`);
    expect(await bob.evaluate('navigator.serviceWorker.register("/user/bob/files/work/worker.js", { scope: "/" }).then(() => "registered", (err) => err.name)')).not.toBe('registered');
  });

  test('E01: bob\'s browser gets nothing of alice\'s on any host, as if there were nothing', async () => {
    const secret = randomUUID();
    writeInContainer(hub.container('alice'), '/home/jovyan/work/secret.txt', secret);
    expect(inContainer(hub.container('alice'), 'cat', '/home/jovyan/work/secret.txt')).toContain(secret);
    for (const origin of [hub.url, sites.alice, sites.bob]) {
      const answer = await bob.goto(`${origin}/user/alice/files/work/secret.txt`);
      expect([answer?.status(), (await bob.content()).includes(secret)]).toEqual([404, false]);
    }
  });

  test('R01: an administrator opens alice\'s server without a warning, on her site and not on their own', async () => {
    await admin.goto(`${hub.url}/hub/access/alice`);
    await admin.waitForURL((url) => url.origin === sites.alice && url.pathname.startsWith('/user/alice/'), { waitUntil: 'commit' });
    await admin.goto(`${sites.alice}/user/alice/api`);
    expect(await admin.locator('body').innerText()).toContain('version');
    expect(await admin.goto(`${sites.bob}/user/alice/api`).then((res) => res?.status())).not.toBe(200);
  });

  test('a form of the hub whose answer leads to a site gets there', async () => {
    await admin.goto(`${hub.url}/hub/home`);
    const page = await admin.context().newPage();
    await page.goto(`${hub.url}/hub/home`);
    await Promise.all([page.waitForURL(`${sites.alice}/user/alice/api`), page.evaluate(`(() => {
      const form = document.querySelector('form[action$="/hub/language"]');
      form.elements.next.value = '/user/alice/api';
      form.submit();
    })()`)]);
    await page.close();
  });

  test('B17: signing out on the hub\'s host closes the site: its sockets end, and its pages ask to sign in', async () => {
    const page = await alice.context().newPage();
    await alice.bringToFront();
    const opened = alice.evaluate(`new Promise((resolve) => { const socket = new WebSocket(location.origin.replace('http', 'ws') + '/user/alice/api/events/subscribe'); socket.onopen = () => { window.mine = socket; socket.onclose = (event) => { window.ended = event.code; }; resolve('open'); }; socket.onerror = () => resolve('failed'); })`);
    expect(await opened).toBe('open');
    await page.goto(`${hub.url}/hub/logout`);
    await Promise.all([page.waitForURL(`${hub.url}/hub/login`), page.getByRole('main').getByRole('button').first().click()]);
    await alice.waitForFunction('window.ended === 1008');
    expect(await status(alice, '/user/alice/api')).toBe(403);
    await page.goto(`${sites.alice}/user/alice/lab`);
    expect(page.url()).toContain(`${hub.url}/hub/login`);
    expect(await cookieOf(page, hub)).not.toContain('hub=');
  });
});
