import { z } from 'zod';
import { demand } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { DEFAULT_SERVER, type ServerName } from '../../domain/ids';
import { parseDisplayName, parseServerName } from '../../domain/names';
import { isActive, type ServerRecord } from '../../domain/server';
import type { User } from '../../domain/user';
import type { ServerChange, StartAsk } from '../../services/contract';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, serverTargetOf, type Kit } from '../kit';
import { withinMs } from '../pages/spawn';
import type { HubRoute } from '../routes';
import { serverModel } from './models';
import { createProgressStreams } from './progress';
import { parseBody } from './read';

export const SLOW_MS = 10_000;
const Options = z.record(z.string().max(128), z.unknown());
const Split = z.strictObject({ display_name: z.string().optional(), user_options: Options.nullish() });
const Change = z.strictObject({ name: z.string().max(512).optional(), display_name: z.string().optional(), user_options: Options.nullish() });
const Stop = z.strictObject({ remove: z.boolean().optional() });

/** Start, stop and watch: `/server` is the default one, `/servers/:sname` a named one (protocol, 3.7). */
export function serverRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { servers } = deps.services;
  const slowMs = deps.settings.slowMs ?? SLOW_MS;
  const streams = createProgressStreams(kit);

  const recordOf = (owner: User, name: ServerName): ServerRecord | undefined => deps.directory.serversOf(owner.id).find((record) => record.name === name);

  const start = async (x: Exchange): Promise<Reply> => {
    const { owner, name, label } = serverAt(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, owner, name));
    const ask = parseStart(x.json);
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
    if (state?.kind === 'failed') throw new HubError('spawn-failed', state.message);
    return empty(state?.kind === 'ready' ? 201 : 202);
  };

  const stop = async (x: Exchange): Promise<Reply> => {
    const { owner, name, raw } = serverAt(kit, x);
    demand(actorOf(x), 'delete:servers', serverTargetOf(deps, owner, name));
    const ask = Stop.safeParse(x.json ?? {});
    if (!ask.success) throw new HubError('invalid-input', 'Invalid JSON in body of request');
    if (name === DEFAULT_SERVER && ask.data.remove === true) throw new HubError('invalid-input', 'Cannot delete the default server');
    if (name !== DEFAULT_SERVER && recordOf(owner, name) === undefined) throw unknownServer(owner, raw);
    const { settled } = ask.data.remove === true ? servers.remove(actorOf(x), owner, name) : servers.stop(actorOf(x), owner, name);
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

  const make = (x: Exchange): Reply => {
    const { owner, name } = serverAt(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, owner, name));
    const { name: _given, ...ask } = parseChange(x.json ?? {});
    return json(201, serverModel(deps, actorOf(x), owner, servers.create(actorOf(x), owner, newName(name), ask)));
  };

  const change = (x: Exchange): Reply => {
    const { owner, name, raw } = serverAt(kit, x);
    demand(actorOf(x), 'start:servers', serverTargetOf(deps, owner, name));
    if (name !== DEFAULT_SERVER && recordOf(owner, name) === undefined) throw unknownServer(owner, raw);
    const ask = parseChange(x.json ?? {});
    if (Object.keys(ask).length === 0) throw new HubError('invalid-input', 'body must contain at least one of name, display_name, user_options');
    return json(200, serverModel(deps, actorOf(x), owner, servers.change(actorOf(x), owner, name, ask)));
  };

  const watch = (x: Exchange): Reply => {
    const { owner, name } = serverAt(kit, x);
    return streams.open(x, owner, name);
  };

  // An empty name is the default server's.
  const [own, unnamed, named] = ['/hub/api/users/:name/server', '/hub/api/users/:name/servers/', '/hub/api/users/:name/servers/:sname'];
  return [
    ...[own, unnamed, named].flatMap((path = ''): HubRoute[] => [
      { method: 'get', path, kind: 'api', needs: ['read:servers'], handle: show },
      { method: 'put', path, kind: 'api', needs: ['start:servers'], feature: 'launcher', handle: make },
      { method: 'post', path, kind: 'api', needs: ['start:servers'], feature: 'launcher', handle: start },
      { method: 'patch', path, kind: 'api', needs: ['start:servers'], feature: 'launcher', handle: change },
      { method: 'delete', path, kind: 'api', needs: ['delete:servers'], handle: stop },
    ]),
    ...[own, named].map((path): HubRoute => ({ method: 'get', path: `${path}/progress`, kind: 'api', needs: ['read:servers'], handle: watch })),
  ];
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
export const unknownServer = (owner: User, raw: string): HubError => new HubError('not-found', `${owner.name} has no server named '${raw.slice(0, 64).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}'`);

function parseChange(body: unknown): ServerChange {
  const { name, display_name: shown, user_options: options } = parseBody(Change, body);
  return {
    ...(name === undefined ? {} : { name: parseServerName(name) }),
    ...(shown === undefined ? {} : { displayName: parseDisplayName(shown) }),
    ...(options === undefined || options === null ? {} : profileOf(options)),
  };
}

/** Either JupyterHub 6's two keys, or the whole body as options; `profile` among the options chooses one. */
export function parseStart(body: unknown): StartAsk {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body)) throw new HubError('invalid-input', 'body must be a json dict');
  const split = 'user_options' in body || 'display_name' in body;
  const parsed = split ? Split.safeParse(body) : Options.safeParse(body);
  if (!parsed.success) throw new HubError('invalid-input', 'user_options must be a json dict, display_name a string');
  if (!split) return asked(parsed.data as z.output<typeof Options>);
  const { user_options: options, display_name: shown } = parsed.data as z.output<typeof Split>;
  return { ...asked(options ?? {}), ...(shown === undefined ? {} : { displayName: parseDisplayName(shown) }) };
}

const asked = (options: z.output<typeof Options>): StartAsk => {
  const ask = profileOf(options);
  return ask.profile === undefined ? ask : { ...ask, userOptions: { profile: ask.profile } };
};

/** What is not understood is refused, not kept: nobody shall believe that an image or a command of theirs was taken (E12). */
function profileOf({ profile, ...rest }: z.output<typeof Options>): { readonly profile?: string } {
  if (profile !== undefined && typeof profile !== 'string') throw new HubError('invalid-input', 'profile must be a string');
  const unknown = Object.keys(rest);
  if (unknown.length > 0) throw new HubError('invalid-input', `Unknown user_options: ${unknown.slice(0, 5).map((key) => key.slice(0, 64)).join(', ')}. A start takes a profile and nothing else.`);
  return profile === undefined ? {} : { profile };
}
