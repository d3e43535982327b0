import { can, demand, isOwn, lacking, notFound, type Actor, type Target } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerId, ServerName } from '../domain/ids';
import { boundedTail, causeOf, type Condition } from '../domain/post-mortem';
import { isActive, type Handle, type ServerRecord } from '../domain/server';
import type { User } from '../domain/user';
import type { Change, Remains } from '../../spawner/spawner';
import type { ServerTruth, Servers } from './contract';
import { redacted } from './lab-request';
import { handleOf, type Core } from './server-core';
import { auditTarget, labelOf } from './server-target';

export interface PostMortems extends Pick<Servers, 'truth' | 'conditionOf' | 'logs' | 'followLogs'> {
  /** The engine says that something happened to a server that lives on. */
  changed(id: ServerId, handle: Handle, change: Change): void;
}

const MOST_LINES = 1_000;

/** Keeps how a server ended. `remains` null: nothing could be read of it; whoever only finishes an earlier end leaves what is known. */
export function keepEnd({ deps: { store, clock } }: Pick<Core, 'deps'>, record: ServerRecord, how: { readonly asked: boolean; readonly unready: boolean; readonly remains: Remains | null }): void {
  const { remains, asked, unready } = how;
  const cause = causeOf({ asked, unready, gone: remains === null, exitCode: remains?.exitCode ?? null, oomKilled: remains?.oomKilled ?? false });
  const logTail = boundedTail(redacted(remains?.logTail ?? [], record.secret));
  store.postMortems.keepEnd(record.id, { at: clock.now(), cause, exitCode: remains?.exitCode ?? null, memory: remains?.memory ?? { peak: null, limit: null }, logTail });
}

/** What there is to know of a server that died, or is not well, and what it writes. */
export function createPostMortems(core: Core, targetOf: (owner: User, name: ServerName) => Target): PostMortems {
  const { store, spawner, clock, log, audit } = core.deps;
  const conditions = new Map<ServerId, Condition>();

  function changed(id: ServerId, handle: Handle, change: Change): void {
    const record = store.servers.byId(id);
    if (core.closing.aborted || record === undefined || handleOf(record.state)?.id !== handle.id) return;
    log.info({ server: id, change }, 'a running server changed');
    if (change.kind === 'child-killed') return store.postMortems.keepKernel(id, { at: change.at, limit: change.limit });
    const { paused, detached } = conditions.get(id) ?? {};
    const next: Condition = {
      ...(change.kind === 'paused' ? { paused: clock.now() } : change.kind === 'resumed' || paused === undefined ? {} : { paused }),
      ...(change.kind === 'detached' ? { detached: clock.now() } : change.kind === 'attached' || detached === undefined ? {} : { detached }),
    };
    if (Object.keys(next).length === 0) conditions.delete(id);
    else conditions.set(id, next);
  }

  function conditionOf(id: ServerId): Condition {
    const known = conditions.get(id);
    if (known === undefined) return {};
    const kind = store.servers.byId(id)?.state.kind;
    if (kind === 'ready' || kind === 'starting') return known;
    conditions.delete(id);
    return {};
  }

  const found = (owner: User, name: ServerName): ServerRecord => {
    const record = store.servers.find(owner.id, name);
    if (record === undefined) throw notFound();
    return record;
  };

  /** What a lab wrote may be private: it takes the owner, or somebody who administers servers (M05). */
  const mayReadLog = (actor: Actor, owner: User, name: ServerName): boolean => isOwn(actor, owner) || can(actor, 'admin:servers', targetOf(owner, name));

  function truth(actor: Actor, owner: User, name: ServerName): ServerTruth {
    demand(actor, 'read:servers', targetOf(owner, name));
    const record = found(owner, name);
    const end = store.postMortems.end(record.id) ?? null;
    const kernel = store.postMortems.kernel(record.id) ?? null;
    // Of an earlier life: nobody's notebook is missing a kernel for that now.
    const current = kernel !== null && isActive(record.state) && record.state.since !== null && kernel.at >= record.state.since;
    const shown = end === null || mayReadLog(actor, owner, name) ? end : { ...end, logTail: [] };
    return { record, lastEnd: shown, kernelKilled: current ? kernel : null, condition: conditionOf(record.id) };
  }

  function demandLog(actor: Actor, owner: User, name: ServerName): ServerRecord {
    demand(actor, 'read:servers', targetOf(owner, name));
    if (!mayReadLog(actor, owner, name)) throw lacking(['admin:servers']);
    const record = found(owner, name);
    if (!isOwn(actor, owner)) audit.record(actor, 'server.read-log', auditTarget(owner, name), { detail: { server: record.id } });
    return record;
  }

  async function logs(actor: Actor, owner: User, name: ServerName, lines: number): Promise<readonly string[]> {
    const record = demandLog(actor, owner, name);
    const handle = handleOf(record.state);
    const read = handle === null ? (store.postMortems.end(record.id)?.logTail ?? []).slice(-lines) : await spawner.logs(handle, Math.min(lines, MOST_LINES));
    return redacted(read, record.secret);
  }

  function followLogs(actor: Actor, owner: User, name: ServerName, how: { readonly lines: number; readonly signal: AbortSignal }): AsyncIterable<readonly string[]> {
    const record = demandLog(actor, owner, name);
    const handle = handleOf(record.state);
    if (handle === null) throw new HubError('invalid-input', `${labelOf(owner, name)} is not running: there is no log to follow.`);
    if (spawner.followLogs === undefined) throw new HubError('not-implemented', 'Servers of this kind have a log to read and none to follow.');
    return withoutSecret(spawner.followLogs(handle, { lines: Math.min(how.lines, MOST_LINES), signal: AbortSignal.any([how.signal, core.closing]) }), record.secret);
  }

  return { truth, conditionOf, logs, followLogs, changed };
}

async function* withoutSecret(source: AsyncIterable<readonly string[]>, secret: string | null): AsyncGenerator<readonly string[], void> {
  for await (const lines of source) yield redacted(lines, secret);
}
