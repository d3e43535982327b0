import { z } from 'zod';
import { demand, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { timestamp } from '../../wire/timestamp';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { paged, pageOf, PageQuery, selfUrl } from './read';
import { InfoModel, listed, MessageModel, RouteModel } from './schemas';

const Address = z.looseObject({ api_url: z.string().max(2048).optional(), auth_token: z.string().max(4096).optional() });
const flag = (name: string) => z.unknown().refine((value) => value === undefined || typeof value === 'boolean', { error: ({ input }) => `${name} must be true/false, got ${JSON.stringify(input).slice(0, 64)}` }).optional();
const Shutdown = z.looseObject({
  proxy: flag('proxy').meta({ type: 'boolean', description: 'Changes nothing: the proxy is the hub\'s own process.' }),
  servers: flag('servers').meta({ type: 'boolean', description: 'Servers are stopped too; else they keep running.' }),
});

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

  const shutdown = (x: Exchange, { body }: Given<typeof Shutdown>): Reply => {
    demand(actorOf(x), 'shutdown', HUB);
    const { servers } = body();
    // The proxy is the hub's own process, and goes with it whatever is asked.
    deps.services.shutdown.begin(actorOf(x), { servers: servers === true });
    return json(202, { message: 'Shutting down Hub' });
  };

  const routes = (x: Exchange, { query }: Given<z.ZodUndefined, typeof PageQuery>): Reply => {
    demand(actorOf(x), 'proxy', HUB);
    const page = pageOf(query(), x);
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
  const move = (x: Exchange, { body }: Given<typeof Address>): Reply => {
    demand(actorOf(x), 'proxy', HUB);
    if (typeof x.json !== 'object' || x.json === null || Array.isArray(x.json)) throw new HubError('invalid-input', 'need JSON body');
    body();
    return empty(200);
  };

  const path = '/hub/api/proxy';
  return [
    operation({
      method: 'get', path: '/hub/api/info', needs: ['read:hub'], handle: info,
      doc: { id: 'getInfo', tag: 'Hub', summary: 'Show what the hub runs with', answers: { 200: { description: 'Versions, and the ways to start servers and to sign in.', model: InfoModel } } },
    }),
    operation({
      method: 'post', path: '/hub/api/shutdown', needs: ['shutdown'], reauth: true, handle: shutdown,
      doc: { id: 'shutdown', tag: 'Operation', summary: 'Shut the hub down', body: Shutdown, answers: { 202: { description: 'It ends.', model: MessageModel } } },
    }),
    operation({
      method: 'get', path, needs: ['proxy'], handle: routes,
      doc: { id: 'listRoutes', tag: 'Operation', summary: 'List where requests go', query: PageQuery, answers: { 200: { description: 'The routes, by path.', model: listed(z.record(z.string(), RouteModel)) } } },
    }),
    operation({
      method: 'post', path, needs: ['proxy'], handle: resync,
      doc: { id: 'syncRoutes', tag: 'Operation', summary: 'Bring the routes up to date', description: 'They always are; for programs written for JupyterHub.', answers: { 200: 'They are up to date.' } },
    }),
    operation({
      method: 'patch', path, needs: ['proxy'], handle: move,
      doc: { id: 'moveProxy', tag: 'Operation', summary: 'Say where the proxy went', description: 'Changes nothing: the proxy is the hub\'s own process.', body: Address, bodyRequired: true, answers: { 200: 'Heard.' } },
    }),
  ];
}

type Route = ReturnType<Kit['deps']['directory']['routes']>[number];

/** As configurable-http-proxy writes it. */
const routeModel = ({ routespec, target, data }: Route): object =>
  ({ routespec, target, data: 'service' in data ? data : { user: data.user, server_name: data.server, last_activity: timestamp(data.lastActivity) } });
