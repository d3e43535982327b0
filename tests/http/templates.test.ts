import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import supertest from 'supertest';
import { DEFAULT_SERVER, newId, type GroupId } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { slow } from '../../spawner/fake';
import { makeToken, makeUser } from '../support/factories';
import { createFakeClock } from '../support/fake-clock';
import { signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';

const SHIPPED = path.resolve(__dirname, '../../templates');
let folder: string;
let hub: TestHub;
const open: TestHub[] = [];
const begin = async (more: Parameters<typeof startHub>[0] = {}): Promise<TestHub> => {
  const made = await startHub({ ...more, settings: { server: { named: true }, paths: { templates: folder }, ...more.settings } });
  open.push(made);
  return made;
};
beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'berth-templates-'));
  cpSync(SHIPPED, folder, { recursive: true });
  hub = await begin();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  rmSync(folder, { recursive: true });
});

const tokenOf = (user: User, scopes?: readonly string[]): string => `token ${makeToken(hub, user, scopes)}`;
const ask = (method: 'get' | 'post' | 'delete', url: string, Authorization: string, body?: object) => supertest(hub.origin)[method](`/hub/api/${url}`).set({ Authorization }).send(body);
const filesOf = (user: User): readonly string[] => [...(hub.spawner.workIn(hub.store.servers.ensure(user.id, DEFAULT_SERVER).id)?.files.keys() ?? [])].sort();
const audited = async (action: string): Promise<readonly object[]> => (await hub.hub.services.audit.search(hub.hub.services.actors.local(), { filter: { action }, limit: 10 })).rows;

test('a start brings the template that it asks for, as a copy with its cells; user_options keep the profile and forget the template', async () => {
  const alice = makeUser(hub, 'alice');
  const auth = tokenOf(alice);
  expect((await ask('post', 'users/alice/server', auth, { profile: 'default', template: 'alpha_research' })).status).toBe(201);
  const { files } = hub.spawner.workIn(hub.store.servers.ensure(alice.id, DEFAULT_SERVER).id) ?? { files: new Map<string, unknown>() };
  expect([...files.keys()]).toEqual(['alpha_research.ipynb']);
  expect(files.get('alpha_research.ipynb')).toEqual(JSON.parse(readFileSync(path.join(SHIPPED, 'alpha_research/notebook.ipynb'), 'utf8')));
  expect(hub.store.servers.ensure(alice.id, DEFAULT_SERVER).userOptions).toEqual({ profile: 'default' });
  expect(await audited('server.start')).toEqual([expect.objectContaining({ detail: expect.objectContaining({ template: 'alpha_research' }) as object })]);
  const stages = hub.hub.services.servers.stages(hub.store.servers.ensure(alice.id, DEFAULT_SERVER).id);
  expect(stages.at(-1)).toMatchObject({ kind: 'template', outcome: 'copied', path: 'alpha_research.ipynb' });
  // Once more without a word about it: nothing is brought again.
  await ask('delete', 'users/alice/server', auth);
  expect((await ask('post', 'users/alice/server', auth)).status).toBe(201);
  expect(filesOf(alice)).toEqual([]);
});

test.each([['recreate', 'server/recreate'], ['restart', 'restart-server']])('a %s of a server does not bring its template again', async (_verb, url) => {
  const alice = makeUser(hub, 'alice');
  const auth = tokenOf(alice);
  await ask('post', 'users/alice/server', auth, { user_options: { template: 'first_notebook' } });
  const before = filesOf(alice);
  expect((await ask('post', `users/alice/${url}`, auth)).status).toBe(200);
  expect([before, filesOf(alice).filter((file) => file !== 'first_notebook.ipynb')]).toEqual([['first_notebook.ipynb'], []]);
});

