import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { becomeAdmin, cookieOf, launch, signIn, signUp, tokenOf } from '../support/hub-pages';
import { POOLS, SMALL_IMAGE, startHubProcess, type HubProcess } from '../support/hub-process';
import { addressOf, hostAddresses, inContainer, logOf, reachedFrom, writeInContainer } from '../support/in-container';
import { exchange, parseResponse, rawClient } from '../support/raw-client';

jest.setTimeout(120_000);

const MARKER = 'written by bob and for bob alone';

let hub: HubProcess;
let browser: Browser;
const pages: Record<string, Page> = {};
const cookies: Record<string, string> = {};

beforeAll(async () => {
  // On every address, so that being unreachable from a container is the firewall's doing.
  hub = await startHubProcess({ HUB_DOCKER_NETWORK_POOL: POOLS.twoUsers, HUB_SIGNUP: 'open', HUB_LISTEN_HOST: '0.0.0.0' }, SMALL_IMAGE);
  browser = await launchBrowser();
  for (const name of ['alice', 'bob']) {
    const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await signUp(page, hub, name);
    await signIn(page, hub, name);
    await launch(page, hub, name);
    pages[name] = page;
    cookies[name] = await cookieOf(page, hub);
  }
  writeInContainer(hub.container('bob'), '/home/jovyan/work/x', MARKER);
});
afterAll(async () => {
  await browser?.close();
  await hub?.dispose();
});

const request = (path: string, who: string, more: readonly string[] = ['Connection: close']): Buffer =>
  Buffer.from([`GET ${path} HTTP/1.1`, `Host: localhost:${hub.port}`, `Cookie: ${cookies[who]}`, ...more, '', ''].join('\r\n'), 'latin1');
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];
/** The status of the answer to an upgrade; the connection is ended. */
async function upgrade(path: string, who: string): Promise<number> {
  const client = rawClient(hub.port, request(path, who, [...UPGRADE, `Origin: ${hub.url}`]));
  const text = await client.until((t) => t.includes('\r\n\r\n'));
  client.destroy();
  return parseResponse(text)?.status ?? 0;
}
/** Requests that bob's Jupyter has seen. */
const seenByBob = (): readonly string[] => logOf(hub.container('bob')).split('\n').filter((line) => /\b\d{3} (?:GET|HEAD|POST|PUT|DELETE|OPTIONS) /.test(line));

