import { WebSocketServer, WebSocket } from 'ws';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeToken, makeUser } from '../support/factories';
import { startHubAuthService } from '../support/hub-auth-service';
import { createBrowser, signedInAs } from '../support/login';
import { startHub } from '../support/start-hub';
import { HIDDEN, lacking, refused, seen, startWorld, type ApiWorld, type Ask } from './api-world';
import { covers } from './coverage';

const TOKEN = 'a-token-of-32-characters-0000009';
const DECLARED = { name: 'board', token: 'a-token-of-32-characters-0000000', url: 'http://127.0.0.1:9' };
const PATH = '/services/notes';
let world: ApiWorld;
let ask: Ask;
beforeEach(async () => {
  world = await startWorld({ settings: { services: [DECLARED] } });
  ask = world.as(world.boss);
});
afterEach(() => world.hub.close());

const BAD_URL = 'url must be an http address with a number or localhost, such as http://127.0.0.1:9999, and neither a link-local one nor an engine\'s';
const model = (more: object = {}) => ({ kind: 'service', name: 'notes', admin: false, roles: [], url: '', prefix: '', command: [], pid: 0, info: {}, display: true, ...more });
const withToken = (token: string, path: string) => createBrowser(world.hub).raw('get', `hub/api${path}`, { Authorization: `token ${token}` });
const names = async (): Promise<readonly string[]> => Object.keys((await ask('get', '/services')).body as object);
/** Whoever may manage services and is no administrator. */
const keeper = (): Ask => {
  world.hub.store.roles.put({ name: 'keeper', description: '', scopes: ['admin:services'] });
  world.hub.store.roles.grant('keeper', world.alice.id);
  world.hub.hub.services.actors.forget();
  return world.as(world.alice);
};

