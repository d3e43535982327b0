import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { bad, never, NORMAL, slow, type FakeBehaviour } from '../../spawner/fake';
import { launchBrowser } from '../support/browser';
import { LOOKS } from '../support/journeys';
import { asResearcher, mainText, type Researcher } from '../support/researcher';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(120_000);

const GIB = 1024 ** 3;
/** How a server of each profile behaves; those that are not here work. */
const BEHAVIOURS: Readonly<Record<string, FakeBehaviour>> = {
  slow: slow(400, 600),
  silent: never('answer'),
  broken: bad('exit'),
  unpulled: { kind: 'bad', how: 'reject', message: 'The image lab/none could not be pulled: the registry does not know it.' },
};
const profile = (slug: string, title: string, cpus: number, memory: string) => ({ slug, title, image: 'x', description: `${title}, for these tests`, limits: { cpus, memory } });

let hub: TestHub;
let browser: Browser;
beforeAll(async () => {
  hub = await startHub({
    settings: {
      server: { cap: 0 },
      paths: { templates: path.resolve(__dirname, '../../templates') },
      profiles: [profile('small', 'Small', 2, '2G'), profile('large', 'Large', 4, '8G'), profile('slow', 'Slow', 2, '2G'), profile('silent', 'Silent', 2, '2G'), profile('broken', 'Broken', 2, '2G'), profile('unpulled', 'Unpulled', 2, '2G')],
    },
    behaviour: (req) => BEHAVIOURS[req.profile.slug] ?? NORMAL,
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

const startedBy = ({ id }: User) => hub.spawner.started.filter(({ owner }) => owner.id === id);
const filesOf = ({ id }: User): readonly string[] => [...(hub.spawner.workIn(hub.store.servers.ensure(id, DEFAULT_SERVER).id)?.files.keys() ?? [])].sort();
const choose = async (page: Page, title: string): Promise<void> => {
  await page.getByRole('group', { name: 'Profile' }).getByRole('radio', { name: title }).check();
  await page.getByRole('button', { name: 'Start with these choices' }).click();
};
const copied = (page: Page): Promise<string> => page.evaluate('navigator.clipboard.readText()');
const copyLog = async (page: Page): Promise<string> => {
  await page.getByRole('button', { name: 'Copy log' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  return copied(page);
};

describe.each(LOOKS)('launching in $theme at $width', (look) => {
  const journey = (name: string, work: (r: Researcher) => Promise<void>, more: { readonly allowed?: RegExp; readonly permissions?: string[] } = {}) => asResearcher({ hub, browser, look }, { name, ...more }, work);

  test('one click starts the usual', () => journey('usual', async ({ page, user, open, ask }) => {
    await open('launch');
    expect(await mainText(page)).toMatch(/Starts Small, without a template\.\s+2 CPUs · 2\.0 GiB/);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.waitForURL(`${hub.origin}/user/${user.name}/**`);
    expect((await ask('GET', '')).body).toMatchObject({ servers: { '': { ready: true } } });
    expect(startedBy(user)).toMatchObject([{ profile: { slug: 'small', limits: { cpus: 2, memoryBytes: 2 * GIB } } }]);
  }));

  test('profile, size and template are chosen; a second copy of the template gets a new name', () => journey('choice', async ({ page, user, open }) => {
    await open('launch');
    // Nobody is offered more than the largest profile has.
    expect(await page.getByLabel('CPUs', { exact: true }).locator('option').allInnerTexts()).toEqual(['All of the profile', '0.5 CPUs', '1 CPU', '2 CPUs']);
    await page.getByLabel('CPUs', { exact: true }).selectOption('1 CPU');
    await page.getByLabel('Memory', { exact: true }).selectOption({ label: '4.0 GiB' });
    await page.getByRole('radio', { name: 'Alpha Research' }).check();
    await choose(page, 'Large');
    await page.waitForURL(`${hub.origin}/user/${user.name}/lab/tree/alpha_research.ipynb`);
    expect(startedBy(user)).toMatchObject([{ profile: { slug: 'large', limits: { cpus: 1, memoryBytes: 4 * GIB } } }]);
    expect(filesOf(user)).toEqual(['alpha_research.ipynb']);

    await open('launch');
    expect(await mainText(page)).toContain('Your server is running.');
    await page.getByRole('radio', { name: 'Alpha Research' }).check();
    await page.getByRole('button', { name: 'Open a copy' }).click();
    await page.waitForURL(`${hub.origin}/user/${user.name}/lab/tree/alpha_research-2.ipynb`);
    expect(filesOf(user)).toEqual(['alpha_research-2.ipynb', 'alpha_research.ipynb']);
    expect(startedBy(user)).toHaveLength(1);
  }));

  test('a template is read before it is started, and starts from there', () => journey('preview', async ({ page, user, open }) => {
    await open('launch');
    await page.getByRole('link', { name: 'Preview Factor Analysis' }).click();
    await page.getByRole('heading', { name: 'Template: Factor Analysis', level: 1 }).waitFor();
    expect(await mainText(page)).toContain('The copy is called factor_analysis.ipynb.');
    expect(await page.getByRole('region', { name: /^Code, cell/ }).first().innerText()).toMatch(/\S/);
    await page.getByRole('link', { name: 'Other templates' }).click();
    expect(await page.getByRole('radio', { name: 'Factor Analysis' }).isChecked()).toBe(true);
    expect(startedBy(user)).toEqual([]);
    await open('templates/factor_analysis');
    await page.getByRole('button', { name: 'Start with this template' }).click();
    await page.waitForURL(`${hub.origin}/user/${user.name}/lab/tree/factor_analysis.ipynb`);
    expect(filesOf(user)).toEqual(['factor_analysis.ipynb']);
  }));

  test('L11: a template that does not exist is refused in words beside the choice, and nothing starts', () => journey('unknown', async ({ page, user, open, ask }) => {
    await open('launch');
    await page.evaluate(`document.querySelector('input[value="alpha_research"]').value = '../../etc/passwd'`);
    await page.getByRole('radio', { name: 'Alpha Research' }).check();
    await page.getByRole('button', { name: 'Start with these choices' }).click();
    expect(await page.getByRole('alert').innerText()).toMatch(/^Invalid template: /);
    expect(await page.getByRole('button', { name: 'Start with these choices' }).count()).toBe(1);
    expect(await open('templates/nothing')).toBe(404);
    expect(await ask('POST', 'server', { user_options: { template: 'nothing' } })).toMatchObject({ status: 400, body: { message: expect.stringMatching(/^Invalid template: /) as unknown } });
    expect(startedBy(user)).toEqual([]);
  }));
});

describe.each(LOOKS)('the page of a start in $theme at $width', (look) => {
  const journey = (name: string, work: (r: Researcher) => Promise<void>, more: { readonly allowed?: RegExp; readonly permissions?: string[] } = {}) => asResearcher({ hub, browser, look }, { name, permissions: ['clipboard-read', 'clipboard-write'], ...more }, work);

  test('shows stages with their times and what the server writes, to be copied, and Cancel ends the start', () => journey('cancel', async ({ page, user, open, ask }) => {
    await open('launch');
    await choose(page, 'Silent');
    await page.waitForURL(`${hub.origin}/hub/spawn-pending/${user.name}`);
    await page.getByRole('heading', { name: 'Your server is starting', level: 1 }).waitFor();
    for (const stage of ['preparing', 'created', 'started']) {
      await page.locator(`li[data-stage="${stage}"]:not(.next)`).waitFor();
      expect(await page.locator(`li[data-stage="${stage}"] time`).innerText()).toMatch(/^\d\d?:\d\d:\d\d/);
    }
    expect(await page.locator('li[data-stage="answering"]').innerText()).toMatch(/Jupyter answers\s+still to come/);
    const log = page.getByRole('region', { name: 'What the server writes' });
    await log.getByText(`serving /user/${user.name}/`).waitFor();
    hub.spawner.say(hub.store.servers.ensure(user.id, DEFAULT_SERVER).id, 'a line that comes later');
    await log.getByText('a line that comes later').waitFor();
    expect(await copyLog(page)).toBe(`serving /user/${user.name}/\na line that comes later`);
    expect((await ask('GET', '')).body).toMatchObject({ pending: 'spawn' });

    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.waitForURL(`${hub.origin}/hub/home`);
    await page.getByRole('article', { name: 'Default server' }).getByText('stopped', { exact: true }).waitFor();
    expect((await ask('GET', '')).body).toMatchObject({ server: null, pending: null });
  }));

  test('leads into the server by itself as soon as it answers', () => journey('slow', async ({ page, user, open, ask }) => {
    await open('launch');
    await choose(page, 'Slow');
    await page.waitForURL(`${hub.origin}/user/${user.name}/**`);
    expect((await ask('GET', '')).body).toMatchObject({ servers: { '': { ready: true, pending: null } } });
  }));

  test.each([
    ['broken', 'Broken', 'Its program ended with an error.', 'Read the last lines of its log, then try again.'],
    ['unpulled', 'Unpulled', 'The image of this profile could not be fetched.', 'Choose another profile, and tell an administrator'],
  ])('of one that fails (%s) names the likely cause and the next step, and another profile helps', (name, title, cause, step) => journey(name, async ({ page, user, open, ask }) => {
    await open('launch');
    await choose(page, title);
    await page.getByRole('heading', { name: 'The server did not start', level: 1 }).waitFor();
    const text = await mainText(page);
    expect(text).toMatch(new RegExp(`Likely cause\\s+${cause}`));
    expect(text).toMatch(new RegExp(`Next step\\s+${step}`));
    if (name === 'broken') expect(await copyLog(page)).toContain('exited with code 1');
    expect((await ask('GET', '')).body).toMatchObject({ server: null, servers: {} });
    await open('home');
    expect(await page.getByRole('article', { name: 'Default server' }).innerText()).toMatch(/failed[\s\S]*Did not start at/);

    await open(`spawn-pending/${user.name}`);
    await page.getByLabel('Profile').selectOption('small');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForURL(`${hub.origin}/user/${user.name}/**`);
    expect((await ask('GET', '')).body).toMatchObject({ servers: { '': { ready: true } } });
  }, { allowed: /status of 500/ }));
});
