import type { ShareCode } from '../domain/share';
import type { ScopeName } from '../domain/scopes/tree';
import { SHARED_SERVER, toSharedServer, type SharedServerRow } from './shares';
import { toDate, toDateOrNull, toMs, type Sql } from './sql';
import type { ShareCodeStore } from './store';

interface Row extends SharedServerRow {
  readonly seq: number;
  readonly scopes: string;
  readonly created: number;
  readonly expires: number;
  readonly exchanges: number;
  readonly last_exchanged: number | null;
}

const toCode = (row: Row): ShareCode => ({
  number: row.seq, server: toSharedServer(row), scopes: JSON.parse(row.scopes) as ScopeName[], created: toDate(row.created), expires: toDate(row.expires),
  exchanges: row.exchanges, lastExchanged: toDateOrNull(row.last_exchanged),
});

const JOINED = 'FROM share_codes JOIN servers ON servers.id = server_id JOIN users AS owner ON owner.id = owner_id';
const SELECT = `SELECT ${SHARED_SERVER}, share_codes.seq, share_codes.scopes, share_codes.created, expires, exchanges, last_exchanged ${JOINED}`;
const LIVE = 'expires > @now AND CASE @kind WHEN \'server\' THEN server_id = @id ELSE owner_id = @id END';

export function createShareCodeStore(sql: Sql): ShareCodeStore {
  const insert = sql.prepare<{ seq: number }>('INSERT INTO share_codes (hash, server_id, scopes, created, expires) VALUES (@hash, @server, @scopes, @created, @expires) RETURNING seq');
  const byNumber = sql.prepare<Row>(`${SELECT} WHERE share_codes.seq = @number`);
  const byHash = sql.prepare<Row>(`${SELECT} WHERE hash = @hash AND expires > @now AND owner.status = 'active'`);
  const listed = sql.prepare<Row>(`${SELECT} WHERE ${LIVE} ORDER BY share_codes.seq LIMIT @limit OFFSET @offset`);
  const count = sql.prepare<{ n: number }>(`SELECT count(*) AS n ${JOINED} WHERE ${LIVE}`);
  const exchanged = sql.prepare('UPDATE share_codes SET exchanges = exchanges + 1, last_exchanged = @at WHERE seq = @number');
  const remove = sql.prepare('DELETE FROM share_codes WHERE server_id = @server AND expires > @now AND (@number IS NULL OR seq = @number) AND (@hash IS NULL OR hash = @hash)');
  const prune = sql.prepare('DELETE FROM share_codes WHERE expires <= @now');

  return {
    add({ server, scopes, created, expires }, hash) {
      const made = insert.get({ hash, server, scopes: JSON.stringify(scopes), created: toMs(created), expires: toMs(expires) });
      const row = byNumber.get({ number: made?.seq ?? 0 });
      if (row === undefined) throw new Error('a share code that was just made is not there');
      return toCode(row);
    },
    byHash(hash, now) {
      const row = byHash.get({ hash, now: toMs(now) });
      return row === undefined ? undefined : toCode(row);
    },
    list({ kind, id }, { now, ...page }) {
      const match = { kind, id, now: toMs(now) };
      return { codes: listed.all({ ...match, ...page }).map(toCode), total: count.get(match)?.n ?? 0 };
    },
    exchanged: (number, at) => void exchanged.run({ number, at: toMs(at) }),
    remove: (server, { number, hash, now }) => remove.run({ server, number: number ?? null, hash: hash ?? null, now: toMs(now) }),
    prune: (now) => void prune.run({ now: toMs(now) }),
  };
}
