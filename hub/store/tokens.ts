import type { TokenId, UserId } from '../domain/ids';
import type { Token } from '../domain/session';
import { toDate, toDateOrNull, toMs, toMsOrNull, type Sql } from './sql';
import type { TokenStore } from './store';

interface Row {
  readonly id: string;
  readonly owner_id: string;
  readonly note: string;
  readonly scopes: string;
  readonly created: number;
  readonly expires: number | null;
  readonly last_used: number | null;
}

const COLUMNS = 'id, owner_id, note, scopes, created, expires, last_used';

const toToken = (row: Row): Token => ({
  id: row.id as TokenId,
  owner: row.owner_id as UserId,
  note: row.note,
  scopes: JSON.parse(row.scopes) as string[],
  created: toDate(row.created),
  expires: toDateOrNull(row.expires),
  lastUsed: toDateOrNull(row.last_used),
});
const map = (row: Row | undefined): Token | undefined => (row === undefined ? undefined : toToken(row));

export function createTokenStore(sql: Sql): TokenStore {
  const insert = sql.prepare(`INSERT INTO tokens (id, owner_id, hash, note, scopes, created, expires, last_used)
    VALUES (@id, @owner, @hash, @note, @scopes, @created, @expires, @lastUsed)`);
  const byHash = sql.prepare<Row>(`SELECT ${COLUMNS} FROM tokens WHERE hash = @hash`);
  const byId = sql.prepare<Row>(`SELECT ${COLUMNS} FROM tokens WHERE id = @id`);
  const listed = sql.prepare<Row>(`SELECT ${COLUMNS} FROM tokens WHERE owner_id = @owner ORDER BY last_used, created, id`);
  const touch = sql.prepare('UPDATE tokens SET last_used = max(coalesce(last_used, @at), @at) WHERE id = @id');
  const remove = sql.prepare('DELETE FROM tokens WHERE id = @id');
  const removeOf = sql.prepare<{ id: string }>('DELETE FROM tokens WHERE owner_id = @owner RETURNING id');

  return {
    create: (token, hash) =>
      void insert.run({
        id: token.id, owner: token.owner, hash, note: token.note, scopes: JSON.stringify(token.scopes),
        created: toMs(token.created), expires: toMsOrNull(token.expires), lastUsed: toMsOrNull(token.lastUsed),
      }),
    byHash: (hash) => map(byHash.get({ hash })),
    byId: (id) => map(byId.get({ id })),
    listOf: (owner) => listed.all({ owner }).map(toToken),
    touch: (used) =>
      sql.transaction(() => {
        for (const [id, at] of used) touch.run({ id, at: toMs(at) });
      }),
    remove: (id) => remove.run({ id }) > 0,
    removeOf: (owner) => removeOf.all({ owner }).map((row) => row.id as TokenId),
  };
}
