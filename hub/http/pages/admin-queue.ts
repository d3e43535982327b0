import { queuePage } from '../../../views/pages/queue';
import type { ServerName } from '../../domain/ids';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

/** The line of starts that wait for a place, and a way to put somebody in front. */
export function queuePageRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls } = kit.deps;
  const show = (x: Exchange): Reply => {
    const rows = services.servers.line(actorOf(x)).map(({ owner, ...row }) => ({ ...row, user: owner.name }));
    return kit.page(x, 200, (shell) => queuePage(shell, { rows }));
  };
  const jump = (x: Exchange): Reply => {
    services.servers.jump(actorOf(x), ownerOf(kit.deps, x, x.form.one('user') ?? ''), (x.form.one('server') ?? '') as ServerName);
    return seeOther(urls.adminQueue);
  };
  return [
    { method: 'get', path: '/hub/admin/queue', kind: 'page', needs: ['admin-ui'], handle: show },
    { method: 'post', path: '/hub/admin/queue/jump', kind: 'page', needs: ['admin:servers'], handle: jump },
  ];
}
