import { HubError } from '../domain/errors';
import type { UserId, UserName } from '../domain/ids';
import type { User, UserStatus } from '../domain/user';
import { createBelongings } from './belongings';
import { statementsOf, whereOf } from './filters';
import { isDuplicate, toDate, toDateOrNull, toMs, toMsOrNull, type Params, type Sql } from './sql';
import type { UserFilter, UserStore } from './store';

export interface UserRow {
  readonly id: string;
  readonly name: string;
  readonly admin: number;
  readonly status: string;
  readonly created: number;
  readonly last_activity: number | null;
  readonly must_change_password: number;
}

export const USER_COLUMNS = ['id', 'name', 'admin', 'status', 'created', 'last_activity', 'must_change_password'].map((column) => `users.${column}`).join(', ');

export const toUser = (row: UserRow): User => ({
  id: row.id as UserId,
  name: row.name as UserName,
  admin: row.admin === 1,
  status: row.status as UserStatus,
  created: toDate(row.created),
  lastActivity: toDateOrNull(row.last_activity),
  mustChangePassword: row.must_change_password === 1,
});

/** SQLite puts nulls first ascending and last descending, as JupyterHub does. */
const ORDER: Readonly<Record<NonNullable<UserFilter['sort']>, string>> = {
  id: 'seq ASC',
  '-id': 'seq DESC',
  name: 'name ASC',
  '-name': 'name DESC',
  last_activity: 'last_activity ASC, seq ASC',
  '-last_activity': 'last_activity DESC, seq DESC',
};

/** Names are stored in lower case, so a lower-case needle makes the search case-insensitive; `instr` knows no wildcards. */
const ACTIVE = "SELECT owner_id FROM servers WHERE kind IN ('queued', 'starting', 'ready', 'stopping')";
const FILTER = {
  needle: 'instr(name, @needle) > 0',
  group: 'EXISTS (SELECT 1 FROM group_members WHERE group_id = (SELECT id FROM groups WHERE groups.name = @group) AND user_id = users.id)',
  ready: "users.id IN (SELECT owner_id FROM servers WHERE kind = 'ready')",
  active: `users.id IN (${ACTIVE})`,
  inactive: `users.id NOT IN (${ACTIVE})`,
  names: `name IN (SELECT value FROM json_each(@names))
    OR EXISTS (SELECT 1 FROM group_members JOIN groups ON groups.id = group_id WHERE user_id = users.id AND groups.name IN (SELECT value FROM json_each(@groups)))`,
};
const MATCHES = { status: 'status = @status', ...FILTER };
/** Counting takes all that match, a walk only until the page is full. */
const COUNTED = { ...MATCHES, group: 'users.id IN (SELECT user_id FROM group_members WHERE group_id = (SELECT id FROM groups WHERE groups.name = @group))' };

const given = (asked: boolean): 1 | null => (asked ? 1 : null);

const paramsOf = ({ nameContains, group, state, seen }: Omit<UserFilter, 'status' | 'sort'>) => ({
  needle: nameContains?.toLowerCase() ?? null, group: group ?? null, ready: given(state === 'ready'), active: given(state === 'active'), inactive: given(state === 'inactive'),
  names: seen === undefined ? null : JSON.stringify([...seen.users]), groups: seen === undefined ? null : JSON.stringify([...seen.groups]),
});

