import { passwordPage } from '../../../views/pages/sign-in';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { demandSame, orCorrect } from './account';

/** A user's own password. Every other session of theirs ends; this one stays (A17). */
export function passwordRoutes(kit: Kit): readonly HubRoute[] {
  const { urls, services } = kit.deps;

  const form = (x: Exchange, status: number, problem: string | undefined): Reply =>
    kit.page(x, status, (shell) => passwordPage(shell, { must: x.caller.user?.mustChangePassword ?? false, problem }));

  const change = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    const ask = { current: x.form.one('current'), next: demandSame(x), keep: x.caller.session?.id, address: x.ctx.address };
    await services.accounts.changeOwnPassword(actorOf(x), ask);
    kit.flash(x, { tone: 'ok', text: x.t('password.done') });
    return seeOther(urls.home);
  }, (status, problem) => form(x, status, problem));

  return [
    { method: 'get', path: '/hub/password', kind: 'page', needs: 'identified', beforePasswordChange: true, handle: (x) => form(x, 200, undefined) },
    { method: 'post', path: '/hub/password', kind: 'page', needs: 'identified', beforePasswordChange: true, handle: change },
  ];
}
