import { DEFAULT_SERVER } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { makeToken, makeUser } from '../support/factories';
import { createFakeClock } from '../support/fake-clock';
import { setCookies, signedInAs, type Browser } from '../support/login';
import { askOf, authorizePath, codeFor, codeIn, exchangeOf, redeem, send, SINGLEUSER, startSignInServer, whoIs, type SignInServer } from '../support/oauth-client';
import { startHub, type TestHub } from '../support/start-hub';
import { covers } from './coverage';

const clock = createFakeClock();
let hub: TestHub;
let port: number;
let alice: SignInServer;
let bob: SignInServer;
beforeAll(async () => {
  hub = await startHub({ settings: { ...SINGLEUSER, session: { idle: '2h', absolute: '12h' } }, clock });
  port = Number(new URL(hub.origin).port);
  alice = await startSignInServer(hub, makeUser(hub, 'alice'));
  bob = await startSignInServer(hub, makeUser(hub, 'bob'));
});
afterAll(async () => {
  for (const { user } of [alice, bob]) await hub.hub.services.servers.stopAllOf(user.id);
  await hub.close();
});

const as = (user: User): Browser => signedInAs(hub, user);
const tokenFor = async (browser: Browser, client = alice): Promise<string> => String((await redeem(port, exchangeOf(client, await codeFor(browser, client)))).body['access_token']);
interface Echo { readonly headers: Readonly<Record<string, string>> }
const throughProxy = async (path: string, headers: Readonly<Record<string, string>>): Promise<{ status: number; seen: Readonly<Record<string, string>> }> => {
  const { status, body } = await send(port, 'GET', path, { headers });
  return { status, seen: (body as unknown as Echo).headers ?? {} };
};
const narrowedOf = async (token: string): Promise<string> => ((await throughProxy('/user/alice/echo', { Authorization: `Bearer ${token}` })).seen['authorization'] ?? '').replace(/^token /, '');