const EVIL = ['../../etc/passwd', 'alpha_research/../x', 'ALPHA_RESEARCH', 'alpha_research\u0000', 'alpha_research ', ' alpha_research', '..', '.', '', '/etc', '_sample', 'alpha_research/notebook.ipynb', 'C:\\x', '%2e%2e', 'alpha%5fresearch', 'a'.repeat(500), '\u202eahpla', '__proto__', 'constructor'];
test.each(EVIL)('L11: %j names no template: 400 on a start and for a copy, and nothing starts; 404 for a preview', async (template) => {
  const alice = makeUser(hub, 'alice');
  const auth = tokenOf(alice);
  const refused = await ask('post', 'users/alice/server', auth, { user_options: { template } });
  expect([refused.status, (refused.body as { message: string }).message]).toEqual([400, expect.stringMatching(/^Invalid template: /)]);
  expect((refused.body as { message: string }).message).not.toMatch(/[\u0000-\u001f\u202e]/);
  expect(hub.spawner.started).toEqual([]);
  await ask('post', 'users/alice/server', auth);
  expect((await ask('post', 'users/alice/server/template', auth, { template })).status).toBe(400);
  expect(filesOf(alice)).toEqual([]);
  if (template !== '' && template !== '.' && template !== '..') expect([404, 400]).toContain((await ask('get', `templates/${encodeURIComponent(template)}`, auth)).status);
});

test('a notebook that goes missing is a warning in the progress and in the log, and the server starts', async () => {
  const alice = makeUser(hub, 'alice');
  unlinkSync(path.join(folder, 'alpha_research/notebook.ipynb'));
  expect((await ask('post', 'users/alice/server', tokenOf(alice), { template: 'alpha_research' })).status).toBe(201);
  const { id } = hub.store.servers.ensure(alice.id, DEFAULT_SERVER);
  expect(hub.hub.services.servers.stages(id).at(-1)).toMatchObject({ kind: 'template', outcome: 'missing', path: null });
  expect(hub.lines).toContainEqual(expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ template: 'alpha_research' }) as object }));
  expect((await ask('post', 'users/alice/server/template', tokenOf(alice), { template: 'alpha_research' })).status).toBe(404);
});

test('copies into a running server never replace anything, also when many are asked for at once', async () => {
  const alice = makeUser(hub, 'alice');
  const auth = tokenOf(alice);
  expect((await ask('post', 'users/alice/server/template', auth, { template: 'backtest_review' })).status).toBe(400);
  await ask('post', 'users/alice/server', auth);
  const work = hub.spawner.workIn(hub.store.servers.ensure(alice.id, DEFAULT_SERVER).id);
  work?.files.set('backtest_review-3.ipynb', 'mine');
  const copies = await Promise.all(Array.from({ length: 5 }, () => ask('post', 'users/alice/server/template', auth, { template: 'backtest_review' })));
  const expected = ['', '-2', '-4', '-5', '-6'].map((n) => `backtest_review${n}.ipynb`);
  expect(copies.map(({ status, body }) => [status, (body as { path: string }).path]).sort()).toEqual(expected.map((file) => [201, file]).sort());
  expect((copies[0]?.body as { url: string }).url).toMatch(/^\/user\/alice\/lab\/tree\/backtest_review/);
  expect(filesOf(alice)).toEqual([...expected, 'backtest_review-3.ipynb'].sort());
  expect(work?.files.get('backtest_review-3.ipynb')).toBe('mine');
  expect(await audited('server.template')).toHaveLength(5);
});

test('a server that does not take the copy is no reason not to start, and 502 for a copy that is asked for', async () => {
  const alice = makeUser(hub, 'alice');
  const auth = tokenOf(alice);
  await ask('post', 'users/alice/server', auth);
  const work = hub.spawner.workIn(hub.store.servers.ensure(alice.id, DEFAULT_SERVER).id);
  if (work !== undefined) work.full = true;
  const copy = await ask('post', 'users/alice/server/template', auth, { template: 'first_notebook' });
  expect([copy.status, (copy.body as { message: string }).message]).toEqual([502, expect.stringContaining('Is there room left')]);
  expect(await audited('server.template')).toEqual([expect.objectContaining({ result: 'failed' })]);
});

