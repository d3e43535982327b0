import { ActivityReport } from '../../services/activity-report';
import type { Actor } from '../../domain/access';
import type { User } from '../../domain/user';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { userModel } from './models';
import { UserModel, UserWithPassword } from './schemas';
import { userAt } from './users';

const changed = { 200: { description: 'The user as it is now.', model: UserModel } };

/** What is done to an account, and what programs report of its user. */
export function userActRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { accounts, reports } = deps.services;
  const one = '/hub/api/users/:name';

  /** What a program reports for a user (protocol, 6.2); a lab says the same at the internal listener. */
  const activity = (x: Exchange, _given: Given<typeof ActivityReport>): Reply => {
    // Read there, by this same schema, for labs too.
    reports.report(actorOf(x), userAt(kit, x, ['users:activity']), x.json);
    return empty(200);
  };

  const heartbeat = (x: Exchange): Reply => {
    reports.heartbeat(actorOf(x), userAt(kit, x, ['users:activity']));
    return empty(204);
  };

  type Work = (actor: Actor, user: User) => Promise<Reply> | Reply;
  const verb = (name: string, work: Work, { doc, reauth }: Pick<HubRoute, 'reauth'> & Required<Pick<HubRoute, 'doc'>>): HubRoute =>
    operation({ method: 'post', path: `${one}/${name}`, needs: ['admin:users'], ...(reauth === undefined ? {} : { reauth }), doc: { id: doc.id, tag: doc.tag, summary: doc.summary, answers: doc.answers }, handle: (x) => work(actorOf(x), userAt(kit, x, ['admin:users'])) });
  const model = (actor: Actor, user: User): Reply => json(200, userModel(deps, actor, user));

  return [
    operation({
      method: 'post', path: `${one}/activity`, needs: ['users:activity'], handle: activity,
      doc: { id: 'reportActivity', tag: 'Users', summary: 'Report when a user was active', body: ActivityReport, bodyRequired: true, answers: { 200: 'Noted.' } },
    }),
    operation({
      method: 'post', path: `${one}/heartbeat`, needs: ['users:activity'], handle: heartbeat,
      doc: { id: 'reportHeartbeat', tag: 'Users', summary: 'Report that the servers of a user are active now', answers: { 204: 'Noted.' } },
    }),
    verb('approve', (actor, user) => model(actor, accounts.approve(actor, user.id)), { doc: { id: 'approveUser', tag: 'Users', summary: 'Let somebody in who signed up', answers: changed } }),
    verb('discard', (actor, user) => {
      accounts.discard(actor, user.id);
      return empty(204);
    }, { doc: { id: 'discardUser', tag: 'Users', summary: 'Turn somebody down who signed up', answers: { 204: 'The account is gone.', 409: 'The account does not wait for approval.' } } }),
    verb('disable', async (actor, user) => model(actor, await accounts.disable(actor, user.id)), { reauth: true, doc: { id: 'disableUser', tag: 'Users', summary: 'Keep a user out', answers: changed } }),
    verb('enable', (actor, user) => model(actor, accounts.enable(actor, user.id)), { doc: { id: 'enableUser', tag: 'Users', summary: 'Let a user in again', answers: changed } }),
    verb('reset-password', async (actor, user) => {
      const { user: after, password } = await accounts.resetPassword(actor, user.id);
      return json(200, { ...userModel(deps, actor, after), password });
    }, { reauth: true, doc: { id: 'resetPassword', tag: 'Users', summary: 'Give a user a new password', answers: { 200: { description: 'The user, with the new password.', model: UserWithPassword } } } }),
  ];
}
