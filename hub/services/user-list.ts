import { demand, HUB, lacking, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import { narrowing } from '../domain/scopes/covers';
import { shown } from '../domain/shown';
import type { Store, UserFilter } from '../store/store';
import type { Accounts } from './contract';

type Sort = NonNullable<UserFilter['sort']>;
const SORTS: readonly string[] = ['id', 'name', 'last_activity'];
const isSort = (text: string): text is Sort => SORTS.includes(text.replace(/^-/, ''));

/**
 * The accounts that the actor may see: all of them, or those that its scopes name. Throws `forbidden` without `list:users`, and where it asks by
 * what it may not read: a filter tells as much as a field.
 */
export function createUserList(store: Store): Pick<Accounts, 'list' | 'statuses'> {
  const seenBy = (actor: Actor): Pick<UserFilter, 'seen'> => {
    const seen = narrowing(actor.scopes, 'list:users');
    if (seen === undefined) throw lacking(['list:users']);
    return seen.all ? {} : { seen };
  };
  /** What an account is, those know who manage it; they see it in lists too. */
  const managedBy = (actor: Actor): Pick<UserFilter, 'seen'> => {
    const extent = actor.scopes.get('admin:users');
    if (extent === undefined) throw lacking(['admin:users']);
    return extent.all ? {} : { seen: extent };
  };
  return {
    list(actor, { offset, limit, sort = 'id', ...filter }) {
      const seen = filter.status === undefined ? seenBy(actor) : managedBy(actor);
      if (filter.group !== undefined) demand(actor, 'read:users:groups', HUB);
      if (!isSort(sort)) throw new HubError('invalid-input', `Cannot sort by '${shown(sort, 40)}'`);
      return store.users.list({ offset, limit }, { ...filter, ...seen, sort });
    },
    statuses(actor, filter) {
      if (filter.group !== undefined) demand(actor, 'read:users:groups', HUB);
      return store.users.statuses({ ...filter, ...managedBy(actor) });
    },
  };
}
