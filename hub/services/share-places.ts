import { can, demand, HUB, lacking, notFound, type Actor, type Target } from '../domain/access';
import { HubError } from '../domain/errors';
import { DEFAULT_SERVER, type ServerName } from '../domain/ids';
import { normaliseUserName } from '../domain/names';
import type { ServerRecord } from '../domain/server';
import { fullNameOf, onServer, parseShareScopes, type Sharee } from '../domain/share';
import { expandRaw } from '../domain/scopes/expand';
import { isSubset } from '../domain/scopes/intersect';
import type { ScopeName, Vocabulary } from '../domain/scopes/tree';
import { shown } from '../domain/shown';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { targetOf } from './account-deps';
import { groupsOfName } from './actors';
import type { ServerPath, SharePath } from './shares-contract';

/** A server that may be about to be shared. */
export interface Place {
  readonly owner: User;
  readonly name: ServerName;
  /** undefined: nobody ever started the default server. */
  readonly record: ServerRecord | undefined;
}

export type SharePlaces = ReturnType<typeof createSharePlaces>;

/** Names of paths and bodies to what they mean, for whoever may know. */
export function createSharePlaces({ store, vocabulary }: { readonly store: Store; readonly vocabulary: Vocabulary }) {
  const userNamed = (name: string): User | undefined => store.users.byName(normaliseUserName(name.slice(0, LONGEST)) as User['name']);
  const userTarget = (user: User | undefined, name: string): Target => (user === undefined ? { kind: 'user', name, groups: [] } : targetOf(store, user));
  const target = ({ kind, name }: SharePath): Target => (kind === 'group' ? { kind, name } : userTarget(userNamed(name), name));

  /** Who may act on everybody is told that there is nobody of that name; everybody else learns nothing (D06). */
  const unknown = (actor: Actor, scope: ScopeName, message: string): HubError => (can(actor, scope, HUB) ? new HubError('not-found', message) : notFound());

  const ownerOf = (actor: Actor, scope: ScopeName, name: string): User => {
    const owner = userNamed(name);
    demand(actor, scope, userTarget(owner, name));
    if (owner === undefined) throw unknown(actor, scope, `No such user: ${shown(name)}`);
    return owner;
  };

  const find = ({ owner: name, server }: ServerPath): Place | undefined => {
    const owner = userNamed(name);
    const record = owner && store.servers.find(owner.id, server as ServerName);
    return owner === undefined || (record === undefined && server !== DEFAULT_SERVER) ? undefined : { owner, name: server as ServerName, record };
  };

  const serverOf = (actor: Actor, scope: ScopeName, path: ServerPath): Place => {
    const owner = userNamed(path.owner);
    demand(actor, scope, { kind: 'server', user: owner?.name ?? path.owner, server: path.server, groups: owner === undefined ? [] : groupsOfName(store)(owner.name) });
    const place = find(path);
    if (place === undefined) throw unknown(actor, scope, `No such server: ${shown(path.owner)}/${shown(path.server)}`);
    return place;
  };

  const named = ({ kind, name }: SharePath): Sharee | undefined => {
    if (kind === 'group') {
      const group = store.groups.byName(name);
      return group && { kind, id: group.id, name: group.name };
    }
    const user = userNamed(name);
    return user && { kind, id: user.id, name: user.name };
  };

  return {
    ownerOf, serverOf, find, named,

    /** The user or group whose shares somebody asks for. */
    shareeOf(actor: Actor, path: SharePath, verb: 'read' | 'write'): Sharee {
      const base = path.kind === 'user' ? 'users:shares' : 'groups:shares';
      const scope: ScopeName = verb === 'read' ? `read:${base}` : base;
      demand(actor, scope, target(path));
      const sharee = named(path);
      if (sharee === undefined) throw unknown(actor, scope, `No such ${path.kind}: ${shown(path.name)}`);
      return sharee;
    },

    /** Somebody to share with: known to the actor, and active. Whether they exist, only those learn who may read the name. */
    newSharee(actor: Actor, path: SharePath): Sharee {
      const user = path.kind === 'user' ? userNamed(path.name) : undefined;
      const scope = path.kind === 'user' ? 'read:users:name' : 'read:groups:name';
      if (!can(actor, scope, target(path))) throw lacking([scope]);
      const sharee = named(path);
      if (sharee === undefined || (path.kind === 'user' && user?.status !== 'active')) throw new HubError('invalid-input', `No such ${path.kind}: ${shown(path.name)}`);
      return sharee;
    },

    /** Nobody shares what they do not hold themselves on that very server. */
    heldScopes(actor: Actor, { owner, name }: Place, raw: readonly string[] | undefined): readonly ScopeName[] {
      const server = fullNameOf({ owner, name });
      const scopes = parseShareScopes(raw === undefined || raw.length === 0 ? ['access:servers'] : raw, server, vocabulary);
      const missing = scopes.find((scope) => !isSubset(expandRaw([onServer(scope, server)], { owner: { kind: 'service', name: '' } }, vocabulary), actor.scopes, groupsOfName(store)));
      if (missing !== undefined) throw new HubError('forbidden', `Not sharing ${missing} on ${server}: you do not hold it yourself`);
      return scopes;
    },

    /** The share hangs on the record, which nobody needed until now. To be called in the transaction that writes. */
    recordOf: ({ owner, name, record }: Place): ServerRecord => record ?? store.servers.ensure(owner.id, name),
  };
}

const LONGEST = 512;
