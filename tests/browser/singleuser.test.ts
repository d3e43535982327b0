import type { Browser, Page, Response } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { becomeAdmin, cookieOf, launch, signIn, signUp, tokenOf } from '../support/hub-pages';
import { POOLS, startHubProcess, type HubProcess } from '../support/hub-process';
import { inContainer, logOf } from '../support/in-container';
import { labPage, type LabPage } from '../support/lab-page';
import { exchange } from '../support/raw-client';

jest.setTimeout(180_000);

/** The notebook image as people have it, with Debian's package of JupyterHub 5.2.1, which starts and signs visitors in as it does under JupyterHub itself. */
const CONFIG = { profiles: [{ slug: 'singleuser', title: 'JupyterHub', image: 'berth/notebook:latest', mode: 'singleuser' }] };

let hub: HubProcess;
let browser: Browser;
let alice: Page;
let lab: LabPage;
const visited: string[] = [];

beforeAll(async () => {
  hub = await startHubProcess({ HUB_DOCKER_NETWORK_POOL: POOLS.singleuser, HUB_SIGNUP: 'open', HUB_SERVER_START_TIMEOUT: '90s', HUB_LOG_LEVEL: 'debug' }, CONFIG);
  browser = await launchBrowser();
  alice = await newPerson();
  alice.on('response', (res: Response) => {
    if (spentCallback === '' && res.url().includes('/oauth_callback?')) spentCallback = res.url();
    if (res.request().isNavigationRequest()) visited.push(`${res.status()} ${new URL(res.url()).pathname}`);
  });
});
afterAll(async () => {
  await browser?.close();
  await hub?.dispose();
});

const newPerson = async (): Promise<Page> => (await browser.newContext({ viewport: { width: 1200, height: 750 }, locale: 'en-GB' })).newPage();
const cookieNames = async (path: string): Promise<readonly string[]> => (await alice.context().cookies(`${hub.url}${path}`)).map(({ name }) => name);
const ask = (path: string, lines: readonly string[]) => exchange(hub.port, Buffer.from([`GET ${path} HTTP/1.1`, `Host: localhost:${hub.port}`, 'Connection: close', ...lines, '', ''].join('\r\n'), 'latin1'));

