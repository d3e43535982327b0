import type { ServerId } from '../domain/ids';
import type { KeptState, Maintenance } from '../domain/maintenance';
import { toDate, toDateOrNull, toMs, toMsOrNull, type Sql } from './sql';
import type { MaintenanceStore } from './store';

interface Row {
  readonly starts: number;
  readonly until: number | null;
  readonly message: string;
  readonly announcer: string;
  readonly announced: number;
  readonly told: number | null;
  readonly began: number | null;
  readonly ended: number | null;
}

const toMaintenance = (row: Row): Maintenance & { readonly told: number | null } => ({
  from: toDate(row.starts), until: toDateOrNull(row.until), message: row.message, by: row.announcer, announced: toDate(row.announced),
  began: toDateOrNull(row.began), ended: toDateOrNull(row.ended), told: row.told,
});

export function createMaintenanceStore(sql: Sql): MaintenanceStore {
  const get = sql.prepare<Row>('SELECT starts, until, message, announcer, announced, told, began, ended FROM maintenance WHERE id = 1');
  const clear = sql.prepare('DELETE FROM maintenance');
  const clearKept = sql.prepare('DELETE FROM maintenance_servers');
  const put = sql.prepare('INSERT INTO maintenance (id, starts, until, message, announcer, announced) VALUES (1, @starts, @until, @message, @by, @announced)');
  const told = sql.prepare('UPDATE maintenance SET told = @minutes');
  const begin = sql.prepare('UPDATE maintenance SET began = @at WHERE began IS NULL');
  const keep = sql.prepare("INSERT INTO maintenance_servers (server_id, state) SELECT id, 'running' FROM servers WHERE kind IN ('starting', 'ready')");
  const end = sql.prepare('UPDATE maintenance SET ended = @at WHERE ended IS NULL');
  const kept = sql.prepare<{ server_id: string; state: string; reason: string | null }>('SELECT server_id, state, reason FROM maintenance_servers ORDER BY server_id');
  const mark = sql.prepare('UPDATE maintenance_servers SET state = @state, reason = @reason WHERE server_id = @id');

  return {
    get: () => {
      const row = get.get({});
      return row === undefined ? undefined : toMaintenance(row);
    },
    announce: ({ from, until, message, by, announced }) =>
      sql.transaction(() => {
        clear.run({});
        clearKept.run({});
        put.run({ starts: toMs(from), until: toMsOrNull(until), message, by, announced: toMs(announced) });
      }),
    told: (minutes) => void told.run({ minutes }),
    begin: (at) =>
      sql.transaction(() => {
        if (begin.run({ at: toMs(at) }) > 0) keep.run({});
      }),
    end: (at) => void end.run({ at: toMs(at) }),
    clear: () =>
      sql.transaction(() => {
        clear.run({});
        clearKept.run({});
      }),
    kept: () => kept.all().map(({ server_id: server, state, reason }) => ({ server: server as ServerId, state: state as KeptState, reason })),
    mark: (server, state, reason) => void mark.run({ id: server, state, reason: reason ?? null }),
  };
}
