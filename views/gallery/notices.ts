import type { NoticeShown } from '../components/notices';
import type { ComposeModel } from '../pages/notice-compose';
import type { NoticeDetail, NoticeHistory, NoticeRow } from '../pages/notice-models';
import { noticePage, noticesPage, ownNoticesPage, type OwnNoticeRow } from '../pages/notices';
import { minutesAgo, NOW, type Exhibit } from './exhibit';
import { homeExhibits } from './home';

const DAY = 1440;
const message = (id: string, more: Partial<NoticeRow> = {}): NoticeRow => ({
  id, message: 'The shared disk moves to new hardware tonight at 22:00. Save your work before.', variant: 'warning', by: 'admin', from: minutesAgo(40), until: minutesAgo(-6 * DAY), sent: minutesAgo(40), phase: 'shown',
  to: { recipients: null, groups: null, states: null }, total: 9, successful: 6, failed: 1, waiting: 2, ...more,
});
const rows: readonly NoticeRow[] = [
  message('n4', { message: 'Thank you for your patience: everything is back.', variant: 'success', from: minutesAgo(-180), sent: null, phase: 'scheduled', total: 0, successful: 0, failed: 0, waiting: 0 }),
  message('n3'),
  message('n2', { message: 'New profile: Large memory (64 GiB).', variant: 'info', from: minutesAgo(2 * DAY), to: { recipients: null, groups: ['quants'], states: null }, total: 4, successful: 4, failed: 0, waiting: 0 }),
  message('n1', { message: 'The licence server does not answer. We are on it.', variant: 'error', from: minutesAgo(5 * DAY), phase: 'over', total: 8, successful: 8, failed: 0, waiting: 0 }),
];
const history: NoticeHistory = { rows, range: '7d', counts: { '24h': 2, '7d': 4, '30d': 4, all: 4 }, offset: 0, limit: 25, clearable: 3 };
const nothing: NoticeHistory = { rows: [], range: '7d', counts: { '24h': 0, '7d': 0, '30d': 0, all: 0 }, offset: 0, limit: 25, clearable: 0 };
const compose: ComposeModel = {
  fields: { message: '', variant: 'info', closing: 'never', users: '', groups: [], states: [], from: '', until: '' }, groups: ['quants', 'students', 'docker-privileged'], now: NOW, problem: undefined,
  reach: { now: 7, later: 2, users: ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan'].map((name, i) => ({ name, now: i < 7 })) },
};
const filled: ComposeModel = {
  ...compose, problem: 'No such user: alicia', reach: null,
  fields: { ...compose.fields, message: 'The shared disk moves to new hardware tonight at 22:00.', variant: 'warning', users: 'alicia', groups: ['quants'], from: '2026-03-02T20:00' },
};
const details: readonly NoticeDetail[] = [
  { username: 'dave', status: 'failed', error: 'Notification extension not installed', dismissed: minutesAgo(12) },
  ...['alice', 'bob', 'carol', 'erin', 'frank', 'grace'].map((username): NoticeDetail => ({ username, status: 'success', error: null, dismissed: username === 'bob' ? minutesAgo(30) : null })),
  ...['heidi', 'ivan'].map((username): NoticeDetail => ({ username, status: 'waiting', error: null, dismissed: null })),
];
const own = (id: string, variant: NoticeShown['variant'], text: string, dismissed: Date | null = null): OwnNoticeRow => ({ id, message: text, variant, by: 'admin', from: minutesAgo(40), dismissed });
const received: readonly OwnNoticeRow[] = [
  own('a', 'warning', 'The shared disk moves to new hardware tonight at 22:00. Save your work before.'), own('b', 'info', 'New profile: Large memory (64 GiB).'), own('c', 'error', 'The licence server does not answer. We are on it.'),
  own('d', 'default', 'The canteen is closed on Friday.', minutesAgo(5)),
];

export const noticeExhibits: readonly Exhibit[] = [
  { id: 'notices', title: 'Notifications, to write and what was written', viewer: 'admin', page: (shell) => noticesPage(shell, { compose, history, own: [] }) },
  { id: 'notices-first', title: 'Notifications, none yet', viewer: 'admin', page: (shell) => noticesPage(shell, { compose, history: nothing, own: [] }) },
  { id: 'notices-problem', title: 'Notifications, something is wrong with the form', viewer: 'admin', page: (shell) => noticesPage(shell, { compose: filled, history, own: received.slice(0, 1) }) },
  { id: 'notice', title: 'One notification and what became of it', viewer: 'admin', page: (shell) => noticePage(shell, { notice: message('n3'), details, offset: 0, limit: 100 }) },
  { id: 'notice-scheduled', title: 'A notification that is to be sent', viewer: 'admin', page: (shell) => noticePage(shell, { notice: rows[0] ?? message('n4'), details: [], offset: 0, limit: 100 }) },
  { id: 'notices-own', title: 'Notifications of a user', viewer: 'user', page: (shell) => ownNoticesPage(shell, received) },
  { id: 'notices-own-none', title: 'Notifications of a user, none', viewer: 'user', page: (shell) => ownNoticesPage(shell, []) },
  ...homeExhibits.slice(0, 1).map(({ page }): Exhibit => ({ id: 'notices-banner', title: 'Notifications on top of a page', viewer: 'user', page: (shell) => page({ ...shell, notices: [...received.slice(0, 3), own('e', 'success', 'Everything is back.')] }) })),
];
