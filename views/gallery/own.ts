import { NO_DETAILS, type LogEntry } from '../../hub/domain/account';
import { TASKS } from '../../hub/domain/token-tasks';
import { accountPage, type AccountModel } from '../pages/account';
import { activityPage, type ActivityModel } from '../pages/activity';
import { reauthPage, sessionsPage, type SessionRow } from '../pages/sessions';
import { passwordPage } from '../pages/sign-in';
import { tokensPage, type TokensModel } from '../pages/tokens';
import { resetPage, volumesPage, type VolumeRow, type VolumesModel } from '../pages/volumes';
import { minutesAgo, URLS, type Exhibit } from './exhibit';

const GIB = 1024 ** 3;
const DAY = 1440;

const offers = (wide: boolean, chosen: readonly string[] = []): TokensModel['tasks'] => TASKS.filter((task) => wide || !task.wide).map((task) => ({ id: task.id, wide: task.wide, chosen: chosen.includes(task.id) }));
const tokens: TokensModel = { tokens: [], applications: [], action: URLS.token, tasks: offers(false), days: [30, 1, 7, 90], given: { note: '', days: 30, scopes: '' }, secret: undefined, problem: undefined };
const some: TokensModel = {
  ...tokens,
  tokens: [
    { note: 'nightly backtest', scopes: ['read:servers!user', 'start:servers!user', 'delete:servers!user', 'access:servers!user'], created: minutesAgo(20 * DAY), lastUsed: minutesAgo(35), expires: minutesAgo(-10 * DAY), revoke: URLS.tokenRevoke('1') },
    { note: 'laptop', scopes: ['inherit'], created: minutesAgo(3 * DAY), lastUsed: null, expires: minutesAgo(-4 * DAY), revoke: URLS.tokenRevoke('2') },
    { note: 'dashboard of the group', scopes: ['read:users:name!user', 'read:users:groups!user', 'access:services!service=board'], created: minutesAgo(80 * DAY), lastUsed: minutesAgo(2 * DAY), expires: null, revoke: URLS.tokenRevoke('3') },
  ],
  applications: [{ note: 'Server at /user/alice/', scopes: ['access:servers!server=alice/', 'read:users:name!user', 'read:users:groups!user'], created: minutesAgo(500), lastUsed: minutesAgo(2), revoke: URLS.tokenRevoke('4') }],
};

const session: SessionRow = { browser: 'Firefox on Linux', address: '10.20.30.40', created: minutesAgo(3 * DAY), lastSeen: minutesAgo(1), current: true, end: URLS.session('1') };
const sessions = [session, { ...session, browser: 'Safari on iOS', address: '2001:db8::17', created: minutesAgo(30), lastSeen: minutesAgo(26), current: false, end: URLS.session('2') }];

const entry = (id: number, action: string, more: Partial<LogEntry> = {}): LogEntry => ({ id, at: minutesAgo((90 - id) * 7), kind: 'servers', action, result: 'ok', by: 'alice', byKind: 'self', target: 'server:alice/', address: '10.20.30.40', about: '', ...more });
const activity: ActivityModel = {
  user: 'alice', kind: undefined, next: 70, first: true,
  entries: [
    entry(89, 'server.enter', { by: 'admin', byKind: 'user', address: null }),
    entry(88, 'token.create', { kind: 'tokens', target: 'user:alice', about: 'nightly backtest' }),
    entry(87, 'user.sign-in', { kind: 'sign-in', target: 'user:alice' }),
    entry(86, 'user.sign-in', { kind: 'sign-in', target: 'user:alice', by: null, byKind: 'anonymous', result: 'denied', address: '203.0.113.9' }),
    entry(81, 'server.stop', { by: null, byKind: 'hub', address: null, about: 'It reached its idle limit of 4h: no cell, no typing since 09:40 UTC.' }),
    entry(80, 'server.start', { target: 'server:alice/gpu' }),
    entry(75, 'user.make-researcher', { kind: 'account', target: 'user:alice', by: 'admin', byKind: 'user', address: null }),
  ],
};

const account: AccountModel = { ...NO_DETAILS, name: 'alice', created: minutesAgo(200 * DAY), admin: false, groups: [], problem: undefined };

