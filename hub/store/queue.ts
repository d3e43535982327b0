import type { ServerId, UserId } from '../domain/ids';
import type { Sql } from './sql';
import type { QueueStore } from './store';

interface WaitingRow {
  readonly id: string;
  readonly owner_id: string;
  readonly profile: string | null;
  readonly user_options: string | null;
  readonly tag: number;
  readonly jumped: number | null;
}
interface HoldRow {
  readonly id: string;
  readonly owner_id: string;
  readonly profile: string | null;
  readonly known: string | null;
  readonly memory: number | null;
  readonly cpus: number | null;
}

export function createQueueStore(sql: Sql): QueueStore {
  const enter = sql.prepare('INSERT INTO waiting (server_id, tag) VALUES (@id, @tag) ON CONFLICT (server_id) DO UPDATE SET tag = excluded.tag, jumped = NULL');
  const jump = sql.prepare('UPDATE waiting SET jumped = (SELECT coalesce(max(jumped), 0) + 1 FROM waiting) WHERE server_id = @id AND jumped IS NULL');
  const waiting = sql.prepare<WaitingRow>(`SELECT servers.id, owner_id, profile, user_options, coalesce(tag, 0) AS tag, jumped FROM servers LEFT JOIN waiting ON server_id = servers.id
    WHERE kind = 'queued' ORDER BY jumped IS NULL, jumped, coalesce(tag, 0), since, seq`);
  const hold = sql.prepare('INSERT INTO holds (server_id, memory, cpus) VALUES (@id, @memory, @cpus) ON CONFLICT (server_id) DO UPDATE SET memory = excluded.memory, cpus = excluded.cpus');
  const holds = sql.prepare<HoldRow>(`SELECT id, owner_id, profile, server_id AS known, memory, cpus FROM servers LEFT JOIN holds ON server_id = id
    WHERE kind IN ('starting', 'ready', 'stopping')`);
  const spans = sql.prepare<{ ms: number }>('SELECT ms FROM spans');

  return {
    enter: (server, tag) => void enter.run({ id: server, tag }),
    jump: (server) => jump.run({ id: server }) > 0,
    waiting: () => waiting.all().map((row) => ({ server: row.id as ServerId, owner: row.owner_id as UserId, profile: row.profile, options: row.user_options === null ? null : (JSON.parse(row.user_options) as Record<string, unknown>), tag: row.tag, jumped: row.jumped !== null })),
    hold: (server, { memory, cpus }) => void hold.run({ id: server, memory, cpus }),
    held: () => holds.all().map((row) => ({ server: row.id as ServerId, owner: row.owner_id as UserId, profile: row.profile, need: row.known === null ? null : { memory: row.memory, cpus: row.cpus } })),
    spans: () => spans.all().map(({ ms }) => ms),
  };
}
