import fc from 'fast-check';
import { alternativeName, digest, serverSlug, slug } from '../../../spawner/naming';

test('plain names stay as they are', () => {
  for (const name of ['alice', 'a', 'a-b', '7seas', 'x'.repeat(40)]) expect(slug(name)).toBe(name);
});

test('J19: look-alikes, long names and names that look like a slug all differ', () => {
  const long = 'x'.repeat(63);
  const names = ['a.b', 'a-b', 'a_b', 'a@b', 'A.b', 'a b', 'ä.b', `${long}1`, `${long}2`, '..', '', '-', 'a--b', slug('a.b'), 'é', 'e\u0301'];
  expect(new Set(names.map(slug)).size).toBe(names.length);
});

test('J19: any name gives a safe slug of at most 40 characters, and different names different ones', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 90 }), fc.string({ unit: 'grapheme', maxLength: 90 }), (a, b) => {
      expect(slug(a)).toMatch(/^[a-z0-9][a-z0-9-]{0,39}$/);
      expect(slug(a) === slug(b)).toBe(a === b);
    }),
  );
});

test('a named server never shares a name with a default one', () => {
  expect(serverSlug('alice', '')).toBe('alice');
  expect(serverSlug('alice', 'gpu')).toBe('alice__gpu');
  expect(new Set([serverSlug('a', 'b'), serverSlug('a__b', ''), serverSlug('a-b', ''), serverSlug('a', 'b-')]).size).toBe(4);
});

test('alternatives depend on every id, and parts of a digest do not run into each other', () => {
  expect(alternativeName('x', ['i', 's1'])).not.toBe(alternativeName('x', ['i', 's2']));
  expect(digest(['ab', 'c'], 12)).not.toBe(digest(['a', 'bc'], 12));
});
