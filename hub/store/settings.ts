import { toDate, toMs, type Sql } from './sql';
import type { DismissalStore, SettingStore } from './store';

export function createSettingStore(sql: Sql): SettingStore {
  const list = sql.prepare<{ path: string; value: string; changer: string; at: number }>('SELECT path, value, changer, at FROM settings ORDER BY path');
  const put = sql.prepare('INSERT INTO settings (path, value, changer, at) VALUES (@path, @value, @by, @at) ON CONFLICT (path) DO UPDATE SET value = excluded.value, changer = excluded.changer, at = excluded.at');
  const remove = sql.prepare('DELETE FROM settings WHERE path = @path');

  return {
    list: () => list.all().map(({ path, value, changer, at }) => ({ path, value: JSON.parse(value) as unknown, by: changer, at: toDate(at) })),
    put: (path, { value, by, at }) => void put.run({ path, value: JSON.stringify(value), by, at: toMs(at) }),
    remove: (path) => void remove.run({ path }),
  };
}

export function createDismissalStore(sql: Sql): DismissalStore {
  const list = sql.prepare<{ code: string; detail: string; dismisser: string; at: number }>('SELECT code, detail, dismisser, at FROM dismissals ORDER BY code');
  const put = sql.prepare('INSERT INTO dismissals (code, detail, dismisser, at) VALUES (@code, @detail, @by, @at) ON CONFLICT (code) DO UPDATE SET detail = excluded.detail, dismisser = excluded.dismisser, at = excluded.at');
  const remove = sql.prepare('DELETE FROM dismissals WHERE code = @code');

  return {
    list: () => list.all().map(({ code, detail, dismisser, at }) => ({ code, detail, by: dismisser, at: toDate(at) })),
    put: ({ code, detail, by, at }) => void put.run({ code, detail, by, at: toMs(at) }),
    remove: (code) => void remove.run({ code }),
  };
}
