import { LRUCache } from 'lru-cache';
import { can, demand, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { ServerId, UserId } from '../domain/ids';
import type { Clock, Logger } from '../domain/runtime';
import type { Authorise, Grant } from '../../proxy/contract';
import type { Store } from '../store/store';
import { nameOf } from './actors';
import type { Actors, Recorder, Sessions, SitePass } from './contract';
import type { Visitors } from './oauth-contract';
import { serverTarget, type ServerTarget } from './server-target';

export interface AuthoriseDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly audit: Pick<Recorder, 'record'>;
  readonly actors: Pick<Actors, 'byCookie' | 'bySession' | 'byToken'>;
  readonly sessions: Pick<Sessions, 'onEnded'>;
  /** How long a confirmation to enter somebody else's server holds. */
  readonly confirmedForMs?: number;
  /** Each user's servers have a site of their own, and this proves who came there. null, the default: they lie on the hub's host. */
  readonly sitePass?: Pick<SitePass, 'sessionOf'> | null;
  /** What a `singleuser` server is shown of a token. Absent: nothing. */
  readonly visitors?: Pick<Visitors, 'narrowed'>;
}

export interface ServerAccess {
  /**
   * For the proxy, also in timers, so it never throws. Reads snapshots only, a look-up per credential and one per server, but for the first
   * time that a guest's program comes: that is written down, and what cannot be written down is refused.
   */
  readonly authorise: Authorise;
  /**
   * Somebody in a browser, by office or by a share, says: yes, I want into this server that is not mine (R01). Audited, and shown to its owner; holds for this session only.
   * Throws `not-found` for an unknown server and as `demand` does without `access:servers` on it.
   */
  confirmAccess(actor: Actor, server: ServerId): void;
  /** True when the actor would get in after confirming: the page shows the question instead of a refusal. */
  mayConfirm(actor: Actor, server: ServerId): boolean;
}

/** A program of a guest cannot be asked, and is written down like one that was. */
type Verdict = Grant | { readonly kind: 'needs-confirmation'; readonly grant: Grant } | { readonly kind: 'noted'; readonly grant: Grant };

/** Credentials that entered something; tokens also end by themselves, and nobody tells. One that is forgotten is asked or noted again. */
const CONFIRMED = 20_000;

const FORBIDDEN: Grant = { kind: 'forbidden' };
const ANONYMOUS: Grant = { kind: 'anonymous' };

