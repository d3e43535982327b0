import { LRUCache } from 'lru-cache';
import type { Actor } from '../domain/access';
import type { ServerId } from '../domain/ids';
import { expandStored } from '../domain/scopes/expand';
import { intersect } from '../domain/scopes/intersect';
import { identityScopes } from '../domain/scopes/effective';
import { union } from '../domain/scopes/scope-set';
import type { Clock } from '../domain/runtime';
import type { Store } from '../store/store';
import { groupsOfName } from './actors';
import type { Actors, Tokens } from './contract';
import type { Visitors } from './oauth-contract';
import { hashOfSecret, newSecret, sameSecret } from './secrets';

export interface VisitorsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly actors: Pick<Actors, 'byToken' | 'ofUser'>;
  readonly tokens: Pick<Tokens, 'resolve'>;
}

const KNOWN = 20_000;
const BRIEF_MS = 300_000;

/**
 * Tokens of visitors, as a `singleuser` server gets to see them: never one that opens more than this server. In memory only: after a
 * restart of the hub everybody's token is swapped for another one, and the server asks again.
 */
export function createVisitors({ store, clock, actors, tokens }: VisitorsDeps): Visitors {
  const swapped = new LRUCache<string, { readonly secret: string; readonly server: ServerId }>({ max: KNOWN });
  const standIns = new LRUCache<string, string>({ max: KNOWN });
  const ours = new LRUCache<ServerId, string>({ max: KNOWN });
  const brief = new LRUCache<string, { readonly server: ServerId; readonly endsMs: number }>({ max: KNOWN });

  const isOwn = (secret: string, server: ServerId): boolean => {
    const client = tokens.resolve(secret)?.token.oauth?.client;
    return client?.kind === 'server' && client.id === server;
  };

  /** What this actor may do here, and who it is. */
  const narrow = (actor: Actor, through: ServerId): Actor | undefined => {
    const record = store.servers.byId(through);
    const owner = record && store.users.byId(record.owner);
    if (record === undefined || owner === undefined || actor.kind === 'local') return undefined;
    const holder = { kind: actor.kind, name: actor.name } as const;
    const here = expandStored([`access:servers!server=${owner.name}/${record.name}`], { owner: holder });
    return { ...actor, scopes: union(intersect(here, actor.scopes, groupsOfName(store)), identityScopes(holder)) };
  };

  const ownerOf = (server: ServerId): Actor | undefined => {
    const record = store.servers.byId(server);
    const owner = record && store.users.byId(record.owner);
    return owner === undefined ? undefined : actors.ofUser(owner, 'server-token', `hub:${server}`);
  };

  /** The hub itself, at this server. */
  const isHub = (secret: string, through: ServerId): boolean => {
    const own = ours.get(through);
    if (own !== undefined && sameSecret(own, secret)) return true;
    const passing = brief.get(hashOfSecret(secret));
    return passing?.server === through && clock.monotonicMs() < passing.endsMs;
  };

  return {
    resolve(secret, through) {
      const hub = isHub(secret, through) ? ownerOf(through) : undefined;
      if (hub !== undefined) return narrow(hub, through);
      if (isOwn(secret, through)) return actors.byToken(secret);
      const known = swapped.get(hashOfSecret(secret));
      const actor = known?.server === through ? actors.byToken(known.secret) : undefined;
      return actor === undefined ? undefined : narrow(actor, through);
    },
    narrowed(secret, server) {
      if (actors.byToken(secret) === undefined) return undefined;
      if (isOwn(secret, server)) return secret;
      const key = `${server}\n${hashOfSecret(secret)}`;
      const known = standIns.get(key);
      if (known !== undefined && swapped.has(hashOfSecret(known))) return known;
      const fresh = newSecret();
      standIns.set(key, fresh);
      swapped.set(hashOfSecret(fresh), { secret, server });
      return fresh;
    },
    forHub(server) {
      if (ownerOf(server) === undefined) return undefined;
      const known = ours.get(server) ?? newSecret();
      ours.set(server, known);
      return known;
    },
    briefly(server) {
      if (ownerOf(server) === undefined) return undefined;
      const secret = newSecret();
      brief.set(hashOfSecret(secret), { server, endsMs: clock.monotonicMs() + BRIEF_MS });
      return secret;
    },
  };
}
