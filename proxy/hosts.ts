import type { Sites } from '../hub/domain/sites';

/** Which `Host` values are ours, and by which scheme they are reached. */
export interface Hosts {
  /** `ok` also when the case differs; `malformed` is not a host at all (400), `foreign` is not ours (421). */
  check(host: string): 'ok' | 'malformed' | 'foreign';
  /** undefined when the same host is accepted over both. */
  schemeOf(host: string): 'http' | 'https' | undefined;
  /** Label of the user's site that this host is; null on the hub's own hosts. */
  siteOf(host: string): string | null;
}

/** Throws a TypeError for something that is not an origin (`scheme://host[:port]`). */
export function createHosts(origins: Iterable<string>, sites: Sites | null = null): Hosts {
  const schemes = new Map<string, 'http' | 'https' | undefined>();
  const add = (host: string, scheme: 'http' | 'https'): void => {
    schemes.set(host, schemes.has(host) && schemes.get(host) !== scheme ? undefined : scheme);
  };
  for (const origin of origins) {
    const url = new URL(origin);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError(`Not an origin: ${origin}`);
    const scheme = url.protocol === 'https:' ? 'https' : 'http';
    add(url.host, scheme);
    if (url.port === '') add(`${url.host}:${scheme === 'https' ? '443' : '80'}`, scheme);
  }
  const wellFormed = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;
  const siteOf = (host: string): string | null => (sites === null || schemes.has(host) || schemes.has(host.toLowerCase()) ? null : sites.labelIn(host));
  return {
    check: (host) => {
      if (schemes.has(host) || schemes.has(host.toLowerCase()) || siteOf(host) !== null) return 'ok';
      return wellFormed.test(host) && Number(/:(\d+)$/.exec(host)?.[1] ?? 0) <= 65535 ? 'foreign' : 'malformed';
    },
    siteOf,
    schemeOf: (host) => schemes.get(host) ?? schemes.get(host.toLowerCase()) ?? (siteOf(host) === null ? undefined : sites?.scheme),
  };
}
