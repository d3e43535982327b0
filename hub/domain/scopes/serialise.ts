import type { ScopeSet } from './scope-set';

/** The sorted, expanded list as `/hub/api/user` shows it. Clients compare these strings, so their order and form are the protocol's. */
export function serialise(scopes: ScopeSet): readonly string[] {
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
  return out.sort();
}
