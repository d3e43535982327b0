import { effectivePolicy, NO_POLICY } from '../../../hub/domain/policy';
import { createUrls } from '../../../hub/urls';
import { translator } from '../../../views/i18n';
import type { Shell } from '../../../views/layout';
import { acceptSharePage } from '../../../views/pages/accept-share';
import { authorizePage } from '../../../views/pages/authorize';
import { auditPage } from '../../../views/pages/audit';
import { errorPage } from '../../../views/pages/confirm';
import { homePage, type HomeModel, type HomeServer } from '../../../views/pages/home';
import { reauthPage, sessionsPage } from '../../../views/pages/sessions';
import { signInPage } from '../../../views/pages/sign-in';
import { launchPage } from '../../../views/pages/launch';
import { failedPage, notRunningPage, pendingPage } from '../../../views/pages/spawn';
import { addUsersPage, credentialsPage } from '../../../views/pages/add-users';
import { bulkPage } from '../../../views/pages/bulk';
import { serversPage } from '../../../views/pages/servers';
import { userPage } from '../../../views/pages/user';
import { usersPage, type UserRow, type UsersModel } from '../../../views/pages/users';
import { renderPage } from '../../../views/render';

const shell: Shell = { lang: 'en', t: translator('en'), theme: 'auto', brand: { name: 'Berth', logo: null, style: null, stage: null }, urls: createUrls('/'), asset: (file) => `/hub/static/${file}?v=1`, xsrf: 'token', viewer: { name: 'alice', admin: false }, flashes: [], here: '/hub/home', path: '/hub/home' };
const EVIL = '"><img src=x onerror=alert(1)>\u202e';
const since = new Date('2026-03-04T05:06:07Z');
const profiles = [{ slug: 'a', title: 'Small', description: '', outbound: 'none' }, { slug: 'b', title: EVIL, description: EVIL, outbound: 'open' }] as const;
const HOME: Omit<HomeModel, 'servers' | 'profiles'> = { user: 'alice', mayStart: true, named: null, groups: [], policy: null, volumes: null, waiting: null, unwell: false, visits: [], shared: [] };
const SERVER: Omit<HomeServer, 'state'> = { name: '', profile: null, idle: null, news: null, usage: null, stage: null, outdated: false };
const which = { user: 'a@b c', server: '', own: true };
const USERS: UsersModel = { pending: [], pendingTotal: 0, users: [], total: 0, offset: 0, limit: 50, query: { q: '', group: '', status: undefined, sort: 'name' }, counts: { active: 0, pending: 0, disabled: 0 }, groups: [], mayManage: true, problem: undefined };
const limits = { cpus: 2, memoryBytes: 8 * 1024 ** 3 };

