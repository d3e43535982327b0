import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runCli } from '../../hub/cli/program';
import type { SpawnRequest } from '../../spawner/spawner';
import type { User } from '../../hub/domain/user';
import { makeUser } from '../support/factories';
import { lacking, refused, seen, startWorld, type ApiWorld, type Ask } from './api-world';

const GB = 1024 ** 3;
const PROFILES = [{ slug: 'default', title: 'Usual' }, { slug: 'large', title: 'Large' }];

let world: ApiWorld;
let boss: Ask;
const begin = async (settings: Readonly<Record<string, unknown>> = {}, slowMs = 5_000): Promise<void> => {
  world = await startWorld({ settings: { profiles: PROFILES, builtInGroups: ['docker-privileged'], policy: { mounts: ['/srv/projects'] }, server: { idleLimit: '4h', cap: 0 }, ...settings }, overrides: { slowMs } });
  boss = world.as(world.boss);
};
afterEach(() => world.hub.close());

const group = async (name: string, users: readonly string[], policy?: object): Promise<void> => {
  if (world.hub.store.groups.byName(name) === undefined) expect((await boss('post', `/groups/${name}`)).status).toBe(201);
  if (users.length > 0) expect((await boss('post', `/groups/${name}/users`, { users })).status).toBe(200);
  if (policy !== undefined) expect(await boss('put', `/groups/${name}/policy`, policy).then(({ status, body }) => [status, (body as { message?: string }).message])).toEqual([200, undefined]);
};
/** The start may still be on its way when the answer comes. */
const start = async (user: User, body?: object): Promise<SpawnRequest> => {
  const before = world.hub.spawner.started.length;
  const res = await world.as(user)('post', `/users/${user.name}/server`, body);
  expect([201, 202]).toContain(res.status);
  while (world.hub.spawner.started.length === before) await new Promise((resolve) => setImmediate(resolve));
  const request = world.hub.spawner.started.at(-1);
  if (request === undefined) throw new Error('nothing was started');
  return request;
};
const stop = async (user: User): Promise<void> => void expect((await world.as(user)('delete', `/users/${user.name}/server`)).status).toBe(204);
const actions = (action: string): readonly { readonly target: string; readonly detail: Readonly<Record<string, unknown>> }[] => world.hub.store.audit.list({ offset: 0, limit: 200 }).filter((row) => row.action === action);

