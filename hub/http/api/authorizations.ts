import { notFound, type Actor } from '../../domain/access';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { identityModel } from './models';

/**
 * How services asked whose a credential is before JupyterHub 2.0 (protocol, 3.14): whoever presents a token of their own may ask about
 * another. Addresses are never logged, so what is asked about is not either.
 */
export function authorizationRoutes(kit: Kit): readonly HubRoute[] {
  const { actors, accounts } = kit.deps.services;

  const describe = (found: Actor | undefined): Reply => {
    if (found === undefined) throw notFound();
    return json(200, identityModel(kit.deps, found, found.kind === 'user' ? accounts.find(found, found.name) : undefined));
  };

  const token = (x: Exchange): Reply => describe(actors.byToken(x.params['token'] ?? ''));

  const cookie = (x: Exchange): Reply => {
    // Only a program that has a token of its own: a page that got hold of a cookie's value learns nothing.
    const { via } = actorOf(x);
    return describe(via === 'token' && x.params['cookie'] === kit.names.session ? actors.byCookie(x.params['value'] ?? '') : undefined);
  };

  const gone = (): Reply => {
    throw notFound();
  };

  return [
    { method: 'get', path: '/hub/api/authorizations/token/:token', kind: 'api', needs: 'identified', handle: token },
    { method: 'post', path: '/hub/api/authorizations/token', kind: 'api', needs: 'identified', handle: gone },
    { method: 'get', path: '/hub/api/authorizations/cookie/:cookie/:value', kind: 'api', needs: 'identified', handle: cookie },
  ];
}
