import { can, demand, notFound, type Actor, type Target } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerId, ServerName, UserId } from '../domain/ids';
import { DEFAULT_SERVER } from '../domain/ids';
import type { Mode } from '../domain/profile';
import { isActive, type ServerRecord } from '../domain/server';
import { templateAsked } from '../domain/template';
import type { User } from '../domain/user';
import type { Progress, Servers, StartAsk } from './contract';
import { createExits } from './exits';
import { labOf, profilesOf } from './lab-request';
import { createPostMortems } from './post-mortems';
import { createQueue } from './queue';
import { createQueueVerbs } from './queue-verbs';
import { createReconciler } from './reconcile';
import { createCore, demandTemplate, handleOf, type ServersDeps } from './server-core';
import { createAgain } from './server-again';
import { createStarter } from './server-start';
import { createServerRecords } from './server-records';
import { cancelled, createStopper } from './server-stop';
import { serverTarget } from './server-target';

export type { LabEnvAsk, ReadinessAsk, ServersDeps } from './server-core';

export interface ServersService extends Servers {
  /** For the hub itself: stops one server and tells its owner why. Resolves when that is over; unknown or stopped: at once. */
  halt(id: ServerId, reason: string): Promise<void>;
  /** For the hub itself: starts one server as it was started last, or puts it in line. Throws what stands in the way; active or unknown: does nothing. */
  revive(id: ServerId, reason: string): void;
  /** For the hub itself: looks whether somebody in the line may start now. */
  pump(): void;
  /** In which mode it was started; undefined: it does not run, or was not looked at yet. */
  modeOf(id: ServerId): Mode | undefined;
}

