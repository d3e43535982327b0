import type { Extent, ScopeSet } from './scope-set';
import type { ScopeName } from './tree';

/** What somebody wants to act on. `groups` are the names of the groups of that user, or of that server's owner. `none`: the hub itself. */
export type Target =
  | { readonly kind: 'user'; readonly name: string; readonly groups: readonly string[] }
  /** `server` is the server's name, the empty string for the default one. */
  | { readonly kind: 'server'; readonly user: string; readonly server: string; readonly groups: readonly string[] }
  | { readonly kind: 'group'; readonly name: string }
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'none' };

/** A user whose groups are read where a scope or a model asks for them: few callers hold a scope that does. A class, because an object with a getter of its own takes half a microsecond to make (051). */
export class UserTarget {
  readonly kind = 'user';
  readonly name: string;
  readonly #read: () => readonly string[];
  #groups: readonly string[] | undefined;

  constructor(name: string, read: () => readonly string[]) {
    this.name = name;
    this.#read = read;
  }

  get groups(): readonly string[] {
    return (this.#groups ??= this.#read());
  }
}

/** Does `have` grant `scope` on `target`? Without a target only an unfiltered scope does. One look-up and a few set tests. */
export function covers(have: ScopeSet, scope: ScopeName, target: Target): boolean {
  const extent = have.get(scope);
  if (extent === undefined) return false;
  return extent.all || reaches(extent, target);
}

function reaches(extent: Extract<Extent, { all: false }>, target: Target): boolean {
  switch (target.kind) {
    case 'user':
      return extent.users.has(target.name) || inOneOf(target, extent.groups);
    case 'server':
      return extent.users.has(target.user) || extent.servers.has(`${target.user}/${target.server}`) || inOneOf(target, extent.groups);
    case 'group':
      return extent.groups.has(target.name);
    case 'service':
      return extent.services.has(target.name);
    case 'none':
      return false;
  }
}

/** Groups are looked at only where they matter: a target may have to ask for them. */
const inOneOf = (target: { readonly groups: readonly string[] }, wanted: ReadonlySet<string>): boolean => wanted.size > 0 && target.groups.some((name) => wanted.has(name));

/** Which rows of a list somebody may see. */
export type Narrowing = { readonly all: true } | { readonly all: false; readonly users: ReadonlySet<string>; readonly groups: ReadonlySet<string>; readonly services: ReadonlySet<string> };

const MEANINGFUL = { 'list:users': ['users', 'groups'], 'list:groups': ['groups'], 'list:services': ['services'] } as const;

/**
 * The three list endpoints are the only ones without a target where a filtered scope is enough: the list is narrowed to it.
 * undefined: not granted, or granted with a filter that means nothing for this list (JupyterHub answers 403 then).
 */
export function narrowing(have: ScopeSet, scope: keyof typeof MEANINGFUL): Narrowing | undefined {
  const extent = have.get(scope);
  if (extent === undefined || extent.all) return extent;
  const meaningful: readonly string[] = MEANINGFUL[scope];
  const foreign = (['users', 'servers', 'groups', 'services'] as const).some((field) => extent[field].size > 0 && !meaningful.includes(field));
  return foreign ? undefined : { all: false, users: extent.users, groups: extent.groups, services: extent.services };
}
