import { once } from 'node:events';
import { request, type IncomingHttpHeaders } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { DEFAULT_SERVER, type ServerId } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { createInternalListener } from '../../hub/internal-listener';
import { createFakeClock, type FakeClock } from '../support/fake-clock';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { isComplete, parseResponse, rawClient } from '../support/raw-client';
import { startHub, type TestHub, type TestHubOptions } from '../support/start-hub';

interface Lab {
  readonly user: User;
  readonly id: ServerId;
  readonly token: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where this lab, and no other, reaches the hub. */
  readonly port: number;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

let hub: TestHub;
let alice: Lab;
let bob: Lab;
let boss: User;

async function startLab(name: string): Promise<Lab> {
  const user = makeUser(hub, name);
  const actor = hub.hub.services.actors.ofUser(user, 'cookie', 'test');
  await hub.hub.services.servers.start(actor, user, DEFAULT_SERVER, {}).settled;
  const env = hub.spawner.started.at(-1)?.env ?? {};
  const id = hub.store.servers.ensure(user.id, DEFAULT_SERVER).id;
  return { user, id, env, token: env['JUPYTERHUB_API_TOKEN'] ?? '', port: Number(new URL((await hub.spawner.hubUrlOf(id)) ?? '').port) };
}

async function open(options: TestHubOptions = {}): Promise<void> {
  hub = await startHub(options);
  boss = makeUser(hub, 'boss', { admin: true });
  alice = await startLab('alice');
  bob = await startLab('bob');
}
const close = async (): Promise<void> => {
  for (const { user } of [alice, bob]) await hub.hub.services.servers.stopAllOf(user.id);
  await hub.close();
};

/** The path as it is given, byte for byte. */
function ask(lab: Lab, method: string, path: string, { token, body, headers = {} }: { token?: string; body?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = { ...(token === undefined ? {} : { Authorization: `token ${token}` }), ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }), ...headers };
    const req = request({ host: '127.0.0.1', port: lab.port, method, path, headers: sent, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
    });
    req.on('error', reject).end(body);
  });
}
const NOT_THERE = { status: 404, text: '{"status":404,"message":"Not Found"}' };
const STRANGER = { status: 403, text: '{"status":403,"message":"Missing or invalid credentials."}' };
const activityAt = (at: string): string => JSON.stringify({ servers: { '': { last_activity: at } }, last_activity: at });
const lastOf = (lab: Lab): number => hub.hub.services.activity.lastOf(lab.id)?.getTime() ?? NaN;
/** As the API writes it: without a fraction where it is zero. */
const jupyterTime = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');
/** A start counts as activity. */
const startOf = (lab: Lab): number => hub.store.servers.byId(lab.id)?.state.since?.getTime() ?? NaN;

