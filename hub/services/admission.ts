import type { Identity } from '../../auth/authenticator';
import { strangerIn, type RequestContext } from '../domain/access';
import { newId, type UserId, type UserName } from '../domain/ids';
import { normaliseUserName, parseUserName } from '../domain/names';
import type { Clock } from '../domain/runtime';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { welcome } from './account-deps';
import type { Actors, Recorder } from './contract';
import type { Declared } from './declared-groups';

export interface AdmissionDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: Pick<Recorder, 'record'>;
  readonly actors: Pick<Actors, 'forget'>;
  readonly groups: Pick<Declared, 'join' | 'awaits'>;
}

/** From who the outside world says somebody is to an account of the hub. undefined: there is none, and none is made. */
export type Admission = (identity: Identity, from: RequestContext) => User | undefined;

/** The hub's own passwords name an account by its id; every other way to sign in makes the account of a name that is new. */
export function createAdmission({ store, clock, audit, actors, groups }: AdmissionDeps): Admission {
  const make = (name: UserName, provider: string, from: RequestContext): User => {
    const user: User = { id: newId<UserId>(), name, admin: false, status: 'active', created: clock.now(), lastActivity: null, mustChangePassword: false };
    store.transaction(() => {
      store.users.create(user);
      welcome({ store, groups }, user);
      audit.record(strangerIn(from), 'user.create', `user:${name}`, { detail: { user: user.id, provider } });
    });
    return store.users.byId(user.id) ?? user;
  };

  return ({ provider, subject, username }, from) => {
    if (provider === 'password') return store.users.byId(subject as UserId);
    const known = store.users.byName(username as UserName);
    if (known === undefined) return make(parseUserName(username), provider, from);
    if (!known.mustChangePassword) return known;
    // A password that is not asked for cannot be changed first.
    actors.forget(known.id);
    return store.users.update(known.id, { mustChangePassword: false });
  };
}

/** Names that no shared password opens: administrators, the first one's, and those to whom the configuration gives the role. */
export function administratorsOf(store: Store, named: readonly string[]): (name: string) => boolean {
  const awaited = new Set(named.map(normaliseUserName));
  return (name) => awaited.has(name) || store.users.byName(name as UserName)?.admin === true;
}
