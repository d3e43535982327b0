import fc from 'fast-check';
import { expandRaw } from '../../../../hub/domain/scopes/expand';
import { covers, narrowing, type Target } from '../../../../hub/domain/scopes/covers';
import { ALICE, rawScopes, set } from './support';

const user = (name: string, ...groups: string[]): Target => ({ kind: 'user', name, groups });
const server = (owner: string, name: string, ...groups: string[]): Target => ({ kind: 'server', user: owner, server: name, groups });
const group = (name: string): Target => ({ kind: 'group', name });
const service = (name: string): Target => ({ kind: 'service', name });
const none: Target = { kind: 'none' };

describe('does a scope reach a target', () => {
  test.each<[string, Target, boolean]>([
    ['tokens', user('alice'), true],
    ['tokens', server('alice', ''), true],
    ['tokens', group('lab'), true],
    ['tokens', service('svc'), true],
    ['tokens', none, true],
    ['tokens!user=alice', user('alice'), true],
    ['tokens!user=alice', user('alice2'), false],
    ['tokens!user=alice', user('alic'), false],
    ['tokens!user=alice', server('alice', ''), true],
    ['tokens!user=alice', server('alice', 'gpu'), true],
    ['tokens!user=alice', server('alice2', ''), false],
    ['tokens!user=alice', group('alice'), false],
    ['tokens!user=alice', service('alice'), false],
    ['tokens!user=alice', none, false],
    ['tokens!server=alice/', server('alice', ''), true],
    ['tokens!server=alice/', server('alice', 'gpu'), false],
    ['tokens!server=alice/gpu', server('alice', ''), false],
    ['tokens!server=alice/', user('alice'), false],
    ['tokens!server=alice/', none, false],
    ['tokens!group=lab', user('alice', 'office', 'lab'), true],
    ['tokens!group=lab', user('alice', 'office'), false],
    ['tokens!group=lab', user('lab'), false],
    ['tokens!group=lab', server('alice', 'gpu', 'lab'), true],
    ['tokens!group=lab', server('alice', 'gpu'), false],
    ['tokens!group=lab', group('lab'), true],
    ['tokens!group=lab', group('lab2'), false],
    ['tokens!group=lab', none, false],
    ['tokens!service=svc', service('svc'), true],
    ['tokens!service=svc', service('svc2'), false],
    ['tokens!service=svc', user('svc'), false],
  ])('D21: %s on %j: %s', (scope, target, expected) => {
    expect(covers(set(scope), 'tokens', target)).toBe(expected);
  });

  test('not having it at all reaches nothing', () => {
    expect(covers(set('read:tokens'), 'tokens', user('alice'))).toBe(false);
  });

  test('without a target exactly the unfiltered scopes do', () => {
    fc.assert(fc.property(rawScopes, (raw) => {
      const have = expandRaw(raw, ALICE);
      for (const [scope, extent] of have) expect(covers(have, scope, none)).toBe(extent.all);
    }), { numRuns: 200 });
  });
});

describe('narrowing a list', () => {
  test.each([
    ['list:users', ['list:users'], { all: true }],
    ['list:users', ['list:users!user=alice', 'list:users!group=lab'], { all: false, users: new Set(['alice']), groups: new Set(['lab']), services: new Set() }],
    ['list:users', ['list:users!server=alice/'], undefined],
    ['list:users', ['list:users!user=alice', 'list:users!service=svc'], undefined],
    ['list:users', ['read:users'], undefined],
    ['list:groups', ['list:groups!group=lab'], { all: false, users: new Set(), groups: new Set(['lab']), services: new Set() }],
    ['list:groups', ['list:groups!user=alice'], undefined],
    ['list:services', ['list:services!service=svc'], { all: false, users: new Set(), groups: new Set(), services: new Set(['svc']) }],
    ['list:services', ['list:services!group=lab'], undefined],
  ] as const)('%s with %j', (scope, raw, expected) => {
    expect(narrowing(set(...raw), scope)).toEqual(expected);
  });
});
