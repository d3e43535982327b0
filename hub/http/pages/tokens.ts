import { tokensPage } from '../../../views/pages/tokens';
import { HubError } from '../../domain/errors';
import type { TokenId } from '../../domain/ids';
import { mayManage } from '../api/tokens';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

const DAY_SECONDS = 86_400;
/** The first one is what is chosen unless somebody chooses. */
const DAYS: readonly number[] = [30, 1, 7, 90];

/** One's own API tokens, for a person; programs have `/hub/api/users/{name}/tokens`. */
export function tokenPageRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls } = kit.deps;

  const page = (x: Exchange, status: number, more: { readonly secret?: string; readonly problem?: string }): Reply => {
    const tokens = services.tokens.listOf(actorOf(x), ownerOf(kit.deps, x, undefined)).map(({ id, note, scopes, created, lastUsed, expires }) => ({ note, scopes, created, lastUsed, expires, revoke: urls.tokenRevoke(id) }));
    return kit.page(x, status, (shell) => tokensPage(shell, { tokens, action: urls.token, days: DAYS, secret: more.secret, problem: more.problem }));
  };

  const create = (x: Exchange): Reply => {
    const days = Number(x.form.one('days') ?? DAYS[0]);
    const scopes = (x.form.one('scopes') ?? '').split(/[\s,]+/).filter((scope) => scope !== '');
    try {
      if (!DAYS.includes(days)) throw new HubError('invalid-input', x.t('tokens.badLifetime'));
      const ask = { note: (x.form.one('note') ?? '').slice(0, 255), scopes: scopes.length === 0 ? ['inherit'] : scopes, expiresInSeconds: days * DAY_SECONDS };
      const { secret } = services.tokens.create(actorOf(x), ownerOf(kit.deps, x, undefined), ask);
      // On this answer and nowhere else: a page that it was redirected to would have to keep it until then.
      return page(x, 200, { secret });
    } catch (err) {
      if (err instanceof HubError && err.code === 'invalid-input') return page(x, err.status, { problem: err.message });
      throw err;
    }
  };

  const revoke = (x: Exchange): Reply => {
    services.tokens.revoke(actorOf(x), ownerOf(kit.deps, x, undefined), (x.params['token'] ?? '') as TokenId);
    kit.flash(x, { tone: 'ok', text: x.t('tokens.revoked') });
    return seeOther(urls.token);
  };

  return [
    { method: 'get', path: '/hub/token', kind: 'page', needs: ['read:tokens'], handle: (x) => page(x, 200, {}) },
    { method: 'post', path: '/hub/token', kind: 'page', needs: ['tokens'], reauth: (x) => mayManage(x.caller.actor), handle: create },
    { method: 'post', path: '/hub/token/:token/revoke', kind: 'page', needs: ['tokens'], handle: revoke },
  ];
}
