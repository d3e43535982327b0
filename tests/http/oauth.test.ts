import { createHash, randomBytes } from 'node:crypto';
import type { User } from '../../hub/domain/user';
import { sessionTag } from '../../hub/services/session-tag';
import { makeToken, makeUser } from '../support/factories';
import { createFakeClock } from '../support/fake-clock';
import { createBrowser, NAVIGATION, setCookies, signedInAs, tokenIn, type Browser } from '../support/login';
import { askOf, authorizePath, codeFor, codeIn, exchangeOf, redeem, send, SINGLEUSER, startSignInServer, whoIs, type SignInServer } from '../support/oauth-client';
import { startHub, type TestHub } from '../support/start-hub';
import { covers } from './coverage';

const SERVICE = { name: 'board', token: 'board-secret-0123456789', url: 'http://127.0.0.1:9', oauthRedirectUri: 'https://board.example/back?x=1', oauthAllowedScopes: ['read:servers!user'] };
const QUIET = { name: 'quiet', token: 'quiet-secret-0123456789', url: 'http://127.0.0.1:9', oauthNoConfirm: true };
const settings = { ...SINGLEUSER, services: [SERVICE, QUIET], roles: [{ name: 'user', scopes: ['self', 'access:services!service=board', 'access:services!service=quiet'] }] };
const board = { clientId: 'service-board', secret: SERVICE.token, redirect: SERVICE.oauthRedirectUri };

const clock = createFakeClock();
let hub: TestHub;
let port: number;
let alice: SignInServer;
let bob: SignInServer;
let boss: User;
beforeAll(async () => {
  hub = await startHub({ settings, clock });
  port = Number(new URL(hub.origin).port);
  alice = await startSignInServer(hub, makeUser(hub, 'alice'));
  bob = await startSignInServer(hub, makeUser(hub, 'bob'));
  boss = makeUser(hub, 'boss', { admin: true });
});
afterAll(async () => {
  for (const { user } of [alice, bob]) await hub.hub.services.servers.stopAllOf(user.id);
  await hub.close();
});

// Of more than fifty sessions of one person the oldest ends, and on a clock that stands still that may be any of them.
afterEach(() => hub.hub.services.sessions.endAll(alice.user.id));

const as = (user: User): Browser => signedInAs(hub, user);
const own = (): Browser => as(alice.user);
const tokenFor = async (browser: Browser, client = alice): Promise<string> => String((await redeem(port, exchangeOf(client, await codeFor(browser, client)))).body['access_token']);
const codes = (): number => hub.store.audit.list({ offset: 0, limit: 10_000 }).filter(({ action }) => action === 'oauth.token').length;

