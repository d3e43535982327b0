import operations from '../cases/jupyterhub-operations.json';
import { makeToken } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { PAGED, refused, seen, startWorld, type ApiWorld, type Ask } from './api-world';
import { covers } from './coverage';

let world: ApiWorld;
let ask: Ask;
let bossToken: string;
let ended = 0;
beforeAll(async () => {
  world = await startWorld({ settings: { server: { named: true, cap: 0 }, services: [{ name: 'board', token: 'a-token-of-32-characters-0000000' }] } });
  world.hub.hub.onShutdown(() => void (ended += 1));
  ask = world.as(world.boss);
  bossToken = makeToken(world.hub, world.boss);
  await ask('post', '/groups/lab', { users: ['alice'] });
  await ask('put', '/groups/lab/properties', { kept: true });
  await world.as(world.alice)('put', '/users/alice/servers/one', { display_name: 'One' });
});
afterAll(() => world.hub.close());

/** What people, tokens, groups, servers, services and shares are; that something was refused may be written down. */
const everything = (): string => {
  const { users, groups, servers, tokens, services, roles } = world.hub.store;
  const people = users.list({ offset: 0, limit: 1000 }).users;
  const still = <T extends { readonly lastActivity?: unknown }>({ lastActivity: _moves, ...rest }: T): unknown => rest;
  return JSON.stringify([
    people.map((user) => [still(user), roles.ofUser(user.id).map(({ name }) => name), tokens.listOf(user.id).map(({ id }) => id)]), servers.list().map(still), services.list(), ended, world.hub.spawner.started.length,
    groups.list({ offset: 0, limit: 1000 }).groups.map((group) => [group, groups.membersOf(group.id)]), world.hub.store.audit.list({ offset: 0, limit: 1000 }).filter(({ result }) => result === 'ok').length,
  ]);
};
const unchanged = async (work: () => Promise<void>): Promise<void> => {
  const before = everything();
  await work();
  expect(everything()).toBe(before);
};

type Method = Parameters<Ask>[0];
const FILLED: Readonly<Record<string, string>> = { server_name: 'one', owner: 'alice', token_id: 'x', token: 'x', cookie_name: 'hub', cookie_value: 'x' };
const fill = (operation: string): readonly [Method, string] => {
  const [method = '', path = ''] = operation.split(' ');
  const name = path.startsWith('/groups') ? 'lab' : path.startsWith('/services') ? 'board' : 'alice';
  return [method.toLowerCase() as Method, path.replace(/\{(\w+)\}/g, (_all, key: string) => FILLED[key] ?? name)];
};
/** Those that are no page and no exchange between programs, and need somebody. */
const GUARDED = Object.keys(operations).filter((operation) => !['GET /', 'GET /oauth2/authorize', 'POST /oauth2/token'].includes(operation));
const WRITING = GUARDED.filter((operation) => !operation.startsWith('GET '));

describe('without a credential that is good', () => {
  it.each(GUARDED)('%s 403: is what strangers and wrong tokens get, never 401, and nothing else', async (operation) => {
    const [method, path] = fill(operation);
    const message = path === '/user' || path.startsWith('/authorizations') ? 'Forbidden' : 'Missing or invalid credentials.';
    await unchanged(async () => {
      for (const headers of [{}, { Authorization: 'token nonsense' }, { Authorization: `token ${bossToken} ${bossToken}` }, { Authorization: `Basic ${Buffer.from(`boss:${bossToken}`).toString('base64')}` }] as Record<string, string>[]) {
        expect(await seen(createBrowser(world.hub).raw(method, `hub/api${path}`, headers))).toEqual(refused(403, message));
      }
      expect((await createBrowser(world.hub).raw(method, `hub/api${path}?token=${bossToken}`)).status).toBe(403);
    });
  });

  it('a credential is a token or a Bearer, whichever way that is written, and a cookie is still tried after an unknown one', async () => {
    for (const scheme of ['token', 'Token', 'TOKEN', 'bearer', 'Bearer']) expect((await createBrowser(world.hub).raw('get', 'hub/api/user', { Authorization: `${scheme} ${bossToken}` })).body.name).toBe('boss');
    expect((await signedInAs(world.hub, world.alice).raw('get', 'hub/api/user', { Authorization: 'token nonsense' })).body.name).toBe('alice');
  });
});

