import { healthPage } from '../../../views/pages/health';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

/** What was checked, when, and with what result. A check takes seconds: the page begins it and says that it runs. */
export function healthRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls, log } = kit.deps;
  const show = (x: Exchange): Reply => {
    const report = services.health.report(actorOf(x));
    return kit.page(x, 200, (shell) => healthPage(shell, report));
  };
  const begin = (x: Exchange): Reply => {
    services.health.check(actorOf(x)).catch((err: unknown) => log.error({ err }, 'a check that was asked for broke off'));
    return seeOther(urls.adminHealth);
  };
  return [
    { method: 'get', path: '/hub/admin/health', kind: 'page', needs: ['admin-ui'], handle: show },
    { method: 'post', path: '/hub/admin/health', kind: 'page', needs: ['admin-ui'], handle: begin },
  ];
}
