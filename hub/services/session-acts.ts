import { demand, demandMayChange, lacking, notFound, type Actor } from '../domain/access';
import type { UserId } from '../domain/ids';
import type { User } from '../domain/user';
import { audited, targetOf, type AccountsDeps } from './account-deps';
import type { Accounts } from './contract';

/** Ending sessions: one's own with the cookie alone, those of others as any other act on their account (B03, B16). */
export function createSessionActs(deps: AccountsDeps): Pick<Accounts, 'endSession' | 'endSessions'> {
  const { store, sessions } = deps;

  /** A token that leaked must not sign its owner out, hence the cookie. */
  const demanded = (actor: Actor, id: UserId): User => {
    const user = store.users.byId(id);
    if (user === undefined) throw actor.scopes.has('admin:users') ? notFound() : lacking(['admin:users']);
    if (actor.kind === 'user' && actor.id === id && actor.via === 'cookie') return user;
    demand(actor, 'admin:users', targetOf(store, user));
    demandMayChange(actor, user);
    return user;
  };

  return {
    endSession(actor, id, session) {
      const user = demanded(actor, id);
      if (!store.sessions.listOf(id).some((known) => known.id === session)) throw notFound();
      store.transaction(() => {
        audited(deps, actor, 'user.end-session', { user, detail: { session } });
        sessions.end(session);
      });
    },
    endSessions(actor, id, except) {
      const user = demanded(actor, id);
      store.transaction(() => {
        audited(deps, actor, 'user.end-sessions', { user });
        sessions.endAll(id, except);
      });
    },
  };
}
