import { tmpdir } from 'node:os';
import { runCli } from '../../hub/cli/program';
import { createHub } from '../../hub/create-hub';
import { parseConfig } from '../../hub/config';
import { SETTINGS } from '../../hub/config/settings';
import { SETTING_MEANINGS_ZH } from '../../views/i18n/settings';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser, signedInAs, type Browser } from '../support/login';
import { createMemoryLog, startHub, type TestHub } from '../support/start-hub';

interface Row {
  readonly setting: string;
  readonly value: unknown;
  readonly configured: unknown;
  readonly source: string;
  readonly live: boolean;
  readonly changed: { readonly by: string } | null;
}

let hub: TestHub | undefined;
afterEach(async () => {
  for (const user of hub?.store.users.list({ offset: 0, limit: 20 }).users ?? []) await hub?.hub.services.servers.stopAllOf(user.id);
  await hub?.close();
  hub = undefined;
});

/** An administrator, in a browser and over the API. */
async function begin(settings: object = {}): Promise<{ readonly hub: TestHub; readonly root: Browser; readonly api: (method: string, body?: object) => Promise<{ readonly status: number; readonly body: unknown }> }> {
  const started = await startHub({ settings: { ...settings }, overrides: { slowMs: 1 } });
  hub = started;
  const admin = makeUser(started, 'root', { admin: true });
  const secret = makeToken(started, admin);
  const api = async (method: string, body?: object): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(`${started.origin}/hub/api/settings`, { method, headers: { Authorization: `token ${secret}`, 'Content-Type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    return { status: answer.status, body: await answer.json() };
  };
  return { hub: started, root: signedInAs(started, admin), api };
}
const rowOf = (body: unknown, setting: string): Row | undefined => (body as readonly Row[]).find((row) => row.setting === setting);
const audited = (of: TestHub, action: string) => of.store.audit.list({ offset: 0, limit: 50 }).filter((row) => row.action === action).map(({ actor, target, detail }) => ({ actor, target, detail }));

describe('what counts', () => {
  it('R08: is listed with its default and its source, and no secret is in it, on the page or in the API', async () => {
    const { root, api } = await begin({ authenticator: 'dummy', dummy: { password: 'sesame-sesame' }, services: [{ name: 'board', token: 'board-token-0123456789-0123456789' }] });
    const { status, body } = await api('GET');
    expect(status).toBe(200);
    expect(rowOf(body, 'server.cap')).toMatchObject({ value: 5, configured: 5, source: 'default', live: true, changed: null });
    expect(rowOf(body, 'listen.port')).toMatchObject({ live: false });
    const page = (await root.get('hub/admin/settings')).text;
    for (const { path } of SETTINGS.filter((one) => one.path !== 'failPoint')) expect(page).toContain(`<code>${path}</code>`);
    for (const text of [JSON.stringify(body), page]) expect([text.includes('sesame-sesame'), text.includes('board-token')]).toEqual([false, false]);
  });

  it('is searched by name, variable, value and word, and filtered with counts', async () => {
    const { root, api } = await begin();
    await api('PATCH', { set: { 'server.cap': 9 } });
    const shown = async (query: string): Promise<string[]> => [...(await root.get(`hub/admin/settings?${query}`)).text.matchAll(/<li id="([^"]+)">/g)].map(([, id]) => id as string);
    expect(await shown('q=idle+warned')).toEqual([]);
    expect(await shown('q=HUB_SERVER_CAP')).toEqual(['server.cap']);
    expect(await shown('q=named+servers+limit')).toEqual(['server.namedLimit']);
    expect(await shown('show=changed')).toEqual(['server.cap']);
    expect((await root.get('hub/admin/settings')).text).toMatch(/Changed here <span class="count">1</);
    expect((await root.get('hub/admin/settings?q=nosuchword')).text).toContain('No such setting');
  });

  it('has its meaning in Chinese for every setting', () => {
    expect(SETTINGS.map(({ path }) => path).filter((path) => path !== 'failPoint' && SETTING_MEANINGS_ZH[path] === undefined)).toEqual([]);
    expect(Object.keys(SETTING_MEANINGS_ZH).filter((path) => !SETTINGS.some((row) => row.path === path))).toEqual([]);
  });

  it('D04: is for administrators alone, whatever a manager may see otherwise', async () => {
    const { hub: started } = await begin();
    const manager = makeUser(started, 'manager');
    started.store.roles.grant('manager', manager.id);
    for (const user of [manager, makeUser(started, 'alice')]) {
      const browser = signedInAs(started, user);
      expect([(await browser.get('hub/admin/settings')).status, (await browser.post('hub/admin/settings', { setting: 'signup', value: 'open' })).status, (await browser.post('hub/admin/settings/reset', { setting: 'signup' })).status]).toEqual([403, 403, 403]);
      expect((await browser.get('hub/home')).text).not.toContain('/hub/admin/settings');
      const answer = await fetch(`${started.origin}/hub/api/settings`, { method: 'PATCH', headers: { Authorization: `token ${makeToken(started, user)}`, 'Content-Type': 'application/json' }, body: '{"set":{"signup":"open"}}' });
      expect(answer.status).toBe(403);
    }
    expect(started.hub.config.signup).toBe('approval');
  });
});

describe('what changes while the hub runs', () => {
  it('M12: a larger cap lets whoever waits start at once, and a smaller one holds the next', async () => {
    const { hub: started, api } = await begin({ server: { cap: 1 } });
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => makeUser(started, name));
    const kindOf = (user: typeof alice): string | undefined => started.store.servers.listOf((user as NonNullable<typeof alice>).id)[0]?.state.kind;
    for (const user of [alice, bob]) await signedInAs(started, user as NonNullable<typeof alice>).post(`hub/spawn/${user?.name}`);
    expect(kindOf(bob)).toBe('queued');
    expect((await api('PATCH', { set: { 'server.cap': 2 } })).status).toBe(200);
    expect(kindOf(bob)).not.toBe('queued');
    await api('PATCH', { set: { 'server.cap': '1' } });
    await signedInAs(started, carol as NonNullable<typeof alice>).post('hub/spawn/carol');
    expect(kindOf(carol)).toBe('queued');
  });

  it('counts at once for signing up, limits, backups, volumes, the brand and idleness', async () => {
    const { hub: started, root, api } = await begin();
    expect((await signedInAs(started, makeUser(started, 'x')).get('hub/home')).text).toContain('Berth');
    const changed = await api('PATCH', { set: { signup: 'closed', 'brand.name': 'Quay', 'brand.stage': 'TEST', 'backup.every': 0, 'volume.softQuota': '1G', 'server.idleLimit': '30m', 'capacity.userServers': 1, 'users.language': 'zh' } });
    expect(changed.status).toBe(200);
    const visitor = createBrowser(started);
    expect((await visitor.get('hub/signup')).status).toBe(403);
    expect((await visitor.get('hub/login')).text).toMatch(/<html lang="zh-Hans"[^]*· Quay<\/title>[^]*badge stage">TEST/);
    const page = (await root.get('hub/admin/health')).text;
    expect(page).toContain('Hub 不会自动备份');
    expect(started.hub.config).toMatchObject({ server: { idleLimit: 1_800_000, cap: 5 }, capacity: { userServers: 1 }, volume: { softQuota: 1024 ** 3, bin: 604_800_000 } });
    const alice = makeUser(started, 'alice');
    expect(started.hub.services.volumes.report(started.hub.services.actors.ofUser(alice, 'cookie', 'test'), alice).softQuota).toBe(1024 ** 3);
  });

  it('is kept for the next start, and a reset brings back what is configured then', async () => {
    const { hub: started, api } = await begin({ server: { cap: 3 } });
    await api('PATCH', { set: { 'server.cap': 8, 'server.idleLimit': '1h' } });
    const config = parseConfig({ dataDir: 'state2', spawner: 'fake', listen: { port: 0, host: '127.0.0.1' }, server: { cap: 4 } }, `${started.hub.config.dataDir}/..`);
    const again = await createHub(config, createMemoryLog().log, { store: started.store, spawner: started.spawner });
    try {
      expect(again.config.server).toMatchObject({ cap: 8, idleLimit: 3_600_000 });
      const { liveSettings, actors } = again.services;
      liveSettings.change(actors.local(), { reset: ['server.cap'] });
      expect(again.config.server).toMatchObject({ cap: 4, idleLimit: 3_600_000 });
    } finally {
      await again.close();
    }
  });

  it('R02: is written down with who, what it was and what it is', async () => {
    const { hub: started, root, api } = await begin({ server: { idleLimit: '4h' } });
    await api('PATCH', { set: { 'server.idleLimit': '90m' } });
    await root.post('hub/admin/settings/reset', { setting: 'server.idleLimit' });
    expect([...audited(started, 'setting.change'), ...audited(started, 'setting.reset')]).toEqual([
      { actor: 'root', target: 'setting:server.idleLimit', detail: { before: '4h', after: '90m' } },
      { actor: 'root', target: 'setting:server.idleLimit', detail: { before: '90m', after: '4h' } },
    ]);
  });

  it('is all of a request or nothing: a value that is not understood, a setting of the start, one that there is not', async () => {
    const { hub: started, api } = await begin();
    for (const [set, words] of [[{ 'server.idleLimit': 'soon' }, 'expected a duration'], [{ 'listen.port': 9000 }, 'read when the hub starts'], [{ 'server.nothing': 1 }, 'no setting server.nothing'], [{ 'constructor.name': 'x' }, 'no setting'], [{ signup: 'maybe' }, 'expected one of approval']] as const) {
      expect(await api('PATCH', { set: { 'server.cap': 7, ...set } })).toMatchObject({ status: 400, body: { message: expect.stringContaining(words) as string } });
    }
    expect((await api('PATCH', { set: { 'server.cap': 7 }, reset: ['server.cap'] })).status).toBe(400);
    expect([started.hub.config.server.cap, audited(started, 'setting.change'), started.store.settings.list()]).toEqual([5, [], []]);
  });

  it('what an earlier version wrote and this one does not understand is ignored, and said in the log', async () => {
    const { hub: started } = await begin();
    started.store.settings.put('server.cap', { value: 'many', by: 'root', at: new Date() });
    started.store.settings.put('listen.port', { value: 1, by: 'root', at: new Date() });
    const { log, lines } = createMemoryLog();
    const again = await createHub(parseConfig({ dataDir: 'state3', spawner: 'fake', listen: { port: 0, host: '127.0.0.1' } }, `${started.hub.config.dataDir}/..`), log, { store: started.store, spawner: started.spawner });
    expect(again.config.server.cap).toBe(5);
    await again.close();
    expect(lines.filter(({ message }) => message.includes('is not understood any more')).map(({ fields }) => fields['setting'])).toEqual(['server.cap']);
  });

  it('is changed and reset on the page, which says what it was and shows a mistake beside what was typed', async () => {
    const { root } = await begin({ server: { idleLimit: '4h' } });
    const refused = await root.post('hub/admin/settings', { setting: 'server.idleLimit', value: 'soon' });
    expect([refused.status, refused.text]).toEqual([400, expect.stringMatching(/role="alert">server\.idleLimit \(HUB_SERVER_IDLE_LIMIT\): expected a duration[^]*value="soon"/) as string]);
    const saved = await root.post('hub/admin/settings', { setting: 'server.idleLimit', value: '8h' });
    expect([saved.status, saved.headers['location']]).toEqual([303, '/hub/admin/settings?q=server.idleLimit']);
    const page = (await root.get('hub/admin/settings?q=server.idleLimit')).text;
    expect(page).toMatch(/server\.idleLimit counts from now on[^]*changed here<\/span>[^]*<code>8h<\/code>[^]*changed here by root[^]*configured: <code>4h<\/code>/);
    await root.post('hub/admin/settings', { setting: 'server.maxAge', value: '0' });
    await root.post('hub/admin/settings/reset', { setting: 'server.idleLimit' });
    expect((await root.get('hub/admin/settings?show=changed')).text).not.toContain('id="server.idleLimit"');
  });
});

test('berth config changes settings of the running hub, resets them, and shows what was changed', async () => {
  const { hub: started } = await begin();
  const berth = async (...args: string[]): Promise<readonly [code: number, said: string]> => {
    const said: string[] = [];
    const io = { env: { HUB_DATA_DIR: started.hub.config.dataDir }, cwd: tmpdir(), out: (line: string) => void said.push(line), note: (line: string) => void said.push(line), ask: () => Promise.reject(new Error('asked')) };
    return [await runCli(args, io), said.join('\n')];
  };
  expect(await berth('config', 'set', 'server.idleLimit', '8h')).toEqual([0, 'server.idleLimit is 8h now.']);
  expect((await berth('config', 'show'))[1]).toMatch(/server\.idleLimit +8h +changed in the hub by /);
  expect(started.hub.config.server.idleLimit).toBe(8 * 3_600_000);
  expect(await berth('config', 'reset', 'server.idleLimit')).toEqual([0, 'server.idleLimit is 4h now.']);
  const [code, said] = await berth('config', 'set', 'listen.port', '9000');
  expect([code === 0, said.includes('read when the hub starts')]).toEqual([false, true]);
});
