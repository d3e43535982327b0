import { bootstrapPage, signedUpPage, signUpPage } from '../../../views/pages/sign-in';
import { HubError, toHubError } from '../../domain/errors';
import { found, headerOf, seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

const MAY_BE_CORRECTED = new Set(['invalid-input', 'conflict', 'rate-limited', 'forbidden', 'unavailable']);

/**
 * Runs what a form asks for. What its sender can correct comes back as the same form with a sentence on top; everything else
 * is an error like any other.
 */
export async function orCorrect<T = Reply>(x: Exchange, work: () => Promise<T>, again: (status: number, problem: string) => T): Promise<T> {
  try {
    return await work();
  } catch (err) {
    const failure = toHubError(err);
    if (!MAY_BE_CORRECTED.has(failure.code)) throw failure;
    x.res.setHeader('X-Hub-Code', failure.code);
    if (failure.retryAfterSeconds !== undefined) x.res.setHeader('Retry-After', String(Math.max(1, Math.ceil(failure.retryAfterSeconds))));
    return again(failure.status, failure.message);
  }
}

export function demandSame(x: Exchange): string {
  const password = x.form.one('password');
  if (password === undefined || password !== x.form.one('repeat')) throw new HubError('invalid-input', x.t('form.mismatch'));
  return password;
}

/** Sign-up, and the link that makes the first administrator. */
export function accountRoutes(kit: Kit): readonly HubRoute[] {
  const { urls, settings, services } = kit.deps;

  const signUpForm = (x: Exchange, status: number, problem: string | undefined): Reply => {
    if (settings.signUp === 'closed') throw new HubError('forbidden', x.t('signup.closed'));
    if (x.caller.actor !== undefined) return found(urls.home);
    const username = (x.form.one('username') ?? '').slice(0, 64);
    return kit.page(x, status, (shell) => signUpPage(shell, { username, problem, needsApproval: settings.signUp === 'approval' }));
  };

  const signUp = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    if (settings.signUp === 'closed') throw new HubError('forbidden', x.t('signup.closed'));
    const { status } = await services.accounts.signUp({ username: x.form.one('username'), password: demandSame(x), address: x.ctx.address, requestId: x.ctx.requestId });
    return kit.page(x, 200, (shell) => signedUpPage(shell, { status }));
  }, (status, problem) => signUpForm(x, status, problem));

  const bootstrapForm = (x: Exchange, status: number, link: string, problem: string | undefined): Reply => {
    const name = services.bootstrap.nameFor(link);
    if (name === undefined) throw new HubError('forbidden', x.t('bootstrap.dead'));
    return kit.page(x, status, (shell) => bootstrapPage(shell, { name, link, problem }));
  };

  const redeem = (x: Exchange): Promise<Reply> => {
    const link = x.form.one('link') ?? '';
    return orCorrect(x, async () => {
      const user = await services.bootstrap.redeem({ secret: link, password: demandSame(x), address: x.ctx.address, requestId: x.ctx.requestId });
      if (x.caller.session !== undefined) services.login.signOut(actorOf(x), x.caller.session.id);
      const { cookie, session } = services.sessions.start(user, { address: x.ctx.address, userAgent: headerOf(x, 'user-agent') ?? '' });
      kit.signedIn(x, cookie, session.id);
      return seeOther(urls.home);
    }, (status, problem) => bootstrapForm(x, status, link, problem));
  };

  return [
    { method: 'get', path: '/hub/signup', kind: 'page', needs: 'anyone', handle: (x) => signUpForm(x, 200, undefined) },
    { method: 'post', path: '/hub/signup', kind: 'page', needs: 'anyone', handle: signUp },
    { method: 'get', path: '/hub/bootstrap', kind: 'page', needs: 'anyone', handle: (x) => bootstrapForm(x, 200, x.query.get('link') ?? '', undefined) },
    { method: 'post', path: '/hub/bootstrap', kind: 'page', needs: 'anyone', handle: redeem },
  ];
}
