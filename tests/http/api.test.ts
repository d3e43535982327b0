import { makeToken, makeUser } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';
import type { User } from '../../hub/domain/user';

let hub: TestHub;
let boss: User;
let alice: User;
beforeEach(async () => {
  hub = await startHub();
  boss = makeUser(hub, 'boss', { admin: true });
  alice = makeUser(hub, 'alice');
});
afterEach(() => hub.close());

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
const as = (user: User, scopes?: readonly string[]) => {
  const Authorization = `token ${makeToken(hub, user, scopes)}`;
  return (method: Method, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const test = createBrowser(hub).raw(method, `hub/api${path}`, { Authorization, ...headers });
    return body === undefined ? test : typeof body === 'string' ? test.set('Content-Type', 'application/json').send(body) : test.send(body as object);
  };
};
const named = (name: string) => hub.store.users.byName(name as never);

describe('conventions', () => {
  it('the root says which version of the protocol it speaks', async () => {
    for (const path of ['hub/api', 'hub/api/']) {
      const res = await createBrowser(hub).raw('get', path);
      expect([res.status, res.body]).toEqual([200, { version: '5.2.1' }]);
      expect(res.headers['x-jupyterhub-version']).toBe('5.2.1');
    }
  });

  it('strangers get 403 with exactly two fields, and the code and request id in headers', async () => {
    for (const headers of [{}, { Authorization: 'token nonsense' }, { Authorization: 'Basic YTpi' }]) {
      const res = await createBrowser(hub).raw('get', 'hub/api/user', headers as Record<string, string>);
      expect([res.status, res.body]).toEqual([403, { status: 403, message: 'Forbidden' }]);
      expect(res.headers['x-hub-code']).toBe('forbidden');
      expect(res.headers['x-request-id']).toMatch(/^[\w-]+$/);
    }
  });

  it('unknown paths are 404 and known ones with another method 405, in JSON whatever is accepted', async () => {
    const ask = as(boss);
    const missing = await ask('get', '/nonsense', undefined, { Accept: 'text/html' });
    expect([missing.status, missing.body]).toEqual([404, { status: 404, message: 'Not Found' }]);
    expect((await ask('put', '/users')).body).toEqual({ status: 405, message: 'Method Not Allowed' });
  });

  it('D12: a token in the address is worth nothing and is not logged', async () => {
    const token = makeToken(hub, alice);
    expect((await createBrowser(hub).raw('get', `hub/api/user?token=${token}`)).status).toBe(403);
    expect(JSON.stringify(hub.lines)).not.toContain(token);
  });

  it('the strictest policy applies: nothing runs, nothing is kept', async () => {
    const { headers } = await as(alice)('get', '/user');
    expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none';sandbox");
    expect([headers['cache-control'], headers['referrer-policy'], headers['x-content-type-options'], headers['cross-origin-resource-policy']]).toEqual(['no-store', 'no-referrer', 'nosniff', 'same-origin']);
  });

  it('OPTIONS is 200 for everybody', async () => {
    const res = await fetch(`${hub.origin}/hub/api/users`, { method: 'OPTIONS' });
    expect([res.status, await res.text()]).toEqual([200, '']);
  });
});

describe('GET /user', () => {
  it('says who a token is, with expanded scopes', async () => {
    const { body } = await as(alice)('get', '/user');
    expect(body).toMatchObject({ kind: 'user', name: 'alice', admin: false, groups: [], session_id: null });
    expect(body.scopes).toContain('access:servers!user=alice');
    expect(body.scopes).not.toContain('inherit');
    expect(body.token_id).toEqual(expect.any(String));
  });

  it('D02: a token without scopes gets the identity and nothing else', async () => {
    const ask = as(alice, []);
    const me = await ask('get', '/user');
    expect([me.status, me.body.name, 'servers' in me.body, 'created' in me.body]).toEqual([200, 'alice', false, false]);
    for (const path of ['/users', '/users/alice/tokens', '/users/boss']) expect([403, 404]).toContain((await ask('get', path)).status);
    expect((await ask('post', '/users/alice/server')).status).toBe(403);
  });
});

