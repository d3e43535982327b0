import { newId, type GroupId, type ServerName } from '../../../hub/domain/ids';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import { addUser } from './support';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

test('what many users have is what each of them has, in the same order; of others nothing is known', () => {
  const [ada, bob, cyd, dan] = ['ada', 'bob', 'cyd', 'dan'].map((name) => addUser(store, name)) as [ReturnType<typeof addUser>, ReturnType<typeof addUser>, ReturnType<typeof addUser>, ReturnType<typeof addUser>];
  for (const name of ['zoo', 'lab', 'apes']) {
    const id = newId<GroupId>();
    store.groups.create({ id, name, properties: {} });
    for (const user of name === 'lab' ? [ada, bob, dan] : [ada]) store.groups.addMember(id, user);
  }
  for (const name of ['user', 'researcher']) store.roles.put({ name, description: '', scopes: [] });
  for (const role of ['user', 'researcher']) for (const user of [ada, bob, dan]) store.roles.grant(role, user);
  for (const name of ['gpu', '', 'big']) store.servers.ensure(ada, name as ServerName);
  store.servers.ensure(dan, '' as ServerName);

  const known = store.users.belongingsOf([cyd, bob, ada]);
  for (const user of [ada, bob, cyd]) {
    expect(known.groupsOf(user)).toEqual(store.groups.groupsOf(user).map(({ name }) => name));
    expect(known.rolesOf(user)).toEqual(store.roles.directOfUser(user));
    expect(known.serversOf(user)).toEqual(store.servers.listOf(user));
  }
  expect([known.groupsOf(ada), known.serversOf(ada).map(({ name }) => name)]).toEqual([['zoo', 'lab', 'apes'], ['', 'big', 'gpu']]);
  expect([known.groupsOf(dan), known.rolesOf(dan), known.serversOf(dan)]).toEqual([[], [], []]);
});
