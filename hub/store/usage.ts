import type { ServerId, UserId, UserName } from '../domain/ids';
import { HOUR_STEP, MINUTE_STEP, monthOf, type HostStep, type UsageHour, type UsageMinute } from '../domain/usage';
import type { Sql } from './sql';
import type { UsageStore } from './usage-store';

interface HostRow extends Omit<HostStep, 'starts' | 'cpuPeak' | 'memoryPeak' | 'engineDisk' | 'loopMs'> {
  readonly cpu_peak: number | null;
  readonly memory_peak: number | null;
  readonly engine_disk: number | null;
  readonly loop_ms: number | null;
  readonly starts: string;
}
type HourRow = Omit<UsageHour, 'hour' | 'key'> & { readonly at: number };
type Uncounted = Pick<UsageHour, 'hour' | 'key' | 'seconds' | 'cpuSeconds' | 'memorySeconds'>;
interface MonthRow {
  readonly id: string;
  readonly name: string;
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly memory_seconds: number;
}

/** Every step of a range and what is known of it: steps are few, and looking each up beats reading what others used meanwhile. */
const STEPS = 'WITH RECURSIVE steps (at) AS (SELECT @from UNION ALL SELECT at + 1 FROM steps WHERE at < @until)';

export function createUsageStore(sql: Sql): UsageStore {
  const addKey = sql.prepare<{ key: number }>(`INSERT INTO usage_keys (server_id, owner_id, profile, last) VALUES (@server, @owner, @profile, @hour)
    ON CONFLICT DO UPDATE SET last = max(last, excluded.last) RETURNING key`);
  const keysOfServer = sql.prepare<{ key: number }>('SELECT key FROM usage_keys WHERE server_id = @server');
  const keysOfOwner = sql.prepare<{ key: number; profile: string }>('SELECT key, profile FROM usage_keys WHERE owner_id = @owner ORDER BY profile, key');
  // One call for all servers: a thousand of them are most of what a minute costs.
  const addMinutes = sql.prepare(`INSERT INTO usage_minutes (minute, key, cpu, cpu_peak, memory, memory_peak)
    SELECT @minute, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(@rows) WHERE true ON CONFLICT DO NOTHING`);
  const addHour = sql.prepare(`INSERT INTO usage_hours (hour, key, seconds, cpu_seconds, memory_seconds, cpu_peak, memory_peak, cpu_limit, memory_limit)
    VALUES (@hour, @key, @seconds, @cpuSeconds, @memorySeconds, @cpuPeak, @memoryPeak, @cpuLimit, @memoryLimit)
    ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds, cpu_seconds = cpu_seconds + excluded.cpu_seconds, memory_seconds = memory_seconds + excluded.memory_seconds,
    cpu_peak = max(cpu_peak, excluded.cpu_peak), memory_peak = max(memory_peak, excluded.memory_peak), cpu_limit = excluded.cpu_limit, memory_limit = excluded.memory_limit`);
  // A user who was deleted meanwhile has no month any more.
  const addMonth = sql.prepare(`INSERT INTO usage_months (month, owner_id, seconds, cpu_seconds, memory_seconds)
    SELECT @month, owner_id, @seconds, @cpuSeconds, @memorySeconds FROM usage_keys WHERE key = @key
    ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds, cpu_seconds = cpu_seconds + excluded.cpu_seconds, memory_seconds = memory_seconds + excluded.memory_seconds`);
  const uncounted = sql.prepare<Uncounted>('SELECT hour, key, seconds, cpu_seconds AS cpuSeconds, memory_seconds AS memorySeconds FROM usage_hours WHERE counted = 0 AND hour < @hour ORDER BY hour LIMIT @limit');
  const counted = sql.prepare('UPDATE usage_hours SET counted = 1 WHERE hour = @hour AND key = @key');
  const minutes = sql.prepare<UsageMinute & { at: number }>(`${STEPS} SELECT at, key, cpu, cpu_peak AS cpuPeak, memory, memory_peak AS memoryPeak FROM steps CROSS JOIN usage_minutes ON minute = at AND key = @key`);
  const minutesOfAll = sql.prepare<UsageMinute & { server: string }>(`SELECT m.key, server_id AS server, cpu, cpu_peak AS cpuPeak, memory, memory_peak AS memoryPeak FROM usage_minutes m JOIN usage_keys k ON k.key = m.key WHERE minute = @minute`);
  const hours = sql.prepare<HourRow>(`${STEPS} SELECT at, seconds, cpu_seconds AS cpuSeconds, memory_seconds AS memorySeconds, cpu_peak AS cpuPeak, memory_peak AS memoryPeak, cpu_limit AS cpuLimit, memory_limit AS memoryLimit
    FROM steps CROSS JOIN usage_hours ON hour = at AND key = @key`);
  const addHost = sql.prepare(`INSERT OR REPLACE INTO usage_host (step, at, cpu, cpu_peak, memory, memory_peak, disk, engine_disk, running, queued, loop_ms, failed, started, starts)
    VALUES (@step, @at, @cpu, @cpuPeak, @memory, @memoryPeak, @disk, @engineDisk, @running, @queued, @loopMs, @failed, @started, @starts)`);
  const host = sql.prepare<HostRow>('SELECT * FROM usage_host WHERE step = @step AND at >= @from AND at < @until ORDER BY at');
  const months = sql.prepare<{ month: number }>(`WITH RECURSIVE known (month) AS (SELECT max(month) FROM usage_months
    UNION ALL SELECT (SELECT max(month) FROM usage_months WHERE usage_months.month < known.month) FROM known WHERE known.month IS NOT NULL) SELECT month FROM known WHERE month IS NOT NULL`);
  const ofMonth = sql.prepare<MonthRow>(`SELECT users.id, users.name, seconds, cpu_seconds, memory_seconds FROM (SELECT * FROM usage_months WHERE month = @month ORDER BY month DESC, seconds DESC, owner_id DESC LIMIT @limit OFFSET @offset) AS page
    JOIN users ON users.id = owner_id ORDER BY seconds DESC, owner_id DESC`);
  const sumOfMonth = sql.prepare<{ n: number; seconds: number | null; cpu: number | null; memory: number | null }>('SELECT count(*) AS n, sum(seconds) AS seconds, sum(cpu_seconds) AS cpu, sum(memory_seconds) AS memory FROM usage_months WHERE month = @month');
  const kinds = sql.prepare<{ kind: string; n: number }>("SELECT kind, count(*) AS n FROM servers WHERE kind IN ('queued', 'starting', 'ready', 'stopping', 'failed') GROUP BY kind");
  const running = sql.prepare<{ id: string; owner: string; profile: string | null }>("SELECT id, owner_id AS owner, profile FROM servers WHERE kind = 'ready'");
  const pruneMinutes = sql.prepare('DELETE FROM usage_minutes WHERE minute < @before AND minute < (SELECT min(minute) FROM usage_minutes) + 3');
  const pruneHours = sql.prepare('DELETE FROM usage_hours WHERE hour < @before AND hour <= (SELECT min(hour) FROM usage_hours)');
  const pruneHost = sql.prepare('DELETE FROM usage_host WHERE step = @step AND at < @before');
  const pruneMonths = sql.prepare('DELETE FROM usage_months WHERE month < @before');
  const pruneKeys = sql.prepare('DELETE FROM usage_keys WHERE last < @before');

  return {
    key: ({ id, owner, profile }, hour) => (addKey.get({ server: id, owner, profile: profile ?? '', hour }) as { key: number }).key,
    write: ({ minute, minutes: rows, hours: parts, host: steps }) => sql.transaction(() => {
      if (rows.length > 0) addMinutes.run({ minute, rows: JSON.stringify(rows.map(({ key, cpu, cpuPeak, memory, memoryPeak }) => [key, cpu, cpuPeak, memory, memoryPeak])) });
      for (const part of parts) writeHour(part);
      for (const { step, starts, ...rest } of steps) addHost.run({ step, ...rest, starts: JSON.stringify(starts) });
    }),
    countHours: (hour, limit) => sql.transaction(() => {
      for (const row of uncounted.all({ hour, limit })) {
        addMonth.run({ ...row, month: monthOf(new Date(row.hour * HOUR_STEP * 1000)) });
        counted.run({ hour: row.hour, key: row.key });
      }
    }),
    prune({ minute, hour, month }) {
      pruneMinutes.run({ before: minute });
      pruneHours.run({ before: hour });
      pruneKeys.run({ before: hour });
      pruneHost.run({ step: MINUTE_STEP, before: minute * MINUTE_STEP });
      pruneHost.run({ step: HOUR_STEP, before: hour * HOUR_STEP });
      pruneMonths.run({ before: month });
    },
    minutes: (server, range) => keysOfServer.all({ server }).flatMap(({ key }) => minutes.all({ key, ...range })),
    minutesOfAll: (minute) => minutesOfAll.all({ minute }).map((row) => ({ ...row, server: row.server as ServerId })),
    hours: (server, range) => keysOfServer.all({ server }).flatMap(({ key }) => hours.all({ key, ...range })),
    hoursOfOwner: (owner, range) => keysOfOwner.all({ owner }).flatMap(({ key, profile }) => hours.all({ key, ...range }).map((row) => ({ ...row, profile: profile === '' ? null : profile }))),
    host: (step, { from, until }) => host.all({ step, from, until }).map(hostStep),
    months: () => months.all().map(({ month }) => month),
    month: (month, { offset, limit }) => ofMonth.all({ month, offset, limit }).map((row) => ({ id: row.id as UserId, user: row.name as UserName, seconds: row.seconds, cpuSeconds: row.cpu_seconds, memorySeconds: row.memory_seconds })),
    sumOfMonth(month) {
      const sum = sumOfMonth.get({ month });
      return { users: sum?.n ?? 0, seconds: sum?.seconds ?? 0, cpuSeconds: sum?.cpu ?? 0, memorySeconds: sum?.memory ?? 0 };
    },
    kinds: () => Object.fromEntries(kinds.all().map(({ kind, n }) => [kind, n])),
    running: () => running.all().map((row) => ({ id: row.id as ServerId, owner: row.owner as UserId, profile: row.profile })),
  };

  function writeHour({ hour, key, seconds, cpuSeconds, memorySeconds, cpuPeak, memoryPeak, cpuLimit, memoryLimit }: UsageHour): void {
    addHour.run({ hour, key, seconds, cpuSeconds, memorySeconds, cpuPeak, memoryPeak, cpuLimit, memoryLimit });
  }
}

const hostStep = ({ at, cpu, cpu_peak: cpuPeak, memory, memory_peak: memoryPeak, disk, engine_disk: engineDisk, running, queued, loop_ms: loopMs, failed, started, starts }: HostRow): HostStep =>
  ({ at, cpu, cpuPeak, memory, memoryPeak, disk, engineDisk, running, queued, loopMs, failed, started, starts: JSON.parse(starts) as number[] });
