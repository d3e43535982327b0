import { makeToken, makeUser } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { HIDDEN, lacking, PAGED, refused, seen, startWorld, TIME, type ApiWorld, type Ask } from './api-world';
import { covers } from './coverage';

let world: ApiWorld;
let ask: Ask;
const begin = async (settings: Readonly<Record<string, unknown>> = {}): Promise<void> => {
  world = await startWorld({ settings });
  ask = world.as(world.boss);
};
afterEach(() => world.hub.close());

const stranger = (path: string) => createBrowser(world.hub).raw('get', `hub/api${path}`);

describe('the hub', () => {
  it(covers('GET /', 200, 'says its version to everybody'), async () => {
    await begin();
    for (const path of ['', '/']) expect(await seen(stranger(path))).toEqual([200, { version: '5.2.1' }]);
    for (const path of ['', '/']) expect(await seen(ask('post', path))).toEqual(refused(405, 'Method Not Allowed'));
  });

  it(covers('GET /info', 200, 'says what it is made of, in text throughout'), async () => {
    await begin();
    const text = expect.stringMatching(/.+/) as unknown;
    expect(await seen(ask('get', '/info'))).toEqual([200, { version: '5.2.1', python: text, sys_executable: text, spawner: { class: 'fake', version: text }, authenticator: { class: 'password', version: text } }]);
  });

  it(covers('GET /info', 200, 'names the authenticator that people sign in with'), async () => {
    await begin({ authenticator: 'dummy', dummy: { password: 'hello' } });
    expect((await ask('get', '/info')).body).toMatchObject({ authenticator: { class: 'dummy' } });
  });

  it('D24: GET /info takes a scope', async () => {
    await begin();
    expect(await seen(stranger('/info'))).toEqual(refused(403, 'Missing or invalid credentials.'));
    expect(await seen(world.as(world.alice)('get', '/info'))).toEqual([403, lacking('read:hub')]);
  });

  it.each(['/users', '/groups', '/proxy', '/services', '/users/alice/servers/one', '/users/alice/tokens/x', '/info'])('every other method of %s is 405 with a body of JSON, and OPTIONS is open', async (path) => {
    await begin();
    const wrong = path === '/users/alice/tokens/x' ? 'put' : path === '/users/alice/servers/one' ? undefined : path === '/proxy' ? 'delete' : 'put';
    if (wrong !== undefined) expect(await seen(ask(wrong, path))).toEqual(refused(405, 'Method Not Allowed'));
    const options = await fetch(`${world.hub.origin}/hub/api${path}`, { method: 'OPTIONS' });
    expect([options.status, await options.text()]).toEqual([200, '']);
  });
});

describe('POST /shutdown', () => {
  it(covers('POST /shutdown', 202, 'ends the hub and leaves servers running'), async () => {
    await begin();
    let ended = 0;
    world.hub.hub.onShutdown(() => void (ended += 1));
    await world.as(world.alice)('post', '/users/alice/server');
    expect(await seen(ask('post', '/shutdown', { proxy: true }))).toEqual([202, { message: 'Shutting down Hub' }]);
    expect(await seen(ask('post', '/shutdown'))).toEqual([202, { message: 'Shutting down Hub' }]);
    expect(ended).toBe(1);
    expect(world.hub.store.servers.list().map(({ state }) => state.kind)).toEqual(['ready']);
    expect(world.hub.store.audit.list({ offset: 0, limit: 1 })[0]).toMatchObject({ action: 'hub.shutdown', detail: { servers: false } });
  });

  it(covers('POST /shutdown', 202, 'stops the servers first when asked to'), async () => {
    await begin();
    await world.as(world.alice)('post', '/users/alice/server');
    const states = new Promise<readonly string[]>((resolve) => world.hub.hub.onShutdown(() => resolve(world.hub.store.servers.list().map(({ state }) => state.kind))));
    expect((await ask('post', '/shutdown', { servers: true })).status).toBe(202);
    expect(await states).toEqual(['stopped']);
  });

  it.each([[{ proxy: 'yes' }, 'proxy must be true/false, got "yes"'], [{ servers: 1 }, 'servers must be true/false, got 1']])(covers('POST /shutdown', 400, 'refuses %j, and goes on'), async (body, message) => {
    await begin();
    world.hub.hub.onShutdown(() => { throw new Error('It ended.'); });
    expect(await seen(ask('post', '/shutdown', body))).toEqual(refused(400, message));
  });

  it('is for those with the scope, and asks an administrator’s browser for the password', async () => {
    await begin();
    world.hub.hub.onShutdown(() => { throw new Error('It ended.'); });
    expect(await seen(world.as(world.alice)('post', '/shutdown'))).toEqual([403, lacking('shutdown')]);
    expect((await createBrowser(world.hub).raw('post', 'hub/api/shutdown')).status).toBe(403);
  });
});

