import { CHECKS, type CheckName } from '../../hub/domain/checks';
import type { AuditRow } from '../../hub/domain/audit';
import type { IdleLimits, IdleVerdict } from '../../hub/domain/idleness';
import { auditPage, type AuditModel } from '../pages/audit';
import { healthPage, type HealthModel, type HealthRowModel } from '../pages/health';
import { idlenessPage, type IdlenessModel } from '../pages/idleness';
import { maintenancePage } from '../pages/maintenance';
import { queuePage, type QueueModel } from '../pages/queue';
import { settingsPage, type SettingRow, type SettingsModel } from '../pages/settings';
import { minutesAgo, NOW, type Exhibit } from './exhibit';

const HOUR_MS = 3_600_000;
const MIB = 1024 ** 2;

const waiting: QueueModel['rows'] = [
  { user: 'mei', server: '', position: 1, waitMs: 30_000, jumped: true, since: minutesAgo(1), profile: 'default' },
  { user: 'jonas', server: 'gpu', position: 2, waitMs: 400_000, jumped: false, since: minutesAgo(9), profile: 'large' },
  { user: 'alice', server: '', position: 3, waitMs: null, jumped: false, since: minutesAgo(4), profile: null },
];

const limits: IdleLimits = { idleMs: 4 * HOUR_MS, maxAgeMs: null, idleFrom: 'setting', maxAgeFrom: 'setting' };
const keep = (reason: IdleVerdict['reason']): IdleVerdict => ({ verdict: 'keep', at: null, reason, latest: null, due: false });
const idleness: IdlenessModel = {
  fields: { idleLimit: '2h', maxAge: '' }, problem: null, stops: 1, total: 61, offset: 0, limit: 50,
  servers: [
    { user: 'alice', server: '', verdict: keep({ kind: 'cell', path: 'work/train.ipynb', kernel: 'python3', forMs: 11_000_000 }), limits },
    { user: 'jonas', server: 'gpu', verdict: keep({ kind: 'cpu', cpus: 3.4 }), limits: { ...limits, idleFrom: 'group:quants', idleMs: 8 * HOUR_MS } },
    { user: 'mei', server: '', verdict: { verdict: 'stop', at: minutesAgo(-20), reason: { kind: 'idle', since: minutesAgo(220), limitMs: 4 * HOUR_MS }, latest: null, due: true }, limits: { ...limits, maxAgeMs: 24 * HOUR_MS } },
  ],
};

const maintenance = { from: minutesAgo(-90), until: minutesAgo(-210), message: 'New disks. Save your work.', by: 'admin', announced: minutesAgo(300), began: null, ended: null, servers: { stopping: 0, stopped: 0, starting: 0, started: 0, refused: 0 } } as const;
const active = { ...maintenance, from: minutesAgo(20), until: minutesAgo(-60), began: minutesAgo(20), phase: 'active', servers: { stopping: 2, stopped: 14, starting: 0, started: 0, refused: 0 } } as const;
const over = { ...active, ended: minutesAgo(1), phase: 'over', servers: { stopping: 0, stopped: 12, starting: 0, started: 3, refused: 1 } } as const;

