import { z } from 'zod';
import type { Actor } from '../../domain/access';
import { HubError } from '../../domain/errors';
import type { TokenId } from '../../domain/ids';
import type { User } from '../../domain/user';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { tokenModel } from './models';
import { parseBody } from './read';
import { userAt } from './users';

const DAY_SECONDS = 86_400;
/** Where nothing is asked for: never would be JupyterHub's answer, and is not a good one (D11). */
const DEFAULT_LIFETIME_SECONDS = 90 * DAY_SECONDS;
const Ask = z.strictObject({
  note: z.string().max(1024).optional(),
  expires_in: z.number().nullish(),
  scopes: z.array(z.string().max(512)).max(200).optional(),
  roles: z.array(z.string()).optional(),
});

const mayManage = (actor: Actor | undefined): boolean => actor !== undefined && (actor.admin || actor.scopes.has('admin:users'));

/** API tokens of a user (protocol, 3.8). */
export function tokenRoutes(kit: Kit): readonly HubRoute[] {
  const { tokens } = kit.deps.services;

  const list = (x: Exchange): Reply => {
    const owner = userAt(kit, x, ['read:tokens']);
    return json(200, { api_tokens: tokens.listOf(actorOf(x), owner).map((token) => tokenModel(owner, token)) });
  };

  const create = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const owner = userAt(kit, x, ['tokens']);
    const { note, expires_in: expires, scopes, roles } = parseBody(Ask, x.json);
    if (roles !== undefined) throw new HubError('invalid-input', 'Give scopes instead of roles.');
    // JupyterHub reads 0 as "never"; a caller who sends nothing gets a token that ends.
    const seconds = expires === undefined ? DEFAULT_LIFETIME_SECONDS : expires === 0 ? null : expires;
    const by = actor.kind === 'user' && actor.id === owner.id ? '' : ` by ${actor.kind} ${actor.name}`;
    const made = tokens.create(actor, owner, { note: note ?? `Requested via api${by}`, scopes: scopes ?? ['inherit'], expiresInSeconds: seconds });
    return json(201, tokenModel(owner, made.token, made.secret));
  };

  const find = (x: Exchange, owner: User) => {
    const id = x.params['id'] ?? '';
    const token = tokens.listOf(actorOf(x), owner).find((t) => t.id === id);
    if (token === undefined) throw new HubError('not-found', `No such token ${id.slice(0, 64)} for user ${owner.name}`);
    return token;
  };

  const show = (x: Exchange): Reply => {
    const owner = userAt(kit, x, ['read:tokens']);
    return json(200, tokenModel(owner, find(x, owner)));
  };

  const revoke = (x: Exchange): Reply => {
    const owner = userAt(kit, x, ['tokens']);
    tokens.revoke(actorOf(x), owner, find(x, owner).id satisfies TokenId);
    return empty(204);
  };

  const [all, one] = ['/hub/api/users/:name/tokens', '/hub/api/users/:name/tokens/:id'] as const;
  return [
    { method: 'get', path: all, kind: 'api', needs: ['read:tokens'], handle: list },
    // Whoever mints a token for somebody else can act as them. One of an administrator's own is asked for no password later, so it is before.
    { method: 'post', path: all, kind: 'api', needs: ['tokens'], reauth: (x) => x.params['name'] !== x.caller.user?.name || mayManage(x.caller.actor), handle: create },
    { method: 'get', path: one, kind: 'api', needs: ['read:tokens'], handle: show },
    { method: 'delete', path: one, kind: 'api', needs: ['tokens'], handle: revoke },
  ];
}
