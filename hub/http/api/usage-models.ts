import { z } from 'zod';
import { HOST_COLUMNS, SERVER_COLUMNS, USAGE_RANGES, type HostView, type UsageHint, type UsageNow, type UsageReport, type UsageSpark } from '../../domain/usage';
import { csvCell } from '../../domain/audit';
import { timestamp } from '../../wire/timestamp';
import { PAGE_FIELDS } from './read';
import { named, Time } from './schemas';

export const RangeQuery = z.object({ range: z.enum(USAGE_RANGES, `A range is one of ${USAGE_RANGES.join(', ')}.`).default('day').describe('How far back.') });
export const ReportQuery = z.object({
  ...PAGE_FIELDS,
  month: z.string().optional().describe('Such as `2026-03`, in UTC; absent: the present one.'),
  format: z.enum(['json', 'csv'], 'A format is json or csv.').default('json').describe('`csv`: the whole month, without pages.'),
});

const Amount = z.number().nullable();
const Column = z.array(Amount);
const series = <T extends string>(columns: readonly T[]) => z.strictObject({
  range: z.enum(USAGE_RANGES),
  stepSeconds: z.int(),
  at: z.array(z.int()).describe('When each step began, in seconds since 1970.'),
  columns: z.strictObject(Object.fromEntries(columns.map((name) => [name, Column])) as Record<T, typeof Column>).describe('As long as `at`; null: nothing was measured then.'),
});
const Hint = z.strictObject({
  profile: z.string().nullable(),
  hours: z.number(),
  cpus: Amount.describe('0.12: 95 of 100 hours got by with 12 % of the limit. null: there was no limit.'),
  memory: Amount.describe('As `cpus`.'),
});
const Now = z.strictObject({ cpus: Amount.describe('null: it was seen only once so far.'), memoryBytes: z.number(), cpuLimit: Amount, memoryLimit: Amount, at: Time });
const Room = z.strictObject({ used: z.number(), total: z.number() }).nullable();

export const ServerUsageModel = named('ServerUsage', z.strictObject({
  now: Now.nullable().describe('null: it does not run, or was not measured yet.'),
  hour: z.strictObject({ cpus: Column, memoryBytes: Column }).nullable().describe('The last sixty minutes.'),
  hints: z.array(Hint).describe('By profile, of all servers of this user in the last 14 days.'),
  history: series(SERVER_COLUMNS),
}).describe('What a server uses, now and before.'));

export const HostUsageModel = named('HostUsage', z.strictObject({
  now: z.strictObject({ at: Time, cpu: Amount.describe('Share of all CPUs, from 0 to 1.'), cpus: z.int(), memory: Room, disk: Room, engineDisk: Room.describe('null: it is the same disk, or out of sight.'), loopMs: z.number() }).nullable(),
  servers: z.strictObject({ running: z.int(), starting: z.int(), queued: z.int(), failed: z.int() }),
  starts: z.strictObject({ started: z.int(), failed: z.int(), p50: Amount.describe('Seconds.'), p95: Amount }).describe('Of the last 24 hours.'),
  more: z.strictObject({
    count: z.int(), profile: z.string().describe('What a server is started as without a choice.'), memoryBytes: z.number().describe('What each of them may take.'),
    bound: z.enum(['machine', 'memory', 'cpus', 'servers']).describe('What there is too little of for one more: `machine`, free memory; else what the settings give to all servers together.'),
    left: z.number().describe('Of that; bytes, CPUs or servers.'), total: z.number(),
  }).nullable().describe('How many more servers fit; null: nobody can say.'),
  history: series(HOST_COLUMNS),
}).describe('The machine that the hub runs on.'));

const row = { hours: z.number(), cpuHours: z.number(), memoryGibHours: z.number() };
export const UsageReportModel = named('UsageReport', z.strictObject({
  month: z.string(),
  months: z.array(z.string()).describe('Of which something is known, the newest first.'),
  total: z.int().describe('Users who ran a server in that month.'),
  sum: z.strictObject(row),
  users: z.array(z.strictObject({ user: z.string(), ...row, hints: z.array(Hint) })).describe('Whoever used most hours first.'),
}).describe('Hours of servers in a month.'));

const short = (value: number): number => Number(value.toFixed(3));
const hintModel = ({ profile, hours, cpus, memory }: UsageHint): object => ({ profile, hours: short(hours), cpus, memory });

export const serverUsageModel = ({ now, spark, hints }: { readonly now: UsageNow | null; readonly spark: UsageSpark | null; readonly hints: readonly UsageHint[] }, history: object): object =>
  ({ now: now === null ? null : { ...now, at: timestamp(now.at) }, hour: spark, hints: hints.map(hintModel), history });

export const hostModel = ({ now, servers, starts, more, series: history }: HostView): object => ({ now: now === null ? null : { ...now, at: timestamp(now.at) }, servers, starts, more, history });

interface Amounts {
  readonly hours: number;
  readonly cpuHours: number;
  readonly memoryGibHours: number;
}
const amounts = ({ hours, cpuHours, memoryGibHours }: Amounts): Amounts => ({ hours: short(hours), cpuHours: short(cpuHours), memoryGibHours: short(memoryGibHours) });

export const reportModel = ({ month, months, total, sum, rows }: UsageReport): object =>
  ({ month, months, total, sum: amounts(sum), users: rows.map((one) => ({ user: one.user, ...amounts(one), hints: one.hints.map(hintModel) })) });

/** For spreadsheets: a name is never the start of a formula (R04). */
export function reportCsv(month: string, rows: Iterable<Amounts & { readonly user: string }>): string {
  const lines = ['month,user,hours,cpu_hours,memory_gib_hours'];
  for (const one of rows) {
    const { hours, cpuHours, memoryGibHours } = amounts(one);
    lines.push([csvCell(month), csvCell(one.user), hours, cpuHours, memoryGibHours].join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}
