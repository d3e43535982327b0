import { HubError } from '../../hub/domain/errors';
import { systemClock } from '../../hub/domain/runtime';
import { createFakeSpawner } from '../../spawner/fake';
import { lacking, HIDDEN, refused, seen, startWorld, TIME, type ApiWorld, type Ask } from './api-world';
import { covers } from './coverage';
import type { TestHubOptions } from '../support/start-hub';
import { makeToken, makeUser } from '../support/factories';

let world: ApiWorld;
let own: Ask;
const begin = async (options: TestHubOptions = {}): Promise<void> => {
  world = await startWorld({ ...options, settings: { server: { named: true, namedLimit: 2, cap: 0 }, ...options.settings } });
  own = world.as(world.alice);
};
const PROFILES = { profiles: [{ slug: 'small', title: 'Small' }, { slug: 'large', title: 'Large' }] };
const NEVER = { behaviour: { kind: 'never', at: 'start' }, overrides: { slowMs: 50 } } as const;
afterEach(() => world.hub.close());

const model = (name: string, more: object = {}) => {
  const path = name === '' ? 'server' : `servers/${name}`;
  const url = name === '' ? '/user/alice/' : `/user/alice/${name}/`;
  return {
    name, display_name: '', full_name: `alice/${name}`, last_activity: null, started: null, pending: null, ready: false, stopped: true, url, user_options: null,
    progress_url: `/hub/api/users/alice/${path}/progress`, full_url: expect.stringMatching(new RegExp(`^http://.*${url}$`)), full_progress_url: expect.stringMatching(/^http:.*\/progress$/), ...more,
  };
};
const ready = (name: string, more: object = {}) => model(name, { last_activity: TIME, started: TIME, ready: true, stopped: false, user_options: {}, ...more });
const servers = async (query = ''): Promise<unknown> => (await own('get', `/users/alice${query}`)).body.servers;
const EACH = [['/users/alice/server', '', 'server'], ['/users/alice/servers/one', 'one', 'servers/{server_name}'], ['/users/alice/servers/', '', 'server']] as const;

