import { makeUser } from '../support/factories';
import { HIDDEN, lacking, PAGED, refused, seen, startWorld, type ApiWorld, type Ask } from './api-world';
import { covers } from './coverage';

let world: ApiWorld;
let ask: Ask;
beforeEach(async () => {
  world = await startWorld();
  ask = world.as(world.boss);
});
afterEach(() => world.hub.close());

const model = (name: string, more: object = {}) => ({ kind: 'group', name, users: [], properties: {}, roles: [], ...more });

describe('GET /groups', () => {
  it(covers('GET /groups', 200, 'lists them in the order of their making, in an envelope on request'), async () => {
    for (const name of ['zoo', 'ant']) await ask('post', `/groups/${name}`);
    expect(await seen(ask('get', '/groups'))).toEqual([200, [model('zoo'), model('ant')]]);
    const page = await ask('get', '/groups?limit=1', undefined, PAGED);
    expect(page.body).toEqual({ items: [model('zoo')], _pagination: { offset: 0, limit: 1, total: 2, next: { offset: 1, limit: 1, url: `${world.hub.origin}/hub/api/groups?limit=1&offset=1` } } });
    expect((await ask('get', '/groups?limit=1&offset=1', undefined, PAGED)).body._pagination.next).toBeNull();
  });

  it(covers('GET /groups', 200, 'is narrowed to the groups of a filtered scope, and to the fields of the scopes'), async () => {
    for (const name of ['mine', 'theirs']) await ask('post', `/groups/${name}`);
    expect(await seen(world.as(world.boss, ['list:groups!group=mine'])('get', '/groups'))).toEqual([200, [{ kind: 'group', name: 'mine' }]]);
  });

  it(covers('GET /groups', 403, 'takes a scope'), async () => {
    expect(await seen(world.as(world.alice)('get', '/groups'))).toEqual([403, lacking('list:groups')]);
    expect(await seen(world.as(world.boss, ['list:groups!user=alice'])('get', '/groups'))).toEqual([403, lacking('list:groups')]);
  });
});

describe('POST /groups', () => {
  it(covers('POST /groups', 201, 'makes several at once, with members'), async () => {
    expect(await seen(ask('post', '/groups', { groups: ['a', 'b'], users: ['alice'] }))).toEqual([201, [model('a', { users: ['alice'] }), model('b', { users: ['alice'] })]]);
    expect(world.hub.store.audit.list({ offset: 0, limit: 2 }).map(({ action, target }) => [action, target])).toEqual([['group.create', 'group:b'], ['group.create', 'group:a']]);
  });

  it(covers('POST /groups', 409, 'makes none when one exists'), async () => {
    await ask('post', '/groups/b');
    expect(await seen(ask('post', '/groups', { groups: ['a', 'b'] }))).toEqual(refused(409, 'Group b already exists'));
    expect((await ask('get', '/groups')).body).toHaveLength(1);
  });

  it(covers('POST /groups', 400, 'refuses unknown users, no names, bad names and other keys, and makes nothing'), async () => {
    expect(await seen(ask('post', '/groups', { groups: ['a'], users: ['nobody'] }))).toEqual(refused(400, 'No such user: nobody'));
    expect(await seen(ask('post', '/groups', {}))).toEqual(refused(400, 'Must specify at least one group to create'));
    expect(await seen(ask('post', '/groups', { groups: ['a'], colour: 1 }))).toEqual(refused(400, 'Invalid JSON keys: colour'));
    for (const groups of ['a', [1], [' a'], ['']]) expect((await ask('post', '/groups', { groups })).status).toBe(400);
    expect((await ask('get', '/groups')).body).toEqual([]);
  });

  it('D05: a filtered scope creates no group', async () => {
    const filtered = world.as(world.boss, ['admin:groups!group=x']);
    expect(await seen(filtered('post', '/groups', { groups: ['x'] }))).toEqual([403, lacking('admin:groups')]);
    expect(await seen(filtered('post', '/groups/x'))).toEqual([403, lacking('admin:groups')]);
    expect((await ask('get', '/groups')).body).toEqual([]);
  });
});

describe('/groups/{name}', () => {
  it(covers('GET /groups/{name}', 200, 'shows the fields of the scopes'), async () => {
    await ask('post', '/groups/lab', { users: ['alice'] });
    expect(await seen(ask('get', '/groups/lab'))).toEqual([200, model('lab', { users: ['alice'] })]);
    expect(await seen(world.as(world.boss, ['read:groups:name'])('get', '/groups/lab'))).toEqual([200, { kind: 'group', name: 'lab' }]);
    expect(await seen(world.as(world.boss, ['read:roles:groups'])('get', '/groups/lab'))).toEqual([200, { kind: 'group', name: 'lab', roles: [] }]);
  });

  it(covers('GET /groups/{name}', 404, 'names the group to those who may see all, and hides it from others'), async () => {
    await ask('post', '/groups/other');
    expect(await seen(ask('get', '/groups/none'))).toEqual(refused(404, 'No such group: none'));
    for (const name of ['none', 'other']) expect(await seen(world.as(world.boss, ['read:groups!group=lab'])('get', `/groups/${name}`))).toEqual([404, HIDDEN]);
  });

  it(covers('POST /groups/{name}', 201, 'makes one, with or without members'), async () => {
    expect(await seen(ask('post', '/groups/lab'))).toEqual([201, model('lab')]);
    expect(await seen(ask('post', '/groups/two', { users: ['alice', 'boss'] }))).toEqual([201, model('two', { users: ['boss', 'alice'] })]);
  });

  it(covers('POST /groups/{name}', 409, 'refuses one that exists'), async () => {
    await ask('post', '/groups/lab');
    expect(await seen(ask('post', '/groups/lab'))).toEqual(refused(409, 'Group lab already exists'));
  });

  it(covers('DELETE /groups/{name}', 204, 'removes the group and leaves its members alone'), async () => {
    await ask('post', '/groups/lab', { users: ['alice'] });
    expect(await seen(ask('delete', '/groups/lab'))).toEqual([204, '']);
    expect(await seen(ask('delete', '/groups/lab'))).toEqual(refused(404, 'No such group: lab'));
    expect((await ask('get', '/users/alice')).body.groups).toEqual([]);
  });
});