describe('what a lab reaches', () => {
  const clock = createFakeClock();
  /** Labs may not ask without end, and these tests ask more than a lab would. */
  const patiently = async (work: () => Promise<Answer>): Promise<Answer> => {
    const res = await work();
    if (res.status !== 429) return res;
    clock.advance(5_000);
    return work();
  };
  beforeAll(() => open({ clock }));
  afterAll(close);

  test('the version needs no credential, and no other site learns it from a browser', async () => {
    for (const path of ['/hub/api', '/hub/api/', '/hub/api?x=1']) {
      const res = await ask(alice, 'GET', path);
      expect([res.status, res.text]).toEqual([200, '{"version":"5.2.1"}']);
      expect(res.headers['x-jupyterhub-version']).toBe('5.2.1');
      expect(Object.keys(res.headers).filter((name) => name.startsWith('access-control') || name === 'set-cookie')).toEqual([]);
    }
  });

  test('D19: a lab may know who it is, with JupyterHub\'s scopes of a server and no others', async () => {
    for (const scheme of ['token', 'Bearer']) {
      const res = await ask(alice, 'GET', '/hub/api/user', { headers: { Authorization: `${scheme} ${alice.token}` } });
      expect([res.status, res.headers['content-type']]).toEqual([200, 'application/json']);
      expect(JSON.parse(res.text)).toEqual({
        kind: 'user', name: 'alice', admin: false, groups: [], last_activity: jupyterTime(startOf(alice)), token_id: `lab:${alice.id}`, session_id: null,
        scopes: ['access:servers!server=alice/', 'read:users:activity!user=alice', 'read:users:groups!user=alice', 'read:users:name!user=alice', 'users:activity!user=alice'],
      });
    }
  });

  test('J03: every route of the hub is 404 there, in the same words, for a lab, an administrator and nobody', async () => {
    const listed = new Set(hub.hub.internalCalls.map(({ method, path }) => `${method} /${path.replace(':self', 'alice')}`));
    const real = { user: 'alice', name: 'alice', server: 'x', sname: '', id: alice.user.id, file: 'hub.css', rest: 'lab', path: 'x', action: 'disable' } as Record<string, string>;
    const paths = new Set(hub.hub.pages.map(({ path }) => path.replace(/\{?[:*](\w+)\}?/g, (_all, name: string) => real[name] ?? 'x')));
    expect(paths.size).toBeGreaterThan(40);
    const cookie = signedInAs(hub, boss).cookieHeader();
    const found: string[] = [];
    for (const path of [...paths, '/', '/metrics', '/hub', '/hub/', '/hub/api/oauth2/token', '/hub/api/oauth2/authorize', '/hub/security/csp-report', '/user/alice/api']) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']) {
        if (listed.has(`${method} ${path}`)) continue;
        for (const credential of [{ token: alice.token }, { token: makeTokenOnce(boss) }, { headers: { Cookie: cookie, Accept: 'text/html' } }, {}]) {
          const res = await patiently(() => ask(alice, method, path, credential));
          if (res.status !== 404 || res.text !== NOT_THERE.text) found.push(`${method} ${path}: ${res.status} ${res.text}`);
        }
      }
    }
    expect(found).toEqual([]);
    expect(hub.hub.internalCalls.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET hub/api', 'GET hub/api/', 'GET hub/api/user', 'POST hub/api/oauth2/token', 'POST hub/api/users/:self/activity', 'POST hub/api/users/:self/heartbeat', 'POST hub/api/users/:self/lease']);
  }, 60_000);

  test('J03: a second spelling of a path is not that path', async () => {
    for (const path of ['//hub/api', '/hub//api/user', '/./hub/api', '/x/../hub/api', '/hub/api/user/', '/HUB/api', '/hub/%61pi', '/hub/api/user;x', '/hub/api/users/alice%2Factivity', '/hub/api/users/alice/activity/', '/hub/api/users/%zz/heartbeat', 'http://hub:8081/hub/api']) {
      const res = await patiently(() => ask(alice, path.includes('users') ? 'POST' : 'GET', path, { token: alice.token }));
      expect([path, res.status, res.text]).toEqual([path, 404, NOT_THERE.text]);
    }
  });

  test('D19: it lists nobody, starts nobody, mints nothing and removes nobody', async () => {
    for (const [method, path] of [['GET', '/hub/api/users'], ['GET', '/hub/api/users/bob'], ['POST', '/hub/api/users/bob/server'], ['POST', '/hub/api/users/alice/tokens'], ['DELETE', '/hub/api/users/alice'], ['DELETE', '/hub/api/users/alice/server']] as const) {
      expect(await patiently(() => ask(alice, method, path, { token: alice.token }))).toMatchObject(NOT_THERE);
    }
  });

  test('E03: neither identity headers, nor a cookie, nor an administrator\'s token, nor a token in the address is a credential there', async () => {
    const cookie = signedInAs(hub, boss).cookieHeader();
    const attempts = [{}, { headers: { Cookie: cookie } }, { token: makeTokenOnce(boss) }, { token: makeTokenOnce(alice.user) }, { headers: { 'X-Hub-User': 'alice', 'Remote-User': 'alice' } }, { headers: { Authorization: `Basic ${alice.token}` } }, { token: `${alice.token}, ${alice.token}` }, { token: alice.env['JUPYTER_TOKEN'] ?? '' }];
    for (const attempt of attempts) expect(await patiently(() => ask(alice, 'GET', '/hub/api/user', attempt))).toMatchObject(STRANGER);
    expect(await patiently(() => ask(alice, 'GET', `/hub/api/user?token=${alice.token}`))).toMatchObject(STRANGER);
  });

  test('E03: the token of a lab is worth nothing on another lab\'s network, and that is noticed', async () => {
    expect(await patiently(() => ask(alice, 'GET', '/hub/api/user', { token: bob.token }))).toMatchObject(STRANGER);
    expect(await patiently(() => ask(alice, 'POST', '/hub/api/users/bob/activity', { token: bob.token, body: activityAt('2999-01-01T00:00:00Z') }))).toMatchObject(STRANGER);
    expect(lastOf(bob)).toBe(startOf(bob));
    const warnings = hub.lines.filter((line) => line.message.includes('token of another'));
    expect(warnings).toEqual([expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ through: alice.id, belongsTo: bob.id }) })]);
    expect(JSON.stringify(hub.lines)).not.toContain(bob.token);
  });

  test('D19: the token of a lab is nobody on the public listener, and its secret between hub and server neither', async () => {
    for (const secret of [alice.token, alice.env['JUPYTER_TOKEN'] ?? '']) {
      for (const path of ['hub/api/user', 'hub/api/users', 'hub/api/users/alice', 'user/alice/api/status']) {
        expect([path, (await createBrowser(hub).raw('get', path, { Authorization: `token ${secret}` })).status]).toEqual([path, 403]);
      }
    }
  });

  test('J18: the environment of a lab has its own secrets, and nothing of the hub or of others', () => {
    const mine = { secret: alice.env['JUPYTER_TOKEN'] ?? '', token: alice.token };
    expect(mine.secret).not.toBe(mine.token);
    const all = JSON.stringify(alice.env);
    for (const foreign of [bob.token, bob.env['JUPYTER_TOKEN'] ?? '?', 'bob', 'boss', bob.id, 'hub.sqlite', hub.hub.config.dataDir]) expect(all).not.toContain(foreign);
    expect(Object.entries(alice.env).filter(([, value]) => /^[\w-]{32,}$/.test(value)).map(([name]) => name).sort()).toEqual(['JUPYTERHUB_API_TOKEN', 'JUPYTER_TOKEN']);
    expect(Object.keys(alice.env).filter((name) => name.startsWith('JUPYTERHUB_')).sort()).toEqual([
      'JUPYTERHUB_ACTIVITY_URL', 'JUPYTERHUB_API_TOKEN', 'JUPYTERHUB_API_URL', 'JUPYTERHUB_BASE_URL', 'JUPYTERHUB_SERVER_NAME', 'JUPYTERHUB_SERVICE_PREFIX', 'JUPYTERHUB_USER',
    ]);
  });
});

