import type { MoreRoom } from './capacity';
import type { UserId, UserName } from './ids';

/** What a running server uses, by its newest sample: at most ten seconds old while somebody looks, else a minute. */
export interface UsageNow {
  /** CPUs that were busy on average since the sample before; null: it was seen only once so far. */
  readonly cpus: number | null;
  /** Without what the kernel only keeps as cache. */
  readonly memoryBytes: number;
  /** null: none. */
  readonly cpuLimit: number | null;
  /** Bytes; null: none. */
  readonly memoryLimit: number | null;
  readonly at: Date;
}

/** Averages of the last sixty minutes, oldest first; null: nothing was measured in that minute. */
export interface UsageSpark {
  readonly cpus: readonly (number | null)[];
  readonly memoryBytes: readonly (number | null)[];
}

/**
 * What was used of what was asked for, over the last 14 days: the 95th percentile of the busiest minutes of each hour in which it ran, as a
 * share of the limit then (0.12: 12 %). null: there was no limit.
 */
export interface UsageHint {
  readonly profile: string | null;
  readonly hours: number;
  readonly cpus: number | null;
  readonly memory: number | null;
}

export const USAGE_RANGES = ['hour', 'day', 'week', 'month', 'quarter'] as const;
export type UsageRange = (typeof USAGE_RANGES)[number];

/** Columns of equal length, oldest first; null: nothing was measured then. */
export interface UsageSeries<Column extends string> {
  readonly range: UsageRange;
  readonly stepSeconds: number;
  /** When each step began, in seconds since 1970. */
  readonly at: readonly number[];
  readonly columns: Readonly<Record<Column, readonly (number | null)[]>>;
}

export const SERVER_COLUMNS = ['cpus', 'cpusPeak', 'memoryBytes', 'memoryBytesPeak'] as const;
export type ServerColumn = (typeof SERVER_COLUMNS)[number];

/** `cpu`: share of all CPUs, from 0 to 1. `spawnP50`, `spawnP95`: seconds. `loopMs`: 99th percentile of the event loop's delay. */
export const HOST_COLUMNS = ['cpu', 'cpuPeak', 'memoryBytes', 'memoryBytesPeak', 'diskBytes', 'engineDiskBytes', 'running', 'queued', 'loopMs', 'started', 'failed', 'spawnP50', 'spawnP95'] as const;
export type HostColumn = (typeof HOST_COLUMNS)[number];

/** An amount and all there is of it, bytes. */
export interface Room {
  readonly used: number;
  readonly total: number;
}

/** The machine on which the hub runs, by its newest look. */
export interface HostNow {
  readonly at: Date;
  /** Share of all CPUs that was busy, from 0 to 1; null: looked at only once so far. */
  readonly cpu: number | null;
  readonly cpus: number;
  readonly memory: Room;
  /** Of the hub's data; null: it cannot be read. */
  readonly disk: Room | null;
  /** Of the engine's images and volumes, where that is another disk of this machine; else null. */
  readonly engineDisk: Room | null;
  /** 99th percentile of the event loop's delay over the last minute, milliseconds. */
  readonly loopMs: number;
}

/** Starts of some time. Durations in seconds; null: nothing was started. */
export interface StartsSummary {
  readonly started: number;
  readonly failed: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface HostView {
  /** null: nothing was measured yet. */
  readonly now: HostNow | null;
  readonly servers: { readonly running: number; readonly starting: number; readonly queued: number; readonly failed: number };
  /** Of the last 24 hours. */
  readonly starts: StartsSummary;
  readonly series: UsageSeries<HostColumn>;
  /** How many more servers fit that are started without a choice, in the profile of this title; null: nobody can say. */
  readonly more: (MoreRoom & { readonly profile: string; readonly memoryBytes: number }) | null;
}

export interface UsageRow {
  readonly user: UserName;
  readonly id: UserId;
  /** Hours in which servers of this user ran, together. */
  readonly hours: number;
  readonly cpuHours: number;
  readonly memoryGibHours: number;
}

export interface UsageReport {
  /** `2026-03`, of the calendar in UTC. */
  readonly month: string;
  /** Whoever used most hours first. */
  readonly rows: readonly (UsageRow & { readonly hints: readonly UsageHint[] })[];
  readonly total: number;
  readonly sum: Pick<UsageRow, 'hours' | 'cpuHours' | 'memoryGibHours'>;
  /** Months of which something is known, the newest first. */
  readonly months: readonly string[];
}

/** Months counted from the year 0, in UTC. */
export const monthOf = (at: Date): number => at.getUTCFullYear() * 12 + at.getUTCMonth();
export const monthText = (month: number): string => `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;

/** What is counted of one server, in the store: thousandths of a CPU and KiB. */
export interface UsageMinute {
  readonly key: number;
  readonly cpu: number;
  readonly cpuPeak: number;
  readonly memory: number;
  readonly memoryPeak: number;
}

/** To be added to what is known of that server's hour. `memorySeconds`: GiB times seconds. Limits as the amounts of a minute. */
export interface UsageHour {
  readonly hour: number;
  readonly key: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly memorySeconds: number;
  readonly cpuPeak: number;
  readonly memoryPeak: number;
  readonly cpuLimit: number | null;
  readonly memoryLimit: number | null;
}

/** One minute or hour of the host. */
export interface HostStep {
  /** Seconds since 1970. */
  readonly at: number;
  readonly cpu: number | null;
  readonly cpuPeak: number | null;
  readonly memory: number | null;
  readonly memoryPeak: number | null;
  readonly disk: number | null;
  readonly engineDisk: number | null;
  readonly running: number;
  readonly queued: number;
  readonly loopMs: number | null;
  readonly failed: number;
  /** How long each start took, milliseconds; of very many, a fair choice. */
  readonly starts: readonly number[];
  /** How many there were. */
  readonly started: number;
}

export const MINUTE_STEP = 60;
export const HOUR_STEP = 3600;
