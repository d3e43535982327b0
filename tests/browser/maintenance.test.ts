import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { freePort } from '../support/hub-process';
import { berth, startSourceHub, type HubEnv, type SourceHub } from '../support/source-hub';

jest.setTimeout(90_000);

let browser: Browser;
let hub: SourceHub;
let cwd: string;
let env: HubEnv;
beforeAll(async () => {
  cwd = mkdtempSync(path.join(os.tmpdir(), 'berth-maintenance-'));
  env = { HUB_DATA_DIR: path.join(cwd, 'state'), HUB_LISTEN_PORT: String(await freePort()), HUB_SPAWNER: 'fake' };
  [hub, browser] = await Promise.all([startSourceHub(env, cwd), launchBrowser()]);
});
afterAll(async () => {
  await Promise.all([hub?.stop(), browser?.close()]);
  rmSync(cwd, { recursive: true, force: true });
});

test('the banner of an announced maintenance counts down in an open page', async () => {
  await berth(env, cwd, 'maintenance', 'announce', '--at', '+30m', '--message', 'New disks.');
  const page = await browser.newPage();
  await page.clock.install({ time: new Date() });
  await page.goto(`http://localhost:${env['HUB_LISTEN_PORT']}/hub/login`);
  const banner = page.getByRole('status').filter({ hasText: 'Maintenance begins' });
  const minutes = async (): Promise<number> => Number(/in (\d+) min/.exec(await banner.innerText())?.[1]);
  const before = await minutes();
  expect([29, 30]).toContain(before);
  expect(await banner.innerText()).toContain('New disks.');
  await page.clock.fastForward('10:00');
  await page.clock.runFor(10_000);
  const after = await minutes();
  expect(before - after).toBeGreaterThanOrEqual(9);
  expect(before - after).toBeLessThanOrEqual(11);
  await page.close();
});
