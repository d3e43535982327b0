import { z } from 'zod';
import { BULK_USER_ACTIONS, MOST_USERS, type PlannedUser } from '../../services/bulk-accounts-contract';
import type { Permission } from '../../services/permissions';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { userModel } from './models';
import { Nothing } from './read';
import { named, UserModel, UserWithPassword } from './schemas';
import { ResultsModel, resultsModel } from './server-list';
import { userAt } from './users';

const NewUser = z.strictObject({ name: z.string().max(512), admin: z.boolean().default(false), groups: z.array(z.string().max(255)).max(50).default([]).describe('Names of groups that exist.') });
const Bulk = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('create'), users: z.array(NewUser).min(1).max(MOST_USERS), dry_run: z.boolean().default(false).describe('Only say what would be made, and what is wrong with it.') }),
  z.strictObject({ action: z.enum(BULK_USER_ACTIONS), users: z.array(z.string().max(512)).min(1).max(MOST_USERS) }),
]);
const PlanModel = z.strictObject({ plan: z.array(z.strictObject({ name: z.string(), admin: z.boolean(), groups: z.array(z.string()), problems: z.array(z.string()) })) });
const MadeModel = named('MadeUsers', z.strictObject({ users: z.array(UserWithPassword) }).describe('What was made, with passwords that are said this once.'));

const PermissionsModel = named('Permissions', z.array(z.strictObject({
  scope: z.string(),
  from: z.array(z.strictObject({ role: z.string().nullable().describe('null: a share.'), group: z.string().nullable().describe('The group by which they have it; null: themselves.'), share: z.string().nullable().describe('The shared server, as `user/server`.') })),
})).describe('What somebody may do, and why.'));

/** Several accounts at once, and what a user may do and why. Our own, not JupyterHub's. */
export function userBulkRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { accounts, bulkAccounts, permissions } = deps.services;

  const bulk = async (x: Exchange, { body }: Given<typeof Bulk>): Promise<Reply> => {
    const actor = actorOf(x);
    const ask = body();
    if (ask.action !== 'create') return json(200, resultsModel(await bulkAccounts.act(actor, ask.action, ask.users)));
    if (ask.dry_run) return json(200, { plan: bulkAccounts.plan(actor, ask.users).map(planModel) });
    const made = await bulkAccounts.create(actor, ask.users);
    return json(201, { users: made.map(({ user, password }) => ({ ...userModel(deps, actor, user), password })) });
  };

  const explain = (x: Exchange): Reply => {
    const owner = userAt(kit, x, ['read:roles:users', 'admin:users']);
    return json(200, permissions.of(actorOf(x), owner).map(permissionModel));
  };

  const role = (given: boolean) => (x: Exchange, { body }: Given<typeof Nothing>): Reply => {
    const user = userAt(kit, x, ['admin:users']);
    body();
    accounts.setRole(actorOf(x), user.id, x.params['role'] ?? '', given);
    return given ? json(200, userModel(deps, actorOf(x), accounts.find(actorOf(x), user.name) ?? user)) : empty(204);
  };

  return [
    operation({
      method: 'post', path: '/hub/api/users/bulk', needs: ['admin:users'], reauth: isDangerous, handle: bulk,
      doc: {
        id: 'changeUsers', tag: 'Users', summary: 'Create, approve, discard, disable or enable several users',
        description: 'Users are created all together or not at all, with passwords that the hub makes and that have to be changed at the first sign-in. Everything else is done to each for itself: what fails for one is said beside it.',
        body: Bulk, bodyRequired: true,
        answers: { 200: { description: 'What became of each; with `dry_run`, what would be made.', model: z.union([ResultsModel, PlanModel]) }, 201: { description: 'The new users.', model: MadeModel }, 409: 'Somebody took a name meanwhile; nothing was made.' },
      },
    }),
    operation({
      method: 'get', path: '/hub/api/users/:name/permissions', needs: ['read:roles:users', 'admin:users'], handle: explain,
      doc: { id: 'getPermissions', tag: 'Users', summary: 'Say what a user may do, and why', answers: { 200: { description: 'By scope; what a scope implies is not listed again.', model: PermissionsModel } } },
    }),
    operation({
      method: 'put', path: '/hub/api/users/:name/roles/:role', needs: ['admin:users'], reauth: true, handle: role(true),
      doc: { id: 'giveRole', tag: 'Users', summary: 'Give a user a role', body: Nothing, answers: { 200: { description: 'The user as it is now.', model: UserModel } } },
    }),
    operation({
      method: 'delete', path: '/hub/api/users/:name/roles/:role', needs: ['admin:users'], reauth: true, handle: role(false),
      doc: { id: 'takeRole', tag: 'Users', summary: 'Take a role from a user', body: Nothing, answers: { 204: 'It is gone.' } },
    }),
  ];
}

const planModel = ({ name, admin, groups, problems }: PlannedUser): object => ({ name, admin, groups, problems: problems.map(({ message }) => message) });
const permissionModel = ({ scope, from }: Permission): object => ({ scope, from: from.map(({ role, group, share }) => ({ role, group, share })) });

const field = (x: Exchange, name: string): unknown => (typeof x.json === 'object' && x.json !== null ? (x.json as Readonly<Record<string, unknown>>)[name] : undefined);
/** Keeps somebody out, or says anything about being an administrator. */
const isDangerous = (x: Exchange): boolean => {
  const users = field(x, 'users');
  return field(x, 'action') === 'disable' || (Array.isArray(users) && users.some((user: unknown) => typeof user === 'object' && user !== null && 'admin' in user && user.admin !== false));
};
