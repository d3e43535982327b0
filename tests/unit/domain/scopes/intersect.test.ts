import fc from 'fast-check';
import { expandRaw } from '../../../../hub/domain/scopes/expand';
import { intersect, isSubset } from '../../../../hub/domain/scopes/intersect';
import { NO_SCOPES, union } from '../../../../hub/domain/scopes/scope-set';
import { ALICE, groupsOf, list, rawScopes, set, words } from './support';

describe('what two sets of scopes have in common', () => {
  test.each<[string, string, string]>([
    ['read:tokens', 'read:tokens', 'read:tokens'],
    ['read:tokens', 'read:hub', ''],
    ['read:tokens', 'read:tokens!user=alice', 'read:tokens!user=alice'],
    ['read:tokens!user=alice', 'read:tokens!user=alice2', ''],
    ['read:tokens!user=alice read:tokens!user=bob', 'read:tokens!user=bob read:tokens!user=carol', 'read:tokens!user=bob'],
    ['access:servers!server=alice/', 'access:servers!user=alice', 'access:servers!server=alice/'],
    ['access:servers!server=alice2/', 'access:servers!user=alice', ''],
    ['access:servers!server=alice/', 'access:servers!server=alice/gpu', ''],
    ['access:servers!server=alice/gpu', 'access:servers!group=lab', 'access:servers!server=alice/gpu'],
    ['access:servers!server=carol/', 'access:servers!group=lab', ''],
    ['read:tokens!user=bob', 'read:tokens!group=office', 'read:tokens!user=bob'],
    ['read:tokens!user=alice', 'read:tokens!group=office', ''],
    ['read:tokens!group=lab', 'read:tokens!group=office', ''],
    ['read:groups!group=lab', 'read:groups', 'read:groups!group=lab read:groups:name!group=lab'],
    ['access:services!service=a', 'access:services!service=a access:services!service=b', 'access:services!service=a'],
    ['access:servers!server=alice/ access:servers!user=bob', 'access:servers!user=alice access:servers!server=bob/x', 'access:servers!server=alice/ access:servers!server=bob/x'],
  ])('%s ∩ %s = %s', (a, b, expected) => {
    const [left, right] = [set(...words(a)), set(...words(b))];
    const wanted = words(expected).filter((s) => s !== '');
    expect(list(intersect(left, right, groupsOf))).toEqual(wanted);
    expect(list(intersect(right, left, groupsOf))).toEqual(wanted);
  });

  test('without knowing groups, a group filter covers only itself', () => {
    expect(list(intersect(set('read:tokens!user=alice'), set('read:tokens!group=lab')))).toEqual([]);
  });

  test('is inside both, the same from either side, and nothing changes the second time', () => {
    fc.assert(fc.property(rawScopes, rawScopes, (one, two) => {
      const [a, b] = [expandRaw(one, ALICE), expandRaw(two, ALICE)];
      const common = intersect(a, b, groupsOf);
      expect(isSubset(common, a, groupsOf) && isSubset(common, b, groupsOf)).toBe(true);
      expect(list(intersect(b, a, groupsOf))).toEqual(list(common));
      expect(list(intersect(common, b, groupsOf))).toEqual(list(common));
      expect(list(intersect(a, a, groupsOf))).toEqual(list(a));
    }), { numRuns: 300 });
  });

  test('a set is inside its union with another, and nothing is inside everything', () => {
    fc.assert(fc.property(rawScopes, rawScopes, (one, two) => {
      const [a, b] = [expandRaw(one, ALICE), expandRaw(two, ALICE)];
      expect(isSubset(a, union(a, b))).toBe(true);
      expect(isSubset(NO_SCOPES, a)).toBe(true);
    }), { numRuns: 200 });
  });

  test.each([
    ['read:tokens', 'read:tokens!user=alice', false],
    ['read:tokens!user=alice', 'read:tokens', true],
    ['read:tokens!user=alice', 'read:tokens!group=lab', true],
    ['read:tokens!group=lab', 'read:tokens!user=alice', false],
    ['read:hub', 'read:tokens', false],
  ])('%s is inside %s: %s', (a, b, expected) => {
    expect(isSubset(set(a), set(b), groupsOf)).toBe(expected);
  });
});
