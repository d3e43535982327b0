import type { ServerId } from '../../hub/domain/ids';
import type { Change, Remains } from '../../spawner/spawner';
import { leftOf } from '../support/docker-sweep';
import type { TestEngine } from '../support/test-engine';
import { SECRET, containerOf, engine, eventually, inLab, requestFor, sleeper, startOptions, startTestEngine } from '../support/test-engine';

jest.setTimeout(90_000);

const MIB = 1024 ** 2;
const LIMITS = { cpus: 1, memoryBytes: 64 * MIB, pids: 128 };
/** Takes memory until the kernel ends it. */
const HOG = "b = []\nwhile True: b.append(bytearray(b'x') * 4194304)";

let t: TestEngine;
let exits: { readonly server: ServerId; readonly id: string }[];
let changes: Change[];
beforeEach(async () => {
  t = await startTestEngine();
  exits = [];
  changes = [];
  t.spawner.onExit((server, handle) => exits.push({ server, id: handle.id }));
  t.spawner.onChange?.((_server, _handle, change) => changes.push(change));
});
afterEach(() => t.close());

const remainsOf = async (handle: Parameters<typeof t.spawner.stop>[0], graceMs = 0): Promise<Remains | undefined> => {
  let told: Remains | undefined;
  await t.spawner.stop(handle, { graceMs, onRemains: (remains) => (told = remains) });
  return told;
};

test('M05: a server that is ended for memory is told, and leaves its exit code, its memory at the limit and its last lines without its secret', async () => {
  const req = requestFor('amy', { profile: { argv: ['sh', '-c', `echo "secret $JUPYTER_TOKEN" >&2; sleep 1; exec python3 -c "${HOG}"`], limits: LIMITS } });
  const handle = await t.spawner.start(req, startOptions());
  await eventually('its end is told', () => exits.length > 0, 30_000);
  expect(exits).toEqual([{ server: req.server.id, id: handle.id }]);
  expect(await t.spawner.inspect(handle)).toMatchObject({ kind: 'exited', exitCode: 137, oomKilled: true });
  expect(await remainsOf(handle)).toEqual({ exitCode: 137, oomKilled: true, memory: { peak: 64 * MIB, limit: 64 * MIB }, logTail: ['secret [secret]'] });
  expect(SECRET.length).toBeGreaterThan(8);
  expect(changes).toEqual([]);
  expect(await leftOf(t.run)).toEqual([]);
});

test('O12: a program that is killed for memory inside a server that lives on is told with the limit; the later end is another story', async () => {
  const handle = await t.spawner.start(requestFor('ben', { profile: { argv: ['sh', '-c', 'while true; do sleep 1; done'], limits: LIMITS } }), startOptions());
  expect((await inLab(handle, 'python3', '-c', HOG)).code).not.toBe(0);
  await eventually('it is told', () => changes.length > 0);
  expect(changes).toEqual([{ kind: 'child-killed', at: expect.any(Date) as Date, limit: 64 * MIB }]);
  expect(await t.spawner.inspect(handle)).toMatchObject({ kind: 'running' });
  expect(exits).toEqual([]);
});

test('M16: a stop keeps the last lines, what was seen of the memory, and the exit code', async () => {
  const trap = 'trap "echo goodbye; exit 0" TERM; echo hello; while true; do sleep 0.2; done';
  const handle = await t.spawner.start(requestFor('cat', { profile: { argv: ['sh', '-c', trap], limits: LIMITS } }), startOptions());
  await eventually('it runs', async () => (await t.spawner.logs(handle, 1)).length > 0);
  expect(await remainsOf(handle, 10_000)).toEqual({ exitCode: 0, oomKilled: false, memory: { peak: expect.any(Number) as number, limit: 64 * MIB }, logTail: ['hello', 'goodbye'] });
  expect(exits).toEqual([]);
  expect(await leftOf(t.run)).toEqual([]);
});

test('O11: a server that is paused, renamed or cut off by an operator is told, found under its new name, and nobody else is reached in its place', async () => {
  const req = requestFor('dan', { profile: sleeper() });
  const handle = await t.spawner.start(req, startOptions());
  const container = engine.getContainer((await containerOf(handle).inspect()).Id);
  await container.pause();
  await eventually('the pause is told', () => changes.length === 1);
  expect(await t.spawner.inspect(handle)).toMatchObject({ kind: 'running', paused: true });
  await container.unpause();
  await eventually('the end of the pause is told', () => changes.length === 2);
  expect(changes).toEqual([{ kind: 'paused' }, { kind: 'resumed' }]);
  await container.rename({ name: `jupyterlab-moved-${process.pid}` });
  expect(await t.spawner.inspect(handle)).toMatchObject({ kind: 'running' });
  const network = Object.keys((await container.inspect()).NetworkSettings.Networks)[0] ?? '';
  await engine.getNetwork(network).disconnect({ Container: container.id, Force: true });
  await expect(t.spawner.inspect(handle)).rejects.toMatchObject({ code: 'unavailable' });
  await container.kill();
  await eventually('its end is told under the name that the hub knows', () => exits.length === 1);
  expect(exits[0]).toEqual({ server: req.server.id, id: handle.id });
  await t.spawner.stop(handle, { graceMs: 0 });
  expect(await leftOf(t.run)).toEqual([]);
});

test('a restart is the same container, told to nobody, and its next end is told', async () => {
  const handle = await t.spawner.start(requestFor('eve', { profile: sleeper() }), startOptions());
  const before = await containerOf(handle).inspect();
  const origin = await t.spawner.inspect(handle);
  await t.spawner.restart?.(handle, { graceMs: 0 });
  const after = await containerOf(handle).inspect();
  expect(after.Id).toBe(before.Id);
  expect(after.State.StartedAt).not.toBe(before.State.StartedAt);
  expect(await t.spawner.inspect(handle)).toEqual(origin);
  await containerOf(handle).kill();
  await eventually('the end is told', () => exits.length > 0);
  expect(exits).toHaveLength(1);
});

test('O07: a followed log begins with its last lines, goes on line by line, hides secrets, and ends with the server', async () => {
  const script = 'echo one; echo two; while [ ! -e /tmp/go ]; do sleep 0.1; done; printf "half "; sleep 0.3; echo "$JUPYTER_TOKEN" >&2; echo done; sleep 600';
  const handle = await t.spawner.start(requestFor('fay', { profile: { argv: ['sh', '-c', script] } }), startOptions());
  await eventually('it wrote', async () => (await t.spawner.logs(handle, 5)).length === 2);
  const got: string[] = [];
  const read = async (): Promise<void> => {
    for await (const lines of t.spawner.followLogs?.(handle, { lines: 1, signal: new AbortController().signal }) ?? []) got.push(...lines);
  };
  const over = read();
  await eventually('the last line came', () => got.length === 1);
  await inLab(handle, 'touch', '/tmp/go');
  await eventually('the others came', () => got.length === 3);
  expect(got[0]).toBe('two');
  expect(got.slice(1).toSorted()).toEqual(['[secret]', 'half done']);
  await containerOf(handle).kill();
  await over;
});

test('O07: a reader who leaves ends the stream at the engine, too', async () => {
  const handle = await t.spawner.start(requestFor('gus', { profile: sleeper() }), startOptions());
  const abort = new AbortController();
  const over = (async () => {
    for await (const lines of t.spawner.followLogs?.(handle, { lines: 10, signal: abort.signal }) ?? []) expect(lines).toEqual([]);
  })();
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  await over;
  await t.spawner.stop(handle, { graceMs: 0 });
});
