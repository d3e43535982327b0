import WebSocket from 'ws';
import type { ServerId, ServerName, UserId, UserName } from '../../../hub/domain/ids';
import { newId } from '../../../hub/domain/ids';
import { labEnvironment } from '../../../spawner/env';
import type { FakeBehaviour, FakeSpawner } from '../../../spawner/fake';
import { bad, createFakeEngine, createFakeSpawner, diesLater, never, slow } from '../../../spawner/fake';
import { serverProfile } from '../../../spawner/profiles';
import type { SpawnRequest } from '../../../spawner/spawner';
import { createFakeClock } from '../../support/fake-clock';
import { volumesOf } from '../../support/volumes';

const clock = createFakeClock();
const open: FakeSpawner[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((s) => s.close()));
});

function fake(behaviour?: FakeBehaviour): FakeSpawner {
  const spawner = createFakeSpawner({ clock, ...(behaviour === undefined ? {} : { behaviour }) });
  open.push(spawner);
  return spawner;
}

function request(): SpawnRequest {
  const profile = serverProfile({ image: 'none' });
  const name = 'ann' as UserName;
  const id = newId<UserId>();
  return { server: { id: newId<ServerId>(), name: '' as ServerName }, owner: { id, name }, profile, volumes: volumesOf(id), outbound: profile.outbound, prefix: '/user/ann/', env: labEnvironment({ profile, userName: name, secret: 's3cret' }) };
}
const options = (signal = new AbortController().signal) => ({ signal, onEvent: () => undefined, onHandle: () => undefined });
const originOf = async (spawner: FakeSpawner, req: SpawnRequest): Promise<string> => {
  const health = await spawner.inspect(await spawner.start(req, options()));
  if (health.kind !== 'running') throw new Error(health.kind);
  return health.origin;
};

test('a connection to what stands for the hub in a lab is handed over with its server, until that is stopped', async () => {
  const spawner = fake();
  const req = request();
  expect(await spawner.hubUrlOf(req.server.id)).toBeUndefined();
  const handle = await spawner.start(req, options());
  const url = await spawner.hubUrlOf(req.server.id);
  expect(await spawner.hubUrlOf(req.server.id)).toBe(url);
  spawner.onConnection((server, socket) => void socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${server.length}\r\nConnection: close\r\n\r\n${server}`));
  expect(await (await fetch(url ?? '')).text()).toBe(req.server.id);
  await spawner.stop(handle, { graceMs: 0 });
  await expect(fetch(url ?? '')).rejects.toThrow();
});

test('it answers as Jupyter does: version to all, the rest with its secret, nothing outside its prefix', async () => {
  const spawner = fake();
  const req = request();
  const origin = await originOf(spawner, req);
  const get = (path: string, headers = {}): Promise<Response> => fetch(origin + path, { headers: { connection: 'close', ...headers } });
  expect(await (await get('/user/ann/api')).json()).toEqual({ version: '2.15.0' });
  expect((await get('/user/ann/api/status')).status).toBe(403);
  expect((await get('/user/ann/api/status', { authorization: 'token s3cret' })).status).toBe(200);
  expect(await (await get('/user/ann/x?y=1', { authorization: 'token s3cret' })).json()).toMatchObject({ method: 'GET', url: '/user/ann/x?y=1', user: 'ann' });
  expect((await get('/user/bob/api')).status).toBe(404);
  expect(spawner.arrivals(req.server.id)).toBe(5);
});

test.each([0, 5, 130, 70_000])('it echoes a WebSocket message of %i bytes', async (size) => {
  const origin = await originOf(fake(), request());
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/user/ann/ws`, ['v1.kernel'], { headers: { authorization: 'token s3cret' } });
  const message = 'm'.repeat(size);
  const got = await new Promise((resolve, reject) => socket.on('open', () => socket.send(message)).on('message', (data: Buffer) => resolve(data.toString())).on('error', reject));
  expect(got).toBe(message);
  expect(socket.protocol).toBe('v1.kernel');
  await new Promise((resolve) => socket.on('close', resolve).close());
});

test('a WebSocket without the secret is refused', async () => {
  const origin = await originOf(fake(), request());
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/user/ann/ws`);
  expect(await new Promise((resolve) => socket.on('error', (err) => resolve(err.message)))).toContain('403');
});

test('slow: starts when its time has passed, and can be cancelled before', async () => {
  const spawner = fake(slow(5_000));
  let done = false;
  const starting = spawner.start(request(), options()).then(() => (done = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toBe(false);
  clock.advance(5_000);
  await starting;
  const abort = new AbortController();
  const cancelled = spawner.start(request(), options(abort.signal));
  abort.abort();
  await expect(cancelled).rejects.toMatchObject({ code: 'spawn-failed' });
});

test('never: a start that hangs ends only by abort; a server that hangs accepts and stays silent', async () => {
  const abort = new AbortController();
  const hanging = fake(never('start')).start(request(), options(abort.signal));
  abort.abort();
  await expect(hanging).rejects.toMatchObject({ name: 'HubError' });
  const origin = await originOf(fake(never('answer')), request());
  await expect(fetch(`${origin}/user/ann/api`, { signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('bad: is refused, or ends at once; dies later: ends when its time has come, and tells', async () => {
  await expect(fake(bad('reject')).start(request(), options())).rejects.toMatchObject({ code: 'spawn-failed' });
  const exits = fake(bad('exit', 7));
  expect(await exits.inspect(await exits.start(request(), options()))).toMatchObject({ kind: 'exited', exitCode: 7 });
  const dying = fake(diesLater(1_000, 9));
  const req = request();
  const handle = await dying.start(req, options());
  const told = new Promise((resolve) => dying.onExit(resolve));
  expect((await dying.inspect(handle)).kind).toBe('running');
  clock.advance(1_000);
  expect(await told).toBe(req.server.id);
  expect(await dying.inspect(handle)).toMatchObject({ kind: 'exited', exitCode: 9 });
});

test('a restarted hub finds its servers on the same engine; an engine that is gone is unavailable', async () => {
  const engine = createFakeEngine();
  const first = createFakeSpawner({ clock, engine });
  const req = request();
  const handle = await first.start(req, options());
  await first.close();
  const second = createFakeSpawner({ clock, engine });
  expect(await second.list()).toEqual([{ server: req.server.id, handle, running: true }]);
  engine.reachable = false;
  await expect(second.inspect(handle)).rejects.toMatchObject({ code: 'unavailable' });
  expect((await second.check()).ok).toBe(false);
  await engine.close();
});
