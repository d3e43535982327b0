import type { ScopeSet } from './scope-set';

/** The sorted, expanded list as `/hub/api/user` shows it. Clients compare these strings, so their order and form are the protocol's. */
export function serialise(scopes: ScopeSet): readonly string[] {
  const known = serialised.get(scopes);
  if (known !== undefined) return known;
  const out: string[] = [];
  for (const [scope, extent] of scopes) {
    if (extent.all) out.push(scope);
    else {
      for (const name of extent.users) out.push(`${scope}!user=${name}`);
      for (const name of extent.servers) out.push(`${scope}!server=${name}`);
      for (const name of extent.groups) out.push(`${scope}!group=${name}`);
      for (const name of extent.services) out.push(`${scope}!service=${name}`);
    }
  }
  serialised.set(scopes, out.sort());
  return out;
}

/** A set is never changed, and lives as long as the actor who holds it; clients of OAuth ask who they are with each visit. */
const serialised = new WeakMap<ScopeSet, readonly string[]>();
