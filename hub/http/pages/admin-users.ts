import type { Flash } from '../../../views/layout';
import { usersPage, type UserRow } from '../../../views/pages/users';
import { can, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { DEFAULT_SERVER, type UserId } from '../../domain/ids';
import type { User } from '../../domain/user';
import { found, seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { orCorrect } from './account';

const PAGE = 50;
const MAX_PENDING = 100;
const MAX_SEARCH = 255;

/** Accounts: who waits, who is there, and everything an administrator does to them. Each action is a form that posts and comes back. */
export function adminRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { urls, services, directory } = deps;

  const rowOf = (x: Exchange, user: User): UserRow => ({
    id: user.id, name: user.name, status: user.status, admin: user.admin, researcher: directory.rolesOf(user.id).includes('researcher'), lastActivity: user.lastActivity,
    server: directory.serversOf(user.id).find((s) => s.name === DEFAULT_SERVER)?.state ?? null, self: x.caller.user?.id === user.id,
  });

  const list = (x: Exchange, status: number, problem?: string): Reply => {
    const actor = actorOf(x);
    const search = (x.query.get('q') ?? '').slice(0, MAX_SEARCH);
    const asked = Number(x.query.get('offset') ?? 0);
    const offset = Number.isSafeInteger(asked) && asked > 0 ? asked : 0;
    const { users, total } = services.accounts.list(actor, { offset, limit: PAGE, sort: 'name', ...(search === '' ? {} : { nameContains: search }) });
    const mayManage = can(actor, 'admin:users', HUB);
    const pending = mayManage ? services.accounts.list(actor, { offset: 0, limit: MAX_PENDING, status: 'pending' }).users : [];
    return kit.page(x, status, (shell) => usersPage(shell, { pending, users: users.map((user) => rowOf(x, user)), total, offset, limit: PAGE, search, mayManage, problem }));
  };

  const create = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    const { user, password } = await services.accounts.create(actorOf(x), { username: x.form.one('username') ?? '', admin: x.form.one('admin') === 'yes' });
    kit.flash(x, { tone: 'ok', text: `${x.t('flash.created', { name: user.name })}`, secret: password });
    kit.flash(x, { tone: 'warn', text: x.t('flash.firstSignIn') });
    return seeOther(urls.adminUsers);
  }, (status, problem) => list(x, status, problem));

  const act = (action: Action) => (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    for (const flash of await action(x, x.params['id'] as UserId)) kit.flash(x, flash);
    return seeOther(urls.adminUsers);
  }, (status, problem) => list(x, status, problem));
  const acts = [...actionsOf(kit)].map(([name, action]): HubRoute => ({
    method: 'post', path: `/hub/admin/users/:id/${name}`, kind: 'page', needs: name === 'delete' ? ['delete:users'] : ['admin:users'], ...(DANGEROUS.has(name) ? { reauth: true } : {}), handle: act(action),
  }));

  return [
    { method: 'get', path: '/hub/admin', kind: 'page', needs: ['admin-ui'], handle: () => found(urls.adminUsers) },
    { method: 'get', path: '/hub/admin/users', kind: 'page', needs: ['admin-ui'], handle: (x) => list(x, 200) },
    { method: 'post', path: '/hub/admin/users', kind: 'page', needs: ['admin:users'], reauth: (x) => x.form.has('admin'), handle: create },
    ...acts,
  ];
}

/** What gives somebody else's power away, or takes something that cannot be had back. */
const DANGEROUS: ReadonlySet<string> = new Set(['admin-on', 'admin-off', 'reset', 'disable', 'delete']);

type Action = (x: Exchange, id: UserId) => Promise<readonly Flash[]> | readonly Flash[];

function actionsOf(kit: Kit): ReadonlyMap<string, Action> {
  const { accounts } = kit.deps.services;
  const { directory } = kit.deps;
  const said = (text: string): readonly Flash[] => [{ tone: 'ok', text }];
  /** For the sentence afterwards; whether there is such a user is the service's to say. */
  const nameOf = (id: UserId): string => directory.nameOf(id) ?? '';
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
    ['delete', async (x, id) => {
      const volumes = x.form.one('volumes');
      if (volumes !== 'keep' && volumes !== 'remove') throw new HubError('invalid-input', x.t('users.deleteExplain'));
      const name = nameOf(id);
      await accounts.remove(actorOf(x), id, { volumes });
      return said(x.t('flash.deleted', { name }));
    }],
  ]);
}
