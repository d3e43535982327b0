import { reauthPage, sessionsPage, type SessionRow } from '../../../views/pages/sessions';
import { notFound } from '../../domain/access';
import type { SessionId, UserId } from '../../domain/ids';
import type { Session } from '../../domain/session';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { readUserAgent } from '../user-agent';

const MANAGE = ['admin:users'] as const;

/** A browser and its system, in words. */
export function sessionWords(x: Exchange, session: Session): string {
  const { browser, system } = readUserAgent(session.userAgent);
  if (browser === undefined) return system ?? x.t('sessions.unknown');
  return system === undefined ? browser : x.t('sessions.browserOn', { browser, system });
}

/** Where somebody is signed in, and ending it: one's own, and for administrators those of others (B03, B16). */
export function sessionRoutes(kit: Kit): readonly HubRoute[] {
  const { urls, services, directory } = kit.deps;

  const rowOf = (x: Exchange, session: Session, end: string): SessionRow => ({
    browser: sessionWords(x, session), address: session.address, created: session.created, lastSeen: session.lastSeen, current: session.id === x.caller.session?.id, end,
  });

  const own = (x: Exchange): Reply => {
    const rows = services.sessions.listOf(actorOf(x), ownerOf(kit.deps, x, undefined).id).map((session) => rowOf(x, session, urls.session(session.id)));
    return kit.page(x, 200, (shell) => sessionsPage(shell, { title: x.t('sessions.title'), sessions: rows, endAll: urls.sessionsEnd, back: undefined }));
  };

  /** Whoever ends the session they look through is signed out, and is told so by the sign-in page. */
  const after = (x: Exchange, ended: boolean, text: string, back: string): Reply => {
    if (ended) {
      kit.signedOut(x);
      return seeOther(urls.login());
    }
    kit.flash(x, { tone: 'ok', text });
    return seeOther(back);
  };

  const endOne = (x: Exchange): Reply => {
    const id = x.params['session'] as SessionId;
    services.accounts.endSession(actorOf(x), ownerOf(kit.deps, x, undefined).id, id);
    return after(x, id === x.caller.session?.id, x.t('sessions.ended'), urls.sessions);
  };

  const endAll = (x: Exchange): Reply => {
    services.accounts.endSessions(actorOf(x), ownerOf(kit.deps, x, undefined).id);
    return after(x, true, '', urls.sessions);
  };

  const listOther = (x: Exchange): Reply => {
    const id = x.params['id'] as UserId;
    const sessions = services.sessions.listOf(actorOf(x), id);
    const name = directory.nameOf(id);
    if (name === undefined) throw notFound();
    const rows = sessions.map((session) => rowOf(x, session, urls.adminSession(id, session.id)));
    return kit.page(x, 200, (shell) => sessionsPage(shell, { title: x.t('sessions.titleOf', { name }), sessions: rows, endAll: urls.adminSessionsEnd(id), back: urls.adminUsers }));
  };

  const endOther = (x: Exchange): Reply => {
    const [user, id] = [x.params['id'] as UserId, x.params['session'] as SessionId];
    services.accounts.endSession(actorOf(x), user, id);
    return after(x, id === x.caller.session?.id, x.t('sessions.ended'), kit.next(x.form.one('next'), urls.adminSessions(user)));
  };

  const endAllOther = (x: Exchange): Reply => {
    const user = x.params['id'] as UserId;
    services.accounts.endSessions(actorOf(x), user);
    return after(x, user === x.caller.user?.id, x.t('sessions.endedAll', { name: directory.nameOf(user) ?? '' }), kit.next(x.form.one('next'), urls.adminSessions(user)));
  };

  const askPassword = (x: Exchange): Reply =>
    kit.page(x, 200, (shell) => reauthPage(shell, { action: urls.reauth, fields: [['next', kit.next(x.query.get('next') ?? undefined, urls.home)]], field: 'reauth-password', problem: undefined, back: urls.home }));

  return [
    { method: 'get', path: '/hub/sessions', kind: 'page', needs: 'identified', handle: own },
    { method: 'post', path: '/hub/sessions/end', kind: 'page', needs: 'identified', handle: endAll },
    { method: 'post', path: '/hub/sessions/:session/end', kind: 'page', needs: 'identified', handle: endOne },
    { method: 'get', path: '/hub/admin/users/:id/sessions', kind: 'page', needs: MANAGE, handle: listOther },
    { method: 'post', path: '/hub/admin/users/:id/sessions/end', kind: 'page', needs: MANAGE, handle: endAllOther },
    { method: 'post', path: '/hub/admin/users/:id/sessions/:session/end', kind: 'page', needs: MANAGE, handle: endOther },
    // For programs that act by cookie: their 403 names this page.
    { method: 'get', path: '/hub/reauth', kind: 'page', needs: 'identified', handle: askPassword },
    { method: 'post', path: '/hub/reauth', kind: 'page', needs: 'identified', reauth: true, handle: (x) => seeOther(kit.next(x.form.one('next'), urls.home)) },
  ];
}
