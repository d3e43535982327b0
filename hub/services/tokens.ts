import { LRUCache } from 'lru-cache';
import { demand, demandMayChange, notFound, type Actor, type Target } from '../domain/access';
import { HubError } from '../domain/errors';
import { newId, type SessionId, type TokenId, type UserId } from '../domain/ids';
import type { Clock, Logger } from '../domain/runtime';
import { expandRaw } from '../domain/scopes/expand';
import { isSubset } from '../domain/scopes/intersect';
import { BUILT_IN } from '../domain/scopes/parse';
import type { Vocabulary } from '../domain/scopes/tree';
import { sameClient, type Token } from '../domain/session';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { groupsOfName, scopesOf } from './actors';
import type { Recorder, Sessions, Tokens } from './contract';
import { recogniseToken } from './foreign-tokens';
import { firstOf, inTurns, ROWS_AT_ONCE } from './in-turns';
import { hashOfSecret, newSecret } from './secrets';

export interface TokensDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Pick<Recorder, 'record'>;
  /** Told about every token that was revoked or expired, so that its open sockets close: `sessions.announceEnded`. */
  readonly onEnded: (credential: string) => void;
  /** A token that a client got by OAuth is worth something for as long as the session it was given in, and its use is a visit. */
  readonly sessions: Pick<Sessions, 'byId'>;
  /** Longest life of a token; administrators may go beyond it. */
  readonly maxLifetimeSeconds?: number;
  readonly vocabulary?: Vocabulary;
  readonly flushEveryMs?: number;
}

export interface TokenService extends Tokens {
  /** Drops what is cached of a user (undefined: of everybody). Called by `Actors.forget`, which everybody else calls. */
  forget(user?: UserId): void;
  /** The token is gone from the store, or is to go: nothing of it stays open. */
  discard(id: TokenId): void;
  /** A session is over, and with it what clients got in it. */
  sessionEnded(session: SessionId): void;
  close(): void;
}

interface Entry {
  readonly token: Token;
  readonly user: User;
  /** On the clock that never jumps; null: never. The wall clock is asked too, and the earlier end counts (B13). */
  readonly expiresMs: number | null;
}

const CACHED = 20_000;
const DAY_SECONDS = 86_400;
/** API tokens that one user may have at once. Lists of them are read as a whole, and a program in a loop must not fill the database. */
const MOST_EACH = 1_000;
const FOREVER_SECONDS = 100 * 365 * DAY_SECONDS;

