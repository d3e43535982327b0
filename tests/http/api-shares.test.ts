import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import { newId, type SessionId } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { hashOfSecret } from '../../hub/services/secrets';
import { makeToken, makeUser } from '../support/factories';
import { createFakeClock } from '../support/fake-clock';
import { createBrowser, NAVIGATION, signedInAs, type Browser } from '../support/login';
import { HIDDEN, lacking, PAGED, refused, seen, startWorld, TIME, type ApiWorld, type Ask } from './api-world';
import { covers } from './coverage';

const SHARING = ['shares!user', 'read:users:name', 'read:groups:name'];
let world: ApiWorld;
let bob: User;
let asAlice: Ask;
let asBob: Ask;
let asBoss: Ask;

/** Sharing is off unless a role gives it. */
const allowSharing = (user: User): void => {
  world.hub.store.roles.put({ name: 'sharer', description: '', scopes: SHARING });
  world.hub.store.roles.grant('sharer', user.id);
  world.hub.hub.services.actors.forget();
};

beforeEach(async () => {
  world = await startWorld({ settings: { server: { named: true } } });
  bob = makeUser(world.hub, 'bob');
  allowSharing(world.alice);
  [asAlice, asBob, asBoss] = [world.as(world.alice), world.as(bob), world.as(world.boss)];
});
afterEach(async () => {
  await world.hub.hub.services.servers.stopAllOf(world.alice.id);
  await world.hub.close();
});

const publicOrigin = (): string => new URL(world.hub.hub.url).origin;
/** On the hub's own host the first visit is asked about: pages of others run beside one's own. */
const enter = async (browser: Browser): Promise<void> => {
  expect((await browser.get('user/alice/lab')).headers['location']).toBe('/hub/access/alice');
  expect((await browser.raw('get', 'user/alice/api')).status).toBe(403);
  expect((await browser.post('hub/access/alice')).headers['location']).toBe('/user/alice/');
  expect((await browser.get('user/alice/lab')).status).toBe(200);
};
const model = (to: object, more: object = {}) => ({
  server: { user: { name: 'alice' }, name: '', url: '/user/alice/', full_url: `${publicOrigin()}/user/alice/`, ready: false },
  scopes: ['access:servers!server=alice/'], user: null, group: null, kind: 'user', created_at: TIME, ...to, ...more,
});
const withBob = (more: object = {}) => model({ user: { name: 'bob' } }, more);
const running = () => ({ ...withBob().server, ready: true });
const withLab = (more: object = {}) => model({ group: { name: 'lab' }, kind: 'group' }, more);
const page = (items: readonly object[], more: object = {}) => ({ items, _pagination: { offset: 0, limit: 200, total: items.length, next: null, ...more } });
const makeLab = async (): Promise<void> => void (await asBoss('post', '/groups/lab', { users: ['bob'] }));
const audited = (): readonly unknown[] => world.hub.store.audit.list({ offset: 0, limit: 100 }).filter(({ action }) => action.startsWith('share')).map(({ actor, action, target }) => [actor, action, target]);

describe('/shares/{owner}', () => {
  it(covers('GET /shares/{owner}', 200, 'lists the shares of all servers in an envelope, whatever is asked for'), async () => {
    await makeLab();
    await asAlice('put', '/users/alice/servers/two');
    expect(await seen(asAlice('get', '/shares/alice'))).toEqual([200, page([])]);
    await asAlice('post', '/shares/alice/', { user: 'bob' });
    await asAlice('post', '/shares/alice/two', { group: 'lab' });
    const two = withLab({ server: { user: { name: 'alice' }, name: 'two', url: '/user/alice/two/', full_url: `${publicOrigin()}/user/alice/two/`, ready: false }, scopes: ['access:servers!server=alice/two'] });
    expect(await seen(asAlice('get', '/shares/alice'))).toEqual([200, page([withBob(), two])]);
    const next = { offset: 1, limit: 1, url: `${world.hub.origin}/hub/api/shares/alice?limit=1&offset=1` };
    expect((await asBoss('get', '/shares/alice?limit=1')).body).toEqual(page([withBob()], { limit: 1, total: 2, next }));
    expect((await asBoss('get', '/shares/alice?offset=1', undefined, PAGED)).body).toEqual(page([two], { offset: 1, limit: 50, total: 2 }));
    expect(await seen(asBoss('get', '/shares/alice?offset=x'))).toEqual(refused(400, 'Invalid argument type, offset and limit must be integers'));
  });

  it(covers('GET /shares/{owner}', 404, 'hides others, and tells who may see all that there is nobody'), async () => {
    for (const name of ['alice', 'nobody']) expect(await seen(asBob('get', `/shares/${name}`))).toEqual([404, HIDDEN]);
    expect(await seen(asBoss('get', '/shares/nobody'))).toEqual(refused(404, 'No such user: nobody'));
    expect(await seen(world.as(world.alice, [])('get', '/shares/alice'))).toEqual([403, lacking('read:shares')]);
  });

  it('writing takes the name of a server: without one it is 405', async () => {
    for (const path of ['/shares/alice', '/share-codes/alice']) {
      for (const method of ['post', 'delete'] as const) expect([path, (await asAlice(method, path, {})).status]).toEqual([path, 405]);
    }
  });
});

