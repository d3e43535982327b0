import type { UsageNow } from '../../hub/domain/usage';
import { bulkPage } from '../pages/bulk';
import { serverPage, type ServerDetailModel } from '../pages/server';
import { serversPage, type ServerListRow, type ServersModel } from '../pages/servers';
import { minutesAgo, NOW, type Exhibit } from './exhibit';

const GIB = 1024 ** 3;
const HOUR_MS = 3_600_000;
const handle = { spawner: 'docker', id: 'jupyterlab-ada/1' };
const ready = (minutes: number) => ({ kind: 'ready', since: minutesAgo(minutes), handle, origin: 'http://10.213.0.2:8888' }) as const;
const usage = (cpus: number, gib: number): UsageNow => ({ cpus, memoryBytes: gib * GIB, cpuLimit: 2, memoryLimit: 8 * GIB, at: minutesAgo(0) });
const idle = (minutes: number): NonNullable<ServerListRow['idle']> => ({ near: minutes < 15, verdict: { verdict: 'stop', at: minutesAgo(-minutes), reason: { kind: 'idle', since: minutesAgo(240 - minutes), limitMs: 4 * HOUR_MS }, latest: null, due: false } });
const kept: NonNullable<ServerListRow['idle']> = { near: false, verdict: { verdict: 'keep', at: null, reason: { kind: 'cell', path: 'work/train.ipynb', kernel: 'python3', forMs: 11_000_000 }, latest: null, due: false } };
const row = (user: string, more: Partial<ServerListRow>): ServerListRow => ({
  user, name: '', state: { kind: 'stopped', since: minutesAgo(3000), reason: null }, profile: 'default', usage: null, volumeBytes: 3.2 * GIB, lastActivity: minutesAgo(3000), idle: null, own: false, mayStart: true, mayStop: true, ...more,
});
const list: ServersModel = {
  rows: [
    row('ada', { state: ready(190), usage: usage(1.8, 5.4), lastActivity: minutesAgo(1), idle: kept, volumeBytes: 17.1 * GIB }),
    row('ada', { name: 'gpu', state: ready(60), usage: usage(0.1, 0.6), lastActivity: minutesAgo(55), idle: idle(185) }),
    row('barbara.liskov@example.org', { state: { kind: 'failed', since: minutesAgo(50), message: 'The image could not be pulled.', logTail: [] } }),
    row('edsger', { state: ready(500), usage: usage(0, 7.8), lastActivity: minutesAgo(232), idle: idle(8), volumeBytes: null }),
    row('grace', { state: { kind: 'queued', since: minutesAgo(4) }, lastActivity: null }),
    row('linus', { state: { kind: 'starting', since: minutesAgo(1), handle: null } }),
    row('zoe', { profile: null, lastActivity: null, volumeBytes: null, state: { kind: 'stopped', since: null, reason: null } }),
  ],
  total: 341, offset: 0, limit: 7, query: { user: '', group: '', profile: '', state: undefined, sort: 'name' },
  counts: { all: 341, running: 38, soon: 2, queued: 1, starting: 1, stopping: 0, failed: 3, stopped: 298 },
  profiles: [{ slug: 'default', title: 'JupyterLab' }, { slug: 'large', title: 'Large, 64 GB' }], groups: ['quant-research'], may: { start: true, stop: true, message: true }, most: 500, now: NOW, problem: undefined,
};
const wave = (n: number, scale: number): readonly (number | null)[] => Array.from({ length: 60 }, (_, i) => (i < 6 ? null : scale * (0.5 + 0.4 * Math.sin(i / n))));
const detail: ServerDetailModel = {
  user: 'ada', name: '', own: false, state: ready(190), stage: null, displayName: '', profile: { slug: 'default', title: 'JupyterLab' }, created: minutesAgo(60_000), lastActivity: minutesAgo(1), options: [['profile', 'default']],
  usage: { now: usage(1.8, 5.4), spark: { cpus: wave(5, 2), memoryBytes: wave(20, 8 * GIB) } },
  idle: { ...kept, limits: { idleMs: 4 * HOUR_MS, maxAgeMs: null, idleFrom: 'setting', maxAgeFrom: 'setting' }, idleForMs: 60_000, ageMs: 190 * 60_000, uses: 812, bytes: 420_000, answered: minutesAgo(0), running: 1, leases: [{ who: 'ada', why: 'training over night', until: minutesAgo(-600) }] },
  news: { lastEnd: null, kernelKilled: { at: minutesAgo(30), limit: 8 * GIB }, condition: {} },
  volumes: [{ purpose: 'home', bytes: 1.1 * GIB, lastSeen: minutesAgo(190) }, { purpose: 'workspace', bytes: 16 * GIB, lastSeen: minutesAgo(190) }, { purpose: 'cache', bytes: null, lastSeen: null }],
  history: { range: 'day', spark: { cpus: wave(5, 2), memoryBytes: wave(20, 8 * GIB) } }, softQuota: 20 * GIB, volumeBytes: 17.1 * GIB, may: { start: true, stop: true, extend: true, log: true, open: true }, now: NOW,
};
const died: ServerDetailModel = {
  ...detail, state: { kind: 'failed', since: minutesAgo(5), message: 'It ran out of memory.', logTail: [] }, usage: null, idle: null,
  news: { lastEnd: { at: minutesAgo(5), cause: 'memory', exitCode: 137, memory: { peak: 8 * GIB, limit: 8 * GIB }, logTail: ['[I] Kernel started', 'Killed'] }, kernelKilled: null, condition: {} },
};

export const serverExhibits: readonly Exhibit[] = [
  { id: 'servers', title: 'Servers', viewer: 'admin', page: (shell) => serversPage(shell, list) },
  { id: 'servers-first', title: 'Servers, none yet', viewer: 'admin', page: (shell) => serversPage(shell, { ...list, rows: [], total: 0, counts: { all: 0, running: 0, soon: 0, queued: 0, starting: 0, stopping: 0, failed: 0, stopped: 0 } }) },
  { id: 'servers-search', title: 'Servers, nothing found', viewer: 'admin', page: (shell) => serversPage(shell, { ...list, rows: [], total: 0, query: { ...list.query, user: 'zzz', state: 'running' } }) },
  { id: 'servers-bulk', title: 'Stop several servers', viewer: 'admin', page: (shell) => bulkPage(shell, { title: shell.t('servers.bulk.stop', { count: 2 }), text: shell.t('servers.bulkText.stop'), names: ['ada/', 'ada/gpu'], field: 'server', fields: { action: 'stop' }, action: shell.urls.adminServersBulk, submit: shell.t('servers.bulkDo.stop', { count: 2 }), danger: true, back: shell.urls.adminServers }) },
  { id: 'server', title: 'A server that runs', viewer: 'admin', page: (shell) => serverPage(shell, detail) },
  { id: 'server-unmeasured', title: 'A server that just started', viewer: 'admin', page: (shell) => serverPage(shell, { ...detail, usage: null, news: null, softQuota: null, history: { range: 'hour', spark: null }, idle: detail.idle === null ? null : { ...detail.idle, answered: null, leases: [] } }) },
  { id: 'server-failed', title: 'A server that died', viewer: 'admin', page: (shell) => serverPage(shell, died) },
  { id: 'server-never', title: 'A server that was never started', viewer: 'admin', page: (shell) => serverPage(shell, { ...died, state: { kind: 'stopped', since: null, reason: null }, profile: null, history: null, news: null, volumes: [], options: [], lastActivity: null }) },
];
