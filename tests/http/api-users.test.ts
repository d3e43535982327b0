import { makeUser } from '../support/factories';
import { HIDDEN, lacking, PAGED, refused, seen, startWorld, TIME, type ApiWorld, type Ask } from './api-world';
import { covers } from './coverage';

let world: ApiWorld;
let ask: Ask;
beforeEach(async () => {
  world = await startWorld();
  ask = world.as(world.boss);
});
afterEach(() => world.hub.close());

const names = (body: unknown): string[] => (body as { name: string }[]).map(({ name }) => name);
const fresh = (name: string, more: object = {}) => ({
  kind: 'user', name, admin: false, roles: ['researcher', 'user'], groups: [], server: null, pending: null, created: TIME, last_activity: null, servers: {}, auth_state: null, status: 'active', ...more,
});

describe('GET /user', () => {
  it(covers('GET /user', 200, 'says who asks, with scopes in full'), async () => {
    const [status, body] = await seen(ask('get', '/user'));
    expect([status, body]).toMatchObject([200, { kind: 'user', name: 'boss', admin: true, groups: [], session_id: null, token_id: expect.any(String) }]);
    expect((body as { scopes: string[] }).scopes).toEqual(expect.arrayContaining(['admin:users', 'read:hub', 'shutdown']));
  });
});

describe('GET /users', () => {
  it(covers('GET /users', 200, 'lists whole models'), async () => {
    const [status, body] = await seen(ask('get', '/users'));
    expect([status, names(body)]).toEqual([200, ['boss', 'alice']]);
    expect((body as object[])[1]).toEqual(fresh('alice'));
  });

  it(covers('GET /users', 200, 'pages forward until next is null, and any page can be asked for alone'), async () => {
    for (const name of ['carol', 'dave', 'erin']) makeUser(world.hub, name);
    const seenNames: string[] = [];
    let url: string | undefined = `${world.hub.origin}/hub/api/users?limit=2&sort=name`;
    for (let pages = 0; url !== undefined && pages < 5; pages++) {
      const { body } = await ask('get', url.slice(`${world.hub.origin}/hub/api`.length), undefined, PAGED);
      expect(body._pagination).toMatchObject({ limit: 2, total: 5, offset: pages * 2 });
      seenNames.push(...names(body.items));
      url = body._pagination.next?.url as string | undefined;
    }
    expect(seenNames).toEqual(['alice', 'boss', 'carol', 'dave', 'erin']);
    expect(names((await ask('get', '/users?limit=2&offset=2&sort=-name', undefined, PAGED)).body.items)).toEqual(['carol', 'boss']);
    expect((await ask('get', '/users?offset=50', undefined, PAGED)).body).toEqual({ items: [], _pagination: { offset: 50, limit: 50, total: 5, next: null } });
  });

  it(covers('GET /users', 200, 'filters by state and by name'), async () => {
    await world.as(world.alice)('post', '/users/alice/server');
    for (const [query, expected] of [['state=ready', ['alice']], ['state=active', ['alice']], ['state=inactive', ['boss']], ['name_filter=LIC', ['alice']], ['name_filter=%25', []]] as const) {
      expect([query, names((await ask('get', `/users?${query}`)).body)]).toEqual([query, [...expected]]);
    }
  });

  it(covers('GET /users', 200, 'sorts, with those that were never seen first when ascending'), async () => {
    world.hub.store.users.touch(new Map([[world.boss.id, new Date()]]));
    expect(names((await ask('get', '/users?sort=last_activity')).body)).toEqual(['alice', 'boss']);
    expect(names((await ask('get', '/users?sort=-last_activity')).body)).toEqual(['boss', 'alice']);
    expect(names((await ask('get', '/users?sort=-id')).body)).toEqual(['alice', 'boss']);
  });

  it.each([
    ['state=x', "Unrecognized state filter: 'x'"],
    ['limit=x', 'Invalid argument type, offset and limit must be integers'],
    ['offset=1.5', 'Invalid argument type, offset and limit must be integers'],
    ['sort=password', "Cannot sort by 'password'"],
  ])(covers('GET /users', 400, 'refuses ?%s'), async (query, message) => {
    expect(await seen(ask('get', `/users?${query}`))).toEqual(refused(400, message));
  });

  it(covers('GET /users', 403, 'takes list:users, whose filter narrows the list'), async () => {
    expect(await seen(world.as(world.alice)('get', '/users'))).toEqual([403, lacking('list:users')]);
    expect(await seen(world.as(world.boss, ['list:users!server=alice/'])('get', '/users'))).toEqual([403, lacking('list:users')]);
    expect(await seen(world.as(world.boss, ['list:users!user=alice'])('get', '/users'))).toEqual([200, [{ kind: 'user', name: 'alice', admin: false }]]);
  });

  it('what idle-culler may do shows exactly the fields it reads', async () => {
    await world.as(world.alice)('post', '/users/alice/server');
    const culler = world.as(world.boss, ['list:users', 'read:users:activity', 'read:servers', 'delete:servers']);
    const { body } = await culler('get', '/users?state=ready', undefined, PAGED);
    expect(body.items.map((user: object) => Object.keys(user).sort())).toEqual([['admin', 'kind', 'last_activity', 'name', 'servers']]);
    expect(body.items[0].servers['']).toEqual({
      name: '', display_name: '', full_name: 'alice/', last_activity: TIME, started: TIME, pending: null, ready: true, stopped: false, url: '/user/alice/', user_options: {},
      progress_url: '/hub/api/users/alice/server/progress', full_url: expect.stringMatching(/\/user\/alice\/$/), full_progress_url: expect.stringMatching(/\/progress$/),
    });
    expect((await culler('delete', '/users/alice/server', undefined, PAGED)).status).toBe(204);
  });
});

