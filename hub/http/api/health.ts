import { CHECKS, isCheckName } from '../../domain/checks';
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
  const dismiss = (x: Exchange): Reply => json(200, modelOf(health.dismiss(actorOf(x), x.params['code'] ?? '')));
  const recall = (x: Exchange): Reply => json(200, modelOf(health.recall(actorOf(x), x.params['code'] ?? '')));
  return [
    operation({
      method: 'get', path: '/hub/api/admin/health', needs: ['admin-ui'], handle: last,
      doc: { id: 'getHealth', tag: 'Operation', summary: 'Show every check with its code and its remedy', answers: { 200: { description: 'The report.', model: HealthModel } } },
    }),
    operation({
      method: 'post', path: '/hub/api/admin/health/checks', needs: ['admin-ui'], handle: check,
      doc: { id: 'checkHealth', tag: 'Operation', summary: 'Prove isolation now', description: 'Takes seconds.', answers: { 200: { description: 'The new report.', model: HealthModel } } },
    }),
    operation({
      method: 'put', path: '/hub/api/admin/health/dismissals/:code', needs: ['admin-ui'], handle: dismiss,
      doc: { id: 'dismissWarning', tag: 'Operation', summary: 'Put a warning aside until it says something else', description: 'For administrators.', answers: { 200: { description: 'The report.', model: HealthModel }, 404: 'Nothing warns under this code.', 409: 'The check is required.' } },
    }),
    operation({
      method: 'delete', path: '/hub/api/admin/health/dismissals/:code', needs: ['admin-ui'], handle: recall,
      doc: { id: 'recallWarning', tag: 'Operation', summary: 'Bring a warning back', description: 'For administrators.', answers: { 200: { description: 'The report.', model: HealthModel }, 404: 'None is put aside under this code.' } },
    }),
  ];
}

const modelOf = ({ ok, running, at, blocked, rows }: HealthReport): object => ({
  ok, running, at: timestamp(at), blocked,
  checks: rows.map((row) => ({
    code: row.code, name: row.name, title: isCheckName(row.name) ? CHECKS[row.name].title : row.name, remedy: row.ok || !isCheckName(row.name) ? null : CHECKS[row.name].remedy,
    dismissed: row.dismissed === null ? null : { by: row.dismissed.by, at: timestamp(row.dismissed.at) },
    ok: row.ok, level: row.level, detail: row.detail, at: timestamp(row.at), ms: row.ms,
  })),
});
