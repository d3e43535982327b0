import { z } from 'zod';
import { isOwn } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { paged, PageQuery, selfUrl } from './read';
import { enveloped, newShareCode, NewShareCode, shareCodeModel, ShareCodeModel, shareModel, ShareModel } from './share-models';
import { serverPath, sharePage } from './shares';
import { userAt } from './users';

const Body = z.strictObject({
  scopes: z.array(z.string().max(1024)).max(100).nullish().describe('Absent: access to the server.'),
  expires_in: z.number().nullish().describe('Seconds, from a minute to a year; a day unless given.'),
});
const Invitation = z.strictObject({ code: z.string().max(255).describe('The secret of the code.') });
const Which = z.object({ code: z.string().optional().describe('The secret of one code.'), id: z.string().optional().describe('The id of one code, `sc_1`. Neither: all of them.') });
const list = { description: 'The codes that have not expired.', model: enveloped(ShareCodeModel) };

/** Codes that can be handed on and exchanged for a share at `/hub/accept-share` (protocol, 3.13). */
export function shareCodeRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { shareCodes } = deps.services;

  const listing = (whole: boolean) => (x: Exchange, { query }: Given<z.ZodUndefined, typeof PageQuery>): Reply => {
    const page = sharePage(query(), x);
    const { owner, server } = serverPath(x);
    const { codes, total } = shareCodes.list(actorOf(x), whole ? { owner } : { owner, server }, page);
    return json(200, paged(codes.map((code) => shareCodeModel(deps, code)), { total, page, self: selfUrl(kit, x) }));
  };

  const create = (x: Exchange, { body }: Given<typeof Body>): Reply => {
    const { scopes, expires_in: seconds } = body();
    const { code, secret } = shareCodes.create(actorOf(x), serverPath(x), { ...(Array.isArray(scopes) ? { scopes } : {}), ...(typeof seconds === 'number' ? { expiresInSeconds: seconds } : {}) });
    return json(200, newShareCode(deps, code, secret));
  };

  const revoke = (x: Exchange, { query }: Given<z.ZodUndefined, typeof Which>): Reply => {
    const { code, id } = query();
    shareCodes.revoke(actorOf(x), serverPath(x), { ...(code === undefined ? {} : { secret: code }), ...(id === undefined ? {} : { id }) });
    return empty(204);
  };

  const accept = (x: Exchange, { body }: Given<typeof Invitation>): Reply => {
    const invited = userAt(kit, x, ['users:shares']);
    const { code } = body();
    if (!isOwn(actorOf(x), invited)) throw new HubError('forbidden', `Only ${invited.name} can accept an invitation for ${invited.name}.`);
    return json(201, shareModel(deps, shareCodes.accept(actorOf(x), code)));
  };

  const one = (path: string, of: string): HubRoute[] => [
    operation({
      method: 'get', path, needs: ['read:shares'], handle: listing(false),
      doc: { id: `listShareCodesOf${of}`, tag: 'Shares', summary: 'List the share codes of a server', query: PageQuery, answers: { 200: list } },
    }),
    operation({
      method: 'post', path, needs: ['shares'], handle: create,
      doc: { id: `createShareCodeOf${of}`, tag: 'Shares', summary: 'Make a code that opens a server to whoever has it', body: Body, answers: { 200: { description: 'The code.', model: NewShareCode } } },
    }),
    operation({
      method: 'delete', path, needs: ['shares'], handle: revoke,
      doc: { id: `revokeShareCodesOf${of}`, tag: 'Shares', summary: 'End share codes of a server', query: Which, answers: { 204: 'They are worth nothing any more.' } },
    }),
  ];
  return [
    operation({
      method: 'get', path: '/hub/api/share-codes/:owner', needs: ['read:shares'], handle: listing(true),
      doc: { id: 'listShareCodesOfOwner', tag: 'Shares', summary: 'List the share codes of a user\'s servers', query: PageQuery, answers: { 200: list } },
    }),
    operation({
      method: 'post', path: '/hub/api/users/:name/shared', needs: ['users:shares'], handle: accept,
      doc: { id: 'acceptShareCode', tag: 'Shares', summary: 'Exchange a share code for a share', description: 'For yourself only.', body: Invitation, bodyRequired: true, answers: { 201: { description: 'What is shared with you now.', model: ShareModel } } },
    }),
    ...one('/hub/api/share-codes/:owner/', 'DefaultServer'),
    ...one('/hub/api/share-codes/:owner/:sname', 'Server'),
  ];
}
