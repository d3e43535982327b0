import type { Browser, Page } from 'playwright-core';
import type { User } from '../../hub/domain/user';
import { launchBrowser } from '../support/browser';
import { makeUser } from '../support/factories';
import { apiOf, LOOKS, sessionOf, withLook, type Look } from '../support/journeys';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(120_000);

let hub: TestHub;
let browser: Browser;
let boss: User;
let api: ReturnType<typeof apiOf>;

beforeAll(async () => {
  hub = await startHub({
    settings: { signup: 'approval', groups: [{ name: 'readers' }, { name: 'heavy' }], roles: [{ name: 'lifter', scopes: ['read:metrics'], groups: ['heavy'] }, { name: 'counter', scopes: ['list:users'] }] },
    overrides: { slowMs: 1 },
  });
  browser = await launchBrowser();
  boss = makeUser(hub, 'boss', { admin: true });
  api = apiOf(hub, boss);
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

const users = (rest = ''): string => `${hub.origin}/hub/admin/users${rest}`;
const asBoss = (look: Look, work: (page: Page) => Promise<void>): Promise<void> => withLook(browser, look, { url: hub.origin, storageState: sessionOf(hub, boss) }, work);
const main = (page: Page): Promise<string> => page.locator('main').innerText();
const userOf = async (name: string): Promise<{ readonly status: number; readonly body: { readonly groups?: readonly string[]; readonly roles?: readonly string[]; readonly pending?: unknown } }> => (await api('GET', `/users/${name}`)) as never;
const statusOf = (name: string): string | undefined => hub.store.users.byName(name as never)?.status;

test('approvals work without JavaScript: one by one, and several after a question that names them', async () => {
  for (const name of ['walk-in', 'late', 'later', 'spam']) makeUser(hub, name, { status: 'pending' });
  await withLook(browser, LOOKS[0] as Look, { url: hub.origin, storageState: sessionOf(hub, boss), javaScriptEnabled: false }, async (page) => {
    await page.goto(users());
    await page.getByRole('button', { name: 'Approve walk-in' }).click();
    await page.getByText('walk-in is approved.').waitFor();
    await page.getByRole('button', { name: 'Discard spam' }).click();
    await page.getByText('The request of spam was discarded.').waitFor();
    const waiting = page.getByRole('region', { name: /^Waiting for approval/ });
    for (const name of ['late', 'later']) await waiting.getByRole('checkbox', { name: `Tick ${name}`, exact: true }).check();
    await page.getByRole('button', { name: 'Approve those ticked' }).click();
    expect(await page.locator('main .chips li').allInnerTexts()).toEqual(['late', 'later']);
    expect(statusOf('late')).toBe('pending');
    await page.getByRole('button', { name: 'Approve (2)' }).click();
    await page.getByText('Done for 2.').waitFor();
    expect(await waiting.count()).toBe(0);
  });
  expect(['walk-in', 'late', 'later', 'spam'].map(statusOf)).toEqual(['active', 'active', 'active', undefined]);
});

test('a page that is open follows what the API does, without loading anew, and keeps what is being typed', () =>
  asBoss(LOOKS[1] as Look, async (page) => {
    await page.goto(users());
    await page.getByText('Live', { exact: false }).or(page.locator('#pulse:not([hidden])')).first().waitFor();
    let loads = 0;
    page.on('framenavigated', () => (loads += 1));
    await page.getByLabel('Search by name').fill('half a na');
    expect((await api('POST', '/users/sudden')).status).toBe(201);
    await page.getByRole('rowheader', { name: 'sudden' }).waitFor();
    expect((await api('POST', '/users/sudden/disable')).status).toBe(200);
    await page.getByRole('row', { name: /sudden/ }).getByText('disabled', { exact: true }).waitFor();
    expect((await api('DELETE', '/users/sudden')).status).toBe(204);
    await page.getByRole('rowheader', { name: 'sudden' }).waitFor({ state: 'detached' });
    expect([loads, await page.getByLabel('Search by name').inputValue()]).toEqual([0, 'half a na']);
  }));

describe.each(LOOKS)('the users, at $width px and in $theme', (look) => {
  const called = (name: string): string => `${look.id}-${name}`;

  test('who waits is on top, is approved there, and is found among the accounts afterwards', () =>
    asBoss(look, async (page) => {
      const [ivy, joe] = [called('ivy'), called('joe')];
      for (const name of [ivy, joe]) makeUser(hub, name, { status: 'pending' });
      await page.goto(users());
      const waiting = page.getByRole('region', { name: /^Waiting for approval/ });
      expect((await waiting.boundingBox())?.y ?? Infinity).toBeLessThan((await page.getByRole('region', { name: 'Accounts' }).boundingBox())?.y ?? 0);
      await page.getByRole('button', { name: `Approve ${ivy}` }).click();
      await page.getByText(`${ivy} is approved.`).waitFor();
      expect([statusOf(ivy), statusOf(joe)]).toEqual(['active', 'pending']);
      await page.getByRole('button', { name: `Discard ${joe}` }).click();
      await page.getByText(`The request of ${joe} was discarded.`).waitFor();
      expect((await userOf(joe)).status).toBe(404);
      await page.goto(users(`?q=${ivy}&status=active`));
      expect(await page.locator('tbody th[scope=row]').allInnerTexts()).toEqual([ivy]);
    }));

  test('several are pasted with their groups, corrected, made together, and their passwords are on one sheet, once', () =>
    asBoss(look, async (page) => {
      const [kim, lee] = [called('kim'), called('lee')];
      await page.goto(users());
      await page.getByRole('link', { name: 'Add accounts' }).click();
      const text = page.getByLabel('Names, one per line, or CSV');
      await text.fill(`name,admin,groups\n${kim},no,readers\n${lee},no,readers|nowhere`);
      await page.getByRole('button', { name: 'Show what would be made' }).click();
      await page.getByText('Something is wrong with 1 of 2 lines.').waitFor();
      expect(await main(page)).toContain('There is no group nowhere');
      await text.fill(`name,admin,groups\n${kim},no,readers\n${lee},no,readers|heavy`);
      await page.getByRole('button', { name: 'Show what would be made' }).click();
      await page.getByText('Everything is in order: 2 to be made.').waitFor();
      expect((await userOf(kim)).status).toBe(404);
      await page.getByRole('button', { name: 'Create the accounts (2)' }).click();
      await page.getByRole('heading', { level: 1, name: 'Names and passwords' }).waitFor();
      const password = await page.getByRole('row', { name: new RegExp(kim) }).locator('code').innerText();
      expect(decodeURIComponent((await page.getByRole('link', { name: 'Download as text' }).getAttribute('href')) ?? '')).toContain(`${kim}\t${password}`);
      expect([(await userOf(kim)).body.groups, (await userOf(lee)).body.groups?.toSorted()]).toEqual([['readers'], ['heavy', 'readers']]);

      await page.getByRole('link', { name: 'I have them' }).click();
      await page.waitForURL(users());
      for (const address of [users(), users(`/${kim}`), `${hub.origin}/hub/admin/add-users`]) {
        await page.goto(address);
        expect(await page.content()).not.toContain(password);
      }
      // It is good for one thing: choosing another.
      await withLook(browser, look, { url: hub.origin }, async (theirs) => {
        await theirs.goto(`${hub.origin}/hub/login`);
        await theirs.getByLabel('Username').fill(kim);
        await theirs.getByLabel('Password', { exact: true }).fill(password);
        await theirs.getByRole('button', { name: 'Sign in' }).click();
        await theirs.waitForURL('**/hub/password');
      });
    }));

  test('who is suspended is out of the session that is open and out of the API, and back when it is lifted', async () => {
    const max = makeUser(hub, called('max'));
    const session = sessionOf(hub, max);
    const theirs = apiOf(hub, max);
    await withLook(browser, look, { url: hub.origin, storageState: session }, (open) =>
      asBoss(look, async (page) => {
        await open.goto(`${hub.origin}/hub/home`);
        await page.goto(users(`?q=${max.name}`));
        await page.getByLabel(`Manage ${max.name}`).click();
        await page.getByRole('button', { name: 'Disable', exact: true }).first().click();
        await page.getByText(`${max.name} is disabled, signed out everywhere, and the servers are stopped.`).waitFor();
        await open.goto(`${hub.origin}/hub/home`);
        expect(new URL(open.url()).pathname).toBe('/hub/login');
        expect((await theirs('GET', '/user')).status).toBe(403);

        await page.goto(users(`/${max.name}`));
        await page.getByRole('button', { name: 'Enable', exact: true }).click();
        await page.getByText(`${max.name} may sign in again.`).waitFor();
        expect(statusOf(max.name)).toBe('active');
      }));
  });

  test('roles and groups are given and taken on a person\'s page, which explains what follows from them', () =>
    asBoss(look, async (page) => {
      const nan = makeUser(hub, called('nan'));
      await page.goto(users(`/${nan.name}`));
      await page.getByRole('link', { name: 'Groups and permissions' }).click();
      const effective = page.getByRole('region', { name: 'What this account may do, and why' });
      const why = async (): Promise<string> => (await effective.innerText()).replace(/\s+/g, ' ');
      expect(await why()).not.toContain('counter');
      await page.getByLabel('Role', { exact: true }).selectOption('counter');
      await page.getByRole('button', { name: 'Give', exact: true }).click();
      await page.getByText(`${nan.name} has the role counter now.`).waitFor();
      expect(await why()).toContain('role counter');
      await page.getByLabel('Group', { exact: true }).fill('heavy');
      await page.getByRole('button', { name: 'Add to the group' }).click();
      await page.getByText(`${nan.name} is in the group heavy now.`).waitFor();
      expect(await why()).toContain('role lifter, from group heavy');
      const told = (await api('GET', `/users/${nan.name}/permissions`)).body;
      expect(JSON.stringify(told)).toContain('read:metrics');
      expect((await userOf(nan.name)).body).toMatchObject({ groups: ['heavy'], roles: expect.arrayContaining(['counter']) as unknown });

      await page.getByRole('button', { name: 'Take away: counter' }).click();
      await page.getByText(`${nan.name} no longer has the role counter.`).waitFor();
      await page.getByRole('button', { name: 'Take out of heavy' }).click();
      await page.getByText(`${nan.name} is no longer in the group heavy.`).waitFor();
      expect(await why()).not.toMatch(/counter|lifter/);
      expect((await userOf(nan.name)).body).toMatchObject({ groups: [] });
    }));

  test('an account is deleted after a choice about its data, which is kept or removed as it was chosen', () =>
    asBoss(look, async (page) => {
      const { servers, actors } = hub.hub.services;
      for (const [name, choice, left] of [[called('oma'), 'Keep the volumes', true], [called('opa'), 'Remove the volumes for good', false]] as const) {
        const user = makeUser(hub, name);
        await servers.start(actors.ofUser(user, 'cookie', 'test'), user, '' as never, {}).settled;
        await page.goto(users(`/${name}?tab=delete`));
        expect(await main(page)).toContain('servers 1 (running now and stopped first: 1)');
        const sure = page.getByRole('button', { name: `Delete ${name}` });
        await sure.click();
        // Nothing is chosen beforehand, and nothing is sent without a choice.
        expect([new URL(page.url()).search, statusOf(name)]).toEqual(['?tab=delete', 'active']);
        await page.getByLabel(choice).check();
        await sure.click();
        await page.getByText(`The account ${name} was deleted.`).waitFor();
        expect((await userOf(name)).status).toBe(404);
        expect((await page.goto(users(`/${name}`)))?.status()).toBe(404);
        const behind = JSON.stringify((await api('GET', '/volumes/left-behind')).body);
        expect([name, behind.includes(name)]).toEqual([name, left]);
      }
    }));
});
