import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { runCli } from '../../hub/cli/program';
import { DEFAULT_SERVER, newId, type GroupId } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { createFakeClock, type FakeClock } from '../support/fake-clock';
import { makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import { SINGLEUSER, startSignInServer, whoIs } from '../support/oauth-client';
import { startHub } from '../support/start-hub';
import { startWorld, type ApiWorld } from './api-world';

const INGEST = 'jupyterlab-notifications-extension/ingest';
const MINUTE = 60_000;

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly token: string;
  readonly body: unknown;
}

/** Labs of several people on one port: each answers what is said here, and 0 is an answer that never comes. */
interface Labs {
  readonly origin: string;
  readonly asked: Asked[];
  readonly answers: Record<string, number>;
  close(): Promise<void>;
}

async function startLabs(): Promise<Labs> {
  const asked: Asked[] = [];
  const answers: Record<string, number> = {};
  const server = http.createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      // The hub asks now and then what the lab is doing.
      if (!req.url?.endsWith(INGEST)) return void res.writeHead(404).end();
      asked.push({ method: req.method, url: req.url, token: req.headers.authorization ?? '', body: JSON.parse(body) });
      const status = answers[/^\/user\/([^/]+)\//.exec(req.url ?? '')?.[1] ?? ''] ?? 200;
      if (status > 0) res.writeHead(status).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, answers, close };
}

