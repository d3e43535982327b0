import { HubError } from '../../hub/domain/errors';
import type { InstanceId, ServerId, UserId, VolumeId } from '../../hub/domain/ids';
import type { ImageTraits } from '../../hub/domain/images';
import { LAYOUTS } from '../../hub/domain/layouts';
import type { Limits, Mode } from '../../hub/domain/profile';
import type { Clock } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import type { VolumeRef } from '../../hub/domain/volume';
import { createInward } from '../inward';
import type { CheckRow, Health, SpawnRequest, Spawner, StartOptions, Volumes } from '../spawner';
import type { FakeBehaviour } from './behaviour';
import { createFakeFolders, createFakeVolumes, nameOfVolume } from './fake-volumes';
import { NORMAL } from './behaviour';
import { createFakeLife, type FakeEvents, type Living } from './fake-life';
import { startFakeServer, type FakeWork } from './fake-server';

interface Process extends Living {
  readonly owner: UserId;
  /** Names of those it has. */
  readonly volumes: readonly string[];
  readonly instance: InstanceId;
  readonly behaviour: FakeBehaviour;
  readonly work: FakeWork;
  readonly mode: Mode;
  readonly limits: Limits;
  readonly cancels: (() => void)[];
}

/** Nobody dials it: a pretended lab has no network of its own. Tests ask for `hubUrlOf` instead. */
const HUB_URL = 'http://hub:8081';

/** What a lab takes that only waits. */
const MEMORY_BYTES = 150 * 1024 ** 2;

/** What outlives a hub: give the same engine to a second spawner to play a restart. */
export interface FakeEngine {
  readonly processes: Map<string, Process>;
  /** By name. */
  readonly volumes: Map<string, { readonly id: VolumeId | null; readonly owner: UserId; readonly purpose: string; readonly bytes: number }>;
  /** False: every call fails as with a stopped engine. */
  reachable: boolean;
  /** Names taken by things that are not ours, as handle ids. */
  readonly foreign: Set<string>;
  /** Where the files of a volume are, made when first asked for; null: there is no such volume. Goes with `close`. */
  folderOf(volume: VolumeRef): Promise<string | null>;
  close(): Promise<void>;
}

export interface FakeOptions {
  readonly clock: Clock;
  /** Default: everything works. A function decides for each start. */
  readonly behaviour?: FakeBehaviour | ((req: SpawnRequest) => FakeBehaviour);
  readonly instance?: InstanceId;
  /** Absent: an own one, which ends with `close`. */
  readonly engine?: FakeEngine;
  /** What an image says about itself. Default: nothing. */
  readonly images?: (image: string) => Partial<ImageTraits>;
}

export interface FakeSpawner extends Spawner, Volumes, FakeEvents {
  readonly engine: FakeEngine;
  /** Every start that was asked for, in order. */
  readonly started: readonly SpawnRequest[];
  /** Every image that was asked about itself, in order. */
  readonly described: readonly string[];
  /** Ends a process from outside, as an operator or the kernel would. */
  kill(server: ServerId, how?: { readonly exitCode?: number; readonly oomKilled?: boolean }): Promise<void>;
  /** Requests that reached the server; 0 when there is none. */
  arrivals(server: ServerId): number;
  /** What goes on in it, to be changed by a test. undefined: there is no such server. */
  workIn(server: ServerId): FakeWork | undefined;
  /** What stands for `hubUrl` in that server's lab: an origin on loopback, opened when first asked for. Undefined: there is no such server. */
  hubUrlOf(server: ServerId): Promise<string | undefined>;
}

export function createFakeEngine(): FakeEngine {
  const processes = new Map<string, Process>();
  const close = async (): Promise<void> => {
    for (const process of processes.values()) process.cancels.forEach((cancel) => cancel());
    await Promise.all([...processes.values()].map((p) => p.http.close()));
    processes.clear();
    await folders.close();
  };
  const volumes: FakeEngine['volumes'] = new Map();
  const folders = createFakeFolders((volume) => volumes.has(nameOfVolume(volume)));
  return { processes, volumes, reachable: true, foreign: new Set(), folderOf: folders.folderOf, close };
}

