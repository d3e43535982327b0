import type { PasswordHasher } from '../../auth/authenticator';
import { strangerIn } from '../domain/access';
import { HubError } from '../domain/errors';
import { newId, type UserId, type UserName } from '../domain/ids';
import { parseUserName } from '../domain/names';
import type { Clock, Logger } from '../domain/runtime';
import { ROLES_OF_EVERYONE } from '../domain/scopes/roles';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import type { Actors, Bootstrap, Recorder, Sessions } from './contract';
import type { Declared } from './declared-groups';
import { DEFAULT_RULES, parseNewPassword, type PasswordRules } from './passwords';
import { hashOfSecret, newSecret, sameSecret } from './secrets';

export interface BootstrapDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Pick<Recorder, 'record'>;
  readonly hasher: PasswordHasher;
  readonly sessions: Pick<Sessions, 'endAll'>;
  readonly actors: Pick<Actors, 'forget'>;
  /** JUPYTERHUB_ADMIN. Throws `invalid-input` at creation when no account can have this name. */
  readonly adminName: string;
  readonly rules?: PasswordRules;
  readonly groups?: Pick<Declared, 'join'>;
}

const LINK = 'bootstrap-link';

export function createBootstrap({ store, clock, log, audit, hasher, sessions, actors, adminName, groups, rules = DEFAULT_RULES }: BootstrapDeps): Bootstrap {
  const name: UserName = parseUserName(adminName);

  const isLiving = (secret: unknown): boolean => {
    const kept = store.meta.get(LINK);
    return kept !== undefined && typeof secret === 'string' && secret.length <= 128 && sameSecret(kept, hashOfSecret(secret)) && !hasActiveAdmin(store);
  };

  const demandLiving = (secret: unknown): void => {
    if (!isLiving(secret)) throw new HubError('forbidden', 'This link was used already or was replaced by a newer one. The hub prints a fresh one at its next start, as long as there is no administrator.');
  };

  /** A new account, or the one that has the name already: whoever starts the hub owns its data anyway. */
  const install = (): User => {
    const existing = store.users.byName(name);
    const id = existing?.id ?? newId<UserId>();
    if (existing === undefined) store.users.create({ id, name, admin: true, status: 'active', created: clock.now(), lastActivity: null, mustChangePassword: false });
    for (const role of [...ROLES_OF_EVERYONE, 'admin']) store.roles.grant(role, id);
    const user = store.users.update(id, { admin: true, status: 'active', mustChangePassword: false });
    groups?.join(user);
    return user;
  };

  return {
    issue() {
      if (hasActiveAdmin(store)) {
        store.meta.remove(LINK);
        return undefined;
      }
      const secret = newSecret();
      store.meta.set(LINK, hashOfSecret(secret));
      return secret;
    },
    nameFor: (secret) => (isLiving(secret) ? name : undefined),
    async redeem(ask) {
      demandLiving(ask.secret);
      const password = parseNewPassword(ask.password, name, rules);
      const phc = await hasher.hash(password);
      const user = store.transaction(() => {
        // Again: while the password was hashed, somebody else may have used the link.
        demandLiving(ask.secret);
        store.meta.remove(LINK);
        const made = install();
        store.users.setPasswordHash(made.id, phc);
        audit.record(strangerIn(ask), 'user.bootstrap', `user:${name}`, { detail: { user: made.id } });
        return made;
      });
      sessions.endAll(user.id);
      actors.forget(user.id);
      log.info({ user: user.id, address: ask.address }, 'The first administrator was made by the one-time link.');
      return user;
    },
  };
}

/** Somebody who can sign in and administer. */
export const hasActiveAdmin = (store: Store): boolean => activeAdmins(store, 1) > 0;

/** Counts active administrators, up to `enough`. */
export function activeAdmins(store: Store, enough: number): number {
  if (store.users.countAdmins() === 0) return 0;
  const page = 500;
  let found = 0;
  for (let offset = 0; ; offset += page) {
    const { users } = store.users.list({ offset, limit: page }, { status: 'active' });
    found += users.filter((user) => user.admin).length;
    if (found >= enough || users.length < page) return found;
  }
}
