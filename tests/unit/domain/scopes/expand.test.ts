import fc from 'fast-check';
import { expandRaw, expandRoles, expandStored } from '../../../../hub/domain/scopes/expand';
import { tokenScopes } from '../../../../hub/domain/scopes/effective';
import { DEFAULT_ROLES, ROLES_OF_EVERYONE } from '../../../../hub/domain/scopes/roles';
import { isSubset } from '../../../../hub/domain/scopes/intersect';
import { ALICE, list, rawScopes, set, SVC, vocabulary, words } from './support';

const role = (name: string) => {
  const found = DEFAULT_ROLES.find((r) => r.name === name);
  if (found === undefined) throw new Error(`no role ${name}`);
  return found;
};
const own = (scopes: string, name = 'alice') => words(scopes).map((scope) => `${scope}!user=${name}`).sort();

/** Captured from `/hub/api/user` of JupyterHub 5.2.1, plus `start:servers` of 6.0. */
const PLAIN_USER = own(`access:servers delete:servers read:servers read:shares read:tokens read:users read:users:activity read:users:groups
  read:users:name read:users:shares servers start:servers tokens users:activity users:shares`);
const ADMIN = words(`access:servers access:services admin-ui admin:auth_state admin:groups admin:server_state admin:servers admin:services admin:users
  delete:groups delete:servers delete:users groups groups:shares list:groups list:services list:users proxy read:groups read:groups:name read:groups:shares
  read:hub read:metrics read:roles read:roles:groups read:roles:services read:roles:users read:servers read:services read:services:name read:shares
  read:tokens read:users read:users:activity read:users:groups read:users:name read:users:shares servers shares shutdown start:servers tokens users users:activity users:shares`);

/** Every row of the tree, written out a second time on purpose: what each scope grants in the end. */
const ROWS: readonly (readonly [string, string])[] = [
  ['admin-ui', ''],
  ['admin:users', 'admin:auth_state users read:users list:users users:activity read:users:name read:users:groups read:users:activity read:roles:users delete:users'],
  ['admin:auth_state', ''],
  ['users', 'read:users list:users users:activity read:users:name read:users:groups read:users:activity'],
  ['delete:users', ''],
  ['list:users', 'read:users:name'],
  ['read:users', 'read:users:name read:users:groups read:users:activity'],
  ['read:users:name', ''],
  ['read:users:groups', ''],
  ['read:users:activity', ''],
  ['users:activity', 'read:users:activity'],
  ['read:roles', 'read:roles:users read:roles:services read:roles:groups'],
  ['read:roles:users', ''],
  ['read:roles:services', ''],
  ['read:roles:groups', ''],
  ['admin:servers', 'admin:server_state servers read:servers delete:servers start:servers read:users:name'],
  ['admin:server_state', ''],
  ['servers', 'read:servers delete:servers start:servers read:users:name'],
  ['read:servers', 'read:users:name'],
  ['start:servers', ''],
  ['delete:servers', ''],
  ['access:servers', ''],
  ['tokens', 'read:tokens'],
  ['read:tokens', ''],
  ['admin:groups', 'groups read:groups list:groups read:groups:name read:roles:groups delete:groups'],
  ['groups', 'read:groups list:groups read:groups:name'],
  ['list:groups', 'read:groups:name'],
  ['read:groups', 'read:groups:name'],
  ['read:groups:name', ''],
  ['delete:groups', ''],
  ['admin:services', 'list:services read:services read:services:name read:roles:services'],
  ['list:services', 'read:services:name'],
  ['read:services', 'read:services:name'],
  ['read:services:name', ''],
  ['access:services', ''],
  ['users:shares', 'read:users:shares'],
  ['read:users:shares', ''],
  ['groups:shares', 'read:groups:shares'],
  ['read:groups:shares', ''],
  ['shares', 'access:servers read:shares users:shares read:users:shares groups:shares read:groups:shares'],
  ['read:shares', ''],
  ['read:hub', ''],
  ['read:metrics', ''],
  ['proxy', ''],
  ['shutdown', ''],
];

describe('what a scope implies', () => {
  test.each(ROWS)('%s: %s', (scope, implied) => {
    const all = [scope, ...words(implied)].filter((s) => s !== '').sort();
    expect(list(set(scope))).toEqual(all);
  });

  test.each(ROWS)('%s carries a filter over to all of it', (scope, implied) => {
    const all = [scope, ...words(implied)].filter((s) => s !== '').map((s) => `${s}!group=lab`).sort();
    expect(list(set(`${scope}!group=lab`))).toEqual(all);
  });

  test.each([
    ['read:servers!server=alice/', ['read:servers!server=alice/']],
    ['servers!server=alice/gpu', ['delete:servers!server=alice/gpu', 'read:servers!server=alice/gpu', 'servers!server=alice/gpu', 'start:servers!server=alice/gpu']],
    ['users:activity!server=alice/', ['users:activity!server=alice/']],
  ])('%s grants no reading about the user', (scope, expected) => {
    expect(list(set(scope))).toEqual(expected);
  });
});

describe('several scopes', () => {
  test('of one name add up, and an unfiltered one absorbs the filtered ones', () => {
    expect(list(set('read:tokens!user=a', 'read:tokens!group=g', 'read:tokens!server=a/'))).toEqual(['read:tokens!group=g', 'read:tokens!server=a/', 'read:tokens!user=a']);
    expect(list(set('read:tokens!user=a', 'read:tokens'))).toEqual(['read:tokens']);
    expect(list(set('read:tokens', 'read:tokens!user=a'))).toEqual(['read:tokens']);
  });

  test('are expanded once and for all: a second time changes nothing', () => {
    fc.assert(fc.property(rawScopes, (raw) => {
      const once = list(expandRaw(raw, ALICE));
      expect(list(expandRaw(once, ALICE))).toEqual(once);
    }), { numRuns: 300 });
  });
});