describe('the way in', () => {
  test('D22: somebody with whom a server is shared signs in to it, and their token there is worth nothing when that ends', async () => {
    const share = (method: 'POST' | 'PATCH') => send(port, method, '/hub/api/shares/alice/', { headers: { Authorization: `token ${makeToken(hub, boss)}`, 'Content-Type': 'application/json' }, body: '{"user":"bob"}' });
    const guest = as(bob.user);
    expect((await guest.get(authorizePath(askOf(alice)))).status).toBe(403);
    expect((await share('POST')).status).toBe(200);
    // Not their own server, so it asks.
    const page = await guest.get(authorizePath(askOf(alice)));
    expect(page.status).toBe(200);
    const scopes = [...page.text.matchAll(/name="scopes" value="([^"]+)"/g)].map(([, scope]) => scope ?? '');
    const answered = await guest.raw('post', authorizePath(askOf(alice)), { ...NAVIGATION, Origin: hub.origin }).type('form').send({ _xsrf: tokenIn(page.text), answer: 'yes', scopes });
    const token = String((await redeem(port, exchangeOf(alice, codeIn(String(answered.headers['location']))))).body['access_token']);
    expect((await whoIs(port, token)).body).toMatchObject({ name: 'bob', scopes: expect.arrayContaining(['access:servers!server=alice/']) as unknown });
    expect((await share('PATCH')).status).toBe(200);
    expect(((await whoIs(port, token)).body['scopes'] as string[]).join()).not.toContain('access:servers');
  });

  test(covers('GET /oauth2/authorize', 302, '9.1: somebody who is not signed in goes to the sign-in page and comes back with the same request'), async () => {
    const path = authorizePath(askOf(alice));
    const res = await createBrowser(hub).get(path);
    expect([res.status, res.headers['location']]).toEqual([302, `/hub/login?next=${encodeURIComponent(`/${path}`)}`]);
  });

  test('a token opens no authorise page, whoever has it', async () => {
    const res = await createBrowser(hub).get(authorizePath(askOf(alice)), { Authorization: `token ${makeToken(hub, alice.user)}` });
    expect(res.status).toBe(302);
    expect(res.headers['location']).toMatch(/^\/hub\/login/);
  });

  test(covers('GET /oauth2/authorize', 302, '9.1: the owner is not asked, and comes back with a code and the state'), async () => {
    const res = await own().get(authorizePath(askOf(alice, { unknown: 'parameter' })));
    expect(res.status).toBe(302);
    expect(res.headers['location']).toMatch(/^\/user\/alice\/oauth_callback\?code=[A-Za-z0-9_-]{43}&state=s-1$/);
  });

  test('D18: the state comes back byte for byte, and none where none was sent', async () => {
    const state = 'eyJ1dWlkIjog+/="\u00e4 &?#%2e%00\'';
    const location = new URL(String((await own().get(authorizePath(askOf(alice, { state })))).headers['location']), hub.origin);
    expect(location.searchParams.get('state')).toBe(state);
    const without = new URL(String((await own().get(authorizePath(askOf(alice, { state: undefined })))).headers['location']), hub.origin);
    expect([...without.searchParams.keys()]).toEqual(['code']);
  });

  test('without an address the registered one is used', async () => {
    expect((await own().get(authorizePath(askOf(alice, { redirect_uri: undefined })))).headers['location']).toMatch(/^\/user\/alice\/oauth_callback\?code=/);
  });

  test('9.1: the browser gets the tag of its session on the base path, which is not its session', async () => {
    const browser = own();
    const line = setCookies(await browser.get(authorizePath(askOf(alice)))).find((cookie) => cookie.startsWith('jupyterhub-session-id='));
    expect(line).toMatch(/^jupyterhub-session-id=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax$/);
    const session = hub.hub.services.sessions.resolve(browser.cookies.get('hub') ?? '')?.session;
    expect(line).toContain(sessionTag(session?.id as never));
    expect(setCookies(await browser.get(authorizePath(askOf(alice)))).join()).not.toContain('session-id');
    expect((await createBrowser(hub).get('hub/home', { Cookie: line?.split(';')[0] ?? '' })).status).toBe(302);
  });

  const REFUSED: readonly (readonly [string, Record<string, string | undefined>, string])[] = [
    ['no response type', { response_type: undefined }, 'error=invalid_request&error_description=Missing+response_type+parameter.&state=s-1'],
    ['another response type', { response_type: 'token' }, 'error=unsupported_response_type&state=s-1'],
    ['an unknown scope', { scope: 'no:such' }, 'error=invalid_scope&state=s-1'],
    ['a scope that the client may not ask for', { scope: 'admin:users' }, 'error=invalid_scope&state=s-1'],
    ['everything', { scope: 'inherit' }, 'error=invalid_scope&state=s-1'],
  ];
  test.each(REFUSED)(covers('GET /oauth2/authorize', 302, 'the client is told about %s'), async (_name, more, query) => {
    expect((await own().get(authorizePath(askOf(alice, more)))).headers['location']).toBe(`/user/alice/oauth_callback?${query}`);
  });

  test.each(['identify', 'read:users:name!user', 'access:servers!server=alice/', ''])('scope %j is within what is allowed', async (scope) => {
    const code = await codeFor(own(), alice, { scope });
    expect((await redeem(port, exchangeOf(alice, code))).status).toBe(200);
  });

  const STRANGE: readonly (readonly [string, Record<string, string | undefined>])[] = [
    ['/../evil', { redirect_uri: '/user/alice/oauth_callback/../evil' }], ['//evil', { redirect_uri: '//evil/user/alice/oauth_callback' }], ['a further query', { redirect_uri: '/user/alice/oauth_callback?x=1' }],
    ['%2e%2e', { redirect_uri: '/user/alice/%2e%2e/bob/oauth_callback' }], ['the one of somebody else', { redirect_uri: '/user/bob/oauth_callback' }], ['other capitals', { redirect_uri: '/user/Alice/oauth_callback' }],
    ['a fragment', { redirect_uri: '/user/alice/oauth_callback#x' }], ['another host', { redirect_uri: 'https://evil.example/user/alice/oauth_callback' }], ['its own host', { redirect_uri: 'HOST/user/alice/oauth_callback' }],
    ['nothing', { redirect_uri: '' }], ['a slash more', { redirect_uri: '/user/alice/oauth_callback/' }], ['white space', { redirect_uri: '/user/alice/oauth_callback ' }], ['a script', { redirect_uri: 'javascript:alert(1)' }],
    ['a backslash', { redirect_uri: '/\\evil' }], ['another encoding', { redirect_uri: '/user/%61lice/oauth_callback' }],
  ];
  test.each(STRANGE)(covers('GET /oauth2/authorize', 400, 'D14: an address with %s is a page that says so, and nobody is sent anywhere'), async (_name, more) => {
    const uri = more['redirect_uri']?.replace('HOST', hub.origin);
    for (const extra of [{}, { response_type: undefined }, { scope: 'no:such' }]) {
      const res = await own().get(authorizePath(askOf(alice, { redirect_uri: uri, ...extra })));
      expect([res.status, res.headers['location']]).toEqual([400, undefined]);
      expect(res.text).toContain('Mismatching redirect URI.');
      expect(res.headers['content-type']).toContain('text/html');
    }
  });

  test('D14: an address that comes twice counts as none, whichever of the two is right', async () => {
    const res = await own().get(`${authorizePath(askOf(alice))}&redirect_uri=https%3A%2F%2Fevil.example`);
    expect([res.status, res.headers['location']]).toEqual([400, undefined]);
  });

  test.each([undefined, '', 'nope', 'service-nope', 'jupyterhub'])(covers('GET /oauth2/authorize', 400, 'client %j is unknown'), async (client_id) => {
    const res = await own().get(authorizePath(askOf(alice, { client_id })));
    expect([res.status, res.headers['location']]).toEqual([400, undefined]);
  });

  test('a server that does not run, and one that asks nobody to sign in, are no clients', async () => {
    const res = await as(boss).get(authorizePath({ ...askOf(alice), client_id: 'jupyterhub-user-boss', redirect_uri: '/user/boss/oauth_callback' }));
    expect([res.status, res.headers['location']]).toEqual([400, undefined]);
  });

  test(covers('GET /oauth2/authorize', 403, 'D16: who may not use a server gets 403 and no code, and does not learn whether it runs or exists'), async () => {
    const before = codes();
    const asked = await Promise.all(['jupyterhub-user-alice', 'jupyterhub-user-boss', 'jupyterhub-user-nobody', 'jupyterhub-user-%'].map((client_id) => as(bob.user).get(authorizePath({ ...askOf(alice), client_id }))));
    expect(asked.map((res) => [res.status, res.headers['location'], /permission to access/.test(res.text)])).toEqual([[403, undefined, true], [403, undefined, true], [403, undefined, true], [403, undefined, true]]);
    const posted = await as(bob.user).post(authorizePath(askOf(alice)), { answer: 'yes' });
    expect([posted.status, posted.headers['location']]).toEqual([403, undefined]);
    expect(codes()).toBe(before);
  });

  test('it is a page: a script of a server on the same origin reads nothing of it, and a form of another site sends nothing', async () => {
    for (const headers of [{ 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }, { 'Sec-Fetch-Dest': 'iframe' }]) expect((await own().get(authorizePath(askOf(alice)), headers)).status).toBe(403);
    const browser = as(boss);
    const xsrf = tokenIn((await browser.get(authorizePath(askOf(alice)))).text);
    expect((await browser.raw('post', authorizePath(askOf(alice)), { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }).type('form').send({ _xsrf: xsrf })).status).toBe(403);
    expect((await browser.raw('post', authorizePath(askOf(alice)), { Origin: hub.origin }).type('form').send({ answer: 'yes' })).status).toBe(403);
  });
});