describe('what others wrote', () => {
  const row: UserRow = { id: 'u1', name: EVIL, status: 'active', admin: false, researcher: true, groups: [EVIL], created: since, lastActivity: null, server: null, self: false };
  const pages = {
    'sign-in': signInPage(shell, { username: EVIL, next: EVIL, problem: EVIL, maySignUp: true }),
    users: usersPage(shell, { ...USERS, pending: [{ id: 'u2', name: EVIL, created: since }, { id: 'u3', name: EVIL, created: since }], pendingTotal: 2, users: [row], total: 1, query: { q: EVIL, group: EVIL, status: 'active', sort: EVIL }, groups: [EVIL], problem: EVIL }),
    user: userPage(shell, { user: { id: 'u1', name: EVIL, status: 'active', admin: false, self: false }, problem: EVIL, part: { tab: 'access', groups: [{ name: EVIL, roles: [EVIL] }], others: [EVIL], mayGroup: true, given: { policy: effectivePolicy([{ group: EVIL, policy: { ...NO_POLICY, docker: { on: true } } }], { profiles: [EVIL], servers: 0 }), titles: new Map() }, roles: [EVIL], givable: [EVIL], permissions: [{ scope: EVIL, from: [{ role: EVIL, group: EVIL, share: null }, { role: null, group: null, share: EVIL }] }] } }),
    addUsers: addUsersPage(shell, { text: EVIL, plan: [{ line: 1, name: EVIL, admin: true, groups: [EVIL], problems: [EVIL] }], most: 200, problem: EVIL }),
    credentials: credentialsPage(shell, { users: [{ name: EVIL, password: EVIL, groups: [EVIL] }], address: EVIL }),
    bulk: bulkPage(shell, { title: EVIL, text: EVIL, names: [EVIL], field: 'user', fields: { action: EVIL }, action: '/hub/x', submit: EVIL, danger: true, back: '/hub/y' }),
    servers: serversPage(shell, { rows: [{ user: EVIL, name: EVIL, state: { kind: 'failed', since, message: EVIL, logTail: [] }, profile: EVIL, usage: null, volumeBytes: null, lastActivity: null, idle: null, own: false, mayStart: true, mayStop: true }], total: 1, offset: 0, limit: 50, query: { user: EVIL, group: EVIL, profile: 'b', state: undefined, sort: EVIL }, counts: { all: 1, running: 0, soon: 0, queued: 0, starting: 0, stopping: 0, failed: 1, stopped: 0 }, profiles, groups: [EVIL], may: { start: true, stop: true, message: true }, most: 500, now: since, problem: EVIL }),
    failed: failedPage(shell, { ...which, message: EVIL, logTail: [EVIL, '</pre><script>'], end: { at: since, cause: 'crashed', exitCode: 1, memory: { peak: 5, limit: null }, logTail: [EVIL] }, mayStart: true, profiles, profile: 'b', next: EVIL }),
    launch: launchPage(shell, { ...which, user: EVIL, own: false, running: false, mayStart: true, live: false, size: {}, templates: [{ slug: 'x', title: EVIL, description: EVIL, groups: [] }], template: 'x', profiles: profiles.map((p) => ({ ...p, limits })), chosen: 'b', options: [[EVIL, EVIL]], next: EVIL, problem: EVIL }),
    sessions: sessionsPage(shell, { title: EVIL, sessions: [{ browser: EVIL, address: EVIL, created: since, lastSeen: since, current: true, end: '/hub/sessions/x/end' }], endAll: '/hub/sessions/end', back: undefined }),
    reauth: reauthPage(shell, { action: '/hub/x', fields: [[EVIL, EVIL]], field: 'reauth-password', problem: EVIL, back: '/hub/home' }),
    audit: auditPage(shell, { rows: [{ id: 1, at: since, actorKind: EVIL, actor: EVIL, actorId: EVIL, via: EVIL, credential: EVIL, address: EVIL, requestId: EVIL, action: EVIL, target: EVIL, result: 'denied', detail: { [EVIL]: EVIL }, prev: '', hash: '' }], next: 1, head: { id: 1, hash: '' }, fields: { q: EVIL, actor: EVIL, action: EVIL, target: EVIL, from: EVIL, until: EVIL }, kind: undefined, range: undefined, counts: { 'sign-in': 1, users: 1, groups: 0, servers: 1, volumes: 0, tokens: 0, shares: 0, refused: 0, hub: 1 }, first: false }),
    error: errorPage(shell, { title: EVIL, message: EVIL, requestId: EVIL, retry: EVIL }),
    authorize: authorizePage(shell, { title: EVIL, scopes: [EVIL, `access:servers!server=${EVIL}`], action: EVIL }),
    'accept-share': acceptSharePage(shell, { owner: EVIL, server: `${EVIL}/`, scopes: [EVIL], code: EVIL, next: EVIL, sameHost: true }),
    home: homePage({ ...shell, viewer: { name: EVIL, admin: true }, flashes: [{ tone: 'ok', text: EVIL, secret: EVIL }] }, {
      ...HOME, user: EVIL, profiles, named: { problem: EVIL, given: EVIL }, groups: [EVIL], policy: effectivePolicy([{ group: EVIL, policy: { ...NO_POLICY, environment: { on: true, variables: { [EVIL]: EVIL } } } }], { profiles: [], servers: 0 }), waiting: 2, unwell: true,
      visits: [{ visitor: EVIL, at: since }], shared: [{ owner: EVIL, name: EVIL, ready: false }], servers: [{ ...SERVER, name: EVIL, state: { kind: 'failed', since, message: EVIL, logTail: [] } }],
    }),
  };

  it.each(Object.entries(pages))('R03: is text on the %s page', (_name, page) => {
    const markup = renderPage(page);
    expect(markup).toContain('&lt;img');
    expect(markup).not.toContain('<img src=x');
    expect(markup).not.toContain('</pre><script>');
    // What is downloaded from the page itself is plain text, and nothing else.
    expect(markup).not.toMatch(/href="(?![/#]|data:text\/plain;charset=utf-8,[\w%.!~*'()-]*")/);
  });
});

