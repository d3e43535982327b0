import { confirmPage } from '../../../views/pages/confirm';
import { THEMES } from '../../../views/layout';
import { signInPage } from '../../../views/pages/sign-in';
import type { AccountDetails } from '../../domain/account';
import { HubError, toHubError } from '../../domain/errors';
import { found, seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { createPasswordSignIn } from './sign-in';

const SHOWN_NAME = 255;

/** The ways in and out: base path, sign-in, sign-out, language. */
export function entranceRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { urls, settings, services } = deps;
  const signIn = createPasswordSignIn(services.login);
  const toHub = (x: Exchange): Reply => found(`${urls.hub}${x.search}`);

  const form = (x: Exchange, status: number, problem: string | undefined, given: { readonly username: string; readonly next: string | undefined }): Reply =>
    kit.page(x, status, (shell) => signInPage(shell, { ...given, username: given.username.slice(0, SHOWN_NAME), problem, maySignUp: settings.signUp !== 'closed' }));

  const show = (x: Exchange): Reply => {
    const next = x.query.get('next') ?? undefined;
    if (x.caller.actor !== undefined) return found(kit.next(next, urls.home));
    return form(x, 200, undefined, { username: x.query.get('username') ?? '', next });
  };

  /** 302 and not 303: load generators of JupyterHub's world insist on it (protocol, 2.8). */
  const enter = async (x: Exchange): Promise<Reply> => {
    const next = x.form.one('next') ?? x.query.get('next') ?? undefined;
    try {
      const { cookie, session, user } = await signIn(x);
      kit.signedIn(x, cookie, session.id);
      return found(user.mustChangePassword ? urls.password : kit.next(next, urls.home));
    } catch (err) {
      const failure = toHubError(err);
      if (failure.code === 'internal') throw failure;
      if (failure.retryAfterSeconds !== undefined) x.res.setHeader('Retry-After', String(Math.max(1, Math.ceil(failure.retryAfterSeconds))));
      x.res.setHeader('X-Hub-Code', failure.code);
      return form(x, failure.status, failure.message, { username: x.form.one('username') ?? '', next });
    }
  };

  const askOut = (x: Exchange): Reply => {
    if (x.caller.actor === undefined) return found(urls.login());
    return kit.page(x, 200, (shell) =>
      confirmPage(shell, { title: x.t('logout.title'), text: x.t('logout.explain'), submit: x.t('logout.submit'), action: urls.logout, back: urls.home, backText: x.t('logout.stay') }));
  };

  const leave = (x: Exchange): Reply => {
    if (x.caller.session !== undefined) services.login.signOut(actorOf(x), x.caller.session.id);
    kit.signedOut(x);
    return seeOther(urls.login());
  };

  /** Whoever is signed in finds it again in the next browser. */
  const remember = (x: Exchange, chosen: Partial<AccountDetails>): void => {
    if (x.caller.user !== undefined) services.accountInfo.change(actorOf(x), x.caller.user, chosen);
  };

  const theme = (x: Exchange): Reply => {
    const chosen = THEMES.find((one) => one === x.form.one('theme'));
    if (chosen === undefined) throw new HubError('invalid-input', x.t('theme.unknown'));
    remember(x, { theme: chosen });
    kit.chooseTheme(x, chosen);
    return seeOther(kit.next(x.form.one('next'), urls.home));
  };

  const language = (x: Exchange): Reply => {
    const lang = x.form.one('lang');
    if (lang !== 'en' && lang !== 'zh') throw new HubError('invalid-input', 'There is no such language here.');
    remember(x, { language: lang });
    kit.chooseLanguage(x, lang);
    return seeOther(kit.next(x.form.one('next'), urls.hub));
  };

  return [
    { method: 'get', path: '/', kind: 'page', needs: 'anyone', handle: toHub },
    { method: 'get', path: '/hub', kind: 'page', needs: 'anyone', handle: () => ({ kind: 'redirect', status: 301, location: urls.hub }) },
    { method: 'get', path: '/hub/', kind: 'page', needs: 'anyone', handle: (x) => found(x.caller.actor === undefined ? urls.login(urls.hub) : urls.home) },
    { method: 'get', path: '/hub/login', kind: 'page', needs: 'anyone', handle: show },
    { method: 'post', path: '/hub/login', kind: 'page', needs: 'anyone', handle: enter },
    { method: 'get', path: '/hub/logout', kind: 'page', needs: 'anyone', handle: askOut },
    { method: 'post', path: '/hub/logout', kind: 'page', needs: 'identified', beforePasswordChange: true, handle: leave },
    { method: 'post', path: '/hub/theme', kind: 'page', needs: 'anyone', handle: theme },
    { method: 'post', path: '/hub/language', kind: 'page', needs: 'anyone', handle: language },
  ];
}
