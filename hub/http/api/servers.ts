import { demand } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { DEFAULT_SERVER, type ServerName } from '../../domain/ids';
import { parseServerName } from '../../domain/names';
import { isActive, type ServerRecord, type ServerState } from '../../domain/server';
import { shown } from '../../domain/shown';
import type { User } from '../../domain/user';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import { withinMs } from '../pages/spawn';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { serverModel } from './models';
import { createProgressStreams } from './progress';
import { ServerModel } from './schemas';
import { asked, Change, changed, Start, Stop } from './server-schemas';

export const SLOW_MS = 10_000;
const RETRY_SECONDS = 10;

/** Why a start failed, for whoever waited for it: what the server lacks is the hub's problem (503), everything else the server's own (500). */
export const startFailure = ({ message, unavailable }: Extract<ServerState, { kind: 'failed' }>): HubError =>
  unavailable === true ? new HubError('unavailable', message, { retryAfterSeconds: RETRY_SECONDS }) : new HubError('spawn-failed', message);

const USER = '/hub/api/users/:name';
/** Start, stop and watch: `/server` is the default one, `/servers/:sname` a named one (protocol, 3.7). */
export function serverRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { servers } = deps.services;
  const slowMs = deps.settings.slowMs ?? SLOW_MS;
  const streams = createProgressStreams(kit);

  const recordOf = (owner: User, name: ServerName): ServerRecord | undefined => deps.directory.serversOf(owner.id).find((record) => record.name === name);

  const start = async (x: Exchange, { body }: Given<typeof Start>): Promise<Reply> => {
    const { owner, name, label } = serverAt(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, owner, name));
    const ask = asked(body());
    const known = recordOf(owner, name);
    // A server that exists may have a name that no new one may have.
    if (known === undefined) newName(name);
    const kind = known?.state.kind;
    if (kind === 'ready') throw new HubError('invalid-input', `${label} is already running`);
    if (kind === 'stopping') throw new HubError('invalid-input', `${label} is pending stop`);
    const { settled, claimed } = servers.start(actorOf(x), owner, name, ask);
    // Whoever comes second learns that it is on its way (M01); the first one waits for the outcome.
    if (!claimed) return empty(202);
    if (!(await withinMs(deps.clock.after, settled, slowMs))) return empty(202);
    const state = recordOf(owner, name)?.state;
    if (state?.kind === 'failed') throw startFailure(state);
    return empty(state?.kind === 'ready' ? 201 : 202);
  };

  const stop = async (x: Exchange, { body }: Given<typeof Stop>): Promise<Reply> => {
    const { owner, name, raw } = serverAt(kit, x);
    demand(actorOf(x), 'delete:servers', serverTargetOf(deps, owner, name));
    const forEver = body('Invalid JSON in body of request').remove === true;
    if (name === DEFAULT_SERVER && forEver) throw new HubError('invalid-input', 'Cannot delete the default server');
    if (name !== DEFAULT_SERVER && recordOf(owner, name) === undefined) throw unknownServer(owner, raw);
    const { settled } = forEver ? servers.remove(actorOf(x), owner, name) : servers.stop(actorOf(x), owner, name);
    if (!(await withinMs(deps.clock.after, settled, slowMs))) return empty(202);
    const after = recordOf(owner, name);
    // It did not end, and waits for an administrator: not stopped is what JupyterHub's clients have to know.
    return empty(after !== undefined && isActive(after.state) ? 202 : 204);
  };

  const show = (x: Exchange): Reply => {
    const { owner, name, raw } = serverAt(kit, x);
    const record = servers.get(actorOf(x), owner, name) ?? (name === DEFAULT_SERVER ? neverStarted(owner) : undefined);
    if (record === undefined) throw unknownServer(owner, raw);
    return json(200, serverModel(deps, actorOf(x), owner, record));
  };

  const make = (x: Exchange, { body }: Given<typeof Change>): Reply => {
    const { owner, name } = serverAt(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, owner, name));
    const { name: _given, ...ask } = changed(body());
    return json(201, serverModel(deps, actorOf(x), owner, servers.create(actorOf(x), owner, newName(name), ask)));
  };

  const change = (x: Exchange, { body }: Given<typeof Change>): Reply => {
    const { owner, name, raw } = serverAt(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, owner, name));
    if (name !== DEFAULT_SERVER && recordOf(owner, name) === undefined) throw unknownServer(owner, raw);
    const ask = changed(body());
    if (Object.keys(ask).length === 0) throw new HubError('invalid-input', 'body must contain at least one of name, display_name, user_options');
    return json(200, serverModel(deps, actorOf(x), owner, servers.change(actorOf(x), owner, name, ask)));
  };

  const watch = (x: Exchange): Reply => {
    const { owner, name } = serverAt(kit, x);
    return streams.open(x, owner, name);
  };

  const made = { 201: { description: 'The new server.', model: ServerModel }, 409: 'It exists.' };
  const rows = (path: string, id: string, which: string): HubRoute[] => [
    operation({ method: 'get', path, needs: ['read:servers'], handle: show, doc: { id: `get${id}`, tag: 'Servers', summary: `Show ${which}`, answers: { 200: { description: 'The server.', model: ServerModel } } } }),
    operation({
      method: 'put', path, needs: ['start:servers'], feature: 'launcher', handle: make,
      doc: { id: `create${id}`, tag: 'Servers', summary: `Create ${which} without starting it`, body: Change, answers: path.endsWith(':sname') ? made : { 409: 'Always: everybody has one.' } },
    }),
    operation({
      method: 'post', path, needs: ['start:servers'], feature: 'launcher', handle: start,
      doc: { id: `start${id}`, tag: 'Servers', summary: `Start ${which}`, body: Start, answers: { 201: 'It is ready.', 202: 'It is on its way; watch its progress.', 500: 'It did not start; the message says why.', 503: 'No server can be started now.' } },
    }),
    operation({
      method: 'patch', path, needs: ['start:servers'], feature: 'launcher', handle: change,
      doc: { id: `change${id}`, tag: 'Servers', summary: `Change ${which}`, body: Change, bodyRequired: true, answers: { 200: { description: 'The server as it is now.', model: ServerModel }, 409: 'The name is taken, or the server is not stopped.' } },
    }),
    operation({
      method: 'delete', path, needs: ['delete:servers'], handle: stop,
      doc: { id: `stop${id}`, tag: 'Servers', summary: `Stop ${which}`, body: Stop, answers: { 202: 'It is on its way.', 204: 'It has stopped.' } },
    }),
  ];
  const progress = (path: string, id: string, which: string): HubRoute => operation({
    method: 'get', path: `${path}/progress`, needs: ['read:servers'], handle: watch,
    doc: {
      id: `watch${id}`, tag: 'Servers', summary: `Watch ${which} start`, description: 'Server-sent events. `data` of each is JSON with `progress` (0 to 100) and `message`; the last one has `ready` or `failed`.',
      answers: { 200: { description: 'Events until the start has ended.', type: 'text/event-stream' } },
    },
  });

  const named = [`${USER}/servers/:sname`, 'NamedServer', 'a named server'] as const;
  const own = [`${USER}/server`, 'Server', 'the default server'] as const;
  // An empty name is the default server's.
  return [...rows(...own), ...rows(`${USER}/servers/`, 'UnnamedServer', 'the default server, whose name is empty'), ...rows(...named), progress(...own), progress(...named)];
}

