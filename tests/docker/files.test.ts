import { newId, type UserId } from '../../hub/domain/ids';
import type { FilePath } from '../../hub/domain/file-path';
import { READ_SCRIPT } from '../../spawner/docker/reader-script';
import { LABEL, ROLE } from '../../spawner/labels';
import { describeFiles } from '../contracts/describe-files';
import { TEST_IMAGE, containerOf, engine, eventually, inLab, requestFor, sleeper, startOptions, startTestEngine, type TestEngine } from '../support/test-engine';
import { volumeOf } from '../support/volumes';

jest.setTimeout(180_000);

const POOL = '10.230.0.0/16';
const readersOf = async (test: TestEngine): Promise<readonly string[]> => (await engine.listContainers({ all: true, filters: { label: [`${LABEL.instance}=${test.settings.instance}`, `${LABEL.role}=${ROLE.archive}`] } })).map(({ Names }) => Names[0] ?? '');

/** A container that has both volumes, as root: what somebody with `sudo` in a lab could put there, and more. */
async function hands(test: TestEngine, volume: string, neighbour: string) {
  const container = await engine.createContainer({ Image: TEST_IMAGE, User: '0:0', Entrypoint: ['sleep', 'infinity'], WorkingDir: '/v', Env: ['NEIGHBOUR=/n'], Labels: { [LABEL.run]: test.run }, HostConfig: { NetworkMode: 'none', Binds: [`${volume}:/v`, `${neighbour}:/n`] } });
  await container.start();
  const run = async (cmd: string[]): Promise<void> => {
    const exec = await container.exec({ Cmd: cmd, AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({ hijack: true, stdin: false });
    stream.resume();
    await new Promise<void>((resolve) => stream.once('close', resolve).once('end', resolve));
    const { ExitCode } = await exec.inspect();
    if (ExitCode !== 0) throw new Error(`${cmd.join(' ').slice(0, 100)} ended with ${ExitCode}`);
  };
  return {
    prepare: (script: string) => run(['sh', '-ec', script]),
    python: (script: string) => run(['python3', '-c', script]),
    during: async (script: string) => {
      const busy = await engine.createContainer({ Image: TEST_IMAGE, User: '0:0', Entrypoint: ['python3', '-c', script], WorkingDir: '/v', Labels: { [LABEL.run]: test.run }, HostConfig: { NetworkMode: 'none', Binds: [`${volume}:/v`] } });
      await busy.start();
      return async () => busy.remove({ force: true });
    },
  };
}

describeFiles('docker', async () => {
  const test = await startTestEngine({ networkPool: POOL });
  const [mine, theirs] = [requestFor('alice', { profile: sleeper() }), requestFor('al', { profile: sleeper() })];
  for (const req of [mine, theirs]) await test.spawner.stop(await test.spawner.start(req, startOptions()), { graceMs: 0 });
  const [volume, neighbour] = [mine, theirs].map((req) => req.volumes.find(({ purpose }) => purpose === 'workspace'));
  if (volume === undefined || neighbour === undefined) throw new Error('no volumes');
  const found = await test.spawner.listVolumes();
  const [own, other] = [volume, neighbour].map(({ id }) => found.find((one) => one.id === id)?.name ?? '');
  return {
    spawner: test.spawner, image: TEST_IMAGE, volume, neighbour, unmade: volumeOf(newId<UserId>(), 'home'), ...(await hands(test, own ?? '', other ?? '')),
    swaps: 12,
    // Removing one goes on for a moment after its reading.
    left: async () => {
      await eventually('all readers are gone', async () => (await readersOf(test)).length === 0);
      return [];
    },
    close: () => test.close(),
  };
});

describe('with a server that runs', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await startTestEngine({ networkPool: POOL });
  });
  afterEach(() => test.close());

  it('the files are those that the server has, the reader sees nothing else, and the server is not disturbed', async () => {
    const req = requestFor('alice', { profile: sleeper() });
    const handle = await test.spawner.start(req, startOptions());
    await inLab(handle, 'sh', '-c', 'echo hello > ~/work/note && chmod 600 ~/work/note');
    const volume = req.volumes.find(({ purpose }) => purpose === 'workspace') ?? volumeOf(req.owner.id, 'workspace');
    const ask = { image: TEST_IMAGE, signal: new AbortController().signal };
    const { bytes, stream } = await test.spawner.readFile({ volume, path: 'note' as FilePath }, ask);
    const [reader] = await readersOf(test);
    const { Config, HostConfig, Mounts } = await engine.getContainer((reader ?? '').slice(1)).inspect();
    expect([Mounts.map(({ Destination, RW }) => [Destination, RW]), HostConfig.NetworkMode, HostConfig.CapDrop, HostConfig.CapAdd, HostConfig.ReadonlyRootfs, HostConfig.LogConfig?.Type, Config.User]).toEqual([[['/files', false]], 'none', ['ALL'], ['DAC_OVERRIDE'], true, 'none', '0:0']);
    expect([bytes, Buffer.concat((await stream.toArray()) as Buffer[]).toString()]).toEqual([6, 'hello\n']);
    expect((await containerOf(handle).inspect()).State.Running).toBe(true);
    await eventually('the reader is gone', async () => (await readersOf(test)).length === 0);
  });

  it('who stops reading, and a hub that was killed, leave no reader behind', async () => {
    const req = requestFor('alice', { profile: sleeper() });
    const handle = await test.spawner.start(req, startOptions());
    await inLab(handle, 'sh', '-c', 'head -c 50000000 /dev/zero > ~/work/large');
    const volume = req.volumes.find(({ purpose }) => purpose === 'workspace') ?? volumeOf(req.owner.id, 'workspace');
    const at = { volume, path: 'large' as FilePath };
    const abort = new AbortController();
    const stopped = await test.spawner.readFile(at, { image: TEST_IMAGE, signal: abort.signal });
    const over = new Promise<void>((resolve) => stopped.stream.once('error', () => resolve()).once('close', () => resolve()));
    abort.abort();
    await over;
    await eventually('the reader is gone', async () => (await readersOf(test)).length === 0);
    // As a killed hub leaves it: running, with nobody who listens.
    const left = await engine.createContainer({ Image: TEST_IMAGE, Entrypoint: ['sleep', 'infinity'], Labels: { [LABEL.run]: test.run, [LABEL.instance]: test.settings.instance, [LABEL.role]: ROLE.archive }, HostConfig: { NetworkMode: 'none' } });
    await left.start();
    const open = await test.spawner.readFile(at, { image: TEST_IMAGE, signal: new AbortController().signal });
    expect(await readersOf(test)).toHaveLength(2);
    await test.spawner.tidyVolumes();
    // What somebody reads goes on.
    expect(await readersOf(test)).toHaveLength(1);
    expect(Buffer.concat((await open.stream.toArray()) as Buffer[])).toHaveLength(50_000_000);
    await test.spawner.stop(handle, { graceMs: 0 });
  });

  it('L02: a thousand readings while a file and a folder turn into links to outside and back bring nothing from outside', async () => {
    const req = requestFor('alice', { profile: sleeper() });
    const handle = await test.spawner.start(req, startOptions());
    const swapping = inLab(handle, 'timeout', '100', 'sh', '-c', 'cd ~/work; while true; do echo mine > t1; mv -T t1 swap; ln -s /etc/passwd t2; mv -T t2 swap; mkdir d1; echo mine > d1/passwd; mv -T d1 way; mv -T way d2; ln -s /etc way; rm way; rm -r d2; done');
    const volume = (await test.spawner.listVolumes(req.owner.id)).find(({ purpose }) => purpose === 'workspace')?.name ?? '';
    const script = 'for i in $(seq 500); do for path in swap way/passwd; do python3 -I -S -X utf8 -c "$SCRIPT" file $path 0 0 workspace 2>&1 || true; done; done';
    const readings = await engine.createContainer({ Image: TEST_IMAGE, User: '0:0', Entrypoint: ['sh', '-c', script], Env: [`SCRIPT=${READ_SCRIPT}`], Labels: { [LABEL.run]: test.run }, HostConfig: { NetworkMode: 'none', Binds: [`${volume}:/files:ro`] } });
    await readings.start();
    await readings.wait();
    const said = (await readings.logs({ stdout: true, stderr: true })).toString('utf8');
    expect(said.match(/"(?:bytes|problem)"/g)?.length).toBe(1000);
    expect(said).toContain('mine');
    expect(said).not.toMatch(/root:|Traceback/);
    await test.spawner.stop(handle, { graceMs: 0 });
    await swapping;
  });
});