describe('the question', () => {
  test('an administrator is asked once for somebody else\'s server, and the answer is written down', async () => {
    const browser = as(boss);
    const page = await browser.get(authorizePath(askOf(alice)));
    expect([page.status, page.text.includes('Server at /user/alice/')]).toEqual([200, true]);
    const scopes = [...page.text.matchAll(/name="scopes" value="([^"]+)"/g)].map(([, scope]) => scope);
    expect(scopes).toEqual(['read:users:name!user', 'read:users:groups!user', 'access:servers!server=alice/']);
    const res = await browser.raw('post', authorizePath(askOf(alice)), { Origin: hub.origin }).type('form').send(`_xsrf=${tokenIn(page.text)}&${scopes.map((scope) => `scopes=${encodeURIComponent(String(scope))}`).join('&')}`);
    const code = codeIn(String(res.headers['location']));
    expect((await redeem(port, exchangeOf(alice, code))).body['scope']).toBe(scopes.join(' '));
    expect((await browser.get(authorizePath(askOf(alice)))).status).toBe(302);
    expect(hub.store.audit.list({ offset: 0, limit: 20 }).find(({ action }) => action === 'oauth.consent')).toMatchObject({ actor: expect.stringContaining('boss') as unknown });
  });

  test('who says no sends the client an error and nothing else', async () => {
    const res = await as(makeUser(hub, 'carol')).post(authorizePath(askOf(board)), { answer: 'no' });
    expect(res.headers['location']).toBe('https://board.example/back?x=1&error=access_denied&state=s-1');
  });

  test(covers('GET /oauth2/authorize', 200, '9.3: a service asks, keeps the query of its address, and may be sent to by the form'), async () => {
    const browser = as(makeUser(hub, 'dora'));
    const page = await browser.get(authorizePath(askOf(board)));
    expect([page.status, page.text.includes('board asks who you are')]).toEqual([200, true]);
    expect(page.headers['content-security-policy']).toContain("form-action 'self' https://board.example;");
    const res = await browser.post(authorizePath(askOf(board)), { answer: 'yes', scopes: 'access:services!service=board' });
    expect(res.headers['location']).toMatch(/^https:\/\/board\.example\/back\?x=1&code=[\w-]{43}&state=s-1$/);
    const { body } = await redeem(port, exchangeOf(board, codeIn(String(res.headers['location']))));
    expect(body['scope']).toBe('read:users:name!user read:users:groups!user access:services!service=board');
    expect((await whoIs(port, String(body['access_token']))).body).toMatchObject({ name: 'dora', scopes: ['access:services!service=board', 'read:users:groups!user=dora', 'read:users:name!user=dora'] });
    // What was not agreed to is asked for again.
    expect((await browser.get(authorizePath(askOf(board)))).status).toBe(200);
  });

  test('an empty list means who somebody is and nothing else', async () => {
    const res = await as(makeUser(hub, 'emil')).post(authorizePath(askOf(board)), { answer: 'yes' });
    expect((await redeem(port, exchangeOf(board, codeIn(String(res.headers['location']))))).body['scope']).toBe('read:users:name!user read:users:groups!user');
  });

  test('nothing that was not asked for is granted by adding it to the form', async () => {
    const res = await as(boss).post(authorizePath(askOf(board)), { answer: 'yes', scopes: 'admin:users' });
    expect((await redeem(port, exchangeOf(board, codeIn(String(res.headers['location']))))).body['scope']).toBe('read:users:name!user read:users:groups!user');
  });

  test('9.3: a service whose visitors are not to be asked gets its code at once', async () => {
    const quiet = { clientId: 'service-quiet', secret: QUIET.token, redirect: '/services/quiet/oauth_callback' };
    const code = await codeFor(own(), quiet);
    expect((await redeem(port, exchangeOf(quiet, code))).status).toBe(200);
  });
});