test('a template for a group is offered to its members, and nobody else learns of it; administrators see all', async () => {
  const about = { slug: 'alpha_research', title: 'Alpha Research', description: 'x', groups: ['quants'] };
  writeFileSync(path.join(folder, 'alpha_research/template.json'), JSON.stringify(about));
  hub = await begin();
  const [alice, bob, root] = [makeUser(hub, 'alice'), makeUser(hub, 'bob'), makeUser(hub, 'root', { admin: true })];
  const group = newId<GroupId>();
  hub.store.groups.create({ id: group, name: 'quants', properties: {} });
  hub.store.groups.addMember(group, alice.id);
  hub.hub.services.actors.forget();
  const slugs = async (user: User) => ((await ask('get', 'templates', tokenOf(user))).body as readonly { slug: string }[]).map(({ slug }) => slug);
  expect([await slugs(alice), await slugs(bob), await slugs(root)]).toEqual([
    ['alpha_research', 'backtest_review', 'factor_analysis', 'first_notebook'], ['backtest_review', 'factor_analysis', 'first_notebook'], ['alpha_research', 'backtest_review', 'factor_analysis', 'first_notebook'],
  ]);
  const statuses = async (user: User) => [(await ask('get', 'templates/alpha_research', tokenOf(user))).status, (await ask('post', `users/${user.name}/server`, tokenOf(user), { template: 'alpha_research' })).status];
  expect([await statuses(alice), await statuses(bob)]).toEqual([[200, 201], [404, 400]]);
  // An administrator sees it, and may not put it where its owner is not offered it.
  expect((await ask('post', 'users/bob/server', tokenOf(root), { template: 'alpha_research' })).status).toBe(400);
});

test('nobody copies into the server of somebody else without the scope to start it', async () => {
  const [alice, bob, root] = [makeUser(hub, 'alice'), makeUser(hub, 'bob'), makeUser(hub, 'root', { admin: true })];
  await ask('post', 'users/alice/server', tokenOf(alice));
  const status = async (auth: string) => (await ask('post', 'users/alice/server/template', auth, { template: 'first_notebook' })).status;
  expect(await status(tokenOf(bob))).toBe(404);
  expect(await status(tokenOf(alice, ['read:servers!user']))).toBe(403);
  expect(filesOf(alice)).toEqual([]);
  expect(await status(tokenOf(root))).toBe(201);
});

test('an administrator adds a template by dropping a folder, without a restart', async () => {
  const clock = createFakeClock();
  hub = await begin({ clock });
  const auth = tokenOf(makeUser(hub, 'alice'));
  const count = async (): Promise<number> => ((await ask('get', 'templates', auth)).body as readonly object[]).length;
  expect(await count()).toBe(4);
  cpSync(path.join(SHIPPED, 'first_notebook'), path.join(folder, 'own'), { recursive: true });
  writeFileSync(path.join(folder, 'own/template.json'), JSON.stringify({ slug: 'own', title: 'Our own', description: 'From the team' }));
  clock.advance(2_000);
  expect(await count()).toBe(5);
  mkdirSync(path.join(folder, 'broken'));
  clock.advance(2_000);
  expect(await count()).toBe(5);
  expect(hub.lines.filter(({ message }) => message === 'a template cannot be used')).toHaveLength(1);
});

