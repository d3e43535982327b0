import { HubError, toHubError } from '../domain/errors';
import { asksImage, completed } from '../domain/images';
import type { Profile } from '../domain/profile';
import type { Handle, ServerRecord, Stage } from '../domain/server';
import { templateAsked, withoutTemplate } from '../domain/template';
import type { Route } from '../../proxy/route-table';
import type { Health, SpawnEvent, StartOptions } from '../../spawner/spawner';
import { within } from './deadlines';
import { issueLabToken } from './lab-tokens';
import { labOf, modeOf, redacted, requestOf, routeOf, type Lab } from './lab-request';
import type { Core, Run } from './server-core';
import { policyAtStart } from './policy-at-start';
import type { Stopper } from './server-stop';

export interface Starter {
  /** Brings up a server whose record is `starting` and has no handle yet. The outcome is in the record. */
  launch(record: ServerRecord): void;
  /** Goes on with a start of a previous life of the hub: its process runs, and is waited for. */
  adopt(record: ServerRecord, handle: Handle): void;
  /** Ends the process of a server that runs and starts the same one again; its record is `starting`, its route already taken away. */
  restart(record: ServerRecord, handle: Handle, route: Route | undefined): void;
  /** Makes a server that runs reachable, in the tick of its transition. */
  serve(record: ServerRecord, running: Running): void;
}

type Running = Extract<Health, { kind: 'running' }>;

const LOG_LINES = 50;
const DRAIN_MS = 2_000;
const ENGINE_MS = 10_000;
const TOO_LONG = new Error('the start took too long');

