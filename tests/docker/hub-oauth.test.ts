import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { User } from '../../hub/domain/user';
import { cookieNames } from '../../hub/http/cookies';
import { LABEL } from '../../spawner/labels';
import { createCookieClient, type CookieAnswer, type CookieClient } from '../support/cookie-client';
import { sweepDocker } from '../support/docker-sweep';
import { makeToken, makeUser } from '../support/factories';
import { freePort } from '../support/hub-process';
import { startHub, type TestHub } from '../support/start-hub';
import { eventually } from '../support/test-engine';

jest.setTimeout(90_000);

/** Debian's package of JupyterHub 5.2.1 is in this image; the program is a service as its documentation describes one. */
const IMAGE = 'berth/notebook:latest';
const PROGRAM = readFileSync(path.join(__dirname, '..', 'clients', 'visitors.py'), 'utf8');
/** What the hub tells a service that it runs, and nothing else, goes into the container. */
const TOLD = ['API_TOKEN', 'API_URL', 'BASE_URL', 'CLIENT_ID', 'HOST', 'OAUTH_ACCESS_SCOPES', 'OAUTH_CALLBACK_URL', 'OAUTH_CLIENT_ALLOWED_SCOPES', 'OAUTH_SCOPES', 'SERVICE_NAME', 'SERVICE_PREFIX', 'SERVICE_URL'];
const HERE = '/services/board/';

interface Told {
  readonly visitor: { readonly name: string; readonly kind: string; readonly scopes: readonly string[]; readonly session_id: string | null };
  readonly cookies: readonly string[];
  readonly xsrf: string;
}

const run = `${process.pid}-${randomBytes(4).toString('hex')}`;
let hub: TestHub;
beforeAll(async () => {
  const variables = TOLD.flatMap((name) => ['-e', `JUPYTERHUB_${name}`]);
  // Its network is the machine's, where it listens on loopback alone, as any service that the hub runs.
  const command = ['docker', 'run', '--rm', '--network', 'host', '--label', `${LABEL.run}=${run}`, ...variables, IMAGE, 'python3', '-c', PROGRAM];
  const services = [{ name: 'board', url: `http://127.0.0.1:${await freePort()}`, command, oauthNoConfirm: true }];
  hub = await startHub({ settings: { services, roles: [{ name: 'members', description: 'May open the board.', scopes: ['access:services!service=board'] }] } });
  await eventually('the service answers', async () => (await fetch(`${hub.origin}${HERE}`, { redirect: 'manual' })).status === 302, 60_000);
});
afterAll(async () => {
  await hub.close();
  await sweepDocker(run);
});

const member = (name: string): User => {
  const user = makeUser(hub, name);
  hub.store.roles.grant('members', user.id);
  hub.hub.services.actors.forget();
  return user;
};
/** As a browser, of somebody who is signed in at the hub. */
function visitorOf(user: User): CookieClient & { readonly open: () => Promise<CookieAnswer> } {
  const { cookie } = hub.hub.services.sessions.start(user, { address: '127.0.0.1', userAgent: 'test' });
  const client = createCookieClient(hub.origin, { [cookieNames(false).session]: cookie });
  return { ...client, open: () => client.ask('GET', HERE) };
}
const told = (answer: CookieAnswer): Told => JSON.parse(answer.text) as Told;
const program = (token: string): Promise<Response> => fetch(`${hub.origin}${HERE}`, { redirect: 'manual', headers: { Authorization: `token ${token}` } });
const whose = async (token: string): Promise<unknown> => (await fetch(`${hub.origin}${HERE}whose`, { method: 'POST', body: token })).json();

describe('a service that uses the real HubOAuthenticated of JupyterHub 5.2.1, run by the hub', () => {
  test('9.3: lets a visitor in after one round by way of the hub, with the scope that opened the door, and again without one', async () => {
    const ada = visitorOf(member('ada'));
    const first = await ada.open();
    expect([first.status, first.way]).toEqual([200, ['/hub/api/oauth2/authorize', `${HERE}oauth_callback`, HERE]]);
    expect(told(first).visitor).toMatchObject({ kind: 'user', name: 'ada', session_id: expect.any(String) as unknown });
    expect(told(first).visitor.scopes).toContain('access:services!service=board');
    expect((await ada.open()).way).toEqual([]);
  });

  test('B05: it sees its own cookies and the tag of the session, and none that is a credential at the hub', async () => {
    const bea = visitorOf(member('bea'));
    await bea.open();
    expect(told(await bea.open()).cookies).toEqual(['_xsrf', 'jupyterhub-session-id', 'service-board']);
  });

  test('9.3: its own XSRF check holds behind the proxy: a form needs the token of its page', async () => {
    const cid = visitorOf(member('cid'));
    await cid.open();
    const { xsrf } = told(await cid.open());
    const headers = { Origin: hub.origin };
    expect((await cid.ask('POST', HERE, { headers, form: { text: 'x' }, redirects: false })).status).toBe(403);
    expect((await cid.ask('POST', HERE, { headers, form: { text: 'x', _xsrf: xsrf }, redirects: false })).status).toBe(200);
  });

  test('D16: whoever has no access:services for it is stopped at the hub, with 403', async () => {
    const eve = await visitorOf(makeUser(hub, 'eve')).open();
    expect([eve.status, eve.way]).toEqual([403, ['/hub/api/oauth2/authorize']]);
  });

  test('9.3: it knows a program by its token, and one without the scope is refused by the service itself', async () => {
    const dan = member('dan');
    const may = await program(makeToken(hub, dan, ['access:services!service=board']));
    expect([may.status, ((await may.json()) as Told).visitor.name]).toEqual([200, 'dan']);
    expect((await program(makeToken(hub, dan, ['read:users:name!user']))).status).toBe(403);
  });

  test('9.3: HubAuth.user_for_token names the owner of a token, and nobody for one that is unknown or revoked', async () => {
    const fay = member('fay');
    const token = makeToken(hub, fay);
    expect(await whose(token)).toMatchObject({ kind: 'user', name: 'fay', admin: false, groups: [] });
    expect(await whose('no-such-token')).toBeNull();
    const { token_id: id } = (await (await fetch(`${hub.origin}/hub/api/user`, { headers: { Authorization: `token ${token}` } })).json()) as { readonly token_id: string };
    expect((await fetch(`${hub.origin}/hub/api/users/fay/tokens/${id}`, { method: 'DELETE', headers: { Authorization: `token ${token}` } })).status).toBe(204);
    expect(await whose(token)).toBeNull();
  });

  test('9.3: a visitor who signs out of the hub is nobody to the service at once', async () => {
    const gil = visitorOf(member('gil'));
    await gil.open();
    const page = await gil.ask('GET', '/hub/home');
    const _xsrf = /name="_xsrf" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    expect((await gil.ask('POST', '/hub/logout', { headers: { Origin: hub.origin }, form: { _xsrf } })).path).toBe('/hub/login');
    expect(gil.cookie('service-board', HERE)).toBeDefined();
    const after = await gil.open();
    expect([after.path, after.way]).toEqual(['/hub/login', ['/hub/api/oauth2/authorize', '/hub/login']]);
  });
});