describe('the home page', () => {
  const model = (state: HomeModel['servers'][number]['state'], mayStart = true): string =>
    renderPage(homePage(shell, { ...HOME, profiles: profiles.slice(0, 1), mayStart, servers: [{ ...SERVER, state }] }));
  const handle = { spawner: 'fake', id: '1' };

  it.each([
    ['running', model({ kind: 'ready', since, handle, origin: 'http://x' }), ['href="/user/alice/"', 'action="/hub/stop/alice"'], ['action="/hub/spawn/alice"']],
    ['stopped', model({ kind: 'stopped', since: null, reason: null }), ['action="/hub/spawn/alice"'], ['href="/user/alice/"', 'action="/hub/stop/alice"']],
    ['starting', model({ kind: 'starting', since, handle: null }), ['href="/hub/spawn-pending/alice"', 'action="/hub/stop/alice"'], ['action="/hub/spawn/alice"']],
    ['stopping', model({ kind: 'stopping', since, handle, error: null }), [], ['action="/hub/s']],
    ['stuck', model({ kind: 'stopping', since, handle, error: 'It does not end.' }), ['does not stop', 'It does not end.', 'action="/hub/stop/alice"'], []],
    ['stopped for somebody who may not launch', model({ kind: 'stopped', since: null, reason: 'idle' }, false), ['Ended: idle', 'may not start servers'], ['action="/hub/spawn/alice"']],
  ])('offers what can be done with a server that is %s', (_what, markup, wanted, unwanted) => {
    for (const text of wanted) expect(markup).toContain(text);
    for (const text of unwanted) expect(markup).not.toContain(text);
  });

  it('says since when, in a form that machines read', () => {
    expect(model({ kind: 'ready', since, handle, origin: 'http://x' })).toContain('<time datetime="2026-03-04T05:06:07.000Z">');
  });
});

describe('a profile that reaches the internet', () => {
  const open = [{ slug: 'b', title: 'Big', description: '', outbound: 'open' }] as const;
  const small = [{ slug: 'a', title: 'Small', description: '', outbound: 'none' }] as const;
  const form = (list: readonly (typeof open | typeof small)[number][]): string => renderPage(launchPage(shell, { ...which, running: false, mayStart: true, live: false, size: {}, templates: [], template: null, profiles: list.map((p) => ({ ...p, limits })), chosen: 'a', options: [], next: undefined, problem: undefined }));
  const stopped = (list: readonly (typeof open | typeof small)[number][]): string => renderPage(notRunningPage(shell, { ...which, reason: null, end: null, mayStart: true, profiles: list, profile: null, next: undefined }));
  const home = (profile: string, kind: 'ready' | 'stopped'): string => {
    const state = kind === 'ready' ? ({ kind, since, handle: { spawner: 'fake', id: '1' }, origin: 'http://x' } as const) : ({ kind, since, reason: null } as const);
    return renderPage(homePage(shell, { ...HOME, profiles: [...small, ...open], servers: [{ ...SERVER, state, profile }] }));
  };
  const SERVERS = 'Servers of this profile reach the internet.';

  it('is named beside its choice, and alone where there is no other', () => {
    expect(form([...small, ...open])).toMatch(new RegExp(`Big</strong>.*${SERVERS}`));
    expect(form([...small, ...open])).not.toMatch(new RegExp(`${SERVERS}.*Big</strong>`));
    expect([form(open), stopped(open)].map((page) => page.includes(SERVERS))).toEqual([true, true]);
    expect(stopped([...small, ...open])).toContain('>Big (reaches the internet)</option>');
    expect([form(small), stopped(small)].map((page) => page.includes('reach'))).toEqual([false, false]);
  });

  it('is named on the home page as long as a server of it runs', () => {
    const shown = (page: string): boolean => page.includes('This server reaches the internet.');
    expect([home('b', 'ready'), home('a', 'ready'), home('b', 'stopped')].map(shown)).toEqual([true, false, false]);
  });
});

