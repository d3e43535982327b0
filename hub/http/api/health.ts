import type { HealthReport } from '../../services/contract';
import { timestamp } from '../../wire/timestamp';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation } from '../operation';
import type { HubRoute } from '../routes';
import { HealthModel } from './schemas';

/** Our own, not JupyterHub's: the last report, and a proof now, which takes seconds. */
export function healthApiRoutes(kit: Kit): readonly HubRoute[] {
  const { health } = kit.deps.services;
  const last = (x: Exchange): Reply => json(200, modelOf(health.report(actorOf(x))));
  const check = async (x: Exchange): Promise<Reply> => json(200, modelOf(await health.check(actorOf(x))));
  return [
    operation({
      method: 'get', path: '/hub/api/admin/health', needs: ['admin-ui'], handle: last,
      doc: { id: 'getHealth', tag: 'Operation', summary: 'Show the last proof of isolation', answers: { 200: { description: 'The report.', model: HealthModel } } },
    }),
    operation({
      method: 'post', path: '/hub/api/admin/health/checks', needs: ['admin-ui'], handle: check,
      doc: { id: 'checkHealth', tag: 'Operation', summary: 'Prove isolation now', description: 'Takes seconds.', answers: { 200: { description: 'The new report.', model: HealthModel } } },
    }),
  ];
}

const modelOf = ({ ok, running, at, blocked, rows }: HealthReport): object => ({
  ok, running, at: timestamp(at), blocked,
  checks: rows.map((row) => ({ name: row.name, ok: row.ok, level: row.level, detail: row.detail, at: timestamp(row.at), ms: row.ms })),
});