describe('shorthands', () => {
  test.each([
    ['access:servers!user', ALICE, ['access:servers!user=alice']],
    ['access:servers!user', SVC, []],
    ['access:services!service', SVC, ['access:services!service=svc']],
    ['access:services!service', { ...ALICE, service: 'grader' }, ['access:services!service=grader']],
    ['access:services!service', ALICE, []],
    ['access:servers!server', { ...ALICE, server: 'alice/gpu' }, ['access:servers!server=alice/gpu']],
    ['access:servers!server', ALICE, []],
    ['self', SVC, []],
    ['(no_scope)', ALICE, []],
    ['inherit', ALICE, []],
    ['inherit', { ...ALICE, inherit: set('read:hub') }, ['read:hub']],
  ])('%s', (scope, context, expected) => {
    expect(list(expandRaw([scope], context))).toEqual(expected);
  });

  test('a user whose name looks like a filter gets their own things and no others', () => {
    const odd = { owner: { kind: 'user', name: 'x!user=alice' } } as const;
    expect(expandRaw(['self'], odd).get('tokens')).toMatchObject({ users: new Set(['x!user=alice']) });
  });
});

describe('roles', () => {
  test('self is the captured list of a plain user', () => {
    expect(list(expandRaw(['self'], ALICE))).toEqual(PLAIN_USER);
  });

  test('user and researcher together are exactly what JupyterHub gives its users', () => {
    expect(list(expandRoles(ROLES_OF_EVERYONE.map(role), ALICE.owner))).toEqual(PLAIN_USER);
  });

  test('without researcher nothing launches, and the rest of its own things stays', () => {
    const left = PLAIN_USER.filter((scope) => !/^(start:)?servers!/.test(scope));
    expect(list(expandRoles([role('user')], ALICE.owner))).toEqual(left);
    expect(left).toHaveLength(PLAIN_USER.length - 2);
  });

  test('admin is the captured list of an administrator, and absorbs its own self entries', () => {
    expect(list(expandRoles([role('admin')], ALICE.owner))).toEqual(ADMIN);
    expect(list(expandRoles(['admin', 'user', 'researcher'].map(role), ALICE.owner))).toEqual(ADMIN);
  });

  test('manager lists, stops and opens servers of everyone, and starts none, changes no user and mints no token', () => {
    const manager = expandRoles([role('manager')], ALICE.owner);
    expect(list(manager)).toEqual(words('access:servers admin-ui delete:servers list:users read:servers read:users:activity read:users:name'));
  });

  test('server may report activity and see itself', () => {
    expect(list(expandRaw(role('server').scopes, { ...ALICE, server: 'alice/' }))).toEqual(['access:servers!server=alice/', 'read:users:activity!user=alice', 'users:activity!user=alice']);
  });

  test('every default role consists of scopes that exist', () => {
    for (const { scopes } of DEFAULT_ROLES) expect(() => expandRaw(scopes, ALICE)).not.toThrow();
  });
});

describe('custom scopes', () => {
  test('imply declared ones, in circles too, and carry filters', () => {
    expect(list(expandRaw(['custom:jobs:submit!user'], ALICE, vocabulary))).toEqual(['custom:jobs:read!user=alice', 'custom:jobs:submit!user=alice']);
  });

  test('that are not declared any more grant nothing when they come out of the store', () => {
    expect(list(expandStored(['custom:gone', 'read:hub'], ALICE))).toEqual(['read:hub']);
  });
});

describe('D03: a token never grants more than its owner may do now', () => {
  const admin = expandRoles([role('admin')], ALICE.owner);
  const plain = expandRoles(ROLES_OF_EVERYONE.map(role), ALICE.owner);

  test('minted with admin scopes, it shrinks with its owner', () => {
    const raw = ['admin:users', 'access:servers'];
    expect(list(tokenScopes(raw, { ...ALICE, scopes: admin }))).toContain('admin:users');
    const after = tokenScopes(raw, { ...ALICE, scopes: plain });
    expect(after.has('admin:users')).toBe(false);
    expect(list(after)).toEqual(own('access:servers read:users read:users:activity read:users:groups read:users:name users:activity'));
  });

  test('inherit is exactly the owner, then and now', () => {
    expect(list(tokenScopes(['inherit'], { ...ALICE, scopes: admin }))).toEqual(ADMIN);
    expect(list(tokenScopes(['inherit', 'shutdown'], { ...ALICE, scopes: plain }))).toEqual(PLAIN_USER);
  });

  test('an OAuth token has its client\'s access and the identity of its owner', () => {
    const scopes = tokenScopes([], { ...ALICE, scopes: plain, clientAccess: 'access:servers!server=alice/' });
    expect(list(scopes)).toEqual(['access:servers!server=alice/', 'read:users:groups!user=alice', 'read:users:name!user=alice']);
  });

  test('an owner without any scope has tokens without any scope', () => {
    expect(list(tokenScopes(['inherit', 'self', 'admin:users'], { ...ALICE, scopes: new Map() }))).toEqual([]);
  });

  test('whatever it asks for', () => {
    fc.assert(fc.property(rawScopes, rawScopes, (asked, held) => {
      const owner = expandRaw(held, ALICE);
      expect(isSubset(tokenScopes(asked, { ...ALICE, scopes: owner }), owner)).toBe(true);
    }), { numRuns: 300 });
  });
});