let world: ApiWorld;
let clock: FakeClock;
let labs: Labs;
beforeEach(async () => {
  clock = createFakeClock();
  labs = await startLabs();
  world = await startWorld({ clock, overrides: { slowMs: 1 }, settings: { server: { cap: 0 } } });
});
afterEach(async () => {
  await world.hub.close();
  await labs.close();
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Lets time pass until it is so; labs answer over real sockets meanwhile. */
async function until(condition: () => boolean, stepMs = 1): Promise<void> {
  while (!condition()) {
    await turn();
    clock.advance(stepMs);
  }
}
async function settled<T>(work: PromiseLike<T>): Promise<T> {
  let done = false;
  const both = Promise.resolve(work).finally(() => (done = true));
  await until(() => done);
  return both;
}

async function running(name: string, origin = labs.origin): Promise<User> {
  const user = world.named(name) ?? makeUser(world.hub, name);
  await settled(world.as(user)('post', `/users/${name}/server`));
  await until(() => world.hub.store.servers.find(user.id, DEFAULT_SERVER)?.state.kind === 'ready');
  const record = world.hub.store.servers.find(user.id, DEFAULT_SERVER);
  if (record?.state.kind !== 'ready') throw new Error('not ready');
  world.hub.store.servers.transition(record, { ...record.state, origin });
  return user;
}
const boss = () => world.as(world.boss);
const broadcast = async (body: object) => settled(boss()('post', '/notifications/broadcast', body));

test('a broadcast goes into every running lab and answers what the platform answers, word for word', async () => {
  for (const name of ['alice', 'bob', 'carol', 'dave', 'erin']) await running(name);
  await running('frank', 'http://127.0.0.1:9');
  Object.assign(labs.answers, { bob: 404, carol: 401, dave: 500, erin: 0 });
  // One of them says nothing for its five seconds, which are real.
  const res = await boss()('post', '/notifications/broadcast', { message: 'Save <b>now</b>.', variant: 'warning', autoClose: true });
  expect([res.status, res.body]).toEqual([200, {
    total: 6, successful: 1, failed: 5,
    details: [
      { username: 'alice', status: 'success' },
      { username: 'bob', status: 'failed', error: 'Notification extension not installed' },
      { username: 'carol', status: 'failed', error: 'Authentication failed' },
      { username: 'dave', status: 'failed', error: 'Server error processing notification' },
      { username: 'erin', status: 'failed', error: 'Server not responding' },
      { username: 'frank', status: 'failed', error: 'Server not responding' },
    ],
  }]);
  const secret = world.hub.store.servers.find(world.alice.id, DEFAULT_SERVER)?.secret ?? '';
  expect(labs.asked.find(({ url }) => url?.startsWith('/user/alice/'))).toEqual({
    method: 'POST', url: `/user/alice/${INGEST}`, token: `token ${secret}`,
    body: { message: 'Save <b>now</b>.', type: 'warning', autoClose: true, actions: [{ label: 'Dismiss', caption: 'Dismiss this notification', displayType: 'default' }] },
  });
  const written = JSON.stringify(world.hub.lines.filter(({ message }) => message === '[Notification]'));
  expect(written).toContain('"outcome":"SUCCESS"');
  expect(written).not.toContain(secret);
});

test('recipients are those that are named, and nothing else is said about the others', async () => {
  for (const name of ['alice', 'bob', 'carol']) await running(name);
  const group = newId<GroupId>();
  world.hub.store.groups.create({ id: group, name: 'quants', properties: {} });
  world.hub.store.groups.addMember(group, world.named('carol')?.id as never);
  expect((await broadcast({ message: 'x', recipients: ['bob'] })).body).toEqual({ total: 1, successful: 1, failed: 0, details: [{ username: 'bob', status: 'success' }] });
  expect((await broadcast({ message: 'x', recipients: null, groups: ['quants'] })).body).toMatchObject({ details: [{ username: 'carol' }] });
  expect((await boss()('post', '/notifications/preview', { states: ['running'] })).body).toEqual({ total: 3, now: 3, later: 0, users: ['alice', 'bob', 'carol'].map((username) => ({ username, now: true })) });
  expect((await boss()('post', '/notifications/preview', {})).body).toMatchObject({ total: 4, now: 3, later: 1 });
  expect(labs.asked.map(({ url }) => url?.split('/')[2])).toEqual(['bob', 'carol']);
});

test.each([
  ['nothing', {}, /^message: /], ['an empty message', { message: '' }, /message/], ['a long one', { message: 'x'.repeat(141) }, /message/], ['several', { message: ['x'] }, /message/], ['what cannot be seen', { message: 'a\u0000' }, /cannot be seen/],
  ['an unknown type', { message: 'x', variant: 'loud' }, /variant/], ['five milliseconds', { message: 'x', autoClose: 5 }, /autoClose/], ['a word for a choice', { message: 'x', autoClose: 'yes' }, /autoClose/],
  ['nobody', { message: 'x', recipients: [] }, /recipients/], ['an unknown user', { message: 'x', recipients: ['nobody'] }, /^No such user: nobody$/], ['an unknown group', { message: 'x', groups: ['nobody'] }, /^No such group: nobody$/],
  ['an unknown state', { message: 'x', states: ['odd'] }, /states/], ['no time', { message: 'x', from: 'soon' }, /from: expected a time/], ['an unknown key', { message: 'x', type: 'info' }, /^Invalid JSON keys: type$/],
])('R06: a broadcast of %s is refused with a sentence', async (_what, body, words) => {
  const res = await boss()('post', '/notifications/broadcast', body);
  expect([res.status, (res.body as { message: string }).message]).toEqual([400, expect.stringMatching(words)]);
});

test('R06: ten megabytes are refused before anybody reads them, and nobody but an administrator sends anything', async () => {
  expect((await boss()('post', '/notifications/broadcast', { message: 'x'.repeat(10 * 1024 * 1024) })).status).toBe(413);
  const alice = world.as(world.alice);
  for (const [method, where] of [['post', '/notifications/broadcast'], ['post', '/notifications/preview'], ['get', '/notifications'], ['delete', '/notifications'], ['get', '/notifications/x'], ['delete', '/notifications/x'], ['post', '/notifications/x/expire']] as const) {
    expect((await alice(method, where, method === 'post' ? { message: 'x' } : undefined)).status).toBe(403);
  }
  expect((await signedInAs(world.hub, world.alice).post('hub/notifications', { message: 'x' })).status).toBe(403);
});

test('the history says what became of each message; one is ended, deleted, and all are cleared', async () => {
  await running('alice');
  labs.answers['alice'] = 404;
  const first = await broadcast({ message: 'one' });
  const where = String(first.headers['location']).replace('/hub/api', '');
  expect((await boss()('get', where)).body).toMatchObject({ message: 'one', variant: 'info', autoClose: false, phase: 'shown', by: 'boss', total: 2, successful: 0, failed: 1, waiting: 1, until: expect.stringMatching(/^2026-01-12T08:00:00/) as unknown, to: { recipients: null, groups: null, states: null },
    details: [{ username: 'alice', status: 'failed', error: 'Notification extension not installed' }, { username: 'boss', status: 'waiting' }] });
  expect((await boss()('post', `${where}/expire`)).body).toMatchObject({ phase: 'over' });
  clock.jumpWall(2 * 1_440 * MINUTE);
  const later = await boss()('post', '/notifications/broadcast', { message: 'two', from: new Date(clock.now().getTime() + 10 * MINUTE).toISOString() });
  expect([later.status, later.body]).toEqual([202, { total: 0, successful: 0, failed: 0, details: [] }]);
  const texts = async (query: string) => ((await boss()('get', `/notifications${query}`)).body as { message: string }[]).map(({ message }) => message);
  expect([await texts('?range=24h'), await texts('?range=7d'), await texts('?limit=1&offset=1')]).toEqual([['two'], ['two', 'one'], ['one']]);
  expect((await boss()('get', '/notifications?range=1y')).status).toBe(400);
  expect((await boss()('delete', '/notifications')).status).toBe(204);
  expect(await texts('')).toEqual(['two']);
  const two = String(later.headers['location']).replace('/hub/api', '');
  expect([(await boss()('delete', two)).status, (await boss()('get', two)).status, await texts('')]).toEqual([204, 404, []]);
});

test('people without a lab see it on every page, as text, until they dismiss it there or over the API', async () => {
  const bob = makeUser(world.hub, 'bob');
  expect((await broadcast({ message: 'New <img src=x> disks.', variant: 'error' })).body).toMatchObject({ total: 0 });
  const [alice, browser] = [signedInAs(world.hub, world.alice), signedInAs(world.hub, bob)];
  for (const page of ['hub/home', 'hub/token', 'hub/notifications']) expect((await alice.get(page)).text).toContain('New &lt;img src=x> disks.');
  const [own] = (await world.as(bob)('get', '/user/notifications')).body as { id: string; dismissed: string | null }[];
  expect(own).toMatchObject({ message: 'New <img src=x> disks.', variant: 'error', by: 'boss', dismissed: null });
  const gone = await browser.post(`hub/notifications/${own?.id ?? ''}/dismiss`, { next: '/hub/token' });
  expect([gone.status, gone.headers['location']]).toEqual([303, '/hub/token']);
  expect((await browser.get('hub/home')).text).not.toContain('disks');
  expect((await browser.get('hub/notifications')).text).toContain('closed');
  expect((await alice.get('hub/home')).text).toContain('disks');
  expect((await world.as(world.alice)('post', `/user/notifications/${own?.id ?? ''}/dismiss`)).status).toBe(204);
  expect((await world.as(world.alice)('post', '/user/notifications/x/dismiss')).status).toBe(404);
  expect((await world.as(world.boss)('get', '/user/notifications')).body).toHaveLength(1);
});

test('the page writes, says who gets it, keeps what was written when it is refused, and shows what became of it', async () => {
  await running('alice');
  const browser = signedInAs(world.hub, world.boss);
  const empty = await browser.get('hub/notifications?users=alice');
  expect(empty.text).toContain('Nothing was sent in this time');
  expect(empty.text).toContain('0/140');
  expect(empty.text).toMatch(/1 of 1 will get it now, 0 when they start\./);
  const preview = await browser.post('hub/notifications', { act: 'preview', message: 'Hello <there>', variant: 'success' });
  expect([preview.status, preview.text.includes('1 of 2 will get it now, 1 when they start.'), preview.text.includes('Hello &lt;there>')]).toEqual([200, true, true]);
  const refused = await browser.post('hub/notifications', { message: 'Hello there', users: 'alice, alicia' });
  expect([refused.status, refused.text.includes('No such user: alicia'), refused.text.includes('value="alice, alicia"')]).toEqual([400, true, true]);
  expect((await browser.post('hub/notifications', { message: 'x', from: 'soon' })).status).toBe(400);
  const sent = await settled(browser.post('hub/notifications', { message: 'Hello there', users: 'alice', closing: '30000', variant: 'in-progress' }));
  expect(sent.status).toBe(303);
  expect(labs.asked[0]?.body).toMatchObject({ message: 'Hello there', type: 'in-progress', autoClose: 30_000 });
  const where = String(sent.headers['location']).slice(1);
  const page = await browser.get(where);
  expect(page.text).toContain('Sent: 1 of 1 who have a lab got it.');
  expect(page.text).toContain('delivered');
  expect((await browser.get('hub/notifications')).text).toContain('1 of 1');
  expect((await browser.post(`${where}/expire`)).status).toBe(303);
  expect((await browser.get(where)).text).toContain('over');
  expect((await browser.post(`${where}/delete`)).status).toBe(303);
  expect((await browser.get(where)).status).toBe(404);
  await settled(browser.post('hub/notifications', { message: 'again' }));
  expect((await browser.post('hub/notifications/clear')).status).toBe(303);
  expect((await browser.get('hub/notifications')).text).toContain('1 messages were removed.');
});

test('the command line sends, lists, shows, ends and deletes', async () => {
  await running('alice');
  labs.answers['alice'] = 404;
  const out: string[] = [];
  const io = { env: { HUB_DATA_DIR: world.hub.hub.config.dataDir }, cwd: path.dirname(world.hub.hub.config.dataDir), out: (line: string) => void out.push(line), note: (line: string) => void out.push(line), ask: () => Promise.reject(new Error('asked')) };
  const run = async (...args: string[]): Promise<string> => {
    out.length = 0;
    return `${await settled(runCli(['notify', ...args], io))} ${out.join('\n')}`;
  };
  expect(await run('send', 'Save now.', '--type', 'warning', '--auto-close', '30', '--user', 'alice')).toBe('0 0 of 1 who have a running lab got it.\nalice: Notification extension not installed');
  expect(labs.asked[0]?.body).toMatchObject({ message: 'Save now.', type: 'warning', autoClose: 30_000 });
  expect(await run('send', 'x', '--state', 'stopped', '--auto-close')).toMatch(/^0 Nobody has a running lab now/);
  expect(await run('send', 'later', '--at', '2026-01-06T08:00:00Z', '--json')).toContain('"total": 0');
  expect(await run('send', 'x', '--type', 'loud')).toMatch(/^1 variant: /);
  expect(await run('send', 'x', '--auto-close', 'soon')).toMatch(/^2 .*Give whole seconds/s);
  const messages = (await boss()('get', '/notifications')).body as { id: string; message: string }[];
  expect(messages.map(({ message }) => message)).toEqual(['later', 'x', 'Save now.']);
  expect(await run('list')).toMatch(/scheduled .*later\n.*shown .* x\n.*0\/1 +1 +0 +Save now\./s);
  expect(await run('show', messages[2]?.id ?? '')).toMatch(/Save now\. \(warning, shown, by .*\nUSER +LAB\nalice +failed +Notification extension not installed$/);
  expect(await run('end', messages[0]?.id ?? '')).toBe('0 It is over.');
  expect(await run('delete', messages[0]?.id ?? '')).toBe('0 It is gone.');
  expect(await run('show', messages[0]?.id ?? '')).toBe('1 There is no such message.');
});

test('R06: what a server that asks the hub is shown is a token of its own for each message, which dies after five minutes, opens nothing else, and is written nowhere', async () => {
  const hub = await startHub({ settings: SINGLEUSER, clock, overrides: { slowMs: 1 } });
  try {
    const [alice, bob, root] = [makeUser(hub, 'alice'), makeUser(hub, 'bob'), makeUser(hub, 'root', { admin: true })];
    const [lab, other] = [await settled(startSignInServer(hub, alice)), await settled(startSignInServer(hub, bob))];
    for (const { user, id } of [lab, other]) {
      const record = hub.store.servers.find(user.id, DEFAULT_SERVER);
      if (record?.id !== id || record.state.kind !== 'ready') throw new Error('not ready');
      hub.store.servers.transition(record, { ...record.state, origin: labs.origin });
    }
    const send = async (): Promise<string> => {
      labs.asked.length = 0;
      const { notices, actors } = hub.hub.services;
      await settled(notices.broadcast(actors.ofUser(root, 'cookie', 'test'), { message: 'x', variant: 'info', autoClose: false, recipients: ['alice'] }));
      return /^Bearer (\S{20,})$/.exec(labs.asked[0]?.token ?? '')?.[1] ?? 'none';
    };
    const [first, token] = [await send(), await send()];
    expect(first).not.toBe(token);
    expect(token).not.toBe(lab.secret);
    const port = Number(new URL(hub.origin).port);
    expect((await settled(whoIs(lab.inside, token))).body).toMatchObject({ name: 'alice', admin: false, scopes: ['access:servers!server=alice/', 'read:users:groups!user=alice', 'read:users:name!user=alice'] });
    expect([(await settled(whoIs(other.inside, token))).status, (await settled(whoIs(port, token))).status]).toEqual([403, 403]);
    const api = await settled(fetch(`${hub.origin}/hub/api/users/alice/server`, { method: 'DELETE', headers: { Authorization: `token ${token}` } }));
    const proxied = await settled(fetch(`${hub.origin}/user/alice/api`, { redirect: 'manual', headers: { Authorization: `token ${token}` } }));
    expect([api.status, proxied.status >= 300]).toEqual([403, true]);
    expect(JSON.stringify([hub.lines, hub.store.audit.list({ offset: 0, limit: 100 })])).not.toContain(token);
    clock.advance(299_000);
    expect((await settled(whoIs(lab.inside, token))).status).toBe(200);
    clock.advance(2_000);
    expect((await settled(whoIs(lab.inside, token))).status).toBe(403);
    for (const user of [alice, bob]) await settled(hub.hub.services.servers.stopAllOf(user.id));
  } finally {
    await settled(hub.close());
  }
});

test('R06: a token of somebody who lost the account opens nothing, however young it is', async () => {
  const hub = await startHub({ settings: SINGLEUSER, clock, overrides: { slowMs: 1 } });
  try {
    const alice = makeUser(hub, 'alice');
    const lab = await settled(startSignInServer(hub, alice));
    const token = hub.hub.services.visitors.briefly(lab.id) ?? '';
    expect((await settled(whoIs(lab.inside, token))).status).toBe(200);
    await settled(hub.hub.services.servers.stopAllOf(alice.id));
    hub.store.users.remove(alice.id);
    expect(hub.hub.services.visitors.briefly(lab.id)).toBeUndefined();
    expect(hub.hub.services.visitors.resolve(token, lab.id)).toBeUndefined();
  } finally {
    await settled(hub.close());
  }
});
