import type { GroupId, ServerId, ServerName, UserId, UserName } from '../domain/ids';
import type { GroupPolicy, StartedPolicy } from '../domain/policy';
import type { Group } from '../domain/user';
import { fromTheNearerEnd } from './nearer-end';
import type { Sql } from './sql';
import type { PolicyStore } from './policy-contract';

interface RankedRow {
  readonly id: string;
  readonly name: string;
  readonly properties: string;
  readonly rank: number;
  readonly members: number;
}

interface SetRow {
  readonly groups: string | null;
  readonly n: number;
  readonly names: string;
}

interface StartedRow {
  readonly id: string;
  readonly name: string;
  readonly owner_id: string;
  readonly owner: string;
  readonly hash: string;
  readonly policy: string;
  readonly groups: string | null;
}

const toGroup = (row: RankedRow): Group => ({ id: row.id as GroupId, name: row.name, properties: JSON.parse(row.properties) as Record<string, unknown> });
const idsOf = (text: string | null): readonly GroupId[] => (text === null ? [] : (text.split(' ').sort() as GroupId[]));
const GROUPS_OF_USER = "(SELECT group_concat(group_id, ' ') FROM group_members WHERE user_id = users.id)";
const BY_SET = `SELECT groups, count(*) AS n, json_group_array(name) AS names FROM`;
const STARTED = `SELECT servers.id, servers.name, owner_id, users.name AS owner, hash, policy, ${GROUPS_OF_USER} AS groups
  FROM started_policies JOIN servers ON servers.id = server_id JOIN users ON users.id = owner_id WHERE servers.kind IN ('starting', 'ready')`;

/** Members that are sorted for a page. Of larger groups everybody is walked through by name, until the page is full: a page of 5,000 members took 10 ms, and takes 0.2 at either end. */
const FEW = 500;

export function createPolicyStore(sql: Sql): PolicyStore {
  const listed = sql.prepare<{ readonly group_id: string; readonly policy: string }>('SELECT group_id, policy FROM group_policies');
  const put = sql.prepare('INSERT INTO group_policies (group_id, policy) VALUES (@group, @policy) ON CONFLICT (group_id) DO UPDATE SET policy = @policy');
  const order = sql.prepare<{ readonly id: GroupId; readonly name: string }>('SELECT id, name FROM groups ORDER BY priority, seq');
  const setPriority = sql.prepare('UPDATE groups SET priority = @priority WHERE id = @id');
  const ranked = sql.prepare<RankedRow>(`SELECT id, name, properties, rank, (SELECT count(*) FROM group_members WHERE group_id = id) AS members
    FROM (SELECT id, name, properties, row_number() OVER (ORDER BY priority, seq) AS rank FROM groups)
    WHERE instr(lower(name), lower(@search)) > 0 ORDER BY rank LIMIT @limit OFFSET @offset`);
  const found = sql.prepare<{ readonly n: number }>('SELECT count(*) AS n FROM groups WHERE instr(lower(name), lower(@search)) > 0');
  const members = sql.prepare<{ readonly name: string }>('SELECT users.name FROM group_members JOIN users ON users.id = user_id WHERE group_id = @group ORDER BY users.name LIMIT @limit OFFSET @offset');
  const byName = (order: 'ASC' | 'DESC') => sql.prepare<{ readonly name: string }>(`SELECT name FROM users WHERE EXISTS (SELECT 1 FROM group_members WHERE group_id = @group AND user_id = +users.id) ORDER BY name ${order} LIMIT @limit OFFSET @offset`);
  const [walkUp, walkDown] = [byName('ASC'), byName('DESC')];
  const countMembers = sql.prepare<{ readonly n: number }>('SELECT count(*) AS n FROM group_members WHERE group_id = @group');
  const setsOfMembers = sql.prepare<SetRow>(`${BY_SET} (SELECT users.name, ${GROUPS_OF_USER} AS groups FROM group_members JOIN users ON users.id = user_id WHERE group_id = @group) GROUP BY groups`);
  const setsOfAll = sql.prepare<SetRow>(`${BY_SET} (SELECT users.name, ${GROUPS_OF_USER} AS groups FROM users WHERE status = 'active') GROUP BY groups`);
  const start = sql.prepare('INSERT INTO started_policies (server_id, hash, policy) VALUES (@server, @hash, @policy) ON CONFLICT (server_id) DO UPDATE SET hash = @hash, policy = @policy');
  const started = sql.prepare<StartedRow>(`${STARTED} ORDER BY servers.seq`);
  const startedOf = sql.prepare<StartedRow>(`${STARTED} AND owner_id = @owner ORDER BY servers.seq`);
  const toStarted = (row: StartedRow) => ({
    server: row.id as ServerId, name: row.name as ServerName, owner: { id: row.owner_id as UserId, name: row.owner as UserName }, hash: row.hash, policy: JSON.parse(row.policy) as StartedPolicy, groups: idsOf(row.groups),
  });

  return {
    list: () => new Map(listed.all().map((row) => [row.group_id as GroupId, JSON.parse(row.policy) as GroupPolicy])),
    put: (group, policy) => void put.run({ group, policy: JSON.stringify(policy) }),
    order: () => order.all(),
    setOrder: (ids) => sql.transaction(() => ids.forEach((id, i) => setPriority.run({ id, priority: i + 1 }))),
    page: ({ search, offset, limit }) => ({ rows: ranked.all({ search, offset, limit }).map((row) => ({ group: toGroup(row), rank: row.rank, members: row.members })), total: found.get({ search })?.n ?? 0 }),
    members(group, { offset, limit }) {
      const total = countMembers.get({ group })?.n ?? 0;
      const rows = limit === 0 ? [] : total <= FEW ? members.all({ group, offset, limit }) : fromTheNearerEnd({ offset, limit, down: false, total }, ({ down, ...part }) => (down ? walkDown : walkUp).all({ group, ...part }));
      return { names: rows.map(({ name }) => name as UserName), total };
    },
    groupSets: (group) => (group === null ? setsOfAll.all() : setsOfMembers.all({ group })).map((row) => ({ groups: idsOf(row.groups), users: row.n, names: JSON.parse(row.names) as UserName[] })),
    started: (server, hash, policy) => void start.run({ server, hash, policy: JSON.stringify(policy) }),
    running: (owner) => (owner === undefined ? started.all() : startedOf.all({ owner })).map(toStarted),
  };
}
