import type { ServerName } from '../domain/ids';
import { toDate, toMs, type Sql } from './sql';
import type { VisitStore } from './store';

const KEPT = 20;

export function createVisitStore(sql: Sql): VisitStore {
  const insert = sql.prepare('INSERT INTO visits (server_id, visitor, at) VALUES (@server, @visitor, @at)');
  const cut = sql.prepare('DELETE FROM visits WHERE server_id = @server AND rowid NOT IN (SELECT rowid FROM visits WHERE server_id = @server ORDER BY rowid DESC LIMIT @kept)');
  const listed = sql.prepare<{ name: string; visitor: string; at: number }>(`SELECT servers.name, visitor, at FROM visits JOIN servers ON servers.id = server_id
    WHERE owner_id = @owner ORDER BY visits.rowid DESC LIMIT @kept`);

  return {
    add: (server, visitor, at) =>
      sql.transaction(() => {
        insert.run({ server, visitor, at: toMs(at) });
        cut.run({ server, kept: KEPT });
      }),
    toServersOf: (owner) => listed.all({ owner, kept: KEPT }).map((row) => ({ server: row.name as ServerName, visitor: row.visitor, at: toDate(row.at) })),
  };
}
