import type { SessionId, UserId } from '../domain/ids';
import type { Session } from '../domain/session';
import { toDate, toMs, type Sql } from './sql';
import type { SessionStore } from './store';

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly created: number;
  readonly last_seen: number;
  readonly address: string;
  readonly user_agent: string;
}

const COLUMNS = 'id, user_id, created, last_seen, address, user_agent';

const toSession = (row: Row): Session => ({
  id: row.id as SessionId,
  user: row.user_id as UserId,
  created: toDate(row.created),
  lastSeen: toDate(row.last_seen),
  address: row.address,
  userAgent: row.user_agent,
});

export function createSessionStore(sql: Sql): SessionStore {
  const insert = sql.prepare(`INSERT INTO sessions (id, user_id, hash, created, last_seen, address, user_agent)
    VALUES (@id, @user, @hash, @created, @lastSeen, @address, @userAgent)`);
  const byHash = sql.prepare<Row>(`SELECT ${COLUMNS} FROM sessions WHERE hash = @hash`);
  const byId = sql.prepare<Row>(`SELECT ${COLUMNS} FROM sessions WHERE id = @id`);
  const listed = sql.prepare<Row>(`SELECT ${COLUMNS} FROM sessions WHERE user_id = @user ORDER BY last_seen DESC, id`);
  const count = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM sessions');
  const touch = sql.prepare('UPDATE sessions SET last_seen = max(last_seen, @at) WHERE id = @id');
  const remove = sql.prepare('DELETE FROM sessions WHERE id = @id');
  const removeOf = sql.prepare<{ id: string }>('DELETE FROM sessions WHERE user_id = @user AND id IS NOT @except RETURNING id');
  const removeExpired = sql.prepare<{ id: string }>('DELETE FROM sessions WHERE last_seen < @lastSeen OR created < @created RETURNING id');

  return {
    create: (session, hash) =>
      void insert.run({
        id: session.id, user: session.user, hash, created: toMs(session.created), lastSeen: toMs(session.lastSeen), address: session.address, userAgent: session.userAgent,
      }),
    byHash(hash) {
      const row = byHash.get({ hash });
      return row === undefined ? undefined : toSession(row);
    },
    byId(id) {
      const row = byId.get({ id });
      return row === undefined ? undefined : toSession(row);
    },
    listOf: (user) => listed.all({ user }).map(toSession),
    count: () => count.get({})?.n ?? 0,
    touch: (seen) =>
      sql.transaction(() => {
        for (const [id, at] of seen) touch.run({ id, at: toMs(at) });
      }),
    remove: (id) => remove.run({ id }) > 0,
    removeOf: (user, except) => ids(removeOf.all({ user, except: except ?? null })),
    removeExpired: (before) => ids(removeExpired.all({ lastSeen: toMs(before.lastSeen), created: toMs(before.created) })),
  };
}

const ids = (rows: readonly { readonly id: string }[]): readonly SessionId[] => rows.map((row) => row.id as SessionId);