/** Serves a real HTTP server on loopback per start. Shipped: tests and the development mode run on it. */
export function createFakeSpawner(opts: FakeOptions): FakeSpawner {
  const engine = opts.engine ?? createFakeEngine();
  const instance = opts.instance ?? ('fake' as InstanceId);
  const listeners = new Set<(server: ServerId, handle: Handle) => void>();
  const started: SpawnRequest[] = [];
  const described: string[] = [];
  const inward = createInward();
  const volumes = createFakeVolumes(engine);
  const ofServer = (server: ServerId): Process | undefined => [...engine.processes.values()].find((p) => p.server === server && p.instance === instance);
  const life = createFakeLife({ byHandle: (handle) => engine.processes.get(handle.id), byServer: ofServer });
  const demandEngine = (): void => {
    if (!engine.reachable) throw new HubError('unavailable', 'The engine does not answer.', { retryAfterSeconds: 10 });
  };

  const state = (): CheckRow => ({ name: 'engine', ok: engine.reachable, detail: engine.reachable ? 'Pretended servers in this process.' : 'The engine does not answer.', level: 'required', ms: 0 });

  async function start(req: SpawnRequest, { signal, onEvent, onHandle }: StartOptions): Promise<Handle> {
    demandEngine();
    started.push(req);
    const behaviour = typeof opts.behaviour === 'function' ? opts.behaviour(req) : (opts.behaviour ?? NORMAL);
    const handle: Handle = { spawner: 'fake', id: `fake-${req.server.id}` };
    if (engine.foreign.has(handle.id)) throw new HubError('conflict', `Something else is called ${handle.id} already; ask an administrator to rename or remove it.`);
    onEvent({ kind: 'preparing' });
    if (signal.aborted) throw aborted(signal);
    onHandle(handle);
    await remove(handle);
    if (behaviour.kind === 'slow') await pause(opts.clock, behaviour.startMs, signal);
    if (behaviour.kind === 'never' && behaviour.at === 'start') await pause(opts.clock, null, signal);
    if (behaviour.kind === 'bad' && behaviour.how === 'reject') throw new HubError('spawn-failed', behaviour.message ?? 'The server could not be created.');
    const process = await run(req, handle, behaviour);
    if (signal.aborted) {
      await remove(handle);
      throw aborted(signal);
    }
    onEvent({ kind: 'created' });
    onEvent({ kind: 'started' });
    if (behaviour.kind === 'bad') await end(process, { exitCode: behaviour.exitCode ?? 1, oomKilled: false });
    return handle;
  }

  async function run(req: SpawnRequest, handle: Handle, behaviour: FakeBehaviour): Promise<Process> {
    const answersAt = opts.clock.monotonicMs() + (behaviour.kind === 'slow' ? (behaviour.answerMs ?? 0) : 0);
    const mood = (): 'answer' | 'busy' | 'hold' => (behaviour.kind === 'never' ? 'hold' : opts.clock.monotonicMs() < answersAt ? 'busy' : 'answer');
    const secret = req.profile.mode === 'injected' ? (req.env['JUPYTER_TOKEN'] ?? '') : null;
    const work: FakeWork = { kernels: [], sessions: [], terminals: [], cpuSeconds: 0, memoryBytes: MEMORY_BYTES, files: new Map(), full: false, notices: [] };
    const serve = () => startFakeServer({ prefix: req.prefix, secret, mood, environment: req.env, work });
    const lines = [`serving ${req.prefix}`];
    const process: Process = { server: req.server.id, owner: req.owner.id, volumes: req.volumes.map(nameOfVolume), handle, instance, behaviour, mode: req.profile.mode, limits: req.profile.limits, work, serve, http: await serve(), paused: false, lines, cancels: [], exited: null };
    engine.processes.set(handle.id, process);
    volumes.make(req);
    if (behaviour.kind === 'dies-later') {
      process.cancels.push(opts.clock.after(behaviour.afterMs, () => void end(process, { exitCode: behaviour.exitCode ?? 1, oomKilled: false })));
    }
    return process;
  }

  /** Listeners hear of it only after the port is closed, as with a real process. */
  async function end(process: Process, how: { exitCode: number | null; oomKilled: boolean }): Promise<void> {
    if (process.exited !== null) return;
    process.exited = how;
    life.write(process, how.oomKilled ? 'Killed' : `exited with code ${how.exitCode}`);
    await Promise.all([process.http.close(), inward.close(process.server)]);
    for (const listener of listeners) listener(process.server, process.handle);
  }

  async function remove(handle: Handle): Promise<void> {
    const process = engine.processes.get(handle.id);
    if (process === undefined) return;
    engine.processes.delete(handle.id);
    process.cancels.forEach((cancel) => cancel());
    await Promise.all([process.http.close(), inward.close(process.server)]);
    life.wake();
  }

  async function stop(handle: Handle, { onRemains }: Parameters<Spawner['stop']>[1]): Promise<void> {
    demandEngine();
    if (engine.processes.get(handle.id)?.behaviour.kind === 'stuck') throw new HubError('unavailable', 'The server did not end.');
    const process = engine.processes.get(handle.id);
    await remove(handle);
    if (process !== undefined) onRemains?.(life.remainsOf(process));
  }

  async function inspect(handle: Handle): Promise<Health> {
    demandEngine();
    const process = engine.processes.get(handle.id);
    if (process === undefined) return { kind: 'absent' };
    if (process.exited === null) return { kind: 'running', origin: process.http.origin, mode: process.mode, ...(process.paused ? { paused: true as const } : {}) };
    return { kind: 'exited', ...process.exited, detail: process.exited.oomKilled ? 'It ran out of memory.' : `It ended with code ${process.exited.exitCode}.` };
  }

  return {
    kind: 'fake',
    engine,
    started,
    described,
    describeImage: async (image, { signal }) => {
      demandEngine();
      if (signal.aborted) throw aborted(signal);
      described.push(image);
      return { mode: 'injected', layout: LAYOUTS.jovyan, ...opts.images?.(image) };
    },
    start,
    inspect,
    stop,
    logs: async (handle, lines) => engine.processes.get(handle.id)?.lines.slice(-lines) ?? [],
    list: async () => {
      demandEngine();
      return [...engine.processes.values()].filter((p) => p.instance === instance).map((p) => ({ server: p.server, handle: p.handle, running: p.exited === null }));
    },
    sample: async () => {
      demandEngine();
      return [...engine.processes.values()].filter((p) => p.instance === instance && p.exited === null)
        .map(({ server, work, limits }) => ({ server, memoryBytes: work.memoryBytes, memoryLimit: limits.memoryBytes, cpuSeconds: work.cpuSeconds, cpuLimit: limits.cpus }));
    },
    restart: async (handle, how) => {
      demandEngine();
      await life.restart(handle, how);
    },
    followLogs: life.followLogs,
    onChange: life.onChange,
    ...life.events,
    onExit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    hubUrl: HUB_URL,
    onConnection: inward.onConnection,
    hubUrlOf: async (server) => (ofServer(server) === undefined ? undefined : `http://127.0.0.1:${await inward.open(server, { host: '127.0.0.1', port: 0, from: null })}`),
    check: async () => ({ ok: engine.reachable, checks: [state()] }),
    guard: async () => state(),
    close: async () => {
      listeners.clear();
      await inward.closeAll();
      if (opts.engine === undefined) await engine.close();
    },
    ...volumes.calls,
    kill: async (server, how = {}) => {
      const process = ofServer(server);
      if (process !== undefined) await end(process, { exitCode: how.exitCode ?? 137, oomKilled: how.oomKilled ?? false });
    },
    workIn: (server) => ofServer(server)?.work,
    cpuSeconds: async (handle) => engine.processes.get(handle.id)?.work.cpuSeconds ?? 0,
    arrivals: (server) => ofServer(server)?.http.arrivals() ?? 0,
  };
}

const aborted = (signal: AbortSignal): HubError => (signal.reason instanceof HubError ? signal.reason : new HubError('spawn-failed', 'The start was cancelled.', { cause: signal.reason }));

/** null: for ever, or until aborted. */
function pause(clock: Clock, ms: number | null, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(aborted(signal));
    const cancel = ms === null ? () => undefined : clock.after(ms, () => {
      signal.removeEventListener('abort', stopped);
      resolve();
    });
    function stopped(): void {
      cancel();
      reject(aborted(signal));
    }
    signal.addEventListener('abort', stopped, { once: true });
  });
}
