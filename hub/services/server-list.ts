import { can, demand, HUB, lacking, type Actor } from '../domain/access';
import { HubError, toHubError } from '../domain/errors';
import { DEFAULT_SERVER, type ServerId, type ServerName, type UserName } from '../domain/ids';
import type { ServerKind } from '../domain/server';
import { shown } from '../domain/shown';
import type { ListedServer, ServerFilter, ServerOrder, ServerPageAsk } from '../domain/server-filter';
import type { Store } from '../store/store';
import { serverTarget } from './server-target';
import type { Servers } from './contract';
import type { Idleness } from './idleness-contract';
import type { BulkResult, ServerAsk, ServerFilterName, ServerList, ServerRow, ServerSort } from './server-list-contract';
import type { Usage } from './usage-contract';

export interface ServerListDeps {
  readonly store: Store;
  readonly servers: Pick<Servers, 'start' | 'stop'>;
  readonly idleness: Pick<Idleness, 'glances' | 'soon'>;
  readonly usage: Pick<Usage, 'now' | 'latest'>;
}

const KIND: Readonly<Record<ServerFilterName, ServerKind>> = { running: 'ready', soon: 'ready', queued: 'queued', starting: 'starting', stopping: 'stopping', failed: 'failed', stopped: 'stopped' };

/** Everybody's servers, a page at a time, and what is done to several at once. */
export function createServerList({ store, servers, idleness, usage }: ServerListDeps): ServerList {
  const seenBy = (actor: Actor): Pick<ServerFilter, 'seen'> => {
    const extent = actor.scopes.get('read:servers');
    if (extent === undefined) throw lacking(['read:servers']);
    return extent.all ? {} : { seen: extent };
  };

  const filterOf = (actor: Actor, { user, group, profile }: ServerAsk): ServerFilter => {
    if (group !== undefined) demand(actor, 'read:users:groups', HUB);
    return { ...seenBy(actor), ...(user === undefined ? {} : { userContains: user }), ...(group === undefined ? {} : { group }), ...(profile === undefined ? {} : { profile }) };
  };

  const inState = (state: ServerFilterName | undefined): Pick<ServerFilter, 'kind' | 'only'> =>
    state === undefined ? {} : { kind: KIND[state], ...(state === 'soon' ? { only: idleness.soon() } : {}) };

  /** Amounts are known of what runs now, and only here. */
  const amounts = (sort: 'cpu' | 'memory'): ReadonlyMap<ServerId, number> => {
    const known = usage.latest().flatMap(([id, now]) => {
      const amount = sort === 'cpu' ? now.cpus : now.memoryBytes;
      return amount === null ? [] : [[id, amount] as const];
    });
    return new Map(known);
  };

  const orderOf = (sort: ServerSort): Pick<ServerPageAsk, 'order' | 'down' | 'amounts'> => {
    const down = sort.startsWith('-');
    const by = sort.replace(/^-/, '');
    return by === 'cpu' || by === 'memory' ? { order: 'amount', down, amounts: amounts(by) } : { order: by as ServerOrder, down };
  };

  const rowsOf = (actor: Actor, listed: readonly ListedServer[]): readonly ServerRow[] => {
    const idleOf = idleness.glances(actor, listed);
    return listed.map(({ record, owner, volumeBytes }) => ({ record, owner, volumeBytes, usage: usage.now(record.id), idle: idleOf(record) ?? null }));
  };

  const countsOf = (filter: ServerFilter): ReturnType<ServerList['page']>['counts'] => {
    const n = store.servers.kinds(filter);
    const soon = store.servers.kinds({ ...filter, only: idleness.soon() }).ready ?? 0;
    const all = Object.values(n).reduce((sum, count) => sum + count, 0);
    return { all, soon, running: n.ready ?? 0, queued: n.queued ?? 0, starting: n.starting ?? 0, stopping: n.stopping ?? 0, failed: n.failed ?? 0, stopped: n.stopped ?? 0 };
  };

  /** The server is named as `user/server`; who may not see it learns nothing of it. */
  const act = (actor: Actor, action: 'start' | 'stop', full: string): void => {
    const at = full.indexOf('/');
    const [user, name] = at < 0 ? [full, ''] : [full.slice(0, at), full.slice(at + 1)];
    const owner = store.users.byName(user as UserName);
    const record = owner === undefined ? undefined : store.servers.find(owner.id, name as ServerName);
    // Everybody has a default server, whether or not there is a record of it yet.
    const known = record?.name ?? (name === DEFAULT_SERVER ? DEFAULT_SERVER : undefined);
    if (owner === undefined || known === undefined || !can(actor, 'read:servers', serverTarget(store, owner, known))) throw new HubError('not-found', `There is no server ${shown(full)}, or not one that you may see.`);
    if (action === 'start') void servers.start(actor, owner, known, {}).settled;
    else void servers.stop(actor, owner, known).settled;
  };

  const outcome = (actor: Actor, action: 'start' | 'stop', name: string): BulkResult => {
    try {
      act(actor, action, name);
      return { name, error: null };
    } catch (err) {
      const failure = toHubError(err);
      // The store is gone, or there is a bug: that is nothing about this one server.
      if (failure.status >= 500 && failure.code !== 'unavailable') throw err;
      return { name, error: failure.message };
    }
  };

  return {
    page(actor, { offset, limit, sort = 'name', ...ask }) {
      const filter = filterOf(actor, ask);
      const counts = countsOf(filter);
      const total = counts[ask.state ?? 'all'];
      const rows = rowsOf(actor, store.servers.page({ offset, limit, total, ...orderOf(sort) }, { ...filter, ...inState(ask.state) }));
      return { rows, total, counts };
    },
    names(actor, ask, limit) {
      const filter = filterOf(actor, ask);
      const page = { offset: 0, limit, total: countsOf(filter)[ask.state ?? 'all'], order: 'name', down: false } as const;
      return store.servers.page(page, { ...filter, ...inState(ask.state) }).map(({ record, owner }) => `${owner.name}/${record.name}`);
    },
    bulk: (actor, action, names) => [...new Set(names)].map((name) => outcome(actor, action, name)),
  };
}
