import { strangerIn, type Actor, type RequestContext } from '../domain/access';
import { HubError } from '../domain/errors';
import { newId, type UserId, type UserName } from '../domain/ids';
import { normaliseUserName, parseSignUpName } from '../domain/names';
import type { User } from '../domain/user';
import { audited, isTaken, welcome, type AccountsDeps } from './account-deps';
import type { Accounts, SignUpResult } from './contract';
import { DEFAULT_RULES, parseNewPassword } from './passwords';

const MAX_PENDING = 1000;

/** What people do to their own account: make it, and change its password. */
export function createOwnAccount(deps: AccountsDeps): Pick<Accounts, 'signUp' | 'changeOwnPassword' | 'prove'> {
  const { store, clock, log, hasher, sessions, actors, throttle, signUpMode, rules = DEFAULT_RULES, maxPending = MAX_PENDING } = deps;
  const adminName = normaliseUserName(deps.adminName);

  const demandRoom = (): void => {
    if (signUpMode() !== 'approval') return;
    const { total } = store.users.list({ offset: 0, limit: 1 }, { status: 'pending' });
    if (total >= maxPending) throw new HubError('rate-limited', 'Too many accounts wait for approval. Please ask an administrator.', { retryAfterSeconds: 3600 });
  };

  const add = (name: UserName, phc: string, from: RequestContext): void => {
    // A name that a group waits for is worth something: an administrator looks at who takes it.
    const status = signUpMode() === 'open' && deps.groups?.awaits(name) !== true ? 'active' : 'pending';
    const user: User = { id: newId<UserId>(), name, admin: false, status, created: clock.now(), lastActivity: null, mustChangePassword: false };
    store.transaction(() => {
      demandRoom();
      store.users.create(user);
      store.users.setPasswordHash(user.id, phc);
      if (status === 'active') welcome(deps, user);
      audited(deps, strangerIn(from), 'user.sign-up', { user, detail: { status } });
    });
  };

  /** The password as it is stored now, when `current` is it. Throws `forbidden` else, and counts it like a failed sign-in. */
  const demandCurrent = async (user: User, current: unknown, address: string): Promise<string> => {
    if (typeof current !== 'string') throw new HubError('invalid-input', 'Please enter your current password.');
    const attempt = throttle.attempt(user.name, address);
    try {
      const phc = store.users.passwordHash(user.id);
      const { ok } = await hasher.verify(phc, current);
      if (!ok || phc === undefined) {
        attempt.fail();
        throw new HubError('forbidden', 'The current password is wrong.');
      }
      attempt.succeed();
      return phc;
    } finally {
      attempt.drop();
    }
  };

  /** The account of somebody in a browser, who alone has a password to show. */
  const ownOf = (actor: Actor): User => {
    if (actor.kind !== 'user' || actor.via !== 'cookie') throw new HubError('forbidden', 'Sign in with a browser to use your password.');
    const user = store.users.byId(actor.id);
    if (user === undefined) throw new HubError('not-found', 'There is no such user.');
    return user;
  };

  return {
    async signUp(ask): Promise<SignUpResult> {
      if (signUpMode() === 'closed') throw new HubError('forbidden', 'Accounts are made by an administrator here.');
      if (typeof ask.username === 'string' && ask.username.length <= 256 && normaliseUserName(ask.username.trim()) === adminName) {
        throw new HubError('forbidden', 'This name is kept for the administrator.');
      }
      const name = parseSignUpName(ask.username);
      const password = parseNewPassword(ask.password, name, rules);
      throttle.signUp(ask.address);
      demandRoom();
      // Before looking whether the name is taken: the answer takes the same time either way.
      const phc = await hasher.hash(password);
      if (!isTaken(store, name)) add(name, phc, ask);
      else if (signUpMode() === 'open') throw new HubError('conflict', 'This name is taken. Choose another one.');
      log.info({ username: name, address: ask.address, mode: signUpMode() }, 'Somebody signed up.');
      return { status: signUpMode() === 'open' ? 'active' : 'pending' };
    },

    async changeOwnPassword(actor, ask) {
      const user = ownOf(actor);
      const next = parseNewPassword(ask.next, user.name, rules);
      const verified = await demandCurrent(user, ask.current, ask.address);
      if (ask.next === ask.current) throw new HubError('invalid-input', 'The new password must be another one.');
      const phc = await hasher.hash(next);
      store.transaction(() => {
        if (store.users.passwordHash(user.id) !== verified) throw new HubError('conflict', 'The password was changed meanwhile. Please sign in again.');
        store.users.setPasswordHash(user.id, phc);
        store.users.update(user.id, { mustChangePassword: false });
        audited(deps, actor, 'user.password', { user });
      });
      sessions.endAll(user.id, ask.keep);
      if (ask.keep !== undefined) sessions.proved(ask.keep);
      actors.forget(user.id);
    },

    async prove(actor, ask) {
      await demandCurrent(ownOf(actor), ask.password, ask.address);
      sessions.proved(ask.session);
    },
  };
}