export function createUserStore(sql: Sql): UserStore {
  const byId = sql.prepare<UserRow>(`SELECT ${USER_COLUMNS} FROM users WHERE id = @id`);
  const byIds = sql.prepare<UserRow>(`SELECT ${USER_COLUMNS} FROM json_each(@ids) AS asked CROSS JOIN users ON users.id = asked.value`);
  const byName = sql.prepare<UserRow>(`SELECT ${USER_COLUMNS} FROM users WHERE name = @name`);
  const counted = statementsOf<{ n: number }>(sql);
  const listed = statementsOf<UserRow>(sql);
  const statuses = statementsOf<{ status: string; n: number }>(sql);
  const insert = sql.prepare(`INSERT INTO users (id, name, admin, status, created, last_activity, must_change_password)
    VALUES (@id, @name, @admin, @status, @created, @lastActivity, @mustChangePassword)`);
  const update = sql.prepare('UPDATE users SET name = @name, admin = @admin, status = @status, must_change_password = @mustChangePassword WHERE id = @id');
  const remove = sql.prepare('DELETE FROM users WHERE id = @id');
  const hash = sql.prepare<{ password_hash: string | null }>('SELECT password_hash FROM users WHERE id = @id');
  const setHash = sql.prepare('UPDATE users SET password_hash = @phc WHERE id = @id');
  const admins = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM users WHERE admin = 1');
  const touch = sql.prepare('UPDATE users SET last_activity = max(coalesce(last_activity, @at), @at) WHERE id = @id');

  const howMany = (match: Params): number => counted(`SELECT count(*) AS n FROM users ${whereOf(COUNTED, match)}`).get(match)?.n ?? 0;

  /** SQLite knows how many rows there are; those that are few are counted. One by one through the index, 10,000 users took 0.5 ms of every page of users. */
  const ofEverybody = (): Record<UserStatus, number> => {
    const [all, pending, disabled] = [howMany({}), howMany({ status: 'pending' }), howMany({ status: 'disabled' })];
    return { active: all - pending - disabled, pending, disabled };
  };

  const find = (id: UserId): User | undefined => map(byId.get({ id }));

  return {
    belongingsOf: createBelongings(sql),
    byId: find,
    byIds: (ids) => new Map(byIds.all({ ids: JSON.stringify(ids) }).map((row) => [row.id as UserId, toUser(row)])),
    byName: (name) => map(byName.get({ name })),
    list({ offset, limit }, { status, sort = 'id', ...filter } = {}) {
      const match = { status: status ?? null, ...paramsOf(filter) };
      const matches = whereOf(MATCHES, match);
      const rows = listed(`SELECT ${USER_COLUMNS} FROM users ${matches} ORDER BY ${ORDER[sort]} LIMIT @limit OFFSET @offset`).all({ ...match, offset, limit });
      return {
        users: rows.map(toUser),
        // Counted when somebody wants to know: in a group of 5,000 that takes longer than the page.
        get total() {
          return howMany(match);
        },
      };
    },
    statuses(filter) {
      const params = paramsOf(filter);
      if (whereOf(FILTER, params) === '') return ofEverybody();
      const found = new Map(statuses(`SELECT status, count(*) AS n FROM users ${whereOf(COUNTED, params)} GROUP BY status`).all(params).map(({ status, n }) => [status, n]));
      return { active: found.get('active') ?? 0, pending: found.get('pending') ?? 0, disabled: found.get('disabled') ?? 0 };
    },
    create: (user) =>
      taken(() => insert.run({
        id: user.id, name: user.name, admin: Number(user.admin), status: user.status, created: toMs(user.created),
        lastActivity: toMsOrNull(user.lastActivity), mustChangePassword: Number(user.mustChangePassword),
      })),
    update: (id, change) =>
      sql.transaction(() => {
        const before = find(id);
        if (before === undefined) throw unknown();
        const after = { ...before, ...change };
        taken(() => update.run({ id, name: after.name, admin: Number(after.admin), status: after.status, mustChangePassword: Number(after.mustChangePassword) }));
        return after;
      }),
    remove: (id) => remove.run({ id }) > 0,
    passwordHash: (id) => hash.get({ id })?.password_hash ?? undefined,
    setPasswordHash(id, phc) {
      if (setHash.run({ id, phc }) === 0) throw unknown();
    },
    countAdmins: () => admins.get()?.n ?? 0,
    touch: (seen) =>
      sql.transaction(() => {
        for (const [id, at] of seen) touch.run({ id, at: toMs(at) });
      }),
  };
}

const map = (row: UserRow | undefined): User | undefined => (row === undefined ? undefined : toUser(row));
const unknown = (): HubError => new HubError('not-found', 'There is no such user.');

function taken(write: () => unknown): void {
  try {
    write();
  } catch (err) {
    if (isDuplicate(err)) throw new HubError('conflict', 'This name is taken.', { cause: err });
    throw err;
  }
}
