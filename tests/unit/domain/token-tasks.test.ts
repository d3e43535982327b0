import { expandRaw, expandRoles } from '../../../hub/domain/scopes/expand';
import { isSubset } from '../../../hub/domain/scopes/intersect';
import { DEFAULT_ROLES, ROLES_OF_EVERYONE } from '../../../hub/domain/scopes/roles';
import { serialise } from '../../../hub/domain/scopes/serialise';
import { scopesOfTasks, TASKS, tasksOf, TOKEN_TASKS, type TokenTaskId } from '../../../hub/domain/token-tasks';

const owner = { kind: 'user', name: 'ada' } as const;
const held = (roles: readonly string[]) => expandRoles(DEFAULT_ROLES.filter(({ name }) => roles.includes(name)), owner);
const everybody = held(ROLES_OF_EVERYONE);
const expanded = (id: TokenTaskId) => expandRaw(scopesOfTasks([id]), { owner, inherit: everybody });

/** All that a token for this opens, with everything that is implied. Read it beside the task's sentence. */
const OPENS: Readonly<Record<TokenTaskId, readonly string[] | undefined>> = {
  who: ['read:users:groups!user=ada', 'read:users:name!user=ada'],
  account: ['read:users!user=ada', 'read:users:activity!user=ada', 'read:users:groups!user=ada', 'read:users:name!user=ada'],
  servers: ['delete:servers!user=ada', 'read:servers!user=ada', 'read:users:name!user=ada', 'start:servers!user=ada'],
  use: ['access:servers!user=ada', 'read:servers!user=ada', 'read:users:name!user=ada'],
  keep: ['read:users:activity!user=ada', 'users:activity!user=ada'],
  shares: ['read:shares!user=ada', 'read:users:shares!user=ada'],
  tokens: ['read:tokens!user=ada', 'tokens!user=ada'],
  all: serialise(everybody),
  allUsers: ['admin:auth_state', 'admin:users', 'delete:users', 'list:users', 'read:roles:users', 'read:users', 'read:users:activity', 'read:users:groups', 'read:users:name', 'users', 'users:activity'],
  allServers: ['admin:server_state', 'admin:servers', 'delete:servers', 'read:servers', 'read:users:name', 'servers', 'start:servers'],
  openAll: ['access:servers'],
  allGroups: ['admin:groups', 'delete:groups', 'groups', 'list:groups', 'read:groups', 'read:groups:name', 'read:roles:groups'],
  figures: ['read:hub', 'read:metrics'],
};

describe('what a token is for', () => {
  test.each(TOKEN_TASKS)('a token for "%s" opens what its sentence says and no more', (id) => {
    expect(serialise(expanded(id))).toEqual(OPENS[id]);
  });

  test('everybody may be given each of the narrow ones, and administrators all of them', () => {
    expect(TASKS.map(({ id }) => id)).toEqual(TOKEN_TASKS);
    expect(TASKS.filter(({ id }) => isSubset(expanded(id), everybody)).map(({ id }) => id)).toEqual(TASKS.filter(({ wide }) => !wide).map(({ id }) => id));
    expect(TASKS.filter(({ id }) => !isSubset(expanded(id), held([...ROLES_OF_EVERYONE, 'admin'])))).toEqual([]);
  });

  test('scopes are said by task again, and those that no task names as they are', () => {
    expect(tasksOf(scopesOfTasks(['servers', 'use']))).toEqual({ tasks: ['servers', 'use'], rest: [] });
    expect(tasksOf(['inherit', 'proxy'])).toEqual({ tasks: ['all'], rest: ['proxy'] });
    expect(tasksOf(['read:servers!user', 'start:servers!user'])).toEqual({ tasks: [], rest: ['read:servers!user', 'start:servers!user'] });
    expect(scopesOfTasks(['nothing', '__proto__'])).toEqual([]);
  });
});
