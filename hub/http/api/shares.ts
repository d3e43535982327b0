import { z } from 'zod';
import type { Share } from '../../domain/share';
import type { ServerPath, ShareAsk, SharePage, SharePath } from '../../services/shares-contract';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { paged, pageOf, PageQuery, selfUrl, type Page } from './read';
import { enveloped, shareModel, ShareModel } from './share-models';

const Name = z.string().max(512).nullish();
const Body = z.strictObject({
  user: Name.describe('Either this or `group`.'), group: Name,
  scopes: z.array(z.string().max(1024)).max(100).nullish().describe('Absent: access to the server when it is granted, everything when it is revoked.'),
});
const share = { description: 'The share.', model: ShareModel };
const list = { description: 'The shares.', model: enveloped(ShareModel) };
const anything = { description: 'What is left; `{}` when that is nothing.', model: z.union([ShareModel, z.strictObject({})]) };

/** The names in a path. Without a segment for the server's name it is the default one's. */
export const serverPath = (x: Exchange): ServerPath => ({ owner: x.params['owner'] ?? '', server: x.params['sname'] ?? '' });

/** Shares are always listed in the envelope (protocol, 3.2). */
export const sharePage = (query: z.output<typeof PageQuery>, x: Exchange): Page => ({ ...pageOf(query, x), enveloped: true });

/** Servers that are opened to others (protocol, 3.13): by owner and server, and by those they are shared with. */
export function shareRoutes(kit: Kit): readonly HubRoute[] {
  return [...byServer(kit), ...withSomebody(kit, 'user'), ...withSomebody(kit, 'group')];
}

type Listing = (x: Exchange, page: SharePage) => { readonly shares: readonly Share[]; readonly total: number };

const listing = (kit: Kit, find: Listing) => (x: Exchange, { query }: Given<z.ZodUndefined, typeof PageQuery>): Reply => {
  const page = sharePage(query(), x);
  const { shares, total } = find(x, page);
  return json(200, paged(shares.map((one) => shareModel(kit.deps, one)), { total, page, self: selfUrl(kit, x) }));
};

const askOf = ({ user, group, scopes }: z.output<typeof Body>): ShareAsk =>
  ({ ...(typeof user === 'string' ? { user } : {}), ...(typeof group === 'string' ? { group } : {}), ...(Array.isArray(scopes) ? { scopes } : {}) });

function byServer(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { shares } = deps.services;

  const grant = (x: Exchange, { body }: Given<typeof Body>): Reply => json(200, shareModel(deps, shares.grant(actorOf(x), serverPath(x), askOf(body()))));

  const revoke = (x: Exchange, { body }: Given<typeof Body>): Reply => {
    const left = shares.revoke(actorOf(x), serverPath(x), askOf(body()));
    return json(200, left === undefined ? {} : shareModel(deps, left));
  };

  const revokeAll = (x: Exchange): Reply => {
    shares.revokeAll(actorOf(x), serverPath(x));
    return empty(204);
  };

  const all = operation({
    method: 'get', path: '/hub/api/shares/:owner', needs: ['read:shares'],
    handle: listing(kit, (x, page) => shares.list(actorOf(x), { owner: x.params['owner'] ?? '' }, page)),
    doc: { id: 'listSharesOfOwner', tag: 'Shares', summary: 'List with whom the servers of a user are shared', query: PageQuery, answers: { 200: list } },
  });
  const one = (path: string, of: string): HubRoute[] => [
    operation({
      method: 'get', path, needs: ['read:shares'], handle: listing(kit, (x, page) => shares.list(actorOf(x), serverPath(x), page)),
      doc: { id: `listSharesOf${of}`, tag: 'Shares', summary: 'List with whom a server is shared', query: PageQuery, answers: { 200: list } },
    }),
    operation({
      method: 'post', path, needs: ['shares'], handle: grant,
      doc: { id: `share${of}`, tag: 'Shares', summary: 'Share a server with a user or a group', body: Body, bodyRequired: true, answers: { 200: share } },
    }),
    operation({
      method: 'patch', path, needs: ['shares'], handle: revoke,
      doc: { id: `unshare${of}`, tag: 'Shares', summary: 'Take scopes back from a user or a group', body: Body, bodyRequired: true, answers: { 200: anything } },
    }),
    operation({
      method: 'delete', path, needs: ['shares'], handle: revokeAll,
      doc: { id: `unshare${of}FromAll`, tag: 'Shares', summary: 'Share a server with nobody any more', answers: { 204: 'Nobody has access by a share.' } },
    }),
  ];
  return [all, ...one('/hub/api/shares/:owner/', 'DefaultServer'), ...one('/hub/api/shares/:owner/:sname', 'Server')];
}

function withSomebody(kit: Kit, kind: SharePath['kind']): readonly HubRoute[] {
  const { deps } = kit;
  const { shares } = deps.services;
  const [read, write] = kind === 'user' ? (['read:users:shares', 'users:shares'] as const) : (['read:groups:shares', 'groups:shares'] as const);
  const whom = kind === 'user' ? 'User' : 'Group';
  const pathOf = (x: Exchange): SharePath => ({ kind, name: x.params['name'] ?? '' });

  const show = (x: Exchange): Reply => json(200, shareModel(deps, shares.getWith(actorOf(x), pathOf(x), serverPath(x))));

  const leave = (x: Exchange): Reply => {
    shares.leave(actorOf(x), pathOf(x), serverPath(x));
    return empty(204);
  };

  const base = `/hub/api/${kind}s/:name/shared`;
  const one = (path: string, of: string): HubRoute[] => [
    operation({
      method: 'get', path, needs: [read], handle: show,
      doc: { id: `get${of}SharedWith${whom}`, tag: 'Shares', summary: `Show what a ${kind} may do with a shared server`, answers: { 200: share } },
    }),
    operation({
      method: 'delete', path, needs: [write], handle: leave,
      doc: { id: `leave${of}SharedWith${whom}`, tag: 'Shares', summary: `Give up what is shared with a ${kind}`, answers: { 204: 'It is not shared any more.' } },
    }),
  ];
  return [
    operation({
      method: 'get', path: base, needs: [read], handle: listing(kit, (x, page) => shares.listWith(actorOf(x), pathOf(x), page)),
      doc: { id: `listSharedWith${whom}`, tag: 'Shares', summary: `List what is shared with a ${kind}`, query: PageQuery, answers: { 200: list } },
    }),
    ...one(`${base}/:owner/`, 'DefaultServer'),
    ...one(`${base}/:owner/:sname`, 'Server'),
  ];
}
