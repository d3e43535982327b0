import { constants } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { HubError, toHubError } from '../../hub/domain/errors';
import { LAYOUTS } from '../../hub/domain/layouts';
import type { ServerId } from '../../hub/domain/ids';
import type { Clock, Logger } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { secretsIn } from '../log-text';
import type { Health, Remains, Sample, SpawnRequest, Spawner, StartOptions, Volumes } from '../spawner';
import { createChecks } from './checks';
import { labArguments, labVariables, subcommandOf } from './command';
import { endRun } from './end-run';
import { createExitWatch } from './exit-watch';
import { createFolders } from './folders';
import { bootId, lives } from './identity';
import { findJupyter } from './jupyter';
import { freePort, isTaken, launch, type Launch } from './launch';
import { lastLines, trimLog } from './log-file';
import { measureRuns } from './measure';
import { createRuns, KIND, type ExitNote, type Run, type Runs } from './runs';
import { NO_ISOLATION, type ProcessSettings } from './settings';

export interface ProcessSpawner extends Spawner, Volumes {
  /** Ends all labs of this hub; the folders of its users only when asked. */
  tearDown(opts: { readonly volumes: boolean }): Promise<void>;
}

interface Deps {
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a start waits for the lab to get its port; then it is only asked whether it answers, and its log is kept when it never does. Default 15 s. */
  readonly patienceMs?: number;
}

const ATTEMPTS = 5;
const PATIENCE_MS = 15_000;
const REMAINING_LINES = 50;
const EXIT_MS = 1_000;
const TEAR_DOWN_GRACE_MS = 10_000;

/** For a hub that is about to run labs: with its warning, or a `HubError('unavailable')` that says what to install. */
export function openProcessSpawner(settings: ProcessSettings, deps: Deps): ProcessSpawner {
  findJupyter(settings);
  deps.log.warn({}, NO_ISOLATION);
  return createProcessSpawner(settings, deps);
}

