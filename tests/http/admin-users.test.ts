import type { User } from '../../hub/domain/user';
import { makeUser } from '../support/factories';
import { createBrowser, signedInAs, signIn, type Browser } from '../support/login';
import { seen, startWorld, type ApiWorld, PAGED } from './api-world';

let world: ApiWorld;
let admin: Browser;
beforeEach(async () => {
  world = await startWorld({ settings: { signup: 'approval', groups: [{ name: 'lab' }, { name: 'heavy' }], roles: [{ name: 'lifter', scopes: ['read:metrics'], groups: ['heavy'] }] } });
  admin = signedInAs(world.hub, world.boss);
});
afterEach(() => world.hub.close());

const join = (group: string, ...users: readonly User[]): void => {
  const { groups } = world.hub.store;
  for (const user of users) groups.addMember(groups.byName(group)?.id as never, user.id);
  world.hub.hub.services.actors.forget();
};
const actions = (): readonly string[] => world.hub.store.audit.list({ offset: 0, limit: 100 }).map(({ action }) => action);
const rowsOn = (page: string): readonly string[] => [...page.matchAll(/<th scope="row"><a href="[^"]*"><bdi>([^<]+)</g)].map(([, name]) => name ?? '');

describe('the list of users', () => {
  test('who waits is on top, and only while somebody does', async () => {
    expect((await admin.get('hub/admin/users')).text).not.toContain('Waiting for approval');
    makeUser(world.hub, 'grace', { status: 'pending' });
    const page = (await admin.get('hub/admin/users')).text;
    expect(page).toContain('Waiting for approval');
    expect(page).toContain('aria-label="Approve grace"');
  });

  test('is searched by name and by group, filtered by status, sorted and cut into pages by the hub', async () => {
    const people = Array.from({ length: 60 }, (_, i) => makeUser(world.hub, `user-${String(i).padStart(2, '0')}`));
    makeUser(world.hub, 'off', { status: 'disabled' });
    join('lab', people[3] as User, people[30] as User);
    const names = async (query: string): Promise<readonly string[]> => rowsOn((await admin.get(`hub/admin/users?${query}`)).text);
    expect(await names('')).toHaveLength(25);
    expect(await names('limit=25&offset=50&sort=-name')).toEqual([...Array.from({ length: 10 }, (_, i) => `user-0${9 - i}`), 'off', 'boss', 'alice']);
    expect(await names('q=ER-5')).toEqual(['user-50', 'user-51', 'user-52', 'user-53', 'user-54', 'user-55', 'user-56', 'user-57', 'user-58', 'user-59']);
    expect(await names('group=lab')).toEqual(['user-03', 'user-30']);
    expect(await names('status=disabled')).toEqual(['off']);
    expect(await names('group=nothing')).toEqual([]);
    const page = (await admin.get('hub/admin/users?group=lab')).text;
    expect(page).toMatch(/all <span class="count">2</);
    expect(page).toMatch(/disabled <span class="count">0</);
  });

  test('D02: who may list users learns of groups and statuses no more by filters than by fields', async () => {
    const clerk = world.as(world.boss, ['list:users']);
    expect((await seen(clerk('get', '/users')))[0]).toBe(200);
    for (const query of ['group=lab', 'status=disabled']) expect((await seen(clerk('get', `/users?${query}`)))[0]).toBe(403);
    const reader = world.as(world.boss, ['list:users', 'admin:users']);
    join('lab', world.alice);
    expect((await seen(reader('get', '/users?group=lab&status=active')))[1]).toMatchObject([{ name: 'alice' }]);
  });

  test('a page is counted like the whole, whoever is seen and in whatever state', async () => {
    const bob = makeUser(world.hub, 'bob');
    join('lab', bob, world.alice);
    const some = world.as(world.boss, ['list:users!group=lab', 'list:users!user=boss']);
    expect((await some('get', '/users?limit=1&sort=-name', undefined, PAGED)).body).toMatchObject({ items: [{ name: 'boss' }], _pagination: { total: 3 } });
    await world.hub.hub.services.servers.start(world.hub.hub.services.actors.ofUser(bob, 'cookie', 'test'), bob, '' as never, {}).settled;
    expect((await some('get', '/users?state=ready')).body).toMatchObject([{ name: 'bob' }]);
    expect((await some('get', '/users?state=inactive&sort=name')).body).toMatchObject([{ name: 'alice' }, { name: 'boss' }]);
    await world.hub.hub.services.servers.stopAllOf(bob.id);
  });
});

describe('accounts by the dozen', () => {
  const text = 'name,admin,groups\nada,no,lab\ngrace,yes,lab|heavy';

  test('are shown line by line first, and made all together', async () => {
    const preview = await admin.post('hub/admin/add-users', { text });
    expect(preview.text).toContain('Everything is in order: 2 to be made.');
    expect(world.named('ada')).toBeUndefined();
    const sheet = await admin.post('hub/admin/add-users', { text, confirmed: 'yes' });
    expect(sheet.status).toBe(200);
    expect(sheet.headers['cache-control']).toBe('no-store');
    const passwords = [...sheet.text.matchAll(/<code class="secret">([^<]+)</g)].map(([, password]) => password ?? '');
    expect(passwords).toHaveLength(2);
    const [ada, grace] = [world.named('ada'), world.named('grace')];
    expect([ada?.admin, grace?.admin, ada?.mustChangePassword]).toEqual([false, true, true]);
    expect(world.hub.store.groups.groupsOf(grace?.id as never).map(({ name }) => name).toSorted()).toEqual(['heavy', 'lab']);
    expect((await signIn(createBrowser(world.hub), 'ada', passwords[0] ?? '')).status).toBe(302);
    expect(actions().filter((action) => action === 'user.create')).toHaveLength(2);
  });

  test('A19: the passwords are on that one answer, in it for the download too, and nowhere else', async () => {
    const sheet = await admin.post('hub/admin/add-users', { text: 'ada', confirmed: 'yes' });
    const password = /<code class="secret">([^<]+)</.exec(sheet.text)?.[1] ?? '';
    expect(decodeURIComponent(/href="(data:text\/plain[^"]+)"/.exec(sheet.text)?.[1] ?? '')).toContain(`ada\t${password}`);
    for (const path of ['hub/admin/add-users', 'hub/admin/users', 'hub/admin/users/ada', 'hub/admin/audit']) expect((await admin.get(path)).text).not.toContain(password);
    expect(JSON.stringify(world.hub.lines)).not.toContain(password);
    expect(JSON.stringify(world.hub.store.audit.list({ offset: 0, limit: 100 }))).not.toContain(password);
  });

  test('are none at all when something is wrong with one of them, and each line says what', async () => {
    makeUser(world.hub, 'taken');
    const wrong = 'name,admin,groups\nada,,\ntaken,,\nada,,\nno/body,,\nlinus,perhaps,\nbarbara,,astronomy\ndonald,,,,x';
    const page = (await admin.post('hub/admin/add-users', { text: wrong, confirmed: 'yes' })).text;
    for (const words of ['Something is wrong with 6 of 7 lines', 'taken exists already', 'ada is in the list twice', 'Nobody can be called no/body', 'Say yes or no', 'There is no group astronomy', 'more than three columns']) expect(page).toContain(words);
    expect(page).not.toContain('code class="secret"');
    expect(world.named('ada')).toBeUndefined();
    const api = await world.as(world.boss)('post', '/users/bulk', { action: 'create', users: [{ name: 'ada' }, { name: 'taken' }] });
    expect([api.status, (api.body as { message: string }).message]).toEqual([400, 'Nothing was made. User taken already exists.']);
    expect(world.named('ada')).toBeUndefined();
  });

  test('A14: whose names are right may have a group that the maker may not fill: then nothing is made', async () => {
    const clerk = makeUser(world.hub, 'clerk');
    world.hub.store.roles.put({ name: 'clerk', description: '', scopes: ['admin-ui', 'admin:users', 'groups'] });
    world.hub.store.roles.grant('clerk', clerk.id);
    world.hub.hub.services.actors.forget();
    const ask = world.as(clerk);
    const make = (more: object) => ask('post', '/users/bulk', { action: 'create', users: [{ name: 'ada', ...more }] });
    expect((await make({ groups: ['heavy'] })).status).toBe(400);
    expect((await make({ admin: true })).status).toBe(400);
    expect(world.named('ada')).toBeUndefined();
    expect((await make({ groups: ['lab'] })).status).toBe(201);
  });

  test('a dry run says what would be made, and makes nothing', async () => {
    const res = await world.as(world.boss)('post', '/users/bulk', { action: 'create', dry_run: true, users: [{ name: 'Ada', groups: ['lab', 'lab'] }, { name: 'alice' }] });
    expect(res.body).toEqual({ plan: [{ name: 'ada', admin: false, groups: ['lab'], problems: [] }, { name: 'alice', admin: false, groups: [], problems: ['User alice already exists.'] }] });
    expect(world.named('ada')).toBeUndefined();
  });
});

describe('what is done to several accounts', () => {
  const several = (action: string, more: string): Promise<string> => admin.token().then((token) => `_xsrf=${encodeURIComponent(token)}&action=${action}${more}`);
  const send = async (action: string, names: readonly string[], confirmed = false) =>
    admin.raw('post', 'hub/admin/bulk-users', { Origin: world.hub.origin, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }).type('form')
      .send(await several(action, `${names.map((name) => `&user=${name}`).join('')}${confirmed ? '&confirmed=yes' : ''}`));

  test('is asked about with their number and names, and done after that', async () => {
    for (const name of ['grace', 'linus']) makeUser(world.hub, name, { status: 'pending' });
    const asked = await send('approve', ['grace', 'linus']);
    expect(asked.text).toContain('Approve these accounts? (2)');
    expect(asked.text).toContain('<bdi>linus</bdi>');
    expect(world.named('grace')?.status).toBe('pending');
    expect((await send('approve', ['grace', 'linus'], true)).status).toBe(303);
    expect([world.named('grace')?.status, world.named('linus')?.status]).toEqual(['active', 'active']);
    expect(actions().filter((action) => action === 'user.approve')).toHaveLength(2);
  });

  test('is done for each alone: what fails is named with its reason', async () => {
    const res = await world.as(world.boss)('post', '/users/bulk', { action: 'disable', users: ['alice', 'nobody', 'boss'] });
    expect(res.body).toEqual({ results: [
      { name: 'alice', ok: true, error: null },
      { name: 'nobody', ok: false, error: 'There is no user nobody, or not one that you may see.' },
      { name: 'boss', ok: false, error: 'You cannot disable yourself. Ask another administrator.' },
    ] });
    expect(world.named('alice')?.status).toBe('disabled');
    expect((await send('discard', ['alice', 'nobody'], true)).status).toBe(303);
    expect((await admin.get('hub/admin/users')).text).toContain('Not done for 2: alice (This account does not wait for approval.)');
  });

  test('D01: takes the right to manage accounts', async () => {
    const mine = signedInAs(world.hub, world.alice);
    for (const path of ['hub/admin/bulk-users', 'hub/admin/add-users']) expect((await mine.post(path, { action: 'approve', user: 'boss', confirmed: 'yes', text: 'eve' })).status).toBe(403);
    expect((await world.as(world.alice)('post', '/users/bulk', { action: 'disable', users: ['boss'] })).status).toBe(403);
    expect(world.named('eve')).toBeUndefined();
  });
});

describe('the page of one user', () => {
  test('says what they may do, and why', async () => {
    join('heavy', world.alice);
    const page = (await admin.get('hub/admin/users/alice?tab=access')).text;
    expect(page).toContain('Read the metrics: of everybody');
    expect(page).toContain('role lifter, from group heavy');
    expect(page).toContain('Start servers: its own');
    const api = (await world.as(world.boss)('get', '/users/alice/permissions')).body as { scope: string; from: unknown[] }[];
    expect(api.find(({ scope }) => scope === 'read:metrics')).toEqual({ scope: 'read:metrics', from: [{ role: 'lifter', group: 'heavy', share: null }] });
    world.hub.store.users.update(world.alice.id, { status: 'disabled' });
    expect((await admin.get('hub/admin/users/alice?tab=access')).text).toContain('Nothing: the account is not active.');
  });

  test('D04: roles are given and taken by administrators alone, and audited', async () => {
    const { id } = world.alice;
    const next = '/hub/admin/users/alice?tab=access';
    const given = await admin.post(`hub/admin/users/${id}/role`, { role: 'lifter', given: 'yes', next });
    expect([given.status, given.headers['location']]).toEqual([303, next]);
    expect(world.hub.store.roles.directOfUser(id)).toContain('lifter');
    expect((await world.as(world.boss)('delete', '/users/alice/roles/lifter')).status).toBe(204);
    expect(actions()).toEqual(expect.arrayContaining(['role.grant', 'role.revoke']));
    for (const role of ['user', 'server', 'token', 'nothing']) expect((await world.as(world.boss)('put', `/users/alice/roles/${role}`)).status).toBe(400);
    expect((await world.as(world.alice)('put', '/users/alice/roles/admin')).status).toBe(403);
    const clerk = makeUser(world.hub, 'clerk');
    world.hub.store.roles.put({ name: 'clerk', description: '', scopes: ['admin:users'] });
    world.hub.store.roles.grant('clerk', clerk.id);
    world.hub.hub.services.actors.forget();
    for (const role of ['clerk', 'manager', 'admin']) expect((await world.as(clerk)('put', `/users/clerk/roles/${role}`)).status).toBe(403);
  });

  test('groups, the name, sessions and tokens are changed from there', async () => {
    const { id } = world.alice;
    const secret = world.hub.hub.services.tokens.create(world.hub.hub.services.actors.ofUser(world.alice, 'cookie', 'x'), world.alice, { note: 'nightly', scopes: ['inherit'], expiresInSeconds: 60 }).token;
    expect((await admin.get('hub/admin/users/alice?tab=credentials')).text).toContain('nightly');
    expect((await admin.post(`hub/admin/users/${id}/join-group`, { group: 'lab' })).status).toBe(303);
    expect(world.hub.store.groups.groupsOf(id).map(({ name }) => name)).toEqual(['lab']);
    expect((await admin.post(`hub/admin/users/${id}/leave-group`, { group: 'lab' })).status).toBe(303);
    expect(world.hub.store.groups.groupsOf(id)).toEqual([]);
    expect((await admin.post(`hub/admin/users/${id}/revoke`, { token: secret.id })).status).toBe(303);
    expect(world.hub.store.tokens.listOf(id)).toEqual([]);
    expect((await admin.post(`hub/admin/users/${id}/rename`, { name: 'alicia' })).status).toBe(303);
    expect((await admin.get('hub/admin/users/alicia')).status).toBe(200);
  });

  test('deleting asks what becomes of the files, naming them; without an answer nothing happens', async () => {
    const page = (await admin.get('hub/admin/users/alice?tab=delete')).text;
    expect(page).toContain('What happens to the files?');
    expect((await admin.post(`hub/admin/users/${world.alice.id}/delete`, {})).status).toBe(400);
    expect(world.named('alice')).toBeDefined();
    expect((await admin.get('hub/admin/users/boss?tab=delete')).text).not.toContain('What happens to the files?');
    expect((await admin.post(`hub/admin/users/${world.alice.id}/delete`, { volumes: 'keep' })).headers['location']).toBe('/hub/admin/users');
    expect(world.named('alice')).toBeUndefined();
  });

  test('D06: is the same nothing for who may not see it as for a name that does not exist', async () => {
    const mine = signedInAs(world.hub, world.alice);
    expect([(await mine.get('hub/admin/users/boss')).status, (await mine.get('hub/admin/users/nobody')).status]).toEqual([403, 403]);
    expect((await admin.get('hub/admin/users/nobody')).status).toBe(404);
  });
});