describe('with a body that cannot be read', () => {
  const send = (method: string, path: string, body: Buffer): Promise<Response> =>
    fetch(`${world.hub.origin}/hub/api${path}`, { method: method.toUpperCase(), headers: { Authorization: `token ${bossToken}`, 'Content-Type': 'application/json' }, body: new Uint8Array(body) });

  it.each(WRITING)('%s 400: says so, and does nothing', async (operation) => {
    const [method, path] = fill(operation);
    await unchanged(async () => {
      for (const text of ['{', 'nonsense', "{'a': 1}", '{"a":1}{', 'NaN', '{"a":\u0000}']) {
        const res = await send(method, path, Buffer.from(text));
        expect([text, res.status, await res.json()]).toEqual([text, 400, { status: 400, message: 'Invalid JSON in body of request' }]);
      }
      const res = await send(method, path, Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]));
      expect([res.status, Object.keys((await res.json()) as object)]).toEqual([400, ['status', 'message']]);
    });
  });

  it.each(WRITING)('%s 413: is what more than a megabyte gets', async (operation) => {
    const [method, path] = fill(operation);
    await unchanged(async () => {
      const res = await send(method, path, Buffer.from(JSON.stringify({ note: 'x'.repeat(1_100_000) })));
      expect([res.status, Object.keys((await res.json()) as object)]).toEqual([413, ['status', 'message']]);
    });
  });

  it('from a page, only JSON counts: anything else comes from nobody', async () => {
    const browser = signedInAs(world.hub, world.boss);
    const xsrf = await browser.token();
    await unchanged(async () => {
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json', 'application/jsonp']) {
        expect(await seen(browser.raw('post', 'hub/api/users', { Origin: world.hub.origin, 'Sec-Fetch-Site': 'same-origin', 'X-XSRFToken': xsrf, 'Content-Type': type }).send('{"usernames":["x"]}'))).toEqual(refused(403, 'Forbidden'));
      }
    });
    const res = await browser.raw('post', 'hub/api/users', { Origin: world.hub.origin, 'Sec-Fetch-Site': 'same-origin', 'X-XSRFToken': xsrf, 'Content-Type': 'application/json; charset=utf-8' }).send('{"usernames":["from-a-page"]}');
    expect(res.status).toBe(201);
  });

  it('of a program, the type does not matter', async () => {
    for (const [i, type] of ['text/plain', 'application/x-www-form-urlencoded'].entries()) expect((await ask('post', '/users', `{"usernames":["typed-${i}"]}`, { 'Content-Type': type })).status).toBe(201);
  });
});