/** Labs as processes of the hub's own account, on loopback: for a laptop without Docker. They outlive the hub, and the next one finds them. */
export function createProcessSpawner(settings: ProcessSettings, { clock, log, patienceMs = PATIENCE_MS }: Deps): ProcessSpawner {
  const runs = createRuns(settings.labsDir, settings.instance);
  const folders = createFolders({ ...settings, inUse: async () => new Set((await runs.list()).flatMap((run) => run.volumes)) });
  const watch = createExitWatch({ clock, log, tidyUp: (run) => endRun(clock, { mark: run.id, leader: null, graceMs: 0 }), trim: (run) => trimLog(runs.logOf(run)) });
  const checks = createChecks(settings, clock);
  const exits = new Map<string, ExitNote>();
  /** Those that this hub started itself: how they end is told to it alone, a moment after they are gone. */
  const ends = new Map<string, Promise<void>>();
  /** Ports of starts that are under way. */
  const given = new Set<number>();
  const starting = new Set<string>();
  const tidied = folders.tidyVolumes().catch((err: unknown) => log.warn({ err }, 'an interrupted removal could not be finished'));

  async function start(req: SpawnRequest, opts: StartOptions): Promise<Handle> {
    opts.onEvent({ kind: 'preparing' });
    demandNotAborted(opts.signal);
    subcommandOf(req.profile);
    if (req.docker === true || req.mounts !== undefined) log.warn({ server: req.server.id, mounts: req.mounts?.length ?? 0, docker: req.docker === true }, 'groups give this lab mounts or Docker; a process gets neither, and sees what your account sees');
    const program = findJupyter(settings);
    await tidied;
    const own = await folders.ensure(req.owner.id, req.volumes);
    const handle = runs.newHandle(req.server.id);
    demandNotAborted(opts.signal);
    opts.onHandle(handle);
    starting.add(handle.id);
    try {
      await removeLeftovers(req.server.id);
      const env = labVariables(req, settings, { run: handle.id, runtime: runs.runtimeOf(handle.id), folders: own });
      await startOnSomePort(req, { program, env, cwd: own.workspace }, { handle, opts });
      return handle;
    } catch (err) {
      await leaveNothing(req.server.id);
      throw err instanceof HubError ? err : new HubError('spawn-failed', toHubError(err).message, { cause: err });
    } finally {
      starting.delete(handle.id);
    }
  }

  async function startOnSomePort(req: SpawnRequest, how: Omit<Launch, 'run' | 'args'>, { handle, opts }: { readonly handle: Handle; readonly opts: StartOptions }): Promise<void> {
    const { server, owner } = req;
    const secrets = secretsIn(Object.entries(req.env).map(([name, value]) => `${name}=${value}`));
    for (let attempt = 1; ; attempt++) {
      const port = await freePort(given);
      given.add(port);
      try {
        const run: Run = { id: handle.id, instance: settings.instance, server: server.id, user: owner.id, volumes: req.volumes.map(({ id }) => id), port, boot: bootId(), secrets };
        const args = labArguments(req, { port, workspace: how.cwd });
        const attempted = { ...how, run, args };
        if ((await startOnce(attempted, attempt === 1 ? opts : { ...opts, onEvent: () => undefined })) === 'runs' || attempt === ATTEMPTS) return;
        log.warn({ server: server.id, port }, 'somebody took the port that a lab was about to get; it gets another one');
      } finally {
        given.delete(port);
      }
    }
  }

  async function startOnce(how: Launch, { signal, onEvent }: StartOptions): Promise<'runs' | 'port-taken'> {
    const { run } = how;
    exits.delete(run.id);
    await runs.write(run);
    onEvent({ kind: 'created' });
    demandNotAborted(signal);
    const { who, child, settled } = await launch(runs, clock, how);
    ends.set(run.id, new Promise((resolve) => child.once('exit', (exitCode, by) => {
      noteExit(run, { exitCode, signal: by });
      resolve();
    })));
    onEvent({ kind: 'started' });
    const outcome = await settled(signal, patienceMs);
    demandNotAborted(signal);
    if (outcome === 'ended' && (await isTaken(run.port))) return 'port-taken';
    watch.track(run, who);
    return 'runs';
  }

  /** Told at once, and kept for a hub that comes later. */
  function noteExit(run: Run, note: ExitNote): void {
    exits.set(run.id, note);
    runs.noteExit(run.id, note).catch((err: unknown) => log.debug({ err }, 'how a lab ended could not be kept'));
    watch.ended(run.id);
  }

  async function removeLeftovers(server: ServerId): Promise<void> {
    for (const run of await runs.list()) if (run.server === server) await remove(run, 0);
  }

  /** A failure in here must not hide the one that led to it; what is left is on the disk, so a later stop finds it. */
  async function leaveNothing(server: ServerId): Promise<void> {
    try {
      await removeLeftovers(server);
    } catch (err) {
      log.warn({ err, server }, 'cleaning up after a failed start did not work');
    }
  }

  async function remove(run: Run, graceMs: number, onRemains?: (remains: Remains) => void): Promise<void> {
    watch.forget(run.id);
    await endRun(clock, { mark: run.id, leader: await runs.retire(run), graceMs });
    // The process is gone before its parent is told how it ended.
    const end = ends.get(run.id);
    if (end !== undefined) await Promise.race([end, wait(EXIT_MS, undefined, { ref: false })]);
    if (onRemains !== undefined) onRemains(await remainsOf(run));
    await runs.remove(run.id);
    exits.delete(run.id);
    ends.delete(run.id);
  }

  /** Nothing counts the memory of a process and of all that it started. */
  async function remainsOf(run: Run): Promise<Remains> {
    const logTail = await lastLines(runs.logOf(run.id), REMAINING_LINES, run.secrets);
    const note = exits.get(run.id) ?? (await runs.exitOf(run.id));
    return { exitCode: codeOf(note), oomKilled: false, memory: { peak: null, limit: null }, logTail };
  }

  async function inspect(handle: Handle): Promise<Health> {
    const run = await runs.read(handle);
    if (run === null) return { kind: 'absent' };
    const who = await runs.processOf(run);
    if (who === null ? starting.has(run.id) : await lives(who)) return { kind: 'running', origin: `http://127.0.0.1:${run.port}`, mode: 'injected' };
    const note = exits.get(run.id) ?? (await runs.exitOf(run.id));
    return { kind: 'exited', exitCode: codeOf(note), oomKilled: false, detail: whyEnded(note, who !== null) };
  }

  async function list(): Promise<readonly { readonly server: ServerId; readonly handle: Handle; readonly running: boolean }[]> {
    return Promise.all((await runs.list()).map(async (run) => {
      const who = await runs.processOf(run);
      const running = who !== null && (await lives(who));
      if (running && !starting.has(run.id)) watch.track(run, who);
      return { server: run.server, handle: { spawner: KIND, id: run.id }, running };
    }));
  }

  return {
    kind: KIND,
    ignores: ['limits', 'mounts', 'network', 'docker'],
    start,
    // There is no image that could say anything.
    describeImage: async (_image, { signal }) => {
      demandNotAborted(signal);
      return { mode: 'injected', layout: LAYOUTS.jovyan };
    },
    inspect,
    stop: async (handle, { graceMs, onRemains }) => {
      const run = await runs.read(handle);
      if (run !== null) await remove(run, graceMs, onRemains);
    },
    logs: async (handle, lines) => {
      const run = await runs.read(handle);
      return run === null ? [] : lastLines(runs.logOf(run.id), lines, run.secrets);
    },
    list,
    sample: (signal) => sampleOf(runs, signal),
    storageFolder: async () => settings.labsDir,
    onExit: watch.onExit,
    // All labs share one address and one account: a connection could not be told from another lab's, so there is no way in at all.
    hubUrl: null,
    onConnection: () => () => undefined,
    check: checks.check,
    guard: checks.guard,
    listVolumes: folders.listVolumes,
    removeVolumes: folders.removeVolumes,
    measureVolumes: folders.measureVolumes,
    archiveVolumes: folders.archiveVolumes,
    listFolder: folders.listFolder,
    readFile: folders.readFile,
    archiveFolder: folders.archiveFolder,
    tidyVolumes: folders.tidyVolumes,
    tearDown: async ({ volumes }) => {
      for (const run of await runs.list()) await remove(run, TEAR_DOWN_GRACE_MS);
      if (volumes) await folders.removeAll();
    },
    close: async () => {
      watch.close();
      await tidied;
    },
  };
}

