import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { DEFAULT_SERVER, type VolumeId } from '../../hub/domain/ids';
import { systemClock } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { LABEL, ROLE } from '../../spawner/labels';
import type { ChildVolumesAsk } from '../support/child-volumes';
import { createFakeClock } from '../support/fake-clock';
import { TEST_IMAGE, engine, eventually, inLab, requestFor, sleeper, startOptions, startTestEngine, type TestEngine } from '../support/test-engine';
import { BIN_MS, openVolumes, type VolumeWorld } from '../support/volume-world';

jest.setTimeout(120_000);

const run = promisify(execFile);
let test_: TestEngine;
let folder: string;
let world: VolumeWorld;
const worlds: VolumeWorld[] = [];

/** A database has one hub at a time. */
const reopen = async (clock = systemClock): Promise<VolumeWorld> => {
  await world.close();
  worlds.splice(0);
  return (world = open(clock));
};
const open = (clock = systemClock): VolumeWorld => {
  const opened = openVolumes(path.join(folder, 'hub.sqlite'), { engine: test_.spawner, image: TEST_IMAGE, clock });
  worlds.push(opened);
  return opened;
};

beforeEach(async () => {
  test_ = await startTestEngine();
  folder = await mkdtemp(path.join(tmpdir(), 'berth-volumes-'));
  world = open();
});
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.close();
  await test_.close();
  await rm(folder, { recursive: true, force: true });
});

/** As the hub starts a server: with the volumes that its records name. */
async function start(of = world): Promise<Handle> {
  const volumes = await of.volumes.forStart(of.alice.id);
  return test_.spawner.start(requestFor('alice', { ownerId: of.alice.id, volumes, profile: sleeper() }), startOptions());
}
const stop = (handle: Handle): Promise<void> => test_.spawner.stop(handle, { graceMs: 0 });
const write = (handle: Handle, text: string) => inLab(handle, 'sh', '-c', `echo '${text}' > ~/note`);
const note = async (handle: Handle): Promise<string> => (await inLab(handle, 'sh', '-c', 'cat ~/note 2>/dev/null; true')).out;
/** What the next server sees in its home. */
async function nextNote(of = world): Promise<string> {
  const handle = await start(of);
  const found = await note(handle);
  await stop(handle);
  return found;
}
const homeOf = (of = world) => of.store.volumes.listOf(of.alice.id).filter(({ purpose }) => purpose === 'home');
const binned = (of = world): VolumeId => homeOf(of).find(({ state }) => state !== 'active')?.id as VolumeId;
const inEngine = async (): Promise<readonly string[]> => (await test_.spawner.listVolumes(world.alice.id)).filter(({ purpose }) => purpose === 'home').map(({ id }) => String(id)).toSorted();
const archives = async () => engine.listContainers({ all: true, filters: { label: [`${LABEL.instance}=${test_.settings.instance}`, `${LABEL.role}=${ROLE.archive}`] } });

async function used(text: string): Promise<void> {
  const handle = await start();
  await write(handle, text);
  await stop(handle);
}

test('a reset gives the next server an empty home, and undo brings the old one back, as often as one likes', async () => {
  await used('first');
  await world.volumes.reset(world.me, world.alice, ['home']);
  const empty = await start();
  // As empty as at the very first start: with what the image has there, and owned by the lab's user.
  expect((await inLab(empty, 'sh', '-c', 'cat ~/note 2>/dev/null; ls -A ~ | sort; stat -c %u:%g ~')).out.split('\n')).toEqual(['.bash_logout', '.bashrc', '.cache', '.profile', 'work', '1000:100']);
  await write(empty, 'second');
  await stop(empty);
  const first = binned();
  world.volumes.undo(world.me, world.alice, first);
  expect(await nextNote()).toBe('first');
  world.volumes.undo(world.me, world.alice, binned());
  expect(await nextNote()).toBe('second');
  await world.volumes.reset(world.me, world.alice, ['home']);
  expect(await nextNote()).toBe('');
  expect(homeOf().map(({ generation }) => generation).toSorted()).toEqual([1, 2, 3]);
});

test('while a server runs nothing is put back or reset, and its files stay where they are', async () => {
  await used('first');
  await world.volumes.reset(world.me, world.alice, ['home']);
  const handle = await start();
  const record = world.store.servers.ensure(world.alice.id, DEFAULT_SERVER);
  world.store.servers.transition(record, { kind: 'starting', since: new Date(), handle });
  expect(() => world.volumes.undo(world.me, world.alice, binned())).toThrow('alice is running');
  await expect(world.volumes.reset(world.me, world.alice, ['home'])).rejects.toMatchObject({ code: 'invalid-input' });
  expect(await note(handle)).toBe('');
  await stop(handle);
});

