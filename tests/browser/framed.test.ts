import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { launch, signIn, signUp } from '../support/hub-pages';
import { freePort, POOLS, SMALL_IMAGE, startHubProcess, type HubProcess } from '../support/hub-process';
import { logOf } from '../support/in-container';
import { startHub } from '../support/start-hub';

jest.setTimeout(120_000);

let hub: HubProcess;
let browser: Browser;
let alice: Page;
/** Pages by path. Reached as `localhost` it is the same site as the hub, as `127.0.0.1` another one; never the same origin. */
let console_: Server;
const pages = new Map<string, string>();
let port: number;

beforeAll(async () => {
  port = await freePort();
  console_ = createServer((req, res) => void res.setHeader('Content-Type', 'text/html').end(pages.get(req.url ?? '') ?? ''));
  await new Promise<void>((resolve) => console_.listen(port, '127.0.0.1', resolve));
  expect((console_.address() as AddressInfo).port).toBe(port);
  hub = await startHubProcess({ HUB_DOCKER_NETWORK_POOL: POOLS.framed, HUB_SIGNUP: 'open', HUB_FRAME_ORIGINS: `http://localhost:${port}` }, SMALL_IMAGE);
  browser = await launchBrowser();
  alice = await (await browser.newContext({ locale: 'en-GB' })).newPage();
  await signUp(alice, hub, 'alice');
  await signIn(alice, hub, 'alice');
  await launch(alice, hub, 'alice');
});
afterAll(async () => {
  await browser?.close();
  console_?.close();
  await hub?.dispose();
});

/** What a frame of that address shows on a page of that origin; an empty text when the browser shows nothing of it. */
async function shownIn(origin: string, url: string): Promise<string> {
  pages.set('/console', `<!doctype html><body><iframe name="inner" src="${url}"></iframe>`);
  await alice.goto(`${origin}/console`);
  const frame = alice.frame('inner');
  if (frame === null || !frame.url().startsWith('http')) return '';
  return (await frame.locator('body').innerText()).trim();
}

describe('pages of other origins around a server', () => {
  test('a listed origin shows a server in a frame', async () => {
    expect(await shownIn(`http://localhost:${port}`, `${hub.url}/user/alice/api`)).toContain('version');
  });

  test('the frame is as good as a window: its scripts call their server', async () => {
    await shownIn(`http://localhost:${port}`, `${hub.url}/user/alice/no-such-page`);
    expect(await alice.frame('inner')?.evaluate('fetch("/user/alice/api").then((res) => res.status)')).toBe(200);
  });

  test('any other origin shows nothing of it', async () => {
    expect(await shownIn(`http://127.0.0.1:${port}`, `${hub.url}/user/alice/api`)).not.toContain('version');
  });

  test.each(['/hub/home', '/hub/login', '/hub/spawn', '/hub/logout', '/hub/access/alice', '/user/nobody/lab'])('C13: %s of the hub is never framed, not even there', async (path) => {
    expect(await shownIn(`http://localhost:${port}`, hub.url + path)).not.toMatch(/Signed in as|Sign in|Sign out|Start/);
  });

  test('other uses from there get nothing, and never reach the server: no image, no script', async () => {
    pages.set('/uses', '<!doctype html><body>');
    await alice.goto(`http://localhost:${port}/uses`);
    for (const tag of ['img', 'script']) {
      const done = await alice.evaluate(`new Promise((resolve) => { const el = document.createElement('${tag}'); el.onload = () => resolve('loaded'); el.onerror = () => resolve('refused'); el.src = ${JSON.stringify(`${hub.url}/user/alice/api?use=${tag}`)}; document.body.append(el); })`);
      expect(done).toBe('refused');
    }
    expect(logOf(hub.container('alice'))).not.toContain('use=');
  });
});

describe('a link and a form on somebody\'s page elsewhere', () => {
  /** What the hub knows of the servers of whoever is signed in here. */
  const servers = async (page: Page): Promise<unknown> => ((await (await page.request.get(`${hub.url}/hub/api/users/victim`)).json()) as { readonly servers: unknown }).servers;

  test('C16: a link that would start a server of the author\'s choice shows a form, and starts nothing until its button is pressed', async () => {
    const victim = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await signUp(victim, hub, 'victim');
    await signIn(victim, hub, 'victim');
    pages.set('/link', `<!doctype html><a href="${hub.url}/hub/spawn?opt-image=evil&opt-cmd=rm">holiday pictures</a>`);
    await victim.goto(`http://127.0.0.1:${port}/link`);
    await Promise.all([victim.waitForURL(`${hub.url}/hub/spawn?**`), victim.getByRole('link').click()]);
    expect(await victim.locator('main').innerText()).toContain('evil');
    expect(await servers(victim)).toEqual({});
    pages.set('/plain', `<!doctype html><a href="${hub.url}/hub/spawn">more pictures</a>`);
    await victim.goto(`http://127.0.0.1:${port}/plain`);
    await Promise.all([victim.waitForURL(`${hub.url}/hub/spawn`), victim.getByRole('link').click()]);
    expect(await servers(victim)).toEqual({});
    await victim.context().close();
  });

  test.each(['same-origin', 'no-referrer'])('C07 C08: a form that submits itself from a page with the referrer policy %s does nothing', async (policy) => {
    pages.set('/form', `<!doctype html><meta name="referrer" content="${policy}"><form method="post" action="${hub.url}/hub/logout"></form><script>document.forms[0].submit()</script>`);
    const answered = alice.waitForResponse(`${hub.url}/hub/logout`);
    await alice.goto(`http://localhost:${port}/form`, { waitUntil: 'commit' });
    expect((await answered).status()).toBe(403);
    await alice.waitForURL(`${hub.url}/hub/logout`);
    await alice.goto(`${hub.url}/hub/home`);
    expect(await alice.getByRole('banner').innerText()).toContain('Signed in as alice');
  });
});

test('on a plain network the pages ask for nothing over https, and their forms say where they come from', async () => {
  // No name of this machine, so that the browser treats it as any address on plain http.
  const at = { url: 'http://hub.lan' };
  const lan = await startHub({ settings: { publicUrl: `${at.url}/`, signup: 'open' } });
  const there = await launchBrowser([`--host-resolver-rules=MAP hub.lan:80 127.0.0.1:${lan.hub.config.listen.port}`]);
  try {
    const page = await there.newPage({ locale: 'en-GB' });
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await signUp(page, at, 'dave');
    const posted = page.waitForRequest((request) => request.method() === 'POST');
    await signIn(page, at, 'dave');
    expect((await (await posted).allHeaders())['origin']).toBe(at.url);
    expect(page.url()).toBe(`${at.url}/hub/home`);
    expect(asked.filter((url) => !url.startsWith(`${at.url}/`))).toEqual([]);
    expect(asked.some((url) => url.includes('hub.css'))).toBe(true);
  } finally {
    await there.close();
    await lan.close();
  }
});