/** The server a path names. Whether the actor may do what it asks is the verb's question; here only whether it may know the user. */
export function serverAt({ deps }: Kit, x: Exchange): { readonly owner: User; readonly name: ServerName; readonly raw: string; readonly label: string } {
  const raw = x.params['sname'] ?? '';
  const owner = deps.services.accounts.find(actorOf(x), x.params['name'] ?? '');
  if (owner === undefined) throw new HubError('not-found', 'No access to resources or resources not found');
  if (raw !== '' && !deps.settings.namedServers) throw new HubError('invalid-input', 'Named servers are not enabled.');
  // Whether a server may be called so is asked when one is made; to look for it, any text will do.
  const name = raw as ServerName;
  return { owner, name, raw, label: name === DEFAULT_SERVER ? owner.name : `${owner.name}:${name}` };
}

/** Everybody has a default server, whether or not there is a record of it yet. */
const neverStarted = (owner: User): ServerRecord => ({
  id: '' as ServerRecord['id'], owner: owner.id, name: DEFAULT_SERVER, version: 0, state: { kind: 'stopped', since: null, reason: null }, profile: null, secret: null,
  displayName: '', userOptions: null, created: owner.created, lastActivity: null,
});

const newName = (name: ServerName): ServerName => parseServerName(name);
export const unknownServer = (owner: User, raw: string): HubError => new HubError('not-found', `${owner.name} has no server named '${shown(raw)}'`);