describe('two people at once, each in a container of their own', () => {
  test('what these tests look for can be seen: bob reads his own file, and his server logs it', async () => {
    const before = seenByBob().length;
    const answer = await exchange(hub.port, request('/user/bob/files/x', 'bob'));
    expect([answer.status, answer.body]).toEqual([200, MARKER]);
    expect(await upgrade('/user/bob/api/events/subscribe', 'bob')).toBe(101);
    expect(seenByBob().length).toBeGreaterThan(before);
    expect(await upgrade('/user/alice/api/events/subscribe', 'alice')).toBe(101);
  });

  // Every row of G01, aimed at a file that exists in bob's server, with alice's cookie.
  const TABLE = [
    '/user/bob/files/x', '/user/alice/../bob/files/x', '/user/alice/%2e%2e/bob/files/x', '/user/alice/.%2e/bob/files/x', '/user/alice/%2e./bob/files/x', '/user/alice/..%2fbob/files/x',
    '/user/alice/..%2Fbob%2Ffiles%2Fx', '/user/alice%2f..%2fbob/files/x', '/user/alice/%2f/../bob/files/x', '/user%2fbob/files/x', '/user/alice/..%5cbob/files/x', '/user/alice%5c..%5cbob/files/x',
    '/user/alice\\..\\bob\\files\\x', '/user/alice/..\\bob/files/x', '//user/bob/files/x', '/user//bob/files/x', '/user/alice//../../bob/files/x', '/./user/bob/files/x', '/user/./bob/files/x',
    '/user/bob/./files/x', '/user/bob;x/files/x', '/user;/bob/files/x', '/user/alice/..;/bob/files/x', '/user/alice/%252e%252e/bob/files/x', '/user/alice/..%252fbob/files/x',
    '/user/alice/%25%32%65%25%32%65/bob/files/x', '/user/alice/%c0%ae%c0%ae/bob/files/x', '/user/alice/..%c0%afbob/files/x', '/user/bob%ff/files/x', '/user/alice/%ff/../../bob/files/x',
    '/user/bob%00/files/x', '/user/alice%00/../bob/files/x', '/user/bo%62/files/x', '/user/bob%20/files/x', '/user/%62ob/files/x', '/%75ser/bob/files/x', '/user/alice%ef%bc%8f..%ef%bc%8fbob/files/x',
    '/user/alice/..%ef%bc%8fbob/files/x', '/user/alice/%ef%bc%8e%ef%bc%8e/bob/files/x', '/USER/bob/files/x', '/hub/user/bob/files/x', '/user/bob/files/x?x=/user/alice/', '/user/alice/x#/../../bob/files/x',
    'http://HOST/user/bob/files/x', 'http://bob@HOST/user/bob/files/x', 'http://HOST/user/alice/../bob/files/x', 'http://evil/user/bob/files/x',
  ];
  const WITHIN = 20_000;
  const REFUSED = [301, 302, 400, 403, 404, 421, 424];

  test.each(TABLE)('G01: HTTP %j with alice\'s cookie gives nothing of bob\'s', async (row) => {
    const before = seenByBob();
    const answer = await exchange(hub.port, request(row.replace('HOST', `localhost:${hub.port}`), 'alice'));
    expect(REFUSED).toContain(answer.status);
    expect(answer.body).not.toContain(MARKER);
    expect(seenByBob()).toEqual(before);
  }, WITHIN);

  test.each(TABLE)('G01: WebSocket %j with alice\'s cookie is refused', async (row) => {
    const before = seenByBob();
    const status = await upgrade(row.replace('HOST', `localhost:${hub.port}`).replace('files/x', 'api/events/subscribe').replace('files%2Fx', 'api%2Fevents%2Fsubscribe').replace('files\\x', 'api\\events\\subscribe'), 'alice');
    expect(REFUSED).toContain(status);
    expect(seenByBob()).toEqual(before);
  }, WITHIN);

  test('G06: what stands in the query decides nothing', async () => {
    const before = seenByBob();
    const answer = await exchange(hub.port, request('/user/alice/api?/../../bob/files/x', 'alice'));
    expect([answer.status, JSON.parse(answer.body)]).toEqual([200, { version: expect.any(String) }]);
    expect(seenByBob()).toEqual(before);
  });

  test('E01: nobody\'s requests reach a container either', async () => {
    const before = seenByBob();
    cookies.nobody = 'hub=not-a-session';
    expect((await exchange(hub.port, request('/user/bob/files/x', 'nobody'))).status).toBe(403);
    expect((await exchange(hub.port, request('/user/bob/files/x', 'nobody', ['Connection: close', 'Accept: text/html', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document', 'Sec-Fetch-Site: none']))).status).toBe(302);
    expect(await upgrade('/user/bob/api/events/subscribe', 'nobody')).toBe(403);
    expect(seenByBob()).toEqual(before);
  });
});

describe('what alice can tell of the servers of others', () => {
  const NAMES = { running: 'bob', stopped: 'zoe', nobody: 'qix' };
  beforeAll(async () => {
    const page = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await signUp(page, hub, NAMES.stopped);
    await page.context().close();
  });

  /** All of an answer but the moment and the number of the request, the name that was asked for, and what is random in every answer. */
  async function answerTo(ask: (name: string) => Buffer, name: string): Promise<string> {
    const client = rawClient(hub.port, ask(name));
    const text = await client.closed();
    const id = /x-request-id: (\S+)/i.exec(text)?.[1] ?? 'none';
    // The number has more digits after a while; whoever is not signed in gets a form's token of their own each time.
    const told = text.replaceAll(id, 'ID').replace(/^(?:date|content-length): .*$/gim, '').replaceAll(name, 'NAME');
    return told.replace(/(hub-pre|_xsrf)=[\w-]+/g, '$1=').replaceAll(/name="_xsrf" value="[\w-]+"/g, '');
  }

  const PROOFS = { cookie: (): string => `Cookie: ${cookies.alice}`, token: (): string => `Authorization: token ${aliceToken}`, nothing: (): string => 'X-Nothing: 1' };
  let aliceToken = '';
  beforeAll(async () => {
    aliceToken = await tokenOf(pages.alice as Page, hub, 'alice');
  });

  test.each(Object.keys(PROOFS) as (keyof typeof PROOFS)[])('D06: with %s, a running server, a stopped one and none at all answer alike, over HTTP and WebSocket', async (proof) => {
    const seen = seenByBob();
    const head = (method: string, path: string, more: readonly string[]): Buffer => Buffer.from([`${method} ${path} HTTP/1.1`, `Host: localhost:${hub.port}`, PROOFS[proof](), ...more, '', ''].join('\r\n'), 'latin1');
    const asks: ((name: string) => Buffer)[] = [
      (name) => head('GET', `/user/${name}/api/contents/x`, ['Connection: close']),
      (name) => head('GET', `/user/${name}/lab`, ['Connection: close', 'Accept: text/html']),
      (name) => head('GET', `/user/${name}/lab`, ['Connection: close', 'Accept: text/html', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: image']),
      (name) => head('PUT', `/user/${name}/api/contents/x`, ['Connection: close', 'Content-Length: 0', `Origin: ${hub.url}`]),
      (name) => head('DELETE', `/user/${name}/api/contents/x`, ['Connection: close']),
      (name) => head('GET', `/user/${name}/api/events/subscribe`, [...UPGRADE, `Origin: ${hub.url}`]),
      (name) => head('GET', `/user/${name}/api/events/subscribe`, UPGRADE),
    ];
    for (const ask of asks) {
      const answers = await Promise.all(Object.values(NAMES).map((name) => answerTo(ask, name)));
      expect(answers[0]).toMatch(proof === 'nothing' ? /^HTTP\/1\.1 (?:403|302) / : /^HTTP\/1\.1 40[34] /);
      expect(answers).toEqual(answers.map(() => answers[0]));
    }
    expect(seenByBob()).toEqual(seen);
  });
});

describe('an administrator in a browser, where everybody shares one address', () => {
  test('R01: enters bob\'s server only after a warning and a button', async () => {
    const admin = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await becomeAdmin(admin, hub.link() ?? '');
    await admin.goto(`${hub.url}/user/bob/api`);
    expect(await admin.locator('body').innerText()).not.toContain('version');
    await admin.goto(`${hub.url}/user/bob/tree`);
    expect(admin.url()).toBe(`${hub.url}/hub/access/bob`);
    await Promise.all([admin.waitForURL(`${hub.url}/user/bob/**`, { waitUntil: 'commit' }), admin.getByRole('main').getByRole('button').first().click()]);
    await admin.goto(`${hub.url}/user/bob/api`);
    expect(await admin.locator('body').innerText()).toContain('version');
    await admin.context().close();
  });
});

describe('from inside alice\'s container', () => {
  const reached = (targets: readonly (readonly [string, number])[]): unknown => reachedFrom(hub.container('alice'), targets);

  test('the tests themselves can see a connection: it reaches its own port', () => {
    expect(reached([[addressOf(hub.container('alice')), 8888]])).toHaveLength(1);
  });

  test('J01: no port of bob\'s container is reachable', () => {
    expect(reached([22, 80, 5555, 8888, 49152].map((port) => [addressOf(hub.container('bob')), port] as const))).toEqual([]);
  });

  test('J02: neither bob\'s container nor the hub has a name', () => {
    const names = [hub.container('bob'), 'jupyterlab-bob', 'bob', 'host.docker.internal', 'gateway.docker.internal'];
    expect(inContainer(hub.container('alice'), 'python3', '-c', `import socket\nfor n in ${JSON.stringify(names)}:\n  try: print(n, socket.gethostbyname(n))\n  except OSError: pass`)).toBe('');
  });

  test('J03 J07: the hub answers on every address of the host, and a lab reaches none of them', async () => {
    const addresses = hostAddresses().filter((address) => !address.includes(':'));
    expect(addresses.filter((address) => address.startsWith('10.220.'))).toHaveLength(2);
    const silent = await Promise.all(addresses.map((address) => fetch(`http://${address}:${hub.port}/hub/health`, { signal: AbortSignal.timeout(5000) }).then(() => [], () => [address])));
    // Another hub on this machine may have taken a network away meanwhile.
    expect(silent.flat().filter((address) => hostAddresses().includes(address))).toEqual([]);
    expect(reached(addresses.flatMap((address) => [hub.port, 22, 80, 111, 2375, 5432, 8000].map((port) => [address, port] as const)))).toEqual([]);
  });

  test('J05 J06: neither cloud metadata nor the internet is reachable, and no name of it resolves', () => {
    expect(reached([['169.254.169.254', 80], ['100.100.100.200', 80], ['fd00:ec2::254', 80], ['1.1.1.1', 443], ['8.8.8.8', 53], ['2606:4700:4700::1111', 443]])).toEqual([]);
    expect(inContainer(hub.container('alice'), 'python3', '-c', 'import socket\nfor n in ("example.com", "metadata.google.internal"):\n  try: print(socket.getaddrinfo(n, 80))\n  except OSError: pass')).toBe('');
  });
});

describe('a hostile page, served by alice\'s own server to alice\'s own browser', () => {
  /** What the page manages to read of the hub; each entry is an attempt. */
  const ATTACK = `(async () => {
    const attempt = async (work) => { try { return String(await work()); } catch (err) { return 'refused: ' + err.name; } };
    const read = async (path, init) => { const res = await fetch(path, init); return res.status + ' ' + await res.text(); };
    const frame = (tag, attribute) => new Promise((resolve, reject) => {
      const el = document.createElement(tag);
      el.onload = () => { try { resolve(el.contentDocument.body.innerText); } catch (err) { reject(err); } };
      el.onerror = () => reject(new Error('not loaded'));
      el[attribute] = '/hub/home';
      document.body.append(el);
      setTimeout(() => reject(new Error('not loaded')), 3000);
    });
    return {
      page: await attempt(() => read('/hub/home')),
      api: await attempt(() => read('/hub/api/user')),
      users: await attempt(() => read('/hub/api/users')),
      post: await attempt(() => read('/hub/stop/alice', { method: 'POST', mode: 'no-cors', body: new URLSearchParams({ _xsrf: 'x' }) })),
      token: await attempt(() => read('/hub/api/users/alice/tokens', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })),
      // A refusal is an answer too, and the caller may ask for it as a page.
      refusal: await attempt(() => read('/hub/home', { headers: { Accept: 'text/html' } })),
      nothing: await attempt(() => read('/user/nobody/lab', { headers: { Accept: 'text/html' } })),
      cookie: await attempt(() => document.cookie),
      // An address of the hub's in the address bar, without going there.
      disguised: await attempt(() => { const here = location.href; history.replaceState(null, '', '/hub/home'); const seen = document.cookie; history.replaceState(null, '', here); return seen; }),
      iframe: await attempt(() => frame('iframe', 'src')),
      object: await attempt(() => frame('object', 'data')),
      embed: await attempt(() => frame('embed', 'src')),
      worker: await attempt(() => navigator.serviceWorker.register('/user/alice/files/worker.js', { scope: '/' })),
    };
  })()`;
  type Loot = Readonly<Record<'page' | 'api' | 'users' | 'post' | 'token' | 'refusal' | 'nothing' | 'cookie' | 'disguised' | 'iframe' | 'object' | 'embed' | 'worker', string>>;

  beforeAll(() => {
    const work = '/home/jovyan/work';
    writeInContainer(hub.container('alice'), `${work}/x.html`, `<!doctype html><body><p id="out"></p><script>${ATTACK}.then((loot) => { loot.popup = String(window.open('/hub/home')); document.getElementById('out').textContent = JSON.stringify(loot); });</script>`);
    writeInContainer(hub.container('alice'), `${work}/worker.js`, 'self.addEventListener("fetch", (event) => event.respondWith(new Response("taken over")));');
  });

  const page = (): Page => pages.alice as Page;
  /** A page of hers that is no file, so nothing confines it: what an extension of hers could show. It may do to her own server what it likes. */
  const openUnconfined = async (): Promise<void> => {
    await page().goto(`${hub.url}/user/alice/no-such-page`);
    expect(await page().evaluate('self.origin')).toBe(hub.url);
    expect(await page().evaluate('fetch("/user/alice/api").then((res) => res.status)')).toBe(200);
  };

  test('C12 E09: a file of hers runs in a sandbox: it shares no origin with the hub, and opens no window', async () => {
    const response = await page().goto(`${hub.url}/user/alice/files/x.html`);
    expect(response?.headers()['content-security-policy']).toContain('sandbox');
    const out = page().locator('#out:not(:empty)');
    await out.waitFor();
    const loot = JSON.parse((await out.textContent()) ?? '{}') as Loot & { readonly popup: string };
    expect(loot).toEqual({
      page: 'refused: TypeError', api: 'refused: TypeError', users: 'refused: TypeError', token: 'refused: TypeError', post: expect.not.stringContaining('stopping'), refusal: 'refused: TypeError', nothing: 'refused: TypeError', cookie: 'refused: SecurityError', disguised: 'refused: SecurityError',
      iframe: expect.stringMatching(/^refused/), object: expect.stringMatching(/^refused/), embed: expect.stringMatching(/^refused/), worker: expect.stringMatching(/^refused/), popup: 'null',
    });
  });

  test('C12 C14: even a page on the hub\'s own origin reads no page, no API, no token, and registers no worker for the origin', async () => {
    await openUnconfined();
    const loot = (await page().evaluate(ATTACK)) as Loot;
    for (const name of ['page', 'api', 'users', 'token', 'refusal'] as const) expect(loot[name]).toMatch(/^403 /);
    expect(loot.nothing).toMatch(/^404 /);
    expect(loot.post).not.toContain('stopping');
    expect(loot.worker).toBe('refused: SecurityError');
    for (const name of ['iframe', 'object', 'embed'] as const) expect(loot[name]).not.toContain('Your servers');
    expect(Object.values(loot).join('\n')).not.toContain('Signed in as');
    const formToken = (await page().context().cookies(`${hub.url}/hub/`)).find((cookie) => cookie.name === '_xsrf' && cookie.path === '/hub/')?.value;
    expect(formToken).toBeDefined();
    expect(JSON.stringify(loot)).not.toContain(formToken);
  });

  test('C12: nothing of what it tried had an effect: the server still runs', async () => {
    const answer = await exchange(hub.port, request('/user/alice/api', 'alice'));
    expect(answer.status).toBe(200);
  });

  test('C13: a window that it opens on a page of the hub is cut off from it', async () => {
    await openUnconfined();
    const [popup] = await Promise.all([page().context().waitForEvent('page'), page().evaluate('void (window.mine = window.open("/hub/home"))')]);
    await popup.getByText('Your servers').waitFor();
    expect(await page().evaluate('(() => { try { return window.mine.closed ? "cut off" : window.mine.document.body.innerText; } catch (err) { return "refused"; } })()')).toMatch(/^(?:cut off|refused)$/);
    expect(await popup.evaluate('window.opener')).toBeNull();
    await popup.close();
  });

  test('C15: the hub\'s pages leave nothing in the browser\'s storage', async () => {
    const fresh = await (await browser.newContext({ locale: 'en-GB' })).newPage();
    await signUp(fresh, hub, 'carol');
    await signIn(fresh, hub, 'carol');
    for (const path of ['home', 'password', 'spawn?profile=server', 'logout']) {
      await fresh.goto(`${hub.url}/hub/${path}`);
      const kept = await fresh.evaluate('(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length])()');
      expect(kept).toEqual([0, 0, 0, 0]);
    }
    await fresh.context().close();
  });
});
