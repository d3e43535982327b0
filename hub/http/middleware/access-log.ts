import type { AppDeps } from '../deps';
import { pathToKeep, type Exchange } from '../exchange';

/** One line per request: never queries, cookies, bodies or credentials; paths of unknown routes are cut (A15). */
export function logWhenDone({ log, metrics, clock }: AppDeps, x: Exchange): void {
  x.res.once('close', () => {
    const ms = clock.monotonicMs() - x.startedMs;
    const status = x.res.writableFinished ? x.res.statusCode : CLIENT_GONE;
    const handler = x.pattern ?? 'unmatched';
    metrics.observeRequest({ method: x.method, handler, code: status, seconds: ms / 1000 });
    const fields = { requestId: x.ctx.requestId, method: x.method, path: pathToKeep(x).slice(0, 256), handler, status, ms: Math.round(ms), address: x.ctx.address, user: x.caller.actor?.name };
    if (QUIET.has(handler)) log.debug(fields, 'request');
    else log.info(fields, 'request');
  });
}

/** As nginx writes it. */
const CLIENT_GONE = 499;
const QUIET = new Set(['/hub/health', '/hub/static/:file', '/hub/metrics']);