describe('a token that a server got for its visitor', () => {
  test('9.1: ends when the visitor signs out, in this browser and no other', async () => {
    const [here, there] = [as(alice.user), as(alice.user)];
    const [mine, other] = [await tokenFor(here), await tokenFor(there)];
    const code = await codeFor(here, alice);
    const out = await here.post('hub/logout');
    expect(setCookies(out)).toEqual(expect.arrayContaining([expect.stringMatching(/^jupyterhub-session-id=; Path=\/; Max-Age=0/)]));
    expect([(await whoIs(port, mine)).status, (await whoIs(port, other)).status]).toEqual([403, 200]);
    expect((await redeem(port, exchangeOf(alice, code))).body).toEqual({ error: 'invalid_grant' });
    expect((await throughProxy('/user/alice/echo', { Authorization: `token ${mine}` })).status).toBe(403);
  });

  test('Q10: gives way to newer ones: whoever signs in again and again in one browser fills nothing', async () => {
    const mia = makeUser(hub, 'mia');
    const server = await startSignInServer(hub, mia);
    const [here, there] = [as(mia), as(mia)];
    const other = await tokenFor(there, server);
    const given: string[] = [];
    for (let visit = 0; visit < 12; visit += 1) {
      clock.advance(1000);
      given.push(await tokenFor(here, server));
    }
    const status = async (token: string | undefined): Promise<number> => (await whoIs(port, token ?? '')).status;
    expect([await status(other), await status(given[0]), await status(given[1]), await status(given[2]), await status(given[11])]).toEqual([200, 403, 403, 200, 200]);
    expect(hub.store.tokens.listOf(mia.id)).toHaveLength(11);
    await hub.hub.services.servers.stopAllOf(mia.id);
  });

  test('ends when everything of the visitor is ended', async () => {
    const browser = as(alice.user);
    const [first, second] = [await tokenFor(browser), await tokenFor(browser)];
    hub.hub.services.sessions.endAll(alice.user.id);
    expect([(await whoIs(port, first)).status, (await whoIs(port, second)).status]).toEqual([403, 403]);
  });

  test(covers('DELETE /users/{name}/tokens/{token_id}', 204, 'ends with every other one that its client got for this visitor, and no other client\'s'), async () => {
    const nora = makeUser(hub, 'nora');
    hub.store.roles.put({ name: 'guest-of-bob', description: '', scopes: ['access:servers!server=bob/'] });
    hub.store.roles.grant('guest-of-bob', nora.id);
    hub.hub.services.actors.forget();
    const server = await startSignInServer(hub, nora);
    const browser = as(nora);
    const [first, second, mine] = [await tokenFor(browser, server), await tokenFor(as(nora), server), await tokenFor(as(alice.user))];
    const answer = await browser.post(authorizePath(askOf(bob)), { answer: 'yes', scopes: 'access:servers!server=bob/' });
    const elsewhere = String((await redeem(port, exchangeOf(bob, codeIn(String(answer.headers['location']))))).body['access_token']);
    const { token_id } = (await whoIs(port, first)).body;
    expect((await send(port, 'DELETE', `/hub/api/users/nora/tokens/${String(token_id)}`, { headers: { Authorization: `token ${makeToken(hub, nora)}` } })).status).toBe(204);
    // The client would go on with another one.
    expect([(await whoIs(port, first)).status, (await whoIs(port, second)).status, (await whoIs(port, elsewhere)).status, (await whoIs(port, mine)).status]).toEqual([403, 403, 200, 200]);
    await hub.hub.services.servers.stopAllOf(nora.id);
  });


  test('ends with the account, and with the start of the server whose client got it', async () => {
    const dora = makeUser(hub, 'dora');
    const server = await startSignInServer(hub, dora);
    const browser = as(dora);
    const [token, code] = [await tokenFor(browser, server), await codeFor(browser, server)];
    expect((await whoIs(port, token)).status).toBe(200);
    await hub.hub.services.servers.stopAllOf(dora.id);
    expect((await whoIs(port, token)).status).toBe(403);
    const again = await startSignInServer(hub, dora);
    expect((await redeem(port, exchangeOf(again, code))).body).toEqual({ error: 'invalid_grant' });
    expect((await redeem(port, exchangeOf(server, code))).status).toBe(401);
    const fresh = await tokenFor(browser, again);
    hub.store.users.update(dora.id, { status: 'disabled' });
    hub.hub.services.actors.forget(dora.id);
    expect((await whoIs(port, fresh)).status).toBe(403);
    await hub.hub.services.servers.stopAllOf(dora.id);
  });

  test('is listed as what it is, with the tag of its session', async () => {
    const browser = as(bob.user);
    await tokenFor(browser, bob);
    const { body } = await send(port, 'GET', '/hub/api/users/bob/tokens', { headers: { Authorization: `token ${makeToken(hub, bob.user)}` } });
    expect((body as { api_tokens: readonly unknown[] }).api_tokens).toContainEqual(expect.objectContaining({ session_id: browser.cookies.get('jupyterhub-session-id'), oauth_client: 'Server at /user/bob/', scopes: ['access:servers!server=bob/', 'read:users:groups!user=bob', 'read:users:name!user=bob'] }));
  });

  test('opens this server and nothing else', async () => {
    const token = await tokenFor(as(alice.user));
    const headers = { Authorization: `token ${token}` };
    expect((await throughProxy('/user/alice/echo', headers)).status).toBe(200);
    expect((await throughProxy('/user/bob/echo', headers)).status).toBe(404);
    for (const [method, path] of [['GET', '/hub/api/users'], ['DELETE', '/hub/api/users/alice/server'], ['POST', '/hub/api/users/alice/tokens'], ['GET', '/hub/api/users/alice/tokens'], ['POST', '/hub/api/users/alice/activity']] as const) {
      expect([path, (await send(port, method, path, { headers, ...(method === 'POST' ? { body: '{}' } : {}) })).status]).toEqual([path, 403]);
    }
  });

  test('keeps its session alive while it is used, and no longer than that may live', async () => {
    const browser = as(alice.user);
    const token = await tokenFor(browser);
    // Every timer of the hub falls due in the time that passes, so sessions are short here.
    for (let hours = 0; hours < 10; hours += 1.5) {
      clock.advance(1.5 * 3_600_000);
      expect((await whoIs(port, token)).status).toBe(200);
    }
    clock.advance(1.6 * 3_600_000);
    expect((await whoIs(port, token)).status).toBe(403);
  });
});

