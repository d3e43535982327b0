import { CLOSINGS, type ComposeFields, type ComposeModel } from '../../../views/pages/notice-compose';
import { noticePage, noticesPage, ownNoticesPage } from '../../../views/pages/notices';
import type { NoticeHistory, NoticeRange } from '../../../views/pages/notice-models';
import { can, HUB } from '../../domain/access';
import { HubError } from '../../domain/errors';
import { NOTICE_STATES, NOTICE_TYPES, type AutoClose } from '../../domain/notice';
import type { Form } from '../body';
import type { NoticeTo } from '../../services/notices-contract';
import { seeOther, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { momentOf } from './admin-maintenance';

const DAYS = { '24h': 1, '7d': 7, '30d': 30, all: undefined } as const;
const RANGES = Object.keys(DAYS) as NoticeRange[];
const PAGE = 25;
const RESULTS = 100;
const GROUPS = 50;
const MOST_OFFSET = 1_000_000;

const EMPTY: ComposeFields = { message: '', variant: 'info', closing: 'never', users: '', groups: [], states: [], from: '', until: '' };

/** Everybody's own messages, and for those who may send some, the form and the history. */
export function noticePageRoutes(kit: Kit): readonly HubRoute[] {
  const { services, urls, clock } = kit.deps;
  const { notices } = services;
  const maySend = (x: Exchange): boolean => can(actorOf(x), 'admin:servers', HUB);
  const idOf = (x: Exchange): string => x.params['notice'] ?? '';

  const groupsOf = (x: Exchange): readonly string[] => (actorOf(x).scopes.has('list:groups') ? services.groups.list(actorOf(x), { offset: 0, limit: GROUPS }).groups.map(({ name }) => name) : []);

  const reachOf = (x: Exchange, fields: ComposeFields): ComposeModel['reach'] => {
    try {
      return notices.preview(actorOf(x), toOf(fields));
    } catch (err) {
      // The page says above the form what is wrong with it.
      if (err instanceof HubError && err.code === 'invalid-input') return null;
      throw err;
    }
  };

  const historyOf = (x: Exchange): NoticeHistory => {
    const actor = actorOf(x);
    const range = RANGES.find((one) => one === x.query.get('range')) ?? '7d';
    const offset = offsetOf(x);
    const count = (of: NoticeRange): number => notices.list(actor, { offset: 0, limit: 0, days: DAYS[of] }).total;
    const counts = Object.fromEntries(RANGES.map((of) => [of, count(of)])) as Record<NoticeRange, number>;
    return { rows: notices.list(actor, { offset, limit: PAGE, days: DAYS[range] }).notices, range, counts, offset, limit: PAGE, clearable: notices.clearable(actor) };
  };

  const page = (x: Exchange, status: number, { fields = EMPTY, problem }: { readonly fields?: ComposeFields; readonly problem?: string | undefined } = {}): Reply =>
    kit.page(x, status, (shell) => noticesPage(shell, { compose: { fields, groups: groupsOf(x), reach: reachOf(x, fields), now: clock.now(), problem }, history: historyOf(x), own: notices.received(actorOf(x)) }));

  const index = (x: Exchange): Reply => {
    // Other pages send people here to write to somebody.
    if (maySend(x)) return page(x, 200, { fields: { ...EMPTY, users: (x.query.get('users') ?? '').slice(0, 10_000) } });
    return kit.page(x, 200, (shell) => ownNoticesPage(shell, notices.received(actorOf(x))));
  };

  const send = async (x: Exchange): Promise<Reply> => {
    const fields = fieldsOf(x.form);
    const [from, until] = [momentOf(fields.from), momentOf(fields.until)];
    if ((fields.from !== '' && from === undefined) || (fields.until !== '' && until === undefined)) return page(x, 400, { fields, problem: x.t('notices.wrongTime') });
    try {
      if (x.form.one('act') === 'preview') {
        notices.preview(actorOf(x), toOf(fields));
        return page(x, 200, { fields });
      }
      const { notice, details } = await notices.broadcast(actorOf(x), { ...toOf(fields), message: fields.message, variant: fields.variant, autoClose: closeOf(fields.closing), from, until });
      const successful = details.filter(({ status }) => status === 'success').length;
      const text = notice.phase === 'scheduled' ? x.t('notices.scheduled') : details.length === 0 ? x.t('notices.sentNobody') : x.t('notices.sent', { successful, total: details.length });
      kit.flash(x, { tone: successful === details.length ? 'ok' : 'warn', text });
      return seeOther(urls.notice(notice.id));
    } catch (err) {
      if (err instanceof HubError && err.code === 'invalid-input') return page(x, 400, { fields, problem: err.message });
      throw err;
    }
  };

  const show = (x: Exchange): Reply => {
    const notice = notices.get(actorOf(x), idOf(x));
    const offset = offsetOf(x);
    const details = notices.results(actorOf(x), notice.id, { offset, limit: RESULTS });
    return kit.page(x, 200, (shell) => noticePage(shell, { notice, details, offset, limit: RESULTS }));
  };
  const expire = (x: Exchange): Reply => seeOther(urls.notice(notices.expire(actorOf(x), idOf(x)).id));
  const remove = (x: Exchange): Reply => {
    notices.remove(actorOf(x), idOf(x));
    kit.flash(x, { tone: 'ok', text: x.t('notices.deleted') });
    return seeOther(urls.notices);
  };
  const clear = (x: Exchange): Reply => {
    kit.flash(x, { tone: 'ok', text: x.t('notices.cleared', { count: notices.clear(actorOf(x)) }) });
    return seeOther(urls.notices);
  };
  const dismiss = (x: Exchange): Reply => {
    notices.dismiss(actorOf(x), idOf(x));
    return seeOther(kit.next(x.form.one('next'), urls.notices));
  };

  const path = '/hub/notifications';
  return [
    { method: 'get', path, kind: 'page', needs: ['read:users'], handle: index },
    { method: 'post', path, kind: 'page', needs: ['admin:servers'], handle: send },
    { method: 'post', path: `${path}/clear`, kind: 'page', needs: ['admin:servers'], handle: clear },
    { method: 'get', path: `${path}/:notice`, kind: 'page', needs: ['admin:servers'], handle: show },
    { method: 'post', path: `${path}/:notice/expire`, kind: 'page', needs: ['admin:servers'], handle: expire },
    { method: 'post', path: `${path}/:notice/delete`, kind: 'page', needs: ['admin:servers'], handle: remove },
    { method: 'post', path: `${path}/:notice/dismiss`, kind: 'page', needs: ['users:activity'], handle: dismiss },
  ];
}

const offsetOf = (x: Exchange): number => Math.min(Math.max(0, Math.trunc(Number(x.query.get('offset') ?? '0')) || 0), MOST_OFFSET);
const listOf = (form: Form, name: string): readonly string[] => form.entries().flatMap(([key, value]) => (key === name ? [value] : []));

const fieldsOf = (form: Form): ComposeFields => ({
  message: (form.one('message') ?? '').replaceAll('\r\n', '\n'),
  variant: NOTICE_TYPES.find((type) => type === form.one('variant')) ?? 'info',
  closing: CLOSINGS.find((one) => one === form.one('closing')) ?? 'never',
  users: form.one('users') ?? '',
  groups: listOf(form, 'groups'),
  states: NOTICE_STATES.filter((state) => listOf(form, 'states').includes(state)),
  from: form.one('from') ?? '',
  until: form.one('until') ?? '',
});

/** Nothing ticked and nothing written is everybody. */
const some = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);

const toOf = ({ users, groups, states }: ComposeFields): NoticeTo => ({ recipients: some(users.split(/[,\n]/).map((name) => name.trim()).filter((name) => name !== '')), groups: some(groups), states: some(states) });

const closeOf = (closing: ComposeFields['closing']): AutoClose => (closing === 'never' ? false : closing === 'few' ? true : Number(closing));
