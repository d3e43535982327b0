import { newId, type InstanceId } from '../domain/ids';
import { createAuditStore } from './audit';
import { chainOldEntries } from './audit-upgrade';
import { createDeclaredStore } from './declared';
import { createGroupStore } from './groups';
import { createImportStore } from './imports';
import { createMetaStore } from './meta';
import { createOauthStore } from './oauth';
import { createRoleStore } from './roles';
import { createServerStore } from './servers';
import { createServiceStore } from './services';
import { createSessionStore } from './sessions';
import { createShareCodeStore } from './share-codes';
import { createShareStore } from './shares';
import { createSql } from './sql';
import { openDatabase, type Opened, type OpenOptions } from './sqlite';
import type { Store } from './store';
import { createThrottleStore } from './throttle';
import { createVisitStore } from './visits';
import { createTokenStore } from './tokens';
import { createUserStore } from './users';

export interface StoreOptions extends OpenOptions {
  /** Wall clock for what the store itself dates; absent: the system's. */
  readonly now?: () => Date;
}

/** Key in `meta` under which a hub's own identity is kept, made when the store is opened for the first time. */
export const INSTANCE = 'instance';

/**
 * Opens the hub's memory in the file `path` (its directory is made private), or in memory with `:memory:`. Throws `HubError` with
 * instructions: `conflict` when another hub uses it, `unavailable` when it is damaged, newer, or not private.
 */
export function openStore(path: string, opts: StoreOptions = {}): Store {
  const opened = openDatabase(path, opts);
  try {
    return createStore(opened, opts.now ?? (() => new Date()));
  } catch (err) {
    opened.close();
    throw err;
  }
}

function createStore({ db, close }: Opened, now: () => Date): Store {
  const sql = createSql(db);
  chainOldEntries(sql);
  const meta = createMetaStore(sql);
  if (meta.get(INSTANCE) === undefined) meta.set(INSTANCE, newId<InstanceId>());
  return {
    users: createUserStore(sql),
    groups: createGroupStore(sql),
    roles: createRoleStore(sql),
    declared: createDeclaredStore(sql),
    sessions: createSessionStore(sql),
    tokens: createTokenStore(sql),
    oauth: createOauthStore(sql),
    services: createServiceStore(sql),
    servers: createServerStore(sql, now),
    visits: createVisitStore(sql),
    shares: createShareStore(sql),
    shareCodes: createShareCodeStore(sql),
    throttle: createThrottleStore(sql),
    audit: createAuditStore(sql),
    imports: createImportStore(sql),
    meta,
    transaction: sql.transaction,
    close,
  };
}
