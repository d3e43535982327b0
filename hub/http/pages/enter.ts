import { notFound } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { found, type Exchange, type Reply } from '../exchange';
import type { Kit } from '../kit';
import type { HubRoute } from '../routes';
import { findServer } from './lab';

const MARK = /^[A-Za-z0-9_-]{43}$/;

/** User and rest of a path below `/user/`, decoded; undefined when it is none. `path` begins with the base path and has been made safe. */
export function serverPathOf(base: string, path: string): { readonly user: string; readonly rest: string } | undefined {
  const [, user, rest] = /^user\/([^/?#]+)\/([^?#]*)/.exec(path.startsWith(base) ? path.slice(base.length) : '') ?? [];
  if (user === undefined || rest === undefined) return undefined;
  try {
    return { user: decodeURIComponent(user), rest: decodeURIComponent(rest) };
  } catch (cause) {
    throw new HubError('invalid-input', 'This address is not valid.', { cause });
  }
}

/**
 * The hub's end of the way to a user's site (decision 011): whoever is signed in here and may use that server gets a ticket that is
 * good once, for a minute, in the browser that asked for it. Nothing changes by the visit.
 */
export function enterRoutes(kit: Kit): readonly HubRoute[] {
  const { settings, services, urls } = kit.deps;
  const enter = (x: Exchange): Reply => {
    const { sites } = settings;
    if (sites === null) throw notFound();
    const next = kit.next(x.query.get('next') ?? undefined, '');
    const path = serverPathOf(urls.base, next);
    const mark = x.query.get('mark') ?? '';
    const { session } = x.caller;
    if (path === undefined || !MARK.test(mark)) throw new HubError('invalid-input', 'This address is not complete. Open the server from the home page.');
    const { user } = findServer(kit.deps, x, path);
    const site = sites.labelOf(user.id);
    if (session === undefined || x.query.get('site') !== site) throw notFound();
    const query = new URLSearchParams({ ticket: services.sitePass.ticket(session.id, { site, mark }), next });
    if (x.query.get('again') === '1') query.set('again', '1');
    x.res.setHeader('Referrer-Policy', 'no-referrer');
    return found(`${sites.originOf(site)}${urls.enter}?${query}`);
  };

  return [{ method: 'get', path: '/hub/enter', kind: 'page', needs: ['access:servers'], handle: enter }];
}
