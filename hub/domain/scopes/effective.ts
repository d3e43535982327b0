import { expandStored, type Context } from './expand';
import { intersect, type GroupsOf } from './intersect';
import { BUILT_IN } from './parse';
import { union, type ScopeSet } from './scope-set';
import type { Vocabulary } from './tree';

/** What a token needs to be judged by; recomputed per request, so that a change of roles applies at once (D03). */
export interface TokenOwner extends Pick<Context, 'owner' | 'server' | 'service'> {
  /** What the owner may do now. */
  readonly scopes: ScopeSet;
  /** Raw scope that the issuing OAuth client always adds, e.g. `access:servers!server=alice/`. */
  readonly clientAccess?: string;
  readonly groupsOf?: GroupsOf;
}

/** Never more than the owner: `inherit` is exactly the owner's scopes, anything else is cut down to them. */
export function tokenScopes(raw: readonly string[], by: TokenOwner, vocabulary: Vocabulary = BUILT_IN): ScopeSet {
  if (raw.includes('inherit')) return by.scopes;
  const access = by.clientAccess === undefined ? [] : [by.clientAccess];
  const asked = expandStored([...raw, ...access], by, vocabulary);
  return intersect(union(asked, identityScopes(by.owner)), by.scopes, by.groupsOf);
}

/** Who its owner is, a token may always tell. */
export const identityScopes = (owner: Context['owner']): ScopeSet =>
  expandStored(owner.kind === 'user' ? ['read:users:name!user', 'read:users:groups!user'] : ['read:services:name!service'], { owner });
