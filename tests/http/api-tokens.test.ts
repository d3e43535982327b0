import { HIDDEN, lacking, refused, seen, startWorld, TIME, type ApiWorld, type Ask } from './api-world';
import { covers } from './coverage';
import { createBrowser } from '../support/login';

let world: ApiWorld;
let ask: Ask;
let own: Ask;
beforeEach(async () => {
  world = await startWorld();
  ask = world.as(world.boss);
  own = world.as(world.alice);
});
afterEach(() => world.hub.close());

/** What the token may do, in full: everything that its owner may. */
const EFFECTIVE = expect.arrayContaining(['read:users!user=alice', 'start:servers!user=alice', 'tokens!user=alice']) as unknown;
const model = (more: object = {}) => ({
  user: 'alice', id: expect.any(String), kind: 'api_token', roles: [], scopes: EFFECTIVE, created: TIME, last_activity: null, expires_at: TIME, note: 'Requested via api', session_id: null, oauth_client: 'JupyterHub', ...more,
});
const PATH = '/users/alice/tokens';
const OP = 'POST /users/{name}/tokens';

describe('POST /users/{name}/tokens', () => {
  it(covers(OP, 201, 'makes one and shows its secret, this once'), async () => {
    const made = await own('post', PATH, { note: 'nightly', expires_in: 60, scopes: ['read:users!user'] });
    expect([made.status, made.body]).toEqual([201, { ...model({ note: 'nightly', scopes: ['read:users!user=alice', 'read:users:activity!user=alice', 'read:users:groups!user=alice', 'read:users:name!user=alice'] }), token: expect.stringMatching(/^\S{32,}$/) }]);
    expect(Math.abs(Date.parse(made.body.expires_at) - Date.parse(made.body.created) - 60_000)).toBeLessThan(1_000);
    for (const path of [PATH, `${PATH}/${made.body.id}`]) expect((await own('get', path)).text).not.toContain(made.body.token);
    expect((await createBrowser(world.hub).raw('get', 'hub/api/user', { Authorization: `Bearer ${made.body.token}` })).body.name).toBe('alice');
  });

  it(covers(OP, 201, 'says who asked, where that is somebody else'), async () => {
    expect((await ask('post', PATH)).body.note).toBe('Requested via api by user boss');
    expect((await own('post', PATH, '')).body.note).toBe('Requested via api');
  });

  it(covers(OP, 201, 'takes roles as names of scopes, never both'), async () => {
    expect((await own('post', PATH, { roles: ['token'] })).status).toBe(201);
    expect(await seen(own('post', PATH, { roles: ['token'], scopes: ['inherit'] }))).toEqual(refused(400, 'Specify either scopes or roles, not both.'));
    expect(await seen(own('post', PATH, { roles: ['nonsense'] }))).toEqual(refused(400, "Unknown role: 'nonsense'"));
    expect((await own('post', PATH, { roles: ['admin'] })).status).toBe(400);
  });

  it.each([
    [{ expires_in: 'x' }, "token expires_in must be null or integer, not 'x'"],
    [{ expires_in: 1.5 }, 'token expires_in must be null or integer, not 1.5'],
    [{ scopes: ['nonsense'] }, "Unknown scope: 'nonsense'"],
    [{ scopes: ['admin:users'] }, 'Not assigning requested scopes admin:users not held by User alice'],
    [{ colour: 1 }, 'Invalid JSON keys: colour'],
  ])(covers(OP, 400, 'refuses %j'), async (body, message) => {
    expect(await seen(own('post', PATH, body))).toEqual(refused(400, message));
    expect((await own('post', PATH, { expires_in: -1 })).status).toBe(400);
  });

  it(covers(OP, 403, 'D06: hides alike who exists and who does not'), async () => {
    for (const name of ['boss', 'nobody']) expect(await seen(own('post', `/users/${name}/tokens`))).toEqual(refused(403, `User ${name} not found or no permissions to generate tokens`));
  });

  it(covers(OP, 403, 'takes no password'), async () => {
    const auth = { username: 'alice', password: 'x' };
    expect(await seen(createBrowser(world.hub).raw('post', `hub/api${PATH}`, { 'Content-Type': 'application/json' }).send(JSON.stringify({ auth })))).toMatchObject([403, { status: 403 }]);
    expect(await seen(own('post', PATH, { auth }))).toMatchObject([403, { status: 403 }]);
  });
});

describe('GET and DELETE', () => {
  it(covers('GET /users/{name}/tokens', 200, 'lists those that live'), async () => {
    const made = await own('post', PATH, { note: 'second' });
    const { body } = await own('get', PATH);
    expect(Object.keys(body)).toEqual(['api_tokens']);
    expect(body.api_tokens).toContainEqual(model({ id: made.body.id, note: 'second' }));
    expect(body.api_tokens).toContainEqual(model({ note: 'test', last_activity: TIME }));
  });

  it(covers('GET /users/{name}/tokens', 200, 'says what each may do now, which is no more than its owner may'), async () => {
    const role = { name: 'reader', description: '', scopes: ['list:groups'] };
    world.hub.store.roles.put(role);
    world.hub.store.roles.grant('reader', world.alice.id);
    world.hub.hub.services.actors.forget();
    const { id } = (await own('post', PATH, { scopes: ['list:groups'] })).body as { id: string };
    const scopes = async (): Promise<readonly string[]> => (await own('get', `${PATH}/${id}`)).body.scopes as string[];
    expect(await scopes()).toEqual(['list:groups', 'read:groups:name', 'read:users:groups!user=alice', 'read:users:name!user=alice']);
    world.hub.store.roles.revoke('reader', world.alice.id);
    world.hub.hub.services.actors.forget();
    expect(await scopes()).toEqual(['read:users:groups!user=alice', 'read:users:name!user=alice']);
  });

  it(covers('GET /users/{name}/tokens', 404, 'knows nobody else'), async () => {
    for (const name of ['boss', 'nobody']) expect(await seen(own('get', `/users/${name}/tokens`))).toEqual([404, HIDDEN]);
    expect(await seen(world.as(world.boss, ['list:users'])('get', PATH))).toEqual([403, lacking('read:tokens')]);
  });

  it(covers('GET /users/{name}/tokens/{token_id}', 200, 'shows one'), async () => {
    const { id } = (await own('post', PATH)).body as { id: string };
    expect(await seen(own('get', `${PATH}/${id}`))).toEqual([200, model({ id })]);
  });

  it(covers('GET /users/{name}/tokens/{token_id}', 404, 'knows no other, nor one of somebody else'), async () => {
    const foreign = ((await ask('post', '/users/boss/tokens')).body as { id: string }).id;
    for (const id of ['a999', foreign]) {
      for (const method of ['get', 'delete'] as const) expect(await seen(own(method, `${PATH}/${id}`))).toEqual(refused(404, `No such token ${id} for user alice`));
    }
  });

  it(covers('DELETE /users/{name}/tokens/{token_id}', 204, 'ends it at once'), async () => {
    const made = (await own('post', PATH)).body as { id: string; token: string };
    expect(await seen(own('delete', `${PATH}/${made.id}`))).toEqual([204, '']);
    expect(await seen(createBrowser(world.hub).raw('get', 'hub/api/user', { Authorization: `token ${made.token}` }))).toEqual(refused(403, 'Forbidden'));
  });
});
