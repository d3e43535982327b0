import type Database from 'better-sqlite3';
import { HubError } from '../domain/errors';

export type Value = string | number | null;
export type Params = Readonly<Record<string, Value>>;

/** A prepared statement with one named-parameter object. `Row` is what the SQL says; the schema is STRICT, so it holds. */
export interface Statement<Row> {
  get(params?: Params): Row | undefined;
  all(params?: Params): readonly Row[];
  /** Number of rows changed. */
  run(params?: Params): number;
}

/** The one place where SQL meets the driver. Statements are prepared once, when the store opens, or with the first list of their kind. */
export interface Sql {
  prepare<Row = never>(text: string): Statement<Row>;
  /** Immediate, so that it cannot fail half-way for want of the write lock. Nests as savepoints. */
  transaction<T>(work: () => T): T;
}

/** How long a write waits for a foreign writer that others have waited for in vain: each of them keeps the whole hub waiting. */
const IMPATIENT_MS = 25;

export function createSql(db: Database.Database): Sql {
  const wrapped = db.transaction((work: () => unknown): unknown => work());
  const patience = db.pragma('busy_timeout', { simple: true }) as number;
  let impatient = false;
  const wait = (now: boolean): void => {
    if (now === impatient) return;
    impatient = now;
    db.pragma(`busy_timeout = ${now ? Math.min(IMPATIENT_MS, patience) : patience}`);
  };
  /** Reads say nothing about the write lock, so only a write that went through restores the patience. */
  const writing = <T>(work: () => T): T =>
    guarded(() => {
      try {
        const done = work();
        wait(false);
        return done;
      } catch (err) {
        if (/^SQLITE_BUSY/.test(sqliteCode(err))) wait(true);
        throw err;
      }
    });
  return {
    prepare: <Row>(text: string): Statement<Row> => {
      const statement = db.prepare<[Params], Row>(text);
      const guard = statement.readonly ? guarded : writing;
      return {
        get: (params = {}) => guard(() => statement.get(params)),
        all: (params = {}) => guard(() => statement.all(params)),
        run: (params = {}) => guard(() => statement.run(params).changes),
      };
    },
    transaction: <T>(work: () => T): T => writing(() => wrapped.immediate(work) as T),
  };
}

const UNAVAILABLE = /^SQLITE_(?:BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM)/;
export const isOutage = (err: unknown): boolean => UNAVAILABLE.test(sqliteCode(err));

/** A full disk, a foreign writer or a read-only file is an outage (P03, P04, P13), not a bug. */
function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (err) {
    if (isOutage(err)) {
      throw new HubError('unavailable', 'The hub cannot write its data at the moment. Try again shortly.', { cause: err, retryAfterSeconds: 5 });
    }
    throw err;
  }
}

/**
 * SQLite's extended result code; the empty string for any other error. By property and not by class: the driver's native part is loaded
 * once per process and keeps the error class of whoever loaded it first.
 */
export const sqliteCode = (err: unknown): string =>
  typeof err === 'object' && err !== null && 'code' in err && typeof err.code === 'string' && err.code.startsWith('SQLITE_') ? err.code : '';

/** True for a broken UNIQUE or PRIMARY KEY rule. */
export const isDuplicate = (err: unknown): boolean => /^SQLITE_CONSTRAINT_(?:UNIQUE|PRIMARYKEY)$/.test(sqliteCode(err));

/** True when a row points at one that does not exist (any more). */
export const isDangling = (err: unknown): boolean => sqliteCode(err) === 'SQLITE_CONSTRAINT_FOREIGNKEY';

export const toDate = (ms: number): Date => new Date(ms);
export const toDateOrNull = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
export const toMs = (date: Date): number => date.getTime();
export const toMsOrNull = (date: Date | null): number | null => date?.getTime() ?? null;
