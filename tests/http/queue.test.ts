import path from 'node:path';
import { runCli } from '../../hub/cli/program';
import type { User } from '../../hub/domain/user';
import { makeToken, makeUser } from '../support/factories';
import { signedInAs } from '../support/login';
import type { TestHub } from '../support/start-hub';
import { startWorld, type ApiWorld } from './api-world';

jest.setTimeout(60_000);

interface Place {
  readonly waiting: boolean;
  readonly position: number | null;
  readonly estimate: number | null;
}

let world: ApiWorld;
afterEach(() => world.hub.close());

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

const kindsIn = ({ store }: TestHub): readonly string[] => store.servers.active().map(({ state }) => state.kind);
const count = (hub: TestHub, kind: string): number => kindsIn(hub).filter((one) => one === kind).length;

describe('M11: fifty people start at once on a hub for ten', () => {
  test('ten run, forty wait in line with places of their own, nobody is refused, and pages go on being served', async () => {
    world = await startWorld({ settings: { server: { cap: 10 } }, overrides: { slowMs: 1 } });
    const people = Array.from({ length: 50 }, (_, i) => makeUser(world.hub, `user${i}`));
    const asks = people.map((user) => world.as(user));
    const starts = asks.map((ask, i) => ask('post', `/users/user${i}/server`).then((res) => res.status));
    const page = signedInAs(world.hub, world.alice).get('hub/home').then((res) => res.status);
    const statuses = await Promise.all(starts);
    expect(statuses.every((status) => status === 201 || status === 202)).toBe(true);
    expect(await page).toBe(200);
    await until(() => count(world.hub, 'ready') === 10);
    expect([count(world.hub, 'queued'), kindsIn(world.hub).length]).toEqual([40, 50]);
    const places = await Promise.all(asks.map((ask, i) => ask('get', `/users/user${i}/server/queue`).then((res) => res.body as Place)));
    expect(places.filter(({ waiting }) => waiting).map(({ position }) => position).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    // Stopping all ten at once brings in ten others, and never one more than ten.
    const running = world.hub.store.servers.active().filter(({ state }) => state.kind === 'ready').map(({ owner }) => owner);
    await Promise.all(running.map((owner) => world.hub.hub.services.servers.stopAllOf(owner)));
    await until(() => count(world.hub, 'ready') === 10);
    expect([count(world.hub, 'queued'), kindsIn(world.hub).length]).toEqual([30, 40]);
  });

  test('M12: fifteen that race for ten places never hold more than ten', async () => {
    world = await startWorld({ settings: { server: { cap: 10 } }, overrides: { slowMs: 1 } });
    const people = Array.from({ length: 15 }, (_, i) => makeUser(world.hub, `user${i}`));
    let most = 0;
    const done = Promise.all(people.map((user, i) => world.as(user)('post', `/users/user${i}/server`)));
    await until(() => {
      most = Math.max(most, world.hub.store.servers.countActive());
      return count(world.hub, 'ready') === 10;
    });
    await done;
    expect([most, count(world.hub, 'queued')]).toEqual([10, 5]);
  });
});

describe('a place in the line', () => {
  let people: readonly User[];
  beforeEach(async () => {
    world = await startWorld({ settings: { server: { cap: 1 } }, overrides: { slowMs: 1 } });
    people = ['one', 'two', 'three'].map((name) => makeUser(world.hub, name));
    for (const user of people) await world.as(user)('post', `/users/${user.name}/server`);
    await until(() => count(world.hub, 'ready') === 1);
  });
  const lineNow = (): readonly string[] => world.hub.store.servers.queued().map(({ owner }) => world.hub.store.users.byId(owner)?.name ?? '');
  const [TWO, THREE] = [1, 2];
  const who = (i: number): User => people[i] as User;

  test('is on the pending page and in the progress stream, with an estimate that is honest about not knowing', async () => {
    const page = await signedInAs(world.hub, who(THREE)).get('hub/spawn-pending/three');
    expect(page.text).toContain('Queued, place 2 (nobody can say yet how long)');
    expect(page.text).toContain('There is no room for it now. It starts by itself when its turn comes');
    const { servers, actors } = world.hub.hub.services;
    const stream = await fetch(`${world.hub.origin}/hub/api/users/three/server/progress`, { headers: { Authorization: `token ${makeToken(world.hub, who(THREE))}` } });
    // The first event is on its way before anybody leaves the line.
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('data: ')) text += (await reader?.read())?.value ?? '';
    for (const i of [TWO, THREE]) await servers.stop(actors.local(), who(i), '' as never).settled;
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) text += part.value;
    const said = text.split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
    expect(said[0]).toMatchObject({ stage: 'queued', position: 2, estimate: null, progress: 0, message: 'Queued, place 2 (nobody can say yet how long)' });
    expect(said.at(-1)).toMatchObject({ failed: true, message: 'The start was cancelled.' });
  });

  test('is on the home page and the pending page as the line has it now, also when nobody was told yet', async () => {
    const browser = signedInAs(world.hub, who(THREE));
    const places = async () => [/place <bdi>(\d+)<\/bdi>/.exec((await browser.get('hub/home')).text)?.[1], /Queued, place (\d+)/.exec((await browser.get('hub/spawn-pending/three')).text)?.[1]];
    expect(await places()).toEqual(['2', '2']);
    world.hub.store.queue.jump(world.hub.store.servers.ensure(who(THREE).id, '' as never).id);
    expect(await places()).toEqual(['1', '1']);
  });

  test('is given up by cancelling, and the others move up', async () => {
    expect((await world.as(who(TWO))('delete', '/users/two/server')).status).toBe(204);
    expect((await world.as(who(THREE))('get', '/users/three/server/queue')).body).toMatchObject({ waiting: true, position: 1 });
    expect((await world.as(who(TWO))('get', '/users/two/server/queue')).body).toEqual({ waiting: false, position: null, estimate: null, jumped: false, since: null });
  });

  test('others\' places are for administrators, who may put somebody in front by API, page and command line', async () => {
    expect((await world.as(who(TWO))('get', '/queue')).body).toMatchObject([{ user: 'two', server: '', position: 1, profile: expect.any(String) }]);
    expect((await world.as(who(TWO))('get', '/users/three/server/queue')).status).toBe(404);
    expect((await world.as(who(THREE))('post', '/users/three/server/jump')).status).toBe(403);
    expect((await world.as(world.boss)('post', '/users/three/server/jump')).body).toMatchObject({ waiting: true, position: 1, jumped: true });
    expect(lineNow()).toEqual(['three', 'two']);
    const boss = signedInAs(world.hub, world.boss);
    const page = (await boss.get('hub/admin/queue')).text;
    expect([page.includes('Put in front: two'), page.includes('Put in front: three')]).toEqual([true, false]);
    expect((await boss.post('hub/admin/queue/jump', { user: 'two', server: '' })).status).toBe(303);
    const late = makeUser(world.hub, 'late');
    await world.as(late)('post', '/users/late/server');
    expect(lineNow()).toEqual(['three', 'two', 'late']);
    const out: string[] = [];
    const io = { env: { HUB_DATA_DIR: world.hub.hub.config.dataDir }, cwd: path.dirname(world.hub.hub.config.dataDir), out: (line: string) => void out.push(line), note: (line: string) => void out.push(line), ask: () => Promise.reject(new Error('asked')) };
    expect(await runCli(['queue', '--jump', 'late'], io)).toBe(0);
    expect(out[0]).toBe('late is in front now, and starts as soon as there is room.');
    expect(out.slice(2).map((line) => line.split(/ +/).slice(0, 2))).toEqual([['1', 'three'], ['2', 'two'], ['3', 'late']]);
    expect(world.hub.store.audit.list({ offset: 0, limit: 50 }).filter(({ action }) => action === 'server.jump').map(({ target }) => target)).toEqual(['server:late/', 'server:two/', 'server:three/']);
  });
});

test('limits of users and groups come from the configuration', async () => {
  world = await startWorld({
    settings: {
      server: { cap: 0, named: true, memory: '1G' }, capacity: { userServers: 1 },
      groups: [{ name: 'course', users: ['alice', 'ann'], limits: { memory: '1G' } }, { name: 'staff', users: ['cem'], weight: 5 }],
    }, overrides: { slowMs: 1 },
  });
  const [ann, ben] = [makeUser(world.hub, 'ann'), makeUser(world.hub, 'ben')];
  const course = world.hub.store.groups.byName('course');
  if (course === undefined) throw new Error('no group');
  [world.alice, ann].forEach(({ id }) => world.hub.store.groups.addMember(course.id, id));
  for (const user of [world.alice, ann, ben]) await world.as(user)('post', `/users/${user.name}/server`);
  await until(() => count(world.hub, 'ready') === 2);
  expect(world.hub.store.servers.queued().map(({ owner }) => owner)).toEqual([ann.id]);
  const second = await world.as(ben)('post', '/users/ben/servers/two');
  expect([second.status, second.body]).toEqual([409, { status: 409, message: 'You may have one server running or waiting at a time. Stop it first.' }]);
});
