import { checkCrossSite, isSafeMethod } from '../../domain/cross-site';
import { HubError } from '../../domain/errors';
import { headerOf, isOwnVisit, isScripted, type Exchange } from '../exchange';
import type { Kit } from '../kit';
import type { HubRoute } from '../routes';
import { isExplicit } from './identify';

/**
 * Requests that carry nothing but a cookie: did one of our own pages send them, as a person's own action? Two independent
 * answers are asked of everything that may change something: where the browser says it comes from, and the form token.
 */
export function createSameOrigin(kit: Kit): { readonly before: (x: Exchange, route: HubRoute) => void; readonly token: (x: Exchange, route: HubRoute) => void } {
  const accepted: ReadonlySet<string> = new Set(kit.deps.settings.acceptedOrigins);

  /** In a header, where no form and no link can put it. */
  const hasToken = (x: Exchange): boolean => {
    const given = headerOf(x, 'x-xsrftoken');
    const binding = x.caller.session?.id;
    return given !== undefined && binding !== undefined && kit.deps.services.sessions.verifyXsrf(binding, given);
  };

  /** Before the body is read. */
  const before = (x: Exchange, route: HubRoute): void => {
    if (isExplicit(x.caller) || route.kind === 'plain') return;
    if (route.kind === 'page') demandNavigation(x, () => hasToken(x));
    const verdict = checkCrossSite(
      { method: x.method, origin: headerOf(x, 'origin'), secFetchSite: headerOf(x, 'sec-fetch-site'), secFetchMode: headerOf(x, 'sec-fetch-mode'), secFetchDest: headerOf(x, 'sec-fetch-dest'), upgrade: false },
      accepted,
    );
    if (verdict === 'ok') return;
    // No credential: the API says so itself. A sign-in form from a program without such headers is held by its token alone.
    if (x.caller.actor === undefined && (route.kind === 'api' || route.kind === 'lab' || verdict === 'origin-missing')) return;
    throw new HubError('forbidden', 'This request came from another site, or from an address that this hub does not know as its own.');
  };

  /** After the body is read, because a form carries its token in it. */
  const token = (x: Exchange, route: HubRoute): void => {
    if (isExplicit(x.caller) || route.kind === 'plain') return;
    const unsafe = !isSafeMethod(x.method);
    // A page of JupyterLab whose server has stopped knows no token of the hub, and has to learn with 424 that it has stopped.
    if (route.kind === 'api' ? !needsTokenOnApi(x, unsafe) : !unsafe) return;
    const given = x.form.one('_xsrf') ?? headerOf(x, 'x-xsrftoken') ?? headerOf(x, 'x-csrftoken') ?? x.query.get('_xsrf') ?? undefined;
    const binding = kit.bindingOf(x);
    if (given !== undefined && binding !== undefined && kit.deps.services.sessions.verifyXsrf(binding, given)) return;
    if (route.kind === 'page') throw new HubError('forbidden', 'This form is no longer valid. Go back, reload the page and try again.');
    throw new HubError('forbidden', given === undefined ? `'_xsrf' argument missing from ${x.method}` : `XSRF cookie does not match ${x.method} argument`);
  };

  return { before, token };
}

/**
 * Pages answer a person who goes to them; a script of a server on the same origin gets nothing to read (C12). A script of the hub's own pages
 * brings their form token, in a header that no form and no other site can set.
 */
function demandNavigation(x: Exchange, hasToken: () => boolean): void {
  if (!isScripted(x) || (x.method === 'GET' && hasToken())) return;
  throw new HubError('forbidden', 'Pages of the hub open in a window of their own and nowhere else.');
}

/**
 * For addresses that are only read and whose reading is written down: by a cookie, another site's page could make anybody appear in the audit log
 * as a reader of somebody's files, and keep the engine busy with it (C06).
 */
export function demandOwnVisit(x: Exchange): void {
  if (isExplicit(x.caller) || isOwnVisit(x)) return;
  throw new HubError('forbidden', 'Another site sent you here, and reading this is recorded. Open it from the hub, or type its address.');
}

/** JupyterHub's table (protocol, 2.7), with `no-cors` checked too: a script tag of a neighbour's page would be one. */
function needsTokenOnApi(x: Exchange, unsafe: boolean): boolean {
  if (x.caller.actor === undefined) return false;
  if (unsafe) return true;
  const mode = headerOf(x, 'sec-fetch-mode');
  return x.method === 'GET' && mode !== undefined && mode !== 'navigate';
}
