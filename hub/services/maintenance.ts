import { can, demand, HUB, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerId } from '../domain/ids';
import { phaseOf, type Maintenance, type MaintenancePhase } from '../domain/maintenance';
import { momentText } from '../domain/moment';
import type { Clock, Logger } from '../domain/runtime';
import type { Store } from '../store/store';
import type { Maintenances, MaintenanceView, Recorder } from './contract';
import { eachBounded } from './deadlines';
import type { LabNotice } from './lab-notice';
import type { ServersService } from './servers';
import { createWallWatch } from './wall-watch';

export interface MaintenanceDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Pick<Recorder, 'record'>;
  readonly servers: Pick<ServersService, 'halt' | 'revive' | 'pump'>;
  readonly tellLabs: LabNotice;
}

/** What stands between a start and a machine that is about to be worked on. */
export interface MaintenanceGate {
  /** Nobody but administrators starts servers now; whoever waits in line goes on waiting. */
  isClosed(): boolean;
  /** Throws `unavailable`, with the time, where this actor may not start a server now. */
  demand(actor: Actor): void;
}

export interface MaintenanceService extends Maintenances {
  readonly gate: MaintenanceGate;
  /** Goes on where the last hub stopped. Called once at boot, when servers are known. */
  resume(): void;
  close(): void;
}

const LOOK_MS = 5_000;
const AT_ONCE = 4;
const LATEST_MS = 366 * 86_400_000;
/** So long ago still means now: a form takes its time to be sent. */
const PASSED_MS = 5 * 60_000;
/** Minutes before the beginning at which labs are told again. */
const TELL_AT = [60, 10, 5, 1];
const TARGET = 'hub';

