import { z } from 'zod';
import { AUDIT_FORMATS, AUDIT_KINDS, type AuditFormat, type AuditRow } from '../../domain/audit';
import { timestamp } from '../../wire/timestamp';
import { sendAuditFile } from '../audit-file';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { named, Time } from './schemas';

const MOST = 200;
const USUAL = 50;
const part = (what: string) => z.string().max(255, `${what}: expected 255 characters at most`).optional();
const moment = (what: string) => z.iso.datetime({ offset: true, error: `${what}: expected a time such as 2026-01-31T18:00:00Z` }).transform((text) => new Date(text)).optional();
const number = (what: string) => z.string().regex(/^\d{1,15}$/, `${what}: expected a number`).transform(Number).optional();

const AuditQuery = z.object({
  q: part('q').describe('Somewhere in who, what or whom.'),
  actor: part('actor'), action: part('action'), target: part('target'),
  kind: z.enum(AUDIT_KINDS, `kind: expected one of ${AUDIT_KINDS.join(', ')}`).optional(),
  from: moment('from'), until: moment('until'),
  before: number('before').describe('Entries below this id; absent: the newest.'),
  limit: number('limit').describe(`How many at most, up to ${MOST}; ${USUAL} unless given.`),
});
const Export = z.strictObject({
  format: z.enum(Object.keys(AUDIT_FORMATS) as [AuditFormat, ...AuditFormat[]]).describe('`csv` for a spreadsheet, `jsonl` for a program: one entry in each line.'),
  from: moment('from').describe('Entries since then; absent: all of them.'),
});
const EntryModel = named('AuditEntry', z.strictObject({
  id: z.int(), at: Time, actor_kind: z.string(), actor: z.string(), via: z.string(), address: z.string(), request_id: z.string(),
  action: z.string(), target: z.string(), result: z.enum(['ok', 'denied', 'failed']), detail: z.record(z.string(), z.unknown()), hash: z.string(),
}).describe('One thing that somebody did to something.'));
const AuditModel = named('AuditPage', z.strictObject({
  entries: z.array(EntryModel), next: z.int().nullable().describe('The `before` of the next page; null: that was all.'),
  counts: z.record(z.string(), z.int()).describe('Entries of each kind in the days (UTC) of the range.'), head: z.strictObject({ id: z.int(), hash: z.string() }),
}).describe('A part of the audit log, newest first.'));

/** Our own, not JupyterHub's: the audit log. It is read here, and nothing here or elsewhere changes it. */
export function auditApiRoutes(kit: Kit): readonly HubRoute[] {
  const { audit } = kit.deps.services;
  const search = async (x: Exchange, { query }: Given<z.ZodUndefined, typeof AuditQuery>): Promise<Reply> => {
    const { q, before, limit = USUAL, ...rest } = query();
    const filter = { ...given(rest), ...(q === undefined ? {} : { text: q }) };
    const found = await audit.search(actorOf(x), { filter, limit: Math.min(Math.max(limit, 1), MOST), ...(before === undefined ? {} : { before }) });
    return json(200, { entries: found.rows.map(modelOf), next: found.next, counts: audit.counts(actorOf(x), filter), head: found.head });
  };
  const exported = (x: Exchange, { body }: Given<typeof Export>): Reply => {
    const { format, from } = body();
    const { chunks } = audit.export(actorOf(x), { format, ...(from === undefined ? {} : { from }) });
    return { kind: 'stream', run: () => sendAuditFile(x, format, chunks) };
  };
  return [
    operation({
      method: 'get', path: '/hub/api/audit', needs: ['admin:users'], handle: search,
      doc: { id: 'searchAudit', tag: 'Operation', summary: 'Search the audit log', description: 'For administrators.', query: AuditQuery, answers: { 200: { description: 'Entries.', model: AuditModel } } },
    }),
    operation({
      method: 'post', path: '/hub/api/audit/export', needs: ['admin:users'], reauth: true, handle: exported,
      doc: {
        id: 'exportAudit', tag: 'Operation', summary: 'Export the audit log', description: 'For administrators. The export is recorded in the log itself, which is why it is no GET.', body: Export, bodyRequired: true,
        answers: { 200: { description: 'The entries, oldest first, as lines of the format.', type: 'text/csv', orType: 'application/x-ndjson' } },
      },
    }),
  ];
}

/** What is absent is not asked for. */
const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };

const modelOf = (row: AuditRow): object => ({
  id: row.id, at: timestamp(row.at), actor_kind: row.actorKind, actor: row.actor, via: row.via, address: row.address, request_id: row.requestId,
  action: row.action, target: row.target, result: row.result, detail: row.detail, hash: row.hash,
});
