import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { becomeAdmin, launch, signIn, signUp, tokenOf } from '../support/hub-pages';
import { environmentOf, POOLS, runHubToItsEnd, SMALL_IMAGE, startHubProcess, type HubProcess } from '../support/hub-process';
import { startedAt } from '../support/in-container';
import { connectKernel } from '../support/kernel-client';
import { rawClient } from '../support/raw-client';

jest.setTimeout(90_000);

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const newPage = async (): Promise<Page> => (await browser.newContext({ locale: 'en-GB' })).newPage();
/** Seconds that `work` took, and what it came to. */
async function timed<T>(work: Promise<T>): Promise<readonly [seconds: number, result: T]> {
  const started = performance.now();
  const result = await work;
  return [(performance.now() - started) / 1000, result];
}

describe('a hub that is told to end', () => {
  let hub: HubProcess;
  let token: string;
  let server: string;
  let kernel: string;
  let run: string;

  const ask = (method: string, at: string): Promise<Response> => fetch(`${server}${at}`, { method, headers: { Authorization: `token ${token}` } });

  beforeAll(async () => {
    hub = await startHubProcess({ HUB_DOCKER_NETWORK_POOL: POOLS.graceful, HUB_SIGNUP: 'open' }, SMALL_IMAGE);
    const page = await newPage();
    await signUp(page, hub, 'alice');
    await signIn(page, hub, 'alice');
    await launch(page, hub, 'alice');
    token = await tokenOf(page, hub, 'alice');
    server = `${hub.url}/user/alice/`;
    kernel = ((await (await ask('POST', 'api/kernels')).json()) as { readonly id: string }).id;
    run = startedAt(hub.container('alice'));
  });
  afterAll(() => hub?.dispose());

  test('I10 N06: exits with 0 within 15 s while a kernel is connected, says why to the connection, and the container keeps running', async () => {
    const client = await connectKernel(server, kernel, token);
    expect(await client.execute('kept = 41 + 1; print(kept)')).toBe('42');
    const [seconds, code] = await timed(hub.stop());
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(15);
    expect(await client.closed).toBe(1012);
    expect(startedAt(hub.container('alice'))).toBe(run);
  });

  test('I10: the next hub serves the same kernel at once, with its variable', async () => {
    await hub.start();
    const [seconds, client] = await timed(connectKernel(server, kernel, token));
    expect(seconds).toBeLessThan(15);
    expect(await client.execute('print(kept)')).toBe('42');
    client.close();
    expect(startedAt(hub.container('alice'))).toBe(run);
  });

  test('N07: a second hub on the same data refuses to start and says why; the first one goes on', async () => {
    const other = runHubToItsEnd(environmentOf({ stateDir: path.join(hub.dataDir, 'state'), port: 0 }, {}), hub.dataDir);
    expect(other.code).toBe(1);
    expect(other.output).toMatch(/another hub|in use|already/i);
    expect(other.output).not.toMatch(/^\s+at /m);
    expect((await ask('GET', 'api')).status).toBe(200);
  });

  test('N11: a port that is taken is named in the error, and the exit code is 1', () => {
    const elsewhere = mkdtempSync(path.join(tmpdir(), 'berth-browser-'));
    const other = runHubToItsEnd(environmentOf({ stateDir: path.join(elsewhere, 'state'), port: hub.port }, {}), elsewhere);
    rmSync(elsewhere, { recursive: true });
    expect(other.code).toBe(1);
    expect(other.output).toContain(String(hub.port));
    expect(other.output).not.toMatch(/^\s+at /m);
  });

  test('N06: a second signal ends it at once, whatever it waits for', async () => {
    // Half an upload: the hub would wait for the rest of it.
    const body = '{"type":"file","format":"text","content":"';
    const upload = rawClient(hub.port, `PUT /user/alice/api/contents/slow.txt HTTP/1.1\r\nHost: localhost:${hub.port}\r\nAuthorization: token ${token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n${body}`);
    await new Promise<void>((resolve) => upload.socket.write('x', () => resolve()));
    await ask('GET', 'api');
    const gone = hub.exited();
    hub.signal('SIGTERM');
    // It has taken the first signal when it no longer takes connections.
    await expectRefused(hub.port);
    hub.signal('SIGTERM');
    const [seconds, code] = await timed(gone);
    expect(seconds).toBeLessThan(5);
    expect(code).toBe(130);
    upload.destroy();
  });
});

async function expectRefused(port: number): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const refused = await fetch(`http://127.0.0.1:${port}/hub/health`, { headers: { Connection: 'close' }, signal: AbortSignal.timeout(2000) }).then(() => false, () => true);
    if (refused) return;
  }
  throw new Error(`port ${port} still takes connections`);
}

describe('N10: a hub without an engine', () => {
  let hub: HubProcess;
  beforeAll(async () => {
    hub = await startHubProcess({ HUB_DOCKER_HOST: 'unix:///nowhere/docker.sock' }, SMALL_IMAGE);
  });
  // Nothing can be left where there is no engine, and `berth down` could not look.
  afterAll(async () => {
    await hub?.stop();
    rmSync(hub.dataDir, { recursive: true });
  });

  test('serves its pages, and a start says in words what is missing', async () => {
    const page = await newPage();
    await becomeAdmin(page, hub.link() ?? '');
    expect(page.url()).toBe(`${hub.url}/hub/home`);
    await page.getByRole('button', { name: 'Start Default server' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').innerText()).toMatch(/docker|engine/i);
    expect((await page.goto(`${hub.url}/hub/admin/users`))?.status()).toBe(200);
    expect((await fetch(`${hub.url}/hub/health`)).status).toBe(200);
  });
});
