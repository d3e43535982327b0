import { z } from 'zod';
import { endOf } from '../../domain/idleness';
import { shown } from '../../domain/shown';
import { BULK_SERVER_ACTIONS, SERVER_FILTERS, SERVER_SORTS, type ServerRow, type ServerSort } from '../../services/server-list-contract';
import { timestamp } from '../../wire/timestamp';
import { json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { PAGE_FIELDS, paged, pageOf, selfUrl } from './read';
import { listed, named, Time } from './schemas';

const SORTS = SERVER_SORTS.flatMap((sort): readonly ServerSort[] => [sort, `-${sort}`]);
const MOST = 1000;

export const ServersQuery = z.object({
  ...PAGE_FIELDS,
  user: z.string().transform((text) => text.slice(0, 255)).optional().describe('Part of the name of its user.'),
  group: z.string().transform((text) => text.slice(0, 255)).optional().describe('Name of a group that its user is in. Takes `read:users:groups`.'),
  profile: z.string().transform((text) => text.slice(0, 255)).optional().describe('The profile of its last start.'),
  state: z.enum(SERVER_FILTERS, { error: ({ input }) => `Unrecognized state filter: '${shown(String(input))}'` }).optional().describe('`soon`: it runs, and its end is near.'),
  sort: z.enum(SORTS as [ServerSort, ...ServerSort[]], { error: ({ input }) => `Cannot sort by '${shown(String(input))}'` }).optional().describe('Downwards with a hyphen; by `name` unless given.'),
});

const Amount = z.strictObject({ used: z.number(), limit: z.number().nullable().describe('null: none.') });
const ServerRowModel = named('ListedServer', z.strictObject({
  user: z.string(),
  name: z.string().describe('Empty for the default server.'),
  full_name: z.string().describe('`user/server`.'),
  display_name: z.string(),
  state: z.string().describe('`stopped`, `queued`, `starting`, `ready`, `stopping` or `failed`.'),
  since: Time.nullable().describe('When it came into this state; null: it was never started.'),
  profile: z.string().nullable().describe('null: it was never started.'),
  last_activity: Time.nullable(),
  cpus: Amount.nullable().describe('CPUs in use now; null: it does not run, or was not measured yet.'),
  memory: Amount.nullable().describe('Bytes in use now; null: it does not run, or was not measured yet.'),
  volume_bytes: z.int().nullable().describe('Of all volumes of its user; null: none was measured yet.'),
  idle: z.strictObject({ sentence: z.string(), ends: Time.nullable().describe('null: nothing ends it.'), near: z.boolean() }).nullable().describe('null: it is not running.'),
}).describe('A server in a list of everybody\'s.'));

export const ResultsModel = named('BulkResults', z.strictObject({
  results: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), error: z.string().nullable().describe('Why nothing was done with it.') })),
}).describe('What became of each.'));

const Bulk = z.strictObject({
  action: z.enum(BULK_SERVER_ACTIONS),
  servers: z.array(z.string().max(600)).min(1).max(MOST).describe('As `user/server`; the default one as `user/`.'),
});

/** Everybody's servers. Our own, not JupyterHub's. */
export function serverListRoutes(kit: Kit): readonly HubRoute[] {
  const { serverList } = kit.deps.services;

  const list = (x: Exchange, { query }: Given<z.ZodUndefined, typeof ServersQuery>): Reply => {
    const { user = '', group, profile, state, sort, ...ask } = query();
    const page = pageOf(ask, x);
    const { rows, total } = serverList.page(actorOf(x), {
      offset: page.offset, limit: page.limit, ...(user === '' ? {} : { user }), ...(group === undefined ? {} : { group }), ...(profile === undefined ? {} : { profile }), ...(state === undefined ? {} : { state }), ...(sort === undefined ? {} : { sort }),
    });
    return json(200, paged(rows.map(serverRowModel), { total, page, self: selfUrl(kit, x) }));
  };

  const bulk = (x: Exchange, { body }: Given<typeof Bulk>): Reply => {
    const { action, servers } = body();
    return json(200, resultsModel(serverList.bulk(actorOf(x), action, servers)));
  };

  return [
    operation({
      method: 'get', path: '/hub/api/servers', needs: ['read:servers'], handle: list,
      doc: { id: 'listServers', tag: 'Servers', summary: 'List the servers that you may see', query: ServersQuery, answers: { 200: { description: 'The servers.', model: listed(z.array(ServerRowModel)) } } },
    }),
    operation({
      method: 'post', path: '/hub/api/servers/bulk', needs: ['read:servers'], handle: bulk,
      doc: {
        id: 'changeServers', tag: 'Servers', summary: 'Start or stop several servers', description: 'Each for itself: what fails for one is said beside it. The answer does not wait until they are started or stopped.',
        body: Bulk, bodyRequired: true, answers: { 200: { description: 'What became of each.', model: ResultsModel } },
      },
    }),
  ];
}

export const resultsModel = (results: readonly { readonly name: string; readonly error: string | null }[]): object => ({ results: results.map(({ name, error }) => ({ name, ok: error === null, error })) });

/** When a row's server ends, as far as anything ends it. */
const idleModel = (idle: ServerRow['idle']): object | null => (idle === null ? null : { sentence: idle.sentence, ends: timestamp(endOf(idle.verdict)), near: idle.near });

function serverRowModel({ record, owner, usage, volumeBytes, idle }: ServerRow): object {
  const cpus = usage === null || usage.cpus === null ? null : { used: usage.cpus, limit: usage.cpuLimit };
  return {
    user: owner.name, name: record.name, full_name: `${owner.name}/${record.name}`, display_name: record.displayName, state: record.state.kind, since: timestamp(record.state.since), profile: record.profile,
    last_activity: timestamp(record.lastActivity), cpus, memory: usage === null ? null : { used: usage.memoryBytes, limit: usage.memoryLimit }, volume_bytes: volumeBytes, idle: idleModel(idle),
  };
}