describe('members', () => {
  it(covers('POST /groups/{name}/users', 200, 'adds members, whose scopes over the group hold at once'), async () => {
    await ask('post', '/groups/lab');
    world.hub.store.roles.put({ name: 'lab-reader', description: '', scopes: ['read:users!group=lab'] });
    const carol = makeUser(world.hub, 'carol');
    world.hub.store.roles.grant('lab-reader', carol.id);
    const asCarol = world.as(carol);
    expect((await asCarol('get', '/users/alice')).status).toBe(404);
    expect(await seen(ask('post', '/groups/lab/users', { users: ['alice'] }))).toEqual([200, model('lab', { users: ['alice'] })]);
    expect((await asCarol('get', '/users/alice')).status).toBe(200);
    expect(await seen(ask('delete', '/groups/lab/users', { users: ['alice'] }))).toEqual([200, model('lab')]);
    expect((await asCarol('get', '/users/alice')).status).toBe(404);
  });

  it(covers('DELETE /groups/{name}/users', 200, 'removes members, with a body, also those who are none'), async () => {
    await ask('post', '/groups/lab', { users: ['alice'] });
    expect(await seen(ask('delete', '/groups/lab/users', { users: ['alice', 'boss'] }))).toEqual([200, model('lab')]);
  });

  it.each([['post', 'add'], ['delete', 'delete']] as const)('%s: bad bodies are 400 and change nothing', async (method, wish) => {
    await ask('post', '/groups/lab', { users: ['boss'] });
    expect(await seen(ask(method, '/groups/lab/users', {}))).toEqual(refused(400, `Must specify users to ${wish}`));
    expect(await seen(ask(method, '/groups/lab/users', { users: ['alice', 'nobody'] }))).toEqual(refused(400, 'No such user: nobody'));
    expect((await ask(method, '/groups/lab/users', { users: 'alice' })).status).toBe(400);
    expect(await seen(ask(method, '/groups/none/users', { users: [] }))).toEqual(refused(404, 'No such group: none'));
    expect((await ask('get', '/groups/lab')).body.users).toEqual(['boss']);
  });

  it('D04: whoever manages groups fills none that carries a role, and so becomes nothing more', async () => {
    world.hub.store.roles.put({ name: 'group-manager', description: '', scopes: ['admin:groups'] });
    world.hub.store.roles.grant('group-manager', world.alice.id);
    await ask('post', '/groups/chiefs');
    world.hub.store.roles.grantGroup('admin', world.hub.store.groups.byName('chiefs')?.id as never);
    const message = 'Only administrators may change who is in a group that has roles or a policy.';
    expect(await seen(world.as(world.alice)('post', '/groups/chiefs/users', { users: ['alice'] }))).toEqual(refused(403, message));
    expect(await seen(world.as(world.alice)('delete', '/groups/chiefs'))).toEqual(refused(403, message));
    expect((await world.as(world.alice)('get', '/users')).status).toBe(403);
    expect((await world.as(world.alice)('post', '/groups/friends', { users: ['alice'] })).status).toBe(201);
  });
});

describe('properties', () => {
  it(covers('PUT /groups/{name}/properties', 200, 'replaces all of them'), async () => {
    await ask('post', '/groups/lab');
    expect(await seen(ask('put', '/groups/lab/properties', { cpu: 8, image: { tag: 'x' } }))).toEqual([200, model('lab', { properties: { cpu: 8, image: { tag: 'x' } } })]);
    expect(await seen(ask('put', '/groups/lab/properties', {}))).toEqual([200, model('lab')]);
  });

  it(covers('PUT /groups/{name}/properties', 400, 'takes an object only'), async () => {
    await ask('post', '/groups/lab');
    for (const body of ['[]', '1', '"x"', 'null', '']) expect(await seen(ask('put', '/groups/lab/properties', body))).toEqual(refused(400, 'properties must be a json dict'));
    expect(await seen(ask('put', '/groups/lab/properties', '{'))).toEqual(refused(400, 'Invalid JSON in body of request'));
  });

  it('properties open nothing: no server reaches the internet by them', async () => {
    await ask('post', '/groups/lab', { users: ['alice'] });
    await ask('put', '/groups/lab/properties', { outbound: 'open', declared: true });
    expect((await world.as(world.alice)('post', '/users/alice/server')).status).toBe(201);
    expect(world.hub.spawner.started.map(({ outbound }) => outbound)).toEqual(['none']);
  });
});
