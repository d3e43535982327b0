import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import Docker from 'dockerode';
import type { InstanceId, ServerId, ServerName, UserId, UserName } from '../../hub/domain/ids';
import { newId } from '../../hub/domain/ids';
import type { Profile } from '../../hub/domain/profile';
import type { Logger } from '../../hub/domain/runtime';
import { systemClock } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import type { DockerSpawner, DockerSpawnerDeps } from '../../spawner/docker/docker-spawner';
import { createDockerSpawner } from '../../spawner/docker/docker-spawner';
import type { DockerSettings } from '../../spawner/docker/settings';
import { DOCKER_DEFAULTS } from '../../spawner/docker/settings';
import { labEnvironment } from '../../spawner/env';
import { LABEL } from '../../spawner/labels';
import { serverProfile } from '../../spawner/profiles';
import type { SpawnRequest, StartOptions } from '../../spawner/spawner';
import { waitUntilReady } from '../../spawner/readiness';
import { sweepDocker } from './docker-sweep';
import { volumesOf } from './volumes';

/** jupyter-server and ipykernel on Debian; `images/test/Dockerfile`. */
export const TEST_IMAGE = 'berth/notebook-test:local';

export const engine = new Docker({ host: undefined, socketPath: '/var/run/docker.sock' } as Docker.DockerOptions);

export const silentLog: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, child: () => silentLog };

export interface TestEngine {
  readonly run: string;
  readonly settings: DockerSettings;
  readonly spawner: DockerSpawner;
  /** Another hub on the same engine; closed and swept with this one. */
  another(change?: Partial<DockerSettings>, deps?: Partial<DockerSpawnerDeps>): DockerSpawner;
  /** An image with a command of its own and nothing else changed, removed with the rest. `name` without a tag. Resolves with what it is called. */
  commanded(image: string, name: string, command: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** A Docker spawner of an own instance; everything it makes carries the run's label. */
export async function startTestEngine(change: Partial<DockerSettings> = {}): Promise<TestEngine> {
  await sweepDocker();
  const run = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const dataDir = await mkdtemp(path.join(tmpdir(), 'berth-state-'));
  const settings: DockerSettings = {
    ...DOCKER_DEFAULTS,
    instance: newId<InstanceId>(),
    sharedVolume: `berth-test-${run}_shared`,
    // A pool of its own: the hub that may run on this machine keeps its addresses.
    networkPool: '10.214.0.0/16',
    dataDir,
    probeImage: TEST_IMAGE,
    extraLabels: { [LABEL.run]: run },
    ...change,
  };
  const all: DockerSpawner[] = [];
  const another = (other: Partial<DockerSettings> = {}, deps: Partial<DockerSpawnerDeps> = {}): DockerSpawner => {
    const spawner = createDockerSpawner({ ...settings, ...other }, { clock: systemClock, log: silentLog, ...deps });
    all.push(spawner);
    return spawner;
  };
  const commanded = async (image: string, name: string, command: readonly string[]): Promise<string> => {
    // The label goes from the container into the image.
    const container = await engine.createContainer({ Image: image, Labels: { [LABEL.run]: run }, HostConfig: { NetworkMode: 'none' } });
    await container.commit({ repo: name, tag: run, changes: `CMD ${JSON.stringify(command)}` });
    await container.remove();
    return `${name}:${run}`;
  };
  const close = async (): Promise<void> => {
    await Promise.all(all.map((s) => s.close()));
    await sweepDocker(run);
    await rm(dataDir, { recursive: true, force: true });
  };
  return { run, settings, spawner: another(), another, commanded, close };
}

export interface RequestChange {
  readonly profile?: Partial<Profile>;
  readonly ownerId?: UserId;
  readonly serverId?: ServerId;
  readonly server?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Absent: the first ones of the owner. */
  readonly volumes?: SpawnRequest['volumes'];
}

export const SECRET = 'a-secret-of-one-server-only';

export function requestFor(owner: string, change: RequestChange = {}): SpawnRequest {
  const profile = serverProfile({ image: TEST_IMAGE, limits: { cpus: 1, memoryBytes: 512 * 1024 ** 2, pids: 256 }, ...change.profile });
  const name = (change.server ?? '') as ServerName;
  const ownerId = change.ownerId ?? newId<UserId>();
  return {
    server: { id: change.serverId ?? newId<ServerId>(), name },
    owner: { id: ownerId, name: owner as UserName },
    profile,
    volumes: change.volumes ?? volumesOf(ownerId),
    outbound: profile.outbound,
    prefix: `/user/${encodeURIComponent(owner)}/${name === '' ? '' : `${name}/`}`,
    env: { ...labEnvironment({ profile, userName: owner as UserName, secret: SECRET }), ...change.env },
  };
}

/** A lab that only sleeps: up in half a second, for everything that is not about Jupyter. */
export const sleeper = (change: Partial<Profile> = {}): Partial<Profile> => ({ argv: ['sleep', 'infinity'], ...change });

export const startOptions = (change: Partial<StartOptions> = {}): StartOptions => ({ signal: new AbortController().signal, onEvent: () => undefined, onHandle: () => undefined, ...change });

/** Starts it and waits until Jupyter answers; resolves with its handle and origin. */
export async function startReady(spawner: DockerSpawner, req: SpawnRequest): Promise<{ readonly handle: Handle; readonly origin: string }> {
  const handle = await spawner.start(req, startOptions());
  const health = await spawner.inspect(handle);
  if (health.kind !== 'running') throw new Error(`not running: ${JSON.stringify(health)} ${(await spawner.logs(handle, 20)).join('\n')}`);
  await waitUntilReady({ origin: health.origin, prefix: req.prefix, secret: SECRET, mode: 'injected', health: () => spawner.inspect(handle), signal: AbortSignal.timeout(30_000), clock: systemClock });
  return { handle, origin: health.origin };
}

export const containerOf = (handle: Handle): Docker.Container => engine.getContainer(handle.id.split('/')[0] ?? '');

/** Runs a command as the lab's own user, in the lab. */
export async function inLab(handle: Handle, ...command: string[]): Promise<{ readonly code: number; readonly out: string }> {
  const exec = await containerOf(handle).exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true, stdin: false });
  const out = new PassThrough();
  const chunks: Buffer[] = [];
  out.on('data', (chunk: Buffer) => chunks.push(chunk));
  engine.modem.demuxStream(stream, out, out);
  await new Promise<void>((resolve, reject) => stream.once('end', resolve).once('close', resolve).once('error', reject));
  return { code: (await exec.inspect()).ExitCode ?? -1, out: Buffer.concat(chunks).toString('utf8').trim() };
}

/** The same with a script of Python, which prints what it found. */
export const pythonInLab = async (handle: Handle, script: string): Promise<string> => (await inLab(handle, 'python3', '-c', script)).out;

/** Waits for a condition, not for a time. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const until = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > until) throw new Error(`did not happen in ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