describe('activity', () => {
  let clock: FakeClock;
  beforeEach(async () => {
    clock = createFakeClock();
    // Nothing else moves time while servers start.
    await open({ clock });
    clock.advance(3_600_000);
  });
  afterEach(close);

  test('D20: a lab moves the time of its own server, between its start and now', async () => {
    const report = async (at: string): Promise<number> => (await ask(alice, 'POST', '/hub/api/users/alice/activity', { token: alice.token, body: activityAt(at) })).status;
    expect(await report('1970-01-01T00:00:00Z')).toBe(200);
    expect(lastOf(alice)).toBe(startOf(alice));
    expect(await report(new Date(clock.now().getTime() - 60_000).toISOString())).toBe(200);
    expect(lastOf(alice)).toBe(clock.now().getTime() - 60_000);
    expect(await report('2999-01-01T00:00:00Z')).toBe(200);
    expect(lastOf(alice)).toBe(clock.now().getTime());
    hub.hub.services.activity.flush();
    expect(hub.store.servers.byId(alice.id)?.lastActivity).toEqual(clock.now());
    expect(hub.store.users.byId(alice.user.id)?.lastActivity).toEqual(clock.now());
  });

  test('D20: for anybody or anything else it reports nothing', async () => {
    const body = activityAt(clock.now().toISOString());
    expect(await ask(alice, 'POST', '/hub/api/users/bob/activity', { token: alice.token, body })).toMatchObject(NOT_THERE);
    expect(await ask(alice, 'POST', '/hub/api/users/nobody/activity', { token: alice.token, body })).toMatchObject(NOT_THERE);
    const other = JSON.stringify({ servers: { two: { last_activity: clock.now().toISOString() } } });
    expect((await ask(alice, 'POST', '/hub/api/users/alice/activity', { token: alice.token, body: other })).status).toBe(403);
    expect([lastOf(alice), lastOf(bob)]).toEqual([startOf(alice), startOf(bob)]);
  });

  test('a heartbeat counts as activity; no body is needed, and the name may be spelt as clients spell it', async () => {
    expect((await ask(alice, 'POST', '/hub/api/users/%61lice/heartbeat', { token: alice.token })).status).toBe(204);
    expect(lastOf(alice)).toBe(clock.now().getTime());
    expect(await ask(alice, 'POST', '/hub/api/users/bob/heartbeat', { token: alice.token })).toMatchObject(NOT_THERE);
    expect(lastOf(bob)).toBe(startOf(bob));
  });

  test('M17: a token ends with the stop of its server', async () => {
    await hub.hub.services.servers.stopAllOf(alice.user.id);
    // The fake lab is gone; a connection that had its name would still be nobody.
    expect(await ask({ ...alice, port: bob.port }, 'GET', '/hub/api/user', { token: alice.token })).toMatchObject(STRANGER);
    expect(hub.lines.filter((line) => line.message.includes('token of another'))).toEqual([]);
  });

  test('the public API takes the same reports, with a user\'s own token', async () => {
    const as = (user: User, path: string, body: object = {}) => createBrowser(hub).raw('post', `hub/api/users/${path}`, { Authorization: `token ${makeToken(hub, user)}` }).send(body);
    const now = clock.now().toISOString();
    expect((await as(alice.user, 'alice/activity', { servers: { '': { last_activity: now } } })).status).toBe(200);
    expect(lastOf(alice)).toBe(clock.now().getTime());
    clock.advance(1000);
    expect((await as(alice.user, 'alice/heartbeat')).status).toBe(204);
    expect(lastOf(alice)).toBe(clock.now().getTime());
    expect((await as(alice.user, 'bob/heartbeat')).status).toBe(404);
    expect((await as(alice.user, 'bob/activity', { last_activity: now })).status).toBe(404);
    expect((await as(boss, 'boss/heartbeat')).status).toBe(404);
    expect((await as(alice.user, 'alice/activity', { servers: { two: { last_activity: now } } })).body).toEqual({ status: 400, message: "No such server 'two' for user alice" });
    expect((await as(boss, 'bob/heartbeat')).status).toBe(204);
  });
});

