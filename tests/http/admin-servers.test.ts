import type { User } from '../../hub/domain/user';
import { makeUser } from '../support/factories';
import { NAVIGATION, signedInAs, type Browser } from '../support/login';
import { PAGED, startWorld, type ApiWorld } from './api-world';

let world: ApiWorld;
let admin: Browser;
let people: readonly User[];
beforeEach(async () => {
  world = await startWorld({ settings: { server: { cap: 0, named: true }, groups: [{ name: 'lab' }] } });
  admin = signedInAs(world.hub, world.boss);
  people = ['ada', 'barbara', 'grace', 'linus'].map((name) => makeUser(world.hub, name));
  for (const user of people.slice(0, 3)) await start(user);
  await world.hub.hub.services.servers.stopAllOf((people[2] as User).id);
});
afterEach(async () => {
  for (const { owner } of world.hub.store.servers.active()) await world.hub.hub.services.servers.stopAllOf(owner);
  await world.hub.close();
});

const start = (user: User, name = '') => world.hub.hub.services.servers.start(world.hub.hub.services.actors.ofUser(user, 'cookie', 'test'), user, name as never, {}).settled;
const kindOf = (name: string): string | undefined => world.hub.store.servers.find(world.named(name)?.id as never, '' as never)?.state.kind;
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise(setImmediate);
};
const rowsOn = (page: string): readonly string[] => [...page.matchAll(/id="tick-([^"]+)"/g)].map(([, name]) => name ?? '');

async function bulk(fields: readonly (readonly [string, string])[]) {
  const body = new URLSearchParams([['_xsrf', await admin.token()], ...fields.map(([name, value]) => [name, value])]);
  return admin.raw('post', 'hub/admin/bulk-servers', { ...NAVIGATION, Origin: world.hub.origin }).type('form').send(body.toString());
}