describe('what a singleuser server gets to see', () => {
  test('E02: its own visitors\' token as it is, and instead of every other one a token that opens nothing but itself', async () => {
    const own = await tokenFor(as(alice.user));
    expect(await narrowedOf(own)).toBe(own);
    const boss = makeUser(hub, 'boss', { admin: true });
    for (const [who, broad] of [['alice', makeToken(hub, alice.user)], ['boss', makeToken(hub, boss)]] as const) {
      const narrow = await narrowedOf(broad);
      expect(narrow).toMatch(/^[\w-]{43}$/);
      expect(narrow).not.toBe(broad);
      expect(await narrowedOf(broad)).toBe(narrow);
      expect((await whoIs(port, narrow)).status).toBe(403);
      expect((await whoIs(bob.inside, narrow)).status).toBe(403);
      const identity = await whoIs(alice.inside, narrow);
      expect([identity.status, identity.body['name'], identity.body['scopes']]).toEqual([200, who, ['access:servers!server=alice/', `read:users:groups!user=${who}`, `read:users:name!user=${who}`]]);
    }
  });

  test('E02: a swapped token ends with the one it stands for', async () => {
    const broad = makeToken(hub, alice.user);
    const narrow = await narrowedOf(broad);
    const { token_id } = (await whoIs(port, broad)).body;
    await send(port, 'DELETE', `/hub/api/users/alice/tokens/${String(token_id)}`, { headers: { Authorization: `token ${broad}` } });
    expect((await whoIs(alice.inside, narrow)).status).toBe(403);
  });

  test('B05: the tag of the session, and neither the hub\'s cookie nor an Authorization that is no token of ours', async () => {
    const browser = as(alice.user);
    await codeFor(browser, alice);
    const { status, seen } = await throughProxy('/user/alice/echo', { Cookie: `${browser.cookieHeader()}; jupyterhub-user-alice=kept`, Authorization: 'token not-a-token', 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html' });
    expect(status).toBe(200);
    expect(seen['authorization']).toBeUndefined();
    expect(seen['cookie']).toContain(`jupyterhub-session-id=${browser.cookies.get('jupyterhub-session-id')}`);
    expect(seen['cookie']).toContain('jupyterhub-user-alice=kept');
    expect(seen['cookie']).not.toMatch(/(?:^|; )hub(?:-\w+)?=/);
  });

  test('E01: nobody\'s requests reach it, its callback included', async () => {
    for (const path of ['/user/alice/', '/user/alice/oauth_callback?code=x&state=y', '/user/alice/api']) expect((await throughProxy(path, {})).status).toBe(403);
  });
});

describe('on the internal listener', () => {
  test('the server redeems its visitor\'s code and asks who that is', async () => {
    const code = await codeFor(as(alice.user), alice);
    const { status, body, headers } = await redeem(alice.inside, exchangeOf(alice, code), { Authorization: `token ${alice.secret}` });
    expect([status, headers['cache-control'], headers['x-jupyterhub-version']]).toEqual([200, 'no-store', '5.2.1']);
    const identity = await whoIs(alice.inside, String(body['access_token']));
    expect(identity.body).toMatchObject({ kind: 'user', name: 'alice', admin: false, groups: [], scopes: ['access:servers!server=alice/', 'read:users:groups!user=alice', 'read:users:name!user=alice'] });
    expect(identity.body['session_id']).toMatch(/^[0-9a-f]{32}$/);
  });

  test('D15: on another server\'s network neither the client nor the token is known, whoever holds them', async () => {
    const code = await codeFor(as(alice.user), alice);
    expect(await redeem(bob.inside, exchangeOf(alice, code))).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const token = String((await redeem(alice.inside, exchangeOf(alice, code))).body['access_token']);
    expect((await whoIs(bob.inside, token)).status).toBe(403);
  });

  test('D19: a user\'s own token is nobody there', async () => {
    expect((await whoIs(alice.inside, makeToken(hub, alice.user))).status).toBe(403);
  });

  test('D13: a code that was used inside is used up outside too', async () => {
    const code = await codeFor(as(alice.user), alice);
    const token = String((await redeem(alice.inside, exchangeOf(alice, code))).body['access_token']);
    expect((await redeem(port, exchangeOf(alice, code))).status).toBe(400);
    expect((await whoIs(alice.inside, token)).status).toBe(403);
  });

  test('9.1: an invalid token is 403 and never 401, and the version needs none', async () => {
    expect((await whoIs(alice.inside, 'x'.repeat(43))).status).toBe(403);
    expect((await send(alice.inside, 'GET', '/hub/api')).status).toBe(200);
  });
});

describe('the environment', () => {
  test('a singleuser server is told all that JupyterHub tells it', () => {
    expect(alice.env).toMatchObject({
      JUPYTERHUB_CLIENT_ID: 'jupyterhub-user-alice', JUPYTERHUB_OAUTH_CALLBACK_URL: '/user/alice/oauth_callback', JUPYTERHUB_SERVICE_URL: 'http://0.0.0.0:8888/user/alice/', JUPYTERHUB_HOST: '',
      JUPYTERHUB_OAUTH_ACCESS_SCOPES: '["access:servers!server=alice/","access:servers!user=alice"]', JPY_API_TOKEN: alice.secret, JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED: '0', JUPYTERHUB_ROOT_DIR: '/home/jovyan/work', JUPYTER_IMAGE_SPEC: 'x',
    });
    expect(alice.env['JUPYTER_TOKEN']).toBeUndefined();
    expect(hub.spawner.started[0]?.profile.argv).toEqual(['jupyterhub-singleuser']);
  });

  test('every start has a secret of its own', async () => {
    const carol = makeUser(hub, 'carol');
    const first = await startSignInServer(hub, carol);
    await hub.hub.services.servers.stopAllOf(carol.id);
    const second = await startSignInServer(hub, carol);
    expect(second.secret).not.toBe(first.secret);
    expect(hub.store.servers.find(carol.id, DEFAULT_SERVER)?.id).toBe(second.id);
    await hub.hub.services.servers.stopAllOf(carol.id);
  });
});

describe('what the hub asks such a server itself', () => {
  test('it shows a token of the owner\'s that only this server can ask about', async () => {
    const lab = await startSignInServer(hub, makeUser(hub, 'emil'));
    const token = hub.hub.services.visitors.forHub(lab.id) ?? '';
    expect(hub.hub.services.visitors.forHub(lab.id)).toBe(token);
    expect((await whoIs(lab.inside, token)).body).toMatchObject({ name: 'emil', scopes: ['access:servers!server=emil/', 'read:users:groups!user=emil', 'read:users:name!user=emil'] });
    expect([(await whoIs(bob.inside, token)).status, (await whoIs(port, token)).status]).toEqual([403, 403]);
    await hub.hub.services.servers.stopAllOf(lab.user.id);
  });
});