describe('POST /users', () => {
  it(covers('POST /users', 201, 'makes those that are missing'), async () => {
    const [status, body] = await seen(ask('post', '/users', { usernames: ['Carol', 'alice', 'dave'] }));
    expect([status, body]).toEqual([201, [fresh('carol'), fresh('dave')]]);
  });

  it(covers('POST /users', 409, 'says when all exist'), async () => {
    expect(await seen(ask('post', '/users', { usernames: ['alice', 'boss'] }))).toEqual(refused(409, 'All 2 users already exist'));
  });

  it(covers('POST /users', 400, 'makes nobody when one name is invalid'), async () => {
    expect(await seen(ask('post', '/users', { usernames: ['ok', 'a/b'] }))).toEqual(refused(400, 'Invalid username: a/b'));
    expect(await seen(ask('post', '/users', { usernames: ['a/b', ' c'] }))).toEqual(refused(400, 'Invalid usernames: a/b,  c'));
    expect(await seen(ask('post', '/users', { users: ['ok'] }))).toEqual(refused(400, 'Invalid JSON keys: users'));
    for (const body of ['{"usernames":[]}', '{}', '', '[]']) expect((await ask('post', '/users', body)).status).toBe(400);
    expect(world.named('ok')).toBeUndefined();
  });
});

describe('/users/{name}', () => {
  it(covers('GET /users/{name}', 200, 'shows one, whatever scope lets one see it'), async () => {
    expect(await seen(ask('get', '/users/alice'))).toEqual([200, fresh('alice')]);
    expect(await seen(world.as(world.boss, ['read:servers!user=alice'])('get', '/users/alice'))).toEqual([200, { kind: 'user', name: 'alice', admin: false, servers: {} }]);
  });

  it(covers('GET /users/{name}', 404, 'D06: what may not be seen looks like what is not there'), async () => {
    for (const name of ['boss', 'nobody']) expect(await seen(world.as(world.alice)('get', `/users/${name}`))).toEqual([404, HIDDEN]);
  });

  it(covers('POST /users/{name}', 201, 'makes one, with its password in the answer'), async () => {
    expect(await seen(ask('post', '/users/Carol%40x.org'))).toEqual([201, fresh('carol@x.org', { password: expect.any(String) })]);
    expect((await ask('get', '/users/carol%40x.org')).body.name).toBe('carol@x.org');
  });

  it(covers('POST /users/{name}', 409, 'refuses one that exists'), async () => {
    expect(await seen(ask('post', '/users/alice'))).toEqual(refused(409, 'User alice already exists'));
  });

  it(covers('POST /users/{name}', 400, 'refuses a bad name or body'), async () => {
    expect(await seen(ask('post', '/users/a%2Fb'))).toEqual(refused(400, 'Failed to create user: a/b'));
    expect(await seen(ask('post', '/users/carol', { admin: 'yes' }))).toMatchObject([400, { status: 400 }]);
    expect(await seen(ask('post', '/users/carol', { colour: 1 }))).toEqual(refused(400, 'Invalid JSON keys: colour'));
    expect(world.named('carol')).toBeUndefined();
  });

  it(covers('DELETE /users/{name}', 204, 'stops the servers and removes the account'), async () => {
    await world.as(world.alice)('post', '/users/alice/server');
    expect(await seen(ask('delete', '/users/alice'))).toEqual([204, '']);
    expect(world.named('alice')).toBeUndefined();
    expect(world.hub.hub.routes.list()).toEqual([]);
    expect(await seen(ask('delete', '/users/alice'))).toEqual([404, HIDDEN]);
  });

  it(covers('DELETE /users/{name}', 400, 'deletes nobody who asks for it'), async () => {
    expect(await seen(ask('delete', '/users/boss'))).toEqual(refused(400, 'Cannot delete yourself!'));
    expect(world.named('boss')).toBeDefined();
  });
});

