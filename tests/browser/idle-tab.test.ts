import type { Browser } from 'playwright-core';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import { jupyterArgv, LAYOUTS } from '../../hub/domain/layouts';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import { launchBrowser } from '../support/browser';
import { makeUser } from '../support/factories';
import { labPage } from '../support/lab-page';
import { signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';
import { eventually, startTestEngine, type TestEngine } from '../support/test-engine';

jest.setTimeout(180_000);

const PROFILE = { slug: 'lab', title: 'JupyterLab', image: 'berth/notebook:latest', argv: [...jupyterArgv('lab', LAYOUTS.jovyan)], limits: { cpus: 1, memory: '768M', pids: 256 } };

let engine: TestEngine;
let store: Store;
let hub: TestHub;
let browser: Browser;

beforeAll(async () => {
  engine = await startTestEngine({ networkPool: '10.224.0.0/16' });
  store = openStore(':memory:');
  hub = await startHub({ settings: { profiles: [PROFILE], server: { stopGrace: '1s', idleLimit: '25s', stopWarning: '5s' } }, overrides: { store, spawner: engine.another() } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  for (const { id } of store.users.list({ offset: 0, limit: 100 }).users) await hub.hub.services.servers.stopAllOf(id);
  await hub.close();
  store.close();
  await engine.close();
});

test('M14: JupyterLab open in a browser, with a notebook and its kernel, keeps its server while a cell runs, and not when it is forgotten', async () => {
  const alice = makeUser({ store }, 'alice');
  await hub.hub.services.servers.start(hub.hub.services.actors.ofUser(alice, 'cookie', 'test'), alice, DEFAULT_SERVER, {}).settled;
  const context = await browser.newContext({ viewport: { width: 1200, height: 750 }, locale: 'en-GB' });
  await context.addCookies([...signedInAs(hub, alice).cookies].map(([name, value]) => ({ name, value, url: hub.origin })));
  const page = await context.newPage();
  await page.goto(`${hub.origin}/user/alice/lab`);
  const lab = await labPage(page);
  await lab.newNotebook();
  await lab.saveAs('train.ipynb');
  const state = () => store.servers.ensure(alice.id, DEFAULT_SERVER).state;
  let over = false;
  const cell = lab.run('import time; time.sleep(40); print("done")').finally(() => (over = true));
  await eventually('the cell ends', async () => {
    await hub.hub.services.idleness.round();
    expect(state().kind).toBe('ready');
    return over;
  }, 100_000);
  expect(await cell).toBe('done');
  await lab.save();

  const asked: string[] = [];
  page.on('request', (request) => void asked.push(request.url()));
  await eventually('it is stopped', async () => {
    await hub.hub.services.idleness.round();
    return state().kind === 'stopped';
  }, 100_000);
  // The page was alive to the end, and asked for this and that by itself.
  expect(asked.filter((url) => url.includes('/api/')).length).toBeGreaterThan(2);
  expect(state()).toMatchObject({ reason: expect.stringContaining('idle limit of 25s') });
});
