import { effectivePolicy, NO_POLICY } from '../../hub/domain/policy';
import { addUsersPage, credentialsPage } from '../pages/add-users';
import { bulkPage } from '../pages/bulk';
import { userPage, type UserHead, type UserPart } from '../pages/user';
import { usersPage, type UserRow, type UsersModel } from '../pages/users';
import { minutesAgo, type Exhibit } from './exhibit';

const DAY = 1440;
const handle = { spawner: 'docker', id: 'jupyterlab-ada/1' };
const ready = { kind: 'ready', since: minutesAgo(190), handle, origin: 'http://10.213.0.2:8888' } as const;
const row = (name: string, more: Partial<UserRow> = {}): UserRow => ({
  id: name, name, status: 'active', admin: false, researcher: true, groups: ['quant-research'], created: minutesAgo(40 * DAY), lastActivity: minutesAgo(12), server: null, self: false, ...more,
});
const list: UsersModel = {
  pending: [{ id: 'p1', name: 'grace', created: minutesAgo(35) }, { id: 'p2', name: 'linus', created: minutesAgo(DAY) }], pendingTotal: 2,
  users: [
    row('ada', { server: ready }),
    row('admin', { admin: true, self: true, groups: [], lastActivity: minutesAgo(0) }),
    row('barbara.liskov@example.org', { groups: ['quant-research', 'interns-2026', 'visitors', 'large-memory', 'night-shift'], server: { kind: 'failed', since: minutesAgo(50), message: 'The image could not be pulled.', logTail: [] } }),
    row('donald', { status: 'disabled', lastActivity: minutesAgo(9 * DAY), groups: [], server: { kind: 'stopped', since: minutesAgo(9 * DAY), reason: null } }),
    row('edsger', { researcher: false, lastActivity: null, groups: ['visitors'] }),
  ],
  total: 214, offset: 0, limit: 5, query: { q: '', group: '', status: undefined, sort: 'name' }, counts: { active: 208, pending: 2, disabled: 4 }, groups: ['quant-research', 'interns-2026'], mayManage: true, problem: undefined,
};

const ada: UserHead = { id: 'ada', name: 'ada', status: 'active', admin: false, self: false };
const person = (user: UserHead, part: UserPart): Exhibit['page'] => (shell) => userPage(shell, { user, part, problem: undefined });
const profile: UserPart = {
  tab: 'profile', created: minutesAgo(40 * DAY), lastActivity: minutesAgo(12), mustChangePassword: false, realName: 'Ada Lovelace', email: 'ada@example.org',
  servers: [{ name: '', state: ready, profile: 'default', lastActivity: minutesAgo(12) }, { name: 'gpu', state: { kind: 'stopped', since: minutesAgo(3 * DAY), reason: null }, profile: 'large', lastActivity: minutesAgo(3 * DAY) }],
  volumeBytes: 18_400_000_000, softQuota: 53_687_091_200, volumes: 3,
};
const nothing: UserPart = { tab: 'profile', created: minutesAgo(35), lastActivity: null, mustChangePassword: false, realName: '', email: '', servers: [], volumeBytes: null, softQuota: null, volumes: 0 };
const access: UserPart = {
  tab: 'access', groups: [{ name: 'quant-research', roles: ['manager'] }, { name: 'visitors', roles: [] }], others: ['interns-2026'], mayGroup: true, given: { policy: effectivePolicy([{ group: 'quant-research', policy: { ...NO_POLICY, limits: { on: true, cpus: 4, memory: 34_359_738_368, servers: 3 }, docker: { on: true } } }], { profiles: ['small'], servers: 2 }), titles: new Map() }, roles: ['researcher', 'user'], givable: ['manager', 'researcher'],
  permissions: [
    { scope: 'access:servers', from: [{ role: 'manager', group: 'quant-research', share: null }] },
    { scope: 'access:servers!server=grace/gpu', from: [{ role: null, group: null, share: 'grace/gpu' }] },
    { scope: 'read:servers!user', from: [{ role: 'user', group: null, share: null }] },
    { scope: 'servers!user', from: [{ role: 'researcher', group: null, share: null }] },
    { scope: 'tokens!user', from: [{ role: 'user', group: null, share: null }] },
  ],
};
const credentials: UserPart = {
  tab: 'credentials',
  sessions: [{ id: 's1', browser: 'Firefox on Linux', address: '192.0.2.17', lastSeen: minutesAgo(3), current: false }, { id: 's2', browser: 'Safari on iPhone', address: '198.51.100.4', lastSeen: minutesAgo(2 * DAY), current: false }],
  tokens: [{ id: 't1', note: 'nightly export', scopes: ['servers!user', 'read:users!user'], created: minutesAgo(20 * DAY), lastUsed: minutesAgo(540), expires: minutesAgo(-10 * DAY) }],
};
const log: UserPart = {
  tab: 'log',
  entries: [
    { id: 9, at: minutesAgo(190), kind: 'servers', action: 'server.start', result: 'ok', by: 'ada', byKind: 'self', target: 'server:ada/', address: '192.0.2.17', about: '' },
    { id: 8, at: minutesAgo(195), kind: 'sign-in', action: 'user.sign-in', result: 'denied', by: null, byKind: 'anonymous', target: 'user:ada', address: '203.0.113.9', about: '' },
  ],
};
const removal: UserPart = {
  tab: 'delete', servers: ['', 'gpu'], running: 1, tokens: 1,
  volumes: [{ id: 'v1', purpose: 'home', bytes: 2_100_000_000, binned: false }, { id: 'v2', purpose: 'workspace', bytes: 16_000_000_000, binned: false }, { id: 'v3', purpose: 'cache', bytes: null, binned: false }, { id: 'v4', purpose: 'workspace', bytes: 400_000_000, binned: true }],
};
const text = 'name,admin,groups\nada,no,quant-research\ngrace,maybe,astronomy\nada,no,';