export function createStarter(core: Core, stopper: Stopper, onFreed: () => void): Starter {
  const { spawner, store, clock, log, failPoint, routes, progress } = { ...core.deps, progress: core.progress };

  function launch(record: ServerRecord): void {
    begin(record, null, async (run, lab, silence) => {
      progress.stage(record.id, { kind: 'preparing', at: clock.now() });
      failPoint('spawn.after-claim');
      const leftover = core.leftovers.get(record.id);
      if (leftover !== undefined) await leftover;
      await core.deps.gate.passed(run.abort.signal);
      const { signal } = run.abort;
      const onEvent = (event: SpawnEvent): void => {
        if (event.kind === 'pulling') silence.restart();
        progress.stage(record.id, stageOf(event, clock.now()));
      };
      const volumes = await core.deps.volumesFor(lab.owner.id);
      signal.throwIfAborted();
      const profile = await profileOf(lab, { signal, onEvent });
      core.modes.set(record.id, profile.mode);
      const policy = policyAtStart(core.deps, record, lab);
      const handle = await spawner.start(requestOf(core.deps, record, { ...lab, profile }, { token: issueLabToken(store, record), volumes, policy }), {
        signal,
        onEvent,
        onHandle: (found) => {
          keep(run, found);
          failPoint('spawn.after-handle');
        },
      });
      keep(run, handle);
      failPoint('spawn.after-start');
      await answer(run, lab, handle);
    });
  }

  /** Before anything is made: which variables a lab gets depends on what its image is. */
  async function profileOf({ profile }: Lab, opts: Pick<StartOptions, 'signal' | 'onEvent'>): Promise<Profile> {
    return completed(profile, asksImage(profile) ? await spawner.describeImage(profile.image, opts) : null);
  }

  const adopt = (record: ServerRecord, handle: Handle): void =>
    begin(record, handle, async (run, lab) => {
      progress.stage(record.id, { kind: 'started', at: clock.now() });
      await answer(run, lab, handle);
    });

  const restart = (record: ServerRecord, handle: Handle, route: Route | undefined): void =>
    begin(record, handle, async (run, lab) => {
      progress.stage(record.id, { kind: 'ending', at: clock.now() });
      failPoint('restart.after-claim');
      if (route !== undefined) await core.deps.drain(route, DRAIN_MS).catch((err: unknown) => log.warn({ route: route.prefix, err }, 'open requests could not be ended'));
      run.abort.signal.throwIfAborted();
      await spawner.restart?.(handle, { graceMs: core.deps.stopGraceMs });
      failPoint('restart.after-restart');
      progress.stage(record.id, { kind: 'started', at: clock.now() });
      await answer(run, lab, handle);
    });

  function begin(record: ServerRecord, handle: Handle | null, work: (run: Run, lab: Lab, silence: { restart(): void }) => Promise<void>): void {
    const run: Run = { abort: new AbortController(), record, handle, waiting: false, ended: false, done: Promise.resolve() };
    const silence = deadline(run);
    const began = clock.monotonicMs();
    core.runs.set(record.id, run);
    const bringUp = async (): Promise<void> => {
      const lab = labOf(core.deps, record);
      if (lab === undefined) throw new HubError('not-found', 'The user of this server is gone.');
      await work(run, lab, silence);
    };
    run.done = bringUp()
      .catch((err: unknown) => fail(run, err))
      .catch((err: unknown) => log.error({ server: record.id, err }, 'the outcome of a start was not written'))
      .finally(() => {
        silence.end();
        // A start that the hub's end interrupted has no outcome yet: the next boot gives it one.
        if (!core.closing.aborted) core.deps.observeStart?.({ status: outcomeOf(core.deps.store.servers.byId(record.id)), seconds: (clock.monotonicMs() - began) / 1000 });
        if (core.runs.get(record.id) === run) core.runs.delete(record.id);
      });
  }

  /** Counts on the monotonic clock (M18). Ends with the hub: what runs is left to the next boot. */
  function deadline(run: Run): { restart(): void; end(): void } {
    const arm = (): (() => void) => clock.after(core.deps.startTimeoutMs, () => run.abort.abort(TOO_LONG));
    // Giving up the wait leaves the server alone; giving up its creation would remove it.
    const closed = (): void => {
      cancel();
      if (run.waiting) run.abort.abort(new HubError('unavailable', 'The hub restarts.'));
    };
    let cancel = arm();
    core.closing.addEventListener('abort', closed, { once: true });
    return {
      restart: () => {
        cancel();
        cancel = arm();
      },
      end: () => {
        cancel();
        core.closing.removeEventListener('abort', closed);
      },
    };
  }

  /** Written before anything else happens: from here on a crash leaves a trail in the store, not only in the engine's labels. */
  function keep(run: Run, handle: Handle): void {
    if (run.handle?.id === handle.id && run.handle.spawner === handle.spawner) return;
    run.handle = handle;
    const next = core.move(run.record, { kind: 'starting', since: run.record.state.since ?? clock.now(), handle });
    if (next !== undefined) run.record = next;
  }

  async function answer(run: Run, lab: Lab, handle: Handle): Promise<void> {
    const { signal } = run.abort;
    const health = (): Promise<Health> => noted(run, within(clock, ENGINE_MS, spawner.inspect(handle, signal)));
    run.waiting = true;
    const running = demandRunning(await health());
    const { origin } = running;
    const mode = modeOf(lab, running.mode);
    core.modes.set(run.record.id, mode);
    signal.throwIfAborted();
    await core.deps.waitUntilReady({ origin, prefix: lab.url, secret: lab.secret, mode, signal, health });
    signal.throwIfAborted();
    progress.stage(run.record.id, { kind: 'answering', at: clock.now() });
    failPoint('spawn.after-answer');
    await bringTemplate(core, run, origin);
    // In one write with the transition: whatever starts this server once more does not bring it again.
    const ready = core.move(run.record, { kind: 'ready', since: clock.now(), handle, origin }, { userOptions: withoutTemplate(run.record.userOptions) });
    if (ready === undefined) throw new HubError('conflict', 'This server changed while it started.');
    run.record = ready;
    serve(ready, running);
    progress.finish(ready.id, { kind: 'ready', percent: 100, message: `Server ready at ${lab.url}`, url: lab.url });
    failPoint('spawn.after-ready');
  }

  function serve(record: ServerRecord, running: Running): void {
    const lab = labOf(core.deps, record);
    if (lab === undefined) return;
    const mode = modeOf(lab, running.mode);
    core.modes.set(record.id, mode);
    routes.set(routeOf(record, lab, { origin: running.origin, mode }));
  }

  /** Whoever stops the server cleans up as well, with `run.handle`; else it is done here. */
  async function fail(run: Run, err: unknown): Promise<void> {
    const { id } = run.record;
    if (core.closing.aborted || core.stops.has(id)) return;
    const { message, code } = explain(err, run);
    const logTail = await tail(run);
    if (core.closing.aborted || core.stops.has(id)) return;
    log.warn({ server: id, err, logTail }, 'server did not start');
    const last = { kind: 'failed' as const, percent: 100 as const, message, logTail };
    const outcome = () => ({ kind: 'failed' as const, since: clock.now(), message, logTail, ...(code === 'unavailable' ? { unavailable: true as const } : {}) });
    const claimed = core.move(run.record, run.handle === null ? outcome() : { kind: 'stopping', since: clock.now(), handle: run.handle, error: null });
    core.runs.delete(id);
    // A server that never answered has nothing to save.
    if (claimed?.state.kind === 'stopping') return stopper.takeDown(claimed, { route: core.removeRoute(id), outcome, last, why: run.waiting && !run.ended ? 'unready' : 'itself', graceMs: 0 });
    if (claimed === undefined) await abandon(run);
    progress.finish(id, last);
    onFreed();
  }

  /** The record is gone or belongs to somebody else: only what this start made is left to remove. */
  async function abandon(run: Run): Promise<void> {
    if (run.handle !== null && store.servers.byId(run.record.id) === undefined) await stopper.remove(run.handle);
  }

  async function tail(run: Run): Promise<readonly string[]> {
    if (run.handle === null) return [];
    try {
      return redacted(await within(clock, ENGINE_MS, spawner.logs(run.handle, LOG_LINES)), run.record.secret);
    } catch (err) {
      log.warn({ server: run.record.id, err }, 'log of a failed server could not be read');
      return [];
    }
  }

  function explain(err: unknown, run: Run): HubError {
    if (run.abort.signal.reason === TOO_LONG) {
      // Before the process runs, all there is to say is that its creation was given up.
      const problem = run.waiting && err instanceof HubError ? ` ${err.message}` : '';
      return new HubError('spawn-failed', `The server did not start within ${Math.round(core.deps.startTimeoutMs / 1000)} s.${problem}`, { cause: err });
    }
    return run.abort.signal.reason instanceof HubError ? run.abort.signal.reason : toHubError(err);
  }

  return { launch, adopt, restart, serve };
}

