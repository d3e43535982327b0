import type { Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { UserId } from '../domain/ids';
import type { ScopeName } from '../domain/scopes/tree';
import { shown } from '../domain/shown';
import type { User } from '../domain/user';
import { audited, type AccountsDeps } from './account-deps';
import type { Accounts } from './contract';

export interface RoleActsDeps extends Pick<AccountsDeps, 'store' | 'audit' | 'actors'> {
  /** The account to change, where the actor may change it. */
  readonly demanded: (actor: Actor, scope: ScopeName, id: UserId) => User;
  readonly setAdmin: Accounts['setAdmin'];
}

/** Everybody holds `user`; `server` and `token` are for what is not a person. */
const isGivable = (role: string): boolean => !['user', 'server', 'token'].includes(role);

/** Giving and taking roles. */
export function createRoleActs(deps: RoleActsDeps): Pick<Accounts, 'setRole' | 'setResearcher'> {
  const { store, actors, demanded } = deps;

  const move = (actor: Actor, user: User, { role, given, action }: { readonly role: string; readonly given: boolean; readonly action: string }): void => {
    store.transaction(() => {
      if (given) store.roles.grant(role, user.id);
      else store.roles.revoke(role, user.id);
      audited(deps, actor, action, { user, ...(action.startsWith('role.') ? { detail: { role } } : {}) });
    });
    actors.forget(user.id);
  };

  const setResearcher: Accounts['setResearcher'] = (actor, id, given) =>
    move(actor, demanded(actor, 'admin:users', id), { role: 'researcher', given, action: given ? 'user.make-researcher' : 'user.unmake-researcher' });

  return {
    setResearcher,
    setRole(actor, id, role, given) {
      if (role === 'admin') return void deps.setAdmin(actor, id, given);
      if (role === 'researcher') return setResearcher(actor, id, given);
      const user = demanded(actor, 'admin:users', id);
      // A role may hold more than the actor does: handing one out would be a way to become more.
      if (!actor.admin) throw new HubError('forbidden', 'Only administrators may give or take this role.');
      if (!isGivable(role) || store.roles.byName(role) === undefined) throw new HubError('invalid-input', `There is no role ${shown(role)} that is given to people.`);
      move(actor, user, { role, given, action: given ? 'role.grant' : 'role.revoke' });
    },
  };
}