describe.each(EACH)('%s', (path, name, pattern) => {
  const op = (method: string): string => `${method} /users/{name}/${pattern}`;
  const label = name === '' ? 'alice' : 'alice:one';

  it(covers(op('POST'), 201, 'starts it, waits until it is ready and answers nothing'), async () => {
    await begin();
    expect(await seen(own('post', path))).toEqual([201, '']);
    expect(await servers()).toEqual({ [name]: ready(name) });
    expect(await seen(own('post', path))).toEqual(refused(400, `${label} is already running`));
  });

  it(covers(op('POST'), 202, 'answers before it is ready, also to whoever asks again'), async () => {
    await begin(NEVER);
    expect(await seen(own('post', path, {}))).toEqual([202, '']);
    expect(await seen(own('post', path))).toEqual([202, '']);
    expect(await servers()).toEqual({ [name]: ready(name, { ready: false, pending: 'spawn' }) });
    expect(world.hub.spawner.started.length).toBeLessThanOrEqual(1);
  });

  it(covers(op('POST'), 500, 'says that it failed'), async () => {
    await begin({ behaviour: { kind: 'bad', how: 'reject', message: 'no room' } });
    const res = await own('post', path);
    expect([res.status, res.body]).toEqual([500, { status: 500, message: expect.any(String) }]);
    expect(await servers()).toEqual({});
  });

  it(`O01: ${covers(op('POST'), 503, 'tells an engine that does not answer from a server that is broken')}`, async () => {
    const engine = { ...createFakeSpawner({ clock: systemClock }), start: () => Promise.reject(new HubError('unavailable', 'Docker did not answer in time.')) };
    await begin({ overrides: { spawner: engine } });
    const res = await own('post', path);
    expect([res.status, res.body, res.headers['retry-after']]).toEqual([503, { status: 503, message: 'Docker did not answer in time.' }, '10']);
    expect(await servers()).toEqual({});
  });

  it(covers(op('POST'), 400, 'takes a profile and nothing else'), async () => {
    await begin();
    for (const body of ['[]', '1', '"x"', { profile: 'nonsense' }, { profile: 1 }, { image: 'evil' }, { display_name: 1 }, { user_options: 1 }, { display_name: 'x', extra: 1 }, { display_name: ' x' }]) {
      expect([body, (await own('post', path, body)).status]).toEqual([body, 400]);
    }
    expect(world.hub.spawner.started).toEqual([]);
  });

  it(covers(op('DELETE'), 204, 'stops it, with no body and no length, and again when it is stopped'), async () => {
    await begin();
    await own('post', path);
    expect(await seen(own('delete', path))).toEqual([204, '']);
    expect(await seen(own('delete', path))).toEqual([204, '']);
    expect(await servers()).toEqual({});
    expect(await servers('?include_stopped_servers')).toEqual({ [name]: model(name, { last_activity: TIME, user_options: null }) });
  });

  it(covers(op('DELETE'), 202, 'answers while it still stops, also on repeat'), async () => {
    await begin({ behaviour: { kind: 'stuck' }, overrides: { slowMs: 50 } });
    await own('post', path);
    expect(await seen(own('delete', path))).toEqual([202, '']);
    expect(await seen(own('delete', path))).toEqual([202, '']);
    expect(await seen(own('post', path))).toEqual(refused(400, `${label} is pending stop`));
    expect(await servers()).toMatchObject({ [name]: { pending: 'stop', ready: false } });
  });

  it(covers(op('DELETE'), 204, 'cancels a start'), async () => {
    await begin(NEVER);
    await own('post', path);
    expect(await seen(own('delete', path))).toEqual([204, '']);
    expect(await servers()).toEqual({});
  });

  it('whoever may not start or stop is refused, and learns of nobody', async () => {
    await begin();
    for (const other of ['boss', 'nobody']) expect(await seen(own('post', path.replace('alice', other)))).toEqual([404, HIDDEN]);
    const reader = world.as(world.alice, ['read:servers!user']);
    expect((await reader('post', path)).status).toBe(403);
    expect(await seen(reader('delete', path))).toEqual([403, lacking('delete:servers')]);
    expect(await seen(world.as(world.boss)('post', path.replace('alice', 'nobody')))).toEqual([404, HIDDEN]);
  });
});

