import { toDate, toMs, type Sql } from './sql';
import type { ThrottleStore } from './store';

export function createThrottleStore(sql: Sql): ThrottleStore {
  const insert = sql.prepare('INSERT INTO throttle (key, at) VALUES (@key, @at)');
  const inside = sql.prepare<{ n: number; oldest: number | null }>('SELECT count(*) AS n, min(at) AS oldest FROM throttle WHERE key = @key AND at > @from AND at <= @until');
  const clear = sql.prepare('DELETE FROM throttle WHERE key = @key');
  const prune = sql.prepare('DELETE FROM throttle WHERE at < @before');

  const look = (key: string, now: Date, windowMs: number) => inside.get({ key, from: toMs(now) - windowMs, until: toMs(now) });

  return {
    hit: (key, now, windowMs) =>
      sql.transaction(() => {
        insert.run({ key, at: toMs(now) });
        return look(key, now, windowMs)?.n ?? 0;
      }),
    count: (key, now, windowMs) => look(key, now, windowMs)?.n ?? 0,
    oldest(key, now, windowMs) {
      const at = look(key, now, windowMs)?.oldest ?? null;
      return at === null ? undefined : toDate(at);
    },
    clear: (key) => void clear.run({ key }),
    prune: (before) => void prune.run({ before: toMs(before) }),
  };
}
