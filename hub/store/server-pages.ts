import type { ServerKind } from '../domain/server';
import type { ServerFilter, ServerOrder } from '../domain/server-filter';
import { statementsOf, whereOf } from './filters';
import { toRecord, type Row } from './servers';
import type { Sql } from './sql';
import type { ServerStore } from './store';
import { toUser, type UserRow } from './users';

/**
 * Everything is asked of `servers` alone, and of other tables by key: so a page comes from an index or one walk through the servers, and the
 * rest of a row is read for those that are shown.
 */
const MATCHES = {
  kind: 'servers.kind = @kind',
  profile: 'servers.profile = @profile',
  needle: 'servers.owner_id IN (SELECT id FROM users WHERE instr(name, @needle) > 0)',
  group: 'EXISTS (SELECT 1 FROM group_members WHERE group_id = (SELECT id FROM groups WHERE groups.name = @group) AND user_id = servers.owner_id)',
  only: 'servers.id IN (SELECT value FROM json_each(@only))',
  users: `servers.owner_id IN (SELECT id FROM users WHERE name IN (SELECT value FROM json_each(@users)))
    OR EXISTS (SELECT 1 FROM group_members JOIN groups ON groups.id = group_id WHERE user_id = servers.owner_id AND groups.name IN (SELECT value FROM json_each(@groups)))
    OR (SELECT name FROM users WHERE users.id = servers.owner_id) || '/' || servers.name IN (SELECT value FROM json_each(@servers))`,
};

/** By name the walk goes through the index of names, and ends with the page. */
const BY_NAME = { from: 'users CROSS JOIN servers ON servers.owner_id = users.id', up: 'users.name, servers.name', down: 'users.name DESC, servers.name DESC' };
const walk = (by: string, from = 'servers') => ({ from, up: `${by}, servers.seq`, down: `${by} DESC, servers.seq DESC` });

/** Of everything that the owner has; null: nothing was measured. */
const VOLUME_BYTES = 'SELECT sum(bytes) FROM volumes WHERE volumes.owner_id = servers.owner_id';

/** Nulls come first upwards and last downwards, as everywhere. */
const ORDERS: Readonly<Record<ServerOrder, { readonly from: string; readonly up: string; readonly down: string }>> = {
  name: BY_NAME,
  last_activity: walk('servers.last_activity'),
  started: walk("CASE servers.kind WHEN 'ready' THEN servers.since END"),
  volumes: walk(`(${VOLUME_BYTES})`),
  amount: walk('amounts.value', 'servers LEFT JOIN amounts ON amounts.key = servers.id'),
};

const AMOUNTS = 'WITH amounts AS MATERIALIZED (SELECT key, value FROM json_each(@amounts)) ';
const SERVER = ['id', 'owner_id', 'name', 'version', 'state', 'profile', 'secret', 'user_options', 'display_name', 'created', 'last_activity'].map((column) => `servers.${column}`).join(', ');
const OWNER = ['id', 'name', 'admin', 'status', 'created', 'last_activity', 'must_change_password'].map((column) => `users.${column} AS user_${column}`).join(', ');

type Joined = Row & { readonly bytes: number | null } & { readonly [Column in keyof UserRow as `user_${Column}`]: UserRow[Column] };

/** Lists of everybody's servers, a page at a time. */
export function createServerPages(sql: Sql): Pick<ServerStore, 'page' | 'kinds'> {
  const pages = statementsOf<{ id: string }>(sql);
  const whole = sql.prepare<Joined>(`SELECT ${SERVER}, ${OWNER}, (${VOLUME_BYTES}) AS bytes
    FROM servers JOIN users ON users.id = servers.owner_id WHERE servers.id = @id`);
  const kinds = statementsOf<{ kind: ServerKind; n: number }>(sql);

  return {
    page({ offset, limit, order, down, amounts }, filter) {
      const more = order === 'amount' ? { amounts: JSON.stringify(Object.fromEntries(amounts ?? [])) } : {};
      const params = paramsOf(filter);
      const by = ORDERS[order];
      const rows = pages(`${order === 'amount' ? AMOUNTS : ''}SELECT servers.id FROM ${by.from} ${whereOf(MATCHES, params)} ORDER BY ${down ? by.down : by.up} LIMIT @limit OFFSET @offset`).all({ ...params, ...more, offset, limit });
      return rows.flatMap(({ id }) => whole.all({ id })).map((row) => ({ record: toRecord(row), owner: toUser(ownerOf(row)), volumeBytes: row.bytes }));
    },
    kinds({ only, ...filter }) {
      const params = paramsOf(filter);
      const from = only === undefined ? 'servers' : '(SELECT DISTINCT value FROM json_each(@few)) AS few CROSS JOIN servers ON servers.id = few.value';
      const rows = kinds(`SELECT servers.kind, count(*) AS n FROM ${from} ${whereOf(MATCHES, params)} GROUP BY servers.kind`).all({ ...params, few: list(only) });
      return Object.fromEntries(rows.map(({ kind, n }) => [kind, n]));
    },
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
