import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { runCli } from '../../hub/cli/program';
import type { VolumePurpose } from '../../hub/domain/volume';
import { makeToken, makeUser } from '../support/factories';
import { createFakeClock } from '../support/fake-clock';
import { signedInAs } from '../support/login';
import { refused, seen, startWorld, type ApiWorld } from './api-world';

interface Model {
  readonly id: string;
  readonly purpose: VolumePurpose;
  readonly state: string;
  readonly generation: number;
  readonly bytes: number | null;
  readonly in_use: boolean;
}

let world: ApiWorld;
beforeEach(async () => {
  world = await startWorld({ settings: { volume: { softQuota: '10K' } } });
});
afterEach(() => world.hub.close());

const mine = () => world.as(world.alice, ['self']);
const volumes = async (): Promise<readonly Model[]> => (await mine()('get', '/users/alice/volumes')).body.volumes as readonly Model[];
const home = async (state: string): Promise<string> => (await volumes()).find((v) => v.purpose === 'home' && v.state === state)?.id ?? '';

async function used(): Promise<void> {
  await mine()('post', '/users/alice/server').expect(201);
  await mine()('delete', '/users/alice/server').expect(204);
}

test('DELETE reset-home-volume answers 404 before there is one, 400 while the server runs, and 200 when it is off', async () => {
  expect(await seen(mine()('delete', '/users/alice/reset-home-volume'))).toEqual(refused(404, 'alice has no home volume yet: one is made at the first start.'));
  await mine()('post', '/users/alice/server').expect(201);
  expect(await seen(mine()('delete', '/users/alice/reset-home-volume'))).toEqual(refused(400, 'alice is running: stop every server of this account first.'));
  await mine()('delete', '/users/alice/server').expect(204);
  const before = await home('active');
  const [status, body] = await seen(mine()('delete', '/users/alice/reset-home-volume'));
  expect(status).toBe(200);
  expect(body).toMatchObject({ running: false, volumes: expect.arrayContaining([expect.objectContaining({ id: before, state: 'bin', removed_after: expect.any(String) }), expect.objectContaining({ purpose: 'home', state: 'active', generation: 2 })]) });
  expect(await seen(mine()('delete', '/users/nobody/reset-home-volume'))).toMatchObject([404, {}]);
});

test('what was reset comes back, what is emptied out of the bin does not', async () => {
  await used();
  const first = await home('active');
  await mine()('post', '/users/alice/volumes/reset', { purposes: ['home', 'cache'] }).expect(200);
  expect((await volumes()).filter(({ state }) => state === 'bin').map(({ purpose }) => purpose).toSorted()).toEqual(['cache', 'home']);
  await mine()('post', `/users/alice/volumes/${first}/undo`).expect(200);
  expect(await home('active')).toBe(first);
  await mine()('delete', `/users/alice/volumes/${first}`).expect(400);
  const cache = (await volumes()).find(({ state, purpose }) => state === 'bin' && purpose === 'cache')?.id ?? '';
  await mine()('delete', `/users/alice/volumes/${cache}`).expect(204);
  await mine()('post', `/users/alice/volumes/${cache}/undo`).expect(404);
  expect([...world.hub.spawner.engine.volumes.keys()]).not.toContain(`fake-${cache}`);
  for (const body of [{}, { purposes: [] }, { purposes: ['shared'] }, { purposes: ['home'], force: true }]) await mine()('post', '/users/alice/volumes/reset', body).expect(400);
});

test('A19: a handed-over volume is its new owner\'s, and deleting an account asks as before', async () => {
  const boss = world.as(world.boss);
  const bob = makeUser(world.hub, 'bob');
  await used();
  const first = await home('active');
  await mine()('post', '/users/bob/volumes/hand-over', { from: 'alice' }).expect(403);
  await boss('post', '/users/bob/volumes/hand-over', { from: 'alice' }).expect(200);
  expect((await world.as(bob, ['self'])('get', '/users/bob/volumes')).body.volumes).toEqual(expect.arrayContaining([expect.objectContaining({ id: first, state: 'active' })]));
  expect(await volumes()).toEqual([]);
  await boss('delete', '/users/bob?volumes=keep').expect(204);
  const left = (await boss('get', '/volumes/left-behind')).body.volumes as readonly (Model & { former_owner: string })[];
  expect(left.find(({ id }) => id === first)).toMatchObject({ former_owner: 'bob' });
  await boss('post', '/users/alice/volumes/hand-over', { volumes: [first] }).expect(200);
  expect(await home('active')).toBe(first);
  await boss('delete', '/users/alice?volumes=remove').expect(204);
  expect([...world.hub.spawner.engine.volumes.keys()]).not.toContain(`fake-${first}`);
});

