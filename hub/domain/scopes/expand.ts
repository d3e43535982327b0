import { BUILT_IN, parseScopes, parseStored, type ParsedScope } from './parse';
import { EVERYTHING, only, union, unite, type Extent, type ScopeSet } from './scope-set';
import { SELF, type ScopeName, type Vocabulary } from './tree';

/** What shorthands and metascopes stand for. What is absent cannot be resolved, and the scope that needs it is dropped. */
export interface Context {
  /** Who holds the role or token. `!user` and `self` work for users only. */
  readonly owner: { readonly kind: 'user' | 'service'; readonly name: string };
  /** Server whose client issued the token, as `user/server`. */
  readonly server?: string;
  /** Service whose client issued the token. A service that owns the token is known from `owner`. */
  readonly service?: string;
  /** What `inherit` stands for. */
  readonly inherit?: ScopeSet;
}

/** With all that is implied; filters carry over. Unresolvable shorthands are dropped. */
export function expand(scopes: readonly ParsedScope[], context: Context, vocabulary: Vocabulary = BUILT_IN): ScopeSet {
  const out = new Map<ScopeName, Extent>();
  for (const scope of scopes) {
    if (scope.kind === 'meta') addAll(out, meta(scope.name, context, vocabulary));
    else {
      const extent = resolve(scope, context);
      if (extent !== undefined) add(out, scope.name, extent, vocabulary);
    }
  }
  return out;
}

/** Parses strictly and expands: for configuration and for what somebody just asked for. Throws `invalid-input`. */
export const expandRaw = (raw: readonly string[], context: Context, vocabulary: Vocabulary = BUILT_IN): ScopeSet => expand(parseScopes(raw, vocabulary), context, vocabulary);

/** Expands what was stored; a scope that no longer exists grants nothing. */
export const expandStored = (raw: readonly string[], context: Context, vocabulary: Vocabulary = BUILT_IN): ScopeSet => expand(parseStored(raw, vocabulary), context, vocabulary);

/** What somebody may do by their roles, direct ones and those of their groups. */
export const expandRoles = (roles: readonly { readonly scopes: readonly string[] }[], owner: Context['owner'], vocabulary: Vocabulary = BUILT_IN): ScopeSet =>
  union(...roles.map((role) => expandStored(role.scopes, { owner }, vocabulary)));

function meta(name: 'self' | 'inherit' | '(no_scope)', context: Context, vocabulary: Vocabulary): ScopeSet {
  if (name === 'inherit') return context.inherit ?? new Map();
  const out = new Map<ScopeName, Extent>();
  if (name === 'self' && context.owner.kind === 'user') for (const scope of SELF) add(out, scope, only('user', context.owner.name), vocabulary);
  return out;
}

function resolve(scope: Extract<ParsedScope, { kind: 'scope' }>, context: Context): Extent | undefined {
  if (scope.filter === null) return EVERYTHING;
  const { kind, value } = scope.filter;
  const name = value ?? shorthand(kind, context);
  return name === undefined ? undefined : only(kind, name);
}

function shorthand(kind: 'user' | 'server' | 'group' | 'service', { owner, server, service }: Context): string | undefined {
  if (kind === 'user') return owner.kind === 'user' ? owner.name : undefined;
  if (kind === 'server') return server;
  if (kind === 'service') return owner.kind === 'service' ? owner.name : service;
  return undefined;
}

function addAll(out: Map<ScopeName, Extent>, more: ScopeSet): void {
  for (const [scope, extent] of more) out.set(scope, unite(out.get(scope), extent));
}

/** A filter carries over to all that is implied, except that reading about users is never implied by a filter on a server. */
function add(out: Map<ScopeName, Extent>, scope: ScopeName, extent: Extent, vocabulary: Vocabulary): void {
  const onServer = !extent.all && extent.servers.size > 0;
  const seen = new Set<ScopeName>();
  const waiting: ScopeName[] = [scope];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (next === scope || !(onServer && next.startsWith('read:user'))) out.set(next, unite(out.get(next), extent));
    waiting.push(...(vocabulary.implied(next) ?? []));
  }
}