describe('PATCH /users/{name}', () => {
  it(covers('PATCH /users/{name}', 200, 'makes and unmakes an administrator, with the role'), async () => {
    expect(await seen(ask('patch', '/users/alice', { admin: true }))).toEqual([200, fresh('alice', { admin: true, roles: ['admin', 'researcher', 'user'] })]);
    expect(await seen(ask('patch', '/users/alice', { admin: false }))).toEqual([200, fresh('alice')]);
    expect(await seen(ask('patch', '/users/alice', { auth_state: null }))).toEqual([200, fresh('alice')]);
  });

  it(covers('PATCH /users/{name}', 200, 'R09: a new name moves nothing: id, tokens, groups and server records stay'), async () => {
    const own = world.as(world.alice);
    await own('post', '/users/alice/server');
    await own('delete', '/users/alice/server');
    const before = world.hub.store.servers.listOf(world.alice.id).map(({ id }) => id);
    await ask('post', '/groups/lab', { users: ['alice'] });
    expect(await seen(ask('patch', '/users/alice', { name: 'Alice2' }))).toEqual([200, fresh('alice2', { groups: ['lab'], last_activity: TIME })]);
    expect((await own('get', '/user')).body).toMatchObject({ name: 'alice2', scopes: expect.arrayContaining(['access:servers!user=alice2']) });
    expect(await seen(own('get', '/users/alice'))).toEqual([404, HIDDEN]);
    expect((await own('post', '/users/alice2/server')).status).toBe(201);
    expect(world.hub.store.servers.listOf(world.alice.id).map(({ id }) => id)).toEqual(before);
    expect(world.hub.spawner.started.map(({ owner }) => owner.id)).toEqual([world.alice.id, world.alice.id]);
    expect(world.hub.hub.routes.list().map(({ prefix }) => prefix)).toEqual(['/user/alice2/']);
    expect(world.hub.store.audit.list({ offset: 0, limit: 20 }).find(({ action }) => action === 'user.rename')).toMatchObject({ target: 'user:alice', detail: { to: 'alice2' } });
  });

  it('R09: whoever gets the old name inherits nothing, and the cookie of the renamed user still works', async () => {
    const { sessions } = world.hub.hub.services;
    const { cookie } = sessions.start(world.alice, { address: '', userAgent: '' });
    await ask('patch', '/users/alice', { name: 'alice2' });
    await ask('post', '/users/alice');
    expect(world.named('alice')?.id).not.toBe(world.alice.id);
    expect(sessions.resolve(cookie)?.user.name).toBe('alice2');
    expect((await ask('get', '/users/alice/tokens')).body.api_tokens).toEqual([]);
  });

  it.each([['boss', 'User boss already exists, username must be unique'], ['BOSS', 'User boss already exists, username must be unique'], ['hub', 'This name is reserved. Choose another one.'], ['__proto__', 'This name is reserved. Choose another one.']])(covers('PATCH /users/{name}', 409, 'R09: nobody is renamed to %s'), async (name, message) => {
    expect(await seen(ask('patch', '/users/alice', { name }))).toEqual(refused(409, message));
    expect(world.named('alice')?.id).toBe(world.alice.id);
  });

  it(covers('PATCH /users/{name}', 409, 'R09: nobody is renamed while a server of theirs runs, and its route stays'), async () => {
    await world.as(world.alice)('post', '/users/alice/server');
    expect(await seen(ask('patch', '/users/alice', { name: 'alice2', admin: true }))).toEqual(refused(409, 'Stop the servers of alice first: their addresses hold the name.'));
    expect(world.named('alice')?.admin).toBe(false);
    expect(world.hub.hub.routes.list().map(({ prefix }) => prefix)).toEqual(['/user/alice/']);
  });

  it(covers('PATCH /users/{name}', 400, 'refuses bad names, keys and types, and changes nothing'), async () => {
    for (const body of [{ name: 'a/b' }, { name: '' }, { name: 1 }, { admin: 'yes' }, { auth_state: { a: 1 } }]) expect((await ask('patch', '/users/alice', body)).status).toBe(400);
    expect(await seen(ask('patch', '/users/alice', { admin: true, colour: 1 }))).toEqual(refused(400, 'Invalid JSON keys: colour'));
    expect(world.named('alice')?.admin).toBe(false);
  });

  it(covers('PATCH /users/{name}', 403, 'D04: scopes alone rename no administrator and make none'), async () => {
    world.hub.store.roles.put({ name: 'helpdesk', description: '', scopes: ['admin:users'] });
    world.hub.store.roles.grant('helpdesk', world.alice.id);
    expect((await world.as(world.alice)('patch', '/users/boss', { name: 'x' })).status).toBe(403);
    expect((await world.as(world.alice)('patch', '/users/alice', { admin: true })).status).toBe(403);
  });

  it(covers('PATCH /users/{name}', 404, 'knows nobody of that name'), async () => {
    expect(await seen(ask('patch', '/users/nobody', { name: 'x' }))).toEqual([404, HIDDEN]);
  });
});

