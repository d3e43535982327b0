import { homePage, type HomeModel, type HomeServer } from '../../../views/pages/home';
import { can, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { DEFAULT_SERVER, type ServerId, type ServerName } from '../../domain/ids';
import { parseServerName } from '../../domain/names';
import type { ServerRecord } from '../../domain/server';
import type { User } from '../../domain/user';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, ownerOf, serverTargetOf, targetOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { orCorrect } from './account';
import { placeOf, stagesOf, withinMs } from './spawn';

const SHOWN_VISITS = 5;
const SHOWN_SHARES = 50;
const SHOWN_NAME = 64;
/** A start that fails at once is reported on its answer already. */
const GLANCE_MS = 1000;

export function homeRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { services, urls } = deps;

  const idleOf = (x: Exchange, user: User, name: ServerName): HomeServer['idle'] => {
    const view = services.idleness.glance(actorOf(x), user, name);
    if (view === undefined) return null;
    const mayExtend = view.limits.idleMs !== null && can(actorOf(x), 'users:activity', targetOf(deps, user));
    return { verdict: view.verdict, near: view.near, mayExtend, leases: view.leases };
  };

  const usageOf = (id: ServerId): HomeServer['usage'] => {
    const now = services.usage.now(id);
    return now === null ? null : { now, spark: services.usage.spark(id) };
  };

  const serverOf = (x: Exchange, user: User, record: ServerRecord, outdated: ReadonlySet<string>): HomeServer => {
    const { id, name, state, profile } = record;
    const stage = state.kind === 'queued' || state.kind === 'starting' ? stagesOf(kit, x, { user, record }).at(-1) : undefined;
    return {
      name, state, profile, idle: idleOf(x, user, name), news: services.servers.truth(actorOf(x), user, name),
      usage: state.kind === 'ready' ? usageOf(id) : null, stage: stage ?? null, outdated: outdated.has(name),
    };
  };

  /** The default server is always there, started or not. */
  const serversOf = (x: Exchange, user: User, outdated: ReadonlySet<string>): readonly HomeServer[] => {
    const known = services.servers.listOf(actorOf(x), user).map((record) => serverOf(x, user, record, outdated));
    const all = known.some((s) => s.name === DEFAULT_SERVER) ? known : [{ ...NEVER, name: DEFAULT_SERVER }, ...known];
    return all.toSorted((a, b) => a.name.localeCompare(b.name));
  };

  /** The first ones; a program finds all of them in the API. */
  const sharedWith = (x: Exchange, user: User): HomeModel['shared'] => {
    if (!can(actorOf(x), 'read:users:shares', targetOf(deps, user))) return [];
    const { shares } = services.shares.listWith(actorOf(x), { kind: 'user', name: user.name }, { offset: 0, limit: SHOWN_SHARES });
    const open = shares.filter(({ scopes, server }) => server.owner.id !== user.id && (scopes.includes('access:servers') || scopes.includes('shares')));
    // A server may be shared twice, with somebody and with a group of theirs.
    return [...new Map(open.map(({ server }) => [server.id, { owner: server.owner.name, name: server.name, ready: server.ready }])).values()];
  };

  const show = (x: Exchange, status: number, named: NonNullable<HomeModel['named']>): Reply => {
    const actor = actorOf(x);
    const user = ownerOf(deps, x, undefined);
    const target = targetOf(deps, user);
    const explained = can(actor, 'read:users', target) ? services.groupPolicies.explain(actor, user) : null;
    const report = can(actor, 'read:servers', target) ? services.volumes.report(actor, user) : null;
    const model: HomeModel = {
      user: user.name,
      servers: serversOf(x, user, new Set(explained?.outdated.map(({ name }) => name))),
      profiles: deps.directory.profilesFor(user.id),
      mayStart: deps.settings.launcher && can(actor, 'start:servers', serverTargetOf(deps, user, DEFAULT_SERVER)),
      named: deps.settings.namedServers ? named : null,
      groups: target.groups,
      policy: explained?.policy ?? null,
      volumes: report === null ? null : { ...report, rows: report.volumes },
      visits: deps.directory.visitsTo(user.id).slice(0, SHOWN_VISITS),
      shared: sharedWith(x, user),
      waiting: can(actor, 'admin:users', HUB) ? services.accounts.list(actor, { offset: 0, limit: 1, status: 'pending' }).total : null,
      unwell: can(actor, 'admin-ui', HUB) && services.health.report(actor).blocked !== null,
    };
    return kit.page(x, status, (shell) => homePage(shell, model));
  };

  /** A server with a name: made and started in one go. */
  const add = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    const user = ownerOf(deps, x, undefined);
    if (!deps.settings.namedServers) throw new HubError('invalid-input', 'Named servers are not enabled.');
    const name = parseServerName(x.form.one('name')?.trim() ?? '');
    if (name === DEFAULT_SERVER) throw new HubError('invalid-input', x.t('home.addEmpty'));
    if (deps.directory.serversOf(user.id).some((record) => record.name === name)) throw new HubError('conflict', x.t('home.addExists'));
    const profile = x.form.one('profile');
    const { settled } = services.servers.start(actorOf(x), user, name, profile === undefined ? {} : { profile });
    await withinMs(deps.clock.after, settled, GLANCE_MS);
    return seeOther(urls.spawnPending(user.name, name));
  }, (status, problem) => show(x, status, { problem, given: (x.form.one('name') ?? '').slice(0, SHOWN_NAME) }));

  const remove = async (x: Exchange): Promise<Reply> => {
    const { user, server } = placeOf(kit, x);
    const { settled } = services.servers.remove(actorOf(x), user, server);
    await withinMs(deps.clock.after, settled, GLANCE_MS);
    kit.flash(x, { tone: 'ok', text: x.t('home.removed', { name: server }) });
    return seeOther(urls.home);
  };

  return [
    { method: 'get', path: '/hub/home', kind: 'page', needs: 'identified', handle: (x) => show(x, 200, { problem: undefined, given: '' }) },
    { method: 'post', path: '/hub/servers', kind: 'page', needs: ['start:servers'], feature: 'launcher', handle: add },
    { method: 'post', path: '/hub/servers/:user/:server/remove', kind: 'page', needs: ['delete:servers'], handle: remove },
  ];
}

const NEVER: Omit<HomeServer, 'name'> = { state: { kind: 'stopped', since: null, reason: null }, profile: null, idle: null, news: null, usage: null, stage: null, outdated: false };