const volume: VolumeRow = { id: 'v1', purpose: 'home', generation: 1, state: 'active', bytes: 0.3 * GIB, measured: minutesAgo(30), inUse: false, lastSeen: minutesAgo(190), binned: null, ends: null };
const rows: readonly VolumeRow[] = [volume, { ...volume, id: 'v2', purpose: 'workspace', bytes: 8.3 * GIB }, { ...volume, id: 'v3', purpose: 'cache', bytes: null, measured: null, lastSeen: null }];
const bin: readonly VolumeRow[] = [{ ...volume, id: 'v0', purpose: 'workspace', state: 'bin', bytes: 2.1 * GIB, binned: minutesAgo(5 * DAY), ends: minutesAgo(-9 * DAY) }, { ...volume, id: 'v9', purpose: 'cache', state: 'removing', bytes: 1.2 * GIB, binned: minutesAgo(15 * DAY) }];
const volumes: VolumesModel = { user: 'alice', own: true, volumes: [...rows, ...bin], bytes: 11.9 * GIB, softQuota: 20 * GIB, over: false, running: false, mayHandOver: false, problem: undefined };

const exhibit = (id: string, title: string, page: Exhibit['page'], viewer: Exhibit['viewer'] = 'user'): Exhibit => ({ id, title, viewer, page });

/** What people find under their own name. */
export const ownExhibits: readonly Exhibit[] = [
  exhibit('tokens-none', 'Tokens, none yet', (shell) => tokensPage(shell, tokens)),
  exhibit('tokens', 'Tokens and applications', (shell) => tokensPage(shell, some)),
  exhibit('tokens-fresh', 'Tokens, one was made', (shell) => tokensPage(shell, { ...some, secret: 'Zr3nVq0bXw7uGm1kYc9tLp5sEo2hJd8fAi6RaTnQxWv' })),
  exhibit('tokens-admin', 'Tokens of an administrator, refused', (shell) => tokensPage(shell, { ...tokens, tasks: offers(true, ['servers', 'allUsers']), days: [30, 1, 7, 90, 365, null], given: { note: 'sync', days: 365, scopes: 'read:usrs' }, problem: "Unknown scope: 'read:usrs'" }), 'admin'),
  exhibit('sessions', 'Sessions', (shell) => sessionsPage(shell, { title: shell.t('sessions.title'), sessions, endAll: URLS.sessionsEnd, back: undefined })),
  exhibit('sessions-other', 'Sessions of somebody else', (shell) => sessionsPage(shell, { title: shell.t('sessions.titleOf', { name: 'mei' }), sessions: [], endAll: URLS.adminSessionsEnd('mei'), back: URLS.adminUsers }), 'admin'),
  exhibit('reauth', 'The password once more', (shell) => reauthPage(shell, { action: URLS.reauth, fields: [], field: 'reauth-password', problem: undefined, back: URLS.home })),
  exhibit('password', 'Password', (shell) => passwordPage(shell, { must: false, problem: undefined })),
  exhibit('password-must', 'Password, set by an administrator', (shell) => passwordPage(shell, { must: true, problem: 'The two passwords are not the same. Please type them again.' })),
  exhibit('activity', 'Activity', (shell) => activityPage(shell, activity)),
  exhibit('activity-none', 'Activity, nothing of a kind', (shell) => activityPage(shell, { ...activity, kind: 'shares', entries: [], next: null })),
  exhibit('account', 'Account', (shell) => accountPage(shell, account)),
  exhibit('account-full', 'Account, filled in and refused', (shell) => accountPage(shell, { ...account, admin: true, realName: '李雷', email: 'nobody', language: 'zh', theme: 'dark', groups: ['quants', 'thesis-2026'], problem: 'This is no e-mail address: it looks like name@example.org.' })),
  exhibit('volumes', 'Volumes', (shell) => volumesPage(shell, volumes)),
  exhibit('volumes-none', 'Volumes, none yet', (shell) => volumesPage(shell, { ...volumes, volumes: [], bytes: 0 })),
  exhibit('volumes-running', 'Volumes, a server runs, above the soft quota', (shell) => volumesPage(shell, { ...volumes, volumes: rows.map((row) => ({ ...row, inUse: true })), running: true, bytes: 24 * GIB, over: true })),
  exhibit('volumes-other', 'Volumes of somebody else', (shell) => volumesPage(shell, { ...volumes, own: false, user: 'mei', softQuota: null, mayHandOver: true }), 'admin'),
  exhibit('volumes-reset', 'Reset volumes?', (shell) => resetPage(shell, { user: 'alice', volumes: rows.slice(1), back: URLS.volumes() })),
];
