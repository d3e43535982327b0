import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { User } from '../../hub/domain/user';
import { launchBrowser } from '../support/browser';
import { makeUserWithPassword, PASSWORD } from '../support/factories';
import { LOOKS, withLook } from '../support/journeys';
import { asResearcher, mainText, signInAs, type Researcher } from '../support/researcher';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(120_000);

const NEXT_PASSWORD = 'seven other loud words';
let hub: TestHub;
let browser: Browser;
beforeAll(async () => {
  hub = await startHub({ settings: { server: { cap: 0 } } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

const downloaded = async (page: Page, link: string): Promise<{ readonly name: string; readonly content: Buffer }> => {
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: link, exact: true }).click()]);
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
};
const workspaceOf = async ({ id }: User): Promise<string> => {
  const volume = hub.store.volumes.listOf(id).find(({ purpose, state }) => purpose === 'workspace' && state === 'active');
  return (volume === undefined ? null : await hub.spawner.engine.folderOf(volume)) ?? '';
};
/** With outputs that a page must not run: markup, a script, and plain text between them. */
const NOTEBOOK = {
  nbformat: 4, nbformat_minor: 5, metadata: { language_info: { name: 'python' } },
  cells: [
    { cell_type: 'markdown', metadata: {}, source: '# What I found\n\n<img src=x onerror="document.title=\'taken\'">' },
    {
      cell_type: 'code', metadata: {}, execution_count: 1, source: 'print(6*7)',
      outputs: [{ output_type: 'stream', name: 'stdout', text: '42\n' }, { output_type: 'display_data', metadata: {}, data: { 'text/html': '<script>document.title="taken"</script><b id="evil">bold</b>' } }],
    },
  ],
};