export function createAuthorise({ store, clock, log, audit, actors, sessions, sitePass = null, visitors, confirmedForMs = 8 * 3_600_000 }: AuthoriseDeps): ServerAccess {
  // An actor object lives until anything changes that it was made from; so do the verdicts that hang on it.
  const verdicts = new WeakMap<Actor, Map<ServerId, Verdict>>();
  /** Session to server to the end of the confirmation, on the clock that never jumps. */
  const confirmed = new LRUCache<string, Map<ServerId, number>>({ max: CONFIRMED });
  sessions.onEnded((credential) => confirmed.delete(credential));

  const targetOf = (server: ServerId): ServerTarget | undefined => {
    const record = store.servers.byId(server);
    const owner = record && store.users.byId(record.owner);
    if (record === undefined || owner === undefined) return undefined;
    return serverTarget(store, owner, record.name);
  };

  const judge = (actor: Actor, server: ServerId): Verdict => {
    const target = targetOf(server);
    if (target === undefined) return { kind: 'forbidden', userName: actor.name };
    if (actor.kind === 'local' || !can(actor, 'access:servers', target)) return FORBIDDEN;
    // A service comes as itself: what it has open is counted and found by its own id.
    const grant: Grant = { kind: 'allow', user: actor.id as UserId, userName: actor.name, credential: actor.credential };
    // Access to everything is for administering, and a share is what its owner wants, who writes the pages there. A role that names a
    // user, group or server is an administrator's decision about exactly these.
    const isGuest = actor.name !== target.user && (actor.scopes.get('access:servers')?.all === true || isShared(actor, server));
    if (isGuest && actor.via === 'cookie') return { kind: 'needs-confirmation', grant };
    return isGuest ? { kind: 'noted', grant } : grant;
  };

  const isShared = (actor: Actor, server: ServerId): boolean => actor.kind === 'user' && store.shares.heldBy(actor.id).some((share) => share.server.id === server);

  const verdictOn = (actor: Actor, server: ServerId): Verdict => {
    const known = verdicts.get(actor) ?? new Map<ServerId, Verdict>();
    const cached = known.get(server);
    if (cached !== undefined) return cached;
    const verdict = judge(actor, server);
    known.set(server, verdict);
    verdicts.set(actor, known);
    return verdict;
  };

  /** Written down before anything opens, for the owner to see. */
  const enter = (actor: Actor, server: ServerId, target: ServerTarget): void => {
    store.transaction(() => {
      audit.record(actor, 'server.enter', `server:${target.user}/${target.server}`, { detail: { server } });
      store.visits.add(server, actor.name, clock.now());
    });
    const of = confirmed.get(actor.credential) ?? new Map<ServerId, number>();
    confirmed.set(actor.credential, of.set(server, clock.monotonicMs() + confirmedForMs));
  };

  const noted = (actor: Actor, server: ServerId, grant: Grant): Grant => {
    const target = isConfirmed(actor, server) ? undefined : targetOf(server);
    if (target === undefined) return grant;
    try {
      enter(actor, server, target);
      return grant;
    } catch (err) {
      log.error({ actor: nameOf(actor), server, err }, 'A program was not let into a server that is not its owner\'s, because that could not be written down.');
      return FORBIDDEN;
    }
  };

  const isConfirmed = (actor: Actor, server: ServerId): boolean => (confirmed.get(actor.credential)?.get(server) ?? -Infinity) > clock.monotonicMs();

  /** A server that asks the hub about its visitors' tokens never gets one that opens more than itself. */
  const shown = (token: string, server: ServerId): { readonly authorization?: string } => {
    const narrow = visitors?.narrowed(token, server);
    return narrow === undefined ? {} : { authorization: `token ${narrow}` };
  };

  /** A cookie of the hub's host proves nothing on a site, and a site's own proves nothing anywhere else. */
  const inBrowser = (value: string, site: string | undefined): Actor | undefined => {
    if (site === undefined) return actors.byCookie(value);
    const session = sitePass?.sessionOf(value, site);
    return session === undefined ? undefined : actors.bySession(session);
  };

  return {
    authorise(credential, route) {
      if (credential.kind === 'none') return ANONYMOUS;
      const actor = credential.kind === 'cookie' ? inBrowser(credential.value, credential.site) : actors.byToken(credential.value);
      if (actor === undefined) return ANONYMOUS;
      const judged = verdictOn(actor, route.server);
      const verdict = judged.kind === 'noted' ? noted(actor, route.server, judged.grant) : judged;
      if (verdict.kind === 'allow' && credential.kind === 'token' && route.upstream.kind === 'singleuser') return { ...verdict, ...shown(credential.value, route.server) };
      if (verdict.kind !== 'needs-confirmation') return verdict;
      // On the hub's host this opens nothing then: it is where the browser is sent from to the site, which records who enters.
      if (sitePass !== null && credential.kind === 'cookie' && credential.site === undefined) return verdict.grant;
      return isConfirmed(actor, route.server) ? verdict.grant : FORBIDDEN;
    },
    confirmAccess(actor, server) {
      const target = targetOf(server);
      if (target === undefined) throw new HubError('not-found', 'There is no such server.');
      demand(actor, 'access:servers', target);
      if (verdictOn(actor, server).kind !== 'needs-confirmation') return;
      enter(actor, server, target);
      log.info({ actor: nameOf(actor), server }, 'Somebody confirmed to enter a server that is not theirs.');
    },
    mayConfirm: (actor, server) => verdictOn(actor, server).kind === 'needs-confirmation' && !isConfirmed(actor, server),
  };
}