describe('the list of servers', () => {
  test('is searched, filtered with counts, sorted and cut into pages by the hub', async () => {
    const page = async (query: string): Promise<readonly string[]> => rowsOn((await admin.get(`hub/admin/servers?${query}`)).text);
    expect(await page('')).toEqual(['ada/', 'barbara/', 'grace/']);
    expect(await page('sort=-name')).toEqual(['grace/', 'barbara/', 'ada/']);
    expect(await page('user=A&sort=-started')).toEqual(['barbara/', 'ada/', 'grace/']);
    expect(await page('state=running')).toEqual(['ada/', 'barbara/']);
    expect(await page('state=stopped&user=gra')).toEqual(['grace/']);
    world.hub.store.groups.addMember(world.hub.store.groups.byName('lab')?.id as never, (people[1] as User).id);
    expect(await page('group=lab')).toEqual(['barbara/']);
    expect(await page('profile=nothing')).toEqual([]);
    for (const sort of ['cpu', '-cpu', 'memory', '-memory', 'volumes', '-volumes', 'last_activity', '-last_activity']) expect([sort, (await page(`sort=${sort}`)).toSorted()]).toEqual([sort, ['ada/', 'barbara/', 'grace/']]);
    const text = (await admin.get('hub/admin/servers?user=a')).text;
    expect([...text.matchAll(/>([a-z ]+) <span class="count">(\d+)</g)].map(([, name, count]) => [name, count])).toEqual([['running', '2'], ['stops soon', '0'], ['in line', '0'], ['starting', '0'], ['failed', '0'], ['stopped', '1'], ['all', '3']]);
  });

  test('the API says the same, a page at a time', async () => {
    const ask = world.as(world.boss);
    const res = await ask('get', '/servers?limit=2&offset=1', undefined, PAGED);
    expect(res.body).toMatchObject({ items: [{ user: 'barbara', name: '', full_name: 'barbara/', state: 'ready', idle: { near: false } }, { user: 'grace', state: 'stopped', idle: null, cpus: null }], _pagination: { total: 3, next: null } });
    expect((await ask('get', '/servers?state=nothing')).status).toBe(400);
    expect((await ask('get', '/servers?sort=nothing')).status).toBe(400);
  });

  test('D06: shows what the scopes reach, by user, by group and by server, and counts nothing else', async () => {
    world.hub.store.groups.addMember(world.hub.store.groups.byName('lab')?.id as never, (people[1] as User).id);
    const names = async (...scopes: readonly string[]) => {
      const { items, _pagination } = (await world.as(world.boss, scopes)('get', '/servers', undefined, PAGED)).body as { items: { full_name: string }[]; _pagination: { total: number } };
      expect(_pagination.total).toBe(items.length);
      return items.map(({ full_name: name }) => name);
    };
    expect(await names('read:servers!user=ada')).toEqual(['ada/']);
    expect(await names('read:servers!group=lab')).toEqual(['barbara/']);
    expect(await names('read:servers!server=grace/')).toEqual(['grace/']);
    expect(await names('read:servers')).toEqual(['ada/', 'barbara/', 'grace/']);
    expect(((await world.as(people[0] as User)('get', '/servers')).body as unknown[])).toHaveLength(1);
    expect((await world.as(world.boss, ['read:servers'])('get', '/servers?group=lab')).status).toBe(403);
    expect((await signedInAs(world.hub, people[0] as User).get('hub/admin/servers')).status).toBe(403);
  });

  test('R04: the file has every row of the list, and no cell that begins a formula', async () => {
    const odd = makeUser(world.hub, '=cmd|x');
    await start(odd);
    const res = await admin.get('hub/admin/export-servers?user=c');
    expect([res.status, res.headers['content-type'], res.headers['content-disposition']]).toEqual([200, 'text/csv; charset=utf-8', 'attachment; filename="servers.csv"']);
    const lines = res.text.trim().split('\r\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual(['"user"', '"\'=cmd|x"', '"grace"']);
  });
});

describe('what is done to several servers', () => {
  test('names them and their number first, and then does it', async () => {
    const asked = await bulk([['action', 'stop'], ['server', 'ada/'], ['server', 'barbara/']]);
    expect(asked.text).toContain('Stop these servers? (2)');
    expect(asked.text).toContain('<bdi>barbara/</bdi>');
    expect([kindOf('ada'), kindOf('barbara')]).toEqual(['ready', 'ready']);
    const done = await bulk([['action', 'stop'], ['server', 'ada/'], ['server', 'barbara/'], ['confirmed', 'yes'], ['next', '/hub/admin/servers?state=running']]);
    expect([done.status, done.headers['location']]).toEqual([303, '/hub/admin/servers?state=running']);
    await until(() => kindOf('ada') === 'stopped' && kindOf('barbara') === 'stopped');
  });

  test('all of a list are those that it shows then, by name, and those can be seen before', async () => {
    const asked = await bulk([['action', 'stop'], ['all', 'yes'], ['user', 'b']]);
    expect(asked.text).toContain('Stop these servers? (1)');
    expect(asked.text).toContain('<bdi>barbara/</bdi>');
    expect((await bulk([['action', 'start'], ['all', 'yes']])).text).toContain('Start these servers? (1)');
    expect((await bulk([['action', 'start']])).status).toBe(303);
    expect((await admin.get('hub/admin/servers')).text).toContain('Tick at least one first.');
  });

  test('a message goes to the people whose servers they are', async () => {
    const res = await bulk([['action', 'message'], ['server', 'ada/'], ['server', 'ada/gpu'], ['server', 'grace/']]);
    expect([res.status, res.headers['location']]).toEqual([303, '/hub/notifications?users=ada%2Cgrace']);
  });

  test('each is done for itself: what fails is said beside it, and the others go on', async () => {
    const res = await world.as(world.boss)('post', '/servers/bulk', { action: 'start', servers: ['linus/', 'nobody/', 'ada/gpu', 'ada/'] });
    expect(res.status).toBe(200);
    expect((res.body as { results: { name: string; ok: boolean }[] }).results.map(({ name, ok }) => [name, ok])).toEqual([['linus/', true], ['nobody/', false], ['ada/gpu', false], ['ada/', true]]);
    await until(() => kindOf('linus') === 'ready');
  });

  test('D03: takes the scope for each of them', async () => {
    const some = world.as(world.boss, ['read:servers', 'delete:servers!user=ada']);
    const res = await some('post', '/servers/bulk', { action: 'stop', servers: ['ada/', 'barbara/'] });
    expect((res.body as { results: { ok: boolean }[] }).results.map(({ ok }) => ok)).toEqual([true, false]);
    await until(() => kindOf('ada') === 'stopped');
    expect(kindOf('barbara')).toBe('ready');
    const blind = await world.as(people[0] as User)('post', '/servers/bulk', { action: 'stop', servers: ['barbara/', 'nobody/'] });
    expect(new Set((blind.body as { results: { error: string }[] }).results.map(({ error }) => error.replace(/barbara|nobody/, 'X'))).size).toBe(1);
  });
});

describe('the page of one server', () => {
  test('R01: opening it asks first; what can be done is offered by its state', async () => {
    const page = (await admin.get('hub/admin/servers/ada')).text;
    expect(page).toContain('href="/hub/access/ada"');
    for (const path of ['/hub/restart/ada', '/hub/recreate/ada', '/hub/logs/ada', '/hub/volumes/ada']) expect(page).toContain(`href="${path}"`);
    const stopped = (await admin.get('hub/admin/servers/grace')).text;
    expect(stopped).not.toContain('/hub/access/grace');
    expect(stopped).toContain('>Start<');
  });

  test('is there for a default server that was never started, and not for a named one', async () => {
    expect((await admin.get('hub/admin/servers/linus')).text).toContain('none: it was never started');
    expect((await admin.get('hub/admin/servers/linus/gpu')).status).toBe(404);
    expect((await admin.get('hub/admin/servers/nobody')).status).toBe(404);
  });
});
