import { z } from 'zod';
import { adviceText, endText, kernelText, memoryText } from '../../../views/components/post-mortem';
import { DEFAULT_SERVER } from '../../domain/ids';
import { HubError } from '../../domain/errors';
import type { KernelKill, PostMortem } from '../../domain/post-mortem';
import { timestamp } from '../../wire/timestamp';
import { createEventStreams } from '../event-streams';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { withinMs } from '../pages/spawn';
import type { HubRoute } from '../routes';
import { parseBody } from './read';
import { asked, Start } from './server-schemas';
import { serverAt, SLOW_MS, unknownServer } from './servers';

const DEFAULT_LINES = 100;
const MOST_LINES = 1_000;
const LogQuery = z.object({ lines: z.coerce.number().int().min(1).max(MOST_LINES).default(DEFAULT_LINES), follow: z.enum(['0', '1']).default('0') });

/** Our own, beside JupyterHub's: restart and recreate, how a server ended, and what it writes. */
export function serverLifeRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { servers } = deps.services;
  const streams = createEventStreams(kit, 'logs');

  const known = (x: Exchange) => {
    const place = serverAt(kit, x);
    const record = deps.directory.serversOf(place.owner.id).find(({ name }) => name === place.name);
    return { ...place, record };
  };

  const again = (verb: 'restart' | 'recreate') => async (x: Exchange): Promise<Reply> => {
    const { owner, name, raw, record } = known(x);
    const ask = verb === 'recreate' ? asked(parseBody(Start, x.json ?? {})) : {};
    const claim = (): { settled: Promise<void> } => (verb === 'restart' ? servers.restart(actorOf(x), owner, name) : servers.recreate(actorOf(x), owner, name, ask));
    // The verb first: whoever may not do it learns nothing of which servers there are.
    if (record === undefined && name !== DEFAULT_SERVER && actorOf(x).scopes.has('start:servers')) throw unknownServer(owner, raw);
    const { settled } = claim();
    if (!(await withinMs(deps.clock.after, settled, deps.settings.slowMs ?? SLOW_MS))) return empty(202);
    const state = servers.get(actorOf(x), owner, name)?.state;
    if (state?.kind === 'failed') throw new HubError('spawn-failed', state.message);
    return empty(state?.kind === 'ready' ? 200 : 202);
  };

  const postMortem = (x: Exchange): Reply => {
    const { owner, name, raw, record } = known(x);
    const actor = actorOf(x);
    if (record === undefined && servers.get(actor, owner, name) === undefined) {
      if (name !== DEFAULT_SERVER) throw unknownServer(owner, raw);
      return json(200, { last_end: null, kernel_killed: null, paused_since: null, detached_since: null });
    }
    const { lastEnd, kernelKilled, condition } = servers.truth(actor, owner, name);
    return json(200, {
      last_end: lastEnd === null ? null : endModel(x, lastEnd),
      kernel_killed: kernelKilled === null ? null : killModel(x, kernelKilled),
      paused_since: timestamp(condition.paused ?? null),
      detached_since: timestamp(condition.detached ?? null),
    });
  };

  const log = async (x: Exchange): Promise<Reply> => {
    const { owner, name, raw, record } = known(x);
    const query = LogQuery.safeParse(Object.fromEntries(x.query));
    if (!query.success) throw new HubError('invalid-input', `lines is a number from 1 to ${MOST_LINES}, follow is 0 or 1`);
    const { lines, follow } = query.data;
    const actor = actorOf(x);
    if (record === undefined && servers.get(actor, owner, name) === undefined && name !== DEFAULT_SERVER) throw unknownServer(owner, raw);
    if (follow === '0') return json(200, { lines: record === undefined ? [] : await servers.logs(actor, owner, name, lines) });
    return streams.open(x, (signal) => pieces(servers.followLogs(actor, owner, name, { lines, signal }), signal));
  };

  const api = { kind: 'api' } as const;
  return ['/hub/api/users/:name/server', '/hub/api/users/:name/servers/:sname'].flatMap((path): HubRoute[] => [
    { ...api, method: 'post', path: path.endsWith('/server') ? '/hub/api/users/:name/restart-server' : `${path}/restart`, needs: ['start:servers'], feature: 'launcher', handle: again('restart') },
    { ...api, method: 'post', path: `${path}/recreate`, needs: ['start:servers'], feature: 'launcher', handle: again('recreate') },
    { ...api, method: 'get', path: `${path}/post-mortem`, needs: ['read:servers'], handle: postMortem },
    { ...api, method: 'get', path: `${path}/logs`, needs: ['read:servers'], handle: log },
  ]);
}

/** The last event says why there is no more, so that a reader does not take a broken engine for a server that ended. */
async function* pieces(source: AsyncIterable<readonly string[]>, signal: AbortSignal): AsyncGenerator<object, void> {
  try {
    for await (const lines of source) yield { lines };
    if (!signal.aborted) yield { ended: true };
  } catch (err) {
    if (!(err instanceof HubError)) throw err;
    yield { ended: true, message: err.message };
  }
}

const endModel = (x: Exchange, end: PostMortem): object => ({
  at: timestamp(end.at), cause: end.cause, exit_code: end.exitCode,
  memory: { peak_bytes: end.memory.peak, limit_bytes: end.memory.limit }, memory_text: memoryText(end, x.t),
  summary: endText(end, x.t), advice: adviceText(end, x.t), log: end.logTail,
});

const killModel = (x: Exchange, kill: KernelKill): object => ({ at: timestamp(kill.at), limit_bytes: kill.limit, summary: kernelText(kill, x.t), advice: x.t('kernel.advice') });