const check = (name: CheckName, detail: string, more: Partial<HealthRowModel> = {}): HealthRowModel => ({ name, code: CHECKS[name].code, ok: true, level: 'required', detail, at: minutesAgo(3), ms: 420, dismissed: null, ...more });
const fine: readonly HealthRowModel[] = [
  check('store', 'The database can be read and written.', { ms: 0 }),
  check('disk', 'The disk with the hub\'s data is 61 % full; 142.7 GiB are left.', { level: 'advice', ms: 0 }),
  check('backup', 'The newest backup is of 2026-03-02 06:00 UTC.', { level: 'advice', ms: 0 }),
  check('engine', 'Docker Engine 27.5.1 answers.'),
  check('firewall', 'The rules are in place.'),
  check('neighbours', 'A lab reaches no other lab, and not the hub in another lab\'s place.', { ms: 3_120 }),
  check('host', 'A lab reaches no address of this host, over IPv4 or IPv6.', { ms: 2_904 }),
  check('outside', 'A lab reaches neither the internet nor a metadata service nor a name server.', { ms: 2_511 }),
];
const health: HealthModel = {
  ok: true, running: false, at: minutesAgo(3), blocked: null, rows: fine,
  backups: { running: false, everyMs: 24 * HOUR_MS, days: 7, last: { rows: { users: 214, tokens: 87, servers: 260 } }, failure: null, files: [{ name: 'hub-20260302-060000.sqlite', at: minutesAgo(480), bytes: 18.4 * MIB }, { name: 'hub-20260301-060000.sqlite', at: minutesAgo(1920), bytes: 18.1 * MIB }] },
};
const warned = [...fine.filter(({ name }) => name !== 'disk'), check('disk', 'The disk with the hub\'s data is 86 % full; only 41.2 GiB are left.', { ok: false, level: 'advice' }), check('versions', 'runc 1.1.5 is weak (CVE-2024-21626).', { ok: false, level: 'advice', dismissed: { by: 'admin', at: minutesAgo(4000) } })];
const blocked = [...warned.filter(({ name }) => name !== 'host'), check('host', 'A lab reaches this host at 10.213.0.1 port 22.', { ok: false })];

const entry = (id: number, more: Partial<AuditRow>): AuditRow => ({
  id, at: minutesAgo(400 - id * 4), actorKind: 'user', actor: 'admin', actorId: '', via: 'cookie', credential: '', address: '198.51.100.7', requestId: '', action: 'user.sign-in', target: 'user:admin', result: 'ok', detail: {}, prev: '', hash: '', ...more,
});
const entries: readonly AuditRow[] = [
  entry(96, { action: 'setting.change', target: 'setting:server.idleLimit', detail: { before: '4h', after: '8h' } }),
  entry(95, { actor: 'mallory', via: 'token', action: 'request.denied', target: 'POST /hub/api/users/zed', result: 'denied', detail: { code: 'forbidden' }, address: '203.0.113.20' }),
  entry(94, { actor: 'alice', action: 'server.start', target: 'server:alice/gpu', detail: { profile: 'large' } }),
  entry(93, { actorKind: 'hub', actor: 'hub', via: '', address: '', action: 'isolation.repaired', target: 'hub', detail: { check: 'firewall' } }),
  entry(92, { actorKind: 'anonymous', actor: '', via: '', action: 'user.sign-in', target: 'user:alice', result: 'denied', address: '203.0.113.20', detail: { code: 'forbidden' } }),
  entry(91, { actorKind: 'local', actor: 'local', via: 'local', address: 'local', action: 'user.make-admin', target: 'user:mei' }),
];
const audit: AuditModel = {
  rows: entries, next: 90, head: { id: 96, hash: '5d0c6b8e4f'.padEnd(64, '7') }, fields: { q: '', actor: '', action: '', target: '', from: '', until: '' }, kind: undefined, range: '7d', first: true,
  counts: { 'sign-in': 412, users: 18, groups: 3, servers: 655, volumes: 9, tokens: 31, shares: 0, refused: 6, hub: 44 },
};

