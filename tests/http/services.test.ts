import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { WebSocket } from 'ws';
import { openStore } from '../../hub/store/create-store';
import { makeToken, makeUser } from '../support/factories';
import { freePort } from '../support/hub-process';
import { createBrowser, setCookies, signedInAs } from '../support/login';
import { startHub, type TestHub, type TestHubOptions } from '../support/start-hub';

const SECRET = 'a-service-token-of-some-length';
const PROGRAM = path.join(__dirname, '..', 'support', 'managed-service.cjs');
let hub: TestHub;
afterEach(() => hub.close());

const start = async (more: Readonly<Record<string, unknown>> = {}, settings: Readonly<Record<string, unknown>> = {}, overrides: TestHubOptions['overrides'] = {}): Promise<void> => {
  const url = `http://127.0.0.1:${await freePort()}`;
  hub = await startHub({ settings: { services: [{ name: 'desk', token: SECRET, url, command: [process.execPath, PROGRAM], ...more }], ...settings }, overrides });
};
const at = (below: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> => fetch(`${hub.origin}${hub.base}services/desk/${below}`, { redirect: 'manual', headers });
const until = async <T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> => {
  for (;;) {
    const got = await ask();
    if (got !== undefined) return got;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
};
const pid = (): number => hub.hub.services.services.pidOf('desk');
const up = (): Promise<true> => until(async () => ((await at('')).status === 200 ? true : undefined));
const read = async (below: string, headers = {}): Promise<Record<string, unknown>> => (await (await at(below, headers)).json()) as Record<string, unknown>;
/** A process that has ended and that nobody asked about yet has a number, and runs no more. */
const runs = (which: number): boolean => existsSync(`/proc/${which}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${which}/stat`, 'utf8'));

describe('a service that the hub runs', () => {
  it('9.2: is told who it is and where the hub is, and nothing of the hub\'s own environment', async () => {
    process.env['BERTH_TEST_SECRET'] = 'x';
    await start({ environment: { MINE: 'yes', JUPYTERHUB_API_TOKEN: 'not this one' } }, { basePath: '/jupyter/' });
    await up();
    const env = await read('env');
    const access = '["access:services","access:services!service=desk"]';
    expect(env).toMatchObject({
      JUPYTERHUB_SERVICE_NAME: 'desk', JUPYTERHUB_API_TOKEN: SECRET, JUPYTERHUB_API_URL: `${hub.origin}/jupyter/hub/api`, JUPYTERHUB_BASE_URL: '/jupyter/', JUPYTERHUB_CLIENT_ID: 'service-desk',
      JUPYTERHUB_SERVICE_PREFIX: '/jupyter/services/desk/', JUPYTERHUB_OAUTH_CALLBACK_URL: '/jupyter/services/desk/oauth_callback', JUPYTERHUB_OAUTH_ACCESS_SCOPES: access,
      JUPYTERHUB_USER: '', JUPYTERHUB_SERVER_NAME: '', MINE: 'yes',
    });
    expect(env).not.toHaveProperty('JUPYTERHUB_ACTIVITY_URL');
    expect(env).not.toHaveProperty('BERTH_TEST_SECRET');
    delete process.env['BERTH_TEST_SECRET'];
  });

  it('is an identity of its own: what it may do is what its roles say, and the audit log names it', async () => {
    await start({ roles: ['keeper'] }, { roles: [{ name: 'keeper', scopes: ['list:users', 'read:services!service', 'servers'] }] });
    makeUser(hub, 'alice');
    await up();
    expect(await read('whoami')).toMatchObject({ kind: 'service', name: 'desk', admin: false, token_id: expect.any(String) as unknown, session_id: null });
    expect((await read('whoami'))['scopes']).toEqual(['delete:servers', 'list:users', 'read:servers', 'read:services!service=desk', 'read:services:name!service=desk', 'read:users:name', 'servers', 'start:servers']);
    const ask = (method: string, below: string): Promise<Response> => fetch(`${hub.origin}/hub/api/${below}`, { method, headers: { Authorization: `Bearer ${SECRET}` } });
    expect([(await ask('GET', 'users')).status, (await ask('POST', 'users')).status, (await ask('POST', 'users/alice/server')).status]).toEqual([200, 403, 201]);
    expect(hub.store.audit.list({ offset: 0, limit: 20 }).find(({ action }) => action === 'server.start')).toMatchObject({ actorKind: 'service', actor: 'desk', via: 'token' });
  });

  it('D04: it reaches the servers that its scopes name and no other, and what it may not see is not there', async () => {
    await start({ roles: ['reader'] }, { roles: [{ name: 'reader', scopes: ['access:servers!user=alice'] }] });
    for (const name of ['alice', 'bob']) expect((await fetch(`${hub.origin}/hub/api/users/${name}/server`, { method: 'POST', headers: { Authorization: `token ${makeToken(hub, makeUser(hub, name))}` } })).status).toBe(201);
    const open = async (user: string): Promise<number> => (await fetch(`${hub.origin}/user/${user}/api`, { headers: { Authorization: `token ${SECRET}` } })).status;
    expect([await open('alice'), await open('bob')]).toEqual([200, 404]);
    expect((await fetch(`${hub.origin}/user/alice/api`, { headers: { Authorization: `token ${SECRET}x` } })).status).toBe(403);
  });

  it('reaches the hub on its own machine whatever the public address is, and no page may come from there', async () => {
    await start({ admin: true }, { publicUrl: 'https://hub.example.org/' });
    await until(async () => ((await at('')).status === 200 ? true : undefined));
    const me = makeUser(hub, 'alice');
    expect(await read('whoami')).toMatchObject({ kind: 'service', admin: true });
    expect(await read('users')).toMatchObject({ items: [{ name: 'alice' }] });
    const { cookie } = hub.hub.services.sessions.start(me, { address: '', userAgent: '' });
    const forged = await fetch(`${hub.origin}/hub/api/users/alice/server`, { method: 'POST', headers: { Cookie: `__Host-hub=${cookie}`, Origin: hub.origin } });
    expect(forged.status).toBe(403);
  });

  it('is started again when it ends, with what it started itself', async () => {
    await start();
    await up();
    const [first, { pid: child }] = [pid(), await read('child')];
    await at('die');
    await until(() => (pid() !== 0 && pid() !== first ? true : undefined));
    await up();
    expect(runs(child as number)).toBe(false);
    expect(hub.lines.find(({ message }) => message === 'a service ended and is started again')).toMatchObject({ level: 'warn', fields: { service: 'desk', exitCode: 3 } });
  });

  it('ends with the hub, by force where it does not by itself', async () => {
    await start({ environment: { STUBBORN: '1' } });
    await up();
    const last = pid();
    await hub.hub.close();
    expect(runs(last)).toBe(false);
  }, 20_000);

  it('is not left over by a hub that was killed: the next one ends it before it starts its own', async () => {
    const store = openStore(':memory:');
    await start({}, {}, { store });
    await up();
    const [left, kept] = [pid(), store.meta.get('service-process:desk') ?? ''];
    // What a hub leaves that has no time to tidy up.
    store.meta.set('service-process:other', kept);
    const next = await startHub({ settings: { services: [{ name: 'other', url: 'http://127.0.0.1:9', command: [process.execPath, '-e', 'setInterval(() => {}, 1000)'] }] }, overrides: { store } });
    await until(() => (runs(left) ? undefined : true));
    await next.hub.close();
  });

  it('writes into the hub\'s log, without its token; a program that does not exist keeps nobody from starting', async () => {
    await start();
    await up();
    const lines = hub.lines.filter(({ message }) => message === 'a service wrote a line').map(({ fields }) => [fields['stream'], fields['line']]);
    expect(lines).toEqual(expect.arrayContaining([['stdout', 'here is my token: (hidden)'], ['stderr', 'and this is an error']]));
    expect(JSON.stringify(hub.lines)).not.toContain(SECRET);
    await hub.close();
    await start({ command: ['/no/such/program'] });
    await until(() => hub.lines.find(({ message }) => message === 'a service ended and is started again'));
    expect((await at('')).status).toBe(503);
    expect((await fetch(`${hub.origin}/hub/health`)).status).toBe(200);
  });
});

describe('what lies below /services/', () => {
  it('B05 and 9.3: a service sees no cookie of the hub, and everything else that its visitors send; nobody has to sign in first', async () => {
    await start();
    await up();
    const alice = makeUser(hub, 'alice');
    const browser = signedInAs(hub, alice);
    browser.cookies.set('service-desk', 'own');
    browser.cookies.set('jupyterhub-session-id', 'abc');
    const seen = JSON.parse((await browser.get('services/desk/headers', { 'X-Forwarded-User': 'root', Authorization: `token ${makeToken(hub, alice, [])}` })).text) as { url: string; headers: Record<string, string> };
    expect(seen.url).toBe('/services/desk/headers');
    expect(seen.headers['cookie']).toBe('service-desk=own; jupyterhub-session-id=abc');
    expect(seen.headers['authorization']).toMatch(/^token /);
    expect(seen.headers).not.toHaveProperty('x-forwarded-user');
    expect(seen.headers).toMatchObject({ 'x-forwarded-proto': 'http', 'x-forwarded-prefix': '/services/desk' });
  });

  it('B06 E05: a service sets cookies below its own path only, none of the hub\'s, and says nothing for the whole origin', async () => {
    await start();
    await up();
    const res = await createBrowser(hub).get('services/desk/headers');
    expect(setCookies(res).map((line) => line.split(';').slice(0, 2).join(';'))).toEqual(['visit=1; Path=/services/desk/', 'here=1; Path=/services/desk/']);
    const page = await createBrowser(hub).get('services/desk/files/x.html');
    expect(page.headers).not.toHaveProperty('service-worker-allowed');
    expect(page.headers).not.toHaveProperty('refresh');
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    expect(page.headers['content-security-policy']).toBe("frame-ancestors 'none'");
  });

  it('WebSockets reach it, its address without a slash leads to it, and what is not there is not', async () => {
    await start();
    await up();
    const socket = new WebSocket(`${hub.origin.replace('http', 'ws')}/services/desk/ws`);
    const answer = await new Promise<string>((resolve, reject) => {
      socket.once('error', reject).once('open', () => socket.send('hello')).once('message', (data) => resolve(String(data)));
    });
    expect(answer).toBe('echo hello');
    socket.close();
    const moved = await fetch(`${hub.origin}/services/desk?x=1`, { redirect: 'manual' });
    expect([moved.status, moved.headers.get('location')]).toEqual([301, '/services/desk/?x=1']);
    expect((await fetch(`${hub.origin}/services/other/`)).status).toBe(404);
    expect((await fetch(`${hub.origin}/services/desktop/`)).status).toBe(404);
  });

  it('servers are counted without services', async () => {
    await start();
    expect((await fetch(`${hub.origin}/hub/metrics`, { headers: { Authorization: `token ${makeToken(hub, makeUser(hub, 'root', { admin: true }))}` } }).then((res) => res.text()))).toMatch(/jupyterhub_running_servers 0\n/);
  });
});