test('after its time in the bin the engine has the volume no more; while something uses it, it stays', async () => {
  const clock = createFakeClock();
  const { volumes, me, alice } = await reopen(clock);
  await used('first');
  const [first] = await inEngine();
  await volumes.reset(me, alice, ['home']);
  await nextNote();
  clock.jumpWall(BIN_MS - 1);
  await volumes.purgeDue();
  expect(await inEngine()).toHaveLength(2);
  const name = (await test_.spawner.listVolumes(world.alice.id)).find(({ id }) => id === first)?.name ?? '';
  const user = await engine.createContainer({ Image: TEST_IMAGE, Cmd: ['true'], Labels: { [LABEL.run]: test_.run }, HostConfig: { NetworkMode: 'none', Binds: [`${name}:/v`] } });
  clock.jumpWall(1);
  await volumes.purgeDue();
  expect(await inEngine()).toContain(first);
  await user.remove();
  await volumes.purgeDue();
  expect(await inEngine()).toEqual([homeOf()[0]?.id]);
  expect(homeOf()).toHaveLength(1);
});

test('volumes of before the hub kept records are taken over with their files', async () => {
  const labels = { [LABEL.run]: test_.run, [LABEL.instance]: test_.settings.instance, [LABEL.user]: world.alice.id, [LABEL.purpose]: 'home' };
  await engine.createVolume({ Name: 'jupyterlab-alice_home', Labels: labels });
  const writer = await engine.createContainer({ Image: TEST_IMAGE, User: '0', Cmd: ['sh', '-c', 'echo from-before > /v/note && chown -R 1000:100 /v'], Labels: { [LABEL.run]: test_.run }, HostConfig: { NetworkMode: 'none', Binds: ['jupyterlab-alice_home:/v'] } });
  await writer.start();
  await writer.wait();
  await writer.remove();
  expect(await nextNote()).toBe('from-before');
  expect(homeOf()).toMatchObject([{ name: 'jupyterlab-alice_home', generation: 1 }]);
  await world.volumes.reset(world.me, world.alice, ['home']);
  expect(await nextNote()).toBe('');
  world.volumes.undo(world.me, world.alice, binned());
  expect(await nextNote()).toBe('from-before');
  await world.volumes.remove(world.me, world.alice, binned());
  await world.volumes.reset(world.me, world.alice, ['home']);
  await world.volumes.remove(world.me, world.alice, binned());
  await expect(engine.getVolume('jupyterlab-alice_home').inspect()).rejects.toMatchObject({ statusCode: 404 });
});

test('the engine says how much each volume holds', async () => {
  const handle = await start();
  await inLab(handle, 'sh', '-c', 'head -c 3000000 /dev/zero > ~/work/data');
  await world.volumes.measure();
  await stop(handle);
  const workspace = world.store.volumes.listOf(world.alice.id).find(({ purpose }) => purpose === 'workspace');
  expect(workspace?.bytes).toBeGreaterThanOrEqual(3_000_000);
  expect(workspace?.bytes).toBeLessThan(4_000_000);
});

async function download(to: string, id?: VolumeId): Promise<string> {
  const { stream } = await world.volumes.download(world.me, world.alice, id, new AbortController().signal);
  const file = path.join(folder, to);
  await pipeline(stream, createWriteStream(file));
  return file;
}

test('everything can be downloaded, while the server runs and when it is off, and nothing of anybody\'s runs for that', async () => {
  await expect(world.volumes.download(world.me, world.alice, undefined, new AbortController().signal)).rejects.toMatchObject({ code: 'not-found' });
  const handle = await start();
  await inLab(handle, 'sh', '-c', 'echo hello > ~/work/"na me.txt"; echo hidden > ~/.secret; chmod 600 ~/.secret');
  const running = await download('running.tar');
  await stop(handle);
  const off = await download('off.tar');
  for (const file of [running, off]) {
    expect((await run('tar', ['-xOf', file, 'files/workspace/na me.txt'])).stdout).toBe('hello\n');
    expect((await run('tar', ['-xOf', file, 'files/home/.secret'])).stdout).toBe('hidden\n');
  }
  const one = await download('one.tar', world.store.volumes.listOf(world.alice.id).find(({ purpose }) => purpose === 'workspace')?.id);
  expect((await run('tar', ['-tf', one])).stdout.split('\n').filter((line) => line.startsWith('files/home'))).toEqual([]);
  await eventually('its container is gone', async () => (await archives()).length === 0);
});