describe('one server (6.0)', () => {
  it(covers('GET /users/{name}/servers/{server_name}', 200, 'shows it, running or not'), async () => {
    await begin();
    await own('put', '/users/alice/servers/one');
    expect(await seen(own('get', '/users/alice/servers/one'))).toEqual([200, model('one')]);
    await own('post', '/users/alice/servers/one');
    expect(await seen(own('get', '/users/alice/servers/one'))).toEqual([200, ready('one')]);
    expect(await seen(own('get', '/users/alice/server'))).toEqual([200, model('')]);
    expect((await world.as(world.boss)('get', '/users/alice/servers/one')).body.state).toEqual({ object_id: expect.any(String) });
  });

  it(covers('GET /users/{name}/servers/{server_name}', 404, 'knows no other'), async () => {
    await begin();
    expect(await seen(own('get', '/users/alice/servers/two'))).toEqual(refused(404, "alice has no server named 'two'"));
    expect(await seen(own('get', '/users/boss/servers/two'))).toEqual([404, HIDDEN]);
  });

  it(covers('PUT /users/{name}/servers/{server_name}', 201, 'makes one without starting it'), async () => {
    await begin({ settings: PROFILES });
    expect(await seen(own('put', '/users/alice/servers/one', { display_name: 'Été 2026', user_options: { profile: 'large' } }))).toEqual([201, model('one', { display_name: 'Été 2026', user_options: { profile: 'large' } })]);
    expect(world.hub.spawner.started).toEqual([]);
    expect(await servers('?include_stopped_servers')).toEqual({ one: model('one', { display_name: 'Été 2026', user_options: { profile: 'large' } }) });
    expect(await servers()).toEqual({});
    await own('post', '/users/alice/servers/one');
    expect(world.hub.spawner.started.map(({ profile }) => profile.slug)).toEqual(['large']);
  });

  it(covers('PUT /users/{name}/servers/{server_name}', 409, 'makes none that exists, nor the default one'), async () => {
    await begin();
    await own('put', '/users/alice/servers/one');
    expect(await seen(own('put', '/users/alice/servers/one'))).toEqual(refused(409, "alice already has a server named 'one'"));
    expect(await seen(own('put', '/users/alice/server'))).toEqual(refused(409, "alice already has a server named ''"));
  });

  it(covers('PATCH /users/{name}/servers/{server_name}', 200, 'changes name, display name and options of a stopped one'), async () => {
    await begin({ settings: PROFILES });
    await own('put', '/users/alice/servers/one', { display_name: 'One' });
    const changed = model('two', { display_name: 'Two', user_options: { profile: 'large' } });
    expect(await seen(own('patch', '/users/alice/servers/one', { name: 'two', display_name: 'Two', user_options: { profile: 'large' } }))).toEqual([200, changed]);
    expect(await seen(own('get', '/users/alice/servers/two'))).toEqual([200, changed]);
    expect((await own('get', '/users/alice/servers/one')).status).toBe(404);
    expect(await seen(own('patch', '/users/alice/servers/two', { display_name: '' }))).toEqual([200, { ...changed, display_name: '' }]);
  });

  it.each([
    ['{}', 400], ['[]', 400], ['{"name":"Bad name"}', 400], ['{"name":"lab"}', 400], ['{"name":""}', 400], ['{"display_name":"a  b"}', 400], ['{"colour":1}', 400], ['{"user_options":{"profile":"x"}}', 400], ['{"name":"two"}', 409],
  ])(`PATCH /users/{name}/servers/{server_name}: %s is %d and changes nothing`, async (body, status) => {
    await begin();
    for (const name of ['one', 'two']) await own('put', `/users/alice/servers/${name}`);
    const before = world.hub.store.servers.list();
    const res = await own('patch', '/users/alice/servers/one', body);
    expect([res.status, res.body]).toEqual([status, { status, message: expect.any(String) }]);
    expect(world.hub.store.servers.list()).toEqual(before);
  });

  it('PATCH /users/{name}/servers/{server_name}: a running one is 400, an unknown one 404', async () => {
    await begin();
    await own('post', '/users/alice/servers/one');
    expect(await seen(own('patch', '/users/alice/servers/one', { display_name: 'x' }))).toEqual(refused(400, 'alice:one is running: stop it first'));
    expect(await seen(own('patch', '/users/alice/servers/two', { display_name: 'x' }))).toEqual(refused(404, "alice has no server named 'two'"));
  });

  it('a start names it for people, and start:servers alone is enough', async () => {
    await begin({ settings: PROFILES });
    const starter = world.as(world.alice, ['start:servers!user', 'read:servers!user']);
    expect((await starter('post', '/users/alice/servers/one', { display_name: 'My own', user_options: { profile: 'large' } })).status).toBe(201);
    expect((await own('get', '/users/alice/servers/one')).body).toMatchObject({ display_name: 'My own', user_options: { profile: 'large' } });
  });
});

