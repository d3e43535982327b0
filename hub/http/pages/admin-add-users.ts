import { addUsersPage, credentialsPage, type PlannedRow } from '../../../views/pages/add-users';
import { bulkPage } from '../../../views/pages/bulk';
import { HubError } from '../../domain/errors';
import { parseNewUsers, type NewUserLine } from '../../domain/new-users';
import { BULK_USER_ACTIONS, MOST_USERS, type BulkUserAction, type NewUserProblem, type PlannedUser } from '../../services/bulk-accounts-contract';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { orCorrect } from './account';
import { bulkFlashes, ticked } from './bulk';

const isDone = (x: Exchange): boolean => x.form.one('confirmed') === 'yes';

/** Several accounts at once: pasted and made, or ticked in the list. */
export function adminAddUsersRoutes(kit: Kit): readonly HubRoute[] {
  const { urls, services, settings } = kit.deps;
  const { bulkAccounts } = services;

  const textOf = (x: Exchange): string => x.form.one('text') ?? '';

  const show = (x: Exchange, status: number, more: { readonly plan: readonly PlannedRow[] | null; readonly problem?: string }): Reply =>
    kit.page(x, status, (shell) => addUsersPage(shell, { text: textOf(x), plan: more.plan, most: MOST_USERS, problem: more.problem }));

  const planned = (x: Exchange): readonly PlannedRow[] => {
    const lines = parseNewUsers(textOf(x));
    return bulkAccounts.plan(actorOf(x), lines).map((user, i) => rowOf(x, user, lines[i]));
  };

  const submit = (x: Exchange): Promise<Reply> => orCorrect(x, async () => {
    const plan = planned(x);
    // What was seen may have changed since: whoever sees a problem now has confirmed something else.
    if (!isDone(x) || plan.length === 0 || plan.some(({ problems }) => problems.length > 0)) return show(x, 200, { plan });
    const made = await bulkAccounts.create(actorOf(x), parseNewUsers(textOf(x)));
    const users = made.map(({ user, password, groups }) => ({ name: user.name, password, groups }));
    // On this answer and nowhere else: a page that it was redirected to would have to keep it until then.
    return kit.page(x, 200, (shell) => credentialsPage(shell, { users, address: settings.publicUrl.href }));
  }, (status, problem) => show(x, status, { plan: null, problem }));

  const bulk = async (x: Exchange): Promise<Reply> => {
    const action = BULK_USER_ACTIONS.find((one) => one === x.form.one('action'));
    if (action === undefined) throw new HubError('invalid-input', `Choose one of ${BULK_USER_ACTIONS.join(', ')}.`);
    const names = ticked(x, 'user');
    if (names.length === 0) {
      kit.flash(x, { tone: 'warn', text: x.t('people.noneTicked') });
      return seeOther(urls.adminUsers);
    }
    if (!isDone(x)) return ask(x, action, names);
    const results = await bulkAccounts.act(actorOf(x), action, names);
    for (const flash of bulkFlashes(x, results, 'people.bulkDone')) kit.flash(x, flash);
    return seeOther(urls.adminUsers);
  };

  const ask = (x: Exchange, action: BulkUserAction, names: readonly string[]): Reply => {
    const count = names.length;
    const words = { title: x.t(`people.bulk.${action}`, { count }), text: x.t(`people.bulkText.${action}`), submit: x.t(`people.bulkDo.${action}`, { count }) };
    return kit.page(x, 200, (shell) => bulkPage(shell, { ...words, names, field: 'user', fields: { action }, action: urls.adminUsersBulk, danger: action === 'disable' || action === 'discard', back: urls.adminUsers }));
  };

  return [
    { method: 'get', path: '/hub/admin/add-users', kind: 'page', needs: ['admin:users'], handle: (x) => show(x, 200, { plan: null }) },
    { method: 'post', path: '/hub/admin/add-users', kind: 'page', needs: ['admin:users'], reauth: (x) => isDone(x) && parseNewUsers(textOf(x)).some(({ admin }) => admin), handle: submit },
    { method: 'post', path: '/hub/admin/bulk-users', kind: 'page', needs: ['admin:users'], reauth: (x) => isDone(x) && x.form.one('action') === 'disable', handle: bulk },
  ];
}

const inWords = (x: Exchange, { kind, what }: NewUserProblem): string => x.t(`people.problem.${kind}`, { what });

function rowOf(x: Exchange, user: PlannedUser, line: NewUserLine | undefined): PlannedRow {
  const unclear = line?.unclear ?? null;
  const own = unclear === null ? [] : [x.t(unclear === 'columns' ? 'people.problem.columns' : 'people.problem.unclear')];
  return { line: line?.line ?? 0, name: user.name, admin: user.admin, groups: user.groups, problems: [...own, ...user.problems.map((problem) => inWords(x, problem))] };
}