describe('/proxy', () => {
  const route = (name: string) => ({ routespec: `/user/${name}/`, target: expect.stringMatching(/^http:\/\//), data: { user: name, server_name: '', last_activity: TIME } });

  it(covers('GET /proxy', 200, 'shows routes as configurable-http-proxy does, and pages an object'), async () => {
    await begin();
    const bob = makeUser(world.hub, 'bob');
    for (const user of [world.alice, bob]) await world.as(user)('post', `/users/${user.name}/server`);
    const hubRoute = { routespec: '/', target: expect.stringMatching(/^http:\/\//), data: { hub: true } };
    expect(await seen(ask('get', '/proxy'))).toEqual([200, { '/': hubRoute, '/user/alice/': route('alice'), '/user/bob/': route('bob') }]);
    const page = (await ask('get', '/proxy?limit=1&offset=1', undefined, PAGED)).body;
    expect(page).toEqual({ items: { '/user/alice/': route('alice') }, _pagination: { offset: 1, limit: 1, total: 3, next: { offset: 2, limit: 1, url: `${world.hub.origin}/hub/api/proxy?limit=1&offset=2` } } });
    expect(JSON.stringify(page)).not.toContain(world.hub.store.servers.list()[0]?.secret);
    expect(await seen(world.as(world.alice)('get', '/proxy'))).toEqual([403, lacking('proxy')]);
  });

  it('routes have the base path', async () => {
    await begin({ basePath: '/jupyter/' });
    await world.as(world.alice)('post', '/users/alice/server');
    expect(Object.keys((await ask('get', '/proxy')).body as object)).toEqual(['/jupyter/', '/jupyter/user/alice/']);
  });

  it(covers('POST /proxy', 200, 'has nothing to bring up to date'), async () => {
    await begin();
    expect(await seen(ask('post', '/proxy'))).toEqual([200, '']);
  });

  it(covers('PATCH /proxy', 200, 'takes what a proxy elsewhere would need, and goes on as before'), async () => {
    await begin();
    expect(await seen(ask('patch', '/proxy', { api_url: 'http://127.0.0.1:1', auth_token: 'x' }))).toEqual([200, '']);
    expect((await ask('get', '/user')).status).toBe(200);
  });

  it(covers('PATCH /proxy', 400, 'takes an object of text only'), async () => {
    await begin();
    for (const body of ['', '[]', '1']) expect(await seen(ask('patch', '/proxy', body))).toEqual(refused(400, 'need JSON body'));
    expect((await ask('patch', '/proxy', { api_url: 1 })).status).toBe(400);
  });
});

describe('/services', () => {
  const SERVICES = { services: [{ name: 'culler', token: 'a-token-of-32-characters-0000000', display: false, info: { a: 1 } }, { name: 'books', url: 'http://127.0.0.1:9', token: 'a-token-of-32-characters-0000001' }] };
  const model = (name: string, more: object = {}) => ({ kind: 'service', name, admin: false, roles: [], url: '', prefix: '', command: [], pid: 0, info: {}, display: true, ...more });

  it(covers('GET /services', 200, 'shows them by name, each with the fields of the scopes'), async () => {
    await begin(SERVICES);
    expect(await seen(ask('get', '/services'))).toEqual([200, { culler: model('culler', { display: false, info: { a: 1 } }), books: model('books', { url: 'http://127.0.0.1:9', prefix: '/services/books/' }) }]);
    expect(await seen(world.as(world.boss, ['list:services!service=books'])('get', '/services'))).toEqual([200, { books: { kind: 'service', name: 'books', admin: false } }]);
    expect(await seen(world.as(world.alice)('get', '/services'))).toEqual([403, lacking('list:services')]);
    expect((await ask('get', '/services')).text).not.toContain('a-token-of');
  });

  it(covers('GET /services/{name}', 200, 'shows one'), async () => {
    await begin(SERVICES);
    expect(await seen(world.as(world.boss, ['read:services'])('get', '/services/culler'))).toEqual([200, { ...model('culler', { display: false, info: { a: 1 } }), roles: undefined }]);
    expect(await seen(world.as(world.boss, ['read:roles:services'])('get', '/services/books'))).toEqual([200, { kind: 'service', name: 'books', admin: false, roles: [] }]);
  });

  it(covers('GET /services/{name}', 404, 'knows no other'), async () => {
    await begin(SERVICES);
    expect(await seen(ask('get', '/services/none'))).toEqual(refused(404, 'No such service: none'));
    for (const name of ['none', 'culler']) expect(await seen(world.as(world.boss, ['read:services!service=books'])('get', `/services/${name}`))).toEqual([404, HIDDEN]);
  });
});

describe('authorizations, as before JupyterHub 2.0', () => {
  const path = '/authorizations';

  it(covers('GET /authorizations/token/{token}', 200, 'says whose a token is to whoever has one'), async () => {
    await begin();
    const res = await ask('get', `${path}/token/${makeToken(world.hub, world.alice, [])}`);
    expect([res.status, res.body]).toMatchObject([200, { kind: 'user', name: 'alice', admin: false, groups: [] }]);
    expect((await stranger(`${path}/token/${makeToken(world.hub, world.alice)}`)).status).toBe(403);
  });

  it(covers('GET /authorizations/token/{token}', 404, 'knows no other, and logs none'), async () => {
    await begin();
    const token = makeToken(world.hub, world.alice);
    await ask('get', `${path}/token/${token}`);
    expect(await seen(ask('get', `${path}/token/nonsense`))).toEqual([404, HIDDEN]);
    expect(JSON.stringify(world.hub.lines)).not.toContain(token);
  });

  it(covers('POST /authorizations/token', 404, 'is gone, as in JupyterHub: tokens are made below their user'), async () => {
    await begin();
    expect(await seen(ask('post', `${path}/token`, { username: 'alice', password: 'x' }))).toEqual([404, HIDDEN]);
  });

  it(covers('POST /authorizations/token', 403, 'is nothing for strangers'), async () => {
    await begin();
    expect(await seen(createBrowser(world.hub).raw('post', `hub/api${path}/token`))).toEqual(refused(403, 'Forbidden'));
  });

  it(covers('GET /authorizations/cookie/{cookie_name}/{cookie_value}', 200, 'says whose a cookie is to a program that has a token'), async () => {
    await begin();
    const cookie = signedInAs(world.hub, world.alice).cookies.get('hub') ?? '';
    expect(await seen(ask('get', `${path}/cookie/hub/${cookie}`))).toMatchObject([200, { kind: 'user', name: 'alice' }]);
    expect((await signedInAs(world.hub, world.alice).raw('get', `hub/api${path}/cookie/hub/${cookie}`)).status).toBe(404);
  });

  it(covers('GET /authorizations/cookie/{cookie_name}/{cookie_value}', 404, 'knows no other'), async () => {
    await begin();
    const cookie = signedInAs(world.hub, world.alice).cookies.get('hub') ?? '';
    for (const rest of ['hub/nonsense', `other/${cookie}`]) expect(await seen(ask('get', `${path}/cookie/${rest}`))).toEqual([404, HIDDEN]);
  });
});
