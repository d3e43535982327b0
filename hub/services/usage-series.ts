import { HOST_COLUMNS, HOUR_STEP, MINUTE_STEP, SERVER_COLUMNS, type HostColumn, type HostStep, type ServerColumn, type StartsSummary, type UsageHint, type UsageMinute, type UsageRange, type UsageSeries } from '../domain/usage';
import type { KeptHour } from '../store/store';

/** How a range is told: from which rows, how many of them make one step, and how many steps there are. */
export interface Steps {
  readonly range: UsageRange;
  readonly row: typeof MINUTE_STEP | typeof HOUR_STEP;
  readonly each: number;
  readonly count: number;
}

const RANGES: Readonly<Record<UsageRange, Omit<Steps, 'range'>>> = {
  hour: { row: MINUTE_STEP, each: 1, count: 60 },
  day: { row: MINUTE_STEP, each: 5, count: 288 },
  week: { row: HOUR_STEP, each: 1, count: 168 },
  month: { row: HOUR_STEP, each: 4, count: 180 },
  quarter: { row: HOUR_STEP, each: 12, count: 180 },
};

export const stepsOf = (range: UsageRange): Steps => ({ range, ...RANGES[range] });
/** The last day by the hour: few enough rows for a table. */
export const DAY_BY_HOURS: Steps = { range: 'day', row: HOUR_STEP, each: 1, count: 24 };

export interface Span {
  /** Seconds of one step. */
  readonly step: number;
  /** Beginning of the first step, and end of the last one, which holds `now`; seconds since 1970. */
  readonly from: number;
  readonly until: number;
}

export function spanOf({ row, each, count }: Steps, now: Date): Span {
  const step = row * each;
  const until = (Math.floor(now.getTime() / 1000 / step) + 1) * step;
  return { step, from: until - step * count, until };
}

type Values = readonly (number | null)[];

export const known = (values: Values): readonly number[] => values.filter((value) => value !== null);
export const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
export const mostOf = (values: Values): number | null => known(values).reduce<number | null>((most, value) => (most === null || value > most ? value : most), null);
export function averageOf(values: Values): number | null {
  const found = known(values);
  return found.length === 0 ? null : sumOf(found) / found.length;
}

/** All of them in order; of more than `most`, every so many-th one: shares of them stay what they were. */
export function mergedStarts(lists: readonly (readonly number[])[], most: number): readonly number[] {
  const all = lists.flat().toSorted((a, b) => a - b);
  return all.length <= most ? all : Array.from({ length: most }, (_, i) => all[Math.floor(((i + 0.5) * all.length) / most)] as number);
}

/** The smallest value that so large a share does not exceed; `values` in order. null: there is none. */
export const quantile = (values: readonly number[], share: number): number | null => values[Math.max(0, Math.ceil(values.length * share) - 1)] ?? null;

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

export function startsOf(steps: readonly HostStep[]): StartsSummary {
  const all = mergedStarts(steps.map(({ starts }) => starts), Infinity);
  return { started: sumOf(steps.map(({ started }) => started)), failed: sumOf(steps.map(({ failed }) => failed)), p50: seconds(quantile(all, 0.5)), p95: seconds(quantile(all, 0.95)) };
}

/** Rows by the step that they belong to. */
function series<Row extends { readonly at: number }, Column extends string>(steps: Steps, span: Span, { rows, columns, value }: { readonly rows: readonly Row[]; readonly columns: readonly Column[]; readonly value: (column: Column, rows: readonly Row[]) => number | null }): UsageSeries<Column> {
  const parts: Row[][] = Array.from({ length: steps.count }, () => []);
  for (const row of rows) parts[Math.floor((row.at - span.from) / span.step)]?.push(row);
  const told = (column: Column): Values => parts.map((part) => (part.length === 0 ? null : value(column, part)));
  return {
    range: steps.range, stepSeconds: span.step, at: parts.map((_, i) => span.from + i * span.step),
    columns: Object.fromEntries(columns.map((column) => [column, told(column)])) as Record<Column, Values>,
  };
}