describe('what a policy gives arrives in the server', () => {
  test('limits, variables, mounts, network and idle time of a member, and of nobody else', async () => {
    await begin();
    const bob = makeUser(world.hub, 'bob');
    await group('quant', ['alice'], {
      limits: { on: true, cpus: 8, memory: 32 * GB }, environment: { on: true, variables: { DESK: 'quant' } }, network: { on: true }, idle: { on: true, idle_limit: 60 },
      mounts: { on: true, folders: [{ source: '/srv/projects/q', target: '/mnt/q' }] },
    });
    const [mine, theirs] = [await start(world.alice), await start(bob)];
    expect(mine).toMatchObject({ outbound: 'open', mounts: [{ source: '/srv/projects/q', target: '/mnt/q', writable: false }], profile: { limits: { cpus: 8, memoryBytes: 32 * GB } } });
    expect([mine.env['DESK'], theirs.env['DESK'], theirs.outbound, theirs.mounts, theirs.profile.limits.cpus]).toEqual(['quant', undefined, 'none', undefined, 2]);
    const limitOf = async (user: User): Promise<unknown> => ((await world.as(user)('get', `/users/${user.name}/server/idleness`)).body);
    expect([JSON.stringify(await limitOf(world.alice)), JSON.stringify(await limitOf(bob))]).toEqual([expect.stringContaining('group:quant'), expect.stringContaining('setting')]);
  });

  test('a section that is off grants nothing and keeps what it says', async () => {
    await begin();
    await group('quant', ['alice'], { environment: { on: false, variables: { DESK: 'quant' } } });
    expect((await start(world.alice)).env['DESK']).toBeUndefined();
    expect((await boss('get', '/groups/quant/policy')).body).toMatchObject({ environment: { on: false, variables: { DESK: 'quant' } } });
  });

  test('a profile that a group names is open to its members alone', async () => {
    await begin();
    const bob = makeUser(world.hub, 'bob');
    await group('quant', ['alice'], { profiles: { on: true, allowed: ['large'] } });
    expect((await start(world.alice, { profile: 'large' })).profile.slug).toBe('large');
    const refusal = await world.as(bob)('post', '/users/bob/server', { profile: 'large' });
    expect([refusal.status, refusal.body]).toEqual([400, expect.objectContaining({ message: 'There is no such profile.' })]);
    expect((await start(bob)).profile.slug).toBe('default');
  });

  test('who has no profile at all is told why', async () => {
    await begin();
    await group('quant', [], { profiles: { on: true, allowed: ['large', 'default'] } });
    expect(await seen(world.as(world.alice)('post', '/users/alice/server'))).toEqual(refused(403, 'No profile is open to you: each belongs to a group that you are not in. Ask an administrator.'));
  });

  test('priority decides about variables, and changes with the order', async () => {
    await begin();
    await group('one', ['alice'], { environment: { on: true, variables: { DESK: 'one' } } });
    await group('two', ['alice'], { environment: { on: true, variables: { DESK: 'two' } } });
    expect((await start(world.alice)).env['DESK']).toBe('one');
    await stop(world.alice);
    expect((await boss('put', '/group-policies/order', { groups: ['two'] })).body).toEqual({ groups: ['two', 'docker-privileged', 'one'] });
    expect((await start(world.alice)).env['DESK']).toBe('two');
    expect(await seen(boss('put', '/group-policies/order', { groups: ['none'] }))).toEqual(refused(400, 'No such group: none'));
  });

  test('limits of a group count for the room: servers of a member, and what they take of the hub', async () => {
    await begin({ server: { named: true }, capacity: { memory: '40G', userServers: 1 } }, 50);
    await group('quant', ['alice'], { limits: { on: true, memory: 30 * GB, servers: 2 } });
    await start(world.alice);
    const second = await world.as(world.alice)('post', '/users/alice/servers/two');
    // Allowed by number, but 60 GB are more than the hub gives: it waits.
    expect([second.status, world.hub.store.servers.queued().map(({ name }) => name)]).toEqual([202, ['two']]);
    expect((await world.as(world.alice)('post', '/users/alice/servers/three')).status).toBe(409);
  });
});

describe('J21: docker-privileged', () => {
  test('J21: members get the socket at their next start, with an audit entry and warnings; nobody else does', async () => {
    await begin();
    const bob = makeUser(world.hub, 'bob');
    expect((await start(world.alice)).docker).toBeUndefined();
    await group('docker-privileged', ['alice']);
    expect((await boss('get', '/group-policies/outdated')).body).toEqual([{ user: 'alice', server: '', sections: ['docker'] }]);
    await stop(world.alice);
    const [mine, theirs] = [await start(world.alice), await start(bob)];
    expect([mine.docker, theirs.docker, theirs.mounts]).toEqual([true, undefined, undefined]);
    expect(actions('server.docker').map(({ target, detail }) => [target, detail['groups']])).toEqual([['server:alice/', ['docker-privileged']]]);
    expect((await boss('get', '/group-policies/outdated')).body).toEqual([]);
    // Out again: not before the next start, and then for sure.
    await boss('delete', '/groups/docker-privileged/users', { users: ['alice'] });
    expect((await boss('get', '/group-policies/outdated')).body).toEqual([{ user: 'alice', server: '', sections: ['docker'] }]);
    await stop(world.alice);
    expect((await start(world.alice)).docker).toBeUndefined();
  });

  test('J21 E12: no option of a start asks for the socket', async () => {
    await begin();
    for (const body of [{ docker: true }, { mounts: [{ source: '/var/run/docker.sock', target: '/mnt/s' }] }, { volumes: { '/var/run/docker.sock': '/var/run/docker.sock' } }, { group_add: ['0'] }]) {
      expect((await world.as(world.alice)('post', '/users/alice/server', body)).status).toBe(400);
    }
    expect(world.hub.spawner.started).toEqual([]);
  });

  test('J21: who is taken out while the start waits in line gets nothing of it', async () => {
    await begin({ server: { cap: 1 } }, 50);
    const bob = makeUser(world.hub, 'bob');
    await start(bob);
    await group('docker-privileged', ['alice']);
    expect((await world.as(world.alice)('post', '/users/alice/server')).status).toBe(202);
    await boss('delete', '/groups/docker-privileged/users', { users: ['alice'] });
    await stop(bob);
    while (world.hub.spawner.started.length < 2) await new Promise((resolve) => setImmediate(resolve));
    expect(world.hub.spawner.started.at(-1)).toMatchObject({ owner: { name: 'alice' } });
    expect(world.hub.spawner.started.at(-1)?.docker).toBeUndefined();
    expect(actions('server.docker')).toEqual([]);
  });

  test('a built-in group cannot be deleted, and comes back before every start', async () => {
    await begin({ builtInGroups: ['docker-privileged', 'staff'] });
    expect(await seen(boss('delete', '/groups/staff'))).toEqual(refused(409, 'staff is a built-in group: it cannot be deleted. Take its members out instead.'));
    const { store } = world.hub;
    const found = store.groups.byName('docker-privileged');
    if (found === undefined) throw new Error('it is not there');
    store.groups.remove(found.id);
    await start(world.alice);
    expect(store.groups.byName('docker-privileged')).toBeDefined();
    expect(store.groups.byName('docker-privileged')?.id).not.toBe(found.id);
  });

  test('without it in the setting, a group of that name is like any other', async () => {
    await begin({ builtInGroups: [] });
    await group('docker-privileged', ['alice']);
    expect((await start(world.alice)).docker).toBeUndefined();
    expect((await boss('delete', '/groups/docker-privileged')).status).toBe(204);
  });
});