const readAll = (target: string, token: string): Promise<{ status: number; headers: http.IncomingHttpHeaders; bytes: number }> =>
  new Promise((resolve, reject) => {
    http.get(`${world.hub.origin}${target}`, { headers: { Authorization: `token ${token}` } }, (res) => {
      let bytes = 0;
      res.on('data', (chunk: Buffer) => (bytes += chunk.length));
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, bytes }));
      res.on('error', reject);
    }).on('error', reject);
  });

test('files come as a streamed archive, with a name that no user\'s name can break', async () => {
  const odd = makeUser(world.hub, 'o"dd\u00e9');
  const token = makeToken(world.hub, odd, ['self']);
  const at = `/hub/api/users/${encodeURIComponent(odd.name)}/volumes`;
  expect((await readAll(`${at}/archive`, token)).status).toBe(404);
  const as = world.as(odd, ['self']);
  await as('post', `/users/${encodeURIComponent(odd.name)}/server`).expect(201);
  const whole = await readAll(`${at}/archive`, token);
  expect(whole).toMatchObject({ status: 200, bytes: 1024, headers: { 'content-type': 'application/x-tar' } });
  expect(whole.headers['content-disposition']).toMatch(/^attachment; filename="o_dd_-files-\d{4}-\d\d-\d\d\.tar"$/);
  expect(whole.headers['transfer-encoding']).toBe('chunked');
});

describe('a download that goes on', () => {
  /** Without an end, as far as anybody is told. */
  const endless = (): Readable => new Readable({
    read() {
      pushed += 1;
      this.push(Buffer.alloc(65_536));
    },
  });
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  let pushed = 0;
  const clock = createFakeClock();
  let other: ApiWorld;
  let archive: Readable;
  beforeEach(async () => {
    other = await startWorld({ clock });
    archive = endless();
    Object.assign(other.hub.spawner, { archiveVolumes: async () => archive });
    await other.hub.hub.services.volumes.forStart(other.alice.id);
  });
  afterEach(() => other.hub.close());

  const begin = async (token: string): Promise<http.IncomingMessage> => {
    const res = await new Promise<http.IncomingMessage>((resolve, reject) => http.get(`${other.hub.origin}/hub/api/users/alice/volumes/archive`, { headers: { Authorization: `token ${token}` }, agent: false }, resolve).on('error', reject));
    res.on('error', () => undefined);
    return res;
  };
  const ended = (): Promise<void> => new Promise((resolve) => (archive.destroyed ? resolve() : archive.once('close', () => resolve())));

  test('ends for whoever reads nothing for a minute, and frees the engine', async () => {
    const res = await begin(makeToken(other.hub, other.alice, ['self']));
    const over = ended();
    // Nobody reads: at some point the way is full.
    for (let before = -1; before !== pushed; ) {
      before = pushed;
      await turns(200);
    }
    for (let look = 0; look < 5; look++) {
      clock.advance(10_000);
      await turns(5);
    }
    expect(archive.destroyed).toBe(false);
    clock.advance(20_000);
    await over;
    res.destroy();
  });

  test('A17: ends with the credential that it was asked for with, and with its reader', async () => {
    const token = makeToken(other.hub, other.alice, ['self']);
    const res = await begin(token);
    const closed = new Promise<void>((resolve) => res.once('close', () => resolve()));
    const over = ended();
    const { tokens, actors } = other.hub.hub.services;
    const id = tokens.resolve(token)?.token.id;
    tokens.revoke(actors.local(), other.alice, id as never);
    res.resume();
    await Promise.all([over, closed]);
    expect(res.complete).toBe(false);
    archive = endless();
    const second = await begin(makeToken(other.hub, other.alice, ['self']));
    const gone = ended();
    second.destroy();
    await gone;
  });
});

