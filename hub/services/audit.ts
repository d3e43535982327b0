import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Actor } from '../domain/access';
import { AUDIT_FORMATS, chainEndText, type AuditEntry, type AuditFormat, type AuditRow, type ChainEnd } from '../domain/audit';
import { HubError } from '../domain/errors';
import type { Clock, Logger } from '../domain/runtime';
import type { Store } from '../store/store';
import { createFloodGate } from './audit-flood';
import type { Audit, AuditActor, AuditNote, Recorder, Stranger } from './contract';

export interface AuditDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** Entries older than this are removed, and nothing else ever is; 0: none. */
  readonly keepMs: number;
  /** Told of each action that was written down. */
  readonly recorded?: (action: string) => void;
}

export interface AuditService extends Audit {
  /** Applies the retention rule now. Resolves when nothing old is left. */
  prune(): Promise<void>;
  close(): void;
}

const DAY = 86_400_000;
/** A hub that restarts every day prunes too, but never in the middle of starting. */
const FIRST_PRUNE_MS = 60_000;
const PRUNE_BATCH = 1000;
/** Rows that one synchronous look at the log may cost (P06). */
const WINDOW = 5000;
const EXPORT_PAGE = 500;
const MAX_TEXT = 1024;
const MAX_DETAIL = 8192;

export function createAudit({ store, clock, log, keepMs, recorded }: AuditDeps): AuditService {
  const write = (entry: Omit<AuditEntry, 'at'>): void => {
    store.audit.append({ at: clock.now(), ...entry });
    recorded?.(entry.action);
  };

  const recorder: Recorder = {
    record: (actor, action, target, more) => write(entryOf(actor, { action, target, ...more })),
    note(actor, action, target, more) {
      const entry = entryOf(actor, { action, target, ...more });
      attempt(() => {
        // What the hub notes by itself is no flood, and nobody's flood must hide it.
        if (actor === 'hub' || gate.admit(entry.address)) write(entry);
      });
    },
  };

  /** What was refused stays refused, whether or not it could be written down. */
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (err) {
      log.error({ err }, 'An entry of the audit log could not be written.');
    }
  };

  const gate = createFloodGate(clock, (address, count) => attempt(() => write({ ...entryOf('hub', { action: 'audit.suppressed', target: `address:${address}`, detail: { count } }), address })));

  /** The head, where whoever changes the file cannot reach it any more once the lines were sent elsewhere. */
  const tellHead = (): void => log.info({ head: chainEndText(store.audit.ends().head) }, 'The audit log ends here.');

  let closed = false;
  const prune = async (): Promise<void> => {
    if (keepMs === 0) return;
    const before = new Date(clock.now().getTime() - keepMs);
    while (!closed) {
      const pruned = store.transaction(() => {
        const done = store.audit.prune(before, PRUNE_BATCH);
        if (done !== undefined) recorder.record('hub', 'audit.pruned', 'audit', { detail: { count: done.count, last: chainEndText(done.last), before: before.toISOString() } });
        return done;
      });
      if (pruned === undefined || pruned.count < PRUNE_BATCH) return;
      await nextTurn();
    }
  };
  const daily = (): void => {
    attempt(tellHead);
    prune().catch((err: unknown) => log.error({ err }, 'Old entries of the audit log could not be removed; tomorrow it is tried again.'));
  };
  const stops = [clock.after(FIRST_PRUNE_MS, daily), clock.every(DAY, daily)];

  return {
    ...recorder,
    async search(actor, { filter, before, limit }) {
      demandAuditor(actor);
      const rows: AuditRow[] = [];
      let next: number | null | undefined = before;
      while (next !== null && rows.length < limit) {
        const found = store.audit.search({ filter, window: WINDOW, limit: limit - rows.length, ...(next === undefined ? {} : { before: next }) });
        rows.push(...found.rows);
        next = found.next;
        if (next !== null && rows.length < limit) await nextTurn();
      }
      return { rows, next: next ?? null, head: store.audit.ends().head };
    },
    counts(actor, { from, until }) {
      demandAuditor(actor);
      return store.audit.counts(from, until);
    },
    export(actor, { format, from }) {
      demandAuditor(actor);
      const { head } = store.audit.ends();
      recorder.record(actor, 'audit.export', 'audit', { detail: { format, head: chainEndText(head), ...(from === undefined ? {} : { from: from.toISOString() }) } });
      return { head, chunks: linesUpTo(store, { head, format, from }) };
    },
    prune,
    close() {
      closed = true;
      for (const stop of stops) stop();
      gate.close();
      attempt(tellHead);
    },
  };
}

/** The log names everybody, what they did and from where: for administrators alone. */
function demandAuditor(actor: Actor): void {
  if (!actor.admin || !actor.scopes.has('admin:users')) throw new HubError('forbidden', 'Only administrators may read the audit log.');
}

async function* linesUpTo(store: Store, ask: { readonly head: ChainEnd; readonly format: AuditFormat; readonly from: Date | undefined }): AsyncGenerator<string, void> {
  const { head, line } = AUDIT_FORMATS[ask.format];
  yield head;
  let at = store.audit.ends().anchor.id;
  while (at < ask.head.id) {
    const rows = store.audit.after(at, EXPORT_PAGE).filter((row) => row.id <= ask.head.id);
    const last = rows.at(-1);
    if (last === undefined) return;
    at = last.id;
    yield rows.filter((row) => ask.from === undefined || row.at >= ask.from).map(line).join('');
    await nextTurn();
  }
}

function entryOf(actor: AuditActor | Stranger | 'hub', { action, target, result = 'ok', detail = {} }: AuditNote & { readonly action: string; readonly target: string }): Omit<AuditEntry, 'at'> {
  const request = actor === 'hub' ? undefined : actor.request;
  const who = actor === 'hub' ? HUB_ITSELF : actor.kind === 'anonymous' ? NOBODY : actor;
  return {
    actorKind: who.kind, actor: cut(who.name), actorId: who.id, via: who.via, credential: who.credential,
    address: cut(request?.address ?? ''), requestId: cut(request?.requestId ?? ''), action, target: cut(target), result, detail: bounded(detail),
  };
}

const HUB_ITSELF = { kind: 'hub', name: 'hub', id: '', via: '', credential: '' } as const;
const NOBODY = { kind: 'anonymous', name: '', id: '', via: '', credential: '' } as const;
const cut = (text: string): string => text.slice(0, MAX_TEXT);

/** Nobody fills the disk with one entry. */
const bounded = (detail: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const text = JSON.stringify(detail, (_key, value: unknown) => (typeof value === 'string' ? cut(value) : value));
  return text.length > MAX_DETAIL ? { cut: text.slice(0, MAX_TEXT) } : (JSON.parse(text) as Record<string, unknown>);
};