describe('POST /users/{name}/activity', () => {
  const at = (ms: number): string => new Date(Date.now() + ms).toISOString();
  const lastOf = () => world.hub.hub.services.activity.lastOf(world.hub.store.servers.listOf(world.alice.id)[0]?.id as never);

  it(covers('POST /users/{name}/activity', 200, 'takes the activity of user and servers, and answers nothing'), async () => {
    const own = world.as(world.alice);
    await own('post', '/users/alice/server');
    expect(await seen(own('post', '/users/alice/activity', { last_activity: at(0), servers: { '': { last_activity: at(0) } } }))).toEqual([200, '']);
    expect(lastOf()).toBeInstanceOf(Date);
  });

  it.each([
    ['[]', 'body must be a json dict'],
    ['', 'body must be a json dict'],
    ['{}', 'body must contain at least one of `last_activity` or `servers`'],
    ['{"last_activity":"garbage"}', "Not a valid timestamp: 'garbage'"],
    ['{"servers":{"x":{"last_activity":"2026-01-01"}}}', "No such server 'x' for user alice"],
    ['{"servers":[]}', 'servers must be a dict of server names'],
    ['{"last_activity":"2999-01-01T00:00:00Z"}', 'Rejecting activity from more than an hour in the future: 2999-01-01T00:00:00.000Z'],
  ])(covers('POST /users/{name}/activity', 400, 'refuses %s'), async (body, message) => {
    expect(await seen(world.as(world.alice)('post', '/users/alice/activity', body))).toEqual(refused(400, message));
  });

  it('D20: half an hour ahead is cut to now', async () => {
    const own = world.as(world.alice);
    await own('post', '/users/alice/server');
    expect((await own('post', '/users/alice/activity', { servers: { '': { last_activity: at(30 * 60_000) } } })).status).toBe(200);
    expect(lastOf()?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it(covers('POST /users/{name}/activity', 404, 'knows nobody else'), async () => {
    for (const name of ['boss', 'nobody']) expect(await seen(world.as(world.alice)('post', `/users/${name}/activity`, { last_activity: at(0) }))).toEqual([404, HIDDEN]);
  });
});
