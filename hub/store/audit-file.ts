import { HubError } from '../domain/errors';
import { createAuditStore } from './audit';
import { createSql, sqliteCode } from './sql';
import { openForReading } from './sqlite';
import type { AuditStore } from './store';

/** The audit log of a database file, as it was at one moment. */
export interface AuditFile extends Pick<AuditStore, 'list' | 'after' | 'ends' | 'records'> {
  close(): void;
}

/**
 * Opens the file through a connection that cannot write, whether or not a hub is using it. Throws `not-found` where there is no
 * database, `conflict` for one that no hub of this version has opened yet, and as opening a store does for a damaged or foreign one.
 */
export function openAuditFile(path: string): AuditFile {
  const db = openForReading(path);
  try {
    // One snapshot for everything that is read: a running hub goes on writing beside it.
    db.exec('BEGIN');
    const { list, after, ends, records } = createAuditStore(createSql(db));
    ends();
    return { list, after, ends, records, close: () => void db.close() };
  } catch (err) {
    db.close();
    if (sqliteCode(err) === 'SQLITE_ERROR') throw new HubError('conflict', `The audit log in ${path} was written by an older version. Start the hub once: it brings its data up to date.`, { cause: err });
    throw err;
  }
}
