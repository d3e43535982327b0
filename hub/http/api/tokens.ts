import { z } from 'zod';
import { isOwn, type Actor } from '../../domain/access';
import { HubError } from '../../domain/errors';
import type { TokenId } from '../../domain/ids';
import { shown } from '../../domain/shown';
import type { User } from '../../domain/user';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { tokenModel } from './models';
import { NewToken, TokenModel } from './schemas';
import { userAt } from './users';

const DAY_SECONDS = 86_400;
/** Where nothing is asked for: never would be JupyterHub's answer, and is not a good one (D11). */
const DEFAULT_LIFETIME_SECONDS = 90 * DAY_SECONDS;
const Ask = z.strictObject({
  note: z.string().max(1024).optional().describe('What it is for.'),
  expires_in: z.unknown().refine((value) => value === undefined || value === null || Number.isInteger(value), { error: ({ input }) => `token expires_in must be null or integer, not ${quoted(input)}` })
    .transform((value) => value as number | null | undefined).optional().meta({ type: ['integer', 'null'], description: `Seconds; null or 0: it never ends. ${DEFAULT_LIFETIME_SECONDS} unless given.` }),
  scopes: z.array(z.string().max(512)).max(200).optional().describe('What it may do; all that its owner may unless given.'),
  roles: z.array(z.string().max(255)).max(200).optional().describe('An older way to name scopes; not together with `scopes`.'),
});

/** A token of theirs is asked for no password later, so they are asked before it is made. */
export const mayManage = (actor: Actor | undefined): boolean => actor !== undefined && (actor.admin || actor.scopes.has('admin:users'));

/** API tokens of a user (protocol, 3.8). */
export function tokenRoutes(kit: Kit): readonly HubRoute[] {
  const { tokens } = kit.deps.services;

  const list = (x: Exchange): Reply => {
    const owner = userAt(kit, x, ['read:tokens']);
    return json(200, { api_tokens: tokens.listOf(actorOf(x), owner).map((token) => tokenModel(kit.deps, owner, token)) });
  };

  const create = (x: Exchange, { body }: Given<typeof Ask>): Reply => {
    const actor = actorOf(x);
    const owner = mintedFor(x);
    if (x.json !== undefined && x.json !== null && (typeof x.json !== 'object' || Array.isArray(x.json))) throw new HubError('invalid-input', 'Body must be a JSON dict or empty');
    // A password belongs on the sign-in page, where guessing is slowed down.
    if (typeof x.json === 'object' && x.json !== null && 'auth' in x.json) throw new HubError('forbidden', 'Passwords are not taken here. Present a token, or make one on the hub\'s pages.');
    const { note, expires_in: expires, scopes, roles } = body();
    if (scopes !== undefined && roles !== undefined) throw new HubError('invalid-input', 'Specify either scopes or roles, not both.');
    // JupyterHub reads 0 as "never"; a caller who sends nothing gets a token that ends.
    const seconds = expires === undefined ? DEFAULT_LIFETIME_SECONDS : expires === 0 ? null : expires;
    const by = isOwn(actor, owner) ? '' : ` by ${actor.kind} ${actor.name}`;
    const made = tokens.create(actor, owner, { note: note ?? `Requested via api${by}`, scopes: scopes ?? scopesOf(roles), expiresInSeconds: seconds });
    return json(201, tokenModel(kit.deps, owner, made.token, made.secret));
  };

  /** JupyterHub hides here with 403 what it hides with 404 elsewhere: the same for names that do not exist (D06). */
  const mintedFor = (x: Exchange): User => {
    try {
      return userAt(kit, x, ['tokens']);
    } catch (err) {
      if (!(err instanceof HubError) || err.code !== 'not-found') throw err;
      throw new HubError('forbidden', `User ${shown(x.params['name'] ?? '')} not found or no permissions to generate tokens`, { cause: err });
    }
  };

  /** Roles are an older way to name scopes. What the owner does not hold is refused later, as for any scope. */
  const scopesOf = (roles: readonly string[] | undefined): readonly string[] =>
    roles === undefined ? ['inherit'] : roles.flatMap((role) => {
      const scopes = kit.deps.directory.scopesOfRole(role);
      if (scopes === undefined) throw new HubError('invalid-input', `Unknown role: ${quoted(role)}`);
      return scopes;
    });

  const find = (x: Exchange, owner: User) => {
    const id = x.params['id'] ?? '';
    const token = tokens.listOf(actorOf(x), owner).find((t) => t.id === id);
    if (token === undefined) throw new HubError('not-found', `No such token ${id.slice(0, 64)} for user ${owner.name}`);
    return token;
  };

  const show = (x: Exchange): Reply => {
    const owner = userAt(kit, x, ['read:tokens']);
    return json(200, tokenModel(kit.deps, owner, find(x, owner)));
  };

  const revoke = (x: Exchange): Reply => {
    const owner = userAt(kit, x, ['tokens']);
    tokens.revoke(actorOf(x), owner, find(x, owner).id satisfies TokenId);
    return empty(204);
  };

  const [all, one] = ['/hub/api/users/:name/tokens', '/hub/api/users/:name/tokens/:id'] as const;
  return [
    operation({
      method: 'get', path: all, needs: ['read:tokens'], handle: list,
      doc: { id: 'listTokens', tag: 'Tokens', summary: 'List the tokens of a user', answers: { 200: { description: 'The tokens, without their secrets.', model: z.strictObject({ api_tokens: z.array(TokenModel) }) } } },
    }),
    operation({
      // Whoever mints a token for somebody else can act as them. One of an administrator's own is asked for no password later, so it is before.
      method: 'post', path: all, needs: ['tokens'], reauth: (x) => x.params['name'] !== x.caller.user?.name || mayManage(x.caller.actor), handle: create,
      doc: { id: 'createToken', tag: 'Tokens', summary: 'Make a token', body: Ask, answers: { 201: { description: 'The token with its secret.', model: NewToken } } },
    }),
    operation({
      method: 'get', path: one, needs: ['read:tokens'], handle: show,
      doc: { id: 'getToken', tag: 'Tokens', summary: 'Show a token', answers: { 200: { description: 'The token.', model: TokenModel } } },
    }),
    operation({
      method: 'delete', path: one, needs: ['tokens'], handle: revoke,
      doc: { id: 'revokeToken', tag: 'Tokens', summary: 'Revoke a token', answers: { 204: 'It opens nothing any more.' } },
    }),
  ];
}

/** As Python prints text, without what could not be seen. */
const quoted = (value: unknown): string => (typeof value === 'string' ? `'${shown(value)}'` : JSON.stringify(value ?? null).slice(0, 64));
