import { DEFAULT_SERVER, newId, type GroupId, type ServerName } from '../../hub/domain/ids';
import { NO_POLICY } from '../../hub/domain/policy';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { startHub, type TestHub } from '../support/start-hub';
import type { User } from '../../hub/domain/user';

let hub: TestHub;
beforeAll(async () => {
  hub = await startHub({ settings: { server: { named: true, namedLimit: 2 }, profiles: [{ slug: 'small', title: 'Small', image: 'x' }, { slug: 'large', title: 'Large', image: 'x' }] } });
});
afterAll(() => hub.close());

const start = (user: User, name: string = DEFAULT_SERVER) => hub.hub.services.servers.start(hub.hub.services.actors.ofUser(user, 'cookie', 'test'), user, name as ServerName, {}).settled;
const join = (user: User, name: string): GroupId => {
  const id = newId<GroupId>();
  hub.store.groups.create({ id, name, properties: {} });
  hub.store.groups.addMember(id, user.id);
  return id;
};

describe('servers with names', () => {
  test('are added and started in one go, and deleted when they do not run; the volumes stay', async () => {
    const ada = makeUser(hub, 'ada');
    const browser = signedInAs(hub, ada);
    expect((await browser.get('hub/home')).text).toContain('Add a named server');
    const added = await browser.post('hub/servers', { name: 'gpu', profile: 'large' });
    expect([added.status, added.headers['location']]).toEqual([303, '/hub/spawn-pending/ada/gpu']);
    expect(hub.store.servers.find(ada.id, 'gpu' as ServerName)).toMatchObject({ state: { kind: 'ready' }, profile: 'large' });
    expect((await browser.get('hub/home')).text).not.toContain('action="/hub/servers/ada/gpu/remove"');
    await browser.post('hub/stop/ada/gpu');
    expect((await browser.get('hub/home')).text).toContain('action="/hub/servers/ada/gpu/remove"');
    const volumes = hub.store.volumes.listOf(ada.id).length;
    expect((await browser.post('hub/servers/ada/gpu/remove')).headers['location']).toBe('/hub/home');
    expect([hub.store.servers.find(ada.id, 'gpu' as ServerName), hub.store.volumes.listOf(ada.id).length]).toEqual([undefined, volumes]);
  });

  test.each([
    ['no name', '', 400], ['a name that may not be', '../x', 400], ['a name of Jupyter\'s own paths', 'lab', 400], ['a name that is taken', 'one', 409], ['one more than may be', 'three', 400],
  ])('%s is said beside the form, which keeps what was typed', async (_what, name, status) => {
    const user = makeUser(hub, `bea-${Math.random().toString(36).slice(2)}`);
    for (const each of ['one', 'two']) hub.store.servers.ensure(user.id, each as ServerName);
    const answer = await signedInAs(hub, user).post('hub/servers', { name });
    expect([answer.status, answer.text.includes('role="alert"'), answer.text.includes('<details class="add" open')]).toEqual([status, true, true]);
    if (name !== '') expect(answer.text).toContain(`name="name" type="text" required maxlength="64" value="${name}"`);
    expect(hub.store.servers.listOf(user.id)).toHaveLength(2);
  });

  test('D06: somebody else\'s are as unknown as none', async () => {
    const [cid, dan] = [makeUser(hub, 'cid'), makeUser(hub, 'dan')];
    hub.store.servers.ensure(dan.id, 'mine' as ServerName);
    const browser = signedInAs(hub, cid);
    expect([(await browser.post('hub/servers/dan/mine/remove')).status, (await browser.post('hub/servers/nobody/mine/remove')).status]).toEqual([404, 404]);
    expect(hub.store.servers.listOf(dan.id)).toHaveLength(1);
  });

  test('are not offered to somebody who may not start any', async () => {
    const browser = signedInAs(hub, makeUser(hub, 'eve', { researcher: false }));
    expect((await browser.get('hub/home')).text).not.toContain('Add a named server');
    expect((await browser.post('hub/servers', { name: 'x' })).status).toBe(403);
  });
});

describe('what the home page tells', () => {
  test('which groups one is in, what they give, and which of them gives it', async () => {
    const fay = makeUser(hub, 'fay');
    const id = join(fay, 'quants');
    hub.store.policies.put(id, { ...NO_POLICY, limits: { on: true, cpus: 4, memory: null, servers: 0 }, environment: { on: true, variables: { SECRET_KEY: 'quite-secret' } } });
    const { text } = await signedInAs(hub, fay).get('hub/home');
    for (const words of ['<bdi>4 CPUs for each server</bdi>', '<bdi>Any number of servers at a time</bdi>', '<bdi>Variable SECRET_KEY</bdi>', 'from group quants']) expect(text).toContain(words);
    expect(text).not.toContain('quite-secret');
  });

  test('that a server runs with what groups gave before', async () => {
    const gus = makeUser(hub, 'gus');
    join(gus, 'late');
    await start(gus);
    const browser = signedInAs(hub, gus);
    const OUTDATED = 'What your groups give has changed since it started.';
    expect((await browser.get('hub/home')).text).not.toContain(OUTDATED);
    const Authorization = `token ${makeToken(hub, makeUser(hub, 'boss', { admin: true }))}`;
    const set = await createBrowser(hub).raw('put', 'hub/api/groups/late/policy', { Authorization }).set('Content-Type', 'application/json').send(JSON.stringify({ limits: { on: true, cpus: 1 } }));
    expect([set.status, (await browser.get('hub/home')).text.includes(OUTDATED)]).toEqual([200, true]);
  });

  test('sizes of volumes as they were measured, and where the rest is', async () => {
    const hal = makeUser(hub, 'hal');
    await start(hal);
    const volume = hub.store.volumes.listOf(hal.id).find(({ purpose }) => purpose === 'home');
    hub.store.volumes.measured([{ id: volume?.id ?? null, name: '', bytes: 3 * 1024 ** 2 }], new Date());
    const { text } = await signedInAs(hub, hal).get('hub/home');
    expect(text).toMatch(/<dt>Home<\/dt><dd>3\.0 MiB · in use now<\/dd>/);
    expect(text).toContain('href="/hub/volumes"');
  });
});
