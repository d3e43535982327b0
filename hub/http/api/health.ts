import type { HealthReport } from '../../services/contract';
import { timestamp } from '../../wire/timestamp';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

/** Our own, not JupyterHub's: the last report, and a proof now, which takes seconds. */
export function healthApiRoutes(kit: Kit): readonly HubRoute[] {
  const { health } = kit.deps.services;
  const last = (x: Exchange): Reply => json(200, modelOf(health.report(actorOf(x))));
  const check = async (x: Exchange): Promise<Reply> => json(200, modelOf(await health.check(actorOf(x))));
  return [
    { method: 'get', path: '/hub/api/admin/health', kind: 'api', needs: ['admin-ui'], handle: last },
    { method: 'post', path: '/hub/api/admin/health/checks', kind: 'api', needs: ['admin-ui'], handle: check },
  ];
}

const modelOf = ({ ok, running, at, blocked, rows }: HealthReport): object => ({
  ok, running, at: timestamp(at), blocked,
  checks: rows.map((row) => ({ name: row.name, ok: row.ok, level: row.level, detail: row.detail, at: timestamp(row.at), ms: row.ms })),
});