describe('users', () => {
  it('shows each caller the fields its scopes reach, and leaves the others out', async () => {
    const own = (await as(alice)('get', '/users/alice')).body;
    expect(Object.keys(own).sort()).toEqual(['admin', 'created', 'groups', 'kind', 'last_activity', 'name', 'pending', 'roles', 'server', 'servers']);
    const few = (await as(boss, ['list:users', 'read:users:activity', 'read:servers'])('get', '/users/alice')).body;
    expect(Object.keys(few).sort()).toEqual(['admin', 'kind', 'last_activity', 'name', 'servers']);
    expect(own.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
  });

  it('D06: somebody else’s account looks like none', async () => {
    const other = await as(alice)('get', '/users/boss');
    const none = await as(alice)('get', '/users/nobody');
    expect([other.status, other.body]).toEqual([404, { status: 404, message: 'No access to resources or resources not found' }]);
    expect(none.body).toEqual(other.body);
  });

  it('lists with paging: an envelope on request, with an address that the caller can use', async () => {
    for (const name of ['bob', 'carol', 'dave']) makeUser(hub, name);
    const ask = as(boss);
    const bare = await ask('get', '/users?limit=2&sort=name');
    expect(bare.body.map((u: User) => u.name)).toEqual(['alice', 'bob']);
    const page = await ask('get', '/users?limit=2&sort=name&x', undefined, { Accept: 'application/json, application/jupyterhub-pagination+json' });
    expect(page.body._pagination).toEqual({ offset: 0, limit: 2, total: 5, next: { offset: 2, limit: 2, url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/hub\/api\/users\?/) } });
    const last = await ask('get', '/users?limit=2&offset=4&sort=name', undefined, { Accept: 'application/jupyterhub-pagination+json' });
    expect([last.body.items.map((u: User) => u.name), last.body._pagination.next]).toEqual([['dave'], null]);
    expect((await ask('get', '/users?name_filter=AR')).body.map((u: User) => u.name)).toEqual(['carol']);
    expect((await ask('get', '/users?state=inactive')).body).toHaveLength(5);
    expect((await ask('get', '/users?state=ready')).body).toEqual([]);
  });

  it.each(['limit=NaN', 'offset=1.5', 'limit=1e9', 'sort=;drop', 'state=nonsense'])('D23: refuses %s', async (query) => {
    expect((await as(boss)('get', `/users?${query}`)).status).toBe(400);
  });

  it('D23: clamps limits and takes absolute values', async () => {
    const res = await as(boss)('get', '/users?limit=100000&offset=-1&name_filter=%25', undefined, { Accept: 'application/jupyterhub-pagination+json' });
    expect([res.status, res.body._pagination.limit, res.body._pagination.offset, res.body._pagination.total]).toEqual([200, 200, 1, 0]);
  });

  it('creates, changes and deletes', async () => {
    const ask = as(boss);
    const made = await ask('post', '/users', { usernames: ['Bob', 'alice'] });
    expect([made.status, made.body.map((u: User) => u.name)]).toEqual([201, ['bob']]);
    expect((await ask('post', '/users', { usernames: ['bob'] })).status).toBe(409);
    const one = await ask('post', '/users/carol', { admin: true });
    expect([one.status, one.body.admin, typeof one.body.password]).toEqual([201, true, 'string']);
    expect((await ask('post', '/users/carol')).body).toEqual({ status: 409, message: 'User carol already exists' });
    expect((await ask('patch', '/users/carol', { admin: false })).body.admin).toBe(false);
    expect((await ask('delete', '/users/carol')).status).toBe(204);
    expect((await ask('delete', '/users/carol')).status).toBe(404);
    expect((await ask('delete', '/users/boss')).body).toEqual({ status: 400, message: 'Cannot delete yourself!' });
  });

  it('approves, discards, disables, enables and resets', async () => {
    makeUser(hub, 'new-one', { status: 'pending' });
    makeUser(hub, 'spam', { status: 'pending' });
    const ask = as(boss);
    expect((await ask('get', '/users/new-one')).body.status).toBe('pending');
    expect((await ask('post', '/users/new-one/approve')).body.status).toBe('active');
    expect((await ask('post', '/users/spam/discard')).status).toBe(204);
    expect((await ask('post', '/users/new-one/disable')).body.status).toBe('disabled');
    expect((await ask('post', '/users/new-one/enable')).body.status).toBe('active');
    expect(typeof (await ask('post', '/users/new-one/reset-password')).body.password).toBe('string');
    for (const verb of ['approve', 'discard', 'disable', 'enable', 'reset-password']) expect((await as(alice)('post', `/users/alice/${verb}`)).status).toBe(403);
  });

  it('D04: somebody who administers users is not an administrator', async () => {
    hub.store.roles.put({ name: 'helpdesk', description: '', scopes: ['admin:users', 'tokens'] });
    const helper = makeUser(hub, 'helper');
    hub.store.roles.grant('helpdesk', helper.id);
    const ask = as(helper);
    expect((await ask('patch', '/users/helper', { admin: true })).status).toBe(403);
    expect((await ask('post', '/users/boss/reset-password')).status).toBe(403);
    expect((await ask('post', '/users/boss/tokens', {})).status).toBe(403);
    expect((await ask('delete', '/users/boss')).status).toBe(403);
    expect((await ask('post', '/users', { usernames: ['x'], admin: true })).status).toBe(403);
    expect(named('x')).toBeUndefined();
  });

  it('D05: a filtered scope creates nobody', async () => {
    hub.store.roles.put({ name: 'group-admin', description: '', scopes: ['admin:users!group=g'] });
    hub.store.roles.grant('group-admin', alice.id);
    expect((await as(alice)('post', '/users', { usernames: ['x'] })).status).toBe(403);
    expect((await as(alice)('post', '/users/x')).status).toBe(403);
    expect(named('x')).toBeUndefined();
  });
});

