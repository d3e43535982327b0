import { toDate, toMs, type Sql } from './sql';
import type { AuditStore } from './store';

interface Row {
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly detail: string;
}

export function createAuditStore(sql: Sql): AuditStore {
  const append = sql.prepare('INSERT INTO audit (at, actor, action, target, detail) VALUES (@at, @actor, @action, @target, @detail)');
  const listed = sql.prepare<Row>('SELECT at, actor, action, target, detail FROM audit ORDER BY id DESC LIMIT @limit OFFSET @offset');

  return {
    append: ({ at, actor, action, target, detail }) => void append.run({ at: toMs(at), actor, action, target, detail: JSON.stringify(detail) }),
    list: (page) => listed.all({ ...page }).map((row) => ({ ...row, at: toDate(row.at), detail: JSON.parse(row.detail) as Record<string, unknown> })),
  };
}
