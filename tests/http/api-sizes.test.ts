import { makeUser } from '../support/factories';
import { startWorld, type ApiWorld } from './api-world';

let world: ApiWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.hub.close());

test('Q10: a list by state never reads the members of a group one by one, however many they are', async () => {
  const { store } = world.hub;
  store.roles.put({ name: 'lead', description: '', scopes: ['list:users!group=all'] });
  store.roles.grant('lead', world.alice.id);
  store.groups.create({ id: 'g' as never, name: 'all', properties: {} });
  store.transaction(() => {
    for (let i = 0; i < 450; i += 1) store.groups.addMember('g' as never, makeUser(world.hub, `user${i}`).id);
  });
  const read = jest.spyOn(store.groups, 'membersOf');
  const { body } = await world.as(world.alice)('get', '/users?state=inactive&limit=5', undefined, { Accept: 'application/jupyterhub-pagination+json' });
  expect([body.items.length, body._pagination.total]).toEqual([5, 450]);
  expect(read).not.toHaveBeenCalled();
  read.mockRestore();
});

test('Q10: many groups with many members at once are refused in words, and none is made', async () => {
  const names = Array.from({ length: 101 }, (_, i) => `member${i}`);
  for (const name of names) makeUser(world.hub, name);
  const make = (groups: number, users: number) => world.as(world.boss)('post', '/groups', { groups: Array.from({ length: groups }, (_, i) => `group${i}`), users: names.slice(0, users) });
  const refused = await make(100, 101);
  expect([refused.status, refused.body]).toEqual([400, { status: 400, message: expect.stringContaining('10000 memberships') as unknown }]);
  expect(world.hub.store.groups.byName('group0')).toBeUndefined();
  expect((await make(10, 101)).status).toBe(201);
});
