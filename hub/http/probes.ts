import { HubError } from '../domain/errors';
import { empty, json, type Reply } from './exchange';
import type { Kit } from './kit';
import { ReadyModel } from './api/schemas';
import { operation, type OperationDoc } from './operation';
import type { HubRoute } from './routes';
import { sendable } from './send';

const FOR_EVER = 'public, max-age=31536000, immutable';
const BRIEFLY = 'public, max-age=300';

const alive: Omit<OperationDoc, 'id' | 'body' | 'query'> = { tag: 'Operation', summary: 'Say that the process answers', answers: { 200: 'It does.' } };
const measured: Omit<OperationDoc, 'id' | 'body' | 'query'> = { tag: 'Operation', summary: 'Show metrics', answers: { 200: { description: 'In the format of Prometheus.', type: 'text/plain' } } };

/** What machines ask for: liveness, readiness, metrics, and the few static files. */
export function probeRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  // Says only that the process answers: a store or engine that hangs must not get a healthy hub killed.
  const health = (): Reply => empty(200);
  const metrics = async (): Promise<Reply> => ({ kind: 'text', status: 200, type: deps.metrics.contentType, body: await deps.metrics.text() });
  const ready = async (): Promise<Reply> => {
    const { ok, checks } = await deps.ready();
    // Details name hosts and networks: they are for administrators, in the log and at the command line.
    return json(ok ? 200 : 503, { ok, status: ok ? 'ready' : 'degraded', checks: checks.map(({ name, ok: fine }) => ({ name, ok: fine })) });
  };
  return [
    { method: 'get', path: '/hub/health', kind: 'plain', needs: 'anyone', handle: health, doc: { id: 'health', ...alive } },
    { method: 'get', path: '/hub/api/health', kind: 'plain', needs: 'anyone', handle: health, doc: { id: 'apiHealth', ...alive } },
    {
      method: 'get', path: '/hub/ready', kind: 'plain', needs: 'anyone', handle: ready,
      doc: { id: 'ready', tag: 'Operation', summary: 'Say whether the hub can serve', answers: { 200: { description: 'It can.', model: ReadyModel }, 503: { description: 'It cannot.', model: ReadyModel } } },
    },
    operation({ method: 'get', path: '/hub/metrics', needs: ['read:metrics'], handle: metrics, doc: { id: 'metrics', ...measured } }),
    operation({ method: 'get', path: '/hub/api/metrics', needs: ['read:metrics'], handle: metrics, doc: { id: 'apiMetrics', ...measured } }),
    {
      method: 'get', path: '/hub/static/:file', kind: 'plain', needs: 'anyone',
      handle(x) {
        const file = kit.files.get(x.params['file'] ?? '');
        if (file === undefined) throw new HubError('not-found', 'There is no such file.');
        return sendable(x, file, x.query.get('v') === file.hash ? FOR_EVER : BRIEFLY);
      },
    },
  ];
}
