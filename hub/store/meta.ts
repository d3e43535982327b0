import type { Sql } from './sql';
import type { MetaStore } from './store';

export function createMetaStore(sql: Sql): MetaStore {
  const get = sql.prepare<{ value: string }>('SELECT value FROM meta WHERE key = @key');
  const set = sql.prepare('INSERT INTO meta (key, value) VALUES (@key, @value) ON CONFLICT (key) DO UPDATE SET value = excluded.value');
  const remove = sql.prepare('DELETE FROM meta WHERE key = @key');

  return {
    get: (key) => get.get({ key })?.value,
    set: (key, value) => void set.run({ key, value }),
    remove: (key) => void remove.run({ key }),
  };
}
