import { demand, HUB } from '../domain/access';
import { HubError } from '../domain/errors';
import { parseUserName } from '../domain/names';
import type { User } from '../domain/user';
import { addAccount, audited, demandMayName, isTaken, type AccountsDeps } from './account-deps';
import type { Accounts } from './contract';
import { nextTurn } from './in-turns';

/** In one transaction: each takes up to 0.2 ms. */
const MADE_AT_ONCE = 50;

/** No password is made that nobody would be told: hashing one for each of two hundred took ten seconds. */
export function createManyAccounts(deps: AccountsDeps): Pick<Accounts, 'createMany'> {
  const { store } = deps;
  return {
    async createMany(actor, { usernames, admin }) {
      demand(actor, 'admin:users', HUB);
      if (admin && !actor.admin) throw new HubError('forbidden', 'Only administrators may make somebody an administrator.');
      const names = [...new Set(usernames.map((name) => parseUserName(name)))];
      for (const name of names) if (!isTaken(store, name)) demandMayName(deps, actor, name);
      const made: User[] = [];
      for (let from = 0; from < names.length; from += MADE_AT_ONCE) {
        if (from > 0) await nextTurn();
        made.push(...store.transaction(() => names.slice(from, from + MADE_AT_ONCE).filter((name) => !isTaken(store, name)).map((name) => {
          const user = addAccount(deps, { name, phc: null }, { admin, status: 'active', mustChangePassword: true });
          audited(deps, actor, 'user.create', { user, detail: { admin } });
          return user;
        })));
      }
      return made;
    },
  };
}