describe('/shares/{owner}/{server_name}', () => {
  it(covers('POST /shares/{owner}/{server_name}', 200, 'lets somebody into a server that is not theirs, by browser and by token'), async () => {
    await asAlice('post', '/users/alice/server');
    const browser = signedInAs(world.hub, bob);
    expect((await browser.get('user/alice/lab')).status).toBe(404);
    expect(await seen(asAlice('post', '/shares/alice/', { user: 'bob' }))).toEqual([200, withBob({ server: running() })]);
    await enter(browser);
    expect((await createBrowser(world.hub).raw('get', 'user/alice/api', { Authorization: `token ${makeToken(world.hub, bob)}` })).status).toBe(200);
    expect((await asBob('get', '/user')).body.scopes).toContain('access:servers!server=alice/');
    expect((await browser.get('hub/home')).text).toContain('Shared with you');
    expect((await browser.get('hub/home')).text).toContain('href="/user/alice/"');
    // Nothing else of hers.
    expect((await asBob('get', '/users/alice')).status).toBe(404);
    expect((await asBob('delete', '/users/alice/server')).status).toBe(404);
    expect(audited()).toEqual([['alice', 'share.grant', 'server:alice/']]);
  });

  it(covers('POST /shares/{owner}/{server_name}', 200, 'shares with a group, and adds scopes to a share that is there'), async () => {
    await makeLab();
    expect(await seen(asAlice('post', '/shares/alice/', { group: 'lab', scopes: ['read:servers!server=alice/'] }))).toEqual([200, withLab({ scopes: ['read:servers!server=alice/'] })]);
    const both = ['access:servers!server=alice/', 'read:servers!server=alice/'];
    expect(await seen(asAlice('post', '/shares/alice/', { group: 'lab' }))).toEqual([200, withLab({ scopes: both })]);
    expect((await asBob('get', '/user')).body.scopes).toEqual(expect.arrayContaining(both));
    expect((await asAlice('get', '/shares/alice/')).body.items).toHaveLength(1);
    expect((await asBob('get', '/users/alice/server')).status).toBe(200);
  });

  it(covers('POST /shares/{owner}/{server_name}', 400, 'refuses what is not understood, and people who are none or not active'), async () => {
    makeUser(world.hub, 'wait', { status: 'pending' });
    makeUser(world.hub, 'gone', { status: 'disabled' });
    await makeLab();
    const ask = (body: unknown) => seen(asAlice('post', '/shares/alice/', body));
    expect(await ask({})).toEqual(refused(400, 'Exactly one of user or group must be given'));
    expect(await ask({ user: 'bob', group: 'lab' })).toEqual(refused(400, 'Exactly one of user or group must be given'));
    expect(await ask({ user: 'bob', expires_in: 60 })).toEqual(refused(400, 'Invalid JSON keys: expires_in'));
    for (const user of ['nobody', 'wait', 'gone']) expect(await ask({ user })).toEqual(refused(400, `No such user: ${user}`));
    expect(await ask({ group: 'none' })).toEqual(refused(400, 'No such group: none'));
    expect(await ask({ user: 'alice' })).toEqual(refused(400, 'A server is not shared with its owner'));
    expect(await ask({ user: 'bob', scopes: ['access:servers!user=alice'] })).toEqual(refused(400, '!user=alice not allowed on sharing access:servers, only !server=alice/'));
    for (const scope of ['access:servers!server=alice/other', 'access:servers!server', 'inherit', 'self', 'tokens', 'read:users', 'no:such']) expect([scope, (await ask({ user: 'bob', scopes: [scope] }))[0]]).toEqual([scope, 400]);
    for (const body of ['{', '[]', { user: 1 }, { user: 'bob', scopes: 'x' }]) expect((await ask(body))[0]).toBe(400);
    expect((await asAlice('get', '/shares/alice')).body.items).toEqual([]);
  });

  it(covers('POST /shares/{owner}/{server_name}', 403, 'is off unless a role gives it, and gives nothing that the sharer does not hold'), async () => {
    expect(await seen(asBob('post', '/shares/bob/', { user: 'alice' }))).toEqual([403, lacking('shares')]);
    const narrow = world.as(world.alice, ['shares!user', 'read:users:name!user=bob']);
    expect(await seen(narrow('post', '/shares/alice/', { user: 'bob', scopes: ['start:servers'] }))).toEqual(refused(403, 'Not sharing start:servers on alice/: you do not hold it yourself'));
    expect((await narrow('post', '/shares/alice/', { user: 'bob' })).status).toBe(200);
    // Who exists is not to be found out by sharing.
    for (const user of ['boss', 'nobody']) expect(await seen(narrow('post', '/shares/alice/', { user }))).toEqual([403, lacking('read:users:name')]);
    expect(await seen(narrow('post', '/shares/alice/', { group: 'lab' }))).toEqual([403, lacking('read:groups:name')]);
    expect(await seen(asAlice('post', '/shares/alice/', { user: 'bob', scopes: ['admin:server_state'] }))).toEqual(refused(403, 'Not sharing admin:server_state on alice/: you do not hold it yourself'));
  });

  it(covers('POST /shares/{owner}/{server_name}', 404, 'there is no such server'), async () => {
    expect(await seen(asAlice('post', '/shares/alice/none', { user: 'bob' }))).toEqual([404, HIDDEN]);
    expect(await seen(asBoss('post', '/shares/alice/none', { user: 'bob' }))).toEqual(refused(404, 'No such server: alice/none'));
    for (const owner of ['boss', 'nobody']) expect(await seen(asAlice('post', `/shares/${owner}/`, { user: 'bob' }))).toEqual([404, HIDDEN]);
  });

  it(covers('GET /shares/{owner}/{server_name}', 200, 'lists the shares of one server'), async () => {
    expect(await seen(asAlice('get', '/shares/alice/'))).toEqual([200, page([])]);
    await asAlice('post', '/shares/alice/', { user: 'bob' });
    expect(await seen(asAlice('get', '/shares/alice/'))).toEqual([200, page([withBob()])]);
  });

  it(covers('GET /shares/{owner}/{server_name}', 404, 'there is no such server'), async () => {
    expect(await seen(asBoss('get', '/shares/alice/none'))).toEqual(refused(404, 'No such server: alice/none'));
    expect(await seen(asBob('get', '/shares/alice/'))).toEqual([404, HIDDEN]);
  });

  it(covers('PATCH /shares/{owner}/{server_name}', 200, 'takes some scopes or all back, and is content with nothing to take'), async () => {
    await asAlice('post', '/shares/alice/', { user: 'bob', scopes: ['access:servers', 'read:servers'] });
    expect(await seen(asAlice('patch', '/shares/alice/', { user: 'bob', scopes: ['access:servers'] }))).toEqual([200, withBob({ scopes: ['read:servers!server=alice/'] })]);
    expect(await seen(asAlice('patch', '/shares/alice/', { user: 'bob', scopes: ['access:servers'] }))).toEqual([200, withBob({ scopes: ['read:servers!server=alice/'] })]);
    expect(await seen(asAlice('patch', '/shares/alice/', { user: 'bob' }))).toEqual([200, {}]);
    for (const user of ['bob', 'boss', 'nobody']) expect(await seen(asAlice('patch', '/shares/alice/', { user }))).toEqual([200, {}]);
    expect(await seen(asAlice('patch', '/shares/alice/', {}))).toEqual(refused(400, 'Exactly one of user or group must be given'));
    expect((await asBob('get', '/user')).body.scopes.join()).not.toContain('alice');
    expect(audited().slice(0, 2)).toEqual([['alice', 'share.revoke', 'server:alice/'], ['alice', 'share.revoke', 'server:alice/']]);
  });

  it(covers('DELETE /shares/{owner}/{server_name}', 204, 'shares with nobody any more'), async () => {
    await makeLab();
    for (const to of [{ user: 'bob' }, { group: 'lab' }]) await asAlice('post', '/shares/alice/', to);
    expect(await seen(asAlice('delete', '/shares/alice/'))).toEqual([204, '']);
    expect(await seen(asAlice('delete', '/shares/alice/'))).toEqual([204, '']);
    expect((await asAlice('get', '/shares/alice')).body.items).toEqual([]);
    expect((await asBob('get', '/user')).body.scopes.join()).not.toContain('alice');
    expect(await seen(asBob('delete', '/shares/alice/'))).toEqual([403, lacking('shares')]);
  });
});

