import { z } from 'zod';
import { ACCOUNT_LANGUAGES, ACCOUNT_THEMES, LOG_KINDS, type AccountDetails, type LogEntry } from '../../domain/account';
import { timestamp } from '../../wire/timestamp';
import { named, Time } from './schemas';

const fields = {
  real_name: z.string().max(512).describe('Empty: not said.'),
  email: z.string().max(512).describe('Empty: not said. Nothing is sent there.'),
  language: z.enum(ACCOUNT_LANGUAGES).nullable().describe('null: as the browser asks.'),
  theme: z.enum(ACCOUNT_THEMES).nullable().describe('null: not chosen.'),
};

export const AccountModel = named('Account', z.strictObject(fields).describe('What people say about themselves, and how they want to see pages.'));
export const AccountChange = z.strictObject({ real_name: fields.real_name.optional(), email: fields.email.optional(), language: fields.language.optional(), theme: fields.theme.optional() }).describe('What is absent stays as it is.');

export const accountModel = ({ realName, email, language, theme }: AccountDetails): z.input<typeof AccountModel> => ({ real_name: realName, email, language, theme });

export const changeOf = ({ real_name: realName, ...rest }: z.output<typeof AccountChange>): Partial<AccountDetails> =>
  Object.fromEntries(Object.entries({ ...rest, realName }).filter(([, value]) => value !== undefined));

const MOST = 200;
export const LogQuery = z.object({
  kind: z.enum(LOG_KINDS, { error: `kind: expected one of ${LOG_KINDS.join(', ')}` }).optional().describe('Entries of this kind only.'),
  before: z.string().regex(/^\d{1,15}$/, 'before: expected the number of an entry').transform(Number).optional().describe('Entries older than the one with this number: `next` of the page before.'),
  limit: z.string().regex(/^\d{1,6}$/, 'limit: expected a number').transform((text) => Math.min(Math.max(Number(text), 1), MOST)).optional().describe(`How many at most, up to ${MOST}; 50 unless given.`),
});

const Entry = named('ActivityEntry', z.strictObject({
  id: z.int(), at: Time, kind: z.enum(LOG_KINDS), action: z.string().describe('As in the audit log: `server.start`.'), result: z.enum(['ok', 'denied', 'failed']),
  by: z.string().nullable().describe('Whoever did it; null: the hub itself, or nobody who is signed in.'),
  by_kind: z.enum(['self', 'user', 'service', 'hub', 'anonymous']),
  target: z.string(),
  address: z.string().nullable().describe('Where one\'s own acts and attempts to sign in came from; null for all others.'),
  about: z.string().describe('Note of a token, reason of a stop; empty: nothing more to say.'),
}).describe('Something that a user did, or that was done to what is theirs.'));

export const LogModel = named('ActivityLog', z.strictObject({ items: z.array(Entry), next: z.int().nullable().describe('`before` of the next page; null: that was all.') }));

export const entryModel = ({ byKind, at, ...rest }: LogEntry) => ({ ...rest, at: timestamp(at), by_kind: byKind });
