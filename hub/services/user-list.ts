import { lacking } from '../domain/access';
import { HubError } from '../domain/errors';
import type { UserName } from '../domain/ids';
import { narrowing, type Narrowing } from '../domain/scopes/covers';
import { shown } from '../domain/shown';
import type { User } from '../domain/user';
import type { Store, UserFilter } from '../store/store';
import type { Accounts } from './contract';

type Ask = Parameters<Accounts['list']>[1];
type Sort = NonNullable<UserFilter['sort']>;

const COMPARE: Readonly<Record<'id' | 'name' | 'last_activity', (a: User, b: User) => number>> = {
  id: (a, b) => a.created.getTime() - b.created.getTime(),
  name: (a, b) => (a.name < b.name ? -1 : 1),
  last_activity: (a, b) => (a.lastActivity?.getTime() ?? 0) - (b.lastActivity?.getTime() ?? 0),
};
const isSort = (text: string): text is Sort => Object.hasOwn(COMPARE, text.replace(/^-/, ''));

/** The accounts that the actor may see: all of them, or those that its scopes name. Throws `forbidden` without `list:users`. */
export const createUserList = (store: Store): Accounts['list'] => (actor, ask) => {
  const seen = narrowing(actor.scopes, 'list:users');
  if (seen === undefined) throw lacking(['list:users']);
  const filter = filterOf(ask);
  return seen.all ? store.users.list(ask, filter) : narrowed(store, seen, { ask, filter });
};

function filterOf({ sort, status, nameContains }: Ask): UserFilter {
  if (sort !== undefined && !isSort(sort)) throw new HubError('invalid-input', `Cannot sort by '${shown(sort, 40)}'`);
  return { ...(sort === undefined ? {} : { sort }), ...(status === undefined ? {} : { status }), ...(nameContains === undefined ? {} : { nameContains }) };
}

/** A group has few members; sorting them here keeps filters out of the store's queries. */
function narrowed(store: Store, seen: Extract<Narrowing, { all: false }>, { ask, filter }: { readonly ask: Ask; readonly filter: UserFilter }): ReturnType<Accounts['list']> {
  const named = [...seen.users].map((name) => store.users.byName(name as UserName));
  const members = [...seen.groups].flatMap((name) => {
    const group = store.groups.byName(name);
    return group === undefined ? [] : store.groups.membersOf(group.id);
  });
  const found = new Map([...named, ...members].flatMap((user) => (user === undefined ? [] : [[user.id, user] as const])));
  const needle = filter.nameContains?.toLowerCase() ?? '';
  const kept = [...found.values()].filter((user) => (filter.status ?? user.status) === user.status && user.name.includes(needle));
  const sort = filter.sort ?? 'id';
  const sorted = kept.sort(COMPARE[sort.replace(/^-/, '') as keyof typeof COMPARE]);
  if (sort.startsWith('-')) sorted.reverse();
  return { users: sorted.slice(ask.offset, ask.offset + ask.limit), total: sorted.length };
}
