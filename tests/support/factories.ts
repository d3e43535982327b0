import { newId, type UserId, type UserName } from '../../hub/domain/ids';
import type { Actor } from '../../hub/domain/access';
import type { User, UserStatus } from '../../hub/domain/user';
import { grantRoles } from '../../hub/services/account-deps';
import type { TestHub } from './start-hub';

export interface NewUser {
  readonly admin?: boolean;
  readonly status?: UserStatus;
  readonly researcher?: boolean;
  readonly mustChangePassword?: boolean;
}

/** An account without a password: most tests sign in by opening a session, which costs no hash. */
export function makeUser({ store }: Pick<TestHub, 'store'>, name: string, given: NewUser = {}): User {
  const { admin = false, status = 'active', researcher = true, mustChangePassword = false } = given;
  const user: User = { id: newId<UserId>(), name: name as UserName, admin, status, created: new Date(), lastActivity: null, mustChangePassword };
  store.users.create(user);
  if (status !== 'pending') grantRoles(store, user);
  if (!researcher) store.roles.revoke('researcher', user.id);
  return user;
}

export const PASSWORD = 'four quiet unrelated words';

/** An account that can sign in through the form. */
export async function makeUserWithPassword(hub: TestHub, name: string, given: NewUser = {}): Promise<User> {
  const { user } = await hub.hub.services.accounts.create(hub.hub.services.actors.local(), { username: name, admin: given.admin ?? false, password: PASSWORD });
  return hub.store.users.update(user.id, { mustChangePassword: given.mustChangePassword ?? false, ...(given.status === undefined ? {} : { status: given.status }) });
}

/** A token of this user, good for an hour. */
export function makeToken({ hub }: TestHub, user: User, scopes: readonly string[] = ['inherit']): string {
  const owner: Actor = hub.services.actors.ofUser(user, 'cookie', 'test');
  return hub.services.tokens.create(owner, user, { note: 'test', scopes, expiresInSeconds: 3600 }).secret;
}