describe('POST /services/{name}', () => {
  it(covers('POST /services/{name}', 201, 'makes one that somebody else runs, and says all but its token'), async () => {
    const res = await ask('post', PATH, { name: 'notes', api_token: TOKEN, url: 'http://127.0.0.1:9', info: { a: 1 }, display: false, command: [] });
    expect([res.status, res.body]).toEqual([201, model({ url: 'http://127.0.0.1:9', prefix: '/services/notes/', info: { a: 1 }, display: false })]);
    expect((await ask('get', PATH)).body).toEqual(res.body);
    expect(await names()).toEqual(['board', 'notes']);
    expect((await withToken(TOKEN, '/user')).body).toMatchObject({ kind: 'service', name: 'notes', admin: false, scopes: ['read:services:name!service=notes'] });
    expect((await withToken(TOKEN, '/users')).status).toBe(403);
    expect(world.hub.store.audit.list({ offset: 0, limit: 1 })[0]).toMatchObject({ action: 'service.create', target: 'service:notes', actor: 'boss', detail: { admin: false, url: 'http://127.0.0.1:9' } });
    expect(JSON.stringify([world.hub.store.audit.list({ offset: 0, limit: 50 }), world.hub.store.services.list(), world.hub.lines])).not.toContain(TOKEN);
  });

  it(covers('POST /services/{name}', 201, 'takes nothing at all, and then it has neither a token nor pages'), async () => {
    expect(await seen(ask('post', PATH))).toEqual([201, model()]);
    expect((await fetch(`${world.hub.origin}/services/notes/`)).status).toBe(404);
  });

  it(covers('POST /services/{name}', 201, 'makes an administrator of it, which takes one'), async () => {
    expect(await seen(ask('post', PATH, { admin: true, api_token: TOKEN }))).toEqual([201, model({ admin: true, roles: ['admin'] })]);
    expect((await withToken(TOKEN, '/users')).status).toBe(200);
  });

  it(covers('POST /services/{name}', 409, 'makes none that exists, whoever made it'), async () => {
    await ask('post', PATH);
    for (const name of ['notes', 'board']) expect(await seen(ask('post', `/services/${name}`, { admin: true }))).toEqual(refused(409, `Service ${name} already exists`));
    expect((await ask('get', '/services/board')).body.admin).toBe(false);
  });

  it.each([
    'http://169.254.169.254/', 'http://[fe80::1]/', 'http://0xa9fea9fe/', 'http://2852039166/', 'http://0/', 'http://[::ffff:169.254.169.254]/', 'http://metadata.internal/', 'http://localhost:2375', 'http://127.1:2376/', 'http://255.255.255.255/',
  ])('R07: %s is no address of a service, and nothing is asked there', async (url) => {
    expect(await seen(ask('post', PATH, { url }))).toEqual(refused(400, BAD_URL));
    expect((await ask('get', PATH)).status).toBe(404);
    expect(world.hub.hub.routes.list().map(({ prefix }) => prefix)).toEqual(['/services/board/']);
  });

  it.each([
    [{ colour: 1 }, 'Invalid JSON keys: colour'],
    [{ admin: 'yes' }, 'admin: Invalid input: expected boolean, received string'],
    [{ url: 'file:///etc/passwd' }, BAD_URL],
    [{ url: 'http://user@127.0.0.1/' }, BAD_URL],
    [{ api_token: 'short' }, 'api_token must have at least 16 characters without spaces'],
    [{ api_token: DECLARED.token }, 'Failed to create service notes: its client id or its token is in use'],
    [{ oauth_client_id: 'service-board' }, 'Failed to create service notes: its client id or its token is in use'],
    [{ oauth_client_id: 'jupyterhub-user-alice' }, 'oauth_client_id must be service- and letters, digits, . _ -'],
    [{ oauth_redirect_uri: 'javascript:alert(1)' }, 'oauth_redirect_uri must be an address or a path'],
    [{ oauth_client_allowed_scopes: ['nonsense'] }, "Unknown scope: 'nonsense'"],
    [{ command: ['/bin/sh'] }, 'Failed to create service notes: what the hub runs is named in its configuration'],
    [{ environment: { A: 'b' } }, 'Failed to create service notes: what the hub runs is named in its configuration'],
    [{ user: 'root' }, 'Failed to create service notes: what the hub runs is named in its configuration'],
  ])(covers('POST /services/{name}', 400, 'refuses %j, and makes nothing'), async (body, message) => {
    expect(await seen(ask('post', PATH, body))).toEqual(refused(400, message));
    expect([await names(), world.hub.store.services.list()]).toEqual([['board'], []]);
  });

  it(covers('POST /services/{name}', 400, 'refuses a name that is no part of an address'), async () => {
    for (const name of ['a%2Fb', '%20a', 'a%20b', 'ä', '-a', 'x'.repeat(65)]) expect([name, (await ask('post', `/services/${encodeURI(decodeURI(name))}`)).status]).toEqual([name, 400]);
    for (const body of ['[]', '1', '"x"', '{']) expect((await ask('post', PATH, body)).status).toBe(400);
    expect(await names()).toEqual(['board']);
  });

  it(covers('POST /services/{name}', 403, 'takes the scope, unfiltered'), async () => {
    expect(await seen(world.as(world.alice)('post', PATH))).toEqual([403, lacking('admin:services')]);
    expect(await seen(world.as(world.boss, ['admin:services!service=notes'])('post', PATH))).toEqual([403, lacking('admin:services')]);
  });

  it(covers('POST /services/{name}', 403, 'D04: the scope alone makes no administrator, and nothing that reaches behind the hub or signs people in'), async () => {
    const managed = keeper();
    for (const more of [{ admin: true }, { url: 'http://127.0.0.1:9' }, { oauth_no_confirm: true }, { oauth_client_allowed_scopes: ['inherit'] }, { oauth_redirect_uri: 'https://evil.example/' }, { oauth_client_id: 'service-x' }]) {
      expect((await managed('post', PATH, { api_token: TOKEN, ...more })).status).toBe(403);
    }
    expect((await managed('post', PATH, { api_token: TOKEN })).status).toBe(201);
    expect((await withToken(TOKEN, '/users')).status).toBe(403);
  });

  it('a token that is somebody\'s already becomes no service\'s', async () => {
    const token = makeToken(world.hub, world.alice);
    expect((await ask('post', PATH, { api_token: token })).status).toBe(400);
    expect((await withToken(token, '/user')).body).toMatchObject({ kind: 'user', name: 'alice' });
  });
});

