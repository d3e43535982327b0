import { demand, demandMayChange, lacking, notFound } from '../domain/access';
import { HubError } from '../domain/errors';
import { isReservedName, normaliseUserName, parseUserName } from '../domain/names';
import { noFailPoints } from '../domain/runtime';
import { isActive } from '../domain/server';
import { audited, demandMayName, isTaken, targetOf, type AccountsDeps } from './account-deps';
import type { Accounts } from './contract';

/**
 * A new name for an account (R09). Names are attributes: sessions, tokens, groups, servers and volumes hang on the id and stay where
 * they are. Addresses hold the name, so no server of the account may run meanwhile; and nothing of it is left under the old one.
 */
export function createRename(deps: AccountsDeps): Pick<Accounts, 'rename'> {
  const { store, actors, groups, failPoint = noFailPoints } = deps;
  return {
    rename(actor, id, raw) {
      const before = store.users.byId(id);
      if (before === undefined) throw actor.scopes.has('admin:users') ? notFound() : lacking(['admin:users']);
      demand(actor, 'admin:users', targetOf(store, before));
      demandMayChange(actor, before);
      if (typeof raw === 'string' && isReservedName(normaliseUserName(raw))) throw new HubError('conflict', 'This name is reserved. Choose another one.');
      const name = parseUserName(raw);
      if (name === before.name) return before;
      if (isTaken(store, name)) throw new HubError('conflict', `User ${name} already exists, username must be unique`);
      demandMayName(deps, actor, name);
      const after = store.transaction(() => {
        if (store.servers.listOf(id).some(({ state }) => isActive(state))) throw new HubError('conflict', `Stop the servers of ${before.name} first: their addresses hold the name.`);
        const renamed = store.users.update(id, { name });
        if (renamed.status !== 'pending') groups?.join(renamed);
        audited(deps, actor, 'user.rename', { user: before, detail: { to: name } });
        failPoint('rename.before-commit');
        return renamed;
      });
      actors.forget(id);
      return after;
    },
  };
}
