import { NO_DETAILS, type AccountDetails, type LogKind } from '../domain/account';
import type { AuditRow } from '../domain/audit';
import type { UserId } from '../domain/ids';
import { AUDIT_COLUMNS, toRow } from './audit';
import type { AuditRecord } from './audit-chain';
import type { Sql } from './sql';

/** What belongs to an account beside the account itself, and goes with it. */
export interface AccountStore {
  /** Of somebody who never said anything: the defaults. */
  details(user: UserId): AccountDetails;
  setDetails(user: UserId, details: AccountDetails): void;
  /** Newest first, below the id `before`: what this user did, and what was done to what is theirs. */
  log(ask: { readonly user: UserId; readonly kind?: LogKind | undefined; readonly before?: number | undefined; readonly limit: number }): readonly { readonly kind: LogKind; readonly row: AuditRow }[];
}

interface DetailsRow {
  readonly real_name: string;
  readonly email: string;
  readonly language: AccountDetails['language'];
  readonly theme: AccountDetails['theme'];
}

export function createAccountStore(sql: Sql): AccountStore {
  const one = sql.prepare<DetailsRow>('SELECT real_name, email, language, theme FROM account_details WHERE user_id = @user');
  const put = sql.prepare(`INSERT INTO account_details (user_id, real_name, email, language, theme) VALUES (@user, @realName, @email, @language, @theme)
    ON CONFLICT (user_id) DO UPDATE SET real_name = excluded.real_name, email = excluded.email, language = excluded.language, theme = excluded.theme`);
  // Two statements, so that each walks an index backwards and stops when it has enough.
  const entries = (where: string) => sql.prepare<AuditRecord & { readonly kind: LogKind }>(`SELECT kind, ${AUDIT_COLUMNS} FROM account_log JOIN audit ON audit.id = entry
    WHERE user_id = @user ${where} AND entry < @before ORDER BY entry DESC LIMIT @limit`);
  const all = entries('');
  const ofKind = entries('AND kind = @kind');

  return {
    details: (user) => {
      const row = one.get({ user });
      return row === undefined ? NO_DETAILS : { realName: row.real_name, email: row.email, language: row.language, theme: row.theme };
    },
    setDetails: (user, details) => void put.run({ user, ...details }),
    log({ user, kind, before, limit }) {
      const ask = { user, before: before ?? Number.MAX_SAFE_INTEGER, limit };
      const rows = kind === undefined ? all.all(ask) : ofKind.all({ ...ask, kind });
      return rows.map(({ kind: found, ...row }) => ({ kind: found, row: toRow(row) }));
    },
  };
}
