/** What a browser says about where a request comes from. Absent headers are undefined. */
export interface CrossSiteFacts {
  readonly method: string;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  readonly secFetchMode: string | undefined;
  readonly secFetchDest: string | undefined;
  readonly upgrade: boolean;
}

export type CrossSiteVerdict = 'ok' | 'origin-missing' | 'origin-foreign' | 'site-foreign';

/** Methods that promise to change nothing (RFC 9110, 9.2.1) and that we let in. */
export const isSafeMethod = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

/** `none` is the person's own doing: a typed address, a bookmark. */
const fromOutside = (site: string | undefined): boolean => site !== undefined && site !== 'same-origin' && site !== 'none';

/**
 * May a request that is authenticated by cookie alone have come from our own pages? Origins are compared as whole strings
 * (a prefix or a pattern is how CVE-2026-40110 happened). Requests with a valid token are not asked: no other site can send one.
 * `framed`: a page may also be opened in a frame, because its response names the origins that may show it.
 */
export function checkCrossSite(facts: CrossSiteFacts, accepted: ReadonlySet<string>, framed = false): CrossSiteVerdict {
  const { origin, secFetchSite } = facts;
  if (origin !== undefined && !accepted.has(origin)) return 'origin-foreign';
  if (facts.upgrade) {
    if (origin === undefined) return 'origin-missing';
    return fromOutside(secFetchSite) ? 'site-foreign' : 'ok';
  }
  if (!isSafeMethod(facts.method)) {
    if (fromOutside(secFetchSite)) return 'site-foreign';
    return origin !== undefined || secFetchSite === 'same-origin' ? 'ok' : 'origin-missing';
  }
  if (!fromOutside(secFetchSite)) return 'ok';
  // A link on another site may be followed; its frames, scripts, images and fetches get nothing.
  return facts.secFetchMode === 'navigate' && (facts.secFetchDest === 'document' || (framed && facts.secFetchDest === 'iframe')) ? 'ok' : 'site-foreign';
}