describe('named servers', () => {
  it('are off unless the configuration says so', async () => {
    await begin({ settings: { server: {} } });
    for (const method of ['get', 'put', 'post', 'patch', 'delete'] as const) expect(await seen(own(method, '/users/alice/servers/one'))).toEqual(refused(400, 'Named servers are not enabled.'));
  });

  it('are limited per user; one that exists is not counted twice, and the default one not at all', async () => {
    await begin();
    for (const name of ['one', 'two']) await own('post', `/users/alice/servers/${name}`);
    const message = 'User alice already has the maximum of 2 named servers.  One must be deleted before a new server can be created';
    for (const method of ['post', 'put'] as const) expect(await seen(own(method, '/users/alice/servers/three'))).toEqual(refused(400, message));
    await own('delete', '/users/alice/servers/one');
    expect((await own('post', '/users/alice/servers/three')).status).toBe(400);
    for (const path of ['servers/one', 'server']) expect((await own('post', `/users/alice/${path}`)).status).toBe(201);
    await own('delete', '/users/alice/servers/two', { remove: true });
    expect((await own('post', '/users/alice/servers/three')).status).toBe(201);
  });

  it(covers('DELETE /users/{name}/servers/{server_name}', 204, 'forgets one that is to be removed, running or not'), async () => {
    await begin();
    await own('post', '/users/alice/servers/one');
    await own('put', '/users/alice/servers/two');
    for (const name of ['one', 'two']) expect(await seen(own('delete', `/users/alice/servers/${name}`, { remove: true }))).toEqual([204, '']);
    expect(await servers('?include_stopped_servers')).toEqual({});
    expect(await seen(own('delete', '/users/alice/servers/one'))).toEqual(refused(404, "alice has no server named 'one'"));
    expect(world.hub.hub.routes.list()).toEqual([]);
  });

  it(covers('DELETE /users/{name}/server', 400, 'keeps the default server'), async () => {
    await begin();
    expect(await seen(own('delete', '/users/alice/server', { remove: true }))).toEqual(refused(400, 'Cannot delete the default server'));
    expect((await own('delete', '/users/alice/server', { remove: 'yes' })).status).toBe(400);
  });

  it.each([['Bad%20name', "Invalid server_name: 'Bad name'"], ['a%2Fb', "Invalid server_name (may not contain '/'): a/b"], ['a--b', "Invalid server_name: 'a--b'"], ['lab', "Invalid server_name: 'lab' is a path of Jupyter itself"]])('G04: none is called %s', async (name, message) => {
    await begin();
    for (const method of ['post', 'put'] as const) expect(await seen(own(method, `/users/alice/servers/${name}`))).toEqual(refused(400, message));
    expect(world.hub.store.servers.list()).toEqual([]);
  });

  it('each has a route of its own, and a filter on one reaches no other', async () => {
    await begin();
    for (const path of ['server', 'servers/one']) await own('post', `/users/alice/${path}`);
    expect(world.hub.hub.routes.list().map(({ prefix }) => prefix).sort()).toEqual(['/user/alice/', '/user/alice/one/']);
    const filtered = world.as(world.boss, ['read:servers!server=alice/one', 'delete:servers!server=alice/one']);
    expect(await seen(filtered('get', '/users/alice'))).toEqual([404, HIDDEN]);
    expect((await filtered('get', '/users/alice/servers/one')).body).toEqual(ready('one'));
    expect(await seen(filtered('delete', '/users/alice/server'))).toEqual([404, HIDDEN]);
    expect((await filtered('delete', '/users/alice/servers/one')).status).toBe(204);
  });
});

describe('GET …/progress', () => {
  const events = async (path: string): Promise<readonly unknown[]> => {
    const res = await fetch(`${world.hub.origin}/hub/api${path}`, { headers: { Authorization: `token ${makeToken(world.hub, world.alice)}` } });
    const text = await res.text();
    expect([res.status, res.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    return text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)) as unknown);
  };

  it(covers('GET /users/{name}/server/progress', 200, 'of a ready server is one event, and then the end'), async () => {
    await begin();
    await own('post', '/users/alice/servers/one');
    expect(await events('/users/alice/servers/one/progress')).toEqual([
      { progress: 100, ready: true, message: 'Server ready at /user/alice/one/', html_message: 'Server ready at <a href="/user/alice/one/">/user/alice/one/</a>', url: '/user/alice/one/' },
    ]);
  });

  it(covers('GET /users/{name}/server/progress', 404, 'of what was never started; idle is 400'), async () => {
    await begin();
    await own('put', '/users/alice/servers/one');
    for (const path of ['server', 'servers/one', 'servers/two']) expect((await own('get', `/users/alice/${path}/progress`)).status).toBe(404);
    await own('post', '/users/alice/server');
    await own('delete', '/users/alice/server');
    expect((await own('get', '/users/alice/server/progress')).status).toBe(400);
    makeUser(world.hub, 'carol');
    expect(await seen(own('get', '/users/carol/server/progress'))).toEqual([404, HIDDEN]);
  });
});
