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

jest.setTimeout(300_000);

const PROFILE = { slug: 'lab', title: 'JupyterLab', image: 'berth/notebook:latest', argv: [...jupyterArgv('lab', LAYOUTS.jovyan)], limits: { cpus: 1, memory: '768M', pids: 256 } };
const ROUND_MS = 1_000;

let engine: TestEngine;
let store: Store;
let hub: TestHub;
let browser: Browser;

beforeAll(async () => {
  engine = await startTestEngine({ networkPool: '10.224.0.0/16', internalPort: 8081 });
  store = openStore(':memory:');
  hub = await startHub({ settings: { profiles: [PROFILE], server: { stopGrace: '1s', idleLimit: '25s', stopWarning: '5s' } }, overrides: { store, spawner: engine.another() } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  for (const { id } of store.users.list({ offset: 0, limit: 100 }).users) await hub.hub.services.servers.stopAllOf(id);
  await hub.close();
  store.close();
  await engine.close();
});

test('M14: JupyterLab that is open in a browser, with a notebook and its kernel, and forgotten there, does not keep its server', async () => {
  const alice = makeUser({ store }, 'alice');
  await hub.hub.services.servers.start(hub.hub.services.actors.ofUser(alice, 'cookie', 'test'), alice, DEFAULT_SERVER, {}).settled;
  const state = () => store.servers.ensure(alice.id, DEFAULT_SERVER).state;
  expect(state()).toMatchObject({ kind: 'ready' });
  const context = await browser.newContext({ viewport: { width: 1200, height: 750 }, locale: 'en-GB' });
  await context.addCookies([...signedInAs(hub, alice).cookies].map(([name, value]) => ({ name, value, url: hub.origin })));
  const page = await context.newPage();
  await page.goto(`${hub.origin}/user/alice/lab`);
  const lab = await labPage(page);
  await lab.newNotebook();
  await lab.saveAs('train.ipynb');
  expect(await lab.run('print(6 * 7)')).toBe('42');
  await lab.save();

  expect(state().kind).toBe('ready');
  const asked: string[] = [];
  page.on('request', (request) => void asked.push(request.url()));
  await eventually('it is stopped', async () => {
    await hub.hub.services.idleness.round();
    // Being asked costs the lab CPU, which counts as use where it is much: the hub's own rounds are minutes apart, and these are not to be a load.
    await new Promise((resolve) => setTimeout(resolve, ROUND_MS));
    return state().kind === 'stopped';
  }, 180_000);
  // The page was alive to the end, and asked for this and that by itself.
  expect(asked.filter((url) => /\/api\/(kernels|sessions|terminals|contents)/.test(url)).length).toBeGreaterThan(2);
  expect(state()).toMatchObject({ reason: expect.stringContaining('idle limit of 25s') });
});