describe('bodies', () => {
  it('D07: keys that may not be set are refused by name', async () => {
    const res = await as(boss)('patch', '/users/alice', { admin: true, groups: ['admins'], scopes: ['*'], id: 1, approved: true });
    expect([res.status, res.body.message]).toEqual([400, 'Invalid JSON keys: groups, scopes, id, approved']);
    expect(named('alice')?.admin).toBe(false);
  });

  it.each(['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}', '{"user_options":{"__proto__":{"admin":true}}}'])('D08: %s pollutes nothing', async (body) => {
    for (const [method, path] of [['patch', '/users/alice'], ['post', '/users'], ['post', '/users/bob'], ['post', '/users/alice/tokens'], ['post', '/users/alice/server']] as const) await as(boss)(method, path, body);
    await as(boss)('get', '/users?__proto__[admin]=true&constructor[prototype][admin]=true');
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    expect(named('alice')?.admin).toBe(false);
  });

  const deep = `{"usernames":${'['.repeat(3000)}${']'.repeat(3000)}}`;
  const keys = `{${Array.from({ length: 60_000 }, (_x, i) => `"key${i}":1`).join(',')}}`;
  it.each([['[]'], ['"x"'], ['null'], ['1'], ['{"usernames":[1]}'], ['{"usernames":{"a":1}}'], ['{"usernames":["' + 'a'.repeat(600) + '"]}'], ['{"usernames":["a/b"]}'], ['{'], [deep], [keys]])('D09: %.40s is 400', async (body) => {
    const res = await as(boss)('post', '/users', body);
    expect(res.status).toBe(400);
    expect(res.text.length).toBeLessThan(1000);
    expect(hub.store.users.list({ offset: 0, limit: 1 }).total).toBe(2);
  });

  it('D09: invalid UTF-8 is 400', async () => {
    const res = await fetch(`${hub.origin}/hub/api/users`, { method: 'POST', headers: { Authorization: `token ${makeToken(hub, boss)}` }, body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]) });
    expect(res.status).toBe(400);
  });
});

