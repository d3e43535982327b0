import type { FilterKind, ScopeName } from './tree';

/** What a scope reaches: everything, or only the named ones. Servers are written `user/server`, the default one `user/`. */
export type Extent =
  | { readonly all: true }
  | {
      readonly all: false;
      readonly users: ReadonlySet<string>;
      readonly servers: ReadonlySet<string>;
      readonly groups: ReadonlySet<string>;
      readonly services: ReadonlySet<string>;
    };

/** Expanded and resolved: what is not in it, is not granted. A `Map`, so that a check is one look-up. */
export type ScopeSet = ReadonlyMap<ScopeName, Extent>;

export const NO_SCOPES: ScopeSet = new Map();
export const EVERYTHING: Extent = Object.freeze({ all: true });

type Only = Extract<Extent, { all: false }>;
type Field = 'users' | 'servers' | 'groups' | 'services';
const FIELD: Readonly<Record<FilterKind, Field>> = { user: 'users', server: 'servers', group: 'groups', service: 'services' };
const NONE: ReadonlySet<string> = new Set();
export const NOTHING: Only = Object.freeze({ all: false, users: NONE, servers: NONE, groups: NONE, services: NONE });

export const only = (filter: FilterKind, name: string): Only => ({ ...NOTHING, [FIELD[filter]]: new Set([name]) });

export const isEmpty = (e: Extent): boolean => !e.all && e.users.size + e.servers.size + e.groups.size + e.services.size === 0;

/** Everything absorbs what is named. */
export function unite(a: Extent | undefined, b: Extent): Extent {
  if (a === undefined || b.all) return b;
  if (a.all) return a;
  const both = (field: Field): ReadonlySet<string> => new Set([...a[field], ...b[field]]);
  return { all: false, users: both('users'), servers: both('servers'), groups: both('groups'), services: both('services') };
}

export function union(...sets: readonly ScopeSet[]): ScopeSet {
  const out = new Map<ScopeName, Extent>();
  for (const set of sets) for (const [scope, extent] of set) out.set(scope, unite(out.get(scope), extent));
  return out;
}
