import { HubError } from '../../domain/errors';
import { bearerOf } from '../../wire/authorization';
import { cookieLine, type CookieNames } from '../cookies';
import type { AppDeps } from '../deps';
import { asking, headerOf, NOBODY, type Caller, type Exchange } from '../exchange';

/**
 * Who asks: the local socket, else a valid token, else the session cookie. A token that means nothing does not hide a cookie
 * (JupyterHub's order), and then the cookie's rules apply.
 */
export function createIdentify({ settings, services, urls }: AppDeps, names: CookieNames): (x: Exchange, tokens: boolean) => Caller {
  const secure = settings.publicUrl.protocol === 'https:';

  /** Two cookies of this name: one of them is somebody else's, and nobody can tell which (B08). */
  const refuseTwice = (x: Exchange, name: string): never => {
    for (const path of new Set(['/', urls.base, urls.hub])) {
      if (path === '/' || !name.startsWith('__Host-')) x.res.appendHeader('Set-Cookie', cookieLine(name, '', { path, secure, httpOnly: true, sameSite: 'Lax', maxAgeSeconds: 0 }));
    }
    throw new HubError('invalid-input', 'Your browser sent a cookie of this hub twice. Both were removed; please sign in again.');
  };

  const sessionOf = (cookie: string, site: string | undefined): ReturnType<typeof services.sessions.resolve> => {
    if (site === undefined) return services.sessions.resolve(cookie);
    const id = services.sitePass.sessionOf(cookie, site);
    return id === undefined ? undefined : services.sessions.byId(id);
  };

  return (x, tokens) => {
    if (x.ctx.local === true) return { ...NOBODY, actor: asking(x, services.actors.local()) };
    for (const name of [names.session, names.before]) if ((x.cookies.get(name)?.length ?? 0) > 1) refuseTwice(x, name);
    const secret = tokens ? bearerOf(headerOf(x, 'authorization')) : undefined;
    const byToken = secret === undefined ? undefined : services.actors.byToken(secret);
    if (byToken !== undefined) return { ...NOBODY, actor: asking(x, byToken) };
    const cookie = x.cookies.get(names.session)?.[0];
    const found = cookie === undefined ? undefined : sessionOf(cookie, x.ctx.site);
    const actor = found === undefined ? undefined : services.actors.bySession(found.session.id);
    return actor === undefined || found === undefined ? { ...NOBODY, cookie } : { actor: asking(x, actor), session: found.session, user: found.user, cookie };
  };
}

/** The credential cannot be sent by another site's page: no cross-site or form-token rules apply. */
export const isExplicit = (caller: Caller): boolean => caller.actor !== undefined && caller.actor.via !== 'cookie';
