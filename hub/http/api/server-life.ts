import { z } from 'zod';
import { demand, isOwn } from '../../domain/access';
import { DEFAULT_SERVER, type ServerName } from '../../domain/ids';
import { HubError } from '../../domain/errors';
import type { User } from '../../domain/user';
import { createEventStreams } from '../event-streams';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import { demandOwnVisit } from '../middleware/same-origin';
import { operation, type Given } from '../operation';
import { withinMs } from '../pages/spawn';
import type { HubRoute } from '../routes';
import { LogModel, PostMortemModel, truthModel } from './server-life-models';
import { asked, Start } from './server-schemas';
import { serverAt, SLOW_MS, startFailure, unknownServer } from './servers';

const DEFAULT_LINES = 100;
const MOST_LINES = 1_000;
const WRONG = { error: `lines is a number from 1 to ${MOST_LINES}, follow is 0 or 1` };
const LogQuery = z.object({
  lines: z.coerce.number(WRONG).int(WRONG).min(1, WRONG).max(MOST_LINES, WRONG).default(DEFAULT_LINES).describe('How many of the last lines.'),
  follow: z.enum(['0', '1'], WRONG).default('0').describe('1: what it goes on to write, too, as events.'),
});

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

  const again = async (x: Exchange, claim: (owner: User, name: ServerName) => { readonly settled: Promise<void> }): Promise<Reply> => {
    const { owner, name, raw, record } = known(x);
    // First of all: whoever may not do it learns nothing of which servers there are.
    for (const scope of ['delete:servers', 'start:servers'] as const) demand(actorOf(x), scope, serverTargetOf(deps, owner, name));
    if (record === undefined && name !== DEFAULT_SERVER) throw unknownServer(owner, raw);
    const { settled } = claim(owner, name);
    if (!(await withinMs(deps.clock.after, settled, deps.settings.slowMs ?? SLOW_MS))) return empty(202);
    const state = servers.get(actorOf(x), owner, name)?.state;
    if (state?.kind === 'failed') throw startFailure(state);
    return empty(state?.kind === 'ready' ? 200 : 202);
  };
  const restart = (x: Exchange): Promise<Reply> => again(x, (owner, name) => servers.restart(actorOf(x), owner, name));
  const recreate = (x: Exchange, { body }: Given<typeof Start>): Promise<Reply> => again(x, (owner, name) => servers.recreate(actorOf(x), owner, name, asked(body())));

  const postMortem = (x: Exchange): Reply => {
    const { owner, name, raw, record } = known(x);
    const actor = actorOf(x);
    const absent = record === undefined && servers.get(actor, owner, name) === undefined;
    if (absent && name !== DEFAULT_SERVER) throw unknownServer(owner, raw);
    return json(200, truthModel(x, absent ? undefined : servers.truth(actor, owner, name)));
  };

  const log = async (x: Exchange, { query }: Given<z.ZodUndefined, typeof LogQuery>): Promise<Reply> => {
    const { owner, name, raw, record } = known(x);
    const { lines, follow } = query();
    const actor = actorOf(x);
    if (!isOwn(actor, owner)) demandOwnVisit(x);
    if (record === undefined && servers.get(actor, owner, name) === undefined && name !== DEFAULT_SERVER) throw unknownServer(owner, raw);
    if (follow === '0') return json(200, { lines: record === undefined ? [] : await servers.logs(actor, owner, name, lines) });
    return streams.open(x, (signal) => pieces(servers.followLogs(actor, owner, name, { lines, signal }), signal));
  };

  const ONLY_RUNNING = '400 when it is not running. Needs `delete:servers` too.';
  const outcomes = { 200: 'It is ready again.', 202: 'It is on its way; watch its progress.', 409: 'It is changing state already, or there is no room for the profile.', 500: 'It did not start; the message says why.', 503: 'No server can be started now.' };
  const rows = (paths: readonly [path: string, restart: string], id: string, which: string): HubRoute[] => [
    operation({
      method: 'post', path: paths[1], needs: ['start:servers'], feature: 'launcher', handle: restart,
      doc: { id: `restart${id}`, tag: 'Servers', summary: `Restart ${which}`, description: `The same container once more. ${ONLY_RUNNING}`, answers: outcomes },
    }),
    operation({
      method: 'post', path: `${paths[0]}/recreate`, needs: ['start:servers'], feature: 'launcher', handle: recreate,
      doc: { id: `recreate${id}`, tag: 'Servers', summary: `Start ${which} afresh`, description: `A new container with the present settings and the same volumes. ${ONLY_RUNNING}`, body: Start, answers: outcomes },
    }),
    operation({
      method: 'get', path: `${paths[0]}/post-mortem`, needs: ['read:servers'], handle: postMortem,
      doc: { id: `get${id}PostMortem`, tag: 'Servers', summary: `Say how ${which} ended, and what is wrong with it`, answers: { 200: { description: 'What is known.', model: PostMortemModel } } },
    }),
    operation({
      method: 'get', path: `${paths[0]}/logs`, needs: ['read:servers'], handle: log,
      doc: {
        id: `read${id}Log`, tag: 'Servers', summary: `Read what ${which} writes`, query: LogQuery,
        description: 'For its owner and for administrators. With `follow`, server-sent events: `data` of each is JSON with `lines`, and of the last one with `ended`.',
        answers: { 200: { description: 'The last lines.', model: LogModel, orType: 'text/event-stream' }, 501: 'Servers of this kind have no log to follow.' },
      },
    }),
  ];
  const named = '/hub/api/users/:name/servers/:sname';
  return [...rows(['/hub/api/users/:name/server', '/hub/api/users/:name/restart-server'], 'Server', 'the default server'), ...rows([named, `${named}/restart`], 'NamedServer', 'a named server')];
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
