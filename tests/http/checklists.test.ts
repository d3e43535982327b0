import type { User } from '../../hub/domain/user';
import { DEFAULT_SERVER, type ServerId } from '../../hub/domain/ids';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser, NAVIGATION, signedInAs } from '../support/login';
import { send, SINGLEUSER, startSignInServer } from '../support/oauth-client';
import { startHub, type TestHub, type TestHubOptions } from '../support/start-hub';

/**
 * What the protocol's own lists of the minimum say (9.1). Points that other tests show carry their number there: sign-in in oauth.test.ts and oauth-tokens.test.ts,
 * readiness in tests/contracts, WebSockets in tests/proxy, the real server in tests/browser; 9.2 is in tests/clients, 9.3 in oauth-service.test.ts.
 */
let hub: TestHub;
let alice: User;
const begin = async (options: TestHubOptions = {}): Promise<void> => {
  hub = await startHub({ ...options, settings: { ...SINGLEUSER, ...options.settings } });
  alice = makeUser(hub, 'alice');
};
afterEach(() => hub.close());

const port = (): number => Number(new URL(hub.origin).port);
/** A server whose container runs and that does not answer yet. */
async function startUnanswered(): Promise<{ readonly id: ServerId; readonly inside: string }> {
  await begin({ behaviour: { kind: 'never', at: 'answer' } });
  const { servers, actors } = hub.hub.services;
  void servers.start(actors.ofUser(alice, 'cookie', 'test'), alice, DEFAULT_SERVER, {});
  const { id } = hub.store.servers.ensure(alice.id, DEFAULT_SERVER);
  for (;;) {
    const inside = await hub.spawner.hubUrlOf(id);
    if (inside !== undefined && hub.store.servers.byId(id)?.state.kind === 'starting') return { id, inside };
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}
const PEP_440 = /^\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?(?:\+[a-z0-9]+(?:[.-][a-z0-9]+)*)?$/;

test('9.1: a server is told every variable that it needs, and those that it may do without', async () => {
  await begin();
  const { env, inside } = await startSignInServer(hub, alice);
  const api = `${new URL(env['JUPYTERHUB_API_URL'] ?? '').origin}/hub/api`;
  const access = '["access:servers!server=alice/","access:servers!user=alice"]';
  expect(env).toMatchObject({
    JUPYTERHUB_API_TOKEN: expect.stringMatching(/^\S{32,}$/) as unknown, JUPYTERHUB_CLIENT_ID: 'jupyterhub-user-alice', JUPYTERHUB_API_URL: api, JUPYTERHUB_ACTIVITY_URL: `${api}/users/alice/activity`,
    JUPYTERHUB_SERVICE_URL: 'http://0.0.0.0:8888/user/alice/', JUPYTERHUB_SERVICE_PREFIX: '/user/alice/', JUPYTERHUB_OAUTH_ACCESS_SCOPES: access, JUPYTERHUB_USER: 'alice',
    JUPYTERHUB_OAUTH_CALLBACK_URL: '/user/alice/oauth_callback', JUPYTERHUB_OAUTH_SCOPES: access, JUPYTERHUB_BASE_URL: '/', JUPYTERHUB_HOST: '', JUPYTERHUB_SERVER_NAME: '', JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED: '0',
    JUPYTERHUB_PUBLIC_URL: expect.any(String) as unknown, JUPYTERHUB_PUBLIC_HUB_URL: expect.any(String) as unknown, JPY_API_TOKEN: env['JUPYTERHUB_API_TOKEN'],
  });
  expect(inside).toBeGreaterThan(0);
});

test('9.1: the version is there without a credential, where servers ask for it and outside, in a form that Python understands', async () => {
  await begin();
  const { inside } = await startSignInServer(hub, alice);
  for (const where of [inside, port()]) {
    for (const path of ['/hub/api', '/hub/api/']) {
      const { status, headers, body } = await send(where, 'GET', path);
      expect([status, body]).toEqual([200, { version: expect.stringMatching(PEP_440) as unknown }]);
      expect(headers['x-jupyterhub-version']).toMatch(PEP_440);
    }
  }
});

test('9.1: a server reports its activity before it counts as ready', async () => {
  const { id, inside } = await startUnanswered();
  const env = hub.spawner.started[0]?.env ?? {};
  const at = new Date().toISOString();
  const report = { headers: { Authorization: `token ${env['JUPYTERHUB_API_TOKEN']}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ servers: { '': { last_activity: at } }, last_activity: at }) };
  expect((await send(Number(new URL(inside).port), 'POST', new URL(env['JUPYTERHUB_ACTIVITY_URL'] ?? '').pathname, report)).status).toBe(200);
  expect(hub.store.servers.byId(id)?.state.kind).toBe('starting');
});

describe('9.1: the proxy', () => {
  const own = (): Record<string, string> => ({ Authorization: `token ${makeToken(hub, alice)}` });

  test('9.1: keeps the Host and the path as they were sent, and says which scheme the visitor used', async () => {
    await begin({ settings: { trustedProxies: ['127.0.0.1'] } });
    await startSignInServer(hub, alice);
    const { body } = await send(port(), 'GET', '/user/alice/files/a%20b%2Bc~%C3%A4?x=%20&y=+', { headers: { ...own(), 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '192.0.2.9' } });
    expect(body).toMatchObject({ url: '/user/alice/files/a%20b%2Bc~%C3%A4?x=%20&y=+', headers: { host: `127.0.0.1:${port()}`, 'x-forwarded-proto': 'https' } });
  });

  test('9.1: has no route before the server answers', async () => {
    const { id } = await startUnanswered();
    expect(hub.hub.routes.list()).toEqual([]);
    expect((await send(port(), 'GET', '/user/alice/api', { headers: own() })).status).toBe(424);
    expect(hub.store.servers.byId(id)?.state.kind).toBe('starting');
  });
});

describe('9.1: the hub has the pages that JupyterLab leads to', () => {
  beforeEach(() => begin());

  test('9.1: home, sign-out, start, the picture, and an address that is the same for everybody', async () => {
    const browser = signedInAs(hub, alice);
    expect((await browser.get('hub/home')).status).toBe(200);
    expect((await createBrowser(hub).get('hub/logo')).status).toBe(200);
    expect((await browser.get('hub/user-redirect/lab/tree/a%20b.ipynb?x=1')).headers['location']).toBe('/hub/spawn/alice?next=%2Fuser%2Falice%2Flab%2Ftree%2Fa%2520b.ipynb%3Fx%3D1');
    expect([200, 302]).toContain((await browser.get('hub/spawn/alice')).status);
    expect([200, 302]).toContain((await browser.get('hub/spawn')).status);
    expect((await browser.get('hub/logout')).status).toBe(200);
    expect((await createBrowser(hub).get('hub/logout')).headers['location']).toBe('/hub/login');
  });

  test('9.1: what asks a server that does not run gets 424 in JSON, also after it was sent on to the hub', async () => {
    const browser = signedInAs(hub, alice);
    for (const path of ['user/alice/api/kernels?1699', 'user/alice/api/sessions']) {
      let res = await browser.raw('get', path, { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' });
      if (res.status === 302) res = await browser.raw('get', String(res.headers['location']).slice(1), { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' });
      expect([res.status, res.body]).toEqual([424, expect.objectContaining({ message: expect.stringContaining('Restart the server at') as unknown })]);
    }
    expect((await browser.raw('get', 'user/alice/lab', NAVIGATION)).status).toBe(424);
  });
});
