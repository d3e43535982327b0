import { LRUCache } from 'lru-cache';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { newId, type SessionId } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import type { Store } from '../store/store';
import type { SitePass } from './contract';
import { newSecret, sameSecret } from './secrets';

export interface SitePassDeps {
  readonly store: Pick<Store, 'meta'>;
  readonly clock: Clock;
}

const KEY = 'site-key';
const TICKET_MS = 60_000;
const KNOWN = 20_000;
const TICKET = /^([0-9a-f-]{36})\.([0-9a-f-]{36})\.(\d{1,16})\.([A-Za-z0-9_-]{43})$/;
/** No value of the hub's own cookie has a dot, and none of ours is without: neither can ever be taken for the other. */
const PASS = /^site\.([0-9a-f-]{36})\.([A-Za-z0-9_-]{43})$/;

/**
 * Ways from a session on the hub's host to a user's own site. Neither a ticket nor a pass is stored: both say by a signature what
 * they are good for, and both are worth nothing without the session, which ends them.
 */
export function createSitePass({ store, clock }: SitePassDeps): SitePass {
  // Tickets do not outlive the process, and so neither does the need to remember which were used.
  const ticketKey = randomBytes(32);
  const used = new LRUCache<string, true>({ max: KNOWN });
  const known = new LRUCache<string, SessionId>({ max: KNOWN });
  let passKey: Buffer | undefined;

  const signTicket = (parts: readonly string[]): string => createHmac('sha256', ticketKey).update(parts.join('\n')).digest('base64url');
  const signPass = (session: string, site: string): string => createHmac('sha256', (passKey ??= keyOf(store))).update(`${site}\n${session}`).digest('base64url');

  return {
    newNonce() {
      const nonce = newSecret();
      return { nonce, mark: markOf(nonce) };
    },
    markOf,
    ticket(session, { site, mark }) {
      const id = newId<string>();
      const until = String(Math.ceil(clock.monotonicMs()) + TICKET_MS);
      return [id, session, until, signTicket([id, session, until, site, mark])].join('.');
    },
    redeem(ticket, { site, nonce }) {
      const [, id, session, until, signature] = TICKET.exec(ticket) ?? [];
      if (id === undefined || session === undefined || until === undefined || signature === undefined) return undefined;
      // Also when it does not fit here: whoever has seen it in an address must not try it elsewhere.
      const fresh = !used.has(id);
      used.set(id, true);
      // No nonce is not one: the mark of nothing can be made by anybody, and would hand a session to browsers that never asked for it.
      const fits = nonce !== '' && sameSecret(signTicket([id, session, until, site, markOf(nonce)]), signature);
      if (!fresh || !fits || clock.monotonicMs() > Number(until)) return undefined;
      return { session: session as SessionId, cookie: `site.${session}.${signPass(session, site)}` };
    },
    sessionOf(cookie, site) {
      const key = `${site}\n${cookie}`;
      const seen = known.get(key);
      if (seen !== undefined) return seen;
      const [, session, signature] = PASS.exec(cookie) ?? [];
      if (session === undefined || signature === undefined || !sameSecret(signPass(session, site), signature)) return undefined;
      known.set(key, session as SessionId);
      return session as SessionId;
    },
  };
}

const markOf = (nonce: string): string => createHash('sha256').update(`enter:${nonce}`).digest('base64url');

/** Made at the first use and kept, so that open labs survive a restart of the hub. */
function keyOf({ meta }: SitePassDeps['store']): Buffer {
  const kept = meta.get(KEY);
  if (kept === undefined) {
    const fresh = randomBytes(32);
    meta.set(KEY, fresh.toString('base64url'));
    return fresh;
  }
  const key = Buffer.from(kept, 'base64url');
  if (key.length !== 32) throw new Error(`The database holds a malformed ${KEY}. Restore a backup, or remove that row: everybody enters the sites of servers anew then.`);
  return key;
}
