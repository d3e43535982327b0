import { z } from 'zod';
import { demand } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { DEFAULT_SERVER, type ServerName } from '../../domain/ids';
import { parseServerName } from '../../domain/names';
import type { User } from '../../domain/user';
import type { StartAsk } from '../../services/contract';
import { empty, type Exchange, type Reply } from '../exchange';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import { withinMs } from '../pages/spawn';
import type { HubRoute } from '../routes';
import { createProgressStreams } from './progress';

const SLOW_MS = 10_000;
const Options = z.record(z.string().max(128), z.unknown());
const Split = z.strictObject({ display_name: z.string().optional(), user_options: Options.nullish() });
const Stop = z.strictObject({ remove: z.boolean().optional() });

/** Start, stop and watch: `/server` is the default one, `/servers/:sname` a named one (protocol, 3.7). */
export function serverRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { servers } = deps.services;
  const slowMs = deps.settings.slowMs ?? SLOW_MS;
  const streams = createProgressStreams(kit);

  const start = async (x: Exchange): Promise<Reply> => {
    const { owner, name, label } = serverAt(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, owner, name));
    const ask = parseStart(x.json);
    const kind = deps.directory.serversOf(owner.id).find((s) => s.name === name)?.state.kind;
    if (kind === 'ready') throw new HubError('invalid-input', `${label} is already running`);
    if (kind === 'stopping') throw new HubError('invalid-input', `${label} is pending stop`);
    const { settled, claimed } = servers.start(actorOf(x), owner, name, ask);
    // Whoever comes second learns that it is on its way (M01); the first one waits for the outcome.
    if (!claimed) return empty(202);
    if (!(await withinMs(deps.clock.after, settled, slowMs))) return empty(202);
    const state = deps.directory.serversOf(owner.id).find((s) => s.name === name)?.state;
    if (state?.kind === 'failed') throw new HubError('spawn-failed', state.message);
    return empty(state?.kind === 'ready' ? 201 : 202);
  };

  const stop = async (x: Exchange): Promise<Reply> => {
    const { owner, name } = serverAt(kit, x);
    demand(actorOf(x), 'delete:servers', serverTargetOf(deps, owner, name));
    const ask = Stop.safeParse(x.json ?? {});
    if (!ask.success) throw new HubError('invalid-input', 'Invalid JSON in body of request');
    if (name === DEFAULT_SERVER && ask.data.remove === true) throw new HubError('invalid-input', 'Cannot delete the default server');
    if (name !== DEFAULT_SERVER && !deps.directory.serversOf(owner.id).some((s) => s.name === name)) throw new HubError('not-found', `${owner.name} has no server named '${name}'`);
    const { settled } = servers.stop(actorOf(x), owner, name);
    return empty((await withinMs(deps.clock.after, settled, slowMs)) ? 204 : 202);
  };

  const watch = (x: Exchange): Reply => {
    const { owner, name } = serverAt(kit, x);
    return streams.open(x, owner, name);
  };

  return ['/hub/api/users/:name/server', '/hub/api/users/:name/servers/:sname'].flatMap((path): HubRoute[] => [
    { method: 'post', path, kind: 'api', needs: ['start:servers'], feature: 'launcher', handle: start },
    { method: 'delete', path, kind: 'api', needs: ['delete:servers'], handle: stop },
    { method: 'get', path: `${path}/progress`, kind: 'api', needs: ['read:servers'], handle: watch },
  ]);
}

/** The server a path names. Whether the actor may do what it asks is the verb's question; here only whether it may know the user. */
function serverAt({ deps }: Kit, x: Exchange): { readonly owner: User; readonly name: ServerName; readonly label: string } {
  const raw = x.params['sname'] ?? '';
  const owner = deps.services.accounts.find(actorOf(x), x.params['name'] ?? '');
  if (owner === undefined) throw new HubError('not-found', 'No access to resources or resources not found');
  if (raw !== '' && !deps.settings.namedServers) throw new HubError('invalid-input', 'Named servers are not enabled.');
  const name = parseServerName(raw);
  return { owner, name, label: name === DEFAULT_SERVER ? owner.name : `${owner.name}:${name}` };
}

/** Either JupyterHub 6's two keys, or the whole body as options; `profile` among the options chooses one. */
function parseStart(body: unknown): StartAsk {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) throw new HubError('invalid-input', 'body must be a json dict');
  const split = 'user_options' in body || 'display_name' in body;
  const parsed = split ? Split.safeParse(body) : Options.safeParse(body);
  if (!parsed.success) throw new HubError('invalid-input', 'user_options must be a json dict, display_name a string');
  const options = (split ? (parsed.data as z.output<typeof Split>).user_options : (parsed.data as z.output<typeof Options>)) ?? {};
  const { profile, ...rest } = options;
  if (profile !== undefined && typeof profile !== 'string') throw new HubError('invalid-input', 'profile must be a string');
  // What is not understood is refused, not kept: nobody shall believe that an image or a command of theirs was taken (E12).
  const unknown = Object.keys(rest);
  if (unknown.length > 0) throw new HubError('invalid-input', `Unknown user_options: ${unknown.slice(0, 5).map((key) => key.slice(0, 64)).join(', ')}. A start takes a profile and nothing else.`);
  return profile === undefined ? {} : { profile };
}