describe.each(LOOKS)('what is one\'s own in $theme at $width', (look) => {
  const journey = (name: string, work: (r: Researcher) => Promise<void>) => asResearcher({ hub, browser, look }, { name, acceptDownloads: true }, work);

  test('volumes: what they hold, a download, a reset that goes to the bin, and the way back', () => journey('volumes', async ({ page, user, open, start, ask }) => {
    await open('volumes');
    expect(await mainText(page)).toContain('No volumes yet');
    await start();
    writeFileSync(path.join(await workspaceOf(user), 'kept.txt'), 'kept');
    await open('volumes');
    expect(await mainText(page)).toContain('Stop it before you reset a volume');
    expect(await page.getByRole('button', { name: 'Reset the chosen ones …' }).isDisabled()).toBe(true);
    const tar = await downloaded(page, 'Download: Workspace');
    expect([tar.name, tar.content.length % 512]).toEqual([expect.stringMatching(/\.tar$/), 0]);

    await ask('DELETE', 'server');
    await page.getByRole('button', { name: 'Reset the chosen ones …', disabled: false }).waitFor();
    await page.getByRole('checkbox', { name: 'Workspace' }).check();
    await page.getByRole('button', { name: 'Reset the chosen ones …' }).click();
    await page.getByRole('heading', { name: 'Reset volumes?', level: 1 }).waitFor();
    expect(await mainText(page)).toContain('Workspace: Notebooks and data');
    await page.getByRole('button', { name: 'Reset these volumes' }).click();
    await page.getByText('What they held is in the bin.').waitFor();
    expect(await page.getByRole('region', { name: 'Bin' }).innerText()).toContain('Workspace, no. 1');
    const states = (): readonly string[] => hub.store.volumes.listOf(user.id).filter(({ purpose }) => purpose === 'workspace').map(({ generation, state }) => `${generation} ${state}`).sort();
    expect(states()).toEqual(['1 bin', '2 active']);

    await page.getByRole('button', { name: 'Put back: Workspace, no. 1' }).click();
    await page.getByText('The volume is back.').waitFor();
    expect(states()).toEqual(['1 active']);
    expect(readFileSync(path.join(await workspaceOf(user), 'kept.txt'), 'utf8')).toBe('kept');
  }));

  test('tokens: made by what they are for, shown once, used, and revoked', () => journey('tokens', async ({ page, user, open }) => {
    await open('token');
    expect(await mainText(page)).toContain('You have no tokens.');
    await page.getByLabel('What it is for').fill('night job');
    await page.getByLabel('Ends after').selectOption('7 days');
    await page.getByRole('button', { name: 'Make a token' }).click();
    expect(await page.getByRole('alert').innerText()).toBe('Tick at least one thing that the token may do.');
    expect(await page.getByLabel('What it is for').inputValue()).toBe('night job');
    await page.getByRole('checkbox', { name: 'Start and stop my servers' }).check();
    await page.getByRole('checkbox', { name: 'Know who I am' }).check();
    await page.getByRole('button', { name: 'Make a token' }).click();
    await page.getByText('it is not shown again').waitFor();
    const secret = await page.locator('#token').innerText();
    const use = (method: string, address: string): Promise<number> => fetch(`${hub.origin}/hub/api/${address}`, { method, headers: { Authorization: `token ${secret}` } }).then(({ status }) => status);
    expect([await use('POST', `users/${user.name}/server`), await use('DELETE', `users/${user.name}/server`), await use('GET', `users/${user.name}/tokens`)]).toEqual([201, 204, 403]);

    await open('token');
    expect(await page.content()).not.toContain(secret);
    const row = await page.getByRole('row').filter({ hasText: 'night job' }).innerText();
    expect(row).toMatch(/Start and stop my servers[\s\S]*in (?:6|7) days/);
    await page.getByRole('button', { name: 'Revoke the token night job' }).click();
    await page.getByText('The token is revoked.').waitFor();
    expect([await page.getByRole('row').filter({ hasText: 'night job' }).count(), await use('POST', `users/${user.name}/server`)]).toEqual([0, 403]);
  }));

  test('B16: another browser is signed out, this one stays; activity tells of it', () => journey('sessions', async ({ page, user, open }) => {
    const { cookie } = hub.hub.services.sessions.start(user, { address: '192.0.2.7', userAgent: 'Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0' });
    expect(hub.hub.services.sessions.resolve(cookie)).toBeDefined();
    await open('sessions');
    const rows = page.getByRole('rowheader');
    expect(await rows.filter({ hasText: 'this one' }).allInnerTexts()).toEqual([expect.stringContaining('Chrome on Linux')]);
    await page.getByRole('button', { name: 'Sign out Firefox on Windows at 192.0.2.7' }).click();
    await page.getByText('That session has ended.').waitFor();
    expect(await rows.allInnerTexts()).toEqual([expect.stringContaining('Chrome on Linux')]);
    expect(hub.hub.services.sessions.resolve(cookie)).toBeUndefined();
    await open('activity');
    expect(await page.getByRole('row').filter({ hasText: 'Ended a session' }).innerText()).toContain('You');
  }));

  test('activity: what was done, by whom, and only one kind of it', () => journey('activity', async ({ page, open, ask }) => {
    await open('activity');
    expect(await mainText(page)).not.toContain('Started a server');
    await ask('POST', 'server');
    await ask('DELETE', 'server');
    await open('activity');
    expect(await page.getByRole('rowheader').allInnerTexts()).toEqual(expect.arrayContaining([expect.stringContaining('Started a server'), expect.stringContaining('Stopped a server')]));
    await page.getByRole('list', { name: 'Kinds' }).getByRole('link', { name: 'Tokens' }).click();
    await page.waitForURL('**/hub/activity?kind=tokens');
    expect(await mainText(page)).not.toContain('Started a server');
    expect((await ask('GET', 'activity-log')).body).toMatchObject({ items: expect.arrayContaining([expect.objectContaining({ action: 'server.start' })]) as unknown });
  }));

  test('files: browsed with the server off, a notebook read without anything of it running, and taken away', () => journey('files', async ({ page, user, open, start, ask }) => {
    await start();
    await ask('DELETE', 'server');
    const workspace = await workspaceOf(user);
    mkdirSync(path.join(workspace, 'study'));
    writeFileSync(path.join(workspace, 'study/results.ipynb'), JSON.stringify(NOTEBOOK));
    writeFileSync(path.join(workspace, 'study/notes <b>.txt'), 'plain <i>text</i>');
    await open('files');
    await page.getByRole('link', { name: 'Workspace', exact: true }).click();
    await page.getByRole('link', { name: 'study/', exact: true }).click();
    await page.getByRole('link', { name: 'results.ipynb', exact: true }).click();
    await page.getByRole('heading', { name: 'results.ipynb', level: 1 }).waitFor();
    expect(await page.getByRole('heading', { name: 'What I found' }).count()).toBe(1);
    expect(await page.getByRole('region', { name: 'Code, cell 2' }).innerText()).toBe('print(6*7)');
    expect(await page.locator('main').getByText('42', { exact: true }).count()).toBe(1);
    expect([await page.title(), await page.locator('#evil, main img, main script').count()]).toEqual([expect.stringContaining('results.ipynb'), 0]);
    const notebook = await downloaded(page, 'Download');
    expect([notebook.name, JSON.parse(notebook.content.toString())]).toEqual(['results.ipynb', NOTEBOOK]);

    await page.getByRole('link', { name: 'Back to the folder' }).click();
    await page.getByRole('link', { name: 'notes <b>.txt', exact: true }).click();
    expect(await page.locator('pre.code').innerText()).toBe('plain <i>text</i>');
    // Reading goes on while a server runs, and the page says that there is another way.
    await start();
    await open('files');
    expect(await mainText(page)).toContain('A server is running: you can also open files in JupyterLab.');
    expect((await ask('GET', 'volumes/workspace/files?path=study')).body).toMatchObject({ total: 2 });
  }));

  test('profile: name, language and theme go along to the next browser; a wrong old password changes nothing, the right one signs others out', async () => {
    const user = await makeUserWithPassword(hub, `profile-${look.id}`);
    const other = hub.hub.services.sessions.start(user, { address: '192.0.2.8', userAgent: 'Firefox' }).cookie;
    await withLook(browser, look, { url: hub.origin }, async (page) => {
      await signInAs(page, hub, user.name, PASSWORD);
      await page.waitForURL(`${hub.origin}/hub/home`);
      await page.goto(`${hub.origin}/hub/account`);
      await page.getByLabel('Real name').fill('Ada <i>Lovelace</i>');
      await page.locator('#language').selectOption('zh');
      await page.locator('#colours').selectOption(look.theme);
      await page.getByRole('button', { name: 'Save' }).click();
      await page.locator('html[lang="zh-Hans"]').waitFor();
      expect(await page.getByRole('status').allInnerTexts()).toContain('账户已保存。');
      expect(await page.getByRole('heading', { level: 1 }).innerText()).toMatch(/[一-龥]/);
      expect(hub.store.accounts.details(user.id)).toMatchObject({ realName: 'Ada <i>Lovelace</i>', language: 'zh', theme: look.theme });
      await page.locator('#language').selectOption('en');
      await page.locator('form', { has: page.locator('#realName') }).getByRole('button').click();
      await page.getByText('Your account is saved.').waitFor();

      const change = async (current: string): Promise<void> => {
        await page.goto(`${hub.origin}/hub/password`);
        await page.getByLabel('Current password').fill(current);
        await page.getByLabel('New password').fill(NEXT_PASSWORD);
        await page.getByLabel('Password, again').fill(NEXT_PASSWORD);
        await page.getByRole('button', { name: 'Change the password' }).click();
      };
      await change('not the old one');
      expect(await page.getByRole('alert').innerText()).toMatch(/password/i);
      expect(hub.hub.services.sessions.resolve(other)).toBeDefined();
      await change(PASSWORD);
      await page.getByText('Your password is changed. Every other browser was signed out.').waitFor();
      expect(hub.hub.services.sessions.resolve(other)).toBeUndefined();
    });
    const next = await browser.newContext({ viewport: { width: look.width, height: 860 }, colorScheme: look.theme === 'dark' ? 'light' : 'dark' });
    const page = await next.newPage();
    for (const [password, there] of [[PASSWORD, 'login'], [NEXT_PASSWORD, 'home']] as const) {
      await signInAs(page, hub, user.name, password);
      await page.getByRole('heading', { name: there === 'home' ? 'Your servers' : 'Sign in', level: 1 }).waitFor();
      if (there === 'login') await page.getByRole('alert').waitFor();
      expect(page.url()).toBe(`${hub.origin}/hub/${there}`);
    }
    expect(await page.locator('html').getAttribute('data-theme')).toBe(look.theme);
    await next.close();
  });
});