export function createTokens(deps: TokensDeps): TokenService {
  const { store, clock, log, audit, onEnded, maxLifetimeSeconds = 90 * DAY_SECONDS, vocabulary = BUILT_IN, flushEveryMs = 30_000 } = deps;
  const secretOf = new Map<TokenId, string>();
  const cache = new LRUCache<string, Entry>({ max: CACHED, dispose: (entry) => secretOf.delete(entry.token.id) });
  const used = new Map<TokenId, Date>();
  const active = new Map<UserId, Date>();

  const end = (id: TokenId): void => {
    store.tokens.remove(id);
    const secret = secretOf.get(id);
    if (secret !== undefined) cache.delete(secret);
    used.delete(id);
    onEnded(id);
  };

  /** Asked each time: such a token ends with rows that others remove, its session and its client. */
  const stillStands = ({ token }: Entry): boolean => token.oauth === undefined || (store.tokens.byId(token.id) !== undefined && deps.sessions.byId(token.oauth.session) !== undefined);

  const isOver = ({ token, expiresMs }: Entry, now: Date): boolean => expiresMs !== null && (clock.monotonicMs() >= expiresMs || isPast(token, now));

  const load = (secret: string): Entry | undefined => {
    const token = store.tokens.byHash(hashOfSecret(secret)) ?? recogniseToken(store, secret);
    const user = token && store.users.byId(token.owner);
    if (token === undefined || user === undefined) return undefined;
    const expiresMs = token.expires === null ? null : clock.monotonicMs() + token.expires.getTime() - clock.now().getTime();
    const entry = { token, user, expiresMs };
    cache.set(secret, entry);
    secretOf.set(token.id, secret);
    return entry;
  };

  /** True: more is left. */
  const writeUsed = (count: number): boolean => {
    if (used.size === 0 && active.size === 0) return false;
    const tokens = firstOf(used, count);
    const users = firstOf(active, count);
    store.transaction(() => {
      store.tokens.touch(tokens);
      store.users.touch(users);
    });
    for (const id of tokens.keys()) used.delete(id);
    for (const id of users.keys()) active.delete(id);
    return used.size > 0 || active.size > 0;
  };

  const endExpired = (): void => {
    for (const entry of [...cache.values()]) if (isOver(entry, clock.now())) end(entry.token.id);
  };

  const flush = (): void => {
    writeUsed(Infinity);
    endExpired();
  };

  const flushSome = (): boolean => {
    if (closed) return false;
    try {
      if (writeUsed(ROWS_AT_ONCE)) return true;
      endExpired();
    } catch (err) {
      log.error({ err }, 'Last-used times of tokens could not be written; the next round tries again.');
    }
    return false;
  };

  let closed = false;
  const stopFlushing = clock.every(flushEveryMs, () => inTurns(flushSome));

  const targetOf = (owner: User): Target => ({ kind: 'user', name: owner.name, groups: store.groups.groupsOf(owner.id).map((g) => g.name) });

  const expiryOf = (actor: Actor, seconds: number | null): Date | null => {
    if (seconds === null) {
      if (!actor.admin) throw new HubError('forbidden', `A token expires after ${maxLifetimeSeconds} seconds at most; only administrators may make one that never does.`);
      return null;
    }
    const most = actor.admin ? FOREVER_SECONDS : maxLifetimeSeconds;
    if (!Number.isInteger(seconds)) throw new HubError('invalid-input', 'token expires_in must be null or integer');
    if (seconds < 1 || seconds > most) throw new HubError('invalid-input', `token expires_in must be between 1 and ${most} seconds`);
    return new Date(clock.now().getTime() + seconds * 1000);
  };

  /**
   * A token that asks for more than its owner holds is refused rather than cut down; so is one that would outgrow the token it is made
   * with, where that belongs to the same person or both to administrators: the flag lets a narrow one of theirs in here (D04).
   */
  const demandHeld = (actor: Actor, owner: User, scopes: readonly string[]): void => {
    const held = scopesOf(store, owner, vocabulary);
    const limits = actor.via === 'token' && (actor.id === owner.id || owner.admin) ? [held, actor.scopes] : [held];
    for (const scope of scopes) {
      const asked = expandRaw([scope], { owner: { kind: 'user', name: owner.name }, inherit: held }, vocabulary);
      if (!limits.every((limit) => isSubset(asked, limit, groupsOfName(store)))) throw new HubError('invalid-input', `Not assigning requested scopes ${scope} not held by User ${owner.name}`);
    }
  };

  /** What has ended makes room first; nobody else takes away what is never shown again. */
  const demandRoom = (owner: User): void => {
    const all = store.tokens.listOf(owner.id);
    for (const token of all.filter((one) => isPast(one, clock.now()))) end(token.id);
    const living = all.filter((one) => one.oauth === undefined && !isPast(one, clock.now()));
    if (living.length >= MOST_EACH) throw new HubError('invalid-input', `${owner.name} has ${MOST_EACH} tokens already. Revoke some that are no longer used.`);
  };

  return {
    create(actor, owner, ask) {
      demand(actor, 'tokens', targetOf(owner));
      demandMayChange(actor, owner);
      if (owner.status !== 'active') throw new HubError('conflict', 'This account is not active.');
      const expires = expiryOf(actor, ask.expiresInSeconds);
      demandHeld(actor, owner, ask.scopes);
      demandRoom(owner);
      const secret = newSecret();
      const token: Token = { id: newId<TokenId>(), owner: owner.id, note: ask.note.slice(0, 1024), scopes: [...new Set(ask.scopes)], created: clock.now(), expires, lastUsed: null };
      store.transaction(() => {
        store.tokens.create(token, hashOfSecret(secret));
        audit.record(actor, 'token.create', `user:${owner.name}`, { detail: { token: token.id, scopes: token.scopes, note: token.note, expires: expires?.toISOString() ?? null } });
      });
      return { token, secret };
    },
    listOf(actor, owner) {
      demand(actor, 'read:tokens', targetOf(owner));
      const live = store.tokens.listOf(owner.id).filter((token) => !isPast(token, clock.now()));
      return live.map((token) => ({ ...token, lastUsed: used.get(token.id) ?? token.lastUsed }));
    },
    revoke(actor, owner, id) {
      demand(actor, 'tokens', targetOf(owner));
      demandMayChange(actor, owner);
      // Somebody else's token is as unknown as none at all (D06).
      const token = store.tokens.byId(id);
      if (token === undefined || token.owner !== owner.id) throw notFound();
      const { oauth } = token;
      // One that a client got stands for all that it got: the client would go on with another (protocol, 3.8).
      const ended = oauth === undefined ? [token] : store.tokens.listOf(owner.id).filter((one) => one.oauth !== undefined && sameClient(one.oauth.client, oauth.client));
      store.transaction(() => {
        audit.record(actor, 'token.revoke', `user:${owner.name}`, { detail: { token: id, ...(ended.length > 1 ? { with: ended.length - 1 } : {}) } });
        for (const one of ended) end(one.id);
      });
    },
    resolve(secret) {
      // Tokens taken over from elsewhere may be shorter than ours; nothing that long is one.
      const entry = cache.get(secret) ?? (secret.length >= 8 && secret.length <= 512 ? load(secret) : undefined);
      if (entry === undefined) return undefined;
      const now = clock.now();
      if (isOver(entry, now) || !stillStands(entry)) {
        end(entry.token.id);
        return undefined;
      }
      if (entry.user.status !== 'active') return undefined;
      used.set(entry.token.id, now);
      active.set(entry.user.id, now);
      return entry;
    },
    discard: end,
    sessionEnded(session) {
      for (const { token } of [...cache.values()]) if (token.oauth?.session === session) end(token.id);
    },
    flush,
    close() {
      closed = true;
      stopFlushing();
      flush();
    },
    forget(user) {
      if (user === undefined) cache.clear();
      else for (const [secret, entry] of [...cache.entries()]) if (entry.user.id === user) cache.delete(secret);
    },
  };
}

const isPast = (token: Token, now: Date): boolean => token.expires !== null && token.expires.getTime() <= now.getTime();
