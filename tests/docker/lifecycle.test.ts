import type { InstanceId, ServerId, UserId } from '../../hub/domain/ids';
import { newId } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import { LABEL, ROLE } from '../../spawner/labels';
import { waitUntilReady } from '../../spawner/readiness';
import { leftOf } from '../support/docker-sweep';
import type { TestEngine } from '../support/test-engine';
import { SECRET, TEST_IMAGE, containerOf, engine, eventually, requestFor, sleeper, startOptions, startReady, startTestEngine } from '../support/test-engine';

jest.setTimeout(60_000);

let test_: TestEngine;
beforeEach(async () => {
  test_ = await startTestEngine();
});
afterEach(() => test_.close());

const labels = (change: Record<string, string> = {}): Record<string, string> => ({ [LABEL.run]: test_.run, ...change });

test('M01: what a crash left of the same server, container and network, is replaced', async () => {
  const req = requestFor('alice', { profile: sleeper() });
  const first = await test_.spawner.start(req, startOptions());
  const old = (await containerOf(first).inspect()).Id;
  // The hub that made it is gone; another life of it starts the same server.
  const handle = await test_.another().start(req, startOptions());
  expect((await containerOf(handle).inspect()).Id).not.toBe(old);
  expect((await leftOf(test_.run)).filter((n) => !n.includes('shared'))).toHaveLength(2);
});

test('M05: a process that ends at once is noticed well before any timeout, with its reason and its last lines', async () => {
  const req = requestFor('bea', { profile: { argv: ['sh', '-c', 'echo "cannot read configuration" >&2; sleep 1; exit 3'] } });
  const handle = await test_.spawner.start(req, startOptions());
  const health = await test_.spawner.inspect(handle);
  const origin = health.kind === 'running' ? health.origin : '';
  await expect(waitUntilReady({ origin, prefix: req.prefix, secret: SECRET, mode: 'injected', health: () => test_.spawner.inspect(handle), signal: AbortSignal.timeout(30_000), clock: systemClock })).rejects.toMatchObject({
    code: 'spawn-failed',
    message: 'The server ended while starting. It ended with code 3.',
  });
  expect(await test_.spawner.logs(handle, 50)).toEqual(['cannot read configuration']);
});

test('M05: a command that the image does not have is told as such', async () => {
  const req = requestFor('bad', { profile: { argv: ['no-such-command'] } });
  const outcome = await test_.spawner.start(req, startOptions()).then(async (handle) => {
    await eventually('the end', async () => (await test_.spawner.inspect(handle)).kind === 'exited');
    const health = await test_.spawner.inspect(handle);
    return health.kind === 'exited' ? health.detail : '';
  }, (err: Error) => err.message);
  expect(outcome).toContain('does not have the command');
});

test('M06: an absent image and no registry is an error that says what to do, and leaves nothing', async () => {
  const req = requestFor('cid', { profile: { image: '127.0.0.1:1/none:none' } });
  const handles: unknown[] = [];
  await expect(test_.spawner.start(req, startOptions({ onHandle: (h) => handles.push(h) }))).rejects.toMatchObject({ code: 'spawn-failed', message: expect.stringContaining('berth images build') });
  expect(handles).toEqual([]);
  expect(await leftOf(test_.run)).toEqual([]);
});

test('M07: a foreign container of that name is a conflict and stays as it was, running or not', async () => {
  for (const [name, running] of [['dan', true], ['dot', false]] as const) {
    const foreign = await engine.createContainer({ name: `jupyterlab-${name}`, Image: TEST_IMAGE, Cmd: ['sleep', '300'], HostConfig: { NetworkMode: 'none' }, Labels: labels() });
    if (running) await foreign.start();
    await expect(test_.spawner.start(requestFor(name, { profile: sleeper() }), startOptions())).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(`jupyterlab-${name}`) });
    expect((await foreign.inspect()).State.Running).toBe(running);
  }
});

test('M07: stopping or reading a server whose name now belongs to something else touches nothing', async () => {
  const foreign = await engine.createContainer({ name: 'jupyterlab-eva', Image: TEST_IMAGE, Cmd: ['sleep', '300'], HostConfig: { NetworkMode: 'none' }, Labels: labels({ [LABEL.instance]: test_.settings.instance, [LABEL.role]: ROLE.lab, [LABEL.server]: newId() }) });
  await foreign.start();
  const stale = { spawner: 'docker', id: `jupyterlab-eva/${newId()}` };
  await test_.spawner.stop(stale, { graceMs: 0 });
  expect(await test_.spawner.inspect(stale)).toEqual({ kind: 'absent' });
  expect((await foreign.inspect()).State.Running).toBe(true);
});