/** Where a dict is wanted and something else is sent. */
const KINDS = ['[]', '1', '"x"', 'true'];
const BAD: readonly (readonly [operation: string, bodies: readonly string[], message: string | null])[] = [
  ['POST /users', [...KINDS, 'null', '{}', '{"usernames":"x"}', '{"usernames":[1]}', '{"usernames":[null]}', '{"usernames":["ok"],"admin":"yes"}', `{"usernames":["${'x'.repeat(600)}"]}`], null],
  ['POST /users', ['{"usernames":["ok","a\\u0000b"]}'], 'Invalid username: a?b'],
  ['POST /users', ['{"usernames":["ok"],"groups":["lab"],"x":1}'], 'Invalid JSON keys: groups, x'],
  ['POST /users/{name}', [...KINDS, '{"admin":1}', '{"name":1}'], null],
  ['PATCH /users/{name}', [...KINDS, '{"admin":"x"}', '{"name":null}', '{"name":"a\\u0000"}', `{"name":"${'x'.repeat(600)}"}`], null],
  ['PATCH /users/{name}', ['{"admin":true,"roles":["admin"]}'], 'Invalid JSON keys: roles'],
  ['POST /users/{name}/tokens', KINDS, 'Body must be a JSON dict or empty'],
  ['POST /users/{name}/tokens', ['{"scopes":"all"}', '{"scopes":[1]}', '{"roles":1}', '{"note":1}', `{"note":"${'x'.repeat(5000)}"}`, '{"expires_in":-1}', '{"expires_in":1e15}'], null],
  ['POST /users/{name}/tokens', ['{"expires_in":true}'], 'token expires_in must be null or integer, not true'],
  ['POST /users/{name}/activity', [...KINDS, 'null'], 'body must be a json dict'],
  ['POST /users/{name}/activity', ['{"last_activity":"2026-01-01T00:00:00Z","servers":{"one":{"last_activity":"x"}}}'], "Not a valid timestamp: 'x'"],
  ['POST /users/{name}/activity', ['{"servers":{"one":1}}', '{"servers":{"one":{}}}', '{"last_activity":1}', '{"last_activity":{}}', '{"servers":"one"}'], null],
  ['POST /users/{name}/server', [...KINDS, '{"user_options":1}', '{"display_name":1}', '{"image":"evil"}', '{"profile":1}'], null],
  ['POST /users/{name}/servers/{server_name}', [...KINDS, '{"display_name":"a\\u0000b"}', '{"display_name":" x"}', `{"display_name":"${'x'.repeat(300)}"}`], null],
  ['PUT /users/{name}/servers/{server_name}', ['{"x":1}', '{"display_name":1}'], null],
  ['PATCH /users/{name}/servers/{server_name}', [...KINDS, '{}', '{"x":1}', '{"name":"a b"}', '{"name":"A"}', '{"name":"a\\u0000"}'], null],
  ['DELETE /users/{name}/servers/{server_name}', [...KINDS, '{"remove":"yes"}', '{"remove":1}'], null],
  ['POST /groups/{name}', [...KINDS, '{"users":"alice"}', '{"x":1}'], null],
  ['POST /groups/{name}/users', [...KINDS, '{}'], 'Must specify users to add'],
  ['POST /groups/{name}/users', ['{"users":["boss","nobody"]}'], 'No such user: nobody'],
  ['POST /groups/{name}/users', ['{"users":"boss"}', '{"users":[1]}', '{"users":{"boss":1}}'], null],
  ['DELETE /groups/{name}/users', [...KINDS, '{}'], 'Must specify users to delete'],
  ['PUT /groups/{name}/properties', [...KINDS, 'null', ''], 'properties must be a json dict'],
  ['PATCH /proxy', [...KINDS, 'null', ''], 'need JSON body'],
  ['POST /shutdown', ['{"servers":"yes"}'], 'servers must be true/false, got "yes"'],
  ['POST /shutdown', ['{"proxy":null}', '{"proxy":1}', '{"servers":[]}'], null],
  ['POST /shares/{owner}/{server_name}', [...KINDS, '{}', '{"user":"boss","group":"lab"}', '{"user":1}', '{"user":"boss","scopes":"x"}', '{"user":"boss","x":1}'], null],
  ['PATCH /shares/{owner}/{server_name}', [...KINDS, '{}', '{"user":"boss","group":"lab"}', '{"user":"boss","x":1}'], null],
  ['POST /share-codes/{owner}/{server_name}', [...KINDS, '{"expires_in":59}', '{"expires_in":"1h"}', '{"expires_in":31536001}', '{"scopes":1}'], null],
];

describe('with a body that means nothing', () => {
  const ROWS = BAD.map(([operation, bodies, message]) => [operation, `${bodies.length === 1 ? '' : `${bodies.length} such as `}${bodies.at(-1)?.slice(0, 60)}`, bodies, message] as const);
  it.each(ROWS)('%s 400: refuses %s, and nothing changes', async (operation, _shown, bodies, message) => {
    const [method, path] = fill(operation);
    await unchanged(async () => {
      for (const body of bodies) {
        const res = await ask(method, path, body);
        expect([body.slice(0, 80), res.status, res.body]).toEqual([body.slice(0, 80), 400, { status: 400, message: message ?? expect.stringMatching(/.+/) as unknown }]);
      }
    });
  });

  it(covers('POST /users/{name}/tokens', 403, 'is for those who may, and says the same of everybody else'), async () => {
    for (const name of ['boss', 'nobody']) expect(await seen(world.as(world.alice)('post', `/users/${name}/tokens`))).toEqual(refused(403, `User ${name} not found or no permissions to generate tokens`));
  });

  it(covers('POST /users', 403, 'makes no administrator for whoever is none, and nobody at all'), async () => {
    world.hub.store.roles.put({ name: 'registrar', description: '', scopes: ['admin:users'] });
    world.hub.store.roles.grant('registrar', world.alice.id);
    world.hub.hub.services.actors.forget();
    const registrar = world.as(world.alice);
    await unchanged(async () => {
      for (const [path, body] of [['/users', { usernames: ['x1'], admin: true }], ['/users/x1', { admin: true }]] as const) expect((await registrar('post', path, body)).status).toBe(403);
    });
    world.hub.store.roles.revoke('registrar', world.alice.id);
    world.hub.hub.services.actors.forget();
  });

  it(covers('POST /users/{name}/admin-access', 403, 'is what JupyterHub answers too, unless it is configured otherwise'), async () => {
    expect(await seen(ask('post', '/users/alice/admin-access'))).toEqual(refused(403, 'admin access to user servers disabled'));
  });
});