test('what a download goes through is never started, has no network and cannot write; a reader who goes away frees it', async () => {
  const handle = await start();
  await inLab(handle, 'sh', '-c', 'head -c 60000000 /dev/urandom > ~/work/large');
  const { stream } = await world.volumes.download(world.me, world.alice, undefined, new AbortController().signal);
  // Nobody reads: the engine waits, and the lab is not locked meanwhile.
  stream.once('readable', () => undefined);
  const [helper] = await archives();
  expect(helper).toMatchObject({ State: 'created', HostConfig: { NetworkMode: 'none' } });
  expect(helper?.Mounts.map(({ RW }) => RW)).toEqual([false, false, false]);
  expect((await inLab(handle, 'echo', 'alive')).out).toBe('alive');
  stream.destroy();
  await eventually('its container is gone', async () => (await archives()).length === 0);
  await stop(handle);
});

test('an archive that could not be completed ends with an error and not as if it were whole', async () => {
  const handle = await start();
  await inLab(handle, 'sh', '-c', 'head -c 80000000 /dev/urandom > ~/work/a-large; echo last > ~/work/b-last');
  const { stream } = await world.volumes.download(world.me, world.alice, undefined, new AbortController().signal);
  await once(stream, 'readable');
  await inLab(handle, 'truncate', '-s', '0', '/home/jovyan/work/a-large');
  await expect(pipeline(stream, createWriteStream(path.join(folder, 'broken.tar')))).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('files changed while they were read') });
  await stop(handle);
});

test('what a crash left of a download is removed when the hub comes back', async () => {
  await used('first');
  await engine.createContainer({ name: `${test_.settings.networkPrefix}archive-left`, Image: TEST_IMAGE, Cmd: ['true'], Labels: { [LABEL.run]: test_.run, [LABEL.instance]: test_.settings.instance, [LABEL.role]: ROLE.archive } });
  await reopen();
  await eventually('it is gone', async () => (await archives()).length === 0);
});

/** A hub that kills itself at that point. */
async function killedAt(failPoint: string, act: ChildVolumesAsk['act'], volume: VolumeId | null): Promise<void> {
  const ask: ChildVolumesAsk = { settings: test_.settings, file: path.join(folder, 'hub.sqlite'), image: TEST_IMAGE, act, volume, failPoint };
  await world.close();
  worlds.splice(0);
  const file = path.join(folder, 'ask.json');
  await writeFile(file, JSON.stringify(ask));
  const child = spawn(process.execPath, ['-r', path.join(__dirname, '../support/typescript.cjs'), path.join(__dirname, '../support/child-volumes.ts'), file], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect([failPoint, code, signal]).toEqual([failPoint, null, 'SIGKILL']);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(ask);
  world = open();
}

test('N01: kill -9 at any point of a reset leaves the old home or the new one, and the other in the bin or not made', async () => {
  await used('first');
  await killedAt('volume.reset.before-commit', 'reset', null);
  expect([await nextNote(), homeOf().length]).toEqual(['first', 1]);
  await killedAt('volume.reset.after-commit', 'reset', null);
  expect([await nextNote(), homeOf().length]).toEqual(['', 2]);
  world.volumes.undo(world.me, world.alice, binned());
  expect(await nextNote()).toBe('first');
  expect(await inEngine()).toEqual(homeOf().map(({ id }) => String(id)).toSorted());
});

test('N01: kill -9 at any point of an undo leaves both generations, and one of them active', async () => {
  await used('first');
  await world.volumes.reset(world.me, world.alice, ['home']);
  await used('second');
  const first = binned();
  await killedAt('volume.undo.before-commit', 'undo', first);
  expect(await nextNote()).toBe('second');
  await killedAt('volume.undo.after-commit', 'undo', first);
  expect(await nextNote()).toBe('first');
  expect(await inEngine()).toEqual(homeOf().map(({ id }) => String(id)).toSorted());
  expect(homeOf().map(({ state }) => state)).toEqual(['active', 'bin']);
});

test('N01: kill -9 while a volume is removed: the next hub finishes it, and takes nothing else', async () => {
  for (const point of ['volume.purge.after-claim', 'volume.purge.after-remove']) {
    await used(point);
    await world.volumes.reset(world.me, world.alice, ['home']);
    await used('kept');
    await killedAt(point, 'remove', binned());
    await eventually('the removal is finished', () => homeOf().length === 1);
    expect(await inEngine()).toEqual(homeOf().map(({ id }) => String(id)));
    expect(await nextNote()).toBe('kept');
  }
});
