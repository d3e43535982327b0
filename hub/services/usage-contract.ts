import type { Actor } from '../domain/access';
import type { ServerId, ServerName } from '../domain/ids';
import type { HostView, ServerColumn, UsageHint, UsageNow, UsageRange, UsageReport, UsageRow, UsageSeries, UsageSpark } from '../domain/usage';
import type { User } from '../domain/user';

export type { UsageNow, UsageSpark } from '../domain/usage';

/**
 * What servers and host use, now and before. Reading about a server takes `read:servers`, about the host `admin-ui`, and the report
 * `read:users:activity` on everybody, too. Throws `not-found` for what the actor may not see and `forbidden` where it may see nothing of the kind.
 */
export interface Usage {
  /** For models of servers that the reader may see anyway; null: it does not run, or was not measured yet. */
  now(server: ServerId): UsageNow | null;
  /** Everything that `now` would tell, for sorting. */
  latest(): readonly (readonly [ServerId, UsageNow])[];
  /** The last hour of a server, for models as above; null: nothing is known of it. */
  spark(server: ServerId): UsageSpark | null;
  /** Throws `not-found` for a server that does not exist. */
  ofServer(actor: Actor, owner: User, name: ServerName): { readonly now: UsageNow | null; readonly spark: UsageSpark | null; readonly hints: readonly UsageHint[] };
  /** Minutes are kept for 48 hours and hours for 90 days; steps grow with the range. */
  history(actor: Actor, owner: User, name: ServerName, range: UsageRange): UsageSeries<ServerColumn>;
  host(actor: Actor, range: UsageRange): HostView;
  /** As `host`, with the last 24 hours by the hour. */
  dashboard(actor: Actor): HostView;
  /** `month` as `2026-03`; absent: the present one. Throws `invalid-input` for anything else. */
  report(actor: Actor, ask: { readonly month?: string; readonly offset: number; readonly limit: number }): UsageReport;
  /** Every user of that month, in pieces of at most a few hundred, for a file. Asked for by the same right. */
  wholeReport(actor: Actor, month?: string): { readonly month: string; readonly rows: Iterable<UsageRow> };
}
