import type { ServerId } from '../domain/ids';
import type { KernelKill, PostMortem } from '../domain/post-mortem';
import { toDate, toMs, type Sql } from './sql';
import type { PostMortemStore } from './store';

interface Row {
  readonly at: number;
  readonly report: string;
}

export function createPostMortemStore(sql: Sql): PostMortemStore {
  // A server that was forgotten meanwhile has nobody left to be told.
  const keep = sql.prepare(`INSERT INTO post_mortems (server_id, kind, at, report) SELECT id, @kind, @at, @report FROM servers WHERE id = @id
    ON CONFLICT (server_id, kind) DO UPDATE SET at = excluded.at, report = excluded.report`);
  const find = sql.prepare<Row>('SELECT at, report FROM post_mortems WHERE server_id = @id AND kind = @kind');

  const read = <T>(id: ServerId, kind: string): T | undefined => {
    const row = find.get({ id, kind });
    return row === undefined ? undefined : ({ ...(JSON.parse(row.report) as object), at: toDate(row.at) } as T);
  };
  const write = (id: ServerId, kind: string, { at, ...report }: PostMortem | KernelKill): void => void keep.run({ id, kind, at: toMs(at), report: JSON.stringify(report) });

  return {
    end: (id) => read<PostMortem>(id, 'end'),
    kernel: (id) => read<KernelKill>(id, 'kernel'),
    keepEnd: (id, report) => write(id, 'end', report),
    keepKernel: (id, kill) => write(id, 'kernel', kill),
  };
}