describe('D04: scopes over groups are no way to the host', () => {
  test('D04: whoever may manage groups and is no administrator changes no policy, no order, and no membership that gives something', async () => {
    await begin({ roles: [{ name: 'group-lead', scopes: ['admin:groups', 'self'], users: ['lead'] }] });
    const lead = makeUser(world.hub, 'lead');
    world.hub.store.roles.grant('group-lead', lead.id);
    await group('plain', []);
    await group('quant', [], { network: { on: true } });
    const ask = world.as(lead);
    const message = 'Only administrators may change what groups give.';
    expect(await seen(ask('put', '/groups/plain/policy', { docker: { on: true } }))).toEqual(refused(403, message));
    expect(await seen(ask('put', '/group-policies/order', { groups: ['plain'] }))).toEqual(refused(403, message));
    expect(await seen(ask('put', '/group-policies', { version: 1, groups: [] }))).toEqual(refused(403, message));
    for (const name of ['docker-privileged', 'quant']) expect((await ask('post', `/groups/${name}/users`, { users: ['lead'] })).status).toBe(403);
    expect((await ask('post', '/groups/plain/users', { users: ['lead'] })).status).toBe(200);
    expect((await ask('get', '/groups/quant/policy')).status).toBe(200);
    expect(await seen(world.as(world.alice)('get', '/groups/quant/policy'))).toEqual([403, lacking('admin:groups')]);
  });
});

