import { z } from 'zod';
import { demand, demandAny, demandMayChange, HUB, isOwn } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { parseUserName } from '../../domain/names';
import type { ScopeName } from '../../domain/scopes/tree';
import type { User } from '../../domain/user';
import { shown } from '../../domain/shown';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, readingOf, targetOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { identityModel, userModel } from './models';
import { paged, pageOf, selfUrl } from './read';
import { IdentityModel, listed, UserModel, UserWithPassword } from './schemas';
import { Change, CreateMany, CreateOne, ListQuery, RemoveQuery, ShowQuery } from './user-schemas';

const READ: readonly [ScopeName, ...ScopeName[]] = ['read:users', 'read:users:name', 'read:servers', 'read:users:groups', 'read:users:activity', 'read:roles:users'];

export function userRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { accounts } = deps.services;

  const self = (x: Exchange): Reply => {
    const actor = actorOf(x);
    return json(200, identityModel(deps, actor, actor.kind === 'user' ? (x.caller.user ?? accounts.find(actor, actor.name)) : undefined));
  };

  const list = (x: Exchange, { query }: Given<z.ZodUndefined, typeof ListQuery>): Reply => {
    const actor = actorOf(x);
    const ask = query();
    const page = pageOf(ask, x);
    const { name_filter: nameContains = '', group, status, state, sort = 'id' } = ask;
    const found = accounts.list(actor, {
      ...page, sort, ...(nameContains === '' ? {} : { nameContains }), ...(group === undefined ? {} : { group }), ...(status === undefined ? {} : { status }), ...(state === undefined ? {} : { state }),
    });
    const known = readingOf(deps, found.users);
    const models = found.users.map((user) => userModel(known, actor, user, { stopped: ask.include_stopped_servers === true }));
    return json(200, paged(models, { page, get total() { return found.total; }, get self() { return selfUrl(kit, x); } }));
  };

  /** Those that exist are passed over; all of them existing is a conflict (protocol, 3.6). */
  const createMany = async (x: Exchange, { body }: Given<typeof CreateMany>): Promise<Reply> => {
    const actor = actorOf(x);
    demand(actor, 'admin:users', HUB);
    const { usernames, admin } = body();
    const names = [...new Set(usernames.map((raw) => validName(raw)))];
    const invalid = usernames.filter((raw) => validName(raw) === undefined);
    if (invalid.length > 0) throw new HubError('invalid-input', `Invalid username${invalid.length > 1 ? 's' : ''}: ${invalid.slice(0, 5).map((name) => shown(name)).join(', ')}`);
    const fresh = names.filter((name) => name !== undefined).filter((name) => accounts.find(actor, name) === undefined);
    if (fresh.length === 0) throw new HubError('conflict', `All ${usernames.length} users already exist`);
    // Somebody else may make some of them meanwhile, perhaps an earlier try with the same list: those are passed over too (R11).
    const made = await accounts.createMany(actor, { usernames: fresh, admin });
    const known = readingOf(deps, made);
    return json(201, made.map((user) => userModel(known, actor, user)));
  };

  /** The generated password is in the answer, once: without it nobody could sign in. */
  const createOne = async (x: Exchange, { body }: Given<typeof CreateOne>): Promise<Reply> => {
    const actor = actorOf(x);
    demand(actor, 'admin:users', HUB);
    const { admin, password } = body();
    const username = x.params['name'] ?? '';
    if (validName(username) === undefined) throw new HubError('invalid-input', `Failed to create user: ${shown(username)}`);
    const made = await accounts.create(actor, { username, admin, ...(password === undefined ? {} : { password }) });
    return json(201, { ...userModel(deps, actor, made.user), ...(password === undefined ? { password: made.password } : {}) });
  };

  const show = (x: Exchange, { query }: Given<z.ZodUndefined, typeof ShowQuery>): Reply => {
    const user = userAt(kit, x, READ);
    return json(200, userModel(deps, actorOf(x), user, { stopped: query().include_stopped_servers === true }));
  };

  const change = (x: Exchange, { body }: Given<typeof Change>): Reply => {
    const actor = actorOf(x);
    const user = userAt(kit, x, ['admin:users']);
    const { name, admin } = body();
    demandMayChange(actor, user, admin === undefined ? {} : { admin });
    accounts.change(actor, user.id, { name, admin });
    const after = accounts.find(actor, name === undefined ? user.name : name) ?? user;
    return json(200, { ...userModel(deps, actor, after), auth_state: null });
  };

  const remove = async (x: Exchange, { query }: Given<z.ZodUndefined, typeof RemoveQuery>): Promise<Reply> => {
    const actor = actorOf(x);
    const user = userAt(kit, x, ['delete:users']);
    if (isOwn(actor, user)) throw new HubError('invalid-input', 'Cannot delete yourself!');
    const { volumes = 'keep' } = query();
    await accounts.remove(actor, user.id, { volumes });
    return empty(204);
  };

  /** JupyterHub has kept this call, which is refused unless its configuration allows it: administrators confirm in the browser instead. */
  const adminAccess = (x: Exchange): Reply => {
    userAt(kit, x, ['servers']);
    throw new HubError('forbidden', 'admin access to user servers disabled');
  };

  const [all, one] = ['/hub/api/users', '/hub/api/users/:name'] as const;
  return [
    operation({
      method: 'get', path: '/hub/api/user', needs: 'identified', beforePasswordChange: true, handle: self,
      doc: { id: 'getSelf', tag: 'Users', summary: 'Say whose the credential of this request is', answers: { 200: { description: 'You.', model: IdentityModel } } },
    }),
    operation({
      method: 'get', path: all, needs: ['list:users'], handle: list,
      doc: { id: 'listUsers', tag: 'Users', summary: 'List the users that you may see', query: ListQuery, answers: { 200: { description: 'The users.', model: listed(z.array(UserModel)) } } },
    }),
    operation({
      method: 'post', path: all, needs: ['admin:users'], reauth: makesAdmin, handle: createMany,
      doc: { id: 'createUsers', tag: 'Users', summary: 'Create users', body: CreateMany, answers: { 201: { description: 'Those that did not exist.', model: z.array(UserModel) }, 409: 'All of them exist.' } },
    }),
    operation({
      method: 'get', path: one, needs: READ, handle: show,
      doc: { id: 'getUser', tag: 'Users', summary: 'Show a user', query: ShowQuery, answers: { 200: { description: 'The user.', model: UserModel } } },
    }),
    operation({
      method: 'post', path: one, needs: ['admin:users'], reauth: makesAdmin, handle: createOne,
      doc: { id: 'createUser', tag: 'Users', summary: 'Create a user', body: CreateOne, answers: { 201: { description: 'The new user.', model: UserWithPassword }, 409: 'The user exists.' } },
    }),
    operation({
      method: 'patch', path: one, needs: ['admin:users'], reauth: makesAdmin, handle: change,
      doc: { id: 'changeUser', tag: 'Users', summary: 'Rename a user, or make one an administrator', body: Change, answers: { 200: { description: 'The user as it is now.', model: UserModel }, 409: 'The name is taken, or a server runs under the old one.' } },
    }),
    operation({
      method: 'delete', path: one, needs: ['delete:users'], reauth: true, handle: remove,
      doc: { id: 'deleteUser', tag: 'Users', summary: 'Remove a user', query: RemoveQuery, answers: { 204: 'The user is gone.', 409: 'It is the last administrator, or a server did not stop.' } },
    }),
    operation({
      method: 'post', path: `${one}/admin-access`, needs: ['servers'], handle: adminAccess,
      doc: { id: 'adminAccess', tag: 'Users', summary: 'Refused: administrators confirm in the browser', answers: { 403: 'Always.' } },
    }),
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

function validName(raw: string): User['name'] | undefined {
  try {
    return parseUserName(raw);
  } catch (err) {
    if (err instanceof HubError) return undefined;
    throw err;
  }
}