describe('DELETE /services/{name}', () => {
  it(covers('DELETE /services/{name}', 200, 'ends its token, its pages and what is open to it'), async () => {
    const upstream = createServer((_req, res) => res.end('hello'));
    const sockets = new WebSocketServer({ server: upstream });
    await new Promise<void>((resolve) => { upstream.listen(0, '127.0.0.1', resolve); });
    await ask('post', PATH, { api_token: TOKEN, url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` });
    expect(await (await fetch(`${world.hub.origin}/services/notes/`)).text()).toBe('hello');
    const socket = new WebSocket(`${world.hub.origin.replace('http', 'ws')}/services/notes/`);
    await new Promise((resolve) => { socket.once('open', resolve); });
    const closed = new Promise((resolve) => { socket.once('close', resolve); });

    expect(await seen(ask('delete', PATH))).toEqual([200, '']);
    await closed;
    expect((await fetch(`${world.hub.origin}/services/notes/`)).status).toBe(404);
    expect((await withToken(TOKEN, '/user')).status).toBe(403);
    expect([await names(), world.hub.store.services.list()]).toEqual([['board'], []]);
    expect(world.hub.store.audit.list({ offset: 0, limit: 1 })[0]).toMatchObject({ action: 'service.remove', target: 'service:notes', actor: 'boss' });
    expect((await ask('post', PATH, { api_token: TOKEN })).status).toBe(201);
    sockets.close();
    await new Promise((resolve) => { upstream.close(resolve); });
  });

  it(covers('DELETE /services/{name}', 200, 'closes what it had opened itself'), async () => {
    await ask('post', PATH, { api_token: TOKEN, admin: true });
    await world.as(world.alice)('post', '/users/alice/server');
    const socket = new WebSocket(`${world.hub.origin.replace('http', 'ws')}/user/alice/ws`, { headers: { Authorization: `token ${TOKEN}` } });
    await new Promise((resolve, reject) => { socket.once('open', resolve).once('error', reject); });
    const closed = new Promise((resolve) => { socket.once('close', resolve); });
    expect((await ask('delete', PATH)).status).toBe(200);
    await closed;
  });

  it(covers('DELETE /services/{name}', 404, 'knows no other'), async () => {
    expect(await seen(ask('delete', '/services/none'))).toEqual(refused(404, 'No such service: none'));
    for (const name of ['none', 'board']) expect(await seen(world.as(world.boss, ['admin:services!service=other'])('delete', `/services/${name}`))).toEqual([404, HIDDEN]);
  });

  it(covers('DELETE /services/{name}', 405, 'leaves what the configuration declares'), async () => {
    expect(await seen(ask('delete', '/services/board'))).toEqual(refused(405, 'Service board is not modifiable at runtime'));
    expect(await names()).toEqual(['board']);
  });

  it(covers('DELETE /services/{name}', 403, 'D04: the scope alone removes no administrator'), async () => {
    await ask('post', PATH, { admin: true });
    const managed = keeper();
    expect((await managed('delete', PATH)).status).toBe(403);
    expect(await seen(world.as(makeUser(world.hub, 'carol'))('delete', PATH))).toEqual([403, lacking('admin:services')]);
    expect(await names()).toEqual(['board', 'notes']);
  });
});

describe('a service that was made over the API', () => {
  it('signs its visitors in by way of the hub, and its visitors\' tokens end with it', async () => {
    const service = await startHubAuthService();
    await ask('post', PATH, { api_token: TOKEN, url: service.origin, oauth_no_confirm: true });
    service.connect({ api: `${world.hub.origin}/hub/api`, token: TOKEN, name: 'notes' });
    const browser = signedInAs(world.hub, world.boss);
    let res = await browser.get('services/notes/');
    for (let hops = 0; res.status === 302 && hops < 6; hops++) res = await browser.get(new URL(String(res.headers['location']), world.hub.origin).href.slice(world.hub.origin.length + 1));
    expect([res.status, res.text]).toEqual([200, expect.stringContaining('boss')]);
    const visitors = (): number => world.hub.store.tokens.listOf(world.boss.id).filter(({ oauth }) => oauth !== undefined).length;
    expect(visitors()).toBe(1);
    await ask('delete', PATH);
    expect(visitors()).toBe(0);
    await service.close();
  });

  it('is there after a restart, with its token and its place', async () => {
    await ask('post', PATH, { api_token: TOKEN, url: 'http://127.0.0.1:9', oauth_client_allowed_scopes: ['read:users!user'] });
    const before = (await ask('get', PATH)).body as unknown;
    await world.hub.hub.close();
    const next = await startHub({ overrides: { store: world.hub.store } });
    const api = (path: string) => fetch(`${next.origin}/hub/api${path}`, { headers: { Authorization: `token ${TOKEN}` } });
    expect(await (await api('/user')).json()).toMatchObject({ kind: 'service', name: 'notes' });
    expect(await (await fetch(`${next.origin}/hub/api${PATH}`, { headers: { Authorization: `token ${makeToken(next, world.boss)}` } })).json()).toEqual(before);
    expect((await fetch(`${next.origin}/services/notes/`)).status).toBe(503);
    await next.hub.close();
  });

  it('gives way to one of that name in the configuration', async () => {
    await ask('post', PATH, { api_token: TOKEN, admin: true });
    await world.hub.hub.close();
    const next = await startHub({ settings: { services: [{ name: 'notes', token: 'another-token-of-the-file' }] }, overrides: { store: world.hub.store } });
    expect((await fetch(`${next.origin}/hub/api/user`, { headers: { Authorization: `token ${TOKEN}` } })).status).toBe(403);
    expect(next.hub.services.services.byName('notes')?.admin).toBe(false);
    await next.hub.close();
  });
});
