import fc from 'fast-check';
import { HubError } from '../../../hub/domain/errors';
import { covers, type Target } from '../../../hub/domain/scopes/covers';
import { expandRaw } from '../../../hub/domain/scopes/expand';
import { intersect, isSubset } from '../../../hub/domain/scopes/intersect';
import { parseScope } from '../../../hub/domain/scopes/parse';
import type { ScopeSet } from '../../../hub/domain/scopes/scope-set';
import { serialise } from '../../../hub/domain/scopes/serialise';
import { TREE, type ScopeName } from '../../../hub/domain/scopes/tree';
import { effort, textOf } from '../../support/fuzz';

const SCOPES = Object.keys(TREE) as ScopeName[];
const scope = fc.constantFrom(...SCOPES);
const user = fc.constantFrom('alice', 'alice2', 'bob', 'a.b', 'a@b', 'ü', '__proto__', 'constructor');
const group = fc.constantFrom('g', 'admins', '__proto__', 'a=b');
const server = fc.tuple(user, fc.constantFrom('', 'gpu', 'gpu2')).map(([who, name]) => `${who}/${name}`);
const filter = fc.oneof(fc.constant(''), user.map((name) => `!user=${name}`), server.map((name) => `!server=${name}`), group.map((name) => `!group=${name}`), user.map((name) => `!service=${name}`));
const raw = fc.array(fc.tuple(scope, filter).map((parts) => parts.join('')), { maxLength: 6 });
const GROUPS = new Map([['alice', ['g']], ['bob', ['g', 'admins']]]);
const groupsOf = (name: string): readonly string[] => GROUPS.get(name) ?? [];
const OWNER = { owner: { kind: 'user', name: 'alice' } } as const;
const read = (list: readonly string[]): ScopeSet => expandRaw(list, OWNER);

const target: fc.Arbitrary<Target> = fc.oneof(
  user.map((name) => ({ kind: 'user', name, groups: groupsOf(name) }) as const),
  fc.tuple(user, fc.constantFrom('', 'gpu', 'gpu2')).map(([name, which]) => ({ kind: 'server', user: name, server: which, groups: groupsOf(name) }) as const),
  group.map((name) => ({ kind: 'group', name }) as const),
  user.map((name) => ({ kind: 'service', name }) as const),
  fc.constant({ kind: 'none' } as const),
);

test('D21: whatever text is asked for, it is understood or refused, and nothing else happens', () => {
  const text = fc.oneof(textOf([...SCOPES, '!', '!user', '!user=', '!server=', '!group=', 'alice', '/', '=', ' ', 'custom:', 'self', 'inherit', '*', '__proto__', 'constructor', 'toString', '\u202e', '\n'], 6), fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(text, (asked) => {
      try {
        const parsed = parseScope(asked);
        if (parsed.kind === 'scope') expect(Object.hasOwn(TREE, parsed.name)).toBe(true);
      } catch (err) {
        expect(err).toBeInstanceOf(HubError);
        expect((err as HubError).code).toBe('invalid-input');
        expect((err as HubError).message).not.toMatch(/[\n\u202e]/);
      }
    }),
    effort(5_000),
  );
});

test('D21: what is written down is read back as the same', () => {
  fc.assert(
    fc.property(raw, (list) => {
      const written = serialise(read(list));
      expect(serialise(read(written))).toEqual(written);
      // A filter on a server implies nothing about its owner, so reading what is written may not add that either.
      expect(isSubset(read(written), read(list), groupsOf) && isSubset(read(list), read(written), groupsOf)).toBe(true);
    }),
    effort(1_000),
  );
});

test('D03 D21: what two grants have in common is never more than either, for anything that can be asked about', () => {
  fc.assert(
    fc.property(raw, raw, scope, target, (a, b, wanted, what) => {
      const [left, right] = [read(a), read(b)];
      const common = intersect(left, right, groupsOf);
      expect(isSubset(common, left, groupsOf)).toBe(true);
      expect(isSubset(common, right, groupsOf)).toBe(true);
      if (covers(common, wanted, what)) expect(covers(left, wanted, what) && covers(right, wanted, what)).toBe(true);
      expect(serialise(intersect(right, left, groupsOf))).toEqual(serialise(common));
      expect(serialise(intersect(left, left, groupsOf))).toEqual(serialise(left));
    }),
    effort(2_000),
  );
});
