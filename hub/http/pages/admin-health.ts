import { healthPage } from '../../../views/pages/health';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

/** What was checked, when, and with what result, and what backups there are. A check or a backup takes seconds: the page begins it and says that it runs. */
export function healthRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls, log } = kit.deps;
  const show = (x: Exchange): Reply => {
    const report = services.health.report(actorOf(x));
    const backups = services.backups.report(actorOf(x));
    return kit.page(x, 200, (shell) => healthPage(shell, { ...report, backups }));
  };
  const begin = (x: Exchange): Reply => {
    services.health.check(actorOf(x)).catch((err: unknown) => log.error({ err }, 'a check that was asked for broke off'));
    return seeOther(urls.adminHealth);
  };
  const backUp = (x: Exchange): Reply => {
    services.backups.make(actorOf(x)).catch((err: unknown) => log.warn({ err }, 'a backup that was asked for was not made'));
    return seeOther(urls.adminHealth);
  };
  /** With `undo`, a warning comes back. One that is gone meanwhile needs neither. */
  const dismiss = (x: Exchange): Reply => {
    const code = x.form.one('code') ?? '';
    services.health[x.form.one('undo') === '1' ? 'recall' : 'dismiss'](actorOf(x), code);
    return seeOther(urls.adminHealth);
  };
  return [
    { method: 'get', path: '/hub/admin/health', kind: 'page', needs: ['admin-ui'], handle: show },
    { method: 'post', path: '/hub/admin/health', kind: 'page', needs: ['admin-ui'], handle: begin },
    { method: 'post', path: '/hub/admin/health/dismiss', kind: 'page', needs: ['admin-ui'], handle: dismiss },
    { method: 'post', path: '/hub/admin/backups', kind: 'page', needs: ['admin-ui'], reauth: true, handle: backUp },
  ];
}
