import { HubError } from '../domain/errors';
import type { UserId, VolumeId } from '../domain/ids';
import type { Volume, VolumePurpose } from '../domain/volume';
import { isDuplicate, toDate, toDateOrNull, toMs, toMsOrNull, type Sql } from './sql';
import type { VolumeStore } from './store';

interface Row {
  readonly id: string;
  readonly owner_id: string;
  readonly purpose: string;
  readonly generation: number;
  readonly name: string | null;
  readonly state: string;
  readonly created: number;
  readonly last_used: number | null;
  readonly bytes: number | null;
  readonly measured: number | null;
  readonly binned: number | null;
  readonly ends: number | null;
}

const COLUMNS = 'id, owner_id, purpose, generation, name, state, created, last_used, bytes, measured, binned, ends';

const toVolume = (row: Row): Volume => ({
  id: row.id as VolumeId,
  owner: row.owner_id as UserId,
  purpose: row.purpose as VolumePurpose,
  generation: row.generation,
  name: row.name,
  state: row.state as Volume['state'],
  created: toDate(row.created),
  lastUsed: toDateOrNull(row.last_used),
  bytes: row.bytes,
  measured: toDateOrNull(row.measured),
  binned: toDateOrNull(row.binned),
  ends: toDateOrNull(row.ends),
});
const map = (row: Row | undefined): Volume | undefined => (row === undefined ? undefined : toVolume(row));

export function createVolumeStore(sql: Sql): VolumeStore {
  const byId = sql.prepare<Row>(`SELECT ${COLUMNS} FROM volumes WHERE id = @id`);
  const byName = sql.prepare<Row>(`SELECT ${COLUMNS} FROM volumes WHERE name = @name`);
  const listOf = sql.prepare<Row>(`SELECT ${COLUMNS} FROM volumes WHERE owner_id = @owner ORDER BY purpose, state = 'active' DESC, generation DESC, created DESC`);
  const left = sql.prepare<Row & { former: string }>(`SELECT ${COLUMNS}, former FROM volumes WHERE former IS NOT NULL ORDER BY former, owner_id, purpose, generation DESC LIMIT @limit`);
  const insert = sql.prepare(`INSERT INTO volumes (${COLUMNS}, former)
    VALUES (@id, @owner, @purpose, @generation, @name, @state, @created, @lastUsed, @bytes, @measured, @binned, @ends, CASE WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = @owner) THEN '' END)`);
  const update = sql.prepare<Row>(`UPDATE volumes SET owner_id = @owner, former = CASE WHEN owner_id = @owner THEN former END, generation = @generation, state = @state, last_used = @lastUsed, binned = @binned, ends = @ends
    WHERE id = @id RETURNING ${COLUMNS}`);
  const forget = sql.prepare('DELETE FROM volumes WHERE id = @id');
  const removing = sql.prepare<Row>(`SELECT ${COLUMNS} FROM volumes WHERE state = 'removing' LIMIT @limit`);
  const ended = sql.prepare<Row>(`SELECT ${COLUMNS} FROM volumes WHERE state = 'bin' AND ends <= @now ORDER BY ends LIMIT @limit`);
  const measureId = sql.prepare('UPDATE volumes SET bytes = @bytes, measured = @at WHERE id = @id');
  const measureName = sql.prepare('UPDATE volumes SET bytes = @bytes, measured = @at WHERE name = @name');
  const sums = sql.prepare<{ owner_id: string; total: number | null }>(`SELECT owner_id, sum(bytes) AS total FROM volumes WHERE owner_id > @after GROUP BY owner_id ORDER BY owner_id LIMIT @limit`);

  const values = ({ id, owner, purpose, generation, name, state, bytes, ...dates }: Volume) => ({
    id, owner, purpose, generation, name, state, bytes, created: toMs(dates.created), lastUsed: toMsOrNull(dates.lastUsed), measured: toMsOrNull(dates.measured), binned: toMsOrNull(dates.binned), ends: toMsOrNull(dates.ends),
  });

  return {
    byId: (id) => map(byId.get({ id })),
    byName: (name) => map(byName.get({ name })),
    listOf: (owner) => listOf.all({ owner }).map(toVolume),
    left: (limit) => left.all({ limit }).map((row) => ({ ...toVolume(row), former: row.former })),
    add(volume) {
      try {
        insert.run(values(volume));
      } catch (err) {
        if (isDuplicate(err)) throw new HubError('conflict', `This account has a ${volume.purpose} volume already.`, { cause: err });
        throw err;
      }
    },
    update: (id, change) =>
      sql.transaction(() => {
        const before = map(byId.get({ id }));
        if (before === undefined) throw new HubError('not-found', 'There is no such volume.');
        const { owner, generation, state, lastUsed, binned, ends } = { ...before, ...change };
        const after = map(update.get({ id, owner, generation, state, lastUsed: toMsOrNull(lastUsed), binned: toMsOrNull(binned), ends: toMsOrNull(ends) }));
        return after ?? before;
      }),
    forget: (id) => forget.run({ id }) > 0,
    due: (now, limit) => [...removing.all({ limit }), ...ended.all({ now: toMs(now), limit })].slice(0, limit).map(toVolume),
    measured: (sizes, at) =>
      sql.transaction(() => {
        for (const { id, name, bytes } of sizes) {
          if (id !== null) measureId.run({ id, bytes, at: toMs(at) });
          else measureName.run({ name, bytes, at: toMs(at) });
        }
      }),
    totals: (after, limit) => sums.all({ after: after ?? '', limit }).map((row) => ({ owner: row.owner_id as UserId, bytes: row.total ?? 0 })),
  };
}
