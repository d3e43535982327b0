import { maintenancePage } from '../../../views/pages/maintenance';
import { can, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

const LONGEST_MESSAGE = 500;

/** Announces a maintenance, ends it, and starts again what ran. Times of the form are UTC, as it says. */
export function maintenancePageRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls, clock } = kit.deps;
  const page = (x: Exchange, status: number, problem?: string): Reply =>
    kit.page(x, status, (shell) => maintenancePage(shell, { view: services.maintenance.get(), now: clock.now(), mayAct: can(actorOf(x), 'shutdown', HUB), problem }));
  const announce = (x: Exchange): Reply => {
    const from = momentOf(x.form.one('from'));
    const until = momentOf(x.form.one('until'));
    if (from === undefined) return page(x, 400, x.t('maintenance.noTime'));
    try {
      services.maintenance.announce(actorOf(x), { from, until: until ?? null, message: (x.form.one('message') ?? '').slice(0, LONGEST_MESSAGE) });
    } catch (err) {
      if (err instanceof HubError && (err.code === 'invalid-input' || err.code === 'conflict')) return page(x, err.status, err.message);
      throw err;
    }
    return seeOther(urls.adminMaintenance);
  };
  const end = (x: Exchange): Reply => {
    services.maintenance.end(actorOf(x));
    return seeOther(urls.adminMaintenance);
  };
  const restore = (x: Exchange): Reply => {
    services.maintenance.restore(actorOf(x));
    return seeOther(urls.adminMaintenance);
  };
  return [
    { method: 'get', path: '/hub/admin/maintenance', kind: 'page', needs: ['admin-ui'], handle: (x) => page(x, 200) },
    { method: 'post', path: '/hub/admin/maintenance', kind: 'page', needs: ['shutdown'], reauth: true, handle: announce },
    { method: 'post', path: '/hub/admin/maintenance/end', kind: 'page', needs: ['shutdown'], handle: end },
    { method: 'post', path: '/hub/admin/maintenance/restore', kind: 'page', needs: ['shutdown'], handle: restore },
  ];
}

/** What `datetime-local` sends, read as UTC. */
export function momentOf(text: string | undefined): Date | undefined {
  const at = text !== undefined && /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?$/.test(text) ? new Date(`${text}Z`) : undefined;
  return at === undefined || Number.isNaN(at.getTime()) ? undefined : at;
}
