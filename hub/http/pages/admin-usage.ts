import { dashboardPage, type DashboardModel } from '../../../views/pages/dashboard';
import { usagePage } from '../../../views/pages/usage';
import { can, HUB } from '../../domain/access';
import { USAGE_RANGES } from '../../domain/usage';
import type { Exchange, Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

const PAGE = 50;
const EVENTS = 8;

/** How busy the machine and the hub are, and who ran servers for how long. */
export function usagePageRoutes(kit: Kit): readonly HubRoute[] {
  const { usage, accounts, audit } = kit.deps.services;

  const usersFor = (x: Exchange): DashboardModel['users'] => {
    const actor = actorOf(x);
    if (!can(actor, 'list:users', HUB)) return null;
    const count = (status: 'active' | 'pending'): number => accounts.list(actor, { offset: 0, limit: 1, status }).total;
    return { active: count('active'), pending: count('pending') };
  };

  const eventsFor = async (x: Exchange): Promise<DashboardModel['events']> => {
    const actor = actorOf(x);
    if (!actor.admin) return null;
    const { rows } = await audit.search(actor, { filter: {}, limit: EVENTS });
    return rows.map(({ id, at, actor: who, action, target, result }) => ({ id, at, actor: who, action, target, ok: result === 'ok' }));
  };

  const dashboard = async (x: Exchange): Promise<Reply> => {
    const range = USAGE_RANGES.find((one) => one === x.query.get('range')) ?? 'day';
    const model = { view: usage.dashboard(actorOf(x)), users: usersFor(x), events: await eventsFor(x), range };
    return kit.page(x, 200, (shell) => dashboardPage(shell, model));
  };

  const report = (x: Exchange): Reply => {
    const asked = Number(x.query.get('offset') ?? 0);
    const offset = Number.isSafeInteger(asked) && asked > 0 ? asked : 0;
    const month = x.query.get('month') ?? undefined;
    const found = usage.report(actorOf(x), { ...(month === undefined ? {} : { month }), offset, limit: PAGE });
    return kit.page(x, 200, (shell) => usagePage(shell, { report: found, offset, limit: PAGE }));
  };

  return [
    { method: 'get', path: '/hub/admin', kind: 'page', needs: ['admin-ui'], handle: dashboard },
    { method: 'get', path: '/hub/admin/usage', kind: 'page', needs: ['admin-ui'], handle: report },
  ];
}