test('two hubs on one engine give the same user name servers and volumes of their own', async () => {
  const other = test_.another({ instance: newId<InstanceId>() });
  const one = await test_.spawner.start(requestFor('fred', { profile: sleeper() }), startOptions());
  const two = await other.start(requestFor('fred', { profile: sleeper() }), startOptions());
  expect(one.id).toMatch(/^jupyterlab-fred\//);
  expect(two.id).toMatch(/^jupyterlab-fred--[0-9a-f]{6}\//);
  const mounted = await Promise.all([one, two].map(async (h) => (await containerOf(h).inspect()).Mounts.map((m) => m.Name)));
  expect(mounted[0]?.filter((name) => mounted[1]?.includes(name))).toEqual([]);
});

test('M09: a process that ignores SIGTERM is killed after its grace, and a paused one is stopped, too', async () => {
  const stubborn = ['python3', '-c', 'import signal,time\nsignal.signal(15, signal.SIG_IGN)\nprint("up", flush=True)\ntime.sleep(600)'];
  const handle = await test_.spawner.start(requestFor('gil', { profile: { argv: stubborn } }), startOptions());
  await eventually('it ignores signals', async () => (await test_.spawner.logs(handle, 1)).length > 0);
  const began = performance.now();
  await test_.spawner.stop(handle, { graceMs: 1_000 });
  expect(performance.now() - began).toBeGreaterThan(900);
  const paused = await test_.spawner.start(requestFor('gus', { profile: sleeper() }), startOptions());
  await containerOf(paused).pause();
  await test_.spawner.stop(paused, { graceMs: 0 });
  expect(await leftOf(test_.run)).toEqual([]);
});

test('M15: a network that vanished is made again, and never replaced by the default bridge', async () => {
  const req = requestFor('hans', { profile: sleeper() });
  const handle = await test_.spawner.start(req, startOptions());
  const network = Object.keys((await containerOf(handle).inspect()).NetworkSettings.Networks)[0] ?? '';
  await engine.getNetwork(network).disconnect({ Container: handle.id.split('/')[0], Force: true });
  await engine.getNetwork(network).remove();
  await expect(test_.spawner.inspect(handle)).rejects.toMatchObject({ code: 'unavailable' });
  await test_.spawner.stop(handle, { graceMs: 0 });
  const again = await test_.spawner.start(req, startOptions());
  const found = await engine.getNetwork(Object.keys((await containerOf(again).inspect()).NetworkSettings.Networks)[0] ?? '').inspect();
  expect(found).toMatchObject({ Name: network, Internal: true });
});

test('E02: an address that another server got later never passes for the first one', async () => {
  const alice = await startReady(test_.spawner, requestFor('ida'));
  await containerOf(alice.handle).remove({ force: true });
  await test_.spawner.stop(alice.handle, { graceMs: 0 });
  const bob = await test_.spawner.start(requestFor('jan', { profile: sleeper() }), startOptions());
  const health = await test_.spawner.inspect(bob);
  expect(health).toEqual({ kind: 'running', origin: alice.origin, mode: 'injected' });
  expect(await test_.spawner.inspect(alice.handle)).toEqual({ kind: 'absent' });
});

test('E12: the origin is the container\'s address on its own network, whatever else it was attached to and whatever its environment says', async () => {
  const req = requestFor('kim', { profile: sleeper({ env: { ip: '192.0.2.9', port: '22', url: 'http://192.0.2.9' } }) });
  const handle = await test_.spawner.start(req, startOptions());
  const before = await test_.spawner.inspect(handle);
  const elsewhere = await engine.createNetwork({ Name: `berth-test-${test_.run}`, Driver: 'bridge', Internal: true, IPAM: { Driver: 'default', Config: [{ Subnet: '10.219.0.0/28' }] }, Labels: labels() });
  await elsewhere.connect({ Container: handle.id.split('/')[0] ?? '' });
  expect(await test_.spawner.inspect(handle)).toEqual(before);
  expect(before).toMatchObject({ kind: 'running', origin: expect.stringMatching(/^http:\/\/10\.214\.\d+\.\d+:8888$/) });
});

test('J25: an exhausted pool is a clear 503 and leaves no network; a freed part is used again', async () => {
  const tight = test_.another({ networkPool: '10.217.0.0/27' });
  const first = await tight.start(requestFor('leo', { profile: sleeper() }), startOptions());
  await tight.start(requestFor('lia', { profile: sleeper() }), startOptions());
  const before = [...(await leftOf(test_.run))].sort();
  await expect(tight.start(requestFor('lou', { profile: sleeper() }), startOptions())).rejects.toMatchObject({ code: 'unavailable', status: 503, message: expect.stringContaining('No network addresses') });
  expect([...(await leftOf(test_.run))].sort()).toEqual(before);
  await tight.stop(first, { graceMs: 0 });
  await tight.start(requestFor('lou', { profile: sleeper() }), startOptions());
});

test('J25: many servers at once get parts of the pool that do not overlap', async () => {
  const pool = test_.another({ networkPool: '10.218.0.0/24' });
  const handles = await Promise.all(Array.from({ length: 6 }, (_, i) => pool.start(requestFor(`many${i}`, { profile: sleeper() }), startOptions())));
  const origins = await Promise.all(handles.map(async (h) => pool.inspect(h)));
  expect(new Set(origins.map((o) => (o.kind === 'running' ? o.origin : o.kind))).size).toBe(6);
});

test('M16: a container that an operator removed is told by an event of the engine, also by a hub that adopted it', async () => {
  const req = requestFor('moe', { profile: sleeper() });
  const handle = await test_.spawner.start(req, startOptions());
  const adopted = test_.another();
  const told = new Promise<{ server: ServerId; id: string }>((resolve) => adopted.onExit((server, h) => resolve({ server, id: h.id })));
  await eventually('it is listed', async () => (await adopted.list()).length === 1);
  await new Promise((resolve) => setImmediate(resolve));
  const began = performance.now();
  await containerOf(handle).remove({ force: true });
  expect(await told).toEqual({ server: req.server.id, id: handle.id });
  // Without the event it would be found by the next look, a minute later.
  expect(performance.now() - began).toBeLessThan(20_000);
});

test('taking an installation down removes what it made, and volumes only when asked', async () => {
  const ownerId = newId<UserId>();
  await test_.spawner.start(requestFor('ned', { profile: sleeper(), ownerId }), startOptions());
  await test_.spawner.tearDown({ volumes: false });
  expect(await leftOf(test_.run)).toEqual([]);
  expect(await test_.spawner.listVolumes(ownerId)).toHaveLength(3);
  await test_.spawner.tearDown({ volumes: true });
  expect(await test_.spawner.listVolumes(ownerId)).toEqual([]);
});