describe('what a change would do', () => {
  test('a preview says who gains and who loses what, and which running servers need a restart, and changes nothing', async () => {
    await begin();
    makeUser(world.hub, 'bob');
    await group('quant', ['alice', 'bob'], { limits: { on: true, memory: 16 * GB } });
    await start(world.alice);
    const { body } = await boss('post', '/groups/quant/policy/preview', { limits: { on: true, memory: 4 * GB }, profiles: { on: true, allowed: ['large'] } });
    expect(body).toEqual({
      members: 2,
      changes: [{ kind: 'loses', what: 'memory', name: '', before: 16 * GB, after: 4 * GB, users: 2, names: ['alice', 'bob'] }],
      others: [{ kind: 'loses', what: 'profile', name: 'large', users: 1, names: ['boss'] }],
      restart: [{ user: 'alice', server: '', sections: ['limits'] }],
    });
    expect((await boss('get', '/groups/quant/policy')).body).toMatchObject({ limits: { memory: 16 * GB }, profiles: { on: false } });
    expect((await boss('get', '/group-policies/outdated')).body).toEqual([]);
  });

  test('a restart keeps the old policy, a new container has the new one', async () => {
    await begin();
    await group('quant', ['alice'], { environment: { on: true, variables: { DESK: '1' } } });
    await start(world.alice);
    await group('quant', [], { environment: { on: true, variables: { DESK: '2' } } });
    expect((await world.as(world.alice)('post', '/users/alice/restart-server')).status).toBeLessThan(300);
    expect((await boss('get', '/group-policies/outdated')).body).toHaveLength(1);
    expect((await world.as(world.alice)('post', '/users/alice/server/recreate')).status).toBeLessThan(300);
    expect([world.hub.spawner.started.at(-1)?.env['DESK'], (await boss('get', '/group-policies/outdated')).body]).toEqual(['2', []]);
  });

  test('everybody is told what they get and from which group; values of variables stay between them and administrators', async () => {
    await begin({ groups: [{ name: 'web', users: ['alice'], outbound: 'open' }], roles: [{ name: 'reader', scopes: ['self', 'read:users'], users: ['rita'] }] });
    const rita = makeUser(world.hub, 'rita');
    world.hub.store.roles.grant('reader', rita.id);
    await group('web', ['alice']);
    await group('quant', ['alice'], { environment: { on: true, variables: { KEY: 'secret-1' } }, profiles: { on: true, allowed: ['large'] } });
    const own = await world.as(world.alice)('get', '/users/alice/policy');
    expect(own.body).toMatchObject({
      profiles: [{ value: 'default', from: [] }, { value: 'large', from: ['quant'] }], network: { value: true, from: ['web'] }, docker: { value: false, from: [] },
      environment: [{ value: { name: 'KEY', value: 'secret-1' }, from: ['quant'] }], outdated: [], ignored: [],
    });
    const theirs = await world.as(rita)('get', '/users/alice/policy');
    expect(theirs.body).toMatchObject({ environment: [{ value: { name: 'KEY', value: null }, from: ['quant'] }] });
    expect(theirs.text).not.toContain('secret-1');
    expect((await world.as(world.alice)('get', '/users/rita/policy')).status).toBe(404);
  });

  test('what a policy may not say is refused in words, and nothing is kept', async () => {
    await begin();
    await group('quant', []);
    for (const [policy, message] of [
      [{ mounts: { on: true, folders: [{ source: '/etc', target: '/mnt/a' }] } }, '/etc belongs to the system of the host and is never mounted.'],
      [{ mounts: { on: true, folders: [{ source: '/srv/other', target: '/mnt/a' }] } }, '/srv/other is not in a folder that may be mounted. The setting policy.mounts lists those: /srv/projects.'],
      [{ environment: { on: true, variables: { JUPYTERHUB_API_TOKEN: 'x' } } }, 'JUPYTERHUB_API_TOKEN is set by the hub itself. Choose another name.'],
      [{ profiles: { on: true, allowed: ['none'] } }, 'There is no profile none.'],
      [{ sudo: { on: true } }, 'Invalid JSON keys: sudo'],
    ] as const) expect(await seen(boss('put', '/groups/quant/policy', policy))).toEqual(refused(400, message));
    expect((await boss('get', '/groups/quant/policy')).body).toMatchObject({ mounts: { on: false, folders: [] }, environment: { variables: {} } });
    expect(await seen(boss('get', '/groups/none/policy'))).toEqual(refused(404, 'No such group: none'));
  });
});

