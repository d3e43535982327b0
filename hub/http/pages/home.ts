import { homePage, type HomeModel, type HomeServer } from '../../../views/pages/home';
import { can, HUB, type Actor } from '../../domain/access';
import { DEFAULT_SERVER, type ServerName } from '../../domain/ids';
import type { User } from '../../domain/user';
import type { Exchange, Reply } from '../exchange';
import { actorOf, ownerOf, serverTargetOf, targetOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';

const SHOWN_VISITS = 5;
const SHOWN_SHARES = 50;

export function homeRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;

  const idleOf = (x: Exchange, user: User, name: ServerName): HomeServer['idle'] => {
    const view = deps.services.idleness.glance(actorOf(x), user, name);
    if (view === undefined) return null;
    const mayExtend = view.limits.idleMs !== null && can(actorOf(x), 'users:activity', targetOf(deps, user));
    return { verdict: view.verdict, near: view.near, mayExtend };
  };

  /** The default server is always there, started or not. */
  const serversOf = (x: Exchange, user: User): readonly HomeServer[] => {
    const known = deps.services.servers.listOf(actorOf(x), user).map(({ name, state, profile }): HomeServer => ({ name, state, profile, idle: idleOf(x, user, name), news: deps.services.servers.truth(actorOf(x), user, name) }));
    const never: HomeServer = { name: DEFAULT_SERVER, state: { kind: 'stopped', since: null, reason: null }, profile: null, idle: null, news: null };
    return (known.some((s) => s.name === DEFAULT_SERVER) ? known : [never, ...known]).toSorted((a, b) => a.name.localeCompare(b.name));
  };

  const quotaOf = (actor: Actor, user: User): HomeModel['quota'] => {
    if (!can(actor, 'read:servers', targetOf(deps, user))) return null;
    const { over, bytes, softQuota } = deps.services.volumes.report(actor, user);
    return over && softQuota !== null ? { held: bytes, limit: softQuota } : null;
  };

  /** The first ones; a program finds all of them in the API. */
  const sharedWith = (x: Exchange, user: User): HomeModel['shared'] => {
    if (!can(actorOf(x), 'read:users:shares', targetOf(deps, user))) return [];
    const { shares } = deps.services.shares.listWith(actorOf(x), { kind: 'user', name: user.name }, { offset: 0, limit: SHOWN_SHARES });
    const open = shares.filter(({ scopes, server }) => server.owner.id !== user.id && (scopes.includes('access:servers') || scopes.includes('shares')));
    // A server may be shared twice, with somebody and with a group of theirs.
    return [...new Map(open.map(({ server }) => [server.id, { owner: server.owner.name, name: server.name, ready: server.ready }])).values()];
  };

  const home = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const user = ownerOf(deps, x, undefined);
    const waiting = can(actor, 'admin:users', HUB) ? deps.services.accounts.list(actor, { offset: 0, limit: 1, status: 'pending' }).total : null;
    const unwell = can(actor, 'admin-ui', HUB) && deps.services.health.report(actor).blocked !== null;
    const quota = quotaOf(actor, user);
    const mayStart = deps.settings.launcher && can(actor, 'start:servers', serverTargetOf(deps, user, DEFAULT_SERVER));
    return kit.page(x, 200, (shell) => homePage(shell, { user: user.name, visits: deps.directory.visitsTo(user.id).slice(0, SHOWN_VISITS), servers: serversOf(x, user), shared: sharedWith(x, user), profiles: deps.directory.profilesFor(user.id), mayStart, waiting, unwell, quota }));
  };

  return [{ method: 'get', path: '/hub/home', kind: 'page', needs: 'identified', handle: home }];
}
