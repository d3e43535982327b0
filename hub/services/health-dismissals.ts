import { demand, HUB, type Actor } from '../domain/access';
import { codeOf, gistOf } from '../domain/checks';
import { HubError } from '../domain/errors';
import type { Clock } from '../domain/runtime';
import type { Store } from '../store/store';
import type { CodedRow, HealthRow, Recorder } from './contract';

interface DismissalsDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  readonly clock: Clock;
  /** As they are now. */
  readonly rows: () => readonly HealthRow[];
}

/** Warnings that somebody has seen and left as they are. One that says something else, or came back, is a new one. */
export function createDismissals({ store, audit, clock, rows }: DismissalsDeps) {
  function demandAdministrator(actor: Actor): void {
    demand(actor, 'admin-ui', HUB);
    if (!actor.admin) throw new HubError('forbidden', 'Only administrators may put a warning aside.');
  }

  function coded(all: readonly HealthRow[]): readonly CodedRow[] {
    const seen = new Map(store.dismissals.list().map((row) => [row.code, row]));
    return all.map((row) => {
      const code = codeOf(row.name);
      const kept = row.ok || row.level === 'required' ? undefined : seen.get(code);
      return { ...row, code, dismissed: kept === undefined || kept.detail !== gistOf(row.detail) ? null : { by: kept.by, at: kept.at } };
    });
  }

  return {
    coded,
    /** What holds again is forgotten, so that the next failure is said. */
    review(found: readonly HealthRow[]): void {
      const known = store.dismissals.list();
      for (const row of found) {
        const kept = known.find(({ code }) => code === codeOf(row.name));
        if (kept !== undefined && (row.ok || kept.detail !== gistOf(row.detail))) store.dismissals.remove(kept.code);
      }
    },
    dismiss(actor: Actor, code: string): void {
      demandAdministrator(actor);
      const row = rows().find((one) => codeOf(one.name) === code && !one.ok);
      if (row === undefined) throw new HubError('not-found', `Nothing warns under ${code} now.`);
      if (row.level === 'required') throw new HubError('conflict', `${code} is required: it has to be mended, not put aside.`);
      store.transaction(() => {
        store.dismissals.put({ code, detail: gistOf(row.detail), by: actor.name, at: clock.now() });
        audit.record(actor, 'health.dismiss', `check:${code}`, { detail: { detail: row.detail } });
      });
    },
    recall(actor: Actor, code: string): void {
      demandAdministrator(actor);
      if (!store.dismissals.list().some((row) => row.code === code)) throw new HubError('not-found', `No warning ${code} is put aside.`);
      store.transaction(() => {
        store.dismissals.remove(code);
        audit.record(actor, 'health.recall', `check:${code}`);
      });
    },
  };
}
