import { z } from 'zod';
import { NOTICE_STATES, NOTICE_TYPES } from '../../domain/notice';
import type { NoticeDetail, NoticeView, OwnNotice } from '../../services/notices-contract';
import { timestamp } from '../../wire/timestamp';
import { named, Time } from './schemas';

const Names = z.array(z.string());
const Count = z.int();
const DetailModel = named('NotificationDetail', z.strictObject({
  username: z.string(),
  status: z.enum(['waiting', 'success', 'failed']).describe('`waiting`: no server of theirs runs yet. In the answer of a broadcast it is one of the other two.'),
  error: z.string().optional().describe('Why their server did not take it.'),
}).describe('What became of a message for one person.'));
const counts = { total: Count, successful: Count, failed: Count };
export const BroadcastModel = named('Broadcast', z.strictObject({ ...counts, details: z.array(DetailModel) }).describe('What became of a message in the servers that ran.'));
export const ReachModel = named('NotificationReach', z.strictObject({
  total: Count, now: Count.describe('People who have a running server.'), later: Count.describe('The others.'),
  users: z.array(z.strictObject({ username: z.string(), now: z.boolean() })).describe('The first hundred by name.'),
}).describe('Who would get a message.'));

const fields = {
  id: z.string(),
  message: z.string(),
  variant: z.enum(NOTICE_TYPES),
  by: z.string(),
  from: Time.describe('When it is sent.'),
  until: Time.describe('From then on it is shown nowhere.'),
};
const noticeFieldsModel = {
  ...fields,
  autoClose: z.union([z.boolean(), z.int()]),
  phase: z.enum(['scheduled', 'shown', 'over']),
  created: Time,
  sent: Time.nullable(),
  to: z.strictObject({ recipients: Names.nullable(), groups: Names.nullable(), states: z.array(z.enum(NOTICE_STATES)).nullable() }).describe('null: not narrowed by that.'),
  ...counts,
  waiting: Count.describe('People whose next server gets it.'),
};
export const NoticeModel = named('Notification', z.strictObject(noticeFieldsModel).describe('A message of an administrator. Its counts are of people, and zero before it is sent.'));
export const NoticeWithResults = named('NotificationWithResults', z.strictObject({ ...noticeFieldsModel, details: z.array(DetailModel) }).describe('A message, and what became of it.'));
export const OwnModel = named('OwnNotification', z.strictObject({ ...fields, dismissed: Time.nullable().describe('null: it is shown.') }).describe('A message as its reader sees it.'));

export const detailModel = ({ username, status, error }: NoticeDetail): object => ({ username, status, ...(error === null ? {} : { error }) });

export const noticeModel = ({ id, message, variant, by, from, until, autoClose, phase, created, sent, to, total, successful, failed, waiting }: NoticeView): object => ({
  id, message, variant, by, from: timestamp(from), until: timestamp(until), autoClose, phase, created: timestamp(created), sent: timestamp(sent), to, total, successful, failed, waiting,
});

export const ownModel = ({ id, message, variant, by, from, until, dismissed }: OwnNotice): object => ({ id, message, variant, by, from: timestamp(from), until: timestamp(until), dismissed: timestamp(dismissed) });
