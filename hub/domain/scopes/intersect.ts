import { type Extent, isEmpty, type ScopeSet } from './scope-set';
import type { ScopeName } from './tree';

/** Names of the groups of a user, by the user's name; an empty list for somebody unknown. */
export type GroupsOf = (user: string) => readonly string[];

type Only = Extract<Extent, { all: false }>;
const noGroups: GroupsOf = () => [];

/** What both grant. A user's servers are inside the user, and members and their servers are inside their group. */
export function intersect(a: ScopeSet, b: ScopeSet, groupsOf: GroupsOf = noGroups): ScopeSet {
  const out = new Map<ScopeName, Extent>();
  for (const [scope, mine] of a) {
    const theirs = b.get(scope);
    if (theirs === undefined) continue;
    const common = meet(mine, theirs, groupsOf);
    if (!isEmpty(common)) out.set(scope, common);
  }
  return out;
}

/** True when `a` grants nothing that `b` does not. */
export function isSubset(a: ScopeSet, b: ScopeSet, groupsOf: GroupsOf = noGroups): boolean {
  return [...a].every(([scope, mine]) => {
    const theirs = b.get(scope);
    return theirs !== undefined && (theirs.all || (!mine.all && sameSize(mine, inside(mine, theirs, groupsOf))));
  });
}

function meet(a: Extent, b: Extent, groupsOf: GroupsOf): Extent {
  if (a.all) return b;
  if (b.all) return a;
  const left = inside(a, b, groupsOf);
  const right = inside(b, a, groupsOf);
  return { all: false, users: both(left.users, right.users), servers: both(left.servers, right.servers), groups: left.groups, services: left.services };
}

/** Those entities of `a` that `b` covers. */
function inside(a: Only, b: Only, groupsOf: GroupsOf): Only {
  const inGroup = (user: string): boolean => b.groups.size > 0 && groupsOf(user).some((group) => b.groups.has(group));
  const ownerOf = (server: string): string => server.slice(0, server.indexOf('/'));
  return {
    all: false,
    users: keep(a.users, (user) => b.users.has(user) || inGroup(user)),
    servers: keep(a.servers, (server) => b.servers.has(server) || b.users.has(ownerOf(server)) || inGroup(ownerOf(server))),
    groups: keep(a.groups, (group) => b.groups.has(group)),
    services: keep(a.services, (service) => b.services.has(service)),
  };
}

const keep = (set: ReadonlySet<string>, test: (name: string) => boolean): ReadonlySet<string> => new Set([...set].filter(test));
const both = (a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> => new Set([...a, ...b]);
const sameSize = (a: Only, b: Only): boolean =>
  a.users.size === b.users.size && a.servers.size === b.servers.size && a.groups.size === b.groups.size && a.services.size === b.services.size;