describe('tokens', () => {
  it('shows a secret once, lists without it, and revokes', async () => {
    const ask = as(alice);
    const made = await ask('post', '/users/alice/tokens', { note: 'nightly', expires_in: 60 });
    expect([made.status, made.body.user, made.body.note, made.body.kind]).toEqual([201, 'alice', 'nightly', 'api_token']);
    const used = await createBrowser(hub).raw('get', 'hub/api/user', { Authorization: `Bearer ${made.body.token}` });
    expect(used.body.name).toBe('alice');
    const list = await ask('get', '/users/alice/tokens');
    expect(list.body.api_tokens.some((t: { id: string }) => t.id === made.body.id)).toBe(true);
    expect(list.text).not.toContain(made.body.token);
    expect((await ask('delete', `/users/alice/tokens/${made.body.id}`)).status).toBe(204);
    expect((await ask('delete', `/users/alice/tokens/${made.body.id}`)).body).toEqual({ status: 404, message: `No such token ${made.body.id} for user alice` });
    expect((await createBrowser(hub).raw('get', 'hub/api/user', { Authorization: `token ${made.body.token}` })).status).toBe(403);
  });

  it('D11: without a wish it ends after 90 days; for ever is for administrators', async () => {
    const { body } = await as(alice)('post', '/users/alice/tokens');
    expect(Math.abs(Date.parse(body.expires_at) - Date.parse(body.created) - 90 * 86_400_000)).toBeLessThan(1000);
    expect((await as(alice)('post', '/users/alice/tokens', { expires_in: null })).status).toBe(403);
    expect((await as(boss)('post', '/users/boss/tokens', { expires_in: null })).body.expires_at).toBeNull();
  });

  it.each([{ expires_in: 'x' }, { expires_in: -1 }, { expires_in: 1.5 }, { scopes: ['nonsense'] }, { scopes: 'x' }, { scopes: ['admin:users'] }, { roles: ['admin'] }, { colour: 'red' }])('refuses %j', async (body) => {
    expect((await as(alice)('post', '/users/alice/tokens', body)).status).toBe(400);
  });

  it('D06: nobody makes or sees tokens of others', async () => {
    expect((await as(alice)('post', '/users/boss/tokens', {})).status).toBe(403);
    expect((await as(alice)('get', '/users/boss/tokens')).status).toBe(404);
  });
});

describe('limits', () => {
  const auth = (): Record<string, string> => ({ Authorization: `token ${makeToken(hub, boss)}`, 'Content-Type': 'application/json' });

  it('H05: a body of more than 1 MB is 413, and the connection ends', async () => {
    const res = await fetch(`${hub.origin}/hub/api/users`, { method: 'POST', headers: auth(), body: Buffer.alloc(1024 * 1024 + 1, 0x20) });
    expect([res.status, res.headers.get('connection')]).toEqual([413, 'close']);
  });

  it('H05: a large announced body is refused before it is sent', async () => {
    const { request } = await import('node:http');
    const status = await new Promise<number>((resolve, reject) => {
      const req = request(`${hub.origin}/hub/api/users`, { method: 'POST', agent: false, headers: { ...auth(), 'Content-Length': '200000000' } }, (res) => resolve(res.resume().statusCode ?? 0));
      req.once('error', reject);
      req.write('123456789');
    });
    expect(status).toBe(413);
  });

  it('H05: an endless body is refused', async () => {
    const { request } = await import('node:http');
    const status = await new Promise<number>((resolve, reject) => {
      const req = request(`${hub.origin}/hub/api/users`, { method: 'POST', agent: false, headers: { ...auth(), 'Transfer-Encoding': 'chunked' } }, (res) => {
        resolve(res.resume().statusCode ?? 0);
        req.destroy();
      });
      const pump = (): void => {
        while (!req.destroyed && req.write(Buffer.alloc(65_536, 0x20)));
      };
      // The hub hangs up in the middle; what matters is the answer it gave before.
      req.on('drain', pump).once('error', (err: NodeJS.ErrnoException) => (err.code === 'EPIPE' || err.code === 'ECONNRESET' ? undefined : reject(err)));
      pump();
    });
    expect(status).toBe(413);
  });

  it.each(['gzip', 'br', 'deflate', 'gzip, identity'])('H06: a %s body is 415', async (encoding) => {
    const res = await fetch(`${hub.origin}/hub/api/users`, { method: 'POST', headers: { ...auth(), 'Content-Encoding': encoding }, body: Buffer.from('{}') });
    expect(res.status).toBe(415);
  });

  it('a form of more than 64 kB is 413, an upload 415', async () => {
    const browser = signedInAs(hub, alice);
    expect((await browser.post('hub/language', { lang: 'x'.repeat(70_000) })).status).toBe(413);
    const xsrf = await browser.token();
    const upload = await browser.raw('post', `hub/language?_xsrf=${xsrf}`, { Origin: hub.origin, 'Sec-Fetch-Site': 'same-origin' }).field('lang', 'en');
    expect(upload.status).toBe(415);
  });
});

