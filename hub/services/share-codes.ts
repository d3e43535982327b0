import { notFound, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { UserId } from '../domain/ids';
import { fullNameOf, type ShareCode, type Sharee } from '../domain/share';
import { hashOfSecret, newSecret } from './secrets';
import { createSharePlaces } from './share-places';
import type { SharesDeps } from './shares';
import type { ShareCodes } from './shares-contract';
import type { Throttle } from './throttle';

export interface ShareCodesDeps extends Omit<SharesDeps, 'recheck'> {
  readonly throttle: Pick<Throttle, 'guess'>;
}

const SECRET = /^[A-Za-z0-9_-]{43}$/;
const DAY_SECONDS = 86_400;
const SHORTEST_SECONDS = 60;
const LONGEST_SECONDS = 365 * DAY_SECONDS;

export function createShareCodes({ store, clock, audit, actors, vocabulary, throttle }: ShareCodesDeps): ShareCodes {
  const places = createSharePlaces({ store, vocabulary });

  const expiryOf = (created: Date, seconds: number): Date => {
    if (!Number.isInteger(seconds) || seconds < SHORTEST_SECONDS || seconds > LONGEST_SECONDS) throw new HubError('invalid-input', `expires_in must be an integer between ${SHORTEST_SECONDS} and ${LONGEST_SECONDS}`);
    return new Date(created.getTime() + seconds * 1000);
  };

  const known = (actor: Actor, secret: string): { readonly code: ShareCode; readonly to: Sharee } => {
    if (actor.kind !== 'user') throw new HubError('forbidden', 'Only people can accept an invitation.');
    const unknown = new HubError('not-found', 'This invitation does not exist, or has expired. Ask for a new one.');
    if (!SECRET.test(secret)) throw unknown;
    const attempt = throttle.guess(actor.id);
    const code = store.shareCodes.byHash(hashOfSecret(secret), clock.now());
    if (code === undefined) {
      attempt.fail();
      throw unknown;
    }
    if (code.server.owner.id === actor.id) throw new HubError('forbidden', 'This is your own server: you need no invitation.');
    return { code, to: { kind: 'user', id: actor.id as UserId, name: actor.name } };
  };

  return {
    list(actor, { owner, server }, page) {
      const at = { ...page, now: clock.now() };
      if (server === undefined) return store.shareCodes.list({ kind: 'owner', id: places.ownerOf(actor, 'read:shares', owner).id }, at);
      const { record } = places.serverOf(actor, 'read:shares', { owner, server });
      return record === undefined ? { codes: [], total: 0 } : store.shareCodes.list({ kind: 'server', id: record.id }, at);
    },
    create(actor, of, { scopes: raw, expiresInSeconds = DAY_SECONDS }) {
      const place = places.serverOf(actor, 'shares', of);
      const scopes = places.heldScopes(actor, place, raw);
      const created = clock.now();
      const expires = expiryOf(created, expiresInSeconds);
      const secret = newSecret();
      const code = store.transaction(() => {
        store.shareCodes.prune(created);
        const made = store.shareCodes.add({ server: places.recordOf(place).id, scopes, created, expires }, hashOfSecret(secret));
        audit.record(actor, 'share-code.create', `server:${fullNameOf(place)}`, { detail: { code: idOf(made), scopes, expires: expires.toISOString() } });
        return made;
      });
      return { code, secret };
    },
    revoke(actor, of, { secret, id }) {
      if (secret !== undefined && id !== undefined) throw new HubError('invalid-input', 'Only one of id and code can be given');
      const place = places.serverOf(actor, 'shares', of);
      const number = id === undefined ? undefined : numberOf(id);
      if (place.record === undefined) throw notFound();
      const which = { now: clock.now(), ...(number === undefined ? {} : { number }), ...(secret === undefined ? {} : { hash: hashOfSecret(secret) }) };
      const server = place.record.id;
      store.transaction(() => {
        const count = store.shareCodes.remove(server, which);
        if (count === 0) throw new HubError('not-found', 'No such share code');
        audit.record(actor, 'share-code.revoke', `server:${fullNameOf(place)}`, { detail: { count, ...(id === undefined ? {} : { code: id }) } });
      });
    },
    look: (actor, secret) => known(actor, secret).code,
    accept(actor, secret) {
      const { code, to } = known(actor, secret);
      const share = store.transaction(() => {
        const before = store.shares.find(code.server.id, to);
        const scopes = [...new Set([...(before?.scopes ?? []), ...code.scopes])].sort();
        store.shareCodes.exchanged(code.number, clock.now());
        audit.record(actor, 'share-code.accept', `server:${fullNameOf(code.server)}`, { detail: { code: idOf(code), scopes: code.scopes } });
        return store.shares.put(code.server.id, to, { scopes, at: clock.now() });
      });
      actors.forget(to.kind === 'user' ? to.id : undefined);
      return share;
    },
  };
}

/** `sc_1`: the public name of a code. */
export const idOf = ({ number }: Pick<ShareCode, 'number'>): string => `sc_${number}`;

/** Numbers begin with 1: what is no id names no code. */
function numberOf(id: string): number {
  const [, number] = /^sc_(\d{1,15})$/.exec(id) ?? [];
  return number === undefined ? 0 : Number(number);
}
