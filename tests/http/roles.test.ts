import { makeToken, makeUser, PASSWORD } from '../support/factories';
import { createBrowser, signedInAs, signIn } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

let hub: TestHub;
afterEach(() => hub.close());
const LACKING = 'Permission denied: LAUNCH_NOTEBOOKS required.';
const call = (token: string, method: string, path: string): Promise<Response> => fetch(`${hub.origin}/hub/api/${path}`, { method, headers: { Authorization: `token ${token}` } });

test('without the role researcher page and API say which permission is missing', async () => {
  hub = await startHub();
  const bob = makeUser(hub, 'bob', { researcher: false });
  const browser = signedInAs(hub, bob);
  for (const res of [await browser.get('hub/spawn'), await browser.post('hub/spawn')]) {
    expect(res.status).toBe(403);
    expect(res.text).toContain(LACKING);
  }
  const res = await call(makeToken(hub, bob), 'POST', 'users/bob/server');
  expect([res.status, await res.json()]).toEqual([403, { status: 403, message: LACKING }]);
  expect(hub.spawner.started).toEqual([]);
});

test('R01: a manager lists and stops anybody\'s server, by page and by API, and administers nobody', async () => {
  hub = await startHub({ settings: { roles: [{ name: 'manager', users: ['mia'] }] } });
  const local = hub.hub.services.actors.local();
  const { user: mia } = await hub.hub.services.accounts.create(local, { username: 'mia', admin: false, password: PASSWORD });
  hub.store.users.update(mia.id, { mustChangePassword: false });
  const alice = makeUser(hub, 'alice');
  const [hers, browser] = [makeToken(hub, hub.store.users.byId(mia.id) as never), signedInAs(hub, hub.store.users.byId(mia.id) as never)];
  const state = (): unknown => hub.store.servers.listOf(alice.id)[0]?.state.kind;
  const started = async (): Promise<void> => expect((await call(makeToken(hub, alice), 'POST', 'users/alice/server')).status).toBe(201);

  await started();
  const users = (await (await call(hers, 'GET', 'users?state=ready')).json()) as { name: string; servers: object }[];
  expect(users.map(({ name, servers }) => [name, Object.keys(servers)])).toEqual([['alice', ['']]]);
  expect((await call(hers, 'DELETE', 'users/alice/server')).status).toBe(204);
  expect(state()).toBe('stopped');
  await started();
  const page = await browser.get('hub/admin/users');
  expect(page.text).toContain('action="/hub/stop/alice"');
  expect(page.text).not.toContain('/hub/admin/users/');
  expect((await browser.post('hub/stop/alice')).status).toBe(303);
  expect(state()).toBe('stopped');

  expect((await call(hers, 'POST', 'users/alice/server')).status).toBe(404);
  for (const [method, path] of [['POST', 'users/eve'], ['DELETE', 'users/alice'], ['PATCH', 'users/alice'], ['GET', 'users/alice/tokens']] as const) expect([403, 404]).toContain((await call(hers, method, path)).status);
  expect(await (await call(hers, 'GET', 'user')).json()).toMatchObject({ admin: false });
});

test('custom scopes are granted by roles, carried by tokens, and imply what they say', async () => {
  const customScopes = { 'custom:reports:write': { description: 'Writes reports', subscopes: ['custom:reports:read'] }, 'custom:reports:read': { description: 'Reads reports' } };
  hub = await startHub({ settings: { customScopes, roles: [{ name: 'writer', scopes: ['custom:reports:write'], groups: ['authors'] }], groups: [{ name: 'authors', users: ['alice'] }] } });
  const { user: alice } = await hub.hub.services.accounts.create(hub.hub.services.actors.local(), { username: 'alice', admin: false, password: PASSWORD });
  hub.store.users.update(alice.id, { mustChangePassword: false });
  hub.hub.services.actors.forget();
  const scopesOf = async (raw: readonly string[]): Promise<unknown> => ((await (await call(makeToken(hub, hub.store.users.byId(alice.id) as never, raw), 'GET', 'user')).json()) as { scopes: readonly string[] }).scopes;
  expect(await scopesOf(['custom:reports:read'])).toEqual(expect.arrayContaining(['custom:reports:read']));
  expect(await scopesOf(['inherit'])).toEqual(expect.arrayContaining(['custom:reports:read', 'custom:reports:write']));
  expect(() => makeToken(hub, makeUser(hub, 'bob'), ['custom:reports:read'])).toThrow('not held by User bob');
});

describe('the dummy authenticator', () => {
  const dummy = { authenticator: 'dummy', dummy: { password: 'hello' } };

  test('anybody signs in under any name with the shared password, and the account is made by that', async () => {
    hub = await startHub({ settings: dummy });
    const browser = createBrowser(hub);
    expect((await signIn(browser, 'User-1', 'hello')).status).toBe(302);
    expect((await browser.get('hub/home')).text).toContain('user-1');
    const made = hub.store.users.byName('user-1' as never);
    expect(made).toMatchObject({ status: 'active', admin: false });
    expect(hub.store.roles.directOfUser(made?.id as never)).toEqual(['researcher', 'user']);
    expect((await signIn(createBrowser(hub), 'user-1', 'hello')).status).toBe(302);
    expect(hub.store.users.list({ offset: 0, limit: 9 }).total).toBe(1);
    expect((await signIn(createBrowser(hub), 'user-2', 'hullo')).status).toBe(403);
    expect((await signIn(createBrowser(hub), '../x', 'hello')).status).toBe(403);
    expect(hub.store.users.list({ offset: 0, limit: 9 }).total).toBe(1);
    expect((await createBrowser(hub).get('hub/signup')).status).not.toBe(200);
  });

  test('A12: it never opens an administrator\'s account, nor one that is to become one', async () => {
    hub = await startHub({ settings: { ...dummy, admin: { name: 'chief' }, roles: [{ name: 'admin', users: ['carol'] }] } });
    await hub.hub.services.accounts.create(hub.hub.services.actors.local(), { username: 'root', admin: true, password: PASSWORD });
    for (const name of ['root', 'chief', 'Carol']) expect((await signIn(createBrowser(hub), name, 'hello')).status).toBe(403);
    expect((await signIn(createBrowser(hub), 'root', PASSWORD)).status).toBe(302);
  });

  test('an account that was made before is entered without a change of a password that nobody asks for; a disabled one stays shut', async () => {
    hub = await startHub({ settings: dummy });
    const { user } = await hub.hub.services.accounts.create(hub.hub.services.actors.local(), { username: 'user-1', admin: false });
    const browser = createBrowser(hub);
    await signIn(browser, 'user-1', 'hello');
    expect((await browser.get('hub/home')).status).toBe(200);
    await hub.hub.services.accounts.disable(hub.hub.services.actors.local(), user.id);
    expect((await signIn(createBrowser(hub), 'user-1', 'hello')).status).toBe(403);
  });
});
