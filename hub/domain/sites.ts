import { createHash } from 'node:crypto';
import type { UserId } from './ids';

/**
 * Where each user's servers live when they have a host name of their own: `https://u-<label>.nb.example.org`. Derived from
 * settings and immutable ids alone, so that a re-created user never inherits what a browser keeps for the old one's site.
 */
export interface Sites {
  /** Label of the site of this user: opaque, and a valid DNS label. */
  labelOf(owner: UserId): string;
  /** `scheme://host[:port]` of the site with this label. */
  originOf(label: string): string;
  /** The same as a set of one: the only origin that a request to this site may name. */
  originsOf(label: string): ReadonlySet<string>;
  /** Label that a `Host` value names; null when it is not a site's host. Says nothing about whether such a user exists. */
  labelIn(host: string): string | null;
  /** `scheme://*.<domain>[:port]`, for a policy that speaks of all of them. */
  readonly pattern: string;
  readonly scheme: 'http' | 'https';
}

const LABEL = /^u-[a-z2-7]{20}$/;
const KNOWN = 10_000;

/** Sites below `domain` with the scheme and the port of the public URL. */
export function createSites(publicUrl: URL, domain: string): Sites {
  const port = publicUrl.port === '' ? '' : `:${publicUrl.port}`;
  const rest = `.${domain}${port}`;
  const withDefaultPort = publicUrl.port === '' ? `.${domain}:${publicUrl.protocol === 'https:' ? '443' : '80'}` : rest;
  const labels = new Map<UserId, string>();
  const origins = new Map<string, ReadonlySet<string>>();
  const originOf = (label: string): string => `${publicUrl.protocol}//${label}${rest}`;

  return {
    labelOf: (owner) => kept(labels, owner, siteLabel),
    originOf,
    originsOf: (label) => kept(origins, label, () => new Set([originOf(label)])),
    labelIn(host) {
      const lower = host.toLowerCase();
      const dot = lower.indexOf('.');
      if (dot === -1 || !LABEL.test(lower.slice(0, dot))) return null;
      const after = lower.slice(dot);
      return after === rest || after === withDefaultPort ? lower.slice(0, dot) : null;
    },
    pattern: `${publicUrl.protocol}//*${rest}`,
    scheme: publicUrl.protocol === 'https:' ? 'https' : 'http',
  };
}

/** Whether a host name could be some user's site below `domain`. */
export const isSiteName = (hostname: string, domain: string): boolean => hostname.endsWith(`.${domain}`) && LABEL.test(hostname.slice(0, -domain.length - 1));

function kept<K, V>(known: Map<K, V>, key: K, make: (key: K) => V): V {
  const seen = known.get(key);
  if (seen !== undefined) return seen;
  if (known.size >= KNOWN) known.clear();
  const made = make(key);
  known.set(key, made);
  return made;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

/** 100 bits of a hash of the id: enough that no two users meet, and nobody learns an id or a name from it. */
function siteLabel(owner: UserId): string {
  const digest = createHash('sha256').update(owner).digest();
  let label = 'u-';
  for (let bit = 0; bit < 100; bit += 5) label += ALPHABET.charAt((digest.readUInt16BE(bit >> 3) >> (11 - (bit & 7))) & 31);
  return label;
}
