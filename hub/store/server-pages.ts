import type { ServerKind } from '../domain/server';
import type { ServerFilter, ServerOrder } from '../domain/server-filter';
import { toRecord, type Row } from './servers';
import type { Sql } from './sql';
import type { ServerStore } from './store';
import { toUser, type UserRow } from './users';

/**
 * Everything is asked of `servers` alone, and of other tables by key: so a page comes from an index or one walk through the servers, and the
 * rest of a row is read for those that are shown.
 */
const MATCHES = `WHERE (@kind IS NULL OR servers.kind = @kind) AND (@profile IS NULL OR servers.profile = @profile)
  AND (@needle IS NULL OR servers.owner_id IN (SELECT id FROM users WHERE instr(name, @needle) > 0))
  AND (@group IS NULL OR EXISTS (SELECT 1 FROM groups CROSS JOIN group_members ON group_id = groups.id WHERE groups.name = @group AND user_id = servers.owner_id))
  AND (@only IS NULL OR servers.id IN (SELECT value FROM json_each(@only)))
  AND (@users IS NULL OR servers.owner_id IN (SELECT id FROM users WHERE name IN (SELECT value FROM json_each(@users)))
    OR EXISTS (SELECT 1 FROM group_members JOIN groups ON groups.id = group_id WHERE user_id = servers.owner_id AND groups.name IN (SELECT value FROM json_each(@groups)))
    OR (SELECT name FROM users WHERE users.id = servers.owner_id) || '/' || servers.name IN (SELECT value FROM json_each(@servers)))`;

/** By name the walk goes through the index of names, and ends with the page. */
const BY_NAME = { from: 'users CROSS JOIN servers ON servers.owner_id = users.id', up: 'users.name, servers.name', down: 'users.name DESC, servers.name DESC' };
const walk = (by: string, from = 'servers') => ({ from, up: `${by}, servers.seq`, down: `${by} DESC, servers.seq DESC` });

/** Nulls come first upwards and last downwards, as everywhere. */
const ORDERS: Readonly<Record<ServerOrder, { readonly from: string; readonly up: string; readonly down: string }>> = {
  name: BY_NAME,
  last_activity: walk('servers.last_activity'),
  started: walk("CASE servers.kind WHEN 'ready' THEN servers.since END"),
  volumes: walk('held.bytes', 'servers LEFT JOIN (SELECT owner_id AS owner, sum(bytes) AS bytes FROM volumes GROUP BY owner_id) AS held ON held.owner = servers.owner_id'),
  amount: walk('amounts.value', 'servers LEFT JOIN amounts ON amounts.key = servers.id'),
};

const AMOUNTS = 'WITH amounts AS MATERIALIZED (SELECT key, value FROM json_each(@amounts)) ';
const SERVER = ['id', 'owner_id', 'name', 'version', 'state', 'profile', 'secret', 'user_options', 'display_name', 'created', 'last_activity'].map((column) => `servers.${column}`).join(', ');
const OWNER = ['id', 'name', 'admin', 'status', 'created', 'last_activity', 'must_change_password'].map((column) => `users.${column} AS user_${column}`).join(', ');

type Joined = Row & { readonly bytes: number | null } & { readonly [Column in keyof UserRow as `user_${Column}`]: UserRow[Column] };

/** Lists of everybody's servers, a page at a time. */
export function createServerPages(sql: Sql): Pick<ServerStore, 'page' | 'kinds'> {
  const orders = Object.entries(ORDERS) as [ServerOrder, (typeof ORDERS)[ServerOrder]][];
  const pages = new Map(orders.flatMap(([order, { from, up, down }]) =>
    [up, down].map((by, i) => [`${i === 0 ? '' : '-'}${order}`, sql.prepare<{ id: string }>(`${order === 'amount' ? AMOUNTS : ''}SELECT servers.id FROM ${from} ${MATCHES} ORDER BY ${by} LIMIT @limit OFFSET @offset`)] as const)));
  const whole = sql.prepare<Joined>(`SELECT ${SERVER}, ${OWNER}, (SELECT sum(bytes) FROM volumes WHERE volumes.owner_id = servers.owner_id) AS bytes
    FROM servers JOIN users ON users.id = servers.owner_id WHERE servers.id = @id`);
  const kinds = sql.prepare<{ kind: ServerKind; n: number }>(`SELECT servers.kind, count(*) AS n FROM servers ${MATCHES} GROUP BY servers.kind`);

  return {
    page({ offset, limit, order, down, amounts }, filter) {
      const more = order === 'amount' ? { amounts: JSON.stringify(Object.fromEntries(amounts ?? [])) } : {};
      const rows = pages.get(`${down ? '-' : ''}${order}`)?.all({ ...paramsOf(filter), ...more, offset, limit }) ?? [];
      return rows.flatMap(({ id }) => whole.all({ id })).map((row) => ({ record: toRecord(row), owner: toUser(ownerOf(row)), volumeBytes: row.bytes }));
    },
    kinds: (filter) => Object.fromEntries(kinds.all(paramsOf(filter)).map(({ kind, n }) => [kind, n])),
  };
}

const list = (values: Iterable<string> | undefined): string | null => (values === undefined ? null : JSON.stringify([...values]));

const paramsOf = ({ userContains, group, profile, kind, only, seen }: ServerFilter) => ({
  needle: userContains?.toLowerCase() ?? null, group: group ?? null, profile: profile ?? null, kind: kind ?? null, only: list(only),
  users: list(seen?.users), groups: list(seen?.groups), servers: list(seen?.servers),
});

const ownerOf = (row: Joined): UserRow => ({
  id: row.user_id, name: row.user_name, admin: row.user_admin, status: row.user_status, created: row.user_created, last_activity: row.user_last_activity, must_change_password: row.user_must_change_password,
});