describe('the real jupyterhub-singleuser 5.2.1', () => {
  test('9.1: starts, has its visitor sign in at the hub without a question, and shows JupyterLab', async () => {
    await signUp(alice, hub, 'alice');
    await signIn(alice, hub, 'alice');
    await launch(alice, hub, 'alice');
    await alice.waitForURL('**/user/alice/lab**', { timeout: 60_000 });
    lab = await labPage(alice);
    expect(inContainer(hub.container('alice'), 'ps', '-eo', 'args')).toContain('jupyterhub-singleuser');
    const way = ['/hub/api/oauth2/authorize', '/user/alice/oauth_callback'].map((path) => visited.indexOf(`302 ${path}`));
    expect(way.every((at) => at > -1)).toBe(true);
    expect(visited).not.toContain('200 /hub/api/oauth2/authorize');
    expect(await cookieNames('/user/alice/')).toEqual(expect.arrayContaining(['jupyterhub-user-alice', 'jupyterhub-session-id', '_xsrf']));
  });

  test('runs a cell', async () => {
    await lab.newNotebook();
    expect(await lab.run('print(6*7)')).toBe('42');
  });

  test('9.1: reports its activity through the internal listener, and nothing was refused there', async () => {
    const log = logOf(hub.container('alice'));
    expect(log).not.toMatch(/Error notifying Hub|Failed to connect to my Hub|Traceback/);
    const internal = hub.output().split('\n').filter((line) => line.includes('internal request'));
    for (const path of ['/hub/api', '/hub/api/users/alice/activity', '/hub/api/oauth2/token', '/hub/api/user']) expect(internal.filter((line) => line.includes(`"path":"${path}"`) && line.includes('"status":200'))).not.toEqual([]);
    expect(internal.filter((line) => !line.includes('"status":200'))).toEqual([]);
  });

  test('E02: a program\'s token opens the server, and the server never sees it', async () => {
    const token = await tokenOf(await signedIn(), hub, 'alice');
    const answer = await ask('/user/alice/api/kernels', [`Authorization: token ${token}`]);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toHaveLength(1);
    expect(logOf(hub.container('alice'))).not.toContain(token);
  });

  const CALLBACKS = [['missing', '?code=x'], ['foreign', '?code=x&state=eyJ1dWlkIjoieCJ9'], ['reused', ''], ['without a code', '?state=x']] as const;
  test.each(CALLBACKS)('D18: a callback whose state is %s gets no token cookie', async (name, query) => {
    const cookie = await cookieOf(await signedIn(), hub);
    const spent = new URL(spentCallback).search;
    const answer = await ask(`/user/alice/oauth_callback${name === 'reused' ? spent : query}`, [`Cookie: ${cookie}`, 'Accept: text/html', 'Sec-Fetch-Site: none', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document']);
    expect([400, 403]).toContain(answer.status);
    expect(JSON.stringify(answer.headers)).not.toMatch(/set-cookie[^]*jupyterhub-user-alice=/i);
  });

  test('9.1: File > Hub Control Panel leads to the hub', async () => {
    const [panel] = await Promise.all([alice.context().waitForEvent('page'), menu('Hub Control Panel')]);
    await panel.waitForURL(`${hub.url}/hub/home`);
    expect(await panel.locator('main').innerText()).toContain('Your servers');
    await panel.close();
  });

  test('9.1: File > Log Out ends access: for the browser, and for the token that the server had got', async () => {
    const token = (await alice.evaluate('JSON.parse(document.getElementById("jupyter-config-data").textContent).token')) as string;
    const with_ = [`Authorization: token ${token}`];
    expect(await ask('/user/alice/api/kernels', with_)).toMatchObject({ status: 200 });
    await menu('Log Out');
    await alice.waitForURL(`${hub.url}/hub/logout`);
    await alice.getByRole('button', { name: 'Sign out' }).last().click();
    await alice.waitForURL(`${hub.url}/hub/login`);
    expect(await ask('/user/alice/api/kernels', with_)).toMatchObject({ status: 403 });
    expect(await cookieNames('/user/alice/')).not.toContain('jupyterhub-session-id');
    await alice.goto(`${hub.url}/user/alice/lab`);
    expect(alice.url()).toMatch(/\/hub\/login\?next=/);
  });

  test('an administrator confirms at the hub, is asked by it whether the server may know them, and gets in', async () => {
    const admin = await newPerson();
    await becomeAdmin(admin, hub.link() ?? '');
    await admin.goto(`${hub.url}/hub/access/alice`);
    await admin.locator('main').getByRole('button').first().click();
    await admin.getByRole('button', { name: 'Agree' }).click({ timeout: 60_000 });
    await admin.waitForURL('**/user/alice/lab**', { timeout: 60_000 });
    await admin.context().close();
  });

  test('D16: another user gets neither the server nor a code for it', async () => {
    const bob = await newPerson();
    await signUp(bob, hub, 'bob');
    await signIn(bob, hub, 'bob');
    const res = await bob.goto(`${hub.url}/hub/api/oauth2/authorize?client_id=jupyterhub-user-alice&redirect_uri=%2Fuser%2Falice%2Foauth_callback&response_type=code&state=x`);
    expect([res?.status(), bob.url().includes('code=')]).toEqual([403, false]);
    expect((await bob.goto(`${hub.url}/user/alice/lab`))?.status()).toBe(404);
    await bob.context().close();
  });
});

/** The address that brought alice her token; kept by the first page that she opened. */
let spentCallback = '';

/** Another browser of alice's, which has not been to her server. */
async function signedIn(): Promise<Page> {
  const page = await newPerson();
  await signIn(page, hub, 'alice');
  return page;
}

async function menu(item: string): Promise<void> {
  await alice.getByRole('menuitem', { name: 'File', exact: true }).first().click();
  await alice.getByRole('menuitem', { name: item }).click();
}
