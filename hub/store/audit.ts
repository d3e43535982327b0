import { AUDIT_KINDS, type AuditKind, type AuditResult, type AuditRow, type ChainEnd } from '../domain/audit';
import { link, type AuditRecord } from './audit-chain';
import { statementsOf, whereOf } from './filters';
import { toDate, toMs, toMsOrNull, type Sql } from './sql';
import type { AuditStore } from './store';

export const AUDIT_COLUMNS = 'id, at, actor_kind, actor, actor_id, via, credential, address, request_id, action, target, result, detail, prev, hash';
export const INSERT_AUDIT = `INSERT INTO audit (${AUDIT_COLUMNS})
  VALUES (@id, @at, @actor_kind, @actor, @actor_id, @via, @credential, @address, @request_id, @action, @target, @result, @detail, @prev, @hash)`;
export const SET_END = 'UPDATE audit_ends SET id = @id, hash = @hash WHERE name = @name';

/** `instr` knows no wildcards. Only ids inside the window are looked at, which is what bounds a call; what was not asked is not looked at. */
const MATCHES = {
  before: 'id < @before',
  floor: 'id >= @floor',
  actor: 'instr(lower(actor), @actor) > 0',
  action: 'instr(lower(action), @action) > 0',
  target: 'instr(lower(target), @target) > 0',
  text: "instr(lower(actor || ' ' || action || ' ' || target), @text) > 0",
  kind: "coalesce((SELECT kind FROM audit_kinds WHERE word = action), (SELECT kind FROM audit_kinds WHERE word = substr(action, 1, instr(action, '.') - 1)), 'hub') = @kind",
  from: 'at >= @from',
  until: 'at < @until',
};

export function createAuditStore(sql: Sql): AuditStore {
  const insert = sql.prepare(INSERT_AUDIT);
  const end = sql.prepare<ChainEnd>('SELECT id, hash FROM audit_ends WHERE name = @name');
  const setEnd = sql.prepare(SET_END);
  const listed = sql.prepare<AuditRecord>(`SELECT ${AUDIT_COLUMNS} FROM audit ORDER BY id DESC LIMIT @limit OFFSET @offset`);
  const after = sql.prepare<AuditRecord>(`SELECT ${AUDIT_COLUMNS} FROM audit WHERE id > @id ORDER BY id LIMIT @limit`);
  const searched = statementsOf<AuditRecord>(sql);
  const firstYoung = sql.prepare<{ id: number | null }>('SELECT min(id) AS id FROM (SELECT id, at FROM audit ORDER BY id LIMIT @limit) WHERE at >= @before');
  const lastOf = sql.prepare<ChainEnd>('SELECT id, hash FROM (SELECT id, hash FROM audit WHERE @below IS NULL OR id < @below ORDER BY id LIMIT @limit) ORDER BY id DESC LIMIT 1');
  const remove = sql.prepare('DELETE FROM audit WHERE id <= @id');

  const counted = sql.prepare<{ kind: AuditKind; n: number }>('SELECT kind, sum(n) AS n FROM audit_counts WHERE (@from IS NULL OR day >= @from) AND (@until IS NULL OR day < @until) GROUP BY kind');

  const endOf = (name: 'anchor' | 'head'): ChainEnd => {
    const found = end.get({ name });
    if (found === undefined) throw new Error(`The ${name} of the audit log is missing from the database.`);
    return found;
  };

  return {
    append: (entry) =>
      sql.transaction(() => {
        const { at, actorKind, actorId, requestId, detail, actor, via, credential, address, action, target, result } = entry;
        const row = link(endOf('head'), { at: toMs(at), actor_kind: actorKind, actor, actor_id: actorId, via, credential, address, request_id: requestId, action, target, result, detail: JSON.stringify(detail) });
        insert.run({ ...row });
        setEnd.run({ name: 'head', id: row.id, hash: row.hash });
        return toRow(row);
      }),
    list: (page) => listed.all({ ...page }).map(toRow),
    after: (id, limit) => after.all({ id, limit }).map(toRow),
    search({ before, filter, window, limit }) {
      const top = Math.min(before ?? Infinity, endOf('head').id + 1);
      const floor = Math.max(0, top - window);
      const text = (part: string | undefined): string | null => part?.toLowerCase() ?? null;
      const times = { from: toMsOrNull(filter.from ?? null), until: toMsOrNull(filter.until ?? null) };
      const params = { before: top, floor, actor: text(filter.actor), action: text(filter.action), target: text(filter.target), text: text(filter.text), kind: filter.kind ?? null, ...times };
      const rows = searched(`SELECT ${AUDIT_COLUMNS} FROM audit ${whereOf(MATCHES, params)} ORDER BY id DESC LIMIT @limit`).all({ ...params, limit }).map(toRow);
      const next = rows.length === limit ? (rows.at(-1)?.id ?? floor) : floor;
      return { rows, next: next > endOf('anchor').id + 1 ? next : null };
    },
    counts: (from, until) => {
      const found = new Map(counted.all({ from: dayOf(from), until: dayOf(until) }).map(({ kind, n }) => [kind, n]));
      return Object.fromEntries(AUDIT_KINDS.map((kind) => [kind, found.get(kind) ?? 0])) as Record<AuditKind, number>;
    },
    ends: () => ({ anchor: endOf('anchor'), head: endOf('head') }),
    records: (id, limit) => after.all({ id, limit }),
    prune: (before, limit) =>
      sql.transaction(() => {
        const below = firstYoung.get({ limit, before: toMs(before) })?.id ?? null;
        const last = lastOf.get({ below, limit });
        if (last === undefined) return undefined;
        setEnd.run({ name: 'anchor', ...last });
        return { count: remove.run({ id: last.id }), last };
      }),
  };
}

const DAY_MS = 86_400_000;
const dayOf = (at: Date | undefined): number | null => (at === undefined ? null : Math.floor(at.getTime() / DAY_MS));

export const toRow = (r: AuditRecord): AuditRow => ({
  id: r.id, at: toDate(r.at), actorKind: r.actor_kind, actor: r.actor, actorId: r.actor_id, via: r.via, credential: r.credential, address: r.address, requestId: r.request_id,
  action: r.action, target: r.target, result: r.result as AuditResult, detail: JSON.parse(r.detail) as Record<string, unknown>, prev: r.prev, hash: r.hash,
});