describe('what machines ask', () => {
  it('health answers without the store', async () => {
    const res = await createBrowser(hub).raw('get', 'hub/health');
    expect([res.status, res.text]).toEqual([200, '']);
    expect((await createBrowser(hub).raw('get', 'hub/api/health')).status).toBe(200);
  });

  it('ready names what was checked', async () => {
    const res = await createBrowser(hub).raw('get', 'hub/ready');
    expect([res.status, res.body.ok]).toEqual([200, true]);
    expect(res.body.checks.every((check: object) => Object.keys(check).join() === 'name,ok')).toBe(true);
  });

  it('D24: metrics need a scope', async () => {
    expect((await createBrowser(hub).raw('get', 'hub/metrics')).status).toBe(403);
    expect((await createBrowser(hub).raw('get', 'hub/metrics', { Authorization: `token ${makeToken(hub, alice)}` })).status).toBe(403);
    const res = await createBrowser(hub).raw('get', 'hub/metrics', { Authorization: `token ${makeToken(hub, boss)}` });
    expect(res.status).toBe(200);
    expect(res.text).toContain('jupyterhub_total_users 2');
    expect(res.text).toMatch(/jupyterhub_request_duration_seconds_count\{method="GET",handler="\/hub\/metrics",code="403"\} 2/);
    expect(res.text).not.toContain('alice');
  });

  it('static files are kept for ever under their hash and briefly without', async () => {
    const page = await createBrowser(hub).get('hub/login');
    const css = /href="(\/hub\/static\/hub\.css\?v=\w+)"/.exec(page.text)?.[1] as string;
    const res = await createBrowser(hub).raw('get', css.slice(1));
    expect([res.status, res.headers['content-type'], res.headers['cache-control']]).toEqual([200, 'text/css; charset=utf-8', 'public, max-age=31536000, immutable']);
    expect((await createBrowser(hub).raw('get', 'hub/static/hub.css?v=other')).headers['cache-control']).toBe('public, max-age=300');
  });

  it.each(['..%2f..%2fetc%2fpasswd', '%2e%2e/hub.css', '....//hub.css', '\\..\\hub.css', 'hub.css%00', '.gitignore', '../static-secret/x', 'constructor', '__proto__', ''])('G08: /hub/static/%s is not there', async (name) => {
    const { request } = await import('node:http');
    const { hostname, port } = new URL(hub.origin);
    const status = await new Promise<number>((resolve, reject) => void request({ hostname, port, path: `/hub/static/${name}`, agent: false }, (res) => resolve(res.resume().statusCode ?? 0)).once('error', reject).end());
    expect([400, 404]).toContain(status);
  });
});