describe('the exchange', () => {
  test(covers('POST /oauth2/token', 200, '9.1: answers as JupyterHub does, and the token is the visitor, in this session, with these scopes'), async () => {
    const browser = own();
    const { status, headers, body } = await redeem(port, exchangeOf(alice, await codeFor(browser, alice)));
    expect(status).toBe(200);
    expect(body).toEqual({ access_token: expect.stringMatching(/^[\w-]{43}$/) as unknown, expires_in: 1_209_600, token_type: 'Bearer', scope: 'read:users:name!user read:users:groups!user access:servers!server=alice/' });
    expect([headers['cache-control'], headers['pragma']]).toEqual(['no-store', 'no-cache']);
    const identity = await whoIs(port, String(body['access_token']));
    expect(identity.body).toEqual({
      kind: 'user', admin: false, name: 'alice', groups: [], token_id: expect.any(String) as unknown, session_id: browser.cookies.get('jupyterhub-session-id'),
      scopes: ['access:servers!server=alice/', 'read:users:groups!user=alice', 'read:users:name!user=alice'],
    });
  });

  test('the client may say who it is in the header instead', async () => {
    const basic = Buffer.from(`${encodeURIComponent(alice.clientId)}:${alice.secret}`).toString('base64');
    const res = await redeem(port, exchangeOf(alice, await codeFor(own(), alice), { client_id: undefined, client_secret: undefined }), { Authorization: `Basic ${basic}` });
    expect(res.status).toBe(200);
  });

  test('D13: of twenty who come with one code at once, one gets a token, and it ends when the others come', async () => {
    const code = await codeFor(own(), alice);
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(port, exchangeOf(alice, code))));
    const given = answers.filter(({ status }) => status === 200);
    expect(given).toHaveLength(1);
    for (const { status, body } of answers) if (status !== 200) expect([status, body]).toEqual([400, { error: 'invalid_grant' }]);
    expect((await whoIs(port, String(given[0]?.body['access_token']))).status).toBe(403);
  });

  test('D13: the second use of a code ends what the first one gave, and nothing else', async () => {
    const browser = own();
    const [code, other] = [await codeFor(browser, alice), await tokenFor(browser)];
    const token = String((await redeem(port, exchangeOf(alice, code))).body['access_token']);
    expect((await whoIs(port, token)).status).toBe(200);
    expect((await redeem(port, exchangeOf(alice, code))).body).toEqual({ error: 'invalid_grant' });
    expect((await whoIs(port, token)).status).toBe(403);
    expect((await whoIs(port, other)).status).toBe(200);
    expect(hub.store.audit.list({ offset: 0, limit: 5 }).some(({ action }) => action === 'oauth.replay')).toBe(true);
  });

  test('D13: a code lives for 300 seconds', async () => {
    const [early, late] = [await codeFor(own(), alice), await codeFor(own(), alice)];
    clock.advance(299_000);
    expect((await redeem(port, exchangeOf(alice, early))).status).toBe(200);
    clock.advance(1_000);
    expect((await redeem(port, exchangeOf(alice, late))).body).toEqual({ error: 'invalid_grant' });
  });

  test('D13: a code is 256 bits, and the database holds its hash alone', async () => {
    const code = await codeFor(own(), alice);
    expect(Buffer.from(code, 'base64url')).toHaveLength(32);
    expect(hub.store.oauth.byHash(code)).toBeUndefined();
    expect(hub.store.oauth.byHash(createHash('sha256').update(code).digest('base64url'))).toMatchObject({ redirect: alice.redirect, token: null });
  });

  test('D15: a code for one server is nothing to another one, and is not used up by it', async () => {
    const code = await codeFor(own(), alice);
    expect(await redeem(port, exchangeOf({ ...bob, redirect: alice.redirect }, code))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(await redeem(port, exchangeOf(board, code))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await redeem(port, exchangeOf(alice, code))).status).toBe(200);
  });

  test.each([
    ['somebody else\'s secret', () => ({ client_secret: bob.secret })], ['no secret', () => ({ client_secret: undefined })], ['an empty one', () => ({ client_secret: '' })], ['an unknown client', () => ({ client_id: 'nope' })],
    ['somebody else\'s client', () => ({ client_id: bob.clientId })], ['the server\'s other secret', () => ({ client_secret: hub.store.servers.byId(alice.id)?.secret ?? 'x' })], ['a service\'s name', () => ({ client_id: 'service-board' })],
  ])(covers('POST /oauth2/token', 401, 'D15: with %s the client is not known'), async (_name, more) => {
    const code = await codeFor(own(), alice);
    const res = await redeem(port, exchangeOf(alice, code, more()));
    expect([res.status, res.body, res.headers['www-authenticate']]).toEqual([401, { error: 'invalid_client' }, 'Bearer error="invalid_client"']);
    expect((await redeem(port, exchangeOf(alice, code))).status).toBe(200);
  });

  test('D15: a secret in the address is refused, and so it is when the right one is in the body too', async () => {
    const code = await codeFor(own(), alice);
    const path = `/hub/api/oauth2/token?client_id=${alice.clientId}&client_secret=${alice.secret}`;
    expect((await redeem(port, exchangeOf(alice, code, { client_secret: undefined }), {}, path)).status).toBe(401);
    expect((await redeem(port, exchangeOf(alice, code), {}, path)).status).toBe(401);
    expect(JSON.stringify(hub.lines)).not.toContain(alice.secret);
  });

  test(covers('POST /oauth2/token', 400, 'another redirect address, another grant and a body that is no form are answered as JupyterHub answers them'), async () => {
    const code = await codeFor(own(), alice);
    expect((await redeem(port, exchangeOf(alice, code, { redirect_uri: '/user/bob/oauth_callback' }))).body).toEqual({ error: 'invalid_request', error_description: 'Mismatching redirect URI.' });
    expect((await redeem(port, exchangeOf(alice, code, { redirect_uri: undefined }))).body).toEqual({ error: 'invalid_request', error_description: 'Mismatching redirect URI.' });
    expect(await redeem(port, exchangeOf(alice, code, { grant_type: 'client_credentials' }))).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
    expect(await send(port, 'POST', '/hub/api/oauth2/token', { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(exchangeOf(alice, code)) })).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } });
    expect((await redeem(port, exchangeOf(alice, code))).status).toBe(200);
  });

  test('another server\'s credential and a browser\'s cookie change nothing about who the client is', async () => {
    const code = await codeFor(own(), alice);
    expect((await redeem(port, exchangeOf(alice, code), { Authorization: `token ${alice.secret}`, Origin: 'https://evil.example', Cookie: own().cookieHeader() })).status).toBe(200);
  });
});

