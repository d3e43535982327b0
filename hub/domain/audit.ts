/** `denied`: the policy or a limit said no. `failed`: it was tried and did not work. */
export type AuditResult = 'ok' | 'denied' | 'failed';

/** One thing that somebody did to something. Text fields are empty where there is nothing to say; none of them is ever a secret. */
export interface AuditEntry {
  readonly at: Date;
  /** `user`, `service`, `local` (the command line), `hub` (the hub itself) or `anonymous` (nobody who is signed in). */
  readonly actorKind: string;
  readonly actor: string;
  readonly actorId: string;
  /** What the actor proved itself with: `cookie`, `token`, `server-token`, `local`. */
  readonly via: string;
  /** Id of the session or token. */
  readonly credential: string;
  /** Address of the client; `local` for the hub's own socket. */
  readonly address: string;
  readonly requestId: string;
  /** `user.disable`, `server.start`, … */
  readonly action: string;
  /** `user:alice`, `server:alice/`, … */
  readonly target: string;
  readonly result: AuditResult;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An entry in its place: `hash` covers every field, its own id and `prev`, the hash of the entry before it. */
export interface AuditRow extends AuditEntry {
  /** Counts from 1 without gaps. */
  readonly id: number;
  readonly prev: string;
  readonly hash: string;
}

/** An end of the chain: an entry's id and hash. Id 0: before the first entry. */
export interface ChainEnd {
  readonly id: number;
  readonly hash: string;
}

/** What stands before the first entry. */
export const GENESIS: ChainEnd = { id: 0, hash: '0'.repeat(64) };

/** `17:ab12…`, as it is printed and noted down. */
export const chainEndText = ({ id, hash }: ChainEnd): string => `${id}:${hash}`;

/** undefined: the text is not of that form. */
export function parseChainEnd(text: string): ChainEnd | undefined {
  const [, id, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  return id === undefined || hash === undefined ? undefined : { id: Number(id), hash };
}

/** Every given field has to match; texts are case-insensitive parts, `from` is included and `until` is not. */
export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  /** Somewhere in who, what or whom. */
  readonly text?: string;
  readonly kind?: AuditKind;
  readonly from?: Date;
  readonly until?: Date;
}

/** What entries are about, in the order in which they are offered. `refused`: what somebody asked for and did not get. */
export const AUDIT_KINDS = ['sign-in', 'users', 'groups', 'servers', 'volumes', 'tokens', 'shares', 'refused', 'hub'] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

/** Nothing that moves a cursor, a line or a reading direction (A16): what is shown is what is there. */
export const visible = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?');

const COLUMNS = ['id', 'at', 'actorKind', 'actor', 'actorId', 'via', 'credential', 'address', 'requestId', 'action', 'target', 'result', 'detail', 'prev', 'hash'] as const satisfies readonly (keyof AuditRow)[];

/** What a spreadsheet would take for a formula, in the ordinary and the wide form (R04). */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** One cell: quoted, free of control characters, and never the start of a formula. */
export function csvCell(text: string): string {
  const formula = FORMULA.test(text) || /^[\t\r\n]/.test(text);
  return `"${formula ? "'" : ''}${visible(text).replaceAll('"', '""')}"`;
}

const cellOf = (value: unknown): string => (value instanceof Date ? value.toISOString() : typeof value === 'object' ? JSON.stringify(value) : String(value));
const csvLine = (row: AuditRow): string => `${COLUMNS.map((column) => csvCell(cellOf(row[column]))).join(',')}\r\n`;

/** One object per line, every field as it is kept: what a program checks the chain with. */
const jsonLine = (row: AuditRow): string => `${JSON.stringify(Object.fromEntries(COLUMNS.map((column) => [column, row[column]])))}\n`;

export type AuditFormat = 'jsonl' | 'csv';

/** How an export begins, and how each row is written. */
export const AUDIT_FORMATS: Readonly<Record<AuditFormat, { readonly head: string; readonly type: string; readonly line: (row: AuditRow) => string }>> = {
  jsonl: { head: '', type: 'application/x-ndjson; charset=utf-8', line: jsonLine },
  csv: { head: `${COLUMNS.join(',')}\r\n`, type: 'text/csv; charset=utf-8', line: csvLine },
};