describe('/users/{name}/shared and /groups/{name}/shared', () => {
  beforeEach(async () => {
    await makeLab();
    for (const to of [{ user: 'bob' }, { group: 'lab' }]) await asAlice('post', '/shares/alice/', to);
  });

  it(covers('GET /users/{name}/shared', 200, 'lists what is shared with somebody, also by groups'), async () => {
    expect(await seen(asBob('get', '/users/bob/shared'))).toEqual([200, page([withBob(), withLab()])]);
    expect((await asBob('get', '/users/bob/shared?limit=1')).body._pagination).toMatchObject({ total: 2, next: { offset: 1 } });
  });

  it(covers('GET /users/{name}/shared', 404, 'hides others'), async () => {
    for (const name of ['boss', 'nobody']) expect(await seen(asBob('get', `/users/${name}/shared`))).toEqual([404, HIDDEN]);
    expect(await seen(asBoss('get', '/users/nobody/shared'))).toEqual(refused(404, 'No such user: nobody'));
  });

  it(covers('GET /groups/{name}/shared', 200, 'lists what is shared with a group'), async () => {
    expect(await seen(asBoss('get', '/groups/lab/shared'))).toEqual([200, page([withLab()])]);
    expect(await seen(asBob('get', '/groups/lab/shared'))).toEqual([403, lacking('read:groups:shares')]);
    expect(await seen(asBoss('get', '/groups/none/shared'))).toEqual(refused(404, 'No such group: none'));
  });

  it(covers('GET /users/{name}/shared/{owner}/{server_name}', 200, 'shows one share'), async () => {
    expect(await seen(asBob('get', '/users/bob/shared/alice/'))).toEqual([200, withBob()]);
  });

  it(covers('GET /users/{name}/shared/{owner}/{server_name}', 404, 'what is not shared is as unknown as what does not exist'), async () => {
    for (const path of ['boss/', 'nobody/', 'alice/none']) expect(await seen(asBob('get', `/users/bob/shared/${path}`))).toEqual(refused(404, `No such share for user bob on ${path}`));
  });

  it(covers('DELETE /users/{name}/shared/{owner}/{server_name}', 204, 'leaves what is shared with oneself, and what is shared with a group stays'), async () => {
    expect(await seen(asBob('delete', '/users/bob/shared/alice/'))).toEqual([204, '']);
    expect(await seen(asBob('delete', '/users/bob/shared/alice/'))).toEqual(refused(404, 'No such share for user bob on alice/'));
    expect((await asBob('get', '/users/bob/shared')).body.items).toEqual([withLab()]);
    expect(audited()[0]).toEqual(['bob', 'share.leave', 'server:alice/']);
  });

  it(covers('GET /groups/{name}/shared/{owner}/{server_name}', 200, 'shows the share of a group'), async () => {
    expect(await seen(asBoss('get', '/groups/lab/shared/alice/'))).toEqual([200, withLab()]);
  });

  it(covers('DELETE /groups/{name}/shared/{owner}/{server_name}', 204, 'gives up the share of a group'), async () => {
    expect(await seen(asBob('delete', '/groups/lab/shared/alice/'))).toEqual([403, lacking('groups:shares')]);
    expect(await seen(asBoss('delete', '/groups/lab/shared/alice/'))).toEqual([204, '']);
    expect(await seen(asBoss('delete', '/groups/lab/shared/alice/'))).toEqual(refused(404, 'No such share for group lab on alice/'));
    expect((await asBob('get', '/users/bob/shared')).body.items).toEqual([withBob()]);
  });
});

