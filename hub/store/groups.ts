import { HubError } from '../domain/errors';
import type { GroupId, UserId } from '../domain/ids';
import type { Group } from '../domain/user';
import { grouped } from './grouped';
import { isDangling, isDuplicate, type Sql } from './sql';
import type { GroupStore } from './store';
import { toUser, USER_COLUMNS, type UserRow } from './users';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly properties: string;
}

const COLUMNS = 'groups.id, groups.name, groups.properties';
const toGroup = (row: Row): Group => ({ id: row.id as GroupId, name: row.name, properties: JSON.parse(row.properties) as Record<string, unknown> });

export function createGroupStore(sql: Sql): GroupStore {
  const byName = sql.prepare<Row>(`SELECT ${COLUMNS} FROM groups WHERE name = @name`);
  const listed = sql.prepare<Row>(`SELECT ${COLUMNS} FROM groups ORDER BY seq LIMIT @limit OFFSET @offset`);
  const count = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM groups');
  const insert = sql.prepare('INSERT INTO groups (id, name, properties, priority) VALUES (@id, @name, @properties, (SELECT coalesce(max(priority), 0) + 1 FROM groups))');
  const remove = sql.prepare('DELETE FROM groups WHERE id = @id');
  const setProperties = sql.prepare('UPDATE groups SET properties = @properties WHERE id = @id');
  const members = sql.prepare<UserRow>(`SELECT ${USER_COLUMNS} FROM group_members JOIN users ON users.id = user_id WHERE group_id = @id ORDER BY users.seq`);
  const groupsOf = sql.prepare<Row>(`SELECT ${COLUMNS} FROM group_members JOIN groups ON groups.id = group_id WHERE user_id = @user ORDER BY groups.priority, groups.seq`);
  const idsOf = sql.prepare<{ owner: UserId; id: GroupId }>('SELECT asked.value AS owner, group_id AS id FROM json_each(@users) AS asked CROSS JOIN group_members ON user_id = asked.value');
  const addMember = sql.prepare('INSERT INTO group_members (group_id, user_id) VALUES (@id, @user) ON CONFLICT DO NOTHING');
  const removeMember = sql.prepare('DELETE FROM group_members WHERE group_id = @id AND user_id = @user');

  return {
    byName(name) {
      const row = byName.get({ name });
      return row === undefined ? undefined : toGroup(row);
    },
    list: (page) => ({ groups: listed.all({ ...page }).map(toGroup), total: count.get()?.n ?? 0 }),
    create(group) {
      try {
        insert.run({ id: group.id, name: group.name, properties: JSON.stringify(group.properties) });
      } catch (err) {
        if (isDuplicate(err)) throw new HubError('conflict', 'A group of this name exists.', { cause: err });
        throw err;
      }
    },
    remove: (id) => remove.run({ id }) > 0,
    setProperties(id, properties) {
      if (setProperties.run({ id, properties: JSON.stringify(properties) }) === 0) throw new HubError('not-found', 'There is no such group.');
    },
    membersOf: (id) => members.all({ id }).map(toUser),
    groupsOf: (user) => groupsOf.all({ user }).map(toGroup),
    idsOf(users) {
      const found = grouped(idsOf.all({ users: JSON.stringify(users) }), ({ owner }) => owner, ({ id }) => id);
      return (user) => found.get(user) ?? [];
    },
    addMember(id, user) {
      try {
        addMember.run({ id, user });
      } catch (err) {
        if (isDangling(err)) throw new HubError('not-found', 'There is no such group or user.', { cause: err });
        throw err;
      }
    },
    removeMember: (id, user) => void removeMember.run({ id, user }),
  };
}
