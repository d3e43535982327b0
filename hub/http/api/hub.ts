import { z } from 'zod';
import { demand, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { timestamp } from '../../wire/timestamp';
import { empty, headerOf, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { paged, parseBody, parsePage, selfUrl } from './read';

const Address = z.looseObject({ api_url: z.string().max(2048).optional(), auth_token: z.string().max(4096).optional() });

/** The hub as a whole (protocol, 3.5 and 3.11). */
export function hubRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { settings, directory, urls } = deps;

  /** JupyterHub names its Python and its classes here; the fields are kept, and say what is true of this hub. */
  const info = (x: Exchange): Reply => {
    demand(actorOf(x), 'read:hub', HUB);
    const { version, spawner, authenticator, runtime, executable } = settings.about;
    return json(200, { version: settings.protocolVersion, python: runtime, sys_executable: executable, spawner: { class: spawner, version }, authenticator: { class: authenticator, version } });
  };

  const shutdown = (x: Exchange): Reply => {
    demand(actorOf(x), 'shutdown', HUB);
    const ask = (typeof x.json === 'object' && x.json !== null ? x.json : {}) as Record<string, unknown>;
    for (const key of ['proxy', 'servers']) {
      if (ask[key] !== undefined && typeof ask[key] !== 'boolean') throw new HubError('invalid-input', `${key} must be true/false, got ${JSON.stringify(ask[key]).slice(0, 64)}`);
    }
    // The proxy is the hub's own process, and goes with it whatever is asked.
    deps.services.shutdown.begin(actorOf(x), { servers: ask['servers'] === true });
    return json(202, { message: 'Shutting down Hub' });
  };

  const routes = (x: Exchange): Reply => {
    demand(actorOf(x), 'proxy', HUB);
    const page = parsePage(x.query, headerOf(x, 'accept'));
    const own = [urls.base, { routespec: urls.base, target: settings.publicUrl.origin, data: { hub: true } }] as const;
    const all = [own, ...directory.routes().map((route) => [route.routespec, routeModel(route)] as const)];
    const items = all.slice(page.offset, page.offset + page.limit);
    return json(200, paged(items, { total: all.length, page, self: selfUrl(kit, x), shape: (entries) => Object.fromEntries(entries) }));
  };

  /** Routes are the hub's own memory and cannot fall behind: there is nothing to bring up to date. */
  const resync = (x: Exchange): Reply => {
    demand(actorOf(x), 'proxy', HUB);
    return empty(200);
  };

  /** Tells where a proxy of JupyterHub's went; ours has no address of its own to change. */
  const move = (x: Exchange): Reply => {
    demand(actorOf(x), 'proxy', HUB);
    if (typeof x.json !== 'object' || x.json === null || Array.isArray(x.json)) throw new HubError('invalid-input', 'need JSON body');
    parseBody(Address, x.json);
    return empty(200);
  };

  const path = '/hub/api/proxy';
  return [
    { method: 'get', path: '/hub/api/info', kind: 'api', needs: ['read:hub'], handle: info },
    { method: 'post', path: '/hub/api/shutdown', kind: 'api', needs: ['shutdown'], reauth: true, handle: shutdown },
    { method: 'get', path, kind: 'api', needs: ['proxy'], handle: routes },
    { method: 'post', path, kind: 'api', needs: ['proxy'], handle: resync },
    { method: 'patch', path, kind: 'api', needs: ['proxy'], handle: move },
  ];
}

type Route = ReturnType<Kit['deps']['directory']['routes']>[number];

/** As configurable-http-proxy writes it. */
const routeModel = ({ routespec, target, data }: Route): object =>
  ({ routespec, target, data: 'service' in data ? data : { user: data.user, server_name: data.server, last_activity: timestamp(data.lastActivity) } });
