import { z } from 'zod';
import { demand, HUB } from '../../domain/access';
import { LONGEST_NOTICE, NOTICE_STATES, NOTICE_TYPES } from '../../domain/notice';
import type { NoticeDetail, NoticeTo } from '../../services/notices-contract';
import { empty, json, type Exchange, type Reply } from '../exchange';
import { actorOf, type Kit } from '../kit';
import { operation, type Given } from '../operation';
import type { HubRoute } from '../routes';
import { Moment } from './maintenance';
import { BroadcastModel, detailModel, noticeModel, NoticeModel, NoticeWithResults, OwnModel, ownModel, ReachModel } from './notice-models';
import { Nothing, PAGE_FIELDS, paged, pageOf, PageQuery, selfUrl } from './read';
import { listed } from './schemas';

const LONGEST_NAME = 255;
const MOST_NAMES = 1_000;
const LONGEST_CLOSE_MS = 3_600_000;
const names = () => z.array(z.string().min(1).max(LONGEST_NAME)).min(1).max(MOST_NAMES);
const toFields = {
  recipients: names().nullish().describe('Names of users; absent: everybody.'),
  groups: names().nullish().describe('Members of these groups, besides the recipients.'),
  states: z.array(z.enum(NOTICE_STATES)).min(1).nullish().describe('Of all these people, only the ones whose server is so when the message is sent.'),
};
const ToBody = z.strictObject(toFields);
const BroadcastBody = z.strictObject({
  message: z.string().min(1).max(LONGEST_NOTICE).describe('Text; markup in it is shown as it is written.'),
  variant: z.enum(NOTICE_TYPES).optional().describe('`info` unless given.'),
  autoClose: z.union([z.boolean(), z.int().min(1000).max(LONGEST_CLOSE_MS)]).optional().describe('Whether the lab closes it by itself after a few seconds, or after how many milliseconds. Not, unless given.'),
  ...toFields,
  from: Moment.nullish().describe('When it is sent; absent or past: now.'),
  until: Moment.nullish().describe('From then on it is shown nowhere; absent: seven days after it is sent.'),
});
const ListQuery = z.object({ ...PAGE_FIELDS, range: z.enum(['24h', '7d', '30d', 'all'], 'The range is 24h, 7d, 30d or all.').optional().describe('Those that were written in the last so much time; all unless given.') });
const DAYS = { '24h': 1, '7d': 7, '30d': 30, all: undefined } as const;

/** What is null is absent. */
const toOf = ({ recipients, groups, states }: z.output<typeof ToBody>): NoticeTo => ({ recipients: recipients ?? undefined, groups: groups ?? undefined, states: states ?? undefined });
/** The platform's answer, word for word. */
const broadcastModel = (details: readonly NoticeDetail[]): object => {
  const successful = details.filter(({ status }) => status === 'success').length;
  return { total: details.length, successful, failed: details.length - successful, details: details.map(detailModel) };
};

