import { createUrls } from '../../../hub/urls';
import { EXHIBITS } from '../../../views/gallery';
import { translator } from '../../../views/i18n';
import { NoticeBanners, type NoticeShown } from '../../../views/components/notices';
import type { Shell } from '../../../views/layout';
import { noticePage, noticesPage, ownNoticesPage, type OwnNoticeRow } from '../../../views/pages/notices';
import type { NoticeRow } from '../../../views/pages/notice-models';
import { renderPage } from '../../../views/render';

const shellIn = (lang: 'en' | 'zh'): Shell => ({ lang, t: translator(lang), theme: 'auto', brand: { name: 'Berth', logo: null, style: null, stage: null }, urls: createUrls('/'), asset: (file) => `/hub/static/${file}?v=1`, xsrf: 'token', viewer: { name: 'alice', admin: false }, flashes: [], here: '/hub/token', path: '/hub/token' });
const shell = shellIn('en');
const EVIL = '"><img src=x onerror=alert(1)>\u202e';
const since = new Date('2026-03-04T05:06:07Z');
const shown = (id: string, message = 'Hello'): NoticeShown => ({ id, message, variant: 'warning', by: 'boss', from: since });
const row: NoticeRow = { id: EVIL, message: EVIL, variant: 'error', by: EVIL, from: since, until: since, sent: since, phase: 'shown', to: { recipients: [EVIL], groups: [EVIL], states: ['running'] }, total: 3, successful: 1, failed: 1, waiting: 1 };
const own: OwnNoticeRow = { ...shown(EVIL, EVIL), by: EVIL, dismissed: null };

it.each([
  ['compose and history', noticesPage(shell, {
    compose: { fields: { message: EVIL, variant: 'info', closing: 'few', users: EVIL, groups: [EVIL], states: [], from: EVIL, until: EVIL }, groups: [EVIL], reach: { now: 1, later: 0, users: [{ name: EVIL, now: true }] }, now: since, problem: EVIL },
    history: { rows: [row], range: '7d', counts: { '24h': 1, '7d': 1, '30d': 1, all: 1 }, offset: 0, limit: 25, clearable: 1 }, own: [own],
  })],
  ['result', noticePage(shell, { notice: row, details: [{ username: EVIL, status: 'failed', error: EVIL, dismissed: null }], offset: 0, limit: 100 })],
  ['own', ownNoticesPage(shell, [own])],
  ['banner', <NoticeBanners {...shell} notices={[shown(EVIL, EVIL)]} />],
])('R03 R06: what is written in a message is text on the page: %s', (_name, page) => {
  const markup = renderPage(page);
  expect(markup).toContain('&lt;img');
  expect(markup).not.toContain('<img src=x');
  expect(markup).not.toMatch(/(?:href|action)="(?![/#])/);
});

test('the newest three stand on top of a page and say where the others are; at home there are all of them', () => {
  const notices = ['one', 'two', 'three', 'four'].map((message) => shown(message, message));
  const page = renderPage(<NoticeBanners {...shell} notices={notices} />);
  expect(page).not.toContain('four');
  expect(page).toContain('<a href="/hub/notifications">All 4 messages</a>');
  const home = renderPage(<NoticeBanners {...shell} path="/hub/home" notices={notices} />);
  expect(home).toContain('four');
  expect(home).not.toContain('All 4');
});

test('each is dismissed by a form that comes back to the same page, whose button names the message', () => {
  const page = renderPage(<NoticeBanners {...shell} notices={[shown('n1', 'The disk is full.')]} />);
  expect(page).toMatch(/<form method="post" action="\/hub\/notifications\/n1\/dismiss".*name="_xsrf" value="token".*name="next" value="\/hub\/token".*aria-label="Dismiss “The disk is full\.”"/);
});

test('the Chinese pages have no English left but for what people wrote', () => {
  const exhibits = EXHIBITS.filter(({ id }) => /^notices?(?:$|-(?!banner))/.test(id));
  expect(exhibits.length).toBe(7);
  for (const exhibit of exhibits) {
    const main = /<main[^>]*>(.*)<\/main>/s.exec(renderPage(exhibit.page(shellIn('zh'))))?.[1] ?? '';
    const text = main.replace(/<(?:textarea|time|bdi)[^>]*>.*?<\/(?:textarea|time|bdi)>/gs, '').replace(/<[^>]+>/g, '\n');
    const known = /^(?:Lab|UTC|GiB|admin|alicia|quants|students|docker-privileged)/;
    const written = ['The shared disk', 'Thank you', 'New profile', 'The licence', 'The canteen'];
    const left = text.split('\n').filter((line) => /[A-Za-z]{3,}/.test(line.replace(/Lab|UTC|admin|quants|alicia/g, '')) && !known.test(line.trim()) && !written.some((words) => line.includes(words)));
    expect([exhibit.id, left]).toEqual([exhibit.id, []]);
  }
});
