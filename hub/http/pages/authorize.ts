import { authorizePage } from '../../../views/pages/authorize';
import { HubError } from '../../domain/errors';
import type { OauthRequest } from '../../services/oauth-contract';
import { found, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { AccessToken, OauthError } from '../api/schemas';
import { readTokenRequest, redemptionOf, TokenForm } from '../../wire/oauth';
import type { HubRoute } from '../routes';

/** OAuth's two ends (protocol, 2.1 and 2.2): a page for the visitor's browser, and an exchange between the client and the hub. */
export function oauthRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls } = kit.deps;

  /** A client belongs to somebody who may have chosen its address: nobody but the visitor's own click leads there with more than a code. */
  const leave = (x: Exchange, location: string): Reply => {
    x.res.setHeader('Referrer-Policy', 'no-referrer');
    return found(location);
  };

  const sessionOf = (x: Exchange) => {
    if (x.caller.session === undefined) throw new HubError('forbidden', 'Missing or invalid credentials.');
    return x.caller.session.id;
  };

  const ask = (x: Exchange, { title, scopes, redirect }: OauthRequest): Reply => {
    allowFormTo(x, redirect);
    return kit.page(x, 200, (shell) => authorizePage(shell, { title, scopes, action: `${urls.oauthAuthorize}${x.search}` }));
  };

  const visit = (x: Exchange): Reply => {
    const plan = services.oauth.plan(actorOf(x), x.query);
    if (plan.kind === 'refused') return leave(x, plan.location);
    if (plan.request.confirm) return ask(x, plan.request);
    kit.tagSession(x);
    return leave(x, services.oauth.grant(actorOf(x), sessionOf(x), plan.request, plan.request.scopes));
  };

  const answer = (x: Exchange): Reply => {
    const plan = services.oauth.plan(actorOf(x), x.query);
    if (plan.kind === 'refused') return leave(x, plan.location);
    allowFormTo(x, plan.request.redirect);
    if (x.form.one('answer') === 'no') return leave(x, services.oauth.deny(plan.request));
    const granted = x.form.entries().filter(([name]) => name === 'scopes').map(([, scope]) => scope);
    kit.tagSession(x);
    return leave(x, services.oauth.grant(actorOf(x), sessionOf(x), plan.request, granted));
  };

  const redeem = async (x: Exchange): Promise<Reply> => {
    const { status, headers, body } = services.oauth.redeem({ ...redemptionOf(await readTokenRequest(x.req)), from: x.ctx });
    for (const [name, value] of Object.entries(headers)) x.res.setHeader(name, value);
    return json(status, body);
  };

  return [
    { method: 'get', path: '/hub/api/oauth2/authorize', kind: 'page', needs: 'identified', handle: visit },
    { method: 'post', path: '/hub/api/oauth2/authorize', kind: 'page', needs: 'identified', handle: answer },
    // The client's secret is in the request itself; nothing of a browser is looked at.
    {
      method: 'post', path: '/hub/api/oauth2/token', kind: 'plain', needs: 'anyone', handle: redeem,
      doc: {
        id: 'redeemCode', tag: 'Sign-in', summary: 'Exchange a code for a token', description: 'The client names itself in the form, or in a header `Basic`.', body: TokenForm, bodyRequired: true, bodyType: 'application/x-www-form-urlencoded',
        answers: { 200: { description: 'The token.', model: AccessToken }, 400: { description: 'Refused.', model: OauthError }, 401: { description: 'The client is not known by these.', model: OauthError } },
      },
    },
  ];
}

/** Browsers hold the redirect after a form against `form-action` too, and a service may lie on another origin. */
function allowFormTo({ res }: Exchange, redirect: string): void {
  const policy = res.getHeader('Content-Security-Policy');
  if (typeof policy === 'string' && URL.canParse(redirect)) res.setHeader('Content-Security-Policy', policy.replace("form-action 'self'", `form-action 'self' ${new URL(redirect).origin}`));
}
