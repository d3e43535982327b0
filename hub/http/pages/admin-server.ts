import { serverPage, type ServerDetailModel } from '../../../views/pages/server';
import { can, isOwn } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { DEFAULT_SERVER } from '../../domain/ids';
import { USAGE_RANGES } from '../../domain/usage';
import type { Exchange, Reply } from '../exchange';
import { actorOf, serverTargetOf, targetOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { placeOf, type Place } from './spawn';

const SHOWN_OPTIONS = 10;
const LONGEST_OPTION = 200;

/** Everything that is known of one server. */
export function adminServerRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { services, settings, directory } = deps;

  const idleOf = (x: Exchange, { user, server }: Place): ServerDetailModel['idle'] => {
    const view = services.idleness.glance(actorOf(x), user, server);
    if (view === undefined) return null;
    const { verdict, near, limits, signals, leases } = view;
    return { verdict, near, limits, leases, idleForMs: signals.idleForMs, ageMs: signals.ageMs, uses: signals.proxied.uses, bytes: signals.proxied.bytes, answered: signals.answered, running: signals.running.length };
  };

  const volumesOf = (x: Exchange, { user, own }: Place): Pick<ServerDetailModel, 'volumes' | 'volumeBytes' | 'softQuota'> => {
    if (!own && !can(actorOf(x), 'admin:servers', targetOf(deps, user))) return { volumes: [], volumeBytes: 0, softQuota: null };
    const { volumes, bytes, softQuota } = services.volumes.report(actorOf(x), user);
    return { volumes: volumes.filter(({ state }) => state === 'active'), volumeBytes: bytes, softQuota };
  };

  const mayOf = (x: Exchange, { user, server, own, record }: Place): ServerDetailModel['may'] => {
    const target = serverTargetOf(deps, user, server);
    const may = (scope: Parameters<typeof can>[1]): boolean => can(actorOf(x), scope, target);
    return {
      start: settings.launcher && may('start:servers'), stop: may('delete:servers'), extend: can(actorOf(x), 'users:activity', targetOf(deps, user)), log: own || may('admin:servers'),
      open: own || may('access:servers') || (record !== undefined && deps.access.mayConfirm(actorOf(x), record.id)),
    };
  };

  const show = (x: Exchange): Reply => {
    const place = placeOf(kit, x);
    const { user, server, record } = place;
    if (record === undefined && server !== DEFAULT_SERVER) throw new HubError('not-found', 'There is no such server.');
    const now = record === undefined ? null : services.usage.now(record.id);
    const profile = record?.profile ?? null;
    const model: ServerDetailModel = {
      user: user.name, name: server, own: isOwn(actorOf(x), user), state: record?.state ?? { kind: 'stopped', since: null, reason: null },
      stage: record === undefined ? null : (services.servers.stages(record.id).at(-1) ?? null), displayName: record?.displayName ?? '',
      profile: profile === null ? null : { slug: profile, title: directory.profilesFor(user.id).find(({ slug }) => slug === profile)?.title ?? profile },
      created: record?.created ?? user.created, lastActivity: record?.lastActivity ?? null, options: optionsOf(record?.userOptions ?? null),
      usage: now === null || record === undefined ? null : { now, spark: services.usage.spark(record.id) }, idle: idleOf(x, place),
      history: profile === null || record === undefined ? null : { range: USAGE_RANGES.find((range) => range === x.query.get('range')) ?? 'day', spark: services.usage.spark(record.id) },
      news: record === undefined ? null : services.servers.truth(actorOf(x), user, server), ...volumesOf(x, place), may: mayOf(x, place), now: deps.clock.now(),
    };
    return kit.page(x, 200, (shell) => serverPage(shell, model));
  };

  return ['', '/:server'].map((rest): HubRoute => ({ method: 'get', path: `/hub/admin/servers/:user${rest}`, kind: 'page', needs: ['admin-ui'], handle: show }));
}

const optionsOf = (options: Readonly<Record<string, unknown>> | null): ServerDetailModel['options'] =>
  Object.entries(options ?? {}).slice(0, SHOWN_OPTIONS).map(([name, value]) => [name.slice(0, LONGEST_OPTION), (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LONGEST_OPTION)] as const);