const setting = (path: string, value: unknown, more: Partial<SettingRow> = {}): SettingRow => ({
  path, variable: `HUB_${path.replace(/([a-z])([A-Z])/g, '$1_$2').replaceAll('.', '_').toUpperCase()}`, value, written: typeof value === 'string' ? value : JSON.stringify(value), initial: String(value), configured: value, source: 'default',
  meaning: 'What it means, in a sentence or two.', live: true, changed: null, ...more,
});
const settings: SettingsModel = {
  search: '', filter: 'all', problem: undefined,
  rows: [
    setting('listen.port', 8000, { live: false, source: 'HUB_LISTEN_PORT', meaning: 'Port that the hub listens on; 0 takes a free one.' }),
    setting('signup', 'approval', { choices: ['approval', 'open', 'closed'], meaning: 'Who may make an account: anybody after an administrator approved it, anybody, nobody.' }),
    setting('server.idleLimit', '8h', { configured: '4h', source: '/etc/berth/hub.config.json', changed: { by: 'admin', at: minutesAgo(70) }, meaning: 'A server stops after this long in which no cell ran and nobody typed; 0 for never. An open page alone does not count.' }),
    setting('server.cap', 5, { meaning: 'Servers that may run at the same time; 0 for any number.' }),
    setting('dummy.password', '(hidden)', { live: false, meaning: 'The shared password of the dummy authenticator.' }),
    setting('profiles', [], { variable: null, live: false, meaning: 'What users may choose from at a start.' }),
  ],
};

const admin = (id: string, title: string, page: Exhibit['page']): Exhibit => ({ id, title, viewer: 'admin', page });

export const runningExhibits: readonly Exhibit[] = [
  admin('queue', 'Queue', (shell) => queuePage(shell, { rows: waiting })),
  admin('queue-empty', 'Queue, nobody waits', (shell) => queuePage(shell, { rows: [] })),
  admin('idleness', 'Idleness, what other limits would do', (shell) => idlenessPage(shell, idleness)),
  admin('idleness-none', 'Idleness, a question that was not understood', (shell) => idlenessPage(shell, { fields: { idleLimit: 'soon', maxAge: '' }, problem: shell.t('idle.none'), servers: [], stops: 0, total: 0, offset: 0, limit: 50 })),
  admin('maintenance-none', 'Maintenance, none', (shell) => maintenancePage(shell, { view: null, now: NOW, mayAct: true, problem: undefined })),
  admin('maintenance', 'Maintenance, announced', (shell) => maintenancePage({ ...shell, maintenance: { ...maintenance, phase: 'announced' } }, { view: { ...maintenance, phase: 'announced' }, now: NOW, mayAct: true, problem: undefined })),
  admin('maintenance-active', 'Maintenance, going on', (shell) => maintenancePage({ ...shell, maintenance: active }, { view: active, now: NOW, mayAct: true, problem: undefined })),
  admin('maintenance-over', 'Maintenance, over', (shell) => maintenancePage(shell, { view: over, now: NOW, mayAct: true, problem: undefined })),
  admin('health', 'Health, all is well', (shell) => healthPage(shell, health)),
  admin('health-warning', 'Health, a warning and one that was put aside', (shell) => healthPage(shell, { ...health, rows: warned })),
  admin('health-blocked', 'Health, no server can be started', (shell) => healthPage(shell, { ...health, ok: false, blocked: 'a server could reach this machine', rows: blocked, running: true, backups: { ...health.backups, files: [], last: null, failure: { at: minutesAgo(50), reason: 'no space left on device' } } })),
  admin('audit', 'Audit log', (shell) => auditPage(shell, audit)),
  admin('audit-search', 'Audit log, searched', (shell) => auditPage(shell, { ...audit, rows: entries.slice(4, 5), next: null, kind: 'sign-in', range: undefined, fields: { ...audit.fields, actor: 'alice', from: '2026-03-01' }, first: false })),
  admin('audit-none', 'Audit log, nothing found', (shell) => auditPage(shell, { ...audit, rows: [], next: null, fields: { ...audit.fields, q: 'nothing' } })),
  admin('settings', 'Settings', (shell) => settingsPage(shell, settings)),
  admin('settings-refused', 'Settings, a value that is not understood', (shell) => settingsPage(shell, { ...settings, search: 'idle', problem: { path: 'server.idleLimit', text: 'server.idleLimit (HUB_SERVER_IDLE_LIMIT): expected a duration such as "90s", "10m", "4h", "14d", or a number of seconds.', given: 'soon' } })),
  admin('settings-none', 'Settings, nothing found', (shell) => settingsPage(shell, { ...settings, rows: settings.rows.slice(0, 1), search: 'nothing' })),
];
