import { HubError } from '../domain/errors';
import type { GroupId, UserId } from '../domain/ids';
import type { Role } from '../domain/user';
import { isDangling, type Params, type Sql, type Statement } from './sql';
import type { RoleStore } from './store';

interface Row {
  readonly name: string;
  readonly description: string;
  readonly scopes: string;
}

const toRole = (row: Row): Role => ({ ...row, scopes: JSON.parse(row.scopes) as string[] });

export function createRoleStore(sql: Sql): RoleStore {
  const listed = sql.prepare<Row>('SELECT name, description, scopes FROM roles ORDER BY name');
  const byName = sql.prepare<Row>('SELECT name, description, scopes FROM roles WHERE name = @name');
  const put = sql.prepare(`INSERT INTO roles (name, description, scopes) VALUES (@name, @description, @scopes)
    ON CONFLICT (name) DO UPDATE SET description = excluded.description, scopes = excluded.scopes`);
  const ofUser = sql.prepare<Row>(`SELECT name, description, scopes FROM roles WHERE name IN (
      SELECT role FROM role_users WHERE user_id = @user
      UNION SELECT role FROM role_groups JOIN group_members USING (group_id) WHERE user_id = @user
    ) ORDER BY name`);
  const direct = sql.prepare<{ role: string }>('SELECT role FROM role_users WHERE user_id = @user ORDER BY role');
  const grant = sql.prepare('INSERT INTO role_users (role, user_id) VALUES (@role, @user) ON CONFLICT DO NOTHING');
  const revoke = sql.prepare('DELETE FROM role_users WHERE role = @role AND user_id = @user');
  const grantGroup = sql.prepare('INSERT INTO role_groups (role, group_id) VALUES (@role, @group) ON CONFLICT DO NOTHING');
  const revokeGroup = sql.prepare('DELETE FROM role_groups WHERE role = @role AND group_id = @group');
  const ofGroup = sql.prepare<{ role: string }>('SELECT role FROM role_groups WHERE group_id = @group ORDER BY role');
  const usersWith = sql.prepare<{ id: UserId }>('SELECT user_id AS id FROM role_users WHERE role = @role ORDER BY user_id');
  const groupsWith = sql.prepare<{ id: GroupId }>('SELECT group_id AS id FROM role_groups WHERE role = @role ORDER BY group_id');
  const remove = sql.prepare('DELETE FROM roles WHERE name = @name');

  return {
    list: () => listed.all().map(toRole),
    byName(name) {
      const row = byName.get({ name });
      return row === undefined ? undefined : toRole(row);
    },
    put: (role) => void put.run({ name: role.name, description: role.description, scopes: JSON.stringify(role.scopes) }),
    ofUser: (user) => ofUser.all({ user }).map(toRole),
    directOfUser: (user) => direct.all({ user }).map((row) => row.role),
    grant: (role, user) => existing(grant, { role, user }),
    revoke: (role, user) => void revoke.run({ role, user }),
    grantGroup: (role, group) => existing(grantGroup, { role, group }),
    revokeGroup: (role, group) => void revokeGroup.run({ role, group }),
    ofGroup: (group) => ofGroup.all({ group }).map(({ role }) => role),
    usersWith: (role) => usersWith.all({ role }).map(({ id }) => id),
    groupsWith: (role) => groupsWith.all({ role }).map(({ id }) => id),
    remove: (name) => remove.run({ name }) > 0,
  };
}

function existing(statement: Statement<never>, params: Params): void {
  try {
    statement.run(params);
  } catch (err) {
    if (isDangling(err)) throw new HubError('not-found', 'There is no such role, user or group.', { cause: err });
    throw err;
  }
}
