import { LRUCache } from 'lru-cache';
import type { Actor } from '../domain/access';
import type { UserName } from '../domain/ids';
import { identityScopes, tokenScopes } from '../domain/scopes/effective';
import { expandRoles, expandStored } from '../domain/scopes/expand';
import type { GroupsOf } from '../domain/scopes/intersect';
import { BUILT_IN } from '../domain/scopes/parse';
import { DEFAULT_ROLES } from '../domain/scopes/roles';
import { NO_SCOPES, union, type ScopeSet } from '../domain/scopes/scope-set';
import type { Vocabulary } from '../domain/scopes/tree';
import type { Service } from '../domain/service';
import { fullNameOf, onServer } from '../domain/share';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import type { Actors } from './contract';
import type { Services } from './services';
import { sessionTag } from './session-tag';
import type { SessionService } from './sessions';
import type { TokenService } from './tokens';

export interface ActorsDeps {
  readonly store: Store;
  readonly sessions: Pick<SessionService, 'resolve' | 'byId' | 'onEnded' | 'forget'>;
  readonly tokens: Pick<TokenService, 'resolve' | 'forget'>;
  readonly vocabulary?: Vocabulary;
  /** Absent: there are none. */
  readonly services?: Pick<Services, 'byToken'>;
}

const CACHED = 20_000;

/** While nothing is forgotten, a credential gives the same object again, so that others may hang their own caches on it. */
export function createActors({ store, sessions, tokens, services, vocabulary = BUILT_IN }: ActorsDeps): Actors {
  const cache = new LRUCache<string, Actor>({ max: CACHED });
  sessions.onEnded((credential) => cache.delete(credential));
  const localScopes = expandRoles(DEFAULT_ROLES.filter((role) => role.name === 'admin'), { kind: 'service', name: 'local' }, vocabulary);
  const local: Actor = { kind: 'local', id: 'local', name: 'local', scopes: localScopes, admin: true, via: 'local', credential: 'local', groups: [] };

  const build = (user: User, how: Pick<Actor, 'via' | 'credential' | 'scopes' | 'sessionTag'>): Actor => ({
    kind: 'user',
    id: user.id,
    name: user.name,
    admin: user.admin && user.status === 'active',
    groups: store.groups.groupsOf(user.id).map((group) => group.name),
    ...(user.mustChangePassword ? { mustChangePassword: true } : {}),
    ...how,
  });

  const cached = (credential: string, make: () => Actor): Actor => {
    const known = cache.get(credential);
    if (known !== undefined) return known;
    const made = make();
    cache.set(credential, made);
    return made;
  };

  const inBrowser = (found: ReturnType<SessionService['resolve']>): Actor | undefined => {
    if (found === undefined) return undefined;
    const credential = found.session.id;
    // Also through the proxy, which knows nothing of passwords: first a new one, then everything else.
    return cached(credential, () => build(found.user, { via: 'cookie', credential, scopes: found.user.mustChangePassword ? NO_SCOPES : scopesOf(store, found.user, vocabulary) }));
  };

  const ofService = ({ name, roles, admin }: Service): Actor => {
    const owner = { kind: 'service', name } as const;
    const held = roles.flatMap((role) => store.roles.byName(role) ?? []);
    // Who it is, a service may always tell.
    const scopes = union(expandRoles(held, owner, vocabulary), identityScopes(owner));
    return { kind: 'service', id: `service:${name}`, name, scopes, admin, via: 'token', credential: `service:${name}`, groups: [] };
  };

  const scopesOfToken: Actors['scopesOfToken'] = (user, token) => {
    const owner = { owner: { kind: 'user', name: user.name }, scopes: scopesOf(store, user, vocabulary), groupsOf: groupsOfName(store) } as const;
    return tokenScopes(user.mustChangePassword ? [] : token.scopes, owner, vocabulary);
  };

  return {
    scopesOfToken,
    byCookie: (cookie) => inBrowser(sessions.resolve(cookie)),
    bySession: (id) => inBrowser(sessions.byId(id)),
    byToken(secret) {
      const service = services?.byToken(secret);
      if (service !== undefined) return cached(`service:${service.name}`, () => ofService(service));
      const found = tokens.resolve(secret);
      if (found === undefined) return undefined;
      const { token, user } = found;
      return cached(token.id, () => {
        const tagged = token.oauth === undefined ? {} : { sessionTag: sessionTag(token.oauth.session) };
        return build(user, { via: 'token', credential: token.id, ...tagged, scopes: scopesOfToken(user, token) });
      });
    },
    local: () => local,
    ofUser: (user, via, credential) => build(user, { via, credential, scopes: scopesOf(store, user, vocabulary) }),
    forget(user) {
      sessions.forget(user);
      tokens.forget(user);
      // All of them: what one user may do to another depends on the other's name and groups too.
      cache.clear();
    },
  };
}

/** What an account may do now, by roles and by what is shared with it, its own and those of its groups; nothing unless it is active. */
export function scopesOf(store: Store, user: User, vocabulary: Vocabulary = BUILT_IN): ScopeSet {
  if (user.status !== 'active') return NO_SCOPES;
  const owner = { kind: 'user', name: user.name } as const;
  const shared = store.shares.heldBy(user.id).flatMap(({ scopes, server }) => scopes.map((scope) => onServer(scope, fullNameOf(server))));
  return union(expandRoles(store.roles.ofUser(user.id), owner, vocabulary), expandStored(shared, { owner }, vocabulary));
}

export const groupsOfName = (store: Store): GroupsOf => (name) => {
  const user = store.users.byName(name as UserName);
  return user === undefined ? [] : store.groups.groupsOf(user.id).map((group) => group.name);
};

/** How the audit trail names somebody. */
export const nameOf = (actor: Actor): string => `${actor.kind}:${actor.name}`;
