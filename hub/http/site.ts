import { notFound } from '../domain/access';
import { HubError, toHubError } from '../domain/errors';
import type { Sites } from '../domain/sites';
import { cookieLine } from './cookies';
import { asking, found, wantsHtml, type Caller, type Exchange, type Reply } from './exchange';
import { actorOf, type Kit } from './kit';
import type { createSecurityHeaders } from './middleware/security-headers';
import { findServer, goneReply } from './pages/lab';
import { serverPathOf } from './pages/enter';
import type { ProxyFailure, RenderedFailure } from './render-failure';
import { send, sendable } from './send';

export interface SiteDeps {
  readonly kit: Kit;
  readonly identify: (x: Exchange, tokens: boolean) => Caller;
  readonly renderFailure: (failure: ProxyFailure) => RenderedFailure;
  readonly headersFor: ReturnType<typeof createSecurityHeaders>;
}

const NONCE = /^[A-Za-z0-9_-]{43}$/;
/** As long as somebody may take to sign in on the way; what is handed over lives for a minute. */
const NONCE_SECONDS = 900;

/**
 * What the hub answers on a user's own site, where scripts of that user's server run: the site's end of the way in, and why there is
 * no server. Nothing here shows a form, a form's token or whose session it is. Resolves when the answer is on its way.
 */
export function createSiteApp({ kit, identify, renderFailure, headersFor }: SiteDeps): (x: Exchange, site: string) => Promise<void> {
  const { deps } = kit;
  const { settings } = deps;
  const answer = createAnswers(kit, identify);

  const fail = (x: Exchange, thrown: unknown): Reply => {
    const failure = toHubError(thrown);
    if (failure.code === 'internal') deps.log.error({ requestId: x.ctx.requestId, handler: x.pattern, err: failure.cause ?? failure }, 'A request failed unexpectedly.');
    const { headers, body } = renderFailure({ code: failure.code, message: failure.message, path: x.ctx.path, wantsHtml: wantsHtml(x), requestId: x.ctx.requestId });
    for (const [name, value] of Object.entries(headers)) x.res.setHeader(name, value);
    return { kind: 'text', status: failure.status, type: headers['Content-Type'] ?? 'text/plain; charset=utf-8', body };
  };

  const reply = (x: Exchange, site: string): Reply => {
    try {
      if (settings.sites === null) throw notFound();
      return answer(x, { sites: settings.sites, site });
    } catch (err) {
      return fail(x, err);
    }
  };

  return async (x, site) => {
    x.pattern = x.ctx.path === '/hub/enter' ? '/hub/enter' : 'site';
    headersFor(x.res, 'page', x.ctx.scheme);
    // The hub's addresses carry tickets; they are told to nobody.
    x.res.setHeader('Referrer-Policy', 'no-referrer');
    await send(x, reply(x, site));
  };
}

