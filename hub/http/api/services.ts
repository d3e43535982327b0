import { z } from 'zod';
import { can, demand, demandAny, HUB, lacking, notFound } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { narrowing } from '../../domain/scopes/covers';
import type { ScopeName } from '../../domain/scopes/tree';
import { isOpenServiceUrl, isRedirectUri, SERVICE_CLIENT_ID, SERVICE_TOKEN } from '../../domain/service';
import { shown } from '../../domain/shown';
import type { ServiceAsk } from '../../services/service-acts';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { serviceModel } from './models';
import { ServiceModel } from './schemas';

const READ: readonly [ScopeName, ...ScopeName[]] = ['read:services', 'read:services:name', 'read:roles:services'];

/** JupyterHub's words for what may be said about a service. `command` and its company are for services that the hub runs, which only the configuration names. */
const Create = z.strictObject({
  name: z.string().max(512).optional().describe('Not looked at: the path names the service.'),
  admin: z.boolean().optional(),
  url: z.string().max(2048).refine(isOpenServiceUrl, 'url must be an http address with a number or localhost, such as http://127.0.0.1:9999, and neither a link-local one nor an engine\'s').optional().describe('Where it is; it is proxied below `/services/<name>/`.'),
  api_token: z.string().refine((text) => SERVICE_TOKEN.test(text), 'api_token must have at least 16 characters without spaces').optional().describe('Its token, which is its OAuth secret too. Without one it can only be proxied.'),
  info: z.record(z.string().max(255), z.unknown()).optional(),
  display: z.boolean().optional(),
  oauth_no_confirm: z.boolean().optional(),
  oauth_client_allowed_scopes: z.array(z.string().max(512)).max(200).optional(),
  oauth_client_id: z.string().refine((text) => SERVICE_CLIENT_ID.test(text), 'oauth_client_id must be service- and letters, digits, . _ -').optional(),
  oauth_redirect_uri: z.string().max(2048).refine(isRedirectUri, 'oauth_redirect_uri must be an address or a path').optional(),
  command: z.array(z.string()).optional(),
  cwd: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional(),
  user: z.string().optional(),
});

/** Without what was not said. */
function askOf(name: string, { name: _name, command = [], cwd, environment, user, ...given }: z.output<typeof Create>): ServiceAsk {
  if (command.length > 0 || [cwd, environment, user].some((value) => value !== undefined)) throw new HubError('invalid-input', `Failed to create service ${shown(name)}: what the hub runs is named in its configuration`);
  const ask = {
    token: given.api_token, admin: given.admin, url: given.url, display: given.display, info: given.info,
    oauthClientId: given.oauth_client_id, oauthRedirectUri: given.oauth_redirect_uri, oauthNoConfirm: given.oauth_no_confirm, oauthAllowedScopes: given.oauth_client_allowed_scopes,
  };
  return { name, ...Object.fromEntries(Object.entries(ask).filter(([, value]) => value !== undefined)) };
}

/** Services (protocol, 3.10). */
export function serviceRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { services, serviceActs } = deps.services;

  const list = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const seen = narrowing(actor.scopes, 'list:services');
    if (seen === undefined) throw lacking(['list:services']);
    const mine = services.list().filter((service) => seen.all || seen.services.has(service.name));
    return json(200, Object.fromEntries(mine.map((service) => [service.name, serviceModel(deps, actor, service)])));
  };

  const show = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const name = x.params['name'] ?? '';
    demandAny(actor, READ, { kind: 'service', name });
    const service = services.byName(name);
    if (service !== undefined) return json(200, serviceModel(deps, actor, service));
    throw READ.some((scope) => can(actor, scope, HUB)) ? new HubError('not-found', `No such service: ${shown(name)}`) : notFound();
  };

  const create = (x: Exchange, { body }: Given<typeof Create>): Reply => {
    const actor = actorOf(x);
    demand(actor, 'admin:services', HUB);
    return json(201, serviceModel(deps, actor, serviceActs.create(actor, askOf(x.params['name'] ?? '', body()))));
  };

  const remove = (x: Exchange): Reply => {
    serviceActs.remove(actorOf(x), x.params['name'] ?? '');
    return empty(200);
  };

  return [
    operation({
      method: 'get', path: '/hub/api/services', needs: ['list:services'], handle: list,
      doc: { id: 'listServices', tag: 'Services', summary: 'List the services that you may see', answers: { 200: { description: 'The services, by name.', model: z.record(z.string(), ServiceModel) } } },
    }),
    operation({
      method: 'get', path: '/hub/api/services/:name', needs: READ, handle: show,
      doc: { id: 'getService', tag: 'Services', summary: 'Show a service', answers: { 200: { description: 'The service.', model: ServiceModel } } },
    }),
    operation({
      method: 'post', path: '/hub/api/services/:name', needs: ['admin:services'], reauth: true, handle: create,
      doc: { id: 'createService', tag: 'Services', summary: 'Make a service that somebody else runs', body: Create, answers: { 201: { description: 'The service.', model: ServiceModel }, 409: 'The service exists.' } },
    }),
    operation({
      method: 'delete', path: '/hub/api/services/:name', needs: ['admin:services'], reauth: true, handle: remove,
      doc: { id: 'deleteService', tag: 'Services', summary: 'Remove a service that was made over the API', answers: { 200: 'It is gone.', 405: 'The configuration declares it.' } },
    }),
  ];
}