describe('a share that ends', () => {
  /** A WebSocket of bob's in alice's server, and one in his own. */
  const openBoth = async (browser: Browser): Promise<{ readonly closed: Promise<number>; readonly own: WebSocket }> => {
    for (const name of ['alice', 'bob']) await asBoss('post', `/users/${name}/server`);
    await enter(browser);
    const open = async (name: string): Promise<WebSocket> => {
      const socket = new WebSocket(`${world.hub.origin.replace('http', 'ws')}/user/${name}/ws`, { headers: { Cookie: browser.cookieHeader(), Origin: world.hub.origin } });
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      return socket;
    };
    const theirs = await open('alice');
    return { closed: new Promise((resolve) => theirs.once('close', resolve)), own: await open('bob') };
  };
  const ends: readonly [string, object, () => PromiseLike<unknown>][] = [
    ['its owner revokes it', { user: 'bob' }, () => asAlice('patch', '/shares/alice/', { user: 'bob' })],
    ['its owner revokes all', { user: 'bob' }, () => asAlice('delete', '/shares/alice/')],
    ['the guest leaves it', { user: 'bob' }, () => asBob('delete', '/users/bob/shared/alice/')],
    ['it is taken from the group', { group: 'lab' }, () => asBoss('delete', '/groups/lab/shared/alice/')],
    ['the guest leaves the group', { group: 'lab' }, () => asBoss('delete', '/groups/lab/users', { users: ['bob'] })],
    ['the group is deleted', { group: 'lab' }, () => asBoss('delete', '/groups/lab')],
  ];

  it.each(ends)('D22: when %s, the open WebSocket closes at once and the next request is refused; what is one\'s own stays open', async (_how, to, end) => {
    await makeLab();
    await asAlice('post', '/shares/alice/', to);
    const browser = signedInAs(world.hub, bob);
    const token = { Authorization: `token ${makeToken(world.hub, bob)}` };
    const { closed, own } = await openBoth(browser);
    expect((await browser.raw('get', 'user/alice/api', token)).status).toBe(200);
    await end();
    expect(await closed).toBe(1008);
    expect((await browser.get('user/alice/lab')).status).toBe(404);
    expect((await createBrowser(world.hub).raw('get', 'user/alice/api', token)).status).toBe(404);
    expect(own.readyState).toBe(WebSocket.OPEN);
    own.close();
    await asBoss('delete', '/users/bob/server');
  });

  it('D22: a server that is made anew under the name of one that was shared is shared with nobody', async () => {
    await asAlice('put', '/users/alice/servers/two');
    await asAlice('post', '/shares/alice/two', { user: 'bob' });
    expect((await asBob('get', '/user')).body.scopes).toContain('access:servers!server=alice/two');
    await asAlice('delete', '/users/alice/servers/two', { remove: true });
    await asAlice('put', '/users/alice/servers/two');
    expect((await asBob('get', '/user')).body.scopes.join()).not.toContain('alice/two');
    expect((await asAlice('get', '/shares/alice/two')).body.items).toEqual([]);
  });

  it('D22: renaming the server or its owner moves the share along, and leaves nothing under the old name', async () => {
    await asAlice('put', '/users/alice/servers/two');
    await asAlice('post', '/shares/alice/two', { user: 'bob' });
    await asBob('get', '/user');
    await asAlice('patch', '/users/alice/servers/two', { name: 'three' });
    expect((await asBob('get', '/user')).body.scopes.filter((scope: string) => scope.includes('alice'))).toEqual(['access:servers!server=alice/three']);
    await asBoss('patch', '/users/alice', { name: 'alina' });
    expect((await asBob('get', '/user')).body.scopes.filter((scope: string) => scope.includes('/'))).toEqual(['access:servers!server=alina/three']);
    makeUser(world.hub, 'alice');
    expect((await asBob('get', '/users/bob/shared')).body.items[0].server).toMatchObject({ user: { name: 'alina' }, name: 'three', url: '/user/alina/three/' });
  });

  it('D22: nothing is left of it for owners and guests who are disabled or deleted', async () => {
    await asAlice('post', '/shares/alice/', { user: 'bob', scopes: ['start:servers', 'access:servers'] });
    await asBoss('post', '/users/alice/disable');
    expect((await asBob('get', '/user')).body.scopes.join()).not.toContain('alice');
    expect((await asBob('post', '/users/alice/server')).status).toBe(404);
    await asBoss('delete', '/users/alice');
    makeUser(world.hub, 'alice');
    expect((await asBob('get', '/users/bob/shared')).body.items).toEqual([]);
  });

  it('R01: nobody is led into pages of others unasked: not an administrator, and not somebody who signed in long ago, who needs no password for it', async () => {
    await asAlice('post', '/users/alice/server');
    for (const user of ['boss', 'bob']) await asAlice('post', '/shares/alice/', { user });
    expect((await signedInAs(world.hub, world.boss).get('user/alice/lab')).headers['location']).toBe('/hub/access/alice');
    const old = createBrowser(world.hub);
    const cookie = randomBytes(32).toString('base64url');
    world.hub.store.sessions.create({ id: newId<SessionId>(), user: bob.id, created: new Date(), lastSeen: new Date(), address: '', userAgent: '' }, hashOfSecret(cookie));
    old.cookies.set('hub', cookie);
    expect((await old.get('hub/access/alice')).text).toContain('href="/hub/home">Cancel');
    await enter(old);
    expect(world.hub.store.audit.list({ offset: 0, limit: 1 })).toMatchObject([{ actor: 'bob', action: 'server.enter', target: 'server:alice/' }]);
  });
});

