import { reauthPage } from '../../../views/pages/sessions';
import { HubError } from '../../domain/errors';
import type { Exchange, Reply } from '../exchange';
import type { Kit } from '../kit';
import { orCorrect } from '../pages/account';
import type { HubRoute } from '../routes';

const FIELD = 'reauth-password';

/**
 * Before a dangerous act by cookie: is the person in front of this browser the one who signed in? Asked when the password was not
 * given for a while. A page answers with the same form, which asks for it and sends everything else again; nothing is lost. What
 * proves more than a cookie, a token or the local socket, is not asked. undefined: go on.
 */
export function createReauth(kit: Kit): (x: Exchange, route: HubRoute) => Promise<Reply | undefined> {
  const { services, urls } = kit.deps;

  const ask = (x: Exchange, status: number, problem: string | undefined): Reply => {
    const action = `${urls.base}${x.ctx.path.slice(1)}${x.search}`;
    const fields = x.form.entries().filter(([name]) => name !== '_xsrf');
    return kit.page(x, status, (shell) => reauthPage(shell, { action, fields, field: FIELD, problem, back: urls.home }));
  };

  return async (x, route) => {
    const { actor, session } = x.caller;
    if (actor === undefined || session === undefined || !isDangerous(route, x)) return undefined;
    const password = x.form.one(FIELD);
    x.form = x.form.without(FIELD);
    if (services.sessions.isProven(session.id)) return undefined;
    if (route.kind !== 'page') {
      throw new HubError('reauthentication-required', `This needs your password again. Open ${urls.reauth} in this browser and repeat the request within a few minutes, or use a token.`);
    }
    if (password === undefined) {
      x.res.setHeader('X-Hub-Code', 'reauthentication-required');
      return ask(x, 403, undefined);
    }
    return orCorrect<Reply | undefined>(x, async () => {
      await services.accounts.prove(actor, { password, session: session.id, address: x.ctx.address });
      return undefined;
    }, (status, problem) => ask(x, status, problem));
  };
}

const isDangerous = ({ reauth }: HubRoute, x: Exchange): boolean => reauth === true || (typeof reauth === 'function' && reauth(x));
