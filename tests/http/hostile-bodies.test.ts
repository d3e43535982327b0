import { makeToken, makeUser } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { ROUTES } from '../support/routes';
import { startHub, type TestHub } from '../support/start-hub';
import type { User } from '../../hub/domain/user';

const BODIES = ROUTES.filter((route) => route.kind === 'api' && route.method !== 'get').map((route) => [`${route.method} ${route.path}`, route] as const);

let hub: TestHub;
let boss: User;
let token: string;
let leaving = false;
const begin = async (): Promise<void> => {
  hub = await startHub();
  boss = makeUser(hub, 'boss', { admin: true });
  token = makeToken(hub, boss);
  leaving = false;
};
beforeAll(begin);
// A hub that was told to end starts no server any more.
afterEach(async () => {
  if (!leaving) return;
  await hub.close();
  await begin();
});
afterAll(() => hub.close());

let made = 0;
/** One request about a user of its own, so that a route which takes no body may do its work. */
async function send(method: string, pattern: string, body: string | Buffer): Promise<{ readonly status: number; readonly text: string; readonly user: User }> {
  const user = makeUser(hub, `victim-${++made}`);
  const path = pattern.replace(/:(\w+)/g, (_all, name: string) => (name === 'name' ? user.name : 'x'));
  const res = await fetch(`${hub.origin}${path}`, { method: method.toUpperCase(), headers: { Authorization: `token ${token}`, 'Content-Type': 'application/json' }, body: new Uint8Array(Buffer.from(body)) });
  const text = await res.text();
  await hub.hub.services.servers.stopAllOf(user.id);
  leaving ||= pattern === '/hub/api/shutdown' && res.ok;
  return { status: res.status, text, user };
}
const notAdmins = (): boolean => hub.store.users.list({ offset: 0, limit: 10_000 }).users.every((user) => user.admin === (user.id === boss.id));

/** Not JSON at all, whatever the route expects. */
const BROKEN: readonly (readonly [string, Buffer])[] = [
  ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
  ['half an object', Buffer.from('{"admin":')],
  ['a byte order mark in the middle', Buffer.from('{\ufeff"a":1}')],
  ['an endless list', Buffer.from('['.repeat(3000))],
];
/** JSON, but nothing that anybody asked for. */
const ODD: readonly (readonly [string, string])[] = [
  ['a list', '[]'], ['a text', '"x"'], ['nothing', 'null'], ['a number', '1'], ['a huge number', '1e400'],
  ['lists in lists, 3000 deep', `${'['.repeat(3000)}${']'.repeat(3000)}`],
  ['objects in objects, 3000 deep', `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`],
  ['1 MB of keys', `{${Array.from({ length: 60_000 }, (_x, i) => `"key${i}":1`).join(',')}}`],
  ['known keys with the wrong types', '{"usernames":{"a":1},"admin":{},"name":[],"note":7,"scopes":1,"expires_in":[],"roles":{},"user_options":[],"profile":{},"remove":"x","last_activity":{},"servers":[]}'],
];
const POLLUTING = ['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}', '{"usernames":["__proto__"],"admin":true}', '{"user_options":{"__proto__":{"admin":true}}}', '{"name":"__proto__"}'];

describe('what no route may choke on', () => {
  it('D09: there are routes to try', () => expect(BODIES.length).toBeGreaterThan(12));

  it.each(BODIES)('D09: %s refuses what is not JSON', async (_name, { method, path }) => {
    for (const [what, body] of BROKEN) {
      const { status, text } = await send(method, path, body);
      expect([what, status, text.length < 1000]).toEqual([what, 400, true]);
    }
  });

  it.each(BODIES)('D09: %s answers JSON of the wrong shape without an error of its own', async (_name, { method, path }) => {
    for (const [what, body] of ODD) {
      const { status, text } = await send(method, path, body);
      expect([what, status < 500, text.length < 5000]).toEqual([what, true, true]);
    }
    expect(hub.lines.filter((line) => line.level === 'error')).toEqual([]);
    expect(notAdmins()).toBe(true);
  });

  it.each(BODIES)('D08: %s takes no property of every object for a wish', async (_name, { method, path }) => {
    for (const body of POLLUTING) expect([body, (await send(method, path, body)).status < 500]).toEqual([body, true]);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    expect(notAdmins()).toBe(true);
  });

  it('D08: neither does a query or a form', async () => {
    const browser = signedInAs(hub, boss);
    // A stream that would go on is asked for what there is now.
    const query = 'seconds=0&__proto__[admin]=true&constructor[prototype][admin]=true&__proto__=x';
    for (const route of ROUTES.filter((r) => r.method === 'get' && !r.path.includes(':') && !r.path.includes('*'))) expect((await browser.get(`${route.path.slice(1)}?${query}`)).status).toBeLessThan(500);
    for (const path of ['hub/language', 'hub/password', 'hub/admin/users', 'hub/spawn']) expect((await browser.post(path, { '__proto__[admin]': 'true', 'constructor[prototype][admin]': 'true', 'opt-__proto__': 'x' })).status).toBeLessThan(500);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });
});

