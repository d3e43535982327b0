import { readFileSync } from 'node:fs';
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
    settings: {
      server: { cap: 0 }, policy: { mounts: ['/srv/projects'] }, profiles: [{ slug: 'default', title: 'Usual' }, { slug: 'large', title: 'Large' }],
      groups: [{ name: 'heavy' }], roles: [{ name: 'lifter', scopes: ['read:metrics'], groups: ['heavy'] }],
    },
    overrides: { slowMs: 1 },
  });
  browser = await launchBrowser();
  boss = makeUser(hub, 'boss', { admin: true });
  api = apiOf(hub, boss);
});
afterAll(async () => {
  await browser?.close();
  for (const { owner } of hub?.store.servers.active() ?? []) await hub.hub.services.servers.stopAllOf(owner);
  await hub?.close();
});

const groups = (rest = ''): string => `${hub.origin}/hub/admin/groups${rest}`;
const asBoss = (look: Look, work: (page: Page) => Promise<void>): Promise<void> => withLook(browser, look, { url: hub.origin, storageState: sessionOf(hub, boss) }, work);
const main = (page: Page): Promise<string> => page.locator('main').innerText();
const press = (page: Page, name: string): Promise<void> => page.getByRole('button', { name, exact: true }).click();

async function fillPolicy(page: Page): Promise<void> {
  for (const section of ['Profiles', 'Limits', 'Mounts', 'Environment', 'Idle time', 'Network', 'Docker']) await page.getByRole('checkbox', { name: section, exact: true }).check();
  await page.getByRole('checkbox', { name: /^Large/ }).check();
  for (const [label, value] of [['CPUs', '4'], ['Memory, such as 8G', '8 apples'], ['Servers at a time', '3'], ['Folders', '/srv/projects/q /mnt/q rw'], ['Variables', 'MARKET=XNYS'], ['Idle limit', '12h'], ['Maximum age', '3d']] as const) await page.getByLabel(label, { exact: true }).fill(value);
}

/** What the fields above say. */
const POLICY = {
  profiles: { on: true, allowed: ['large'] }, limits: { on: true, cpus: 4, memory: 8 * 1024 ** 3, servers: 3 }, mounts: { on: true, folders: [{ source: '/srv/projects/q', target: '/mnt/q', writable: true }] },
  environment: { on: true, variables: { MARKET: 'XNYS' } }, network: { on: true }, docker: { on: true },
};