async function sampleOf(runs: Runs, signal: AbortSignal): Promise<readonly Sample[]> {
  const known = await Promise.all((await runs.list()).map(async (run) => ({ run, who: await runs.processOf(run) })));
  return measureRuns(known.flatMap(({ run, who }) => (who === null ? [] : [{ run, who }])), signal);
}

function demandNotAborted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason instanceof HubError ? signal.reason : new HubError('spawn-failed', 'The start was cancelled.', { cause: signal.reason });
}

function whyEnded(note: ExitNote | null, began: boolean): string {
  if (!began) return 'It was prepared, but never started.';
  if (note === null) return 'It ended while no hub watched it, so nobody knows why. A restart of this machine ends labs, too.';
  if (note.signal !== null) return note.signal === 'SIGTERM' ? 'It was asked to end.' : `It was killed (${note.signal}).`;
  if (note.exitCode === 0) return 'It ended by itself.';
  return `It ended with code ${note.exitCode}.`;
}

/** As shells count: 128 and the number of the signal that ended it. null: nobody saw it end. */
const codeOf = (note: ExitNote | null | undefined): number | null =>
  note === null || note === undefined ? null : (note.exitCode ?? (note.signal === null ? null : 128 + constants.signals[note.signal as NodeJS.Signals]));
