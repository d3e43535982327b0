import { createHash } from 'node:crypto';
import { chainEndText, GENESIS, type ChainEnd } from '../domain/audit';

/** One row as SQLite keeps it; `detail` is the JSON text itself, so that nothing depends on how an object is written again. */
export interface AuditRecord {
  readonly id: number;
  readonly at: number;
  readonly actor_kind: string;
  readonly actor: string;
  readonly actor_id: string;
  readonly via: string;
  readonly credential: string;
  readonly address: string;
  readonly request_id: string;
  readonly action: string;
  readonly target: string;
  readonly result: string;
  readonly detail: string;
  readonly prev: string;
  readonly hash: string;
}

/**
 * SHA-256, in hex, over a JSON list of every field in a fixed order, `prev` included. A list, because joined text could be read in two
 * ways. The first element is the version of this encoding.
 */
export const hashOf = (r: Omit<AuditRecord, 'hash'>): string =>
  createHash('sha256')
    .update(JSON.stringify([1, r.id, r.at, r.actor_kind, r.actor, r.actor_id, r.via, r.credential, r.address, r.request_id, r.action, r.target, r.result, r.detail, r.prev]))
    .digest('hex');

/** Puts a row behind `head`. Half a surrogate pair does not survive SQLite, so it is replaced before the hash is made. */
export function link(head: ChainEnd, fields: Omit<AuditRecord, 'id' | 'prev' | 'hash'>): AuditRecord {
  const clean = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? wellFormed(value) : value])) as unknown as typeof fields;
  const row = { ...clean, id: head.id + 1, prev: head.hash };
  return { ...row, hash: hashOf(row) };
}

const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

export type ChainVerdict =
  | { readonly ok: true; readonly entries: number; readonly anchor: ChainEnd; readonly head: ChainEnd }
  /** `at`: id of the first entry that is not as it was written, or is missing. */
  | { readonly ok: false; readonly at: number; readonly reason: string };

export interface ChainReader {
  readonly ends: () => { readonly anchor: ChainEnd; readonly head: ChainEnd };
  /** Rows as they lie there, by id, from the first above `id`. */
  readonly records: (id: number, limit: number) => readonly AuditRecord[];
}

const PAGE = 1000;

/**
 * Walks the whole chain. `noted`: an end that was written down elsewhere earlier; it must still be there. Without one, whoever can
 * write the file can also make a new, faultless chain.
 */
export function verifyChain(reader: ChainReader, noted?: ChainEnd): ChainVerdict {
  const { anchor, head } = reader.ends();
  const early = noted === undefined ? undefined : misplaced(noted, anchor, head);
  if (early !== undefined) return early;
  const older = reader.records(-1, 1)[0];
  if (older !== undefined && older.id <= anchor.id) return broken(older.id, `entry ${older.id} lies before the beginning of the log, which is after entry ${anchor.id}`);
  let last = anchor;
  for (;;) {
    const rows = reader.records(last.id, PAGE);
    if (rows.length === 0) break;
    for (const row of rows) {
      const fault = faultOf(row, last) ?? contradicted(row, noted);
      if (fault !== undefined) return fault;
      last = { id: row.id, hash: row.hash };
    }
  }
  if (last.id < head.id) return broken(last.id + 1, `the end is missing: entries ${last.id + 1} to ${head.id} are gone`);
  if (last.id !== head.id || last.hash !== head.hash) return broken(last.id, `the log ends with entry ${chainEndText(last)}, but its head was noted as ${chainEndText(head)}`);
  return { ok: true, entries: last.id - anchor.id, anchor, head };
}

const broken = (at: number, reason: string): ChainVerdict => ({ ok: false, at, reason });

function faultOf(row: AuditRecord, last: ChainEnd): ChainVerdict | undefined {
  if (row.id !== last.id + 1) return broken(last.id + 1, `a gap: entries ${last.id + 1} to ${row.id - 1} are missing`);
  if (row.prev !== last.hash) return broken(row.id, `entry ${row.id} does not follow entry ${last.id}: one of them was replaced`);
  if (hashOf(row) !== row.hash) return broken(row.id, `entry ${row.id} was changed after it was written`);
  return undefined;
}

const contradicted = (row: AuditRecord, noted: ChainEnd | undefined): ChainVerdict | undefined =>
  noted !== undefined && row.id === noted.id && row.hash !== noted.hash ? broken(row.id, `entry ${row.id} is not the one that was noted: the log was written anew`) : undefined;

/** A noted end that the walk will not meet: beyond the head, or at the anchor, which is compared by itself. */
function misplaced(noted: ChainEnd, anchor: ChainEnd, head: ChainEnd): ChainVerdict | undefined {
  if (noted.id > head.id) return broken(head.id + 1, `the log ends with entry ${head.id}, but entry ${noted.id} was noted: the end is missing`);
  if (noted.id < anchor.id) return broken(noted.id, `entry ${noted.id} was removed by the retention rule; note a newer one`);
  if (noted.id === anchor.id && noted.hash !== (anchor.id === 0 ? GENESIS.hash : anchor.hash)) return broken(noted.id, `entry ${noted.id} is not the one that was noted: the log was written anew`);
  return undefined;
}
