import type { ServerId, UserId, UserName } from '../domain/ids';
import type { ServerKind } from '../domain/server';
import type { HostStep, UsageHour, UsageMinute } from '../domain/usage';

/** Minutes and hours are counted from 1970 and months from the year 0; ranges of a server include both ends. */
export interface UsageStore {
  /** Under which a server with that profile is counted, and forgotten when nobody asks for it as long as hours are kept. The owner has to exist. */
  key(server: RunningServer, hour: number): number;
  /** All of it or nothing. A minute that was written stays as it is, hours grow, a step of the host is replaced. */
  write(batch: { readonly minute: number; readonly minutes: readonly UsageMinute[]; readonly hours: readonly UsageHour[]; readonly host: readonly (HostStep & { readonly step: number })[] }): void;
  /** Adds hours before this one to their months, each of them once: `limit` of them, the oldest first. */
  countHours(hour: number, limit: number): void;
  /** Removes a little of what is older: called often, it keeps up. */
  prune(before: { readonly minute: number; readonly hour: number; readonly month: number }): void;
  minutes(server: ServerId, range: { readonly from: number; readonly until: number }): readonly (UsageMinute & { readonly at: number })[];
  minutesOfAll(minute: number): readonly (UsageMinute & { readonly server: ServerId })[];
  hours(server: ServerId, range: { readonly from: number; readonly until: number }): readonly KeptHour[];
  hoursOfOwner(owner: UserId, range: { readonly from: number; readonly until: number }): readonly (KeptHour & { readonly profile: string | null })[];
  /** Oldest first, `until` left out; seconds since 1970. */
  host(step: number, range: { readonly from: number; readonly until: number }): readonly HostStep[];
  /** Of which something is known, newest first. */
  months(): readonly number[];
  /** Whoever used most seconds first. */
  month(month: number, page: { readonly offset: number; readonly limit: number }): readonly ({ readonly id: UserId; readonly user: UserName } & MonthSum)[];
  sumOfMonth(month: number): MonthSum & { readonly users: number };
  /** How many servers are in each state but stopped; a state without any is absent. */
  kinds(): Readonly<Partial<Record<ServerKind, number>>>;
  running(): readonly RunningServer[];
}

export interface RunningServer {
  readonly id: ServerId;
  readonly owner: UserId;
  readonly profile: string | null;
}

export type KeptHour = Omit<UsageHour, 'hour' | 'key'> & { readonly at: number };
type MonthSum = Pick<UsageHour, 'seconds' | 'cpuSeconds' | 'memorySeconds'>;
