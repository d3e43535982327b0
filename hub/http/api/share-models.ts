import { z } from 'zod';
import { fullNameOf, onServer, type Share, type ShareCode, type SharedServer } from '../../domain/share';
import { idOf } from '../../services/share-codes';
import { timestamp } from '../../wire/timestamp';
import type { AppDeps } from '../deps';
import { serverUrl } from './models';
import { named, PaginationModel, Time } from './schemas';

const Name = z.strictObject({ name: z.string() });
const Server = z.strictObject({
  user: Name.describe('Its owner.'), name: z.string().describe('Empty for the default server.'), url: z.string(), full_url: z.string().describe('With the host.'), ready: z.boolean(),
});
const common = { server: Server, scopes: z.array(z.string()).describe('Each for this server only.'), created_at: Time };

export const ShareModel = z.strictObject({ ...common, user: Name.nullable(), group: Name.nullable(), kind: z.enum(['user', 'group']) }).describe('What a user or a group may do with one server of somebody else.');
const codeFields = { ...common, id: z.string(), expires_at: Time, exchange_count: z.int(), last_exchanged_at: Time.nullable() };
export const ShareCodeModel = z.strictObject(codeFields).describe('A code that can be exchanged for a share, without its secret.');
export const NewShareCode = z.strictObject({ ...codeFields, code: z.string().describe('The secret, said this once.'), accept_url: z.string(), full_accept_url: z.string() }).describe('A code that was just made.');
named('Share', ShareModel);
named('ShareCode', ShareCodeModel);
named('NewShareCode', NewShareCode);

/** Lists of shares come in the envelope, whatever is asked for. */
export const enveloped = <T extends z.ZodType>(item: T) => z.strictObject({ items: z.array(item), _pagination: PaginationModel });

const sharedServer = (deps: AppDeps, { owner, name, ready }: SharedServer): Record<string, unknown> => ({ user: { name: owner.name }, name, url: deps.urls.server(owner.name, name), full_url: serverUrl(deps, owner, name), ready });
const scopesOf = ({ scopes, server }: Pick<Share, 'scopes' | 'server'>): string[] => scopes.map((scope) => onServer(scope, fullNameOf(server)));

/** Protocol, 3.13. */
export const shareModel = (deps: AppDeps, share: Share): Record<string, unknown> => ({
  server: sharedServer(deps, share.server),
  scopes: scopesOf(share),
  user: share.with.kind === 'user' ? { name: share.with.name } : null,
  group: share.with.kind === 'group' ? { name: share.with.name } : null,
  kind: share.with.kind,
  created_at: timestamp(share.created),
});

export const shareCodeModel = (deps: AppDeps, code: ShareCode): Record<string, unknown> => ({
  server: sharedServer(deps, code.server),
  scopes: scopesOf(code),
  id: idOf(code),
  created_at: timestamp(code.created),
  expires_at: timestamp(code.expires),
  exchange_count: code.exchanges,
  last_exchanged_at: timestamp(code.lastExchanged),
});

/** `secret` is there only in the answer to its creation. */
export function newShareCode(deps: AppDeps, code: ShareCode, secret: string): Record<string, unknown> {
  const accept = deps.urls.acceptShare(secret);
  return { ...shareCodeModel(deps, code), code: secret, accept_url: accept, full_accept_url: `${deps.settings.publicUrl.origin}${accept}` };
}
