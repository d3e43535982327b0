import { notRunningPage } from '../../../views/pages/spawn';
import { confirmPage } from '../../../views/pages/confirm';
import { can, isOwn, notFound } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { DEFAULT_SERVER, type ServerName } from '../../domain/ids';
import type { User } from '../../domain/user';
import { found, json, isScripted, prefers, headerOf, seeOther, type Exchange, type Reply } from '../exchange';
import type { AppDeps } from '../deps';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { placeOf, type Place } from './spawn';

/** Requests below `/user/` for servers that have no route (protocol, 2.11), and the way into a server of somebody else. */
export function labRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { urls, settings } = deps;
  const gone = (x: Exchange, place: Place): Reply => goneReply(deps, x, place);

  const visit = (x: Exchange): Reply => {
    const place = findServer(deps, x, { user: x.params['user'] ?? '', rest: x.params['rest'] ?? '' });
    const here = `${urls.base}${labPath(x).slice(1)}${x.search}`;
    const kind = place.record?.state.kind ?? 'stopped';
    if (place.record !== undefined && kind === 'ready') return isOldPlace(x) && isRead(x) ? found(here) : whileReady(x, place);
    if (!isRead(x) || isForProgram(x)) return gone(x, place);
    if (kind === 'queued' || kind === 'starting' || kind === 'stopping' || kind === 'failed') return seeOther(`${urls.spawnPending(place.user.name, place.server)}?next=${encodeURIComponent(here)}`);
    const mayStart = settings.launcher && can(actorOf(x), 'start:servers', serverTargetOf(deps, place.user, place.server));
    const reason = place.record?.state.kind === 'stopped' ? place.record.state.reason : null;
    const mayKnow = place.record !== undefined && can(actorOf(x), 'read:servers', serverTargetOf(deps, place.user, place.server));
    const end = mayKnow ? deps.services.servers.truth(actorOf(x), place.user, place.server).lastEnd : null;
    x.res.setHeader('X-Hub-Code', 'server-not-running');
    return kit.page(x, 424, (shell) =>
      notRunningPage(shell, { user: place.user.name, server: place.server, own: place.own, reason, end, mayStart, profiles: deps.directory.profilesFor(place.user.id), profile: place.record?.profile ?? null, next: here }));
  };

  /** Ready and yet here: an administrator who has not confirmed, or the moment before the route is there. */
  const whileReady = (x: Exchange, place: Place): Reply => {
    const actor = actorOf(x);
    if (settings.sites === null && place.record !== undefined && deps.access.mayConfirm(actor, place.record.id)) {
      if (x.method === 'GET' && !isForProgram(x)) return found(urls.access(place.user.name, place.server));
      throw new HubError('forbidden', 'Confirm first that you want to enter this server.');
    }
    throw new HubError('unavailable', 'The server is about to answer. Please try again.', { retryAfterSeconds: 1 });
  };

  const askAccess = (x: Exchange): Reply => {
    const place = placeOf(kit, x, 'access:servers');
    // On a site of its own a server's pages are nobody else's neighbours: there is nothing to warn of (decision 011).
    if (settings.sites !== null || place.own || (place.record !== undefined && !deps.access.mayConfirm(actorOf(x), place.record.id))) return found(urls.server(place.user.name, place.server));
    const user = place.user.name;
    return kit.page(x, 200, (shell) =>
      confirmPage(shell, { title: x.t('access.title', { user }), text: x.t('access.explain', { user }), submit: x.t('access.submit'), action: urls.access(user, place.server), back: isByOffice(x) ? urls.adminUsers : urls.home, backText: x.t('action.cancel') }));
  };

  const confirmAccess = (x: Exchange): Reply => {
    const place = placeOf(kit, x, 'access:servers');
    if (place.record === undefined) throw new HubError('not-found', 'There is no such server.');
    deps.access.confirmAccess(actorOf(x), place.record.id);
    return seeOther(urls.server(place.user.name, place.server));
  };

  const slash = (x: Exchange): Reply => ({ kind: 'redirect', status: 301, location: `${urls.base}${x.ctx.path.slice(1)}/${x.search}` });
  const bare = (x: Exchange): Reply => found(`${urls.base}${labPath(x).slice(1)}/${x.search}`);
  const lab = (method: HubRoute['method'], path: string): HubRoute => ({ method, path, kind: 'lab', needs: ['access:servers'], handle: visit });
  return [
    { method: 'get', path: '/hub/access/:user', kind: 'page', needs: ['access:servers'], handle: askAccess },
    { method: 'get', path: '/hub/access/:user/:server', kind: 'page', needs: ['access:servers'], handle: askAccess },
    { method: 'post', path: '/hub/access/:user', kind: 'page', needs: ['access:servers'], reauth: isByOffice, handle: confirmAccess },
    { method: 'post', path: '/hub/access/:user/:server', kind: 'page', needs: ['access:servers'], reauth: isByOffice, handle: confirmAccess },
    { method: 'get', path: '/hub/user/:user', kind: 'lab', needs: 'anyone', handle: bare },
    { method: 'get', path: '/user/:user', kind: 'lab', needs: 'anyone', handle: slash },
    // The second is where JupyterHub's own proxy sends what has no route (protocol, 2.11).
    ...['/user/:user/{*rest}', '/hub/user/:user/{*rest}'].flatMap((path) => (['get', 'post', 'put', 'patch', 'delete'] as const).map((method) => lab(method, path))),
  ];
}

