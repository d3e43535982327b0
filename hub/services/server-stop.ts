import { HubError, toHubError } from '../domain/errors';
import type { Handle, ServerRecord, ServerState } from '../domain/server';
import { pause } from '../domain/runtime';
import type { Remains } from '../../spawner/spawner';
import type { Route } from '../../proxy/route-table';
import type { Progress } from './contract';
import { within } from './deadlines';
import { keepEnd } from './post-mortems';
import { handleOf, type Core } from './server-core';

export type Outcome = Extract<ServerState, { kind: 'stopped' | 'failed' }>;

export interface TakeDown {
  readonly route?: Route | undefined;
  /** `remains`: what the process left; null: nothing that could be read. */
  readonly outcome: (remains: Remains | null) => Outcome;
  /** `asked`: somebody or some rule of the hub ends it. `unready`: the hub waited for it long enough. `itself`: it ended already. Absent: an end of before is only finished. */
  readonly why?: 'asked' | 'unready' | 'itself';
  /** What followers of a start hear at the end; absent: that it was cancelled. */
  readonly last?: Extract<Progress, { kind: 'failed' }>;
  /** For the process to end by itself; default: as configured. */
  readonly graceMs?: number;
}

export interface Stopper {
  /**
   * Cancels what is going on, removes what exists and writes the outcome. `record` is in `stopping`, its route already taken
   * away: the claim and the route go in one tick, so that nothing is forwarded to a server that ends. Never rejects.
   */
  takeDown(record: ServerRecord, how: TakeDown): Promise<void>;
  /** Removes, with three attempts. undefined: gone; else why not. Never rejects. */
  remove(handle: Handle, how?: { readonly graceMs?: number | undefined; readonly onRemains?: (remains: Remains) => void }): Promise<HubError | undefined>;
}

const DRAIN_MS = 2_000;
const ATTEMPTS = 3;
const BACK_OFF_MS = 500;
/** On top of the grace that the process itself gets: no stop waits for ever (M09). */
const ENGINE_MS = 30_000;

export const CANCELLED = new HubError('spawn-failed', 'The start was cancelled.');

export const cancelled = (): Extract<Progress, { kind: 'failed' }> => ({ kind: 'failed', percent: 100, message: CANCELLED.message, logTail: [] });

export function createStopper(core: Core, onFreed: () => void): Stopper {
  const { spawner, clock, log, failPoint, drain, stopGraceMs } = core.deps;

  function takeDown(record: ServerRecord, how: TakeDown): Promise<void> {
    const job = work(record, how)
      .catch((err: unknown) => log.error({ server: record.id, err }, 'server was not taken down'))
      .then((goOn) => {
        core.stops.delete(record.id);
        core.again.delete(record.id);
        if (goOn !== undefined) return goOn();
        core.progress.finish(record.id, how.last ?? cancelled());
        onFreed();
      });
    core.stops.set(record.id, job);
    return job;
  }

  /** Returns how to go on, where the server is to start again. */
  async function work(record: ServerRecord, how: TakeDown): Promise<(() => void) | undefined> {
    const run = core.runs.get(record.id);
    run?.abort.abort(CANCELLED);
    let error: HubError | undefined;
    let remains: Remains | null = null;
    let handle = handleOf(record.state);
    try {
      failPoint('stop.after-claim');
      if (how.route !== undefined) await drained(how.route);
      await run?.done;
      handle = run?.handle ?? handle;
      if (handle !== null) error = await remove(handle, { graceMs: how.graceMs, onRemains: (found) => (remains = found) });
      failPoint('stop.after-remove');
    } catch (err) {
      error = toHubError(err);
      log.error({ server: record.id, err }, 'taking a server down failed');
    }
    if (error === undefined) return over(record, how, { remains, ran: handle !== null });
    core.move(record, { kind: 'stopping', since: clock.now(), handle, error: error.message });
    return undefined;
  }

  function over(record: ServerRecord, how: TakeDown, { remains, ran }: { readonly remains: Remains | null; readonly ran: boolean }): (() => void) | undefined {
    if (core.closing.aborted) return undefined;
    try {
      if (ran && (how.why !== undefined || remains !== null)) keepEnd(core, record, { asked: how.why === undefined || how.why === 'asked', unready: how.why === 'unready', remains });
    } catch (err) {
      log.warn({ server: record.id, err }, 'how a server ended could not be kept');
    }
    const again = core.again.get(record.id);
    if (again !== undefined) return again(record);
    core.move(record, how.outcome(remains));
    return undefined;
  }

  async function remove(handle: Handle, { graceMs = stopGraceMs, onRemains }: Parameters<Stopper['remove']>[1] & {} = {}): Promise<HubError | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        await within(clock, graceMs + ENGINE_MS, spawner.stop(handle, { graceMs, ...(onRemains === undefined ? {} : { onRemains }) }));
        return undefined;
      } catch (err) {
        log.warn({ handle: handle.id, attempt, err }, 'server could not be removed');
        if (attempt === ATTEMPTS || core.closing.aborted) return toHubError(err);
      }
      await pause(clock, BACK_OFF_MS * 2 ** (attempt - 1), core.closing);
    }
  }

  const drained = (route: Route): Promise<void> => drain(route, DRAIN_MS).catch((err: unknown) => log.warn({ route: route.prefix, err }, 'open requests could not be ended'));

  return { takeDown, remove };
}