describe('options of a start', () => {
  const FORBIDDEN = { ip: '169.254.169.254', port: 22, url: 'http://169.254.169.254/', cmd: ['sh'], image: 'evil', volumes: { '/': '/host' }, network: 'host', privileged: true, env: { A: 'b' }, mem_limit: '1T' };

  it.each(Object.entries(FORBIDDEN))('E12: %s is refused by name and starts nothing', async (key, value) => {
    for (const body of [{ [key]: value }, { user_options: { [key]: value } }, { profile: 'default', [key]: value }]) {
      const { status, text, user } = await send('post', '/hub/api/users/:name/server', JSON.stringify(body));
      expect([status, text.includes(key)]).toEqual([400, true]);
      expect(hub.spawner.started.some((start) => start.owner.id === user.id)).toBe(false);
      expect(hub.store.servers.listOf(user.id).every((record) => record.version === 0)).toBe(true);
    }
  });

  it('E12: the form of the start page refuses them too', async () => {
    const alice = makeUser(hub, 'alice');
    const browser = signedInAs(hub, alice);
    for (const key of Object.keys(FORBIDDEN)) expect((await browser.post('hub/spawn/alice', { [`opt-${key}`]: 'x' })).status).toBe(400);
    expect(hub.spawner.started.some((start) => start.owner.id === alice.id)).toBe(false);
  });

  it('E12: a profile that exists is taken', async () => {
    const { status, user } = await send('post', '/hub/api/users/:name/server', JSON.stringify({ user_options: { profile: 'default' } }));
    expect(status).toBe(201);
    expect(hub.spawner.started.find((start) => start.owner.id === user.id)?.profile.slug).toBe('default');
  });
});

describe('what does not exist here', () => {
  it.each(['debug', 'debug/pprof', '.env', '.git/config', 'hub/debug', 'metrics', 'hub/metrics', 'hub/api/info', 'hub/api/metrics', 'server-status', 'hub/api/shutdown', 'hub/api/proxy'])('D24: a stranger gets nothing from /%s', async (path) => {
    const first = await createBrowser(hub).raw('get', path);
    // What is nowhere is looked for below the hub's own place, once.
    const res = first.status === 302 ? await createBrowser(hub).raw('get', `hub/${path}`) : first;
    if (first.status === 302) expect(first.headers['location']).toBe(`/hub/${path}`);
    expect([401, 403, 404, 405]).toContain(res.status);
    expect(res.text).not.toMatch(/process_|nodejs_|HUB_/);
  });

  it('R07: no other route takes an address that the hub would ask', async () => {
    const asked = BODIES.flatMap(([, { method, path }]) => [[method, path] as const]);
    for (const [method, path] of asked) {
      const { status } = await send(method, path, '{"url":"http://169.254.169.254/","webhook":"http://localhost:2375/","registry":"x","logo":"http://10.0.0.1/"}');
      // Routes without a body do not look at one; those with one refuse unknown keys.
      expect(status).toBeLessThan(500);
    }
    const { status, text } = await send('patch', '/hub/api/users/:name', '{"url":"http://169.254.169.254/"}');
    expect([status, text.includes('Invalid JSON keys: url')]).toEqual([400, true]);
  });
});
