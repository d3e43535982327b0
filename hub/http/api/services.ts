import { can, demandAny, HUB, lacking, notFound } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { narrowing } from '../../domain/scopes/covers';
import type { ScopeName } from '../../domain/scopes/tree';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { serviceModel } from './models';

const READ: readonly [ScopeName, ...ScopeName[]] = ['read:services', 'read:services:name', 'read:roles:services'];

/** Services as the configuration declares them (protocol, 3.10). They are not made or removed over the network. */
export function serviceRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { services } = deps.services;

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
    throw READ.some((scope) => can(actor, scope, HUB)) ? new HubError('not-found', `No such service: ${name.slice(0, 64).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}`) : notFound();
  };

  return [
    { method: 'get', path: '/hub/api/services', kind: 'api', needs: ['list:services'], handle: list },
    { method: 'get', path: '/hub/api/services/:name', kind: 'api', needs: READ, handle: show },
  ];
}
