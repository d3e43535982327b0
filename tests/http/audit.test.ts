import { verifyChain } from '../../hub/store/audit-chain';
import type { AuditRow } from '../../hub/domain/audit';
import type { User } from '../../hub/domain/user';
import { makeToken, makeUser, makeUserWithPassword, PASSWORD } from '../support/factories';
import { createBrowser, signedInAs, signIn, type Browser } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

const onHub = (work: (hub: TestHub, boss: User, browser: Browser) => Promise<void>) => async (): Promise<void> => {
  const hub = await startHub();
  try {
    const boss = makeUser(hub, 'boss', { admin: true });
    await work(hub, boss, signedInAs(hub, boss));
    expect(verifyChain(hub.store.audit)).toMatchObject({ ok: true });
  } finally {
    for (const user of hub.store.users.list({ offset: 0, limit: 10 }).users) await hub.hub.services.servers.stopAllOf(user.id);
    await hub.close();
  }
};
const entries = (hub: TestHub, action?: string): readonly AuditRow[] => hub.store.audit.list({ offset: 0, limit: 500 }).filter((row) => action === undefined || row.action === action);
const append = (hub: TestHub, change: Partial<AuditRow>): void => void hub.store.audit.append({
  at: new Date(), actorKind: 'user', actor: 'x', actorId: '', via: '', credential: '', address: '', requestId: '', action: 'x', target: '', result: 'ok', detail: {}, ...change,
});

describe('R02: what happens on the hub is written down, with where it came from', () => {
  it('signing in, failing to, and signing out', onHub(async (hub) => {
    await makeUserWithPassword(hub, 'alice');
    const browser = createBrowser(hub);
    await signIn(browser, 'alice', 'wrong password');
    const entered = await signIn(browser, 'alice', PASSWORD);
    await browser.post('hub/logout');
    const [out, ok, denied] = entries(hub);
    expect(denied).toMatchObject({ action: 'user.sign-in', actorKind: 'anonymous', target: 'user:alice', result: 'denied', address: '127.0.0.1', detail: { code: 'forbidden' } });
    expect(ok).toMatchObject({ action: 'user.sign-in', actorKind: 'user', actor: 'alice', result: 'ok', requestId: entered.headers['x-request-id'] });
    expect(out).toMatchObject({ action: 'user.sign-out', actor: 'alice', via: 'cookie', credential: ok?.credential });
  }));

  it('what an administrator does by page and by token, with the id of the credential', onHub(async (hub, boss, browser) => {
    const alice = makeUser(hub, 'alice');
    await browser.post(`hub/admin/users/${alice.id}/researcher-off`);
    const session = hub.store.sessions.listOf(boss.id)[0];
    expect(entries(hub)[0]).toMatchObject({ action: 'user.unmake-researcher', actor: 'boss', via: 'cookie', credential: session?.id, target: 'user:alice', address: '127.0.0.1' });
    const secret = makeToken(hub, boss);
    const made = await createBrowser(hub).raw('post', 'hub/api/users/carol', { Authorization: `token ${secret}` });
    expect(made.status).toBe(201);
    const token = hub.store.tokens.listOf(boss.id)[0];
    expect(entries(hub, 'user.create')[0]).toMatchObject({ actor: 'boss', via: 'token', credential: token?.id, target: 'user:carol', requestId: made.headers['x-request-id'] });
  }));

  it('starting and stopping somebody else\'s server', onHub(async (hub, _boss, browser) => {
    makeUser(hub, 'alice');
    const asked = await browser.post('hub/spawn/alice');
    await browser.post('hub/stop/alice');
    expect(entries(hub, 'server.start')[0]).toMatchObject({ actor: 'boss', target: 'server:alice/', address: '127.0.0.1', requestId: asked.headers['x-request-id'] });
    expect(entries(hub, 'server.stop')[0]).toMatchObject({ actor: 'boss', target: 'server:alice/', address: '127.0.0.1' });
  }));

  it('requests that wait at the same time, with one credential, each with its own id', onHub(async (hub, boss) => {
    const headers = { Authorization: `token ${makeToken(hub, boss)}` };
    const names = Array.from({ length: 5 }, (_, n) => `at-once-${n}`);
    const answers = await Promise.all(names.map((name) => createBrowser(hub).raw('post', `hub/api/users/${name}`, headers)));
    const written = entries(hub, 'user.create').map(({ target, requestId }) => [target, requestId]);
    expect(written.sort()).toEqual(names.map((name, n) => [`user:${name}`, answers[n]?.headers['x-request-id']]));
  }));

  it('R02: what somebody who is signed in was denied, once each', onHub(async (hub, boss) => {
    const alice = makeUser(hub, 'alice');
    const browser = signedInAs(hub, alice);
    const refused = await browser.post(`hub/admin/users/${boss.id}/delete`, { volumes: 'remove' });
    expect(refused.status).toBe(403);
    const byToken = await createBrowser(hub).raw('post', 'hub/api/users/mallory', { Authorization: `token ${makeToken(hub, alice)}` });
    expect(byToken.status).toBe(403);
    expect(entries(hub, 'request.denied').map((row) => [row.actor, row.via, row.target, row.result])).toEqual([
      ['alice', 'token', 'POST /hub/api/users/mallory', 'denied'],
      ['alice', 'cookie', `POST /hub/admin/users/${boss.id}/delete`, 'denied'],
    ]);
    await browser.get('hub/admin/users');
    expect(entries(hub, 'request.denied')).toHaveLength(2);
  }));

  it('R02: a form that was refused with a sentence on it is a denial too', onHub(async (hub) => {
    const alice = makeUser(hub, 'alice');
    hub.store.users.setPasswordHash(alice.id, 'not a hash');
    const refused = await signedInAs(hub, alice).post('hub/password', { current: 'wrong', password: PASSWORD, repeat: PASSWORD });
    expect(refused.status).toBe(403);
    expect(entries(hub, 'request.denied')).toMatchObject([{ actor: 'alice', target: 'POST /hub/password' }]);
  }));
});

