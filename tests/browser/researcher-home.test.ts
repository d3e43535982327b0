import type { Browser, Page } from 'playwright-core';
import { DEFAULT_SERVER, newId, type GroupId } from '../../hub/domain/ids';
import { NO_POLICY } from '../../hub/domain/policy';
import type { User } from '../../hub/domain/user';
import { nameOfVolume } from '../../spawner/fake/fake-volumes';
import { launchBrowser } from '../support/browser';
import { LOOKS } from '../support/journeys';
import { asResearcher, mainText, type Researcher } from '../support/researcher';
import { startHub, type TestHub } from '../support/start-hub';

jest.setTimeout(120_000);

const MIB = 1024 ** 2;
let hub: TestHub;
let browser: Browser;
beforeAll(async () => {
  hub = await startHub({ settings: { server: { named: true, cap: 0 }, profiles: [{ slug: 'small', title: 'Small', image: 'x', limits: { cpus: 2, memory: '2G' } }, { slug: 'large', title: 'Large', image: 'x', limits: { cpus: 4, memory: '8G' } }] } });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

const card = (page: Page, name = 'Default server') => page.getByRole('article', { name });
const serverOf = ({ id }: User) => hub.store.servers.ensure(id, DEFAULT_SERVER);
const stateNow = async ({ ask }: Researcher): Promise<unknown> => (await ask('GET', '')).body;

describe.each(LOOKS)('the home page in $theme at $width', (look) => {
  const journey = (name: string, work: (r: Researcher) => Promise<void>, before?: (user: User) => void) => asResearcher({ hub, browser, look }, { name, ...(before === undefined ? {} : { before }) }, work);

  test('tells in one sentence how a server is, and starts, opens, restarts, recreates and stops it', () => journey('life', async (r) => {
    const { page, user, open } = r;
    await open('home');
    expect(await card(page).innerText()).toContain('Not started yet. Start it, and JupyterLab opens');
    await page.getByRole('button', { name: 'Start Default server' }).click();
    await page.waitForURL(`${hub.origin}/user/${user.name}/**`);
    expect(await stateNow(r)).toMatchObject({ servers: { '': { ready: true, pending: null } } });

    await open('home');
    expect(await card(page).innerText()).toMatch(/running[\s\S]*Running since .+\. Stops .+: no cell, no typing since/);
    expect(await card(page).getByRole('link', { name: 'Open Default server' }).getAttribute('href')).toBe(`/user/${user.name}/`);
    const before = serverOf(user).state;
    for (const verb of ['Restart', 'Recreate']) {
      await open('home');
      await page.getByRole('link', { name: `${verb} Default server` }).click();
      await page.getByRole('heading', { name: `${verb} the server?`, level: 1 }).waitFor();
      expect(await mainText(page)).toContain(user.name);
      await page.getByRole('button', { name: verb, exact: true }).click();
      await page.waitForURL(`${hub.origin}/user/${user.name}/**`);
    }
    expect(hub.spawner.started.filter(({ owner }) => owner.id === user.id)).toHaveLength(2);
    expect(serverOf(user).state).toMatchObject({ kind: 'ready' });
    expect(serverOf(user).state).not.toEqual(before);

    await open('home');
    await page.getByRole('button', { name: 'Stop Default server' }).click();
    await page.getByText('The server is stopping.').waitFor();
    await card(page).getByText('stopped', { exact: true }).waitFor();
    expect(await card(page).innerText()).toMatch(/Stopped since .+\. Files are kept\./);
    expect(await stateNow(r)).toMatchObject({ server: null, servers: {} });
  }));

  test('shows CPU and memory against their limits and how much time is left, and Extend makes it more', () => journey('use', async ({ page, user, open, start, ask }) => {
    await start();
    const work = hub.spawner.workIn(serverOf(user).id);
    if (work === undefined) throw new Error('there is no server');
    work.memoryBytes = 512 * MIB;
    await hub.hub.services.usage.sample();
    await open('home');
    const meter = (name: string) => card(page).getByRole('meter', { name });
    const shown = await card(page).innerText();
    expect(shown).toMatch(/512(?:\.0)? MiB of 2\.0 GiB/);
    expect(await meter('Memory').getAttribute('value')).toBe(String(512 * MIB));
    expect(await meter('CPU').getAttribute('max')).toBe('2');
    expect(shown).toMatch(/Time left\s+(?:3 h 59 min|4 h 0 min) of 4 h/);
    expect((await ask('GET', 'server/usage')).body).toMatchObject({ now: { memoryBytes: 512 * MIB, memoryLimit: 2048 * MIB } });

    await page.getByRole('button', { name: 'Extend Default server' }).click();
    await page.getByText('The time of this server was extended.').waitFor();
    await open('home');
    expect(await card(page).innerText()).toContain(`${user.name} extended it`);
    expect((await ask('GET', 'server/idleness')).body).toMatchObject({ verdict: 'keep', rule: 'lease', leases: [{ by: user.name }] });
  }));

  test('makes a server with a name beside the default one, says what is wrong with a name, and deletes it again', () => journey('named', async (r) => {
    const { page, user, open } = r;
    await open('home');
    const add = async (name: string): Promise<void> => {
      await page.getByText('Add a named server').click();
      await page.getByLabel('Name', { exact: true }).fill(name);
      await page.getByRole('combobox', { name: 'Profile' }).last().selectOption('large');
      await page.getByRole('button', { name: 'Add and start' }).click();
    };
    await add('gpu');
    await page.waitForURL(`${hub.origin}/user/${user.name}/gpu/**`);
    expect(await stateNow(r)).toMatchObject({ servers: { gpu: { ready: true } } });
    expect(hub.spawner.started.findLast(({ owner }) => owner.id === user.id)).toMatchObject({ profile: { slug: 'large' } });

    await open('home');
    expect(await card(page, 'gpu').innerText()).toMatch(/running[\s\S]*Profile Large/);
    await add('gpu');
    expect(await page.getByRole('alert').innerText()).toBe('You have a server of that name already.');
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('gpu');

    await open('home');
    await page.getByRole('button', { name: 'Stop gpu' }).click();
    await card(page, 'gpu').getByText('stopped', { exact: true }).waitFor();
    await card(page, 'gpu').getByText('Delete…').click();
    await page.getByRole('button', { name: 'Delete gpu' }).click();
    await page.getByText('The server gpu is deleted.').waitFor();
    expect(await card(page, 'gpu').count()).toBe(0);
    expect(hub.store.servers.listOf(user.id).map(({ name }) => name)).not.toContain('gpu');
  }));

  test('names the groups, what they give and which of them gives it, and the volumes with their sizes', () => journey('groups', async ({ page, user, open, start, ask }) => {
    await start();
    const [home] = hub.store.volumes.listOf(user.id).filter(({ purpose }) => purpose === 'home');
    if (home === undefined) throw new Error('there is no volume');
    // The hub measures by itself, too: it finds the same.
    hub.spawner.engine.volumes.set(nameOfVolume(home), { id: home.id, owner: user.id, purpose: 'home', bytes: 3 * MIB });
    hub.store.volumes.measured([{ id: home.id, name: '', bytes: 3 * MIB }], new Date());
    await open('home');
    const panel = (name: string) => page.getByRole('region', { name });
    expect(await panel('Groups').innerText()).toContain(`quants-${look.id}`);
    expect(await panel('Groups').getByRole('listitem').filter({ hasText: '3 CPUs for each server' }).innerText()).toContain(`from group quants-${look.id}`);
    expect(await panel('Groups').innerText()).not.toContain('quite-secret');
    expect(await panel('Volumes').innerText()).toMatch(/Home\s+3\.0 MiB · in use now/);
    expect((await ask('GET', 'volumes')).body).toMatchObject({ volumes: expect.arrayContaining([expect.objectContaining({ purpose: 'home', bytes: 3 * MIB })]) as unknown });
    await panel('Volumes').getByRole('link', { name: 'Show, download and reset volumes' }).click();
    await page.getByRole('heading', { name: 'Your volumes', level: 1 }).waitFor();
  }, (user) => {
    const id = newId<GroupId>();
    hub.store.groups.create({ id, name: `quants-${look.id}`, properties: {} });
    hub.store.groups.addMember(id, user.id);
    hub.store.policies.put(id, { ...NO_POLICY, limits: { on: true, cpus: 3, memory: null, servers: null }, environment: { on: true, variables: { KEY: 'quite-secret' } } });
  }));

  test('shows a message of an administrator the moment that it is sent, until it is dismissed', () => journey('told', async ({ page, user, open }) => {
    await open('home');
    await page.locator('#pulse').getByText('Connected').waitFor();
    const message = `The disk of ${look.id} is full <b>soon</b>`;
    await hub.hub.services.notices.broadcast(hub.hub.services.actors.local(), { message, variant: 'warning', autoClose: false, recipients: [user.name] });
    await page.getByText(message).waitFor();
    await page.getByRole('button', { name: `Dismiss “${message}”` }).click();
    await page.getByText(message).waitFor({ state: 'detached' });
    expect(page.url()).toBe(`${hub.origin}/hub/home`);
    await open('home');
    expect(await mainText(page)).not.toContain(message);
    await open('notifications');
    expect(await mainText(page)).toContain(message);
    expect(await page.getByRole('button', { name: /^Dismiss/ }).count()).toBe(0);
  }));
});
