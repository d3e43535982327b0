import { makeUser } from '../support/factories';
import { signedInAs, type Browser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';
import type { User } from '../../hub/domain/user';

let hub: TestHub;
let boss: User;
let browser: Browser;
beforeEach(async () => {
  hub = await startHub({ settings: { policy: { mounts: ['/srv/projects'] }, profiles: [{ slug: 'default', title: 'Usual' }, { slug: 'large', title: 'Large' }] } });
  boss = makeUser(hub, 'boss', { admin: true });
  makeUser(hub, 'alice');
  makeUser(hub, 'bob');
  browser = signedInAs(hub, boss);
});
afterEach(() => hub.close());

const namesIn = (html: string): readonly string[] => [...html.matchAll(/<th scope="row"><a href="[^"]*"><bdi>([^<]*)/g)].map(([, name]) => name ?? '');
const flashed = async (page: string): Promise<string> => (await browser.get(page)).text;

test('without a script an administrator makes groups, orders them and finds them again', async () => {
  for (const name of ['quant', 'interns']) expect((await browser.post('hub/admin/groups', { name })).headers['location']).toBe(`/hub/admin/groups/${name}`);
  expect(namesIn((await browser.get('hub/admin/groups')).text)).toEqual(['docker-privileged', 'quant', 'interns']);
  expect((await browser.post('hub/admin/groups/interns/move', { direction: 'up' })).status).toBe(303);
  expect(namesIn((await browser.get('hub/admin/groups')).text)).toEqual(['docker-privileged', 'interns', 'quant']);
  await browser.post('hub/admin/groups/docker-privileged/move', { direction: 'down' });
  await browser.post('hub/admin/groups/interns/move', { direction: 'up' });
  expect(namesIn((await browser.get('hub/admin/groups')).text)).toEqual(['interns', 'docker-privileged', 'quant']);
  const found = (await browser.get('hub/admin/groups?q=QUA')).text;
  expect(namesIn(found)).toEqual(['quant']);
  // What is hidden would be passed unseen.
  expect(found).toMatch(/<button[^>]*value="up"[^>]*disabled/);
  const again = await browser.post('hub/admin/groups', { name: 'quant' });
  expect([again.status, again.text.includes('Group quant already exists')]).toEqual([409, true]);
});

test('members are added and removed, and the built-in group warns and cannot be deleted', async () => {
  const added = await browser.post('hub/admin/groups/docker-privileged/members', { users: 'alice, bob' });
  expect(added.status).toBe(303);
  const page = await flashed('hub/admin/groups/docker-privileged');
  for (const text of ['Added to docker-privileged: alice, bob', 'Members get the Docker socket', 'A built-in group', 'Members: 2. Priority 1 of 1.']) expect(page).toContain(text);
  expect(page).not.toContain('/hub/admin/groups/docker-privileged/delete');
  expect((await browser.post('hub/admin/groups/docker-privileged/remove', { user: 'bob' })).status).toBe(303);
  expect(hub.store.groups.membersOf(hub.store.groups.byName('docker-privileged')?.id as never).map(({ name }) => name)).toEqual(['alice']);
  expect((await browser.post('hub/admin/groups/docker-privileged/delete')).status).toBe(409);
  const unknown = await browser.post('hub/admin/groups/docker-privileged/members', { users: 'nobody' });
  expect([unknown.status, unknown.text.includes('No such user: nobody')]).toEqual([400, true]);
});

test('J21: whoever gets the socket is warned at home and before a start; nobody else is', async () => {
  await browser.post('hub/admin/groups/docker-privileged/members', { users: 'alice' });
  const [alice, bob] = ['alice', 'bob'].map((name) => signedInAs(hub, hub.store.users.byName(name as never) as User));
  const warning = 'Your servers get the Docker socket (group docker-privileged)';
  for (const page of ['hub/home', 'hub/spawn/alice?profile=default']) expect([page, (await alice?.get(page))?.text.includes(warning)]).toEqual([page, true]);
  for (const page of ['hub/home', 'hub/spawn/bob?profile=default']) expect([page, (await bob?.get(page))?.text.includes('Docker socket')]).toEqual([page, false]);
  expect((await browser.get('hub/spawn/alice?profile=default')).text).toContain('Servers of alice get the Docker socket');
  const account = async (name: string): Promise<string> => (await browser.get(`hub/admin/users/${name}?tab=access`)).text;
  for (const text of ['What the groups give to its servers', 'Servers of alice get the Docker socket', 'from group docker-privileged']) expect([text, (await account('alice')).includes(text), (await account('bob')).includes(text)]).toEqual([text, true, false]);
});

test('a policy is previewed before it is saved, what was typed stays, and what is wrong is said beside it', async () => {
  await browser.post('hub/admin/groups', { name: 'quant' });
  await browser.post('hub/admin/groups/quant/members', { users: 'alice' });
  const fields = { 'on.limits': 'on', cpus: '4', memory: '16G', servers: '', 'on.mounts': 'on', folders: '/srv/projects/q /mnt/q rw', variables: 'A=b=c', 'on.profiles': 'on', 'profile.large': 'on', idleLimit: '12h', maxAge: '', 'on.environment': 'on' };
  const preview = await browser.post('hub/admin/groups/quant/policy', { ...fields, do: 'preview' });
  expect(preview.status).toBe(200);
  for (const text of ['What this would change', 'Mount /mnt/q', 'Variable A', 'Memory of a server: as the profile says → 16.0 GiB', 'For everybody else', 'Profile large', 'users: 2', '/srv/projects/q /mnt/q rw', 'A=b=c']) expect(preview.text).toContain(text);
  expect(hub.store.policies.list().size).toBe(0);
  expect((await browser.post('hub/admin/groups/quant/policy', { ...fields, do: 'save' })).status).toBe(303);
  expect([...hub.store.policies.list().values()]).toEqual([{
    profiles: { on: true, allowed: ['large'] }, limits: { on: true, cpus: 4, memory: 16 * 1024 ** 3, servers: null }, mounts: { on: true, folders: [{ source: '/srv/projects/q', target: '/mnt/q', writable: true }] },
    environment: { on: true, variables: { A: 'b=c' } }, idle: { on: false, idleLimit: 43_200_000, maxAge: null }, network: { on: false }, docker: { on: false },
  }]);
  const shown = (await browser.get('hub/admin/groups/quant')).text;
  for (const text of ['value="16G"', 'value="12h"', 'A=b=c', '/srv/projects/q /mnt/q rw']) expect(shown).toContain(text);
  for (const [wrong, message] of [
    [{ cpus: 'many' }, 'CPUs: a number is expected'], [{ memory: '8 apples' }, 'Memory: a size'], [{ idleLimit: 'soon' }, 'Idle limit: a time'], [{ folders: '/srv/projects' }, 'is not a folder, a place'],
    [{ folders: '/etc /mnt/e' }, '/etc belongs to the system'], [{ variables: 'nothing' }, 'is not of the form'], [{ variables: 'JUPYTERHUB_USER=root' }, 'JUPYTERHUB_USER is set by the hub itself'],
  ] as const) {
    const res = await browser.post('hub/admin/groups/quant/policy', { ...fields, ...wrong, do: 'save' });
    expect([res.status, res.text.includes(message)]).toEqual([400, true]);
    expect(res.text.replaceAll('&amp;', '&')).toContain(Object.values(wrong)[0]);
  }
});

test('a delete names the members and does nothing before it is confirmed', async () => {
  await browser.post('hub/admin/groups', { name: 'quant' });
  await browser.post('hub/admin/groups/quant/members', { users: 'alice bob' });
  const page = await browser.get('hub/admin/groups/quant/delete');
  expect([page.status, page.text.includes('Members (2):'), page.text.includes('alice, bob')]).toEqual([200, true, true]);
  expect(hub.store.groups.byName('quant')).toBeDefined();
  expect((await browser.post('hub/admin/groups/quant/delete')).headers['location']).toBe('/hub/admin/groups');
  expect(hub.store.groups.byName('quant')).toBeUndefined();
});

test('groups leave as a file and come back: tried first, then imported', async () => {
  await browser.post('hub/admin/groups', { name: 'quant' });
  await browser.post('hub/admin/groups/quant/members', { users: 'alice' });
  const file = await browser.post('hub/admin/groups-export');
  expect(file.headers['content-disposition']).toBe('attachment; filename="groups.json"');
  await browser.post('hub/admin/groups/quant/delete');
  const tried = await browser.post('hub/admin/groups-import', { file: file.text, do: 'try' });
  expect([tried.status, tried.text.includes('joining: alice'), hub.store.groups.byName('quant')]).toEqual([200, true, undefined]);
  expect((await browser.post('hub/admin/groups-import', { file: file.text, do: 'apply' })).status).toBe(303);
  expect(hub.store.groups.membersOf(hub.store.groups.byName('quant')?.id as never).map(({ name }) => name)).toEqual(['alice']);
  const bad = await browser.post('hub/admin/groups-import', { file: '{', do: 'apply' });
  expect([bad.status, bad.text.includes('This is not the JSON of an export')]).toEqual([400, true]);
});

test('R03: names and values are text on every page of groups', async () => {
  const evil = '<img src=x onerror=alert(1)>';
  expect((await browser.post('hub/admin/groups', { name: evil })).status).toBe(303);
  const at = `hub/admin/groups/${encodeURIComponent(evil)}`;
  expect((await browser.post(`${at}/policy`, { 'on.environment': 'on', variables: `A=${evil}</textarea>`, do: 'save' })).status).toBe(303);
  for (const page of ['hub/admin/groups', at, `${at}/delete`]) expect((await browser.get(page)).text).not.toContain('<img src=x');
  expect((await browser.get(at)).text).not.toContain('</textarea></textarea>');
});

test('the pages are for those who look after groups, and complete in Chinese', async () => {
  await browser.post('hub/admin/groups', { name: 'quant' });
  const alice = signedInAs(hub, hub.store.users.byName('alice' as never) as User);
  for (const page of ['hub/admin/groups', 'hub/admin/groups/quant', 'hub/admin/groups/none', 'hub/admin/groups-import']) expect((await alice.get(page)).status).toBe(403);
  expect((await browser.get('hub/admin/groups/none')).status).toBe(404);
  await browser.post('hub/language', { lang: 'zh' });
  for (const page of ['hub/admin/groups', 'hub/admin/groups/quant']) {
    const { text } = await browser.get(page);
    for (const word of ['Members', 'Priority', 'Policy', 'Save', 'Preview', 'Environment', 'Limits']) expect([page, word, text.replace(/<[^>]*>/g, ' ').includes(word)]).toEqual([page, word, false]);
  }
});