describe('a size', () => {
  const GIB = 1024 ** 3;
  const PROFILES = [{ slug: 'standard', title: 'Standard', image: 'x', limits: { cpus: 2, memory: '8G' } }];

  test('takes less of the profile, more is refused, and it is kept for the next start until another choice is made', async () => {
    hub = await begin({ settings: { profiles: PROFILES } });
    const alice = makeUser(hub, 'alice');
    const auth = tokenOf(alice);
    const limits = () => hub.spawner.started.at(-1)?.profile.limits;
    const more = await ask('post', 'users/alice/server', auth, { user_options: { size: { memory: 9 * GIB } } });
    expect([more.status, (more.body as { message: string }).message]).toEqual([400, 'Memory: from 256 MiB to 8192 MiB in this profile.']);
    expect((await ask('post', 'users/alice/server', auth, { user_options: { size: { cpus: 0.5, memory: 2 * GIB } } })).status).toBe(201);
    expect(limits()).toMatchObject({ cpus: 0.5, memoryBytes: 2 * GIB });
    expect((await ask('post', 'users/alice/server/recreate', auth, { size: { cpus: 1 } })).status).toBe(200);
    expect(limits()).toMatchObject({ cpus: 1, memoryBytes: 8 * GIB });
    await ask('delete', 'users/alice/server', auth);
    await ask('post', 'users/alice/server', auth);
    expect(limits()).toMatchObject({ cpus: 1, memoryBytes: 8 * GIB });
    await ask('delete', 'users/alice/server', auth);
    await ask('post', 'users/alice/server', auth, { profile: 'standard' });
    expect(limits()).toMatchObject({ cpus: 2, memoryBytes: 8 * GIB });
  });

  test('counts as what it is in the memory of the hub: who takes less finds room, and who waits does so for what was asked', async () => {
    hub = await begin({ settings: { profiles: PROFILES, capacity: { memory: '10G' } } });
    const [alice, bob, cyd] = ['alice', 'bob', 'cyd'].map((name) => tokenOf(makeUser(hub, name))) as [string, string, string];
    expect((await ask('post', 'users/alice/server', alice, { size: { memory: 6 * GIB } })).status).toBe(201);
    expect((await ask('post', 'users/bob/server', bob, { size: { memory: 4 * GIB } })).status).toBe(201);
    const waits = ask('post', 'users/cyd/server', cyd, { size: { memory: 4 * GIB } });
    const sent = waits.then(({ status }) => status);
    while (hub.store.servers.queued().length === 0) await new Promise((resolve) => setImmediate(resolve));
    await ask('delete', 'users/bob/server', bob);
    expect(await sent).toBe(201);
    expect(hub.spawner.started.at(-1)?.profile.limits.memoryBytes).toBe(4 * GIB);
  });

  test('is chosen on the page in steps below the profile, and refused beside the form', async () => {
    hub = await begin({ settings: { profiles: PROFILES } });
    const user = makeUser(hub, 'alice');
    const alice = signedInAs(hub, user);
    const page = (await alice.get('hub/launch')).text;
    expect([...page.matchAll(/<option value="([\d.]+)"/g)].map(([, value]) => Number(value))).toEqual([0.5, 1, ...[0.5, 1, 2, 4].map((gib) => gib * GIB)]);
    const refused = await alice.post('hub/spawn/alice', { profile: 'standard', cpus: '64' });
    expect([refused.status, refused.text.includes('CPUs: from 0.1 to 2 in this profile.')]).toEqual([400, true]);
    expect((await alice.post('hub/spawn/alice', { cpus: 'many' })).status).toBe(400);
    await alice.post('hub/spawn/alice', { profile: 'standard', cpus: '1', memory: String(GIB), template: '' });
    expect(hub.spawner.started.map(({ profile }) => profile.limits)).toEqual([expect.objectContaining({ cpus: 1, memoryBytes: GIB })]);

    // The button for the usual means the same again, and says so; the form can give all of it back.
    const stopped = async (): Promise<void> => {
      await alice.post('hub/stop/alice');
      while (hub.store.servers.listOf(user.id)[0]?.state.kind !== 'stopped') await new Promise((resolve) => setImmediate(resolve));
    };
    await stopped();
    const again = (await alice.get('hub/launch')).text;
    expect([again.includes('1 CPU · 1.0 GiB'), again.includes('<option value="1" selected')]).toEqual([true, true]);
    await alice.post('hub/spawn/alice', { profile: 'standard' });
    await stopped();
    await alice.post('hub/spawn/alice', { profile: 'standard', cpus: '', memory: '' });
    expect(hub.spawner.started.slice(1).map(({ profile }) => profile.limits.cpus)).toEqual([1, 2]);
  });
});