describe.each(LOOKS)('the groups, at $width px and in $theme', (look) => {
  const called = (name: string): string => `${look.id}-${name}`;

  test('a group is made, filled, given a policy after a preview of whom it touches and what has to start anew, and deleted', () =>
    asBoss(look, async (page) => {
      const [quants, ann] = [called('quants'), makeUser(hub, called('ann'))];
      const { servers, actors } = hub.hub.services;
      await servers.start(actors.ofUser(ann, 'cookie', 'test'), ann, '' as never, { profile: 'default' } as never).settled;
      await page.goto(groups());
      await page.getByLabel('Name of the group').fill(quants);
      await press(page, 'Create group');
      await page.getByText(`The group ${quants} is there.`).waitFor();
      await page.getByLabel('Add members').fill(`${ann.name} nobody-of-that-name`);
      await press(page, 'Add');
      expect(await page.getByRole('alert').innerText()).toContain('No such user: nobody-of-that-name');
      await page.getByLabel('Add members').fill(ann.name);
      await press(page, 'Add');
      await page.getByText(`Added to ${quants}: ${ann.name}`).waitFor();
      expect((await api('GET', `/groups/${quants}`)).body).toMatchObject({ users: [ann.name] });

      await fillPolicy(page);
      await press(page, 'Preview');
      expect(await page.getByRole('alert').innerText()).toContain('Memory: a size such as 512M or 8G is expected');
      expect(await page.getByLabel('Variables').inputValue()).toBe('MARKET=XNYS');
      await page.getByLabel('Memory, such as 8G').fill('8G');
      await press(page, 'Preview');
      const preview = page.getByRole('status').filter({ has: page.getByRole('heading', { name: 'What this would change' }) });
      const told = await preview.innerText();
      for (const text of ['Mount /mnt/q', 'Variable MARKET', 'CPUs of a server: as the profile says → 4', 'Memory of a server: as the profile says → 8.0 GiB', 'Idle limit', 'The internet', 'The Docker socket', 'Profile large', 'For everybody else', ann.name]) expect(told).toContain(text);
      expect(await preview.locator('.chips li').allInnerTexts()).toEqual([expect.stringContaining(`${ann.name}:`)]);
      // A preview saves nothing.
      expect((await api('GET', `/groups/${quants}/policy`)).body).toMatchObject({ limits: { on: false }, docker: { on: false } });

      await press(page, 'Save policy');
      await page.getByText(`The policy of ${quants} is saved.`).waitFor();
      expect((await api('GET', `/groups/${quants}/policy`)).body).toMatchObject(POLICY);
      expect(await main(page)).toContain('Members get the Docker socket');
      await page.goto(groups());
      expect(await page.locator('.note.warn').innerText()).toContain(ann.name);
      expect(JSON.stringify((await api('GET', '/group-policies/outdated')).body)).toContain(ann.name);

      await page.getByRole('link', { name: quants }).click();
      await page.getByRole('link', { name: 'Delete group…' }).click();
      await page.getByRole('heading', { name: `Delete ${quants}?` }).waitFor();
      expect(await main(page)).toContain(ann.name);
      await press(page, `Delete ${quants}`);
      await page.getByText(`The group ${quants} is gone.`).waitFor();
      expect((await api('GET', `/groups/${quants}`)).status).toBe(404);
    }));

  test('groups are put in order, and found by name while their order stays as it is', () =>
    asBoss(look, async (page) => {
      const [first, second] = [called('first'), called('second')];
      for (const name of [first, second]) expect((await api('POST', `/groups/${name}`)).status).toBe(201);
      const order = async (): Promise<readonly string[]> => JSON.stringify((await api('GET', '/group-policies/order')).body).match(new RegExp(`${look.id}-(first|second)`, 'g')) ?? [];
      await page.goto(groups());
      expect(await order()).toEqual([first, second]);
      await press(page, `Move ${second} up`);
      await page.waitForURL(/groups/);
      await expectRank(page, second, first);
      expect(await order()).toEqual([second, first]);
      await page.getByLabel('Name contains').fill(second);
      await press(page, 'Search');
      await page.waitForURL('**q=**');
      expect(await page.locator('tbody th[scope=row] a').allInnerTexts()).toEqual([second]);
      expect(await page.getByRole('button', { name: `Move ${second} down` }).isDisabled()).toBe(true);
      for (const name of [first, second]) expect((await api('DELETE', `/groups/${name}`)).status).toBe(204);
    }));

  test('all of them go out as one file, as often as one likes, and come in from one after a rehearsal', () =>
    asBoss(look, async (page) => {
      const [bee, wave] = [makeUser(hub, called('bee')), called('wave')];
      await page.goto(groups());
      for (let i = 0; i < 2; i++) {
        const [file] = await Promise.all([page.waitForEvent('download'), press(page, 'Export')]);
        expect([file.suggestedFilename(), readFileSync(await file.path(), 'utf8')]).toEqual(['groups.json', expect.stringContaining('"docker-privileged"')]);
      }
      await page.getByRole('link', { name: 'Import…' }).click();
      const field = page.getByLabel('JSON of an export');
      await field.fill('{"groups": [');
      await press(page, 'Try it');
      expect(await page.getByRole('alert').innerText()).toContain('This is not the JSON of an export');
      const { body } = await api('GET', '/group-policies');
      const [sample] = (body as { groups: readonly object[] }).groups;
      await field.fill(JSON.stringify({ ...(body as object), groups: [{ ...sample, name: wave, members: [bee.name] }] }));
      await press(page, 'Try it');
      const would = page.getByRole('status').filter({ has: page.getByRole('heading', { name: 'What it would do' }) });
      expect(await would.innerText()).toMatch(new RegExp(`${wave}\\s+new[^]*joining: ${bee.name}`));
      expect((await api('GET', `/groups/${wave}`)).status).toBe(404);
      await press(page, 'Import');
      await page.getByText('The groups are imported.').waitFor();
      expect((await api('GET', `/groups/${wave}`)).body).toMatchObject({ users: [bee.name] });
      expect((await api('DELETE', `/groups/${wave}`)).status).toBe(204);
    }));

  test('J21: the built-in group says what it gives and cannot be removed, and a group shows its roles', () =>
    asBoss(look, async (page) => {
      await page.goto(groups('/heavy'));
      expect(await page.getByRole('region', { name: 'Roles' }).innerText()).toContain('lifter');
      expect(await page.getByRole('link', { name: 'Delete group…' }).count()).toBe(1);
      await page.goto(groups('/docker-privileged'));
      for (const text of ['A built-in group: it cannot be deleted or renamed', 'Whoever has it controls this machine']) expect(await main(page)).toContain(text);
      expect(await page.getByRole('link', { name: 'Delete group…' }).count()).toBe(0);
      // Whoever types the address is refused all the same.
      await page.goto(groups('/docker-privileged/delete'));
      await press(page, 'Delete docker-privileged');
      expect(await page.getByRole('alert').innerText()).toContain('docker-privileged');
      expect((await api('DELETE', '/groups/docker-privileged')).status).toBe(409);
      await page.goto(groups());
      expect(await page.getByRole('row', { name: /docker-privileged/ }).innerText()).toContain('built-in');
    }));
});

async function expectRank(page: Page, above: string, below: string): Promise<void> {
  const names = await page.locator('tbody th[scope=row] a').allInnerTexts();
  expect([names.indexOf(above) >= 0, names.indexOf(above) < names.indexOf(below)]).toEqual([true, true]);
}
