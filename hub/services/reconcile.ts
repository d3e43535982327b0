import type { ServerId } from '../domain/ids';
import type { Handle, ServerRecord } from '../domain/server';
import type { Health } from '../../spawner/spawner';
import { eachBounded, within } from './deadlines';
import type { Queue } from './queue';
import type { Core } from './server-core';
import type { Starter } from './server-start';
import type { Outcome, Stopper } from './server-stop';

export interface Reconciler {
  /**
   * Makes store, engine and routes agree. Never rejects: an engine that does not answer is asked again every 5 s, and until then
   * the records stay as they are (N10). What takes time (cleaning up, waiting for a start) goes on after it resolved.
   */
  reconcile(): Promise<void>;
}

const LIST_MS = 10_000;
const CHECK_MS = 2_000;
const AT_ONCE = 16;
const AGAIN_MS = 5_000;

type Found = { readonly handle: Handle; readonly running: boolean };

export function createReconciler(core: Core, parts: { readonly starter: Starter; readonly stopper: Stopper; readonly queue: Queue }): Reconciler {
  const { starter, stopper, queue } = parts;
  const { spawner, store, clock, log } = core.deps;

  async function reconcile(): Promise<void> {
    try {
      const found = await within(clock, LIST_MS, spawner.list());
      if (core.closing.aborted) return;
      const byServer = new Map(found.map((f) => [f.server, f]));
      const records = store.servers.list().filter((r) => !isBusy(r.id));
      const onError = (record: ServerRecord, err: unknown): void => later(record, byServer.get(record.id), err);
      await eachBounded(records, { limit: AT_ONCE, onError }, (record) => look(record.id, byServer.get(record.id)));
      for (const f of found) if (store.servers.byId(f.server) === undefined && !isBusy(f.server)) void quarantine(f.server, f.handle);
      queue.hold(false);
      queue.pump();
    } catch (err) {
      log.warn({ err }, 'engine does not answer; servers are looked at again in a moment');
      queue.hold(true);
      core.later(AGAIN_MS, () => void reconcile());
    }
  }

  /** What this process works on needs no look: it knows better. */
  const isBusy = (id: ServerId): boolean => core.runs.has(id) || core.stops.has(id);

  /** Read again: while others were looked at, somebody may have started or stopped it. */
  async function look(id: ServerId, found: Found | undefined): Promise<void> {
    const now = store.servers.byId(id);
    if (now !== undefined && !isBusy(id)) await settle(now, found);
  }

  async function settle(record: ServerRecord, found: Found | undefined): Promise<void> {
    const { state } = record;
    switch (state.kind) {
      case 'ready':
        return serveOrEnd(record, await check(state.handle));
      case 'starting':
        return adoptOrClean(record, state.handle ?? found?.handle ?? null);
      case 'stopping':
        return void end(record, state.handle ?? found?.handle ?? null, 'It was stopped.');
      case 'queued':
        return void core.progress.begin(record.id);
      case 'stopped':
      case 'failed':
        if (found !== undefined) removeLeftover(record.id, found.handle);
    }
  }

  /** One that does not answer in time delays nobody: it is looked at again (N03). */
  function later(record: ServerRecord, found: Found | undefined, err: unknown): void {
    log.warn({ server: record.id, err }, 'server could not be looked at; trying again in a moment');
    core.later(AGAIN_MS, () => void look(record.id, found).catch((again: unknown) => later(record, found, again)));
  }

  function serveOrEnd(record: ServerRecord, health: Health): void {
    if (core.closing.aborted || record.state.kind !== 'ready') return;
    if (health.kind !== 'running') return void end(record, record.state.handle, reasonOf(health), 'itself');
    const current = health.origin === record.state.origin ? store.servers.byId(record.id) : core.move(record, { ...record.state, origin: health.origin });
    // Stopped while it was looked at, or even started anew elsewhere: whoever did that goes on.
    if (current === undefined || current.state.kind !== 'ready' || current.state.handle.id !== record.state.handle.id) return;
    starter.serve(current, health);
  }

  async function adoptOrClean(record: ServerRecord, handle: Handle | null): Promise<void> {
    const health: Health = handle === null ? { kind: 'absent' } : await check(handle);
    if (core.closing.aborted || store.servers.byId(record.id)?.version !== record.version) return;
    if (handle === null || health.kind !== 'running') return void end(record, handle, 'The hub restarted before the server was up. Start it again.');
    void core.progress.begin(record.id);
    starter.adopt(record, handle);
  }

  function end(record: ServerRecord, handle: Handle | null, reason: string, why?: 'itself'): Promise<void> | undefined {
    const stopping = core.move(record, { kind: 'stopping', since: clock.now(), handle, error: null });
    const outcome = (): Outcome => ({ kind: 'stopped', since: clock.now(), reason });
    return stopping === undefined ? undefined : stopper.takeDown(stopping, { route: core.removeRoute(record.id), outcome, ...(why === undefined ? {} : { why }) });
  }

  function removeLeftover(id: ServerId, handle: Handle): void {
    const job = stopper.remove(handle).then(() => void (core.leftovers.get(id) === job && core.leftovers.delete(id)));
    core.leftovers.set(id, job);
  }

  /** It carries our label and nobody knows it: its user was removed, or the store comes from a backup. Volumes stay. */
  async function quarantine(server: ServerId, handle: Handle): Promise<void> {
    log.warn({ server, handle: handle.id }, 'unknown server of this hub is stopped');
    await stopper.remove(handle);
  }

  const check = (handle: Handle): Promise<Health> => within(clock, CHECK_MS, spawner.inspect(handle, AbortSignal.timeout(CHECK_MS)));

  return { reconcile };
}

const reasonOf = (health: Exclude<Health, { kind: 'running' }>): string =>
  health.kind === 'exited' ? `It ended while the hub was not running. ${health.detail}` : 'It was removed while the hub was not running.';