/** To enter what somebody shared is no office's act: it takes a click, and no password. */
const isByOffice = (x: Exchange): boolean => actorOf(x).scopes.get('access:servers')?.all === true;

/**
 * The server that a path below `/user/` means: the first segment names one only when one of that name exists; else it is Jupyter's own
 * path. Throws `not-found` alike for what does not exist and for what the actor may not use (D06).
 */
export function findServer(deps: AppDeps, x: Exchange, path: { readonly user: string; readonly rest: string }): Place {
  const actor = actorOf(x);
  const user: User | undefined = x.caller.user?.name === path.user ? x.caller.user : deps.services.accounts.find(actor, path.user);
  if (user === undefined) throw notFound();
  const records = deps.directory.serversOf(user.id);
  const first = path.rest.split('/')[0] ?? '';
  const record = records.find((s) => s.name === first && first !== '') ?? records.find((s) => s.name === DEFAULT_SERVER);
  const server = record?.name ?? (DEFAULT_SERVER as ServerName);
  if (!can(actor, 'access:servers', serverTargetOf(deps, user, server))) throw notFound();
  return { user, server, own: isOwn(actor, user), record };
}

/** 424, in JupyterHub's words, which JupyterLab understands as "stopped" and offers to start again. */
export function goneReply({ urls, settings }: AppDeps, x: Exchange, place: Place): Reply {
  const restart = `${settings.publicUrl.origin}${urls.spawn(place.user.name, place.server)}`;
  x.res.setHeader('X-Hub-Code', 'server-not-running');
  const message = `JupyterHub server no longer running at ${urls.base}${labPath(x).slice(1)}. Restart the server at ${restart}`;
  return json(424, { status: 424, message, code: 'server-not-running', requestId: x.ctx.requestId });
}

const isRead = (x: Exchange): boolean => x.method === 'GET' || x.method === 'HEAD';
const isOldPlace = (x: Exchange): boolean => x.ctx.path.startsWith('/hub/');
/** Where a browser has it, whichever of the two places it came to. */
const labPath = (x: Exchange): string => (isOldPlace(x) ? x.ctx.path.slice('/hub'.length) : x.ctx.path);

/** JSON preferred over HTML, or any segment named `api`: nobody is looking at the answer (protocol, 2.11). */
function isForProgram(x: Exchange): boolean {
  const accept = headerOf(x, 'accept') ?? '';
  if (isScripted(x) || x.ctx.path.split('/').includes('api')) return true;
  return headerOf(x, 'sec-fetch-mode') !== 'navigate' && prefers(accept, 'application/json', 'text/html');
}