/** The verbs and their policy; what they set in motion is in `server-start`, `server-stop`, `queue`, `exits` and `reconcile`. */
export function createServers(deps: ServersDeps): ServersService {
  const { store, clock } = deps;
  const core = createCore(deps);
  const freed = (): void => queue.pump();
  const stopper = createStopper(core, freed);
  const starter = createStarter(core, stopper, freed);
  const queue = createQueue(core, starter.launch);
  const exits = createExits(core, stopper);
  const { reconcile } = createReconciler(core, { starter, stopper, queue });

  const targetOf = (owner: User, name: ServerName): Target => serverTarget(store, owner, name);

  function start(actor: Actor, owner: User, name: ServerName, ask: StartAsk): { record: ServerRecord; settled: Promise<void>; claimed: boolean } {
    demand(actor, 'start:servers', targetOf(owner, name));
    demandTemplate(deps, owner.id, ask);
    core.demandStaying();
    // Together: a claim that is kept although its entry could not be written would be a start that nobody goes on with.
    const { record, claimed } = store.transaction(() => {
      records.demandRoom(owner, name);
      const claim = queue.claim(owner.id, name, { ...ask, ahead: deps.maintenance?.isClosed() === true });
      if (claim.claimed) deps.gate.demand();
      if (claim.claimed) deps.maintenance?.demand(actor);
      if (claim.claimed) {
        audited(actor, 'server.start', claim.record);
        core.inUse(claim.record);
      }
      return claim;
    });
    return { record, settled: claimed ? begin(record) : core.progress.ended(record.id), claimed };
  }

  function begin(record: ServerRecord): Promise<void> {
    const settled = core.progress.begin(record.id);
    if (record.state.kind === 'queued') queue.pump();
    else starter.launch(record);
    return settled;
  }

  function revive(id: ServerId, reason: string): void {
    const before = store.servers.byId(id);
    if (before === undefined) return;
    core.demandStaying();
    const claim = store.transaction(() => {
      const made = queue.claim(before.owner, before.name, {});
      if (made.claimed) audited('hub', 'server.start', made.record, reason);
      return made;
    });
    if (claim.claimed) void begin(claim.record);
  }

  function stop(actor: Actor, owner: User, name: ServerName): { record: ServerRecord; settled: Promise<void> } {
    demand(actor, 'delete:servers', targetOf(owner, name));
    const before = store.servers.find(owner.id, name) ?? (name === DEFAULT_SERVER ? store.servers.ensure(owner.id, name) : undefined);
    if (before === undefined) throw notFound();
    const wasActive = isActive(before.state) && before.state.kind !== 'stopping';
    const stopped = end(before, null);
    if (wasActive) audited(actor, 'server.stop', before);
    return stopped;
  }

  /** One tick from the look at the record to its claim: nothing interleaves. */
  function end(before: ServerRecord, reason: string | null): { record: ServerRecord; settled: Promise<void> } {
    const { id, state } = before;
    const going = core.stops.get(id);
    if (state.kind === 'stopping' && going !== undefined) {
      // Whoever asks for a stop now does not want it back.
      core.again.delete(id);
      return { record: before, settled: going };
    }
    if (!isActive(state)) return { record: before, settled: Promise.resolve() };
    if (state.kind === 'queued') return leaveLine(before, reason);
    const record = core.move(before, { kind: 'stopping', since: clock.now(), handle: core.runs.get(id)?.handle ?? handleOf(state), error: null });
    if (record === undefined) throw new HubError('conflict', 'This server is already changing state. Try again in a moment.', { retryAfterSeconds: 1 });
    core.inUse(record);
    const outcome = () => ({ kind: 'stopped' as const, since: clock.now(), reason });
    const grace = state.kind === 'starting' ? { graceMs: 0 } : {};
    return { record, settled: stopper.takeDown(record, { route: core.removeRoute(id), outcome, why: 'asked', ...grace }) };
  }

  function leaveLine(before: ServerRecord, reason: string | null): { record: ServerRecord; settled: Promise<void> } {
    const record = core.move(before, { kind: 'stopped', since: clock.now(), reason }) ?? before;
    core.progress.finish(before.id, cancelled());
    queue.pump();
    return { record, settled: Promise.resolve() };
  }

  async function stopAllOf(owner: UserId): Promise<void> {
    // Again, for one that was started meanwhile.
    for (let round = 0; round < 3; round++) {
      const active = store.servers.listOf(owner).filter((record) => isActive(record.state));
      if (active.length === 0) return;
      await Promise.all(active.map((record) => end(record, 'It was stopped by an administrator.').settled));
    }
    if (store.servers.listOf(owner).some((record) => isActive(record.state))) {
      throw new HubError('conflict', 'A server of this user does not end. Look at it, then try again.');
    }
  }

  async function halt(id: ServerId, reason: string): Promise<void> {
    const record = store.servers.byId(id);
    if (record === undefined || !isActive(record.state)) return;
    if (record.state.kind !== 'stopping') audited('hub', 'server.stop', record, reason);
    await end(record, reason).settled;
  }

  function follow(actor: Actor, owner: User, name: ServerName, signal: AbortSignal): AsyncIterable<Progress> {
    demand(actor, 'read:servers', targetOf(owner, name));
    const record = store.servers.find(owner.id, name);
    // Version 0: it has a record, and nobody ever started it.
    if (record === undefined || record.version === 0) throw notFound();
    const only = closingEvent(record);
    return only === undefined ? core.progress.follow(record.id, signal) : once(only);
  }

  /** What there is to say about a server that is not starting; undefined: follow its start. Throws `invalid-input` for an idle one. */
  function closingEvent(record: ServerRecord): Progress | undefined {
    const { state, id } = record;
    const outcome = core.progress.outcome(id);
    if (state.kind === 'queued' || state.kind === 'starting') return undefined;
    if (state.kind === 'failed') return { kind: 'failed', percent: 100, message: state.message, logTail: state.logTail };
    if (state.kind === 'ready') {
      const url = labOf(deps, record)?.url ?? '';
      return { kind: 'ready', percent: 100, message: `Server ready at ${url}`, url };
    }
    if (outcome?.kind === 'failed') return outcome;
    // A start that is being cancelled: its last event is still to come.
    if (state.kind === 'stopping' && core.progress.stages(id).length > 0 && outcome === undefined) return undefined;
    throw new HubError('invalid-input', `${targetName(record)} is not starting.`);
  }

  const targetName = (record: ServerRecord): string => `${store.users.byId(record.owner)?.name ?? ''}/${record.name}`;

  function audited(actor: Actor | 'hub', action: string, record: ServerRecord, reason?: string): void {
    const outbound = profilesOf(deps, record.owner).find(({ slug }) => slug === record.profile)?.outbound ?? 'none';
    const template = templateAsked(record.userOptions);
    const detail = { server: record.id, profile: record.profile, ...(template === undefined ? {} : { template }), ...(outbound === 'open' ? { outbound } : {}), ...(reason === undefined ? {} : { reason }) };
    deps.audit.record(actor, action, `server:${targetName(record)}`, { detail });
  }

  function get(actor: Actor, owner: User, name: ServerName): ServerRecord | undefined {
    demand(actor, 'read:servers', targetOf(owner, name));
    return store.servers.find(owner.id, name);
  }

  const postMortems = createPostMortems(core, targetOf);
  const again = createAgain(core, { starter, stopper, queue, targetOf, audited });
  const records = createServerRecords({ ...deps, targetOf, stop });

  return {
    start,
    stop,
    create: records.create,
    change: records.change,
    remove: records.remove,
    restart: again.restart,
    recreate: again.recreate,
    truth: postMortems.truth,
    conditionOf: postMortems.conditionOf,
    logs: postMortems.logs,
    followLogs: postMortems.followLogs,
    changed: postMortems.changed,
    ...createQueueVerbs(core, { queue, targetOf, audited }),
    stopAllOf,
    halt,
    revive,
    pump: queue.pump,
    modeOf: (id) => core.modes.get(id),
    get,
    listOf: (actor, owner) => store.servers.listOf(owner.id).filter((record) => can(actor, 'read:servers', targetOf(owner, record.name))),
    follow,
    percent: (id) => core.progress.percent(id),
    stages: (id) => core.progress.stages(id),
    reconcile,
    exited: (id, handle) => void exits.exited(id, handle),
    close: async () => core.close(),
  };
}

async function* once(event: Progress): AsyncGenerator<Progress, void> {
  yield event;
}
