import { LRUCache } from 'lru-cache';
import { randomBytes } from 'node:crypto';
import { THEMES, type Brand, type Flash, type Shell, type Theme } from '../../views/layout';
import { renderPage, type Markup } from '../../views/render';
import type { Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { SessionId } from '../domain/ids';
import { UserTarget } from '../domain/scopes/covers';
import type { User } from '../domain/user';
import { cookieLine, cookieNames, LANGUAGE_COOKIE, THEME_COOKIE, XSRF_COOKIE, type CookieNames } from './cookies';
import type { AppDeps } from './deps';
import { isScripted, type Exchange, type Reply } from './exchange';
import { SESSION_TAG_COOKIE, sessionTag } from '../services/session-tag';
import { safeNext } from './safe-next';
import type { StaticFiles } from './static-files';

const FLASH_SESSIONS = 10_000;
const FLASHES_EACH = 5;
const BEFORE_COOKIE = /^[A-Za-z0-9_-]{22,64}$/;
const CHOICE_SECONDS = 365 * 86_400;

/** What every page needs, made once per app. */
export interface Kit {
  readonly deps: AppDeps;
  readonly names: CookieNames;
  readonly files: StaticFiles;
  readonly brand: Brand;
  page(x: Exchange, status: number, view: (shell: Shell) => Markup): Reply;
  /** Shown once, on the next page of this session. */
  flash(x: Exchange, flash: Flash): void;
  /** What forms have to echo: bound to the session, or before sign-in to a random cookie that is set here when it is missing. */
  formToken(x: Exchange): string;
  /** The binding of a request's forms; undefined: there is none yet. */
  bindingOf(x: Exchange): string | undefined;
  /** Validated target after an action; `fallback` when there is none. */
  next(given: string | undefined, fallback: string): string;
  signedIn(x: Exchange, cookie: string, sessionId: string): void;
  signedOut(x: Exchange): void;
  /** Gives the browser the tag of its session, which tokens from OAuth carry too. */
  tagSession(x: Exchange): void;
  /** For this browser; null: as it asks. */
  chooseLanguage(x: Exchange, lang: string | null): void;
  chooseTheme(x: Exchange, theme: Theme): void;
}

export function createKit(deps: AppDeps, files: StaticFiles, brand: Brand): Kit {
  const { settings, urls } = deps;
  const secure = settings.publicUrl.protocol === 'https:';
  const names = cookieNames(secure);
  const flashes = new LRUCache<string, readonly Flash[]>({ max: FLASH_SESSIONS });
  const setCookie = (x: Exchange, line: string): void => void x.res.appendHeader('Set-Cookie', line);
  // Out of reach for scripts: a server's page on the same origin could put an address of the hub into its own address bar (C12).
  const hubOnly = { path: urls.hub, secure, httpOnly: true } as const;
  const fresh = new WeakMap<Exchange, string>();
  // For every server and service to see, and worth nothing to them.
  const tagged = { path: urls.base, secure, httpOnly: true, sameSite: 'Lax' } as const;

  const takeFlashes = (x: Exchange): readonly Flash[] => {
    const id = x.caller.session?.id;
    const kept = id === undefined ? undefined : flashes.get(id);
    if (id !== undefined) flashes.delete(id);
    return kept ?? [];
  };

  const bindingOf = (x: Exchange): string | undefined => {
    if (x.caller.session !== undefined) return x.caller.session.id;
    const value = fresh.get(x) ?? x.cookies.get(names.before)?.[0];
    return value !== undefined && BEFORE_COOKIE.test(value) ? `before:${value}` : undefined;
  };

  const formToken = (x: Exchange): string => {
    if (bindingOf(x) === undefined) {
      const value = randomBytes(24).toString('base64url');
      fresh.set(x, value);
      setCookie(x, cookieLine(names.before, value, { path: '/', secure, httpOnly: true, sameSite: 'Lax' }));
    }
    return deps.services.sessions.xsrfToken(bindingOf(x) as string);
  };

  const shellOf = (x: Exchange): Shell => {
    const xsrf = formToken(x);
    // JupyterHub's clients take it from here, before they sign in too; set on pages only, so that a script's calls do not change it.
    setCookie(x, cookieLine(XSRF_COOKIE, xsrf, { ...hubOnly, sameSite: 'Strict' }));
    const user = x.caller.user;
    const viewer = user === undefined ? null : { name: user.name, admin: x.caller.actor?.scopes.has('admin-ui') ?? false, auditor: x.caller.actor?.admin ?? false };
    const path = `${urls.base}${x.ctx.path.slice(1)}`;
    return { lang: x.lang, t: x.t, theme: themeOf(x), brand, urls, asset: files.url, xsrf, viewer, flashes: isScripted(x) ? [] : takeFlashes(x), path, here: x.method === 'GET' ? `${path}${x.search}` : urls.home, maintenance: deps.services.maintenance.notice(), notices: x.caller.actor === undefined || user === undefined ? [] : deps.services.notices.open(x.caller.actor), now: deps.clock.now() };
  };

  const choice = (x: Exchange, name: string, value: string | null): void => setCookie(x, cookieLine(name, value ?? '', { ...hubOnly, sameSite: 'Lax', maxAgeSeconds: value === null ? 0 : CHOICE_SECONDS }));

  /** What somebody chose before goes with them; who never chose keeps what this browser has. */
  const bringChoices = (x: Exchange, session: SessionId): void => {
    const user = deps.services.sessions.byId(session)?.user;
    if (user === undefined) return;
    const { language, theme } = deps.services.accountInfo.choices(user.id);
    if (language !== null) choice(x, LANGUAGE_COOKIE, language);
    if (theme !== null) choice(x, THEME_COOKIE, theme);
  };

  return {
    deps,
    files,
    brand,
    names,
    bindingOf,
    formToken,
    page: (x, status, view) => ({ kind: 'html', status, markup: renderPage(view(shellOf(x))) }),
    flash(x, flash) {
      const id = x.caller.session?.id;
      if (id !== undefined) flashes.set(id, [...(flashes.get(id) ?? []), flash].slice(-FLASHES_EACH));
    },
    next: (given, fallback) => safeNext(given, settings.publicUrl, fallback),
    signedIn(x, cookie, sessionId) {
      setCookie(x, cookieLine(names.session, cookie, { path: '/', secure, httpOnly: true, sameSite: 'Lax' }));
      setCookie(x, cookieLine(names.before, '', { path: '/', secure, httpOnly: true, sameSite: 'Lax', maxAgeSeconds: 0 }));
      setCookie(x, cookieLine(XSRF_COOKIE, deps.services.sessions.xsrfToken(sessionId), { ...hubOnly, sameSite: 'Strict' }));
      setCookie(x, cookieLine(SESSION_TAG_COOKIE, sessionTag(sessionId as SessionId), tagged));
      bringChoices(x, sessionId as SessionId);
    },
    tagSession(x) {
      const tag = x.caller.session === undefined ? undefined : sessionTag(x.caller.session.id);
      if (tag !== undefined && x.cookies.get(SESSION_TAG_COOKIE)?.[0] !== tag) setCookie(x, cookieLine(SESSION_TAG_COOKIE, tag, tagged));
    },
    signedOut(x) {
      setCookie(x, cookieLine(names.session, '', { path: '/', secure, httpOnly: true, sameSite: 'Lax', maxAgeSeconds: 0 }));
      setCookie(x, cookieLine(XSRF_COOKIE, '', { ...hubOnly, sameSite: 'Strict', maxAgeSeconds: 0 }));
      setCookie(x, cookieLine(SESSION_TAG_COOKIE, '', { ...tagged, maxAgeSeconds: 0 }));
    },
    chooseLanguage: (x, lang) => choice(x, LANGUAGE_COOKIE, lang),
    chooseTheme: (x, theme) => choice(x, THEME_COOKIE, theme),
  };
}

const themeOf = (x: Exchange): Theme => THEMES.find((theme) => theme === x.cookies.get(THEME_COOKIE)?.[0]) ?? 'auto';

/** The caller, where the route's `needs` already made sure of one. */
export function actorOf(x: Exchange): Actor {
  if (x.caller.actor === undefined) throw new HubError('unauthenticated', 'Please sign in.');
  return x.caller.actor;
}

/**
 * The user a path names. Somebody else's account is looked up by whoever may read one; everybody else learns nothing about
 * which names exist (D06).
 */
export function ownerOf(deps: AppDeps, x: Exchange, name: string | undefined): User {
  const actor = actorOf(x);
  const user = x.caller.user !== undefined && (name === undefined || name === x.caller.user.name) ? x.caller.user : deps.services.accounts.find(actor, name ?? actor.name);
  if (user === undefined) throw new HubError('not-found', 'No such user, or not one that you may see.');
  return user;
}

/** For the models of a whole list: what its users have is read once, and not for each. */
export const readingOf = (deps: AppDeps, users: readonly User[]): AppDeps => ({ ...deps, directory: { ...deps.directory, ...deps.directory.of(users.map(({ id }) => id)) } });
export const targetOf = ({ directory }: AppDeps, { id, name }: User): UserTarget => new UserTarget(name, () => directory.groupsOf(id));
export const serverTargetOf = (deps: AppDeps, user: User, server: string) => ({ kind: 'server', user: user.name, server, get groups() { return deps.directory.groupsOf(user.id); } }) as const;