describe('PKCE', () => {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = { code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256' };

  test('D17: what was authorised with a challenge needs its verifier, and a wrong try does not use it up', async () => {
    const code = await codeFor(own(), alice, challenge);
    expect(await redeem(port, exchangeOf(alice, code))).toMatchObject({ status: 400, body: { error: 'invalid_request', error_description: 'Code verifier required.' } });
    for (const code_verifier of [challenge.code_challenge, verifier.slice(1), '', `${verifier}x`]) expect(await redeem(port, exchangeOf(alice, code, { code_verifier }))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect((await redeem(port, exchangeOf(alice, code, { code_verifier: verifier }))).status).toBe(200);
  });

  test.each([['plain', { code_challenge_method: 'plain' }], ['no method, which means plain', { code_challenge_method: undefined }], ['an unknown method', { code_challenge_method: 's256' }], ['a challenge that is none', { code_challenge: 'x' }], ['a method without a challenge', { code_challenge: undefined }]])('D17: %s is refused', async (_name, more) => {
    const res = await own().get(authorizePath(askOf(alice, { ...challenge, ...more })));
    expect(res.headers['location']).toMatch(/^\/user\/alice\/oauth_callback\?error=invalid_request&error_description=[^&]+&state=s-1$/);
  });

  test('D17: a verifier for a code without a challenge is refused: somebody took it out on the way', async () => {
    const code = await codeFor(own(), alice);
    expect(await redeem(port, exchangeOf(alice, code, { code_verifier: verifier }))).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});
