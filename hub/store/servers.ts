import { HubError } from '../domain/errors';
import { newId, type ServerId, type ServerName, type UserId } from '../domain/ids';
import { MAY_BECOME, type ServerRecord, type ServerState } from '../domain/server';
import { isDuplicate, toDate, toDateOrNull, toMs, toMsOrNull, type Sql } from './sql';
import type { ServerStore } from './server-contract';

export interface Row {
  readonly id: string;
  readonly owner_id: string;
  readonly name: string;
  readonly version: number;
  readonly state: string;
  readonly profile: string | null;
  readonly secret: string | null;
  readonly user_options: string | null;
  readonly display_name: string;
  readonly created: number;
  readonly last_activity: number | null;
}

const COLUMNS = 'id, owner_id, name, version, state, profile, secret, user_options, display_name, created, last_activity';
const NEVER_STARTED: ServerState = { kind: 'stopped', since: null, reason: null };

/** Dates become text on the way in and dates again on the way out; everything else in a state is plain JSON. */
function toState(json: string): ServerState {
  const state = JSON.parse(json) as { readonly since: string | null };
  return { ...state, since: state.since === null ? null : new Date(state.since) } as ServerState;
}

export const toRecord = (row: Row): ServerRecord => ({
  id: row.id as ServerId,
  owner: row.owner_id as UserId,
  name: row.name as ServerName,
  version: row.version,
  state: toState(row.state),
  profile: row.profile,
  secret: row.secret,
  displayName: row.display_name,
  userOptions: row.user_options === null ? null : (JSON.parse(row.user_options) as Record<string, unknown>),
  created: toDate(row.created),
  lastActivity: toDateOrNull(row.last_activity),
});
const map = (row: Row | undefined): ServerRecord | undefined => (row === undefined ? undefined : toRecord(row));
const options = (value: ServerRecord['userOptions']): string | null => (value === null ? null : JSON.stringify(value));

export function createServerStore(sql: Sql, now: () => Date): Omit<ServerStore, 'page' | 'kinds'> {
  const byId = sql.prepare<Row>(`SELECT ${COLUMNS} FROM servers WHERE id = @id`);
  const byIds = sql.prepare<Row>(`SELECT ${COLUMNS.replace('id,', 'servers.id,')} FROM json_each(@ids) AS asked CROSS JOIN servers ON servers.id = asked.value ORDER BY asked.key`);
  const find = sql.prepare<Row>(`SELECT ${COLUMNS} FROM servers WHERE owner_id = @owner AND name = @name`);
  const listOf = sql.prepare<Row>(`SELECT ${COLUMNS} FROM servers WHERE owner_id = @owner ORDER BY name`);
  const listed = sql.prepare<Row>(`SELECT ${COLUMNS} FROM servers ORDER BY seq`);
  const active = sql.prepare<Row>(`SELECT ${COLUMNS} FROM servers WHERE kind IN ('queued', 'starting', 'ready', 'stopping') ORDER BY seq`);
  const ready = sql.prepare<{ id: string }>("SELECT id FROM servers WHERE kind = 'ready'");
  const queued = sql.prepare<Row>(`SELECT ${COLUMNS} FROM servers LEFT JOIN waiting ON server_id = id WHERE kind = 'queued' ORDER BY jumped IS NULL, jumped, coalesce(tag, 0), since, seq`);
  const countActive = sql.prepare<{ n: number }>("SELECT count(*) AS n FROM servers WHERE kind IN ('starting', 'ready', 'stopping')");
  const insert = sql.prepare(`INSERT INTO servers (id, owner_id, name, version, kind, since, state, created)
    VALUES (@id, @owner, @name, 0, 'stopped', NULL, @state, @created) ON CONFLICT (owner_id, name) DO NOTHING`);
  const transition = sql.prepare<Row>(`UPDATE servers SET version = version + 1, kind = @kind, since = @since, state = @state,
    profile = @profile, secret = @secret, user_options = @userOptions,
    lab_token_hash = CASE WHEN @kind IN ('starting', 'ready') THEN lab_token_hash END WHERE id = @id AND version = @version RETURNING ${COLUMNS}`);
  const update = sql.prepare<Row>(`UPDATE servers SET name = @name, display_name = @displayName, profile = @profile, user_options = @userOptions WHERE id = @id RETURNING ${COLUMNS}`);
  const byLabToken = sql.prepare<Row>(`SELECT ${COLUMNS} FROM servers WHERE lab_token_hash = @hash`);
  const setLabToken = sql.prepare('UPDATE servers SET lab_token_hash = @hash WHERE id = @id AND version = @version');
  const touch = sql.prepare<{ owner_id: string }>('UPDATE servers SET last_activity = max(coalesce(last_activity, @at), @at) WHERE id = @id RETURNING owner_id');
  const touchOwner = sql.prepare('UPDATE users SET last_activity = max(coalesce(last_activity, @at), @at) WHERE id = @owner');
  const remove = sql.prepare('DELETE FROM servers WHERE id = @id');

  return {
    byId: (id) => map(byId.get({ id })),
    byIds: (ids) => byIds.all({ ids: JSON.stringify(ids) }).map(toRecord),
    find: (owner, name) => map(find.get({ owner, name })),
    listOf: (owner) => listOf.all({ owner }).map(toRecord),
    list: () => listed.all().map(toRecord),
    active: () => active.all().map(toRecord),
    readyIds: () => ready.all().map(({ id }) => id as ServerId),
    ensure: (owner, name) =>
      sql.transaction(() => {
        insert.run({ id: newId<ServerId>(), owner, name, state: JSON.stringify(NEVER_STARTED), created: toMs(now()) });
        const row = find.get({ owner, name });
        if (row === undefined) throw new Error('a server that was just made is not there');
        return toRecord(row);
      }),
    transition(from, to, change = {}) {
      if (!MAY_BECOME[from.state.kind].includes(to.kind)) throw new Error(`a ${from.state.kind} server cannot become ${to.kind}`);
      const next = { ...from, ...change };
      return map(transition.get({
        id: from.id, version: from.version, kind: to.kind, since: toMsOrNull(to.since), state: JSON.stringify(to),
        profile: next.profile, secret: next.secret, userOptions: options(next.userOptions),
      }));
    },
    update: (id, change) =>
      sql.transaction(() => {
        const before = map(byId.get({ id }));
        if (before === undefined) throw new HubError('not-found', 'There is no such server.');
        const { name, displayName, profile, userOptions } = { ...before, ...change };
        try {
          return map(update.get({ id, name, displayName, profile, userOptions: options(userOptions) })) ?? before;
        } catch (err) {
          if (isDuplicate(err)) throw new HubError('conflict', 'This name is taken.', { cause: err });
          throw err;
        }
      }),
    countActive: () => countActive.get()?.n ?? 0,
    queued: () => queued.all().map(toRecord),
    byLabTokenHash: (hash) => map(byLabToken.get({ hash })),
    setLabTokenHash: (of, hash) => setLabToken.run({ id: of.id, version: of.version, hash }) > 0,
    touch: (seen) =>
      sql.transaction(() => {
        for (const [id, date] of seen) {
          const at = toMs(date);
          const row = touch.get({ id, at });
          if (row !== undefined) touchOwner.run({ owner: row.owner_id, at });
        }
      }),
    remove: (id) => remove.run({ id }) > 0,
  };
}
