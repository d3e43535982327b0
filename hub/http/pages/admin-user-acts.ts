import type { Flash } from '../../../views/layout';
import { HubError } from '../../domain/errors';
import type { TokenId, UserId } from '../../domain/ids';
import type { User } from '../../domain/user';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { orCorrect } from './account';

/** What gives somebody else's power away, or takes something that cannot be had back. */
const DANGEROUS: ReadonlySet<string> = new Set(['admin-on', 'admin-off', 'reset', 'disable', 'delete', 'role']);

type Action = (x: Exchange, id: UserId) => Promise<readonly Flash[]> | readonly Flash[];

/** One row for each thing that is done to an account; afterwards the page comes back from which it was sent. */
export function userActs(kit: Kit, again: (x: Exchange, status: number, problem: string) => Reply): readonly HubRoute[] {
  const { urls } = kit.deps;
  const act = (action: Action, name: string) => (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    for (const flash of await action(x, x.params['id'] as UserId)) kit.flash(x, flash);
    // The page of an account that is gone would be none.
    return seeOther(name === 'delete' || name === 'rename' ? urls.adminUsers : kit.next(x.form.one('next'), urls.adminUsers));
  }, (status, problem) => again(x, status, problem));
  return [...actionsOf(kit)].map(([name, action]): HubRoute => ({
    method: 'post', path: `/hub/admin/users/:id/${name}`, kind: 'page', needs: NEEDS[name] ?? ['admin:users'], ...(DANGEROUS.has(name) ? { reauth: true } : {}), handle: act(action, name),
  }));
}

const NEEDS: Readonly<Record<string, HubRoute['needs']>> = { delete: ['delete:users'], 'join-group': ['groups'], 'leave-group': ['groups'] };

function actionsOf(kit: Kit): ReadonlyMap<string, Action> {
  const { accounts, groups, tokens } = kit.deps.services;
  const { directory } = kit.deps;
  const said = (text: string): readonly Flash[] => [{ tone: 'ok', text }];
  /** For the sentence afterwards; whether there is such a user is the service's to say. */
  const nameOf = (id: UserId): string => directory.nameOf(id) ?? '';
  /** For services that take the account itself: who may not see it learns nothing. */
  const userOf = (x: Exchange, id: UserId): User => {
    const user = accounts.find(actorOf(x), nameOf(id));
    if (user === undefined) throw new HubError('not-found', 'No such user, or not one that you may see.');
    return user;
  };
  const field = (x: Exchange, name: string): string => x.form.one(name) ?? '';
  return new Map<string, Action>([
    ['approve', (x, id) => said(x.t('flash.approved', { name: accounts.approve(actorOf(x), id).name }))],
    ['discard', (x, id) => {
      const name = nameOf(id);
      accounts.discard(actorOf(x), id);
      return said(x.t('flash.discarded', { name }));
    }],
    ['reset', async (x, id) => {
      const { user, password } = await accounts.resetPassword(actorOf(x), id);
      return [{ tone: 'ok', text: x.t('flash.reset', { name: user.name }), secret: password }, { tone: 'warn', text: x.t('flash.firstSignIn') }];
    }],
    ['disable', async (x, id) => said(x.t('flash.disabled', { name: (await accounts.disable(actorOf(x), id)).name }))],
    ['enable', (x, id) => said(x.t('flash.enabled', { name: accounts.enable(actorOf(x), id).name }))],
    ['rename', (x, id) => said(x.t('flash.renamed', { name: accounts.rename(actorOf(x), id, field(x, 'name')).name }))],
    ['admin-on', (x, id) => said(x.t('flash.adminOn', { name: accounts.setAdmin(actorOf(x), id, true).name }))],
    ['admin-off', (x, id) => said(x.t('flash.adminOff', { name: accounts.setAdmin(actorOf(x), id, false).name }))],
    ['researcher-on', (x, id) => {
      accounts.setResearcher(actorOf(x), id, true);
      return said(x.t('flash.researcherOn', { name: nameOf(id) }));
    }],
    ['researcher-off', (x, id) => {
      accounts.setResearcher(actorOf(x), id, false);
      return said(x.t('flash.researcherOff', { name: nameOf(id) }));
    }],
    ['role', (x, id) => {
      const [role, given] = [field(x, 'role'), field(x, 'given') === 'yes'];
      accounts.setRole(actorOf(x), id, role, given);
      return said(x.t(given ? 'flash.roleGiven' : 'flash.roleTaken', { name: nameOf(id), role }));
    }],
    ['join-group', (x, id) => {
      const group = groups.addUsers(actorOf(x), field(x, 'group'), [userOf(x, id).name]).name;
      return said(x.t('flash.joined', { name: nameOf(id), group }));
    }],
    ['leave-group', (x, id) => {
      const group = groups.removeUsers(actorOf(x), field(x, 'group'), [userOf(x, id).name]).name;
      return said(x.t('flash.left', { name: nameOf(id), group }));
    }],
    ['revoke', (x, id) => {
      tokens.revoke(actorOf(x), userOf(x, id), field(x, 'token') as TokenId);
      return said(x.t('flash.tokenRevoked'));
    }],
    ['delete', async (x, id) => {
      const volumes = x.form.one('volumes');
      if (volumes !== 'keep' && volumes !== 'remove') throw new HubError('invalid-input', x.t('users.deleteExplain'));
      const name = nameOf(id);
      await accounts.remove(actorOf(x), id, { volumes });
      return said(x.t('flash.deleted', { name }));
    }],
  ]);
}
