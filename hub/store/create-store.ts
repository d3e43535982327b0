import { newId, type InstanceId } from '../domain/ids';
import { createAccountStore } from './accounts';
import { createAuditStore } from './audit';
import { chainOldEntries } from './audit-upgrade';
import { folderOf } from './backup-files';
import { createBackupStore } from './backups';
import { createDeclaredStore } from './declared';
import { createGroupStore } from './groups';
import { createImportStore } from './imports';
import { createLeaseStore } from './leases';
import { createMaintenanceStore } from './maintenance';
import { createMetaStore } from './meta';
import { createNoticeStore } from './notices';
import { createOauthStore } from './oauth';
import { createQueueStore } from './queue';
import { createRoleStore } from './roles';
import { createDismissalStore, createSettingStore } from './settings';
import { createServerPages } from './server-pages';
import { createServerStore } from './servers';
import { createServiceStore } from './services';
import { createSessionStore } from './sessions';
import { createShareCodeStore } from './share-codes';
import { createShareStore } from './shares';
import { createSql } from './sql';
import { openDatabase, type Opened, type OpenOptions } from './sqlite';
import type { Store } from './store';
import { createThrottleStore } from './throttle';
import { createUsageStore } from './usage';
import { createPolicyStore } from './policies';
import { createPostMortemStore } from './post-mortems';
import { createVisitStore } from './visits';
import { createVolumeStore } from './volumes';
import { createTokenStore } from './tokens';
import { createUserStore } from './users';

export interface StoreOptions extends OpenOptions {
  /** Wall clock for what the store itself dates; absent: the system's. */
  readonly now?: () => Date;
  /** Folder of the backups; absent: `hub.backups` beside the file. */
  readonly backups?: string;
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
    return storeOn(opened, { now: opts.now ?? (() => new Date()), backups: opts.backups ?? folderOf(path) });
  } catch (err) {
    opened.close();
    throw err;
  }
}

/** The store on a database that is open already. */
export function storeOn({ db, close }: Opened, { now, backups }: Required<Pick<StoreOptions, 'now' | 'backups'>>): Store {
  const sql = createSql(db);
  chainOldEntries(sql);
  const meta = createMetaStore(sql);
  const volumes = createVolumeStore(sql);
  if (meta.get(INSTANCE) === undefined) meta.set(INSTANCE, newId<InstanceId>());
  return {
    users: createUserStore(sql),
    accounts: createAccountStore(sql),
    groups: createGroupStore(sql),
    policies: createPolicyStore(sql),
    roles: createRoleStore(sql),
    declared: createDeclaredStore(sql),
    sessions: createSessionStore(sql),
    tokens: createTokenStore(sql),
    oauth: createOauthStore(sql),
    services: createServiceStore(sql),
    servers: { ...createServerStore(sql, now), ...createServerPages(sql) },
    queue: createQueueStore(sql),
    maintenance: createMaintenanceStore(sql),
    notices: createNoticeStore(sql),
    volumes,
    visits: createVisitStore(sql),
    postMortems: createPostMortemStore(sql),
    usage: createUsageStore(sql),
    leases: createLeaseStore(sql),
    shares: createShareStore(sql),
    shareCodes: createShareCodeStore(sql),
    throttle: createThrottleStore(sql),
    audit: createAuditStore(sql),
    imports: createImportStore(sql, volumes, now),
    settings: createSettingStore(sql),
    dismissals: createDismissalStore(sql),
    meta,
    backups: createBackupStore(db, backups),
    transaction: sql.transaction,
    close,
  };
}
