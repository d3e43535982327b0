import type { ServerId, SessionId, TokenId, UserId } from '../domain/ids';
import type { OauthClientKey, Token } from '../domain/session';
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
  readonly session_id: string | null;
  readonly server_id: string | null;
  readonly service: string | null;
}

const COLUMNS = 'id, owner_id, note, scopes, created, expires, last_used, session_id, server_id, service';

const toToken = (row: Row): Token => ({
  id: row.id as TokenId,
  owner: row.owner_id as UserId,
  note: row.note,
  scopes: JSON.parse(row.scopes) as string[],
  created: toDate(row.created),
  expires: toDateOrNull(row.expires),
  lastUsed: toDateOrNull(row.last_used),
  ...(row.session_id === null ? {} : { oauth: { session: row.session_id as SessionId, client: toClient(row) } }),
});

/** A table that has the two columns says which client it means by the one that is set. */
export const toClient = (row: { readonly server_id: string | null; readonly service: string | null }): OauthClientKey =>
  row.server_id === null ? { kind: 'service', name: row.service ?? '' } : { kind: 'server', id: row.server_id as ServerId };
export const fromClient = (client: OauthClientKey | undefined): { readonly server: string | null; readonly service: string | null } => ({
  server: client?.kind === 'server' ? client.id : null,
  service: client?.kind === 'service' ? client.name : null,
});
const map = (row: Row | undefined): Token | undefined => (row === undefined ? undefined : toToken(row));

export function createTokenStore(sql: Sql): TokenStore {
  const insert = sql.prepare(`INSERT INTO tokens (id, owner_id, hash, note, scopes, created, expires, last_used, session_id, server_id, service)
    VALUES (@id, @owner, @hash, @note, @scopes, @created, @expires, @lastUsed, @session, @server, @service)`);
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
        session: token.oauth?.session ?? null, ...fromClient(token.oauth?.client),
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