describe('below a base path', () => {
  beforeAll(() => open({ settings: { basePath: '/jupyter/' } }));
  afterAll(close);

  test('labs are told the base path, and find the hub below it only', async () => {
    expect(new URL(alice.env['JUPYTERHUB_API_URL'] ?? '').pathname).toBe('/jupyter/hub/api');
    expect((await ask(alice, 'GET', '/jupyter/hub/api')).status).toBe(200);
    expect((await ask(alice, 'POST', new URL(alice.env['JUPYTERHUB_ACTIVITY_URL'] ?? '').pathname, { token: alice.token, body: activityAt('2026-01-01T00:00:00Z') })).status).toBe(200);
    expect(await ask(alice, 'GET', '/hub/api')).toMatchObject(NOT_THERE);
  });
});

describe('Q02: one lab cannot hurt the hub', () => {
  beforeEach(() => open());
  afterEach(close);
  const WHOLE = 'GET /hub/api HTTP/1.1\r\nHost: hub\r\n\r\n';
  const answered = async (client: ReturnType<typeof rawClient>): Promise<number | undefined> => parseResponse(await client.until(isComplete))?.status;

  test('it holds 64 connections, and others keep theirs', async () => {
    const held = Array.from({ length: 64 }, () => rawClient(alice.port, WHOLE));
    expect(await Promise.all(held.map(answered))).toEqual(Array(64).fill(200));
    const more = rawClient(alice.port, WHOLE);
    expect(await more.closed()).toBe('');
    expect((await ask(bob, 'GET', '/hub/api')).status).toBe(200);
    held[0]?.destroy();
    await eventually(async () => (await ask(alice, 'GET', '/hub/api').catch(() => undefined))?.status === 200);
    held.forEach((client) => client.destroy());
  });

  test('its calls are counted, across connections, and nobody else\'s', async () => {
    const statuses = new Set<number>();
    for (let i = 0; i < 40 && !statuses.has(429); i += 1) for (const { status, headers } of await Promise.all(Array.from({ length: 20 }, () => ask(alice, 'GET', '/hub/api')))) {
      statuses.add(status);
      if (status === 429) expect(headers['retry-after']).toBe('1');
    }
    expect([...statuses].sort()).toEqual([200, 429]);
    expect((await ask(bob, 'GET', '/hub/api')).status).toBe(200);
  });

  test('what it sends is small', async () => {
    const long = await ask(alice, 'POST', '/hub/api/users/alice/activity', { token: alice.token, body: JSON.stringify({ x: 'x'.repeat(16 * 1024) }) });
    expect([long.status, long.headers['connection']]).toEqual([413, 'close']);
    expect((await ask(alice, 'GET', '/hub/api', { headers: { 'X-Long': 'x'.repeat(17 * 1024) } })).status).toBe(431);
    expect((await ask(alice, 'POST', '/hub/api/users/alice/activity', { token: alice.token, body: '{' })).text).toBe('{"status":400,"message":"Invalid JSON in body of request"}');
  });

  test('a body that nobody asked for is not read', async () => {
    const client = rawClient(alice.port, 'POST /hub/api/users HTTP/1.1\r\nHost: hub\r\nContent-Length: 999999999\r\n\r\nx');
    expect(parseResponse(await client.closed())).toMatchObject({ status: 404, body: NOT_THERE.text });
  });

  test('whoever sends a request too slowly is cut off, in its headers as in its body', async () => {
    const sockets = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(sockets, 'listening');
    const handled: string[] = [];
    const listener = createInternalListener({
      log: { warn: () => undefined }, requestMs: 200, checkEveryMs: 50,
      handle: (req, res) => {
        handled.push(req.url ?? '');
        req.resume().once('end', () => res.end('read'));
      },
    });
    sockets.on('connection', (socket) => listener.accept(alice.id, socket));
    const { port } = sockets.address() as AddressInfo;
    const slow = [rawClient(port, 'GET /headers HTTP/1.1\r\nHost: h'), rawClient(port, 'POST /body HTTP/1.1\r\nHost: hub\r\nContent-Length: 9\r\n\r\nslow')];
    for (const client of slow) expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 /);
    expect(handled).toEqual(['/body']);
    expect(await rawClient(port, 'GET /quick HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n').closed()).toMatch(/read$/);
    listener.close();
    await new Promise((resolve) => sockets.close(resolve));
  });

  test('a connection is kept and used again; no upgrade and no tunnel is made of it', async () => {
    const client = rawClient(alice.port, WHOLE);
    expect(await answered(client)).toBe(200);
    client.send(`GET /hub/api/user HTTP/1.1\r\nHost: hub\r\nAuthorization: token ${alice.token}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
    await client.until((text) => text.includes('"name":"alice"'));
    client.destroy();
    expect(parseResponse(await rawClient(alice.port, 'CONNECT 10.0.0.1:80 HTTP/1.1\r\nHost: hub\r\n\r\n').closed())?.status).toBe(405);
  });
});

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries += 1) {
    if (tries > 200) throw new Error('did not happen');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const minted = new Map<string, string>();
const makeTokenOnce = (user: User): string => {
  const known = minted.get(user.id) ?? makeToken(hub, user);
  minted.set(user.id, known);
  return known;
};
