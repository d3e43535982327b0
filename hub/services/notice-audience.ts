import { HubError } from '../domain/errors';
import type { UserId, UserName } from '../domain/ids';
import { normaliseUserName } from '../domain/names';
import type { Audience } from '../domain/notice';
import { shown } from '../domain/shown';
import type { Store } from '../store/store';
import type { NoticeTo, NoticeView } from './notices-contract';

/** More names than that are a group. */
const MOST_USERS = 1_000;

/** Users are kept by their identity, so that one who is renamed before a message is sent gets it. Throws `invalid-input`. */
export function audienceOf(store: Pick<Store, 'users' | 'groups'>, { recipients, groups, states }: NoticeTo): Audience {
  if ([recipients, groups, states].some((list) => list?.length === 0)) throw new HubError('invalid-input', 'Nobody is meant. Leave the recipients out to reach everybody.');
  if (recipients !== undefined && recipients.length > MOST_USERS) throw new HubError('invalid-input', `That is more than ${MOST_USERS} names: send it to a group.`);
  const users = recipients?.map((name): UserId => {
    const user = store.users.byName(normaliseUserName(name) as UserName);
    if (user === undefined) throw new HubError('invalid-input', `No such user: ${shown(name)}`);
    return user.id;
  });
  const unknown = groups?.find((name) => store.groups.byName(name) === undefined);
  if (unknown !== undefined) throw new HubError('invalid-input', `No such group: ${shown(unknown)}`);
  return { users: users === undefined ? null : [...new Set(users)], groups: groups === undefined ? null : [...new Set(groups)], states: states === undefined ? null : [...new Set(states)] };
}

/** As people know them. */
export const namesOf = ({ users: accounts }: Pick<Store, 'users'>, { users, groups, states }: Audience): NoticeView['to'] => ({
  recipients: users === null ? null : users.flatMap((id) => accounts.byId(id)?.name ?? []), groups, states,
});
