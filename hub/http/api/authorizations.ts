import { notFound, type Actor } from '../../domain/access';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation } from '../operation';
import type { HubRoute } from '../routes';
import { identityModel } from './models';
import { IdentityModel } from './schemas';

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

  const holder = { 200: { description: 'Whoever holds it.', model: IdentityModel } };
  return [
    operation({
      method: 'get', path: '/hub/api/authorizations/token/:token', needs: 'identified', handle: token,
      doc: { id: 'identifyToken', tag: 'Sign-in', summary: 'Say whose a token is', description: 'For services older than JupyterHub 2; newer ones ask for /hub/api/user with the token itself.', answers: holder },
    }),
    operation({
      method: 'post', path: '/hub/api/authorizations/token', needs: 'identified', handle: gone,
      doc: { id: 'requestToken', tag: 'Sign-in', summary: 'Make a token from a password, which is not offered', answers: { 404: 'Always: passwords belong on the sign-in page.' } },
    }),
    operation({
      method: 'get', path: '/hub/api/authorizations/cookie/:cookie/:value', needs: 'identified', handle: cookie,
      doc: { id: 'identifyCookie', tag: 'Sign-in', summary: 'Say whose a cookie of the hub is', description: 'With a token only.', answers: holder },
    }),
  ];
}
