'use strict';
/**
 * Takes the pictures of README and docs into docs/images/, from a hub of its own that is removed afterwards: what one person can
 * bring about is real, what takes many people or many days is an exhibit of the gallery.
 * Needs a build, the notebook image, a Docker engine and Chromium (`npm test browser` brings all of them).
 *
 *   node scripts/screenshots.cjs
 */
const { spawn, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { chromium } = require('playwright-core');
const { ensureBrowser } = require('./bootstrap/browser.cjs');
const { inRoot } = require('./bootstrap/paths.cjs');
const { fail } = require('./bootstrap/report.cjs');
const { ensureBuilt } = require('./build.cjs');

const PORT = 8000 + (process.pid % 1000) + 1000;
const PASSWORD = 'correct horse battery staple';
const PEOPLE = ['mei', 'jonas', 'amina.k'];
const VIEWPORT = { width: 1200, height: 750 };
const PHONE = { width: 390, height: 844 };
/** Pictures of exhibits: each with its theme. */
const EXHIBITS = { home: ['home-running', 'light'], launch: ['launch', 'light'], failed: ['start-failed', 'light'], tokens: ['tokens', 'light'], notebook: ['files-notebook', 'light'], 'admin-servers': ['servers', 'light'], 'admin-dashboard': ['dashboard', 'dark'], 'admin-group': ['group-preview', 'light'], 'admin-notifications': ['notices', 'light'] };
const ON_A_PHONE = { 'home-phone': ['home-running', 'dark'] };
const NAME = `berth-pictures-${PORT}`;

function environment(dir) {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    HUB_DATA_DIR: path.join(dir, 'state'),
    HUB_LISTEN_PORT: String(PORT),
    HUB_DOCKER_NETWORK_POOL: '10.220.64.0/20',
    HUB_DOCKER_NETWORK_NAME: NAME,
    HUB_DOCKER_NAME_PREFIX: `${NAME}-`,
    HUB_DOCKER_SHARED_VOLUME: `${NAME}_shared`,
    HUB_SERVER_MEMORY: '1G',
  };
}

/** @returns {Promise<{ process: import('node:child_process').ChildProcess, link: string }>} */
function startHub(dir) {
  const hub = spawn(process.execPath, [inRoot('dist/hub/main.js')], { cwd: dir, env: environment(dir), stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let output = '';
    hub.stdout.on('data', (chunk) => {
      output += chunk;
      const link = /https?:\/\/\S+bootstrap\?link=\S+/.exec(output)?.[0];
      if (link) resolve({ process: hub, link });
    });
    hub.once('exit', (code) => reject(new Error(`The hub ended with code ${code}.`)));
  });
}

async function newPage(browser) {
  return (await browser.newContext({ viewport: VIEWPORT, locale: 'en-GB', colorScheme: 'light', reducedMotion: 'reduce' })).newPage();
}

async function press(page, name) {
  await Promise.all([page.waitForEvent('framenavigated'), page.getByRole('button', { name, exact: true }).click()]);
  await page.waitForLoadState();
}

async function signUp(page, base, name) {
  await page.goto(`${base}/hub/signup`);
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByLabel('Password, again').fill(PASSWORD);
  await press(page, 'Sign up');
}

async function signIn(page, base, name) {
  await page.goto(`${base}/hub/login`);
  await page.getByLabel('Username').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
}

async function runNotebook(page) {
  await page.locator('.jp-LauncherCard[data-category="Notebook"]').first().click();
  const idle = () => page.locator('#jp-main-statusbar').getByText(/\| Idle$/).waitFor();
  for (const code of ['print(6*7)', "import pandas as pd\npd.DataFrame({'n': range(1, 6)}).assign(square=lambda d: d.n ** 2)"]) {
    await idle();
    await page.locator('.jp-CodeCell .cm-content').last().click();
    await page.keyboard.insertText(code);
    await page.keyboard.press('Shift+Enter');
  }
  await page.locator('.jp-OutputArea-output table').waitFor();
  await idle();
}

const shoot = (page, name) => page.screenshot({ path: inRoot('docs', 'images', `${name}.png`) });

async function takeExhibits(page, base, exhibits, viewport) {
  await page.setViewportSize(viewport);
  for (const [name, [exhibit, theme]] of Object.entries(exhibits)) {
    await page.goto(`${base}/dev/gallery/${exhibit}?theme=${theme}`);
    await shoot(page, name);
  }
}

async function takeAll(browser, link) {
  const base = new URL(link).origin;
  const admin = await newPage(browser);
  await admin.goto(link);
  await admin.getByLabel('New password', { exact: true }).fill(PASSWORD);
  await admin.getByLabel('Password, again').fill(PASSWORD);
  await press(admin, 'Set the password and sign in');

  const person = await newPage(browser);
  for (const name of PEOPLE) await signUp(person, base, name);
  for (const name of PEOPLE.slice(0, 2)) {
    await admin.goto(`${base}/hub/admin/users`);
    await press(admin, `Approve ${name}`);
  }
  await signIn(person, base, PEOPLE[0]);
  await shoot(person, 'sign-in');
  await press(person, 'Sign in');

  await person.getByRole('button', { name: 'Start Default server' }).click();
  await person.locator('li[data-stage="started"] time').waitFor();
  await shoot(person, 'progress');
  await person.waitForURL(/\/user\/[^/]+\/lab/, { timeout: 60_000 });
  await person.locator('.jp-LauncherCard').first().waitFor({ timeout: 60_000 });
  await runNotebook(person);
  await shoot(person, 'lab');
  await admin.goto(`${base}/hub/admin/users`);
  await shoot(admin, 'admin-users');
  await admin.goto(`${base}/hub/admin/health`);
  // The page reloads itself until the proof that runs at the start of a hub is done.
  await admin.locator('.note.ok').waitFor({ timeout: 120_000 });
  await shoot(admin, 'admin-health');
  await takeExhibits(admin, base, EXHIBITS, { ...VIEWPORT, width: 1440, height: 900 });
  await takeExhibits(admin, base, ON_A_PHONE, PHONE);
}

async function main() {
  await ensureBuilt();
  const executablePath = await ensureBrowser();
  fs.mkdirSync(inRoot('docs', 'images'), { recursive: true });
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-pictures-'));
  const hub = await startHub(dir);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    await takeAll(browser, hub.link);
  } finally {
    await browser.close();
    await new Promise((resolve) => hub.process.once('exit', resolve).kill('SIGTERM'));
    spawnSync(process.execPath, [inRoot('dist/hub/cli/main.js'), 'down', '--data', '--yes-delete-data', `localhost:${PORT}`], { cwd: dir, env: environment(dir), stdio: 'inherit' });
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

main().catch(fail);