describe('with a query that means nothing', () => {
  const LISTS = ['/users', '/groups', '/proxy', '/shares/alice', '/shares/alice/one', '/share-codes/alice', '/users/alice/shared', '/groups/lab/shared'];
  it.each(LISTS)('GET %s takes whole numbers only, turns them positive, and gives at most 200', async (path) => {
    for (const query of ['limit=x', 'limit=', 'limit=1.5', 'limit=1e3', 'offset=%00', 'offset=0x10', 'offset=%D9%A3', 'limit=NaN', 'limit=true']) {
      expect([query, ...(await seen(ask('get', `${path}?${query}`)))]).toEqual([query, ...refused(400, 'Invalid argument type, offset and limit must be integers')]);
    }
    const page = async (query: string): Promise<unknown> => (await ask('get', `${path}${query}`, undefined, PAGED)).body._pagination;
    expect(await page('')).toMatchObject({ offset: 0, limit: 50 });
    for (const [query, limit] of [['?limit=0', 1], ['?limit=-7', 7], ['?limit=201', 200], ['?limit=99999999999999999999', 200]] as const) expect(await page(query)).toMatchObject({ offset: 0, limit });
    const far = await ask('get', `${path}?offset=-99999999999999999999`, undefined, PAGED);
    expect([far.status, Object.keys(far.body.items as object), far.body._pagination.next]).toEqual([200, [], null]);
  });

  it.each([['state=', "Unrecognized state filter: ''"], ['state=READY', "Unrecognized state filter: 'READY'"], ['state=%00', "Unrecognized state filter: '?'"], ['sort=', "Cannot sort by ''"], ['sort=--id', "Cannot sort by '--id'"], ['sort=name;drop', "Cannot sort by 'name;drop'"]])('GET /users 400: refuses ?%s', async (query, message) => {
    expect(await seen(ask('get', `/users?${query}`))).toEqual(refused(400, message));
  });

  it('the envelope is for its own media type, wherever that stands, and for no other; what comes back is JSON', async () => {
    const enveloped = async (accept: string): Promise<boolean> => !Array.isArray((await ask('get', '/users', undefined, { Accept: accept })).body);
    for (const accept of ['application/jupyterhub-pagination+json', 'text/html, application/jupyterhub-pagination+json', 'Application/JupyterHub-Pagination+JSON,*/*']) expect([accept, await enveloped(accept)]).toEqual([accept, true]);
    for (const accept of ['application/json', '*/*', 'application/jupyterhub-pagination+json;q=1', 'application/jupyterhub-pagination']) expect([accept, await enveloped(accept)]).toEqual([accept, false]);
    expect((await ask('get', '/users', undefined, PAGED)).headers['content-type']).toBe('application/json');
  });
});

describe('with an address that means nothing', () => {
  it.each([['/users/%00', 400], ['/users/a%00b/server', 400], ['/groups/%ff', 400], ['/users/alice%', 400], ['/users/', 404], ['/users/alice/', 404], ['/nothing', 404], [`/users/${'x'.repeat(3000)}`, 404], ['/users/a%2Fb', 404]] as const)('%s', async (path, status) => {
    await unchanged(async () => {
      for (const method of ['get', 'post', 'delete'] as const) {
        const res = await fetch(`${world.hub.origin}/hub/api${path}`, { method: method.toUpperCase(), headers: { Authorization: `token ${bossToken}` } });
        const body = (await res.json()) as { readonly status: number };
        expect([Object.keys(body), body.status]).toEqual([['status', 'message'], res.status]);
        if (method === 'get') expect(res.status).toBe(status);
        else expect([400, 404, 405]).toContain(res.status);
      }
    });
  });
});