/** Messages of administrators. The broadcast is the platform's, the rest our own. */
export function noticeRoutes(kit: Kit): readonly HubRoute[] {
  const { notices } = kit.deps.services;
  const idOf = (x: Exchange): string => x.params['notice'] ?? '';

  const broadcast = async (x: Exchange, { body }: Given<typeof BroadcastBody>): Promise<Reply> => {
    demand(actorOf(x), 'admin:servers', HUB);
    const { message, variant, autoClose, from, until, ...to } = body();
    const { notice, details } = await notices.broadcast(actorOf(x), { ...toOf(to), message, variant: variant ?? 'info', autoClose: autoClose ?? false, from: from ?? undefined, until: until ?? undefined });
    x.res.setHeader('Location', kit.deps.urls.apiNotice(notice.id));
    return json(notice.phase === 'scheduled' ? 202 : 200, broadcastModel(details));
  };
  const preview = (x: Exchange, { body }: Given<typeof ToBody>): Reply => {
    demand(actorOf(x), 'admin:servers', HUB);
    const { now, later, users } = notices.preview(actorOf(x), toOf(body()));
    return json(200, { total: now + later, now, later, users: users.map(({ name, now: at }) => ({ username: name, now: at })) });
  };
  const list = (x: Exchange, { query }: Given<z.ZodUndefined, typeof ListQuery>): Reply => {
    demand(actorOf(x), 'admin:servers', HUB);
    const asked = query();
    const page = pageOf(asked, x);
    const found = notices.list(actorOf(x), { offset: page.offset, limit: page.limit, days: DAYS[asked.range ?? 'all'] });
    return json(200, paged(found.notices.map(noticeModel), { total: found.total, page, self: selfUrl(kit, x) }));
  };
  const show = (x: Exchange, { query }: Given<z.ZodUndefined, typeof PageQuery>): Reply => {
    const notice = notices.get(actorOf(x), idOf(x));
    const { offset, limit } = pageOf(query(), x);
    return json(200, { ...noticeModel(notice), details: notices.results(actorOf(x), notice.id, { offset, limit }).map(detailModel) });
  };
  const expire = (x: Exchange, { body }: Given<typeof Nothing>): Reply => {
    demand(actorOf(x), 'admin:servers', HUB);
    body();
    return json(200, noticeModel(notices.expire(actorOf(x), idOf(x))));
  };
  const remove = (x: Exchange): Reply => {
    notices.remove(actorOf(x), idOf(x));
    return empty(204);
  };
  const clear = (x: Exchange): Reply => {
    notices.clear(actorOf(x));
    return empty(204);
  };
  const own = (x: Exchange): Reply => json(200, notices.received(actorOf(x)).map(ownModel));
  const dismiss = (x: Exchange, { body }: Given<typeof Nothing>): Reply => {
    body();
    notices.dismiss(actorOf(x), idOf(x));
    return empty(204);
  };

  const path = '/hub/api/notifications';
  const notice = { 200: { description: 'The message.', model: NoticeModel } };
  return [
    operation({
      method: 'post', path: `${path}/broadcast`, needs: ['admin:servers'], handle: broadcast,
      doc: {
        id: 'broadcastNotification', tag: 'Operation', summary: 'Send a message to people in their labs and on the hub\'s pages',
        description: 'Takes as long as the slowest running server, which has five seconds. Those who have no server that runs get it when one starts. The header `Location` has its address.', body: BroadcastBody,
        answers: { 200: { description: 'What became of it in running servers.', model: BroadcastModel }, 202: { description: 'It is sent later.', model: BroadcastModel } },
      },
    }),
    operation({
      method: 'post', path: `${path}/preview`, needs: ['admin:servers'], handle: preview,
      doc: { id: 'previewNotification', tag: 'Operation', summary: 'Say who would get a message now, and who when a server of theirs starts', body: ToBody, answers: { 200: { description: 'How many they are, and the first of them.', model: ReachModel } } },
    }),
    operation({
      method: 'get', path, needs: ['admin:servers'], handle: list,
      doc: { id: 'listNotifications', tag: 'Operation', summary: 'List messages', description: 'Newest first, those that are to be sent with them.', query: ListQuery, answers: { 200: { description: 'Messages.', model: listed(z.array(NoticeModel)) } } },
    }),
    operation({
      method: 'delete', path, needs: ['admin:servers'], handle: clear,
      doc: { id: 'clearNotifications', tag: 'Operation', summary: 'Remove every message that was sent', description: 'Those that are to be sent stay.', answers: { 204: 'They are gone, from the hub\'s pages too.' } },
    }),
    operation({
      method: 'get', path: `${path}/:notice`, needs: ['admin:servers'], handle: show,
      doc: { id: 'getNotification', tag: 'Operation', summary: 'Show a message and what became of it for each person', description: 'Failures first; `offset` and `limit` are of the details.', query: PageQuery, answers: { 200: { description: 'The message.', model: NoticeWithResults } } },
    }),
    operation({
      method: 'post', path: `${path}/:notice/expire`, needs: ['admin:servers'], handle: expire,
      doc: { id: 'expireNotification', tag: 'Operation', summary: 'End a message now', description: 'Nobody gets or sees it from then on; what labs have shown they have shown.', body: Nothing, answers: notice },
    }),
    operation({
      method: 'delete', path: `${path}/:notice`, needs: ['admin:servers'], handle: remove,
      doc: { id: 'deleteNotification', tag: 'Operation', summary: 'Remove a message and what became of it', answers: { 204: 'It is gone.' } },
    }),
    operation({
      method: 'get', path: '/hub/api/user/notifications', needs: ['read:users'], handle: own,
      doc: { id: 'listOwnNotifications', tag: 'Users', summary: 'List the messages that you were sent', description: 'Newest first, as long as they are not over.', answers: { 200: { description: 'Messages.', model: z.array(OwnModel) } } },
    }),
    operation({
      method: 'post', path: '/hub/api/user/notifications/:notice/dismiss', needs: ['users:activity'], handle: dismiss,
      doc: { id: 'dismissNotification', tag: 'Users', summary: 'Close a message that you were sent', body: Nothing, answers: { 204: 'No page and no new lab shows it to you.' } },
    }),
  ];
}
