import { GENESIS, type ChainEnd } from '../domain/audit';
import { INSERT_AUDIT, SET_END } from './audit';
import { link } from './audit-chain';
import type { Sql } from './sql';

/** As it was before the chain. */
interface OldRow {
  readonly id: number;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly detail: string;
}

const PAGE = 1000;

/** Chains the entries of a database that is older than the chain, in one transaction. Does nothing when that was done. */
export function chainOldEntries(sql: Sql): void {
  const old = sql.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit_before_chain'");
  if (old.get() === undefined) return;
  sql.transaction(() => {
    const read = sql.prepare<OldRow>('SELECT id, at, actor, action, target, detail FROM audit_before_chain WHERE id > @id ORDER BY id LIMIT @limit');
    const insert = sql.prepare(INSERT_AUDIT);
    const setHead = sql.prepare(SET_END);
    let head: ChainEnd = GENESIS;
    for (let rows = read.all({ id: 0, limit: PAGE }); rows.length > 0; rows = read.all({ id: rows.at(-1)?.id ?? 0, limit: PAGE })) {
      for (const row of rows) {
        const linked = link(head, { ...actorOf(row.actor), at: row.at, via: '', credential: '', address: '', request_id: '', action: row.action, target: row.target, result: 'ok', detail: row.detail });
        insert.run({ ...linked });
        head = { id: linked.id, hash: linked.hash };
        // One by one, because the schema lets the head move to the entry behind it only.
        setHead.run({ name: 'head', ...head });
      }
    }
    sql.prepare('DROP TABLE audit_before_chain').run();
  });
}

/** `user:alice`; starts and stops named the user alone. */
function actorOf(text: string): { readonly actor_kind: string; readonly actor: string; readonly actor_id: string } {
  const [, kind, name] = /^(user|service|local):(.*)$/s.exec(text) ?? [];
  if (kind !== undefined && name !== undefined) return { actor_kind: kind, actor: name, actor_id: '' };
  if (text === 'hub') return { actor_kind: 'hub', actor: 'hub', actor_id: '' };
  return { actor_kind: text === 'anonymous' || text === 'bootstrap' ? 'anonymous' : 'user', actor: text, actor_id: '' };
}
