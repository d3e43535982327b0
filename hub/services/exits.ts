import { HubError } from '../domain/errors';
import type { ServerId } from '../domain/ids';
import type { Handle, ServerRecord } from '../domain/server';
import type { Health, Remains } from '../../spawner/spawner';
import { within } from './deadlines';
import { redacted } from './lab-request';
import { handleOf, type Core } from './server-core';
import type { Outcome, Stopper } from './server-stop';

type Gone = Exclude<Health, { kind: 'running' }>;

const CHECK_MS = 2_000;
const AGAIN_MS = 5_000;
const UNASKED = 'The hub did not end it.';
/** SIGKILL and SIGTERM from outside: somebody ended it, it did not break. */
const ENDED_BY_SIGNAL: readonly (number | null)[] = [137, 143];

/** What happens to a server whose process ended without being asked (M05, M16). */
export function createExits(core: Core, stopper: Stopper): { exited(id: ServerId, handle: Handle): Promise<void> } {
  const { store, spawner, clock, log } = core.deps;

  async function exited(id: ServerId, handle: Handle): Promise<void> {
    try {
      if (!isCurrent(id, handle)) return;
      const health = await within(clock, CHECK_MS, spawner.inspect(handle, AbortSignal.timeout(CHECK_MS)));
      const record = store.servers.byId(id);
      // News of an earlier process under the same name, or the start has moved on meanwhile.
      if (health.kind === 'running' || core.closing.aborted || record === undefined || !isCurrent(id, handle)) return;
      await ended(record, handle, health);
    } catch (err) {
      log.warn({ server: id, err }, 'a server ended, and the engine does not say how; asking again in a moment');
      core.later(AGAIN_MS, () => void exited(id, handle));
    }
  }

  function isCurrent(id: ServerId, handle: Handle): boolean {
    if (core.closing.aborted) return false;
    const record = store.servers.byId(id);
    return record !== undefined && handleOf(record.state)?.id === handle.id;
  }

  async function ended(record: ServerRecord, handle: Handle, health: Gone): Promise<void> {
    const { state, id } = record;
    if (state.kind === 'starting') {
      const run = core.runs.get(id);
      // Before that, the start itself finds out as soon as the engine has finished with it.
      if (run?.waiting !== true) return;
      run.ended = true;
      run.abort.abort(new HubError('spawn-failed', `The server ended before it answered. ${textOf(health)}`));
    } else if (state.kind === 'ready') {
      await tearDown(record, handle, health);
    } else if (state.kind === 'stopping' && !core.stops.has(id)) {
      const again = core.move(record, { ...state, error: null });
      if (again !== undefined) await stopper.takeDown(again, { outcome: () => ({ kind: 'stopped', since: clock.now(), reason: textOf(health) }), why: 'itself' });
    }
  }

  async function tearDown(record: ServerRecord, handle: Handle, health: Gone): Promise<void> {
    // Whatever follows takes time; from here on nothing is forwarded to a port that may soon be somebody else's.
    const route = core.removeRoute(record.id);
    const broke = health.kind === 'exited' && (health.oomKilled || (health.exitCode !== 0 && !ENDED_BY_SIGNAL.includes(health.exitCode)));
    const stopping = core.move(record, { kind: 'stopping', since: clock.now(), handle, error: null });
    if (stopping === undefined) return;
    log.info({ server: record.id, health }, 'server ended by itself');
    const outcome = (remains: Remains | null): Outcome =>
      broke ? { kind: 'failed', since: clock.now(), message: `${UNASKED} ${textOf(health)}`, logTail: redacted(remains?.logTail ?? [], record.secret) } : { kind: 'stopped', since: clock.now(), reason: `${UNASKED} ${textOf(health)}` };
    await stopper.takeDown(stopping, { route, outcome, why: 'itself', graceMs: 0 });
  }

  return { exited };
}

const textOf = (health: Gone): string => (health.kind === 'exited' ? health.detail : 'Its container was removed from outside.');