/** The template that the start was asked for, into a server that answers. Without it the server comes all the same, with a warning. */
async function bringTemplate({ deps: { templates, clock }, progress }: Core, { record, abort: { signal } }: Run, origin: string): Promise<void> {
  const template = templateAsked(record.userOptions);
  if (template === undefined || templates === undefined) return;
  progress.stage(record.id, { kind: 'template', at: clock.now(), template, outcome: 'copying', path: null });
  const brought = await templates.bring(record, template, { origin, signal });
  signal.throwIfAborted();
  progress.stage(record.id, { kind: 'template', at: clock.now(), template, ...brought });
}

/** Keeps in mind that a process is gone: nobody ended it then, or has to. */
async function noted(run: Run, asked: Promise<Health>): Promise<Health> {
  const health = await asked;
  if (health.kind !== 'running') run.ended = true;
  return health;
}

/** Why a server that was waited for cannot come any more. */
export function demandRunning(health: Health): Running {
  if (health.kind === 'running') return health;
  throw new HubError('spawn-failed', health.kind === 'exited' ? `The server ended before it answered. ${health.detail}` : 'The server was removed before it answered.');
}

function stageOf(event: SpawnEvent, at: Date): Stage {
  return { ...event, at };
}

function outcomeOf(after: ServerRecord | undefined): 'success' | 'failure' | 'cancelled' {
  if (after?.state.kind === 'ready') return 'success';
  return after?.state.kind === 'failed' ? 'failure' : 'cancelled';
}