test('C12: a page of a server on the same origin cannot read archives with the cookie alone', async () => {
  const browser = signedInAs(world.hub, world.alice);
  await used();
  await browser.raw('get', 'hub/api/users/alice/volumes/archive', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty' }).expect(403);
  await browser.get('hub/api/users/alice/volumes/archive').expect(200);
});

test('on the page somebody chooses, is asked with what each volume holds, and puts it back with one click', async () => {
  const browser = signedInAs(world.hub, world.alice);
  expect((await browser.get('hub/volumes').expect(200)).text).toContain('There are no volumes yet');
  await used();
  await world.hub.hub.services.volumes.measure();
  expect((await browser.get('hub/home').expect(200)).text).toContain('All volumes together hold 12.0 KiB, more than the 10.0 KiB');
  await browser.get('hub/volumes/alice/reset').expect(400);
  const question = (await browser.get('hub/volumes/alice/reset?home=yes').expect(200)).text;
  expect(question).toContain('4.0 KiB');
  expect(question).not.toContain('name="workspace"');
  expect((await browser.post('hub/volumes/alice/reset', { home: 'yes' })).status).toBe(303);
  const id = await home('bin');
  expect((await browser.get('hub/volumes')).text).toContain(`/hub/volumes/alice/${id}/undo`);
  expect((await browser.post(`hub/volumes/alice/${id}/undo`)).status).toBe(303);
  expect(await home('active')).toBe(id);
  await mine()('post', '/users/alice/server').expect(201);
  const refusal = await browser.post('hub/volumes/alice/reset', { home: 'yes' });
  expect([refusal.status, refusal.text]).toEqual([400, expect.stringContaining('alice is running')]);
  await browser.get('hub/volumes/boss').expect(404);
});

test('the health page names who holds more than the soft quota, as an advice', async () => {
  await used();
  await world.hub.hub.services.volumes.measure();
  expect(world.hub.hub.services.volumes.row()).toMatchObject({ level: 'advice', ok: false, detail: expect.stringContaining('alice (12.0 KiB)') });
});

test('the command line lists, resets, puts back and downloads', async () => {
  await used();
  const cwd = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-volumes-cli-'));
  const run = async (...args: readonly string[]) => {
    const out: string[] = [];
    const io = { env: { HUB_DATA_DIR: world.hub.hub.config.dataDir }, cwd, out: (line: string) => void out.push(line), note: (line: string) => void out.push(line), ask: async () => 'no' };
    return { code: await runCli(['volumes', ...args], io), out: out.join('\n') };
  };
  try {
    const first = await home('active');
    expect((await run('alice')).out).toMatch(new RegExp(`^ID .*\\n[\\s\\S]*${first} +- +home +1 +active +not measured`));
    expect((await run('alice', '--reset', 'home')).out).toMatch(new RegExp(`${first} +- +home +1 +bin`));
    expect(await run('alice', '--remove', first)).toMatchObject({ code: 1, out: 'Nothing was removed.' });
    expect((await run('alice', '--undo', first)).out).toMatch(new RegExp(`${first} +- +home +1 +active`));
    expect(await run('alice', '--download', 'alice.tar')).toMatchObject({ code: 0, out: path.join(cwd, 'alice.tar') });
    expect(fs.statSync(path.join(cwd, 'alice.tar')).size).toBe(1024);
    expect(await run('alice', '--download', 'alice.tar')).toMatchObject({ code: 1 });
    expect(fs.readdirSync(cwd)).toEqual(['alice.tar']);
    expect(await run('alice', '--reset', 'shared')).toMatchObject({ code: 2 });
    expect(await run('alice', '--reset', 'home', '--undo', first)).toMatchObject({ code: 2 });
    expect(await run()).toMatchObject({ code: 0 });
  } finally {
    fs.rmSync(cwd, { recursive: true, force: true });
  }
});
