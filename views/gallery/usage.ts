import type { UserId, UserName } from '../../hub/domain/ids';
import { HOST_COLUMNS, type HostColumn, type HostView, type UsageReport } from '../../hub/domain/usage';
import { dashboardPage, type DashboardModel } from '../pages/dashboard';
import { usagePage } from '../pages/usage';
import { minutesAgo, NOW, type Exhibit } from './exhibit';

const GIB = 1024 ** 3;
const HOURS = 24;
const HOUR = 3600;
const hours = Array.from({ length: HOURS }, (_, i) => i);
/** A day with a quiet night. */
const day = (i: number): number => Math.max(0.05, Math.sin(((i - 4) / HOURS) * Math.PI * 2) ** 2);
const VALUES: Readonly<Record<HostColumn, (i: number) => number | null>> = {
  cpu: (i) => day(i) * 0.6, cpuPeak: (i) => Math.min(1, day(i)), memoryBytes: (i) => (12 + day(i) * 30) * GIB, memoryBytesPeak: (i) => (14 + day(i) * 34) * GIB, diskBytes: () => 310 * GIB, engineDiskBytes: () => 900 * GIB,
  running: (i) => Math.round(day(i) * 42), queued: (i) => (day(i) > 0.9 ? 2 : 0), loopMs: (i) => 1 + day(i) * 6, started: (i) => Math.round(day(i) * 9), failed: (i) => (i === 9 ? 1 : 0), spawnP50: (i) => 1.9 + day(i), spawnP95: (i) => 3.2 + day(i) * 4,
};
type Columns = HostView['series']['columns'];
const columnsOf = (values: (name: HostColumn) => Columns[HostColumn]): Columns => Object.fromEntries(HOST_COLUMNS.map((name) => [name, values(name)])) as Record<HostColumn, Columns[HostColumn]>;
const view: HostView = {
  now: { at: NOW, cpu: 0.37, cpus: 32, memory: { used: 41 * GIB, total: 128 * GIB }, disk: { used: 310 * GIB, total: 370 * GIB }, engineDisk: { used: 900 * GIB, total: 2048 * GIB }, loopMs: 3.2 },
  servers: { running: 38, starting: 2, queued: 3, failed: 1 },
  starts: { started: 87, failed: 2, p50: 2.4, p95: 7.1 },
  more: { count: 10, bound: 'machine', left: 87 * GIB, total: 128 * GIB, profile: 'Standard', memoryBytes: 8 * GIB },
  series: { range: 'day', stepSeconds: HOUR, at: hours.map((i) => Math.floor(NOW.getTime() / 1000 / HOUR) * HOUR - (HOURS - 1 - i) * HOUR), columns: columnsOf((name) => hours.map(VALUES[name])) },
};
const nothing: HostView = { now: null, servers: { running: 0, starting: 0, queued: 0, failed: 0 }, starts: { started: 0, failed: 0, p50: null, p95: null }, more: null, series: { ...view.series, columns: columnsOf(() => hours.map(() => null)) } };
const busy: DashboardModel = {
  view, users: { active: 214, pending: 3 }, range: 'day',
  events: [
    { id: 5, at: minutesAgo(1), actor: 'alice', action: 'server.start', target: 'server:alice/', ok: true },
    { id: 4, at: minutesAgo(6), actor: 'admin', action: 'user.approve', target: 'user:jonas', ok: true },
    { id: 3, at: minutesAgo(14), actor: 'mallory', action: 'login', target: 'user:mallory', ok: false },
    { id: 2, at: minutesAgo(90), actor: 'hub', action: 'backup.make', target: 'backup', ok: true },
  ],
};
const rows: UsageReport['rows'] = [
  { id: '1' as UserId, user: 'alice' as UserName, hours: 212.4, cpuHours: 96.2, memoryGibHours: 1204.6, hints: [{ profile: 'default', hours: 96, cpus: 0.71, memory: 0.88 }] },
  { id: '2' as UserId, user: 'jonas' as UserName, hours: 160.1, cpuHours: 3.4, memoryGibHours: 92.8, hints: [{ profile: 'large', hours: 81, cpus: 0.04, memory: 0.12 }, { profile: 'default', hours: 6, cpus: 0.3, memory: null }] },
  { id: '3' as UserId, user: 'mei' as UserName, hours: 12.9, cpuHours: 8.8, memoryGibHours: 31, hints: [] },
];
const report: UsageReport = { month: '2026-03', months: ['2026-03', '2026-02', '2026-01'], total: 3, rows, sum: { hours: 385.4, cpuHours: 108.4, memoryGibHours: 1328.4 } };

export const usageExhibits: readonly Exhibit[] = [
  { id: 'dashboard', title: 'Dashboard', viewer: 'admin', page: (shell) => dashboardPage(shell, busy) },
  { id: 'dashboard-full', title: 'Dashboard, no room for more', viewer: 'admin', page: (shell) => dashboardPage(shell, { ...busy, view: { ...view, more: { count: 0, bound: 'servers', left: 0, total: 40, profile: 'Standard', memoryBytes: 8 * GIB } } }) },
  { id: 'dashboard-new', title: 'Dashboard of a new hub', viewer: 'admin', page: (shell) => dashboardPage(shell, { view: nothing, users: null, events: [], range: 'day' }) },
  { id: 'usage', title: 'Usage', viewer: 'admin', page: (shell) => usagePage(shell, { report, offset: 0, limit: 50 }) },
  { id: 'usage-none', title: 'Usage of a month without any', viewer: 'admin', page: (shell) => usagePage(shell, { report: { ...report, month: '2026-02', total: 0, rows: [], sum: { hours: 0, cpuHours: 0, memoryGibHours: 0 } }, offset: 0, limit: 50 }) },
];
