import type { Sql } from './sql';
import type { DeclaredFact, DeclaredStore } from './store';

export function createDeclaredStore(sql: Sql): DeclaredStore {
  const listed = sql.prepare<DeclaredFact>('SELECT kind, what, holder FROM declared ORDER BY kind, what, holder');
  const add = sql.prepare('INSERT INTO declared (kind, what, holder) VALUES (@kind, @what, @holder) ON CONFLICT DO NOTHING');
  const remove = sql.prepare('DELETE FROM declared WHERE kind = @kind AND what = @what AND holder = @holder');
  return {
    list: () => listed.all(),
    add: ({ kind, what, holder }) => void add.run({ kind, what, holder }),
    remove: ({ kind, what, holder }) => void remove.run({ kind, what, holder }),
  };
}