/** One answer per request; throws what becomes a failure page. */
function createAnswers(kit: Kit, identify: SiteDeps['identify']): (x: Exchange, at: Place) => Reply {
  const { deps } = kit;
  const { settings, urls } = deps;
  const secure = settings.publicUrl.protocol === 'https:';
  const cookie = { path: '/', secure, httpOnly: true, sameSite: 'Lax' } as const;
  const nonceName = `${kit.names.session}-enter`;
  const setCookie = (x: Exchange, name: string, value: string, maxAgeSeconds?: number): void =>
    void x.res.appendHeader('Set-Cookie', cookieLine(name, value, { ...cookie, ...(maxAgeSeconds === undefined ? {} : { maxAgeSeconds }) }));
  /** The only one that the browser sent; with two of them nobody knows which is ours. */
  const nonceOf = (x: Exchange): string | undefined => {
    const [nonce, second] = x.cookies.get(nonceName) ?? [];
    return nonce !== undefined && second === undefined && NONCE.test(nonce) ? nonce : undefined;
  };
  const onHub = (x: Exchange): Reply => found(`${settings.publicUrl.origin}${urls.base}${x.ctx.path.slice(1)}${x.search}`);

  /** To the hub's host and back. Tabs that open at the same time share the nonce. */
  const begin = (x: Exchange, at: Place, next: string, again: boolean): Reply => {
    const kept = nonceOf(x);
    const fresh = deps.services.sitePass.newNonce();
    const nonce = kept ?? fresh.nonce;
    setCookie(x, nonceName, nonce, NONCE_SECONDS);
    const query = new URLSearchParams({ site: at.site, mark: deps.services.sitePass.markOf(nonce), next });
    if (again) query.set('again', '1');
    return found(`${settings.publicUrl.origin}${urls.enter}?${query}`);
  };

  const finish = (x: Exchange, at: Place): Reply => {
    const next = kit.next(x.query.get('next') ?? undefined, '');
    const path = serverPathOf(urls.base, next);
    if (path === undefined || !isVisit(x)) throw notFound();
    const pass = deps.services.sitePass.redeem(x.query.get('ticket') ?? '', { site: at.site, nonce: nonceOf(x) ?? '' });
    const session = pass === undefined ? undefined : deps.services.sessions.byId(pass.session);
    const actor = session === undefined ? undefined : deps.services.actors.bySession(session.session.id);
    if (pass === undefined || session === undefined || actor === undefined) {
      if (x.query.get('again') === '1') throw new HubError('forbidden', 'Your browser could not be signed in here. Allow cookies for this address, and open the server from the hub\'s home page.');
      return begin(x, at, next, true);
    }
    x.caller = { actor: asking(x, actor), ...session, cookie: undefined };
    const { user, record } = findServer(deps, x, path);
    if (at.sites.labelOf(user.id) !== at.site) throw notFound();
    // Somebody else's server: no question is asked here, and that they came is written down all the same (R01).
    if (record !== undefined && deps.access.mayConfirm(actorOf(x), record.id)) deps.access.confirmAccess(actorOf(x), record.id);
    setCookie(x, kit.names.session, pass.cookie);
    setCookie(x, nonceName, '', 0);
    return found(next);
  };

  /** There is no route, or not for this person. */
  const noServer = (x: Exchange, at: Place): Reply => {
    const here = `${urls.base}${x.ctx.path.slice(1)}${x.search}`;
    const path = serverPathOf(urls.base, here);
    if (path === undefined) throw notFound();
    x.caller = identify(x, true);
    if (x.caller.actor === undefined) {
      if (isVisit(x)) return begin(x, at, here, false);
      throw new HubError('forbidden', 'Sign in first.');
    }
    const place = findServer(deps, x, path);
    if (at.sites.labelOf(place.user.id) !== at.site) throw notFound();
    if (!isVisit(x) || x.caller.session === undefined) return goneReply(deps, x, place);
    const unentered = place.record?.state.kind === 'ready' && deps.access.mayConfirm(actorOf(x), place.record.id);
    return unentered ? begin(x, at, here, false) : onHub(x);
  };

  return (x: Exchange, at: Place): Reply => {
    const { path } = x.ctx;
    if (path === '/hub/enter') return finish(x, at);
    if (path.startsWith('/user/')) return noServer(x, at);
    if (path.startsWith('/hub/static/')) return staticFile(kit, x);
    if (isVisit(x) && (path === '/' || path === '/hub' || path.startsWith('/hub/'))) return onHub(x);
    throw notFound();
  };
}

interface Place {
  readonly sites: Sites;
  readonly site: string;
}

/** A person goes to a page. */
const isVisit = (x: Exchange): boolean => x.method === 'GET' && wantsHtml(x);

/** The look of the few pages that explain a failure here. */
function staticFile(kit: Kit, x: Exchange): Reply {
  const file = kit.files.get(x.ctx.path.slice('/hub/static/'.length));
  if (file === undefined || x.method !== 'GET') throw notFound();
  return sendable(x, file);
}
