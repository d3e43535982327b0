import { DEFAULT_ROLES } from '../../../hub/domain/scopes/roles';
import { createDeclaredGroups, type DeclaredGroup } from '../../../hub/services/declared-groups';
import { createDeclared, type DeclaredRole } from '../../../hub/services/declared-roles';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import { makeUser } from '../../support/factories';

let store: Store;
let audited: string[];
beforeEach(() => {
  store = openStore(':memory:');
  audited = [];
  for (const role of DEFAULT_ROLES) store.roles.put(role);
});
afterEach(() => store.close());

const group = (name: string, users: readonly string[], more: Partial<DeclaredGroup> = {}): DeclaredGroup => ({ name, users, outbound: 'none', ...more });
const apply = (roles: readonly DeclaredRole[], groups: readonly DeclaredGroup[] = []): ReturnType<typeof createDeclared> => {
  const declared = createDeclared({ store, roles, groups, audit: { record: (_actor, action, target, more) => void audited.push(`${action} ${target} ${String(more?.detail?.['role'])}`) } });
  declared.apply();
  return declared;
};
const groupsOf = (id: never): readonly string[] => store.groups.groupsOf(id).map(({ name }) => name);
const rolesOf = (user: { readonly id: unknown }): readonly string[] => store.roles.ofUser(user.id as never).map(({ name }) => name);

describe('groups of the configuration', () => {
  test('a declared group is made once, with its members', () => {
    const [alice, bob] = [makeUser({ store }, 'alice'), makeUser({ store }, 'bob')];
    const declared = [group('web', ['Alice', 'nobody'], { outbound: 'open', properties: { tier: 1 } })];
    for (let boot = 0; boot < 2; boot += 1) createDeclaredGroups(store, declared).apply();
    expect(store.groups.list({ offset: 0, limit: 10 })).toMatchObject({ total: 1, groups: [{ name: 'web', properties: { tier: 1 } }] });
    expect([groupsOf(alice.id as never), groupsOf(bob.id as never)]).toEqual([['web'], []]);
  });

  test('who has no account yet joins with it, but not while it waits for approval', () => {
    const groups = createDeclaredGroups(store, [group('web', ['carol', 'dave'])]);
    const dave = makeUser({ store }, 'dave', { status: 'pending' });
    groups.apply();
    const carol = makeUser({ store }, 'carol');
    groups.join(carol);
    expect([groupsOf(dave.id as never), groupsOf(carol.id as never)]).toEqual([[], ['web']]);
    expect([groups.awaits('carol' as never), groups.awaits('eve' as never)]).toEqual([true, false]);
  });

  test('what is no longer named is taken back, and what an administrator gave stays', () => {
    const [alice, bob] = [makeUser({ store }, 'alice'), makeUser({ store }, 'bob')];
    createDeclaredGroups(store, [group('web', ['alice'], { properties: { tier: 1 } })]).apply();
    const web = store.groups.byName('web');
    store.groups.addMember(web?.id as never, bob.id);
    createDeclaredGroups(store, [group('web', ['bob'])]).apply();
    expect([groupsOf(alice.id as never), groupsOf(bob.id as never), store.groups.byName('web')?.properties]).toEqual([[], ['web'], {}]);
    createDeclaredGroups(store, []).apply();
    expect(groupsOf(bob.id as never)).toEqual(['web']);
  });
});

describe('roles of the configuration', () => {
  test('a role is given to users and groups, whose members hold it; whoever is taken out of a list loses it, whoever gave it', () => {
    const [alice, bob, carol] = [makeUser({ store }, 'alice'), makeUser({ store }, 'bob'), makeUser({ store }, 'carol')];
    const keeper = { name: 'keeper', scopes: ['list:users'] };
    apply([{ ...keeper, users: ['alice'], groups: ['lab'] }], [group('lab', ['bob']), group('office', ['carol'], { roles: ['manager'] })]);
    expect([rolesOf(alice), rolesOf(bob), rolesOf(carol)].map((roles) => roles.filter((name) => !['user', 'researcher'].includes(name)))).toEqual([['keeper'], ['keeper'], ['manager']]);
    store.roles.grant('keeper', carol.id);
    apply([{ ...keeper, users: ['bob'], groups: [] }], [group('lab', ['bob'])]);
    expect([store.roles.usersWith('keeper'), rolesOf(carol).includes('manager'), store.roles.groupsWith('keeper')]).toEqual([[bob.id], false, []]);
    expect(audited).toEqual(expect.arrayContaining(['role.grant user:alice keeper', 'role.revoke user:alice keeper', 'role.revoke user:carol keeper', 'role.grant group:office manager']));
  });

  test('a role that is no longer declared is gone; of one that the hub has itself, what was changed and given is taken back', () => {
    const [alice, bob] = [makeUser({ store }, 'alice'), makeUser({ store }, 'bob')];
    store.roles.grant('manager', bob.id);
    apply([{ name: 'keeper', scopes: ['list:users'], users: ['alice'] }, { name: 'manager', users: ['alice', 'bob'] }, { name: 'user', scopes: ['self'] }]);
    expect(store.roles.byName('user')).toMatchObject({ scopes: ['self'], description: 'Sees and manages its own things.' });
    apply([]);
    expect([store.roles.byName('keeper'), store.roles.byName('user')?.scopes.includes('self'), rolesOf(alice), rolesOf(bob)]).toEqual([undefined, false, ['researcher', 'user'], ['manager', 'researcher', 'user']]);
  });

  test('without a list nobody gets or loses a role', () => {
    const alice = makeUser({ store }, 'alice');
    apply([{ name: 'user', description: 'Everybody.' }, { name: 'researcher', scopes: ['servers!user'] }]);
    expect(rolesOf(alice)).toEqual(['researcher', 'user']);
  });

  test('the role admin makes an administrator and its loss ends that, both ways in step', () => {
    const [alice, root] = [makeUser({ store }, 'alice'), makeUser({ store }, 'root', { admin: true })];
    apply([{ name: 'admin', users: ['alice'] }]);
    expect([store.users.byId(alice.id)?.admin, store.users.byId(root.id)?.admin]).toEqual([true, false]);
  });

  test('A12: a role waits for a name that has no account, and comes with it', () => {
    const declared = apply([{ name: 'manager', users: ['Mia'] }]);
    expect([declared.awaits('mia' as never), declared.awaits('eve' as never)]).toEqual([true, false]);
    const mia = makeUser({ store }, 'mia');
    declared.join(mia);
    expect(rolesOf(mia)).toContain('manager');
  });
});
