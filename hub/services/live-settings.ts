import { HUB, demand, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { Clock, Logger } from '../domain/runtime';
import type { Store } from '../store/store';
import type { Recorder } from './contract';

/** One setting as it is known without what was changed here. Values are printable: secrets are hidden. */
export interface SettingFacts {
  /** `server.idleLimit`, as in the config file. */
  readonly path: string;
  /** Environment variable; null: config file only. */
  readonly variable: string | null;
  /** The value that counts now. */
  readonly value: unknown;
  /** The same as one would type it. */
  readonly written: string;
  /** The default in words. */
  readonly initial: string;
  /** What the configuration says. */
  readonly configured: unknown;
  /** `default`, a file, or a variable. */
  readonly source: string;
  readonly meaning: string;
  /** Takes effect while the hub runs. */
  readonly live: boolean;
  /** What one may choose from; absent: it is written. */
  readonly choices?: readonly string[];
}

export interface SettingView extends SettingFacts {
  /** null: it is as it was configured. */
  readonly changed: { readonly by: string; readonly at: Date } | null;
}

export interface SettingChanges {
  /** By path, as in the config file. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Paths of what shall be as it is configured. */
  readonly reset?: readonly string[];
}

/** Settings that count, where they come from, and what of them changes while the hub runs. For administrators alone. */
export interface LiveSettings {
  list(actor: Actor): readonly SettingView[];
  /** All of them or none. Throws `invalid-input` for a value that the schema refuses, and for a setting that only a start reads. */
  change(actor: Actor, changes: SettingChanges): readonly SettingView[];
}

export interface LiveSettingsDeps {
  readonly store: Store;
  readonly audit: Pick<Recorder, 'record'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly book: {
    facts(): readonly SettingFacts[];
    /** By the schema. Throws `invalid-input`. */
    read(path: string, raw: unknown): unknown;
    /** From now on these count, and nothing else that was changed. */
    apply(values: ReadonlyMap<string, unknown>): void;
  };
  /** Called when other values count. */
  readonly changed: () => void;
}

export function createLiveSettings({ store, audit, clock, log, book, changed }: LiveSettingsDeps): LiveSettings {
  function demandAdministrator(actor: Actor): void {
    demand(actor, 'admin:users', HUB);
    if (!actor.admin) throw new HubError('forbidden', 'Only administrators may see and change settings.');
  }

  /** What an earlier version of the hub took may be nothing now: then the configuration counts. */
  function load(): void {
    const values = new Map<string, unknown>();
    for (const { path, value } of store.settings.list()) {
      try {
        if (book.facts().some((fact) => fact.path === path && fact.live)) values.set(path, book.read(path, value));
      } catch (err) {
        log.warn({ setting: path, err }, 'a setting that was changed here is not understood any more; what is configured counts');
      }
    }
    book.apply(values);
  }

  const views = (): readonly SettingView[] => {
    const kept = new Map(store.settings.list().map((row) => [row.path, row]));
    return book.facts().map((fact) => {
      const row = fact.live ? kept.get(fact.path) : undefined;
      return { ...fact, changed: row === undefined ? null : { by: row.by, at: row.at } };
    });
  };

  function demandLive(path: string): SettingFacts {
    const fact = book.facts().find((one) => one.path === path);
    if (fact === undefined) throw new HubError('invalid-input', `There is no setting ${path}.`);
    if (!fact.live) throw new HubError('invalid-input', `${path} is read when the hub starts: set ${fact.variable === null ? 'it in the config file' : `${fact.variable}, or ${path} in the config file`}, and start the hub again.`);
    return fact;
  }

  load();

  return {
    list(actor) {
      demandAdministrator(actor);
      return views();
    },
    change(actor, { set = {}, reset = [] }) {
      demandAdministrator(actor);
      const wanted = Object.entries(set).map(([path, raw]) => ({ before: demandLive(path), raw, value: book.read(path, raw) }));
      const back = [...new Set(reset)].map(demandLive);
      const twice = back.find(({ path }) => Object.hasOwn(set, path));
      if (twice !== undefined) throw new HubError('invalid-input', `${twice.path} cannot be set and reset at once.`);
      const at = clock.now();
      try {
        store.transaction(() => {
          for (const { before, raw } of wanted) store.settings.put(before.path, { value: raw ?? null, by: actor.name, at });
          for (const { path } of back) store.settings.remove(path);
          load();
          const after = new Map(book.facts().map(({ path, value }) => [path, value]));
          for (const { before } of wanted) audit.record(actor, 'setting.change', `setting:${before.path}`, { detail: { before: before.value, after: after.get(before.path) } });
          for (const { path, value } of back) audit.record(actor, 'setting.reset', `setting:${path}`, { detail: { before: value, after: after.get(path) } });
        });
      } catch (err) {
        // What was not written down does not count.
        load();
        throw err;
      }
      changed();
      return views();
    },
  };
}
