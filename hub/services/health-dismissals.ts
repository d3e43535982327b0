import { demand, HUB, type Actor } from '../domain/access';
import { codeOf, gistOf } from '../domain/checks';
import { HubError } from '../domain/errors';
import type { Clock, Logger } from '../domain/runtime';
import type { Store } from '../store/store';
import type { CodedRow, HealthRow, Recorder } from './contract';

interface DismissalsDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** As they are now. */
  readonly rows: () => readonly HealthRow[];
}

/** Warnings that somebody has seen and left as they are. One that says something else, or came back, is a new one. */
export function createDismissals({ store, audit, clock, log, rows }: DismissalsDeps) {
  // In memory, so that the state of the hub can be told while its database cannot be read.
  const seen = new Map(store.dismissals.list().map((row) => [row.code, row]));

  function demandAdministrator(actor: Actor): void {
    demand(actor, 'admin-ui', HUB);
    if (!actor.admin) throw new HubError('forbidden', 'Only administrators may put a warning aside.');
  }

  function coded(all: readonly HealthRow[]): readonly CodedRow[] {
    return all.map((row) => {
      const code = codeOf(row.name);
      const kept = row.ok || row.level === 'required' ? undefined : seen.get(code);
      return { ...row, code, dismissed: kept === undefined || kept.detail !== gistOf(row.detail) ? null : { by: kept.by, at: kept.at } };
    });
  }

  function forget(code: string): void {
    seen.delete(code);
    try {
      store.dismissals.remove(code);
    } catch (err) {
      log.warn({ err, code }, 'a warning that was put aside is back, and could not be written down as such');
    }
  }

  return {
    coded,
    /** What holds again is forgotten, so that the next failure is said. */
    review(found: readonly HealthRow[]): void {
      for (const row of found) {
        const kept = seen.get(codeOf(row.name));
        if (kept !== undefined && (row.ok || kept.detail !== gistOf(row.detail))) forget(kept.code);
      }
    },
    dismiss(actor: Actor, code: string): void {
      demandAdministrator(actor);
      const row = rows().find((one) => codeOf(one.name) === code && !one.ok);
      if (row === undefined) throw new HubError('not-found', `Nothing warns under ${code} now.`);
      if (row.level === 'required') throw new HubError('conflict', `${code} is required: it has to be mended, not put aside.`);
      const kept = { code, detail: gistOf(row.detail), by: actor.name, at: clock.now() };
      store.transaction(() => {
        store.dismissals.put(kept);
        audit.record(actor, 'health.dismiss', `check:${code}`, { detail: { detail: row.detail } });
      });
      seen.set(code, kept);
    },
    recall(actor: Actor, code: string): void {
      demandAdministrator(actor);
      if (!seen.has(code)) throw new HubError('not-found', `No warning ${code} is put aside.`);
      store.transaction(() => {
        store.dismissals.remove(code);
        audit.record(actor, 'health.recall', `check:${code}`);
      });
      seen.delete(code);
    },
  };
}
