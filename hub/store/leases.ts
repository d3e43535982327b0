import type { ServerId } from '../domain/ids';
import type { Lease } from '../domain/lease';
import { grouped } from './grouped';
import { toDate, toMs, type Sql } from './sql';
import type { LeaseStore } from './store';

interface Row {
  readonly id: string;
  readonly server_id: string;
  readonly life: number;
  readonly created: number;
  readonly until: number;
  readonly who: string;
  readonly why: string;
}

const toLease = (row: Row): Lease => ({ id: row.id, server: row.server_id as ServerId, life: toDate(row.life), created: toDate(row.created), until: toDate(row.until), who: row.who, why: row.why });

export function createLeaseStore(sql: Sql): LeaseStore {
  const insert = sql.prepare('INSERT INTO leases (id, server_id, life, created, until, who, why) VALUES (@id, @server, @life, @created, @until, @who, @why)');
  const ofServers = sql.prepare<Row>('SELECT leases.id, server_id, life, created, until, who, why FROM json_each(@servers) AS asked CROSS JOIN leases ON server_id = asked.value ORDER BY until DESC, leases.id');
  const remove = sql.prepare('DELETE FROM leases WHERE id = @id');
  const prune = sql.prepare('DELETE FROM leases WHERE until < @before');
  return {
    add: ({ id, server, life, created, until, who, why }) => void insert.run({ id, server, life: toMs(life), created: toMs(created), until: toMs(until), who, why }),
    ofServers(servers) {
      const found = grouped(ofServers.all({ servers: JSON.stringify(servers) }), (row) => row.server_id as ServerId, toLease);
      return (server) => found.get(server) ?? [];
    },
    remove: (id) => remove.run({ id }) > 0,
    prune: (before) => void prune.run({ before: toMs(before) }),
  };
}
