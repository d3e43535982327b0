import { DEFAULT_ROLES } from '../../../hub/domain/scopes/roles';
import { createDeclaredGroups, outboundOf, type DeclaredGroup } from '../../../hub/services/declared-groups';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import { makeUser } from '../../support/factories';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
  for (const role of DEFAULT_ROLES) store.roles.put(role);
});
afterEach(() => store.close());

const CLOSED = { outbound: 'none' } as const;
const group = (name: string, users: readonly string[], outbound: DeclaredGroup['outbound'] = 'none'): DeclaredGroup => ({ name, users, outbound });

test('a declared group is made once, with its members, and what it opens is open for them alone', () => {
  const [alice, bob] = [makeUser({ store }, 'alice'), makeUser({ store }, 'bob')];
  for (let boot = 0; boot < 2; boot += 1) createDeclaredGroups(store, [group('web', ['Alice', 'nobody'], 'open')]).apply();
  expect(store.groups.list({ offset: 0, limit: 10 })).toMatchObject({ total: 1, groups: [{ name: 'web', properties: { outbound: 'open' } }] });
  expect([outboundOf(store, CLOSED, alice), outboundOf(store, CLOSED, bob), outboundOf(store, { outbound: 'open' }, bob)]).toEqual(['open', 'none', 'open']);
});

test('who has no account yet joins with it, but not while it waits for approval', () => {
  const groups = createDeclaredGroups(store, [group('web', ['carol', 'dave'], 'open')]);
  const dave = makeUser({ store }, 'dave', { status: 'pending' });
  groups.apply();
  expect(outboundOf(store, CLOSED, dave)).toBe('none');
  const carol = makeUser({ store }, 'carol');
  groups.join(carol);
  expect(outboundOf(store, CLOSED, carol)).toBe('open');
  expect([groups.awaits('carol' as never), groups.awaits('eve' as never)]).toEqual([true, false]);
});

test('a group that is taken out of the configuration stays and grants nothing; one that an administrator made is left alone', () => {
  const alice = makeUser({ store }, 'alice');
  createDeclaredGroups(store, [group('web', ['alice'], 'open')]).apply();
  createDeclaredGroups(store, []).apply();
  expect(outboundOf(store, CLOSED, alice)).toBe('none');
  expect(store.groups.groupsOf(alice.id).map(({ name }) => name)).toEqual(['web']);

  const own = store.groups.byName('web');
  store.groups.setProperties(own?.id as never, { outbound: 'open' });
  createDeclaredGroups(store, []).apply();
  expect(outboundOf(store, CLOSED, alice)).toBe('open');
});
