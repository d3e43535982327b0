import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { LABEL } from '../../spawner/labels';
import { startSecondEngine, type SecondEngine } from '../support/second-engine';
import { SERVED, startSecondHub, type HealthRow, type SecondHub } from '../support/second-hub';

jest.setTimeout(120_000);

let engine: SecondEngine;
let world: SecondHub;
beforeAll(async () => {
  engine = await startSecondEngine({ dataSize: '160m' });
  await engine.loadSmall();
  world = await startSecondHub(engine, { networkPool: '10.218.80.0/20' });
});
afterAll(async () => {
  await world?.close();
  await engine?.close();
});

const filler = (): string => path.join(engine.dataRoot, 'filler');

/** To the last byte. */
function fill(): void {
  const fd = openSync(filler(), 'a');
  try {
    for (let size = 1_048_576; size >= 1; size = Math.floor(size / 4)) while (fits(fd, size));
  } finally {
    closeSync(fd);
  }
}

function fits(fd: number, size: number): boolean {
  try {
    return writeSync(fd, Buffer.alloc(size, 1)) > 0;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw err;
  }
}

const diskRow = async (): Promise<HealthRow | undefined> => (await world.health()).checks.find(({ name }) => name === 'docker-disk');
/** Everything that the engine has of this hub, by name. */
async function things(): Promise<readonly string[]> {
  const label = [LABEL.run];
  const [containers, networks, volumes] = await Promise.all([engine.docker.listContainers({ all: true, filters: { label } }), engine.docker.listNetworks({ filters: { label } }), engine.docker.listVolumes({ filters: { label } })]);
  return [...containers.flatMap(({ Names }) => Names), ...networks.map(({ Name }) => Name), ...volumes.Volumes.map(({ Name }) => Name)].toSorted();
}

test('O10: on a full disk of the engine a start fails with the reason and leaves nothing, the hub and its servers go on, the health page tells it, and room heals it', async () => {
  const { hub } = world;
  await world.started('alice');
  expect(await diskRow()).toMatchObject({ ok: true });
  const before = await things();
  fill();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    await expect(hub.ask('POST', 'users/bob/server')).rejects.toMatchObject({ status: 503, message: expect.stringContaining('The disk of the Docker host is full') as string });
    expect(await world.server('bob')).toMatchObject({ ready: false, pending: null });
    expect(await things()).toEqual(before);
  }
  expect(await diskRow()).toMatchObject({ ok: false, level: 'advice', detail: expect.stringMatching(/^The disk with Docker's files is 100 % full; only 0\.0 GiB are left\. Make room/) as string });
  // The hub's own data is elsewhere.
  await expect(hub.ask('POST', 'users/alice/tokens', {})).resolves.toMatchObject({ token: expect.any(String) as string });
  await expect(hub.ask('POST', 'users/carol', {})).resolves.toMatchObject({ name: 'carol' });
  expect(await world.visit('/user/alice/anything')).toBe(SERVED);
  expect(await world.visit('/hub/login')).toMatch(/ (?:200|302)$/);

  rmSync(filler());
  await world.started('bob');
  expect(await diskRow()).toMatchObject({ ok: true });
  // What the failed attempts made did not pass for prepared volumes: it is his.
  const lab = engine.docker.getContainer(`${world.lives.run}-bob`);
  const exec = await lab.exec({ Cmd: ['python3', '-c', "import os; open(os.path.expanduser('~/mine'), 'w').write('x')"], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  await new Promise((resolve) => stream.resume().once('end', resolve));
  expect((await exec.inspect()).ExitCode).toBe(0);
});
