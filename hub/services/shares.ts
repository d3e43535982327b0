import type { Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerId } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import { fullNameOf, parseShareScopes, type Share, type Sharee } from '../domain/share';
import type { ScopeName, Vocabulary } from '../domain/scopes/tree';
import type { Store } from '../store/store';
import type { Actors, Recorder } from './contract';
import { createSharePlaces, type Place } from './share-places';
import type { ServerPath, ShareAsk, SharePath, Shares } from './shares-contract';

export interface SharesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly audit: Pick<Recorder, 'record'>;
  readonly actors: Pick<Actors, 'forget'>;
  readonly vocabulary: Vocabulary;
  /** Ends what is open to this server and is not allowed any more. */
  readonly recheck: (server: ServerId) => void;
}

type Note = Pick<Share, 'scopes'> & { readonly to: Sharee };

export function createShares({ store, clock, audit, actors, vocabulary, recheck }: SharesDeps): Shares {
  const places = createSharePlaces({ store, vocabulary });

  const note = (actor: Actor, action: string, place: Place, { to, scopes }: Note): void =>
    audit.record(actor, action, `server:${fullNameOf(place)}`, { detail: { [to.kind]: to.name, scopes } });

  /** What somebody may do changed: nobody goes on with what they were found to be allowed before. */
  const granted = (to: Sharee): void => actors.forget(to.kind === 'user' ? to.id : undefined);
  const ended = (server: ServerId, to?: Sharee): void => {
    actors.forget(to?.kind === 'user' ? to.id : undefined);
    recheck(server);
  };

  const take = (actor: Actor, action: string, place: Place, { to, scopes }: { readonly to: Sharee; readonly scopes: readonly ScopeName[] | null }): Share | undefined => {
    const id = place.record?.id;
    const before = id === undefined ? undefined : store.shares.find(id, to);
    if (id === undefined || before === undefined) return undefined;
    const left = scopes === null ? [] : before.scopes.filter((scope) => !scopes.includes(scope));
    if (left.length === before.scopes.length) return before;
    const after = store.transaction(() => {
      note(actor, action, place, { to, scopes: before.scopes.filter((scope) => !left.includes(scope)) });
      if (left.length > 0) return store.shares.put(id, to, { scopes: left, at: before.created });
      store.shares.remove(id, to);
      return undefined;
    });
    ended(id, to);
    return after;
  };

  const missing = ({ kind, name }: SharePath, { owner, server }: ServerPath): HubError => new HubError('not-found', `No such share for ${kind} ${name} on ${owner}/${server}`.slice(0, 256));

  return {
    list(actor, { owner, server }, page) {
      if (server === undefined) return store.shares.list({ kind: 'owner', id: places.ownerOf(actor, 'read:shares', owner).id }, page);
      const { record } = places.serverOf(actor, 'read:shares', { owner, server });
      return record === undefined ? { shares: [], total: 0 } : store.shares.list({ kind: 'server', id: record.id }, page);
    },
    grant(actor, of, ask) {
      const place = places.serverOf(actor, 'shares', of);
      const scopes = places.heldScopes(actor, place, ask.scopes);
      const to = places.newSharee(actor, pathOf(ask));
      if (to.id === place.owner.id) throw new HubError('invalid-input', 'A server is not shared with its owner');
      const share = store.transaction(() => {
        const { id } = places.recordOf(place);
        const all = [...new Set([...(store.shares.find(id, to)?.scopes ?? []), ...scopes])].sort();
        note(actor, 'share.grant', place, { to, scopes });
        return store.shares.put(id, to, { scopes: all, at: clock.now() });
      });
      granted(to);
      return share;
    },
    revoke(actor, of, ask) {
      const place = places.serverOf(actor, 'shares', of);
      const named = ask.scopes ?? [];
      const scopes = named.length === 0 ? null : parseShareScopes(named, fullNameOf(place), vocabulary);
      const to = places.named(pathOf(ask));
      return to === undefined ? undefined : take(actor, 'share.revoke', place, { to, scopes });
    },
    revokeAll(actor, of) {
      const place = places.serverOf(actor, 'shares', of);
      const id = place.record?.id;
      if (id === undefined) return;
      store.transaction(() => {
        const count = store.shares.removeOf(id);
        if (count > 0) audit.record(actor, 'share.revoke-all', `server:${fullNameOf(place)}`, { detail: { count } });
      });
      ended(id);
    },
    listWith: (actor, path, page) => store.shares.list(places.shareeOf(actor, path, 'read'), page),
    getWith(actor, path, of) {
      const to = places.shareeOf(actor, path, 'read');
      const id = places.find(of)?.record?.id;
      const share = id === undefined ? undefined : store.shares.find(id, to);
      if (share === undefined) throw missing(path, of);
      return share;
    },
    leave(actor, path, of) {
      const to = places.shareeOf(actor, path, 'write');
      const place = places.find(of);
      const id = place?.record?.id;
      if (place === undefined || id === undefined || store.shares.find(id, to) === undefined) throw missing(path, of);
      take(actor, 'share.leave', place, { to, scopes: null });
    },
  };
}

function pathOf({ user, group }: ShareAsk): SharePath {
  if (user !== undefined && group === undefined) return { kind: 'user', name: user };
  if (group !== undefined && user === undefined) return { kind: 'group', name: group };
  throw new HubError('invalid-input', 'Exactly one of user or group must be given');
}