describe('the navigation', () => {
  const at = (path: string): readonly string[] =>
    [...renderPage(sessionsPage({ ...shell, path, viewer: { name: 'root', admin: true, auditor: true } }, { title: 'x', sessions: [], endAll: '/x', back: undefined })).matchAll(/<a href="([^"]+)" aria-current="([a-z]+)"/g)].map(([, href, how]) => `${href} ${how}`);

  it('marks the page that one is on, or the one that it belongs to', () => {
    expect(at('/hub/home')).toEqual(['/hub/home page']);
    expect(at('/hub/admin/users/u1/sessions')).toEqual(['/hub/admin/users true']);
    expect(at('/hub/spawn')).toEqual([]);
  });
});

describe('every page', () => {
  const all = [
    signInPage(shell, { username: '', next: undefined, problem: undefined, maySignUp: true }),
    pendingPage(shell, { ...which, stages: [{ kind: 'pulling', at: since, image: 'x', receivedBytes: 1024, totalBytes: 2048 }], percent: 10, progressUrl: '/p', log: null, next: undefined }),
    notRunningPage(shell, { ...which, reason: null, end: null, mayStart: true, profiles, profile: null, next: '/user/x' }),
    usersPage(shell, USERS),
  ].map((page) => renderPage(page));

  it.each(all)('has a language, one heading, a skip link, labels, and a token in each form that posts', (markup) => {
    expect(markup).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(markup.match(/<h1>/g)).toHaveLength(1);
    expect(markup).toContain('href="#main"');
    for (const id of [...markup.matchAll(/<(?:input|select|progress)(?![^>]*type="(?:hidden|radio|checkbox)")[^>]* id="([^"]+)"/g)].map((m) => m[1])) expect(markup).toContain(`for="${id}"`);
    for (const form of markup.match(/<form method="post".*?<\/form>/gs) ?? []) expect(form).toContain('name="_xsrf" value="token"');
  });

  it('announces progress and reloads itself where scripts are off', () => {
    expect(all[1]).toContain('aria-live="polite"');
    expect(all[1]).toContain('<noscript><meta http-equiv="refresh" content="3"/></noscript>');
    expect(all[1]).toContain('Downloading the image x: 1.0 KiB of 2.0 KiB');
  });
});

describe('what somebody is asked to agree to', () => {
  it('is in words, with the scope itself beside them', () => {
    const html = renderPage(authorizePage(shell, { title: 'board', scopes: ['access:servers!server=mei/', 'custom:board:read'], action: '/x' }));
    expect(html).toContain('<li>Open servers, with the files and the running code in them <code>access:servers!server=mei/</code></li>');
    expect(html).toContain('<li><code>custom:board:read</code></li>');
  });
});

test('whoever watches somebody else\'s server start is told whose it is, and not that it is theirs', () => {
  const titleOf = (own: boolean, server: string): string | undefined =>
    /<h1>(.*?)<\/h1>/.exec(renderPage(pendingPage(shell, { user: 'alice', server, own, stages: [], percent: 0, progressUrl: '', log: null, next: undefined })))?.[1];
  expect([titleOf(true, ''), titleOf(true, 'gpu'), titleOf(false, ''), titleOf(false, 'gpu')]).toEqual(['Your server is starting', 'Server gpu is starting', 'Server alice is starting', 'Server alice/gpu is starting']);
});