/** One maintenance at a time. Everything that it did and has to do is in the store, so that any hub goes on with it at any point. */
export function createMaintenance({ store, clock, log, audit, servers, tellLabs }: MaintenanceDeps): MaintenanceService {
  const wall = createWallWatch(clock);
  const state = store.maintenance;
  let busy: Promise<void> | null = null;
  let closed = false;
  let stopLooking = (): void => undefined;

  /** Read often, on every page and every start: the row is kept, and is this hub's alone to change. */
  let row = state.get();
  const reread = (): void => void (row = state.get());
  const phase = (): MaintenancePhase | null => (row === undefined ? null : phaseOf(row, clock.now()));
  const isClosed = (): boolean => phase() === 'closing' || phase() === 'active';

  function look(): void {
    wall.look();
    if (closed || row === undefined) return;
    const minutes = Math.ceil((row.from.getTime() - clock.now().getTime()) / 60_000);
    if (row.began === null && minutes > 0) remind(row, minutes);
    else if (row.began === null && wall.isSteady()) begin(row);
    else if (row.began !== null) work();
  }

  function remind(plan: Maintenance & { readonly told: number | null }, minutes: number): void {
    const due = TELL_AT.filter((at) => minutes <= at).at(-1);
    if (due === undefined || (plan.told !== null && plan.told <= due)) return;
    state.told(due);
    reread();
    tell(`Maintenance in ${minutes} min: your server will be stopped. Save your work. ${plan.message}`);
  }

  const tell = (message: string): void => void tellLabs(store.servers.active(), message.trim()).then((taken) => log.info({ taken }, 'labs were told about the maintenance'));

  function begin(plan: Maintenance): void {
    const now = clock.now();
    store.transaction(() => {
      // The hub was not running all the time that was announced: there is nothing left to stop servers for.
      const missed = plan.until !== null && plan.until <= now;
      if (missed) state.clear();
      else state.begin(now);
      audit.record('hub', missed ? 'maintenance.missed' : 'maintenance.begin', TARGET, { detail: { servers: state.kept().length } });
    });
    reread();
    if (row === undefined) servers.pump();
    work();
  }

  /** Stops what is to be stopped, and starts what is wanted again; what an administrator started meanwhile is left alone. */
  function work(): void {
    if (busy !== null || closed || row === undefined || row.began === null) return;
    const kept = state.kept();
    if (!kept.some((one) => one.state === 'running' || one.state === 'wanted')) return;
    const finish = async (): Promise<void> => {
      const onError = ({ server }: { readonly server: ServerId }, err: unknown): void => log.error({ server, err }, 'a server was not stopped for the maintenance');
      await eachBounded(kept.filter((one) => one.state === 'running'), { limit: AT_ONCE, onError }, ({ server }) => stop(server));
      for (const { server } of kept.filter((one) => one.state === 'wanted')) start(server);
    };
    busy = finish()
      .catch((err: unknown) => log.error({ err }, 'the work of a maintenance broke off; it goes on in a moment'))
      .finally(() => (busy = null));
  }

  async function stop(server: ServerId): Promise<void> {
    if (closed) return;
    await servers.halt(server, 'It was stopped for maintenance.');
    // One that does not end is for an administrator; the hub's end leaves it to the next boot.
    if (!closed) state.mark(server, 'stopped');
  }

  function start(server: ServerId): void {
    if (closed) return;
    try {
      servers.revive(server, 'It ran before the maintenance.');
      state.mark(server, 'started');
    } catch (err) {
      if (!(err instanceof HubError)) throw err;
      state.mark(server, 'refused', err.message);
    }
  }

  function view(): MaintenanceView | null {
    if (row === undefined) return null;
    const kept = state.kept();
    const count = (...of: readonly string[]): number => kept.filter((one) => of.includes(one.state)).length;
    return {
      from: row.from, until: row.until, message: row.message, by: row.by, announced: row.announced, began: row.began, ended: row.ended, phase: phaseOf(row, clock.now()),
      servers: { stopping: count('running'), stopped: count('stopped'), starting: count('wanted'), started: count('started'), refused: count('refused') },
    };
  }

  function announce(actor: Actor, ask: { readonly from: Date; readonly until: Date | null; readonly message: string }): MaintenanceView | null {
    demand(actor, 'shutdown', HUB);
    const now = clock.now();
    if (phase() === 'active') throw new HubError('conflict', 'A maintenance goes on. End it first.');
    if (Number.isNaN(ask.from.getTime()) || ask.from.getTime() > now.getTime() + LATEST_MS) throw new HubError('invalid-input', 'A maintenance begins within a year.');
    // A date that was mistyped would end every server at once.
    if (ask.from.getTime() < now.getTime() - PASSED_MS) throw new HubError('invalid-input', 'A maintenance does not begin in the past. Give the present time to begin at once.');
    if (ask.until !== null && !(ask.until.getTime() > Math.max(now.getTime(), ask.from.getTime()))) throw new HubError('invalid-input', 'A maintenance ends after it began, and not in the past.');
    store.transaction(() => {
      state.announce({ ...ask, by: actor.name, announced: now });
      audit.record(actor, 'maintenance.announce', TARGET, { detail: { from: ask.from.toISOString(), until: ask.until?.toISOString() ?? null, message: ask.message } });
    });
    reread();
    servers.pump();
    tell(`Maintenance from ${momentText(ask.from)}: your server will be stopped then. ${ask.message}`);
    look();
    return view();
  }

  function end(actor: Actor): void {
    demand(actor, 'shutdown', HUB);
    if (row === undefined || row.ended !== null) return;
    const began = row.began !== null;
    store.transaction(() => {
      if (began) state.end(clock.now());
      else state.clear();
      audit.record(actor, began ? 'maintenance.end' : 'maintenance.cancel', TARGET);
    });
    reread();
    servers.pump();
  }

  function restore(actor: Actor): MaintenanceView | null {
    demand(actor, 'shutdown', HUB);
    if (phase() !== 'over') throw new HubError('invalid-input', phase() === 'active' ? 'The maintenance goes on. End it first.' : 'There was no maintenance.');
    store.transaction(() => {
      for (const one of state.kept()) if (one.state === 'stopped' || one.state === 'refused') state.mark(one.server, 'wanted');
      audit.record(actor, 'maintenance.restore', TARGET, { detail: { servers: state.kept().filter((one) => one.state === 'wanted').length } });
    });
    work();
    return view();
  }

  function demandStart(actor: Actor): void {
    if (row === undefined || !isClosed() || can(actor, 'admin:servers', HUB)) return;
    const retryAfterSeconds = 300;
    if (row.began !== null) throw new HubError('unavailable', `The hub is under maintenance${row.until === null ? '' : `, probably until ${momentText(row.until)}`}: no server is started. ${row.message}`.trim(), { retryAfterSeconds });
    throw new HubError('unavailable', `Maintenance begins at ${momentText(row.from)}: no server is started any more. ${row.message}`.trim(), { retryAfterSeconds });
  }

  return {
    gate: { isClosed, demand: demandStart },
    notice: () => (row === undefined || row.ended !== null ? null : { from: row.from, until: row.until, message: row.message, phase: phaseOf(row, clock.now()) }),
    get: view,
    announce,
    end,
    restore,
    resume() {
      stopLooking = clock.every(LOOK_MS, look);
      look();
    },
    close() {
      closed = true;
      stopLooking();
    },
  };
}
