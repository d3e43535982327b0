import { LRUCache } from 'lru-cache';
import { createHmac, randomBytes } from 'node:crypto';
import { demand, type Actor } from '../domain/access';
import { newId, type SessionId, type UserId } from '../domain/ids';
import type { Clock, Logger } from '../domain/runtime';
import type { Session } from '../domain/session';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import type { Sessions } from './contract';
import { firstOf, inTurns, ROWS_AT_ONCE } from './in-turns';
import { hashOfSecret, newSecret, sameSecret } from './secrets';

export interface SessionsDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  /** A session nobody used for this long is over. */
  readonly idleMs?: number;
  /** A session is over after this long in any case. */
  readonly absoluteMs?: number;
  /** For how long a password that was shown opens dangerous acts; 0: they are always open. */
  readonly reauthMs?: number;
  /** Of more sessions of one user, the one that was not used for the longest time ends. */
  readonly maxPerUser?: number;
  /** How often last-seen times are written and expired sessions are swept. */
  readonly flushEveryMs?: number;
}

export interface SessionService extends Sessions {
  /** Drops what is cached of a user (undefined: of everybody). Called by `Actors.forget`, which everybody else calls. */
  forget(user?: UserId): void;
  /** Tells the listeners of `onEnded` about a credential that is not a session: a token that was revoked. */
  announceEnded(credential: string): void;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CACHED = 20_000;
const MAX_PER_USER = 50;
const REAUTH_MS = 600_000;
const COOKIE = /^[A-Za-z0-9_-]{43}$/;
const XSRF_KEY = 'xsrf-key';

/**
 * Ages are counted on both clocks and the larger one decides: the wall clock alone would make sessions immortal when it is set
 * back, the other one stands still while a laptop sleeps (B13).
 */
interface Entry {
  readonly session: Session;
  readonly user: User;
  readonly loadedMs: number;
  readonly ageAtLoadMs: number;
  /** On the monotonic clock, minus the idle time at load. */
  seenMs: number;
  lastSeen: Date;
}

export function createSessions({ store, clock, log, idleMs = 12 * HOUR, absoluteMs = 14 * DAY, reauthMs = REAUTH_MS, maxPerUser = MAX_PER_USER, flushEveryMs = 30_000 }: SessionsDeps): SessionService {
  const key = xsrfKey(store);
  const listeners: ((credential: string) => void)[] = [];
  const cookieOf = new Map<SessionId, string>();
  const cache = new LRUCache<string, Entry>({ max: CACHED, dispose: (entry) => cookieOf.delete(entry.session.id) });
  // The same objects by id. Kept apart, so that nothing that a browser sends can ever be taken for an id.
  const entries = new LRUCache<SessionId, Entry>({ max: CACHED });
  const seen = new Map<SessionId, Date>();
  // On the clock that never jumps, and so in memory only: a stored time could be judged by the wall clock alone, which can be set back.
  // After a restart of the hub the password is asked for once more.
  const proofs = new Map<SessionId, number>();
  const active = new Map<UserId, Date>();

  const announceEnded = (credential: string): void => {
    for (const listener of listeners) listener(credential);
  };

  const drop = (id: SessionId): void => {
    const cookie = cookieOf.get(id);
    if (cookie !== undefined) cache.delete(cookie);
    entries.delete(id);
    seen.delete(id);
    proofs.delete(id);
    announceEnded(id);
  };

  const end = (id: SessionId): void => {
    store.sessions.remove(id);
    drop(id);
  };

  /** With the visits that are not written yet. */
  const listed = (user: UserId): readonly Session[] => store.sessions.listOf(user).map((session) => ({ ...session, lastSeen: seen.get(session.id) ?? session.lastSeen }));

  const makeRoom = (user: UserId, keep: SessionId): void => {
    const others = listed(user).filter((session) => session.id !== keep);
    if (others.length < maxPerUser) return;
    const oldestFirst = others.toSorted((a, b) => a.lastSeen.getTime() - b.lastSeen.getTime());
    for (const session of oldestFirst.slice(0, others.length + 1 - maxPerUser)) end(session.id);
  };

  const isOver = (entry: Entry, wall: number, mono: number): boolean => {
    if (mono - entry.seenMs > idleMs || wall - entry.lastSeen.getTime() > idleMs) return true;
    return entry.ageAtLoadMs + mono - entry.loadedMs > absoluteMs || wall - entry.session.created.getTime() > absoluteMs;
  };

  const load = (session: Session | undefined): Entry | undefined => {
    const known = session && entries.get(session.id);
    if (known !== undefined) return known;
    const user = session && store.users.byId(session.user);
    if (session === undefined || user === undefined) return undefined;
    const [wall, mono] = [clock.now().getTime(), clock.monotonicMs()];
    const lastSeen = seen.get(session.id) ?? session.lastSeen;
    // Made while the clock was far ahead: by its dates it would live until they come.
    if (session.created.getTime() - wall > DAY) {
      end(session.id);
      return undefined;
    }
    const entry = { session, user, loadedMs: mono, ageAtLoadMs: wall - session.created.getTime(), seenMs: mono - Math.max(0, wall - lastSeen.getTime()), lastSeen };
    entries.set(session.id, entry);
    return entry;
  };

  const loadByCookie = (cookie: string): Entry | undefined => {
    const entry = load(store.sessions.byHash(hashOfSecret(cookie)));
    if (entry !== undefined) remember(cookie, entry);
    return entry;
  };

  const loadById = (id: SessionId): Entry | undefined => {
    const cookie = cookieOf.get(id);
    return entries.get(id) ?? (cookie === undefined ? undefined : cache.get(cookie)) ?? load(store.sessions.byId(id));
  };

  const remember = (cookie: string, entry: Entry): void => {
    cache.set(cookie, entry);
    cookieOf.set(entry.session.id, cookie);
    entries.set(entry.session.id, entry);
  };

  /** undefined when it is over, or its user may not sign in. Records the visit. */
  const visited = (entry: Entry | undefined): Entry | undefined => {
    if (entry === undefined) return undefined;
    const [now, mono] = [clock.now(), clock.monotonicMs()];
    if (isOver(entry, now.getTime(), mono)) {
      end(entry.session.id);
      return undefined;
    }
    if (entry.user.status !== 'active') return undefined;
    entry.lastSeen = now;
    entry.seenMs = mono;
    seen.set(entry.session.id, now);
    active.set(entry.user.id, now);
    return entry;
  };

  /** True: more is left. */
  const writeSeen = (count: number): boolean => {
    if (seen.size === 0 && active.size === 0) return false;
    const sessions = firstOf(seen, count);
    const users = firstOf(active, count);
    store.transaction(() => {
      store.sessions.touch(sessions);
      store.users.touch(users);
    });
    for (const id of sessions.keys()) seen.delete(id);
    for (const id of users.keys()) active.delete(id);
    return seen.size > 0 || active.size > 0;
  };

  const endExpired = (): void => {
    const wall = clock.now().getTime();
    const expired = store.sessions.removeExpired({ lastSeen: new Date(wall - idleMs), created: new Date(wall - absoluteMs) });
    for (const id of expired) drop(id);
    // Those that only the other clock calls expired; copied, because `end` changes the cache.
    for (const entry of new Set([...cache.values(), ...entries.values()])) if (isOver(entry, wall, clock.monotonicMs())) end(entry.session.id);
  };

  const flush = (): void => {
    writeSeen(Infinity);
    endExpired();
  };

  /** With everything written first: a session that is in use is not called idle by an older time. */
  const flushSome = (): boolean => {
    if (closed) return false;
    try {
      if (writeSeen(ROWS_AT_ONCE)) return true;
      endExpired();
    } catch (err) {
      log.error({ err }, 'Last-seen times of sessions could not be written; the next round tries again.');
    }
    return false;
  };

  let closed = false;
  const stopFlushing = clock.every(flushEveryMs, () => inTurns(flushSome));

  return {
    start(user, from) {
      const cookie = newSecret();
      const now = clock.now();
      const session: Session = { id: newId<SessionId>(), user: user.id, created: now, lastSeen: now, address: from.address.slice(0, 64), userAgent: from.userAgent.slice(0, 256) };
      store.transaction(() => {
        store.sessions.create(session, hashOfSecret(cookie));
        store.users.touch(new Map([[user.id, now]]));
      });
      const mono = clock.monotonicMs();
      remember(cookie, { session, user, loadedMs: mono, ageAtLoadMs: 0, seenMs: mono, lastSeen: now });
      proofs.set(session.id, mono);
      makeRoom(user.id, session.id);
      return { cookie, session };
    },
    resolve: (cookie) => visited(cache.get(cookie) ?? (COOKIE.test(cookie) ? loadByCookie(cookie) : undefined)),
    byId: (id) => visited(loadById(id)),
    end,
    endAll(user, except) {
      for (const id of store.sessions.removeOf(user, except)) drop(id);
    },
    listOf(actor, user) {
      if (!isSelf(actor, user)) demand(actor, 'admin:users', { kind: 'user', name: store.users.byId(user)?.name ?? '', groups: store.groups.groupsOf(user).map((g) => g.name) });
      return listed(user);
    },
    proved: (id) => void proofs.set(id, clock.monotonicMs()),
    isProven: (id) => reauthMs === 0 || clock.monotonicMs() - (proofs.get(id) ?? -Infinity) <= reauthMs,
    onEnded: (listener) => void listeners.push(listener),
    xsrfToken: (binding) => xsrf(key, binding),
    verifyXsrf: (binding, token) => sameSecret(xsrf(key, binding), token),
    flush,
    close() {
      closed = true;
      stopFlushing();
      flush();
    },
    forget(user) {
      for (const [cookie, entry] of [...cache.entries()]) if (user === undefined || entry.user.id === user) cache.delete(cookie);
      for (const [id, entry] of [...entries.entries()]) if (user === undefined || entry.user.id === user) entries.delete(id);
    },
    announceEnded,
  };
}

const isSelf = (actor: Actor, user: UserId): boolean => actor.kind === 'user' && actor.id === user && actor.via === 'cookie';
const xsrf = (key: Buffer, binding: string): string => createHmac('sha256', key).update(`xsrf:${binding}`).digest('base64url');

/** Made at the first start and kept, so that open forms survive a restart of the hub. */
function xsrfKey(store: Store): Buffer {
  const kept = store.meta.get(XSRF_KEY);
  if (kept === undefined) {
    const fresh = randomBytes(32);
    store.meta.set(XSRF_KEY, fresh.toString('base64url'));
    return fresh;
  }
  const key = Buffer.from(kept, 'base64url');
  if (key.length !== 32) throw new Error(`The database holds a malformed ${XSRF_KEY}. Restore a backup, or remove that row: everybody has to reload open forms then.`);
  return key;
}
