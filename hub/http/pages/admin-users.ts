import { usersPage, type UserRow } from '../../../views/pages/users';
import { can, HUB } from '../../domain/access';
import { DEFAULT_SERVER } from '../../domain/ids';
import type { User, UserStatus } from '../../domain/user';
import type { UserAsk } from '../../services/contract';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { orCorrect } from './account';
import { userActs } from './admin-user-acts';
import { groupNames, limitOf, offsetOf, textOf } from './list-query';

const SHOWN_PENDING = 20;
const STATUSES: readonly UserStatus[] = ['active', 'pending', 'disabled'];
const SORTS: readonly string[] = ['name', '-name', 'id', '-id', 'last_activity', '-last_activity'];

/** Accounts: who waits, who is there, and everything an administrator does to them. Each action is a form that posts and comes back. */
export function adminRoutes(kit: Kit): readonly HubRoute[] {
  const { deps } = kit;
  const { urls, services, directory } = deps;

  const rowsOf = (x: Exchange, users: readonly User[]): readonly UserRow[] => {
    const known = directory.of(users.map(({ id }) => id));
    return users.map((user) => rowOf(x, user, known));
  };
  const rowOf = (x: Exchange, user: User, known: ReturnType<typeof directory.of>): UserRow => ({
    id: user.id, name: user.name, status: user.status, admin: user.admin, researcher: known.rolesOf(user.id).includes('researcher'), groups: known.groupsOf(user.id), created: user.created, lastActivity: user.lastActivity,
    server: known.serversOf(user.id).find((s) => s.name === DEFAULT_SERVER)?.state ?? null, self: x.caller.user?.id === user.id,
  });

  const list = (x: Exchange, status: number, problem?: string): Reply => {
    const actor = actorOf(x);
    const mayManage = can(actor, 'admin:users', HUB);
    const mayGroup = can(actor, 'read:users:groups', HUB);
    const query = { q: textOf(x, 'q'), group: mayGroup ? textOf(x, 'group') : '', status: mayManage ? STATUSES.find((one) => one === x.query.get('status')) : undefined, sort: SORTS.find((one) => one === x.query.get('sort')) ?? 'name' };
    const [offset, limit] = [offsetOf(x), limitOf(x)];
    const ask: UserAsk = { ...(query.q === '' ? {} : { nameContains: query.q }), ...(query.group === '' ? {} : { group: query.group }) };
    const found = services.accounts.list(actor, { ...ask, offset, limit, sort: query.sort, ...(query.status === undefined ? {} : { status: query.status }) });
    const counts = mayManage ? services.accounts.statuses(actor, ask) : null;
    const total = counts === null ? found.total : query.status === undefined ? counts.active + counts.pending + counts.disabled : counts[query.status];
    const waiting = mayManage ? services.accounts.list(actor, { offset: 0, limit: SHOWN_PENDING, status: 'pending' }) : { users: [], total: 0 };
    const model = { pending: waiting.users, pendingTotal: waiting.total, users: rowsOf(x, found.users), total, offset, limit, query, counts, groups: mayGroup ? groupNames(kit, x) : null, mayManage, problem };
    return kit.page(x, status, (shell) => usersPage(shell, model));
  };

  const create = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    const { user, password } = await services.accounts.create(actorOf(x), { username: x.form.one('username') ?? '', admin: x.form.one('admin') === 'yes' });
    kit.flash(x, { tone: 'ok', text: `${x.t('flash.created', { name: user.name })}`, secret: password });
    kit.flash(x, { tone: 'warn', text: x.t('flash.firstSignIn') });
    return seeOther(urls.adminUsers);
  }, (status, problem) => list(x, status, problem));

  return [
    { method: 'get', path: '/hub/admin/users', kind: 'page', needs: ['admin-ui'], handle: (x) => list(x, 200) },
    { method: 'post', path: '/hub/admin/users', kind: 'page', needs: ['admin:users'], reauth: (x) => x.form.has('admin'), handle: create },
    ...userActs(kit, list),
  ];
}