const HOST_VALUES: Readonly<Record<HostColumn, (rows: readonly HostStep[]) => number | null>> = {
  cpu: (rows) => rounded(averageOf(rows.map(({ cpu }) => cpu)), 4),
  cpuPeak: (rows) => rounded(mostOf(rows.map(({ cpuPeak }) => cpuPeak)), 4),
  memoryBytes: (rows) => rounded(averageOf(rows.map(({ memory }) => memory)), 0),
  memoryBytesPeak: (rows) => mostOf(rows.map(({ memoryPeak }) => memoryPeak)),
  diskBytes: (rows) => rows.at(-1)?.disk ?? null,
  engineDiskBytes: (rows) => rows.at(-1)?.engineDisk ?? null,
  running: (rows) => mostOf(rows.map(({ running }) => running)),
  queued: (rows) => mostOf(rows.map(({ queued }) => queued)),
  loopMs: (rows) => rounded(mostOf(rows.map(({ loopMs }) => loopMs)), 1),
  started: (rows) => sumOf(rows.map(({ started }) => started)),
  failed: (rows) => sumOf(rows.map(({ failed }) => failed)),
  spawnP50: (rows) => startsOf(rows).p50,
  spawnP95: (rows) => startsOf(rows).p95,
};

export const hostSeries = (steps: Steps, span: Span, rows: readonly HostStep[]): UsageSeries<HostColumn> => series(steps, span, { rows, columns: HOST_COLUMNS, value: (column, part) => HOST_VALUES[column](part) });

export interface ServerRow {
  readonly at: number;
  readonly values: Readonly<Record<ServerColumn, number>>;
}

const MILLI = 1000;
const KIB = 1024;
const GIB = 1024 ** 3;

export const minuteRow = ({ at, cpu, cpuPeak, memory, memoryPeak }: UsageMinute & { readonly at: number }): ServerRow =>
  ({ at: at * MINUTE_STEP, values: { cpus: cpu / MILLI, cpusPeak: cpuPeak / MILLI, memoryBytes: memory * KIB, memoryBytesPeak: memoryPeak * KIB } });
export const hourRow = ({ at, seconds: ran, cpuSeconds, memorySeconds, cpuPeak, memoryPeak }: KeptHour): ServerRow =>
  ({ at: at * HOUR_STEP, values: { cpus: cpuSeconds / Math.max(1, ran), cpusPeak: cpuPeak / MILLI, memoryBytes: (memorySeconds / Math.max(1, ran)) * GIB, memoryBytesPeak: memoryPeak * KIB } });

export const serverSeries = (steps: Steps, span: Span, rows: readonly ServerRow[]): UsageSeries<ServerColumn> => series(steps, span, {
  rows, columns: SERVER_COLUMNS,
  value: (column, part) => {
    const values = part.map((row) => row.values[column]);
    return rounded(column.endsWith('Peak') ? mostOf(values) : averageOf(values), column.startsWith('cpu') ? 3 : 0);
  },
});

const USUAL = 0.95;

/** For each profile, how much of what was asked for was used; those it used longest first. */
export function hintsOf(rows: readonly (KeptHour & { readonly profile: string | null })[]): readonly UsageHint[] {
  const profiles = new Map<string | null, KeptHour[]>();
  for (const row of rows) profiles.set(row.profile, [...(profiles.get(row.profile) ?? []), row]);
  const share = (hours: readonly KeptHour[], peak: 'cpuPeak' | 'memoryPeak', limit: 'cpuLimit' | 'memoryLimit'): number | null =>
    rounded(quantile(hours.flatMap((hour) => (hour[limit] === null || hour[limit] === 0 ? [] : [hour[peak] / hour[limit]])).toSorted((a, b) => a - b), USUAL), 3);
  return [...profiles].map(([profile, hours]) => ({ profile, hours: sumOf(hours.map((hour) => hour.seconds)) / HOUR_STEP, cpus: share(hours, 'cpuPeak', 'cpuLimit'), memory: share(hours, 'memoryPeak', 'memoryLimit') }))
    .toSorted((a, b) => b.hours - a.hours);
}

const rounded = (value: number | null, digits: number): number | null => (value === null ? null : Number(value.toFixed(digits)));
