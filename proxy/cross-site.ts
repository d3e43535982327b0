import { checkCrossSite, isSafeMethod } from '../hub/domain/cross-site';
import type { RequestFacts } from './contract';
import type { Inspection } from './request-guard';
import type { Route } from './route-table';

export { checkCrossSite, isSafeMethod } from '../hub/domain/cross-site';

/** Why a request with nothing but the cookie is refused; null when it may pass. */
export function crossSiteRefusal(facts: RequestFacts, found: Inspection, from: { readonly origins: ReadonlySet<string>; readonly framed: boolean }): string | null {
  const verdict = checkCrossSite(
    { method: facts.method, origin: found.origin, secFetchSite: found.secFetchSite, secFetchMode: found.secFetchMode, secFetchDest: found.secFetchDest, upgrade: facts.upgrade },
    from.origins,
    from.framed,
  );
  switch (verdict) {
    case 'ok': return null;
    case 'origin-missing': return 'The request does not say which site it comes from. Programs use a token.';
    case 'origin-foreign': return 'The request comes from another site.';
    case 'site-foreign': return 'The request comes from another site.';
  }
}

/**
 * Jupyter's own double submit, which the injected secret switches off there: an unsafe request repeats the `_xsrf` cookie, which
 * only pages below that server's path can read, in a header or in the query.
 */
export function lacksXsrfToken(facts: RequestFacts, found: Inspection, sent: { readonly route: Route; readonly xsrfCookie: string | undefined; readonly search: string }): boolean {
  if (sent.route.upstream.kind !== 'injected' || facts.upgrade || isSafeMethod(facts.method)) return false;
  const { xsrfCookie } = sent;
  if (xsrfCookie === undefined || xsrfCookie === '') return true;
  return found.xsrfToken !== xsrfCookie && xsrfArgument(sent.search) !== xsrfCookie;
}

function xsrfArgument(search: string): string | undefined {
  if (!search.includes('_xsrf=')) return undefined;
  return new URLSearchParams(search).get('_xsrf') ?? undefined;
}
