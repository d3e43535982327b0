import type { ServerId, UserId, UserName } from '../domain/ids';
import { NOTICE_STATES, type Audience, type AutoClose, type Delivery, type Notice, type NoticeState, type NoticeType } from '../domain/notice';
import { statementsOf } from './filters';
import type { NoticeCounts, NoticeStore } from './notice-contract';
import { toDate, toDateOrNull, toMs, toMsOrNull, type Params, type Sql } from './sql';

interface Row {
  readonly id: string;
  readonly message: string;
  readonly variant: string;
  readonly auto_close: number;
  readonly audience: string;
  readonly author: string;
  readonly created: number;
  readonly starts: number;
  readonly until: number;
  readonly sent: number | null;
}
interface ResultRow {
  readonly name: string;
  readonly status: string;
  readonly error: string | null;
  readonly dismissed: number | null;
}

const COLUMNS = ['id', 'message', 'variant', 'auto_close', 'audience', 'author', 'created', 'starts', 'until', 'sent'].map((column) => `notices.${column}`).join(', ');
const READY = "users.id IN (SELECT owner_id FROM servers WHERE kind = 'ready')";
const COMING = "users.id IN (SELECT owner_id FROM servers WHERE kind IN ('queued', 'starting'))";
const PEOPLE = `(users.id IN (SELECT value FROM json_each(@users))
  OR users.id IN (SELECT user_id FROM groups JOIN group_members ON group_id = groups.id WHERE groups.name IN (SELECT value FROM json_each(@groups))))`;
const STATES: Readonly<Record<NoticeState, string>> = { running: READY, starting: `${COMING} AND NOT ${READY}`, stopped: `NOT ${READY} AND NOT ${COMING}` };

/** Whoever an audience is at this moment; what was not asked costs nothing. */
function meant({ users, groups, states }: Audience): string {
  const people = users === null && groups === null ? [] : [PEOPLE];
  const asked = NOTICE_STATES.filter((one) => states?.includes(one));
  const state = states === null ? [] : [`(${asked.length === 0 ? 'FALSE' : asked.map((one) => `(${STATES[one]})`).join(' OR ')})`];
  return ["status = 'active'", ...people, ...state].join(' AND ');
}
const meantParams = ({ users, groups }: Audience): Params => ({ users: JSON.stringify(users ?? []), groups: JSON.stringify(groups ?? []) });

const closeOf = (ms: number): AutoClose => (ms === 0 ? false : ms === 1 ? true : ms);

const toNotice = (row: Row): Notice => ({
  id: row.id, message: row.message, variant: row.variant as NoticeType, autoClose: closeOf(row.auto_close), audience: JSON.parse(row.audience) as Audience, by: row.author,
  created: toDate(row.created), from: toDate(row.starts), until: toDate(row.until), sent: toDateOrNull(row.sent),
});

