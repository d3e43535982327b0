import type { UserId } from '../domain/ids';
import { grouped } from './grouped';
import { toRecord, type Row as ServerRow } from './servers';
import type { Sql } from './sql';
import type { Belongings } from './store';

interface Named {
  readonly owner: UserId;
  readonly name: string;
}

/** From the users that are asked about to what they have, and never the other way round. */
const OWNERS = 'json_each(@users) AS asked CROSS JOIN';
const SERVER = ['id', 'owner_id', 'name', 'version', 'state', 'profile', 'secret', 'user_options', 'display_name', 'created', 'last_activity'].map((column) => `servers.${column}`).join(', ');

/** A page of 50 users took 150 reads, each of 15 µs and more; it takes three. */
export function createBelongings(sql: Sql): (users: readonly UserId[]) => Belongings {
  const groups = sql.prepare<Named>(`SELECT asked.value AS owner, groups.name FROM ${OWNERS} group_members ON user_id = asked.value JOIN groups ON groups.id = group_id ORDER BY groups.priority, groups.seq`);
  const roles = sql.prepare<Named>(`SELECT asked.value AS owner, role AS name FROM ${OWNERS} role_users ON user_id = asked.value ORDER BY role`);
  const servers = sql.prepare<ServerRow>(`SELECT ${SERVER} FROM ${OWNERS} servers ON owner_id = asked.value ORDER BY servers.name`);
  const names = (rows: readonly Named[]): ReadonlyMap<UserId, readonly string[]> => grouped(rows, ({ owner }) => owner, ({ name }) => name);

  return (users) => {
    const asked = { users: JSON.stringify(users) };
    const [groupsOf, rolesOf] = [names(groups.all(asked)), names(roles.all(asked))];
    const serversOf = grouped(servers.all(asked), (row) => row.owner_id as UserId, toRecord);
    return { groupsOf: (user) => groupsOf.get(user) ?? [], rolesOf: (user) => rolesOf.get(user) ?? [], serversOf: (user) => serversOf.get(user) ?? [] };
  };
}
