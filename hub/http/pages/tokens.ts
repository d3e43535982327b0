import { tokensPage, type ApplicationRow, type TokenOffer, type TokensModel } from '../../../views/pages/tokens';
import type { Actor } from '../../domain/access';
import { HubError } from '../../domain/errors';
import type { TokenId } from '../../domain/ids';
import { expandRaw } from '../../domain/scopes/expand';
import { isSubset } from '../../domain/scopes/intersect';
import { sameClient, type Token } from '../../domain/session';
import { scopesOfTasks, TASKS } from '../../domain/token-tasks';
import { mayManage } from '../api/tokens';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

const DAY_SECONDS = 86_400;
/** The first one that may be is what is chosen unless somebody chooses. */
const DAYS: readonly number[] = [30, 1, 7, 90];
const YEAR = 365;
const MOST_SCOPES = 2_048;

/** One's own API tokens, for a person; programs have `/hub/api/users/{name}/tokens`. */
export function tokenPageRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls, settings } = kit.deps;
  const longest = Math.floor(settings.tokenLifetimeSeconds / DAY_SECONDS);

  /** Up to what is allowed; administrators alone may go beyond it. */
  const lifetimes = (actor: Actor): readonly (number | null)[] => {
    const days = DAYS.filter((one) => one <= longest);
    const all = days.includes(longest) || longest < 1 ? days : [...days, longest];
    return actor.admin ? [...all, ...(all.includes(YEAR) ? [] : [YEAR]), null] : all;
  };

  const form = (x: Exchange) => {
    const days = x.form.one('days');
    const scopes = (x.form.one('scopes') ?? '').slice(0, MOST_SCOPES).trim();
    return { note: (x.form.one('note') ?? '').slice(0, 255), days: days === 'never' ? null : Number(days ?? lifetimes(actorOf(x))[0]), scopes, tasks: x.form.entries().filter(([name]) => name === 'task').map(([, id]) => id) };
  };

  const page = (x: Exchange, status: number, more: { readonly secret?: string; readonly problem?: string }): Reply => {
    const actor = actorOf(x);
    const given = more.problem === undefined ? { note: '', days: lifetimes(actor)[0] ?? null, scopes: '', tasks: [] } : form(x);
    const all = services.tokens.listOf(actor, ownerOf(kit.deps, x, undefined));
    const model: TokensModel = {
      tokens: all.filter(({ oauth }) => oauth === undefined).map(({ id, note, scopes, created, lastUsed, expires }) => ({ note, scopes, created, lastUsed, expires, revoke: urls.tokenRevoke(id) })),
      applications: applicationsOf(all, urls.tokenRevoke),
      action: urls.token, tasks: offersTo(actor, given.tasks), days: lifetimes(actor), given, secret: more.secret, problem: more.problem,
    };
    return kit.page(x, status, (shell) => tokensPage(shell, model));
  };

  const create = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const { note, days, scopes: raw, tasks } = form(x);
    const scopes = [...scopesOfTasks(tasks), ...raw.split(/[\s,]+/).filter((scope) => scope !== '')];
    try {
      if (!lifetimes(actor).includes(days)) throw new HubError('invalid-input', x.t('tokens.badLifetime'));
      if (scopes.length === 0) throw new HubError('invalid-input', x.t('tokens.chooseOne'));
      const { secret } = services.tokens.create(actor, ownerOf(kit.deps, x, undefined), { note, scopes, expiresInSeconds: days === null ? null : days * DAY_SECONDS });
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

/** What this person may give away: what they hold. Whoever may do less is offered less. */
function offersTo(actor: Actor, chosen: readonly string[]): readonly TokenOffer[] {
  const owner = { kind: 'user', name: actor.name } as const;
  return TASKS.filter(({ scopes }) => isSubset(expandRaw(scopes, { owner, inherit: actor.scopes }), actor.scopes)).map(({ id, wide }) => ({ id, wide, chosen: chosen.includes(id) }));
}

/** A client may hold several tokens; they end together. */
function applicationsOf(all: readonly Token[], revoke: (id: TokenId) => string): readonly ApplicationRow[] {
  const first = all.filter(({ oauth }, i) => oauth !== undefined && all.findIndex((one) => one.oauth !== undefined && sameClient(one.oauth.client, oauth.client)) === i);
  return first.map(({ id, note, oauth }) => {
    const same = all.filter((one) => one.oauth !== undefined && oauth !== undefined && sameClient(one.oauth.client, oauth.client));
    const used = same.flatMap(({ lastUsed }) => (lastUsed === null ? [] : [lastUsed.getTime()]));
    return {
      note, scopes: [...new Set(same.flatMap(({ scopes }) => scopes))], created: new Date(Math.min(...same.map(({ created }) => created.getTime()))),
      lastUsed: used.length === 0 ? null : new Date(Math.max(...used)), revoke: revoke(id),
    };
  });
}