export function createNoticeStore(sql: Sql): NoticeStore {
  const insert = sql.prepare(`INSERT INTO notices (id, message, variant, auto_close, audience, author, created, starts, until)
    VALUES (@id, @message, @variant, @autoClose, @audience, @by, @created, @from, @until)`);
  const byId = sql.prepare<Row>(`SELECT ${COLUMNS} FROM notices WHERE id = @id`);
  const list = sql.prepare<Row>(`SELECT ${COLUMNS} FROM notices WHERE created >= @since ORDER BY created DESC, seq DESC LIMIT @limit OFFSET @offset`);
  const count = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM notices WHERE created >= @since');
  const counts = sql.prepare<NoticeCounts>('SELECT waiting, successful, failed FROM notices WHERE id = @id');
  const counted = statementsOf<{ n: number }>(sql);
  const some = statementsOf<{ name: string; now: number }>(sql);
  const address = statementsOf<{ user_id: string }>(sql);
  const sent = sql.prepare('UPDATE notices SET sent = @at WHERE id = @id AND sent IS NULL');
  const due = sql.prepare<Row>(`SELECT ${COLUMNS} FROM notices WHERE sent IS NULL AND starts <= @now AND until > @now ORDER BY starts, seq`);
  const first = sql.prepare<{ starts: number | null }>('SELECT min(starts) AS starts FROM notices WHERE sent IS NULL AND until > @now');
  const current = sql.prepare<Row>(`SELECT ${COLUMNS} FROM notices WHERE sent IS NOT NULL AND until > @now ORDER BY seq`);
  const labs = sql.prepare<{ user_id: string; id: string }>(`SELECT user_id, servers.id FROM notice_recipients JOIN servers ON owner_id = user_id AND kind = 'ready'
    WHERE notice_id = @id AND status = 'waiting' AND dismissed IS NULL ORDER BY user_id, servers.seq`);
  const waited = sql.prepare<Row>(`SELECT ${COLUMNS} FROM notice_recipients JOIN notices ON id = notice_id WHERE user_id = @user AND status = 'waiting' AND dismissed IS NULL AND until > @now ORDER BY seq`);
  const result = sql.prepare("UPDATE notice_recipients SET status = @status, error = @error WHERE notice_id = @id AND user_id = @user AND status <> 'success'");
  const results = sql.prepare<ResultRow>(`SELECT users.name, notice_recipients.status, error, dismissed FROM notice_recipients JOIN users ON users.id = user_id WHERE notice_id = @id
    ORDER BY notice_recipients.status = 'failed' DESC, notice_recipients.status = 'success' DESC, users.name LIMIT @limit OFFSET @offset`);
  const received = sql.prepare<Row & { dismissed: number | null }>(`SELECT ${COLUMNS}, dismissed FROM notice_recipients JOIN notices ON id = notice_id
    WHERE user_id = @user AND (@open = 0 OR dismissed IS NULL) AND until > @now ORDER BY seq DESC LIMIT @limit`);
  const dismiss = sql.prepare('UPDATE notice_recipients SET dismissed = coalesce(dismissed, @at) WHERE notice_id = @id AND user_id = @user');
  const expire = sql.prepare('UPDATE notices SET starts = min(starts, @at), until = @at WHERE id = @id AND until > @at');
  const remove = sql.prepare('DELETE FROM notices WHERE id = @id');
  const clear = sql.prepare('DELETE FROM notices WHERE sent IS NOT NULL OR until <= @now');
  const clearable = sql.prepare<{ n: number }>('SELECT count(*) AS n FROM notices WHERE sent IS NOT NULL OR until <= @now');
  const prune = sql.prepare('DELETE FROM notices WHERE until < @before');

  return {
    add({ id, message, variant, autoClose, audience, by, created, from, until }) {
      insert.run({ id, message, variant, autoClose: Number(autoClose), audience: JSON.stringify(audience), by, created: toMs(created), from: toMs(from), until: toMs(until) });
    },
    byId: (id) => map(byId.get({ id })),
    list: ({ offset, limit, since }) => {
      const from = toMsOrNull(since) ?? 0;
      return { notices: list.all({ since: from, offset, limit }).map(toNotice), total: count.get({ since: from })?.n ?? 0 };
    },
    countsOf: (id) => counts.get({ id }) ?? { waiting: 0, successful: 0, failed: 0 },
    reach(audience, limit) {
      const [where, params] = [meant(audience), meantParams(audience)];
      const now = counted(`SELECT count(*) AS n FROM (SELECT DISTINCT owner_id FROM servers WHERE kind = 'ready') CROSS JOIN users ON users.id = owner_id WHERE ${where}`).get(params)?.n ?? 0;
      const all = counted(`SELECT count(*) AS n FROM users WHERE ${where}`).get(params)?.n ?? 0;
      // By name, until there are enough of them: sorting 10,000 for a hundred takes 1.4 ms, this takes 0.1.
      const first = some(`SELECT name, EXISTS (SELECT 1 FROM servers WHERE owner_id = users.id AND kind = 'ready') AS now FROM users WHERE +${where} ORDER BY name LIMIT @limit`);
      return { now, later: all - now, users: first.all({ ...params, limit }).map((row) => ({ name: row.name as UserName, now: row.now === 1 })) };
    },
    send: (id, at) =>
      sql.transaction(() => {
        const notice = map(byId.get({ id }));
        if (notice === undefined || sent.run({ id, at: toMs(at) }) === 0) return [];
        return address(`INSERT INTO notice_recipients (notice_id, user_id, status) SELECT @id, users.id, 'waiting' FROM users WHERE ${meant(notice.audience)} RETURNING user_id`).all({ ...meantParams(notice.audience), id }).map((row) => row.user_id as UserId);
      }),
    due: (now) => due.all({ now: toMs(now) }).map(toNotice),
    nextDue: (now) => toDateOrNull(first.get({ now: toMs(now) })?.starts ?? null),
    current: (now) => current.all({ now: toMs(now) }).map(toNotice),
    waitingLabs: (id) => labs.all({ id }).map((row) => ({ user: row.user_id as UserId, server: row.id as ServerId })),
    waitedFor: (user, now) => waited.all({ user, now: toMs(now) }).map(toNotice),
    result: (id, user, { status, error }) => void result.run({ id, user, status, error }),
    resultsOf: (id, page) => results.all({ id, ...page }).map((row) => ({ user: row.name as UserName, status: row.status as Delivery, error: row.error, dismissed: toDateOrNull(row.dismissed) })),
    receivedBy: (user, { now, open, limit }) => received.all({ user, now: toMs(now), open: open ? 1 : 0, limit }).map((row) => ({ notice: toNotice(row), dismissed: toDateOrNull(row.dismissed) })),
    dismiss: (id, user, at) => dismiss.run({ id, user, at: toMs(at) }) > 0,
    expire: (id, at) => void expire.run({ id, at: toMs(at) }),
    remove: (id) => remove.run({ id }) > 0,
    clearable: (now) => clearable.get({ now: toMs(now) })?.n ?? 0,
    clear: (now) => clear.run({ now: toMs(now) }),
    prune: (before) => void prune.run({ before: toMs(before) }),
  };
}

const map = (row: Row | undefined): Notice | undefined => (row === undefined ? undefined : toNotice(row));
