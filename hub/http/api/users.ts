import { z } from 'zod';
import { demand, demandAny, demandMayChange, HUB, type Actor } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { parseUserName } from '../../domain/names';
import type { ScopeName } from '../../domain/scopes/tree';
import type { User } from '../../domain/user';
import { empty, headerOf, json, type Exchange, type Reply } from '../exchange';
import { actorOf, targetOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { identityModel, userModel } from './models';
import { paged, parseBody, parsePage, selfUrl } from './read';

const CreateMany = z.strictObject({ usernames: z.array(z.string().max(512)).min(1).max(1000), admin: z.boolean().default(false) });
const CreateOne = z.strictObject({ name: z.string().optional(), admin: z.boolean().default(false), password: z.string().max(4096).optional(), groups: z.never().optional(), roles: z.never().optional(), auth_state: z.null().optional() });
const Change = z.strictObject({ name: z.string().max(512).optional(), admin: z.boolean().optional(), auth_state: z.null().optional() });
const READ: readonly [ScopeName, ...ScopeName[]] = ['read:users', 'read:users:name', 'read:servers', 'read:users:groups', 'read:users:activity', 'read:roles:users'];
const CHUNK = 200;

export function userRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { accounts } = deps.services;

  const self = (x: Exchange): Reply => {
    const actor = actorOf(x);
    return json(200, identityModel(deps, actor, actor.kind === 'user' ? (x.caller.user ?? accounts.find(actor, actor.name)) : undefined));
  };

  const list = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const page = parsePage(x.query, headerOf(x, 'accept'));
    const stopped = flag(x.query.get('include_stopped_servers'));
    const { users, total } = select(x, actor, page);
    const models = users.map((user) => userModel(deps, actor, user, { stopped }));
    return json(200, paged(models, { total, page, self: selfUrl(kit, x) }));
  };

  const select = (x: Exchange, actor: Actor, page: { readonly offset: number; readonly limit: number }): { users: readonly User[]; total: number } => {
    const nameContains = x.query.get('name_filter') ?? '';
    const more = { sort: x.query.get('sort') ?? 'id', ...(nameContains === '' ? {} : { nameContains: nameContains.slice(0, 255) }) };
    const state = x.query.get('state');
    if (state === null) return accounts.list(actor, { ...page, ...more });
    const wanted = stateFilter(kit, state);
    const users: User[] = [];
    for (let offset = 0, total = 1; offset < total; offset += CHUNK) {
      const chunk = accounts.list(actor, { offset, limit: CHUNK, ...more });
      total = chunk.total;
      users.push(...chunk.users.filter(wanted));
    }
    return { users: users.slice(page.offset, page.offset + page.limit), total: users.length };
  };

  /** Those that exist are passed over; all of them existing is a conflict (protocol, 3.6). */
  const createMany = async (x: Exchange): Promise<Reply> => {
    const actor = actorOf(x);
    demand(actor, 'admin:users', HUB);
    const { usernames, admin } = parseBody(CreateMany, x.json);
    const names = [...new Set(usernames.map((raw) => validName(raw)))];
    const invalid = usernames.filter((raw) => validName(raw) === undefined);
    if (invalid.length > 0) throw new HubError('invalid-input', `Invalid username${invalid.length > 1 ? 's' : ''}: ${invalid.slice(0, 5).map(shown).join(', ')}`);
    const fresh = names.filter((name) => name !== undefined).filter((name) => accounts.find(actor, name) === undefined);
    if (fresh.length === 0) throw new HubError('conflict', `All ${usernames.length} users already exist`);
    const models: unknown[] = [];
    for (const username of fresh) {
      const user = await createUnlessTaken(actor, { username, admin });
      if (user !== undefined) models.push(userModel(deps, actor, user));
    }
    return json(201, models);
  };

  /** undefined: somebody else made it meanwhile, perhaps an earlier try with the same list (R11). */
  const createUnlessTaken = async (actor: Actor, ask: { readonly username: string; readonly admin: boolean }): Promise<User | undefined> => {
    try {
      return (await accounts.create(actor, ask)).user;
    } catch (err) {
      if (err instanceof HubError && err.code === 'conflict') return undefined;
      throw err;
    }
  };

  /** The generated password is in the answer, once: without it nobody could sign in. */
  const createOne = async (x: Exchange): Promise<Reply> => {
    const actor = actorOf(x);
    demand(actor, 'admin:users', HUB);
    const { admin, password } = parseBody(CreateOne, x.json);
    const username = x.params['name'] ?? '';
    if (validName(username) === undefined) throw new HubError('invalid-input', `Failed to create user: ${shown(username)}`);
    const made = await accounts.create(actor, { username, admin, ...(password === undefined ? {} : { password }) });
    return json(201, { ...userModel(deps, actor, made.user), ...(password === undefined ? { password: made.password } : {}) });
  };

  const show = (x: Exchange): Reply => {
    const user = userAt(kit, x, READ);
    return json(200, userModel(deps, actorOf(x), user, { stopped: flag(x.query.get('include_stopped_servers')) }));
  };

  const change = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const user = userAt(kit, x, ['admin:users']);
    const { name, admin } = parseBody(Change, x.json);
    demandMayChange(actor, user, admin === undefined ? {} : { admin });
    if (name !== undefined) accounts.rename(actor, user.id, name);
    if (admin !== undefined) accounts.setAdmin(actor, user.id, admin);
    const after = accounts.find(actor, name === undefined ? user.name : name) ?? user;
    return json(200, { ...userModel(deps, actor, after), auth_state: null });
  };

  const remove = async (x: Exchange): Promise<Reply> => {
    const actor = actorOf(x);
    const user = userAt(kit, x, ['delete:users']);
    if (actor.kind === 'user' && actor.id === user.id) throw new HubError('invalid-input', 'Cannot delete yourself!');
    const volumes = x.query.get('volumes') ?? 'keep';
    if (volumes !== 'keep' && volumes !== 'remove') throw new HubError('invalid-input', 'volumes must be keep or remove');
    await accounts.remove(actor, user.id, { volumes });
    return empty(204);
  };

  /** What a program reports for a user (protocol, 6.2); a lab says the same at the internal listener. */
  const activity = (x: Exchange): Reply => {
    deps.services.reports.report(actorOf(x), userAt(kit, x, ['users:activity']), x.json);
    return empty(200);
  };

  const heartbeat = (x: Exchange): Reply => {
    deps.services.reports.heartbeat(actorOf(x), userAt(kit, x, ['users:activity']));
    return empty(204);
  };

  const verb = (name: string, work: (actor: Actor, user: User) => Promise<Reply> | Reply, more: Pick<HubRoute, 'reauth'> = {}): HubRoute => ({
    method: 'post', path: `/hub/api/users/:name/${name}`, kind: 'api', needs: ['admin:users'], ...more, handle: (x) => work(actorOf(x), userAt(kit, x, ['admin:users'])),
  });
  const model = (actor: Actor, user: User): Reply => json(200, userModel(deps, actor, user));

  return [
    { method: 'get', path: '/hub/api/user', kind: 'api', needs: 'identified', beforePasswordChange: true, handle: self },
    { method: 'get', path: '/hub/api/users', kind: 'api', needs: ['list:users'], handle: list },
    { method: 'post', path: '/hub/api/users', kind: 'api', needs: ['admin:users'], reauth: makesAdmin, handle: createMany },
    { method: 'get', path: '/hub/api/users/:name', kind: 'api', needs: READ, handle: show },
    { method: 'post', path: '/hub/api/users/:name', kind: 'api', needs: ['admin:users'], reauth: makesAdmin, handle: createOne },
    { method: 'patch', path: '/hub/api/users/:name', kind: 'api', needs: ['admin:users'], reauth: makesAdmin, handle: change },
    { method: 'delete', path: '/hub/api/users/:name', kind: 'api', needs: ['delete:users'], reauth: true, handle: remove },
    { method: 'post', path: '/hub/api/users/:name/activity', kind: 'api', needs: ['users:activity'], handle: activity },
    { method: 'post', path: '/hub/api/users/:name/heartbeat', kind: 'api', needs: ['users:activity'], handle: heartbeat },
    verb('approve', (actor, user) => model(actor, accounts.approve(actor, user.id))),
    verb('discard', (actor, user) => {
      accounts.discard(actor, user.id);
      return empty(204);
    }),
    verb('disable', async (actor, user) => model(actor, await accounts.disable(actor, user.id)), { reauth: true }),
    verb('enable', (actor, user) => model(actor, accounts.enable(actor, user.id))),
    verb('reset-password', async (actor, user) => {
      const { user: after, password } = await accounts.resetPassword(actor, user.id);
      return json(200, { ...userModel(deps, actor, after), password });
    }, { reauth: true }),
  ];
}