export const peopleExhibits: readonly Exhibit[] = [
  { id: 'users', title: 'Users', viewer: 'admin', page: (shell) => usersPage(shell, list) },
  { id: 'users-search', title: 'Users, nothing found', viewer: 'admin', page: (shell) => usersPage(shell, { ...list, pending: [], pendingTotal: 0, users: [], total: 0, query: { ...list.query, q: 'zzz' }, counts: { active: 0, pending: 0, disabled: 0 } }) },
  { id: 'users-manager', title: 'Users, for somebody who only looks', viewer: 'admin', page: (shell) => usersPage(shell, { ...list, pending: [], pendingTotal: 0, counts: null, groups: null, mayManage: false, total: 5 }) },
  { id: 'users-add', title: 'Add accounts', viewer: 'admin', page: (shell) => addUsersPage(shell, { text: '', plan: null, most: 200, problem: undefined }) },
  { id: 'users-add-wrong', title: 'Add accounts, with mistakes', viewer: 'admin', page: (shell) => addUsersPage(shell, { text, most: 200, problem: undefined, plan: [{ line: 2, name: 'ada', admin: false, groups: ['quant-research'], problems: [] }, { line: 3, name: 'grace', admin: false, groups: ['astronomy'], problems: [shell.t('people.problem.unclear'), shell.t('people.problem.group', { what: 'astronomy' })] }, { line: 4, name: 'ada', admin: false, groups: [], problems: [shell.t('people.problem.twice', { what: 'ada' })] }] }) },
  { id: 'users-add-good', title: 'Add accounts, in order', viewer: 'admin', page: (shell) => addUsersPage(shell, { text: 'ada\ngrace', most: 200, problem: undefined, plan: [{ line: 1, name: 'ada', admin: false, groups: [], problems: [] }, { line: 2, name: 'grace', admin: true, groups: ['quant-research'], problems: [] }] }) },
  { id: 'users-credentials', title: 'Names and passwords', viewer: 'admin', page: (shell) => credentialsPage(shell, { address: 'https://lab.example.org/', users: [{ name: 'ada', password: 'abcd-efgh-jkmn-pqrs', groups: ['quant-research'] }, { name: 'grace', password: 'tuvw-xyz2-3456-789a', groups: [] }] }) },
  { id: 'users-bulk', title: 'Disable several accounts', viewer: 'admin', page: (shell) => bulkPage(shell, { title: shell.t('people.bulk.disable', { count: 3 }), text: shell.t('people.bulkText.disable'), names: ['ada', 'grace', 'linus'], field: 'user', fields: { action: 'disable' }, action: shell.urls.adminUsersBulk, submit: shell.t('people.bulkDo.disable', { count: 3 }), danger: true, back: shell.urls.adminUsers }) },
  { id: 'user', title: 'A user', viewer: 'admin', page: person(ada, profile) },
  { id: 'user-self', title: 'A user, oneself', viewer: 'admin', page: person({ ...ada, name: 'admin', admin: true, self: true }, nothing) },
  { id: 'user-pending', title: 'A user who waits', viewer: 'admin', page: person({ ...ada, name: 'grace', status: 'pending' }, nothing) },
  { id: 'user-access', title: 'A user, groups and permissions', viewer: 'admin', page: person(ada, access) },
  { id: 'user-credentials', title: 'A user, sessions and tokens', viewer: 'admin', page: person(ada, credentials) },
  { id: 'user-log', title: 'A user, activity', viewer: 'admin', page: person(ada, log) },
  { id: 'user-delete', title: 'A user, delete', viewer: 'admin', page: person(ada, removal) },
];