describe('the pages', () => {
  test('the launch page offers the usual, profiles and templates; the form starts with the template and ends at the copy', async () => {
    hub = await begin({ settings: { profiles: [{ slug: 'small', title: 'Small', image: 'x' }, { slug: 'open', title: 'Open', image: 'x', outbound: 'open', limits: { memory: '4G' } }] } });
    const alice = signedInAs(hub, makeUser(hub, 'alice'));
    const page = (await alice.get('hub/launch')).text;
    for (const text of ['One click for the usual', 'Starts Small', 'Alpha Research', 'Template for developing alpha signals', 'value="factor_analysis"', '/hub/templates/backtest_review', '4.0 GiB', 'Servers of this profile reach the internet.']) expect(page).toContain(text);
    const sent = await alice.post('hub/spawn/alice', { profile: 'open', template: 'factor_analysis' });
    expect([sent.status, sent.headers['location']]).toEqual([303, '/hub/spawn-pending/alice']);
    const done = await alice.get('hub/spawn-pending/alice');
    expect([done.status, done.headers['location']]).toEqual([302, '/user/alice/lab/tree/factor_analysis.ipynb']);
    const running = (await alice.get('hub/launch')).text;
    expect([running.includes('Your server is running.'), running.includes('name="profile"'), running.includes('Open a copy')]).toEqual([true, false, true]);
    const copied = await alice.post('hub/spawn/alice', { template: 'factor_analysis' });
    expect([copied.status, copied.headers['location']]).toEqual([303, '/user/alice/lab/tree/factor_analysis-2.ipynb']);
  });

  test('an unknown template is said beside the form, which keeps the other choices; nothing starts', async () => {
    const alice = signedInAs(hub, makeUser(hub, 'alice'));
    const refused = await alice.post('hub/spawn/alice', { template: '../../etc/passwd' });
    expect([refused.status, refused.text.includes('Invalid template: ../../etc/passwd'), refused.text.includes('value="alpha_research"')]).toEqual([400, true, true]);
    expect(hub.spawner.started).toEqual([]);
  });

  test('R03: a preview shows words and code of a notebook as text, and no outputs', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    const cells = [{ cell_type: 'markdown', source: `# Hello ${evil} [x](javascript:alert(1))`, metadata: {}, id: 'a' }, { cell_type: 'code', source: `x = "${evil}"`, outputs: [{ output_type: 'display_data', data: { 'text/html': 'SECRET' } }], metadata: {}, id: 'b' }];
    writeFileSync(path.join(folder, 'alpha_research/notebook.ipynb'), JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
    hub = await begin();
    const alice = makeUser(hub, 'alice');
    const { status, text } = await signedInAs(hub, alice).get('hub/templates/alpha_research');
    expect([status, text.includes('<h2>Hello '), text.includes('SECRET'), text.includes('<img src=x'), text.includes('javascript:')]).toEqual([200, true, false, false, false]);
    expect((await signedInAs(hub, alice).get('hub/templates/..%2f..%2fetc')).status).toBeGreaterThanOrEqual(400);
  });

  test('while it starts, the page shows what was gone through, what is to come, its log and a way to cancel', async () => {
    hub = await begin({ behaviour: slow(0, 60_000) });
    const alice = signedInAs(hub, makeUser(hub, 'alice'));
    await alice.post('hub/spawn/alice', { template: 'first_notebook' });
    const { text } = await alice.get('hub/spawn-pending/alice');
    for (const part of ['data-stage="started"', 'class="next"', 'data-after="started"', 'serving /user/alice/', 'action="/hub/stop/alice"', 'Copy log']) expect(text).toContain(part);
    expect((await alice.get('hub/launch')).headers['location']).toBe('/hub/spawn-pending/alice');
    await hub.hub.services.servers.stopAllOf(hub.store.users.byName('alice' as never)?.id as never);
  });

  test('a start that failed names the likely cause and the next step, and is tried again with its template', async () => {
    let fails = true;
    hub = await begin();
    const alice = makeUser(hub, 'alice');
    const begun = hub.spawner.start;
    jest.spyOn(hub.spawner, 'start').mockImplementation(async (...args) => {
      if (fails) throw Object.assign(new Error('x'), { code: 'spawn-failed' });
      return begun(...args);
    });
    const browser = signedInAs(hub, alice);
    const failed = await browser.post('hub/spawn/alice', { template: 'first_notebook' });
    expect([failed.status, failed.text.includes('Likely cause'), failed.text.includes('Next step'), failed.text.includes('href="/hub/launch"')]).toEqual([500, true, true, true]);
    fails = false;
    await browser.post('hub/spawn/alice', {});
    expect(filesOf(alice)).toEqual(['first_notebook.ipynb']);
  });
});