/** A body that says anything about being an administrator, however it is meant. */
const makesAdmin = (x: Exchange): boolean => typeof x.json === 'object' && x.json !== null && 'admin' in x.json;

/** The user of the path, when one of the scopes covers them; else JupyterHub's 403 or 404, the same for names that do not exist (D06). */
export function userAt(kit: Kit, x: Exchange, scopes: readonly ScopeName[]): User {
  const actor = actorOf(x);
  const name = x.params['name'] ?? '';
  const user = kit.deps.services.accounts.find(actor, name);
  demandAny(actor, scopes, user === undefined ? { kind: 'user', name, groups: [] } : targetOf(kit.deps, user));
  if (user === undefined) throw new HubError('not-found', 'No access to resources or resources not found');
  return user;
}

function stateFilter({ deps }: Kit, state: string): (user: User) => boolean {
  const servers = deps.directory.servers();
  const active = new Set(servers.map((s) => s.owner));
  const ready = new Set(servers.filter((s) => s.state.kind === 'ready').map((s) => s.owner));
  if (state === 'active') return (user) => active.has(user.id);
  if (state === 'ready') return (user) => ready.has(user.id);
  if (state === 'inactive') return (user) => !active.has(user.id);
  throw new HubError('invalid-input', `Unrecognized state filter: '${shown(state)}'`);
}

function validName(raw: string): User['name'] | undefined {
  try {
    return parseUserName(raw);
  } catch (err) {
    if (err instanceof HubError) return undefined;
    throw err;
  }
}

const flag = (value: string | null): boolean => value !== null && value !== '0' && value.toLowerCase() !== 'false';
const shown = (text: string): string => text.slice(0, 64).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