describe('share codes', () => {
  const make = async (body: object = {}): Promise<Record<string, string>> => (await asAlice('post', '/share-codes/alice/', body)).body as Record<string, string>;
  const code = (more: object = {}) => ({ server: withBob().server, scopes: ['access:servers!server=alice/'], id: 'sc_1', created_at: TIME, expires_at: TIME, exchange_count: 0, last_exchanged_at: null, ...more });
  const visit = (browser: Browser, secret: string | undefined, more = '') => browser.get(`hub/accept-share?code=${secret ?? ''}${more}`);

  it(covers('POST /share-codes/{owner}/{server_name}', 200, 'makes a code that is shown once and of which only a hash is kept'), async () => {
    const made = await make();
    const secret = made['code'] ?? '';
    expect(made).toEqual(code({ code: expect.stringMatching(/^[\w-]{43}$/), accept_url: `/hub/accept-share?code=${secret}`, full_accept_url: `${publicOrigin()}/hub/accept-share?code=${secret}` }));
    expect(Date.parse(made['expires_at'] ?? '') - Date.parse(made['created_at'] ?? '')).toBe(86_400_000);
    const listed = await asAlice('get', '/share-codes/alice/');
    expect(JSON.stringify([listed.body, world.hub.store.audit.list({ offset: 0, limit: 100 }), world.hub.lines])).not.toContain(secret);
    expect(audited()).toEqual([['alice', 'share-code.create', 'server:alice/']]);
  });

  it(covers('POST /share-codes/{owner}/{server_name}', 400, 'refuses lifetimes, scopes and keys that are none'), async () => {
    for (const expires_in of [59, 31_536_001, 0, -1, 90.5]) expect(await seen(asAlice('post', '/share-codes/alice/', { expires_in }))).toEqual(refused(400, 'expires_in must be an integer between 60 and 31536000'));
    for (const body of [{ expires_in: '60' }, { scopes: 'x' }, { scopes: ['tokens'] }, { user: 'bob' }]) expect((await asAlice('post', '/share-codes/alice/', body)).status).toBe(400);
    expect((await asAlice('get', '/share-codes/alice')).body.items).toEqual([]);
    for (const expires_in of [60, 31_536_000, null]) expect((await asAlice('post', '/share-codes/alice/', { expires_in })).status).toBe(200);
  });

  it(covers('POST /share-codes/{owner}/{server_name}', 403, 'takes the scopes that it gives'), async () => {
    expect(await seen(asBob('post', '/share-codes/bob/', {}))).toEqual([403, lacking('shares')]);
    expect((await asAlice('post', '/share-codes/alice/', { scopes: ['admin:servers'] })).status).toBe(403);
    expect(await seen(asAlice('post', '/share-codes/boss/', {}))).toEqual([404, HIDDEN]);
  });

  it(covers('GET /share-codes/{owner}', 200, 'lists the codes of all servers'), async () => {
    await asAlice('put', '/users/alice/servers/two');
    await make();
    await asAlice('post', '/share-codes/alice/two', {});
    const two = code({ id: 'sc_2', scopes: ['access:servers!server=alice/two'], server: { ...withBob().server, name: 'two', url: '/user/alice/two/', full_url: `${publicOrigin()}/user/alice/two/` } });
    expect(await seen(asAlice('get', '/share-codes/alice'))).toEqual([200, page([code(), two])]);
    expect(await seen(asBob('get', '/share-codes/alice'))).toEqual([404, HIDDEN]);
    expect(await seen(asAlice('get', '/share-codes/alice/two'))).toEqual([200, page([two])]);
  });

  it(covers('GET /share-codes/{owner}/{server_name}', 200, 'lists the codes of one server'), async () => {
    expect(await seen(asAlice('get', '/share-codes/alice/'))).toEqual([200, page([])]);
    await make();
    expect(await seen(asAlice('get', '/share-codes/alice/'))).toEqual([200, page([code()])]);
    expect(await seen(asBoss('get', '/share-codes/alice/none'))).toEqual(refused(404, 'No such server: alice/none'));
  });

  it(covers('DELETE /share-codes/{owner}/{server_name}', 204, 'ends one by its id or its code, or all'), async () => {
    const [, two] = [await make(), await make(), await make(), await make()];
    expect(await seen(asAlice('delete', '/share-codes/alice/?id=sc_1'))).toEqual([204, '']);
    expect(await seen(asAlice('delete', `/share-codes/alice/?code=${two?.['code']}`))).toEqual([204, '']);
    expect((await asAlice('get', '/share-codes/alice')).body.items.map(({ id }: { id: string }) => id)).toEqual(['sc_3', 'sc_4']);
    expect((await visit(signedInAs(world.hub, bob), two?.['code'])).status).toBe(404);
    expect(await seen(asAlice('delete', '/share-codes/alice/'))).toEqual([204, '']);
    expect((await asAlice('get', '/share-codes/alice')).body.items).toEqual([]);
  });

  it(covers('DELETE /share-codes/{owner}/{server_name}', 404, 'nothing matches'), async () => {
    await make();
    await asAlice('put', '/users/alice/servers/two');
    // Not of that server, not an id, not a code.
    for (const query of ['two?id=sc_1', '?id=sc_9', '?id=1', '?id=', '?code=x']) expect([query, await seen(asAlice('delete', `/share-codes/alice/${query}`))]).toEqual([query, refused(404, 'No such share code')]);
    expect((await asAlice('get', '/share-codes/alice')).body.items).toHaveLength(1);
  });

  it('the link asks first, and the form exchanges the code; it is counted, and good for others too', async () => {
    const secret = (await make())['code'] ?? '';
    const browser = signedInAs(world.hub, bob);
    const asked = await visit(browser, secret, '&next=%2Fuser%2Falice%2Flab%2Ftree%2Fx');
    expect([asked.status, asked.text.includes('alice invites you into a server: Default server.'), asked.text.includes('access:servers!server=alice/')]).toEqual([200, true, true]);
    expect((await asAlice('get', '/shares/alice')).body.items).toEqual([]);
    await asAlice('post', '/users/alice/server');
    const accepted = await browser.post('hub/accept-share', { code: secret });
    expect([accepted.status, accepted.headers['location']]).toEqual([302, '/user/alice/']);
    // Who accepted is not asked again, and the owner sees who came.
    expect((await browser.get('user/alice/')).status).toBe(200);
    expect((await signedInAs(world.hub, world.alice).get('hub/home')).text).toMatch(/Who else opened your servers[^]*bob/);
    const again = await browser.post('hub/accept-share', { code: secret, next: '/user/alice/lab/tree/x' });
    expect([again.status, again.headers['location']]).toEqual([302, '/user/alice/lab/tree/x']);
    expect((await asAlice('get', '/shares/alice')).body.items).toEqual([withBob({ server: running() })]);
    expect((await asAlice('get', '/share-codes/alice')).body.items).toEqual([code({ server: running(), exchange_count: 2, last_exchanged_at: TIME })]);
    expect(audited()[0]).toEqual(['bob', 'share-code.accept', 'server:alice/']);
  });

  it('C06: a program exchanges a code by its token, for the one whose token it is, and not without the scope', async () => {
    const secret = (await make())['code'] ?? '';
    expect((await asBob('post', '/users/alice/shared', { code: secret })).status).toBe(404);
    expect((await asBoss('post', '/users/bob/shared', { code: secret })).status).toBe(403);
    const narrow = { Authorization: `token ${makeToken(world.hub, bob, ['read:users!user'])}`, 'Content-Type': 'application/json' };
    expect((await createBrowser(world.hub).raw('post', 'hub/api/users/bob/shared', narrow).send(JSON.stringify({ code: secret }))).status).toBe(403);
    expect((await asAlice('get', '/shares/alice')).body.items).toEqual([]);
    expect(await seen(asBob('post', '/users/bob/shared', { code: secret }))).toEqual([201, withBob()]);
    expect((await asAlice('get', '/shares/alice')).body.items).toEqual([withBob()]);
    expect(audited()[0]).toEqual(['bob', 'share-code.accept', 'server:alice/']);
    expect((await asBob('post', '/users/bob/shared', { code: 'x' })).status).toBe(404);
  });

  it('a stranger signs in first, and comes back to the question', async () => {
    const secret = (await make())['code'] ?? '';
    const res = await visit(createBrowser(world.hub), secret);
    expect([res.status, res.headers['location']]).toEqual([302, `/hub/login?next=${encodeURIComponent(`/hub/accept-share?code=${secret}`)}`]);
  });

  it('404 for an unknown code, 403 for a server of one\'s own', async () => {
    const secret = (await make())['code'] ?? '';
    const [alice, browser] = [signedInAs(world.hub, world.alice), signedInAs(world.hub, bob)];
    expect((await visit(alice, secret)).status).toBe(403);
    expect((await alice.post('hub/accept-share', { code: secret })).status).toBe(403);
    for (const wrong of ['', 'x', `${secret}x`, randomBytes(32).toString('base64url')]) expect((await visit(browser, wrong)).status).toBe(404);
    expect((await browser.post('hub/accept-share', {})).status).toBe(404);
    expect((await asAlice('get', '/shares/alice')).body.items).toEqual([]);
  });

  it('C06: neither a visit nor a form without its token accepts anything', async () => {
    const secret = (await make())['code'] ?? '';
    const browser = signedInAs(world.hub, bob);
    await visit(browser, secret);
    expect((await browser.raw('post', 'hub/accept-share', { ...NAVIGATION, Origin: world.hub.origin }).type('form').send({ code: secret })).status).toBe(403);
    expect((await asAlice('get', '/shares/alice')).body.items).toEqual([]);
  });

  it('G07 A14: where it leads afterwards is always on this hub, and what is in the address is text', async () => {
    const secret = (await make())['code'] ?? '';
    const browser = signedInAs(world.hub, bob);
    for (const next of ['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)']) {
      const fields = [...(await visit(browser, secret, `&next=${encodeURIComponent(next)}`)).text.matchAll(/name="next" value="([^"]*)"/g)].map(([, value]) => value ?? '');
      const { location } = (await browser.post('hub/accept-share', { code: secret, next })).headers;
      for (const target of [...fields, location ?? '']) expect(target).toMatch(/^\/[^/\\]/);
      expect(new URL(location ?? '', world.hub.origin).origin).toBe(world.hub.origin);
    }
    expect((await visit(browser, secret, `&next=${encodeURIComponent('/x"onmouseover=alert(1)//')}`)).text).not.toContain('"onmouseover');
  });

  it('wrong codes are slowed down for the one who tries them, and for nobody else', async () => {
    const secret = (await make())['code'] ?? '';
    const [browser, carol] = [signedInAs(world.hub, bob), signedInAs(world.hub, makeUser(world.hub, 'carol'))];
    for (let i = 0; i < 5; i++) expect((await visit(browser, randomBytes(32).toString('base64url'))).status).toBe(404);
    const res = await visit(browser, secret);
    expect([res.status, Number(res.headers['retry-after']) > 0]).toEqual([429, true]);
    expect((await visit(carol, secret)).status).toBe(200);
  });

  it('expires, and ends with the owner\'s account', async () => {
    await world.hub.close();
    const clock = createFakeClock();
    world = await startWorld({ clock });
    bob = makeUser(world.hub, 'bob');
    allowSharing(world.alice);
    asAlice = world.as(world.alice);
    const [short, long] = [await make({ expires_in: 60 }), await make({ expires_in: 7200 })];
    clock.advance(60_000);
    const browser = signedInAs(world.hub, bob);
    expect((await visit(browser, short['code'])).status).toBe(404);
    expect((await asAlice('get', '/share-codes/alice')).body.items.map(({ id }: { id: string }) => id)).toEqual(['sc_2']);
    expect((await asAlice('delete', '/share-codes/alice/?id=sc_1')).status).toBe(404);
    await world.as(world.boss)('post', '/users/alice/disable');
    expect((await visit(browser, long['code'])).status).toBe(404);
  });
});