describe('all groups as a file', () => {
  test('an export is what an import takes: the same file changes nothing, on another hub it makes everything', async () => {
    await begin();
    await group('quant', ['alice'], { limits: { on: true, cpus: 4 }, idle: { on: false, idle_limit: 90 }, environment: { on: true, variables: { A: '1' } } });
    await boss('put', '/group-policies/order', { groups: ['quant'] });
    const file = (await boss('get', '/group-policies')).body as { groups: { name: string }[] };
    expect(file.groups.map(({ name }) => name)).toEqual(['quant', 'docker-privileged']);
    expect((await boss('put', '/group-policies', file)).body).toMatchObject({ applied: true, groups: [{ name: 'quant', what: 'same' }, { name: 'docker-privileged', what: 'same' }] });
    await world.hub.close();
    await begin();
    expect((await boss('put', '/group-policies', file)).body).toMatchObject({ applied: true, groups: [{ name: 'quant', what: 'created', policy: true, joined: ['alice'] }, { name: 'docker-privileged', what: 'same' }] });
    expect((await boss('get', '/group-policies')).body).toEqual(file);
  });

  test('a rehearsal says what would happen and does nothing', async () => {
    await begin();
    await group('quant', ['alice']);
    await start(world.alice);
    const file = { version: 1, groups: [{ name: 'quant', members: [], policy: { network: { on: true } } }, { name: 'risk', members: ['alice'], policy: { environment: { on: true, variables: { R: '1' } } } }] };
    const before = (await boss('get', '/group-policies')).body as unknown;
    expect((await boss('put', '/group-policies?dry_run=true', file)).body).toEqual({
      applied: false,
      groups: [{ name: 'quant', what: 'changed', policy: true, joined: [], left: ['alice'] }, { name: 'risk', what: 'created', policy: true, joined: ['alice'], left: [] }],
      restart: [{ user: 'alice', server: '', sections: ['environment'] }],
    });
    expect((await boss('get', '/group-policies')).body).toEqual(before);
    expect(actions('group.import')).toEqual([]);
    expect((await world.as(world.alice)('get', '/users/alice/policy')).body).toMatchObject({ environment: [] });
  });

  test.each([
    [{ version: 1, groups: [{ name: 'new', members: ['nobody'] }] }, 'No such user: nobody'],
    [{ version: 1, groups: [{ name: 'new' }, { name: 'bad', policy: { mounts: { on: true, folders: [{ source: '/etc', target: '/mnt/a' }] } } }] }, 'bad: /etc belongs to the system of the host and is never mounted.'],
    [{ version: 1, groups: [{ name: 'new' }, { name: 'new' }] }, 'The group new is there twice.'],
    [{ version: 2, groups: [] }, 'version: The version of the file has to be 1.'],
    [{ version: 1, groups: [{ name: 'new', roles: ['admin'] }] }, 'groups.0: Unrecognized key: "roles"'],
  ])('%j is refused as a whole', async (file, message) => {
    await begin();
    expect(await seen(boss('put', '/group-policies', file))).toEqual(refused(400, message));
    expect(world.hub.store.groups.byName('new')).toBeUndefined();
  });
});

test('`berth group` lists groups, writes them to a file, reads one, and explains what somebody gets', async () => {
  await begin();
  await group('quant', ['alice'], { limits: { on: true, cpus: 4 }, network: { on: true } });
  const { dataDir } = world.hub.hub.config;
  const berth = async (...args: readonly string[]): Promise<readonly string[]> => {
    const out: string[] = [];
    const line = (text: string): void => void out.push(text.replace(/ {2,}/g, ' '));
    expect(await runCli(['group', ...args], { env: { HUB_DATA_DIR: dataDir }, cwd: path.dirname(dataDir), out: line, note: line, ask: () => Promise.reject(new Error('asked')) })).toBe(0);
    return out;
  };
  expect(await berth('list')).toEqual(['PRIORITY GROUP MEMBERS GIVES', '1 docker-privileged 0 -', '2 quant 1 limits, network']);
  expect(await berth('explain', 'alice')).toEqual(expect.arrayContaining(['cpus 4 group quant', 'memory as the profile says -', 'network true group quant']));
  expect(await berth('export', 'groups.json')).toEqual(['Written to groups.json.']);
  expect(JSON.parse(readFileSync(path.join(path.dirname(dataDir), 'groups.json'), 'utf8'))).toMatchObject({ version: 1, groups: [{}, { name: 'quant', members: ['alice'] }] });
  await boss('delete', '/groups/quant');
  expect(await berth('import', 'groups.json', '--dry-run')).toEqual(expect.arrayContaining(['quant created changed alice -', 'Nothing was changed: this was a rehearsal.']));
  expect(world.hub.store.groups.byName('quant')).toBeUndefined();
  expect(await berth('import', 'groups.json')).toContain('Done.');
  expect(world.hub.store.groups.byName('quant')).toBeDefined();
});
