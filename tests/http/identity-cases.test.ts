import http from 'node:http';
import { makeToken, makeUser, makeUserWithPassword, PASSWORD } from '../support/factories';
import { createFakeClock } from '../support/fake-clock';
import { createBrowser, signedInAs, signIn } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';
import type { User } from '../../hub/domain/user';

let hub: TestHub;
let boss: User;
let alice: User;
let bob: User;
beforeEach(async () => {
  hub = await startHub();
  boss = makeUser(hub, 'boss', { admin: true });
  [alice, bob] = [makeUser(hub, 'alice'), makeUser(hub, 'bob')];
});
afterEach(() => hub.close());

type Method = 'get' | 'post' | 'patch' | 'delete';
const as = (user: User) => {
  const Authorization = `token ${makeToken(hub, user)}`;
  return (method: Method, path: string, body?: object) => {
    const test = createBrowser(hub).raw(method, path, { Authorization, Accept: 'application/json' });
    return body === undefined ? test : test.send(body);
  };
};
const NONE = '0b0b0b0b-0000-4000-8000-000000000000';
/** Everything of an answer that a caller can tell apart: the id that was asked for is the caller's own. */
const seen = (res: { status: number; text: string; headers: Record<string, string> }, asked: string): unknown =>
  [res.status, res.text.replaceAll(asked, 'ASKED').replace(/"requestId":"[^"]*"/, ''), res.headers['x-hub-code'], res.headers['content-type'], res.headers['set-cookie']];

describe('D06: what belongs to somebody else', () => {
  it('D06: a token of bob\'s looks like none, to be seen or revoked', async () => {
    makeToken(hub, bob);
    const foreign = hub.store.tokens.listOf(bob.id)[0]?.id ?? '';
    const ask = as(alice);
    for (const method of ['get', 'delete'] as const) {
      const [theirs, none] = [await ask(method, `hub/api/users/alice/tokens/${foreign}`), await ask(method, `hub/api/users/alice/tokens/${NONE}`)];
      expect(theirs.status).toBe(404);
      expect(seen(theirs, foreign)).toEqual(seen(none, NONE));
    }
    expect(hub.store.tokens.listOf(bob.id)).toHaveLength(1);
  });

  it('D06: bob himself, his tokens, server and progress look like those of nobody, for every route of the API', async () => {
    await signedInAs(hub, bob).post('hub/spawn/bob');
    const ask = as(alice);
    const calls: readonly (readonly [Method, string])[] = [
      ['get', 'hub/api/users/NAME'], ['get', 'hub/api/users/NAME/tokens'], ['post', 'hub/api/users/NAME/tokens'], ['get', `hub/api/users/NAME/tokens/${NONE}`], ['delete', `hub/api/users/NAME/tokens/${NONE}`],
      ['post', 'hub/api/users/NAME/server'], ['delete', 'hub/api/users/NAME/server'], ['get', 'hub/api/users/NAME/server/progress'], ['post', 'hub/api/users/NAME/activity'],
      ['get', 'user/NAME/api/status'], ['get', 'user/NAME/lab'],
    ];
    for (const [method, path] of calls) {
      const [theirs, none] = [await ask(method, path.replace('NAME', 'bob')), await ask(method, path.replace('NAME', 'nobody'))];
      expect([path, [403, 404].includes(theirs.status)]).toEqual([path, true]);
      if (!path.startsWith('user/')) expect([path, seen(theirs, 'bob')]).toEqual([path, seen(none, 'nobody')]);
    }
    expect(hub.store.servers.listOf(bob.id)[0]?.state.kind).toBe('ready');
  });

  it('D06: the pages too', async () => {
    await signedInAs(hub, bob).post('hub/spawn/bob');
    const browser = signedInAs(hub, alice);
    const strip = (text: string): string => text.replace(/Request id: [\w-]+|value="[^"]*"/g, '');
    for (const path of ['hub/spawn/NAME', 'hub/spawn-pending/NAME', 'hub/stop/NAME', 'hub/access/NAME']) {
      const [theirs, none] = [await browser.get(path.replace('NAME', 'bob')), await browser.get(path.replace('NAME', 'nobody'))];
      expect([path, theirs.status, strip(theirs.text)]).toEqual([path, 404, strip(none.text)]);
    }
    const post = async (name: string) => browser.post(`hub/stop/${name}`);
    expect([(await post('bob')).status, (await post('nobody')).status]).toEqual([404, 404]);
  });

  it('D06: for whoever manages one group, an id from outside it is no id', async () => {
    hub.store.roles.put({ name: 'group-admin', description: '', scopes: ['admin-ui', 'admin:users!group=g', 'list:users!group=g'] });
    hub.store.roles.grant('group-admin', alice.id);
    const browser = signedInAs(hub, alice);
    const strip = (text: string): string => text.replace(/Request id: [\w-]+|value="[^"]*"/g, '');
    for (const action of ['approve', 'reset', 'disable', 'enable', 'admin-on', 'researcher-off', 'sessions/end', `sessions/${NONE}/end`]) {
      const [theirs, none] = [await browser.post(`hub/admin/users/${bob.id}/${action}`), await browser.post(`hub/admin/users/${NONE}/${action}`)];
      expect([action, theirs.status, strip(theirs.text)]).toEqual([action, 404, strip(none.text)]);
    }
    const [theirs, none] = [await browser.get(`hub/admin/users/${bob.id}/sessions`), await browser.get(`hub/admin/users/${NONE}/sessions`)];
    expect([theirs.status, strip(theirs.text)]).toEqual([404, strip(none.text)]);
  });
});

describe('scopes and tokens', () => {
  it.each(['read:users!user=', 'read:users!user=alice ', 'read:users !user=alice', 'read:users!user=alice!user=bob', 'read:users!colour=red', 'nonsense', 'admin:users!user', 'read:users!server=', '', '!user=alice'])('D21: a token with %j is refused when it is made', async (scope) => {
    const res = await as(alice)('post', 'hub/api/users/alice/tokens', { scopes: [scope] });
    expect(res.status).toBe(400);
    expect(hub.store.tokens.listOf(alice.id)).toHaveLength(1);
  });

  it('D21: a filter means exactly the one it names', async () => {
    makeUser(hub, 'alice2');
    const narrow = makeToken(hub, boss, ['read:users!user=alice', 'read:servers!server=alice/']);
    const ask = (path: string) => createBrowser(hub).raw('get', path, { Authorization: `token ${narrow}` });
    expect([(await ask('hub/api/users/alice')).status, (await ask('hub/api/users/alice2')).status]).toEqual([200, 404]);
  });

  it('D11: an expired token is worth nothing, and setting the clock back does not help', async () => {
    await hub.close();
    const clock = createFakeClock(new Date());
    hub = await startHub({ clock });
    alice = makeUser(hub, 'alice');
    const { body } = await as(alice)('post', 'hub/api/users/alice/tokens', { expires_in: 60 });
    const use = async (): Promise<number> => (await createBrowser(hub).raw('get', 'hub/api/user', { Authorization: `token ${body.token}` })).status;
    expect(await use()).toBe(200);
    clock.advance(60_000);
    clock.jumpWall(-3_600_000);
    expect(await use()).toBe(403);
  });

  it.each(['%25%27%20OR%201=1--', '%27;DROP TABLE users;--', '%5C', '_', '%00'])('D23: name_filter=%s is text', async (filter) => {
    const res = await as(boss)('get', `hub/api/users?name_filter=${filter}`);
    expect([res.status, res.body]).toEqual([200, []]);
    expect(hub.store.users.list({ offset: 0, limit: 1 }).total).toBe(3);
  });
});

describe('accounts', () => {
  it('A01: a name that does not exist is throttled exactly like one that does', async () => {
    await makeUserWithPassword(hub, 'carol');
    const answers = async (username: string) => {
      const got = [];
      for (let i = 0; i < 7; i++) {
        const res = await signIn(createBrowser(hub), username, 'wrong wrong wrong');
        got.push([res.status, res.text.replaceAll(username, 'NAME').replace(/value="[\w-]{43}"/g, ''), Object.keys(res.headers), res.headers['x-hub-code'], res.headers['retry-after'] !== undefined]);
      }
      return got;
    };
    const [known, unknown] = [await answers('carol'), await answers('nobody-here')];
    expect(known.map(([status]) => status)).toEqual([403, 403, 403, 403, 403, 429, 429]);
    expect(unknown).toEqual(known);
  });

  it.each([['=cmd()'], ['+1'], ['-1'], ['@sum']])('R04: nobody signs up as %s', async (username) => {
    expect((await createBrowser(hub).post('hub/signup', { username, password: PASSWORD, repeat: PASSWORD })).status).toBe(400);
  });

  it('R05: of two administrators who take each other\'s office at once, one stays', async () => {
    const second = makeUser(hub, 'second', { admin: true });
    const [one, two] = [signedInAs(hub, boss), signedInAs(hub, second)];
    const [tokenOne, tokenTwo] = [await one.token(), await two.token()];
    const demote = (browser: typeof one, id: string, xsrf: string) =>
      browser.raw('post', `hub/admin/users/${id}/admin-off`, { Origin: hub.origin, 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' }).type('form').send({ _xsrf: xsrf });
    const statuses = (await Promise.all([demote(one, second.id, tokenOne), demote(two, boss.id, tokenTwo)])).map((res) => res.status).toSorted();
    expect(statuses[0]).toBe(303);
    expect([403, 409]).toContain(statuses[1]);
    expect(hub.store.users.list({ offset: 0, limit: 10 }).users.filter((user) => user.admin)).toHaveLength(1);
  });

  it('R05: neither page nor API disables, demotes or deletes the only administrator, or oneself', async () => {
    const [browser, ask] = [signedInAs(hub, boss), as(boss)];
    for (const action of ['admin-off', 'disable', 'delete']) expect([action, (await browser.post(`hub/admin/users/${boss.id}/${action}`, { volumes: 'keep' })).status]).toEqual([action, 409]);
    expect((await ask('patch', 'hub/api/users/boss', { admin: false })).status).toBe(409);
    expect((await ask('post', 'hub/api/users/boss/disable')).status).toBe(409);
    expect((await ask('delete', 'hub/api/users/boss')).status).toBe(400);
    makeUser(hub, 'second', { admin: true });
    expect((await ask('delete', 'hub/api/users/boss')).status).toBe(400);
    expect(hub.store.users.byId(boss.id)).toMatchObject({ admin: true, status: 'active' });
  });

  it.each([['bob2', 409], ['bob', 409], ['hub', 409], ['a/b', 400], ['', 400]])('R09: renaming alice to %j is refused with %i, also while her server runs', async (name, status) => {
    await signedInAs(hub, alice).post('hub/spawn/alice');
    const res = await as(boss)('patch', 'hub/api/users/alice', { name });
    expect(res.status).toBe(status);
    expect(hub.store.users.byId(alice.id)?.name).toBe('alice');
    expect(hub.hub.routes.list()).toHaveLength(1);
  });

  it('R11: many accounts at once, dropped half way, are made once each when it is asked for again', async () => {
    const usernames = Array.from({ length: 200 }, (_x, i) => `bulk-${i}`);
    const body = JSON.stringify({ usernames });
    const made = () => hub.store.users.list({ offset: 0, limit: 500 }, { nameContains: 'bulk-' }).users;
    await new Promise<void>((resolve) => {
      const req = http.request(`${hub.origin}/hub/api/users`, { method: 'POST', agent: false, headers: { Authorization: `token ${makeToken(hub, boss)}`, 'Content-Type': 'application/json', 'Content-Length': body.length } });
      req.once('error', () => undefined);
      req.once('close', () => resolve());
      req.end(body);
      const watch = setInterval(() => {
        if (made().length === 0) return;
        clearInterval(watch);
        req.destroy();
      }, 5);
    });
    // The hub may still be at work on the first one's list, or be done with it: then nobody is left to make.
    const again = await as(boss)('post', 'hub/api/users', { usernames });
    expect([201, 409]).toContain(again.status);
    expect(made().map((user) => user.name).toSorted()).toEqual(usernames.toSorted());
  });
});