describe('the audit page', () => {
  it('is for administrators alone', onHub(async (hub) => {
    const manager = makeUser(hub, 'manager');
    hub.store.roles.grant('manager', manager.id);
    for (const browser of [signedInAs(hub, manager), signedInAs(hub, makeUser(hub, 'alice'))]) {
      expect((await browser.get('hub/admin/audit')).status).toBe(403);
      expect((await browser.post('hub/admin/audit/export', { format: 'csv' })).status).toBe(403);
      expect((await browser.get('hub/home')).text).not.toContain('/hub/admin/audit');
    }
    expect((await createBrowser(hub).get('hub/admin/audit')).headers['location']).toContain('/hub/login');
    expect(entries(hub, 'audit.export')).toEqual([]);
  }));

  it('shows the newest entries first, page by page, and is linked from every page', onHub(async (hub, _boss, browser) => {
    for (let n = 1; n <= 60; n++) append(hub, { target: `user:u${n}.` });
    expect((await browser.get('hub/home')).text).toContain('href="/hub/admin/audit"');
    const first = (await browser.get('hub/admin/audit')).text;
    expect(first).toContain('user:u60.');
    expect(first).not.toContain('user:u10.');
    expect(first).toContain(`60:${hub.store.audit.ends().head.hash}`);
    const older = /rel="next" href="([^"]+)"/.exec(first)?.[1] ?? '';
    const second = (await browser.get(older.slice(1).replaceAll('&amp;', '&'))).text;
    expect(second).toContain('user:u10.');
    expect(second).not.toContain('user:u11.');
    expect(second).not.toContain('rel="next"');
  }));

  it('filters by who, what, whom and day, the last day included', onHub(async (hub, _boss, browser) => {
    append(hub, { actor: 'dora', action: 'user.disable', target: 'user:old', at: new Date('2030-01-01T23:00:00Z') });
    append(hub, { actor: 'eve', action: 'user.enable', target: 'user:new', at: new Date('2030-01-02T01:00:00Z') });
    const shown = async (query: string): Promise<readonly boolean[]> => {
      const { text } = await browser.get(`hub/admin/audit?${query}`);
      return [text.includes('user:old'), text.includes('user:new')];
    };
    expect(await shown('')).toEqual([true, true]);
    expect(await shown('actor=DORA')).toEqual([true, false]);
    expect(await shown('action=enable')).toEqual([false, true]);
    expect(await shown('target=nothing')).toEqual([false, false]);
    expect(await shown('until=2030-01-01')).toEqual([true, false]);
    expect(await shown('from=2030-01-02')).toEqual([false, true]);
    expect(await shown('from=nonsense&before=-1')).toEqual([true, true]);
  }));

  it('says what was done in words, and counts the kinds of a range of days, pruned entries left out', onHub(async (hub, _boss, browser) => {
    append(hub, { actor: 'dora', actorKind: 'user', action: 'user.disable', target: 'user:old', at: new Date('2020-01-01T23:00:00Z') });
    append(hub, { actor: 'dora', actorKind: 'user', action: 'user.sign-in', target: 'user:dora' });
    append(hub, { actor: 'hub', actorKind: 'hub', action: 'isolation.repaired', target: 'hub' });
    append(hub, { actor: 'dora', actorKind: 'user', action: 'server.start', target: 'server:dora/' });
    const pills = async (query: string): Promise<string[]> => [...(await browser.get(`hub/admin/audit${query}`)).text.matchAll(/">([^<]+) <span class="count">(\d+)</g)].map(([, name, n]) => `${name} ${n}`);
    expect(await pills('')).toEqual(['Everything 4', 'Sign-in 1', 'Users 1', 'Servers 1', 'Hub 1']);
    expect(await pills('?range=30d')).toEqual(['Everything 3', 'Sign-in 1', 'Servers 1', 'Hub 1']);
    const users = (await browser.get('hub/admin/audit?kind=users')).text;
    expect(users).toMatch(/Disabled the account: <bdi>old<\/bdi>/);
    expect(users).not.toContain('server:dora/');
    expect((await browser.get('hub/admin/audit?q=REPAIR')).text).toMatch(/The hub<\/bdi>[^]*Put the rules of the firewall back/);
    hub.store.audit.prune(new Date('2021-01-01T00:00:00Z'), 100);
    expect(await pills('')).toEqual(['Everything 3', 'Sign-in 1', 'Servers 1', 'Hub 1']);
  }));

  it('R01: the API finds the same, for administrators alone', onHub(async (hub, boss) => {
    append(hub, { actor: 'dora', action: 'user.disable', target: 'user:old', at: new Date('2030-01-01T23:00:00Z') });
    const ask = async (user: User, query: string) => {
      const answer = await fetch(`${hub.origin}/hub/api/audit?${query}`, { headers: { Authorization: `token ${makeToken(hub, user)}` } });
      return { status: answer.status, body: (await answer.json()) as { entries?: { target: string }[]; counts?: Record<string, number> } };
    };
    expect(await ask(boss, 'kind=users&from=2030-01-01T00:00:00Z&q=dora')).toMatchObject({ status: 200, body: { entries: [{ target: 'user:old', action: 'user.disable' }], counts: { users: 1 }, next: null } });
    expect((await ask(boss, 'kind=nonsense')).status).toBe(400);
    const manager = makeUser(hub, 'manager');
    hub.store.roles.grant('manager', manager.id);
    expect([(await ask(manager, '')).status, (await ask(makeUser(hub, 'alice'), '')).status]).toEqual([403, 403]);
  }));

  it('R03: what is in the log is text, whatever it says', onHub(async (hub, _boss, browser) => {
    append(hub, { actor: '<img src=x onerror=alert(1)>', action: 'javascript:alert(1)', target: '\u202egnp.exe\u0000\r\n', address: '"><script>', detail: { note: '<svg onload=alert(1)>\u2066' } });
    const { text } = await browser.get('hub/admin/audit');
    expect(text).toContain('&lt;img src=x onerror=alert(1)');
    expect(text).toContain('gnp.exe');
    expect(text).not.toMatch(/<img (?!src="\/hub\/static\/icon\.svg)|<svg|"><script>|href="javascript/);
     
    expect(text).not.toMatch(/[\u0000\u202e\u2066\u2028]/);
  }));

  it('R02: no method and no path of the hub changes or removes an entry', onHub(async (hub, boss, browser) => {
    append(hub, { target: 'user:kept' });
    for (const method of ['put', 'patch', 'delete', 'post'] as const) for (const path of ['hub/admin/audit', 'hub/admin/audit/1', 'hub/api/audit', 'hub/api/audit/1']) {
      expect([403, 404, 405]).toContain((await browser.raw(method, path, { Origin: hub.origin })).status);
      expect([403, 404, 405]).toContain((await createBrowser(hub).raw(method, path, { Authorization: `token ${makeToken(hub, boss)}` })).status);
    }
    expect(entries(hub).some((row) => row.target === 'user:kept')).toBe(true);
  }));

  it('R04: the CSV has every entry, no formula, and is an attachment', onHub(async (hub, _boss, browser) => {
    append(hub, { actor: '=cmd()', target: '+user', detail: { note: '=1' } });
    const res = await browser.post('hub/admin/audit/export', { format: 'csv' });
    expect([res.status, res.headers['content-type'], res.headers['content-disposition']]).toEqual([200, 'text/csv; charset=utf-8', 'attachment; filename="audit.csv"']);
    const lines = res.text.trim().split('\r\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('"\'=cmd()","","","","","","x","\'+user"');
  }));

  it('R02: an export is written down before it is sent, also when nobody waits for it', onHub(async (hub, _boss, browser) => {
    append(hub, { target: 'user:one' });
    append(hub, { target: 'user:two', at: new Date('2031-05-05T00:00:00Z') });
    const res = await browser.post('hub/admin/audit/export', { format: 'jsonl', from: '2031-01-01' });
    expect(res.text.trim().split('\n').map((line) => (JSON.parse(line) as AuditRow).target)).toEqual(['user:two']);
    expect(entries(hub, 'audit.export')).toMatchObject([{ actor: 'boss', via: 'cookie', detail: { format: 'jsonl', from: '2031-01-01T00:00:00.000Z' } }]);
    expect((await browser.post('hub/admin/audit/export', { format: 'exe' })).status).toBe(400);
    expect((await browser.get('hub/admin/audit/export')).status).toBe(404);
    expect(entries(hub, 'audit.export')).toHaveLength(1);
  }));

  it('R02: a program exports it too, and that is written down as well', onHub(async (hub, boss) => {
    append(hub, { target: 'user:one' });
    append(hub, { target: 'user:two', at: new Date('2031-05-05T00:00:00Z') });
    const ask = (body: object) => createBrowser(hub).raw('post', 'hub/api/audit/export', { Authorization: `token ${makeToken(hub, boss)}`, 'Content-Type': 'application/json' }).buffer(true).send(JSON.stringify(body));
    const res = await ask({ format: 'jsonl', from: '2031-01-01T00:00:00Z' });
    expect([res.status, res.headers['content-disposition']]).toEqual([200, 'attachment; filename="audit.jsonl"']);
    expect(res.text.trim().split('\n').map((line) => (JSON.parse(line) as AuditRow).target)).toEqual(['user:two']);
    expect(entries(hub, 'audit.export')).toMatchObject([{ actor: 'boss', via: 'token', detail: { format: 'jsonl' } }]);
    expect((await ask({ format: 'exe' })).status).toBe(400);
    expect((await ask({ format: 'csv' })).text).toMatch(/^id,/);
  }));

  it('a long log arrives complete', onHub(async (hub, _boss, browser) => {
    hub.store.transaction(() => {
      for (let n = 1; n <= 2500; n++) append(hub, { target: `user:u${n}`, detail: { text: 'x'.repeat(300) } });
    });
    const res = await browser.post('hub/admin/audit/export', { format: 'jsonl' });
    expect(res.text.trim().split('\n')).toHaveLength(2500);
  }));
});
