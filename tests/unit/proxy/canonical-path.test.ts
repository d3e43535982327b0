import fc from 'fast-check';
import { canonicalPath, canonicalSegment, escapeSegment } from '../../../proxy/canonical-path';
import { escapeSegment as escapeInUrls } from '../../../hub/urls';

describe('canonicalPath', () => {
  test.each([
    ['/', '/', '', '/'],
    ['/hub/home?x=1', '/hub/home', '?x=1', '/hub/home'],
    ['/user/alice/a%20b?c=%2e%2e/../', '/user/alice/a%20b', '?c=%2e%2e/../', '/user/alice/a%20b'],
    ['/user/a@b.c/~x', '/user/a@b.c/~x', '', '/user/a@b.c/~x'],
    ['/user/%C3%BC/x', '/user/%C3%BC/x', '', '/user/%C3%BC/x'],
  ])('keeps %s as it is', (target, path, search, below) => {
    expect(canonicalPath(target, '/')).toEqual({ kind: 'ok', path, below, search });
  });

  test.each([
    ['/user/bo%62/x?y', '/user/bob/x?y'], ['/%75ser/bob', '/user/bob'], ['/user/a%40b', '/user/a@b'], ['/user/%c3%bc/', '/user/%C3%BC/'], ['/user/a+b/', '/user/a%2Bb/'],
  ])('moves %s to %s', (target, location) => {
    expect(canonicalPath(target, '/')).toMatchObject({ kind: 'moved', location });
  });

  test.each([
    '//user', '/user//x', '/a/./b', '/a/b/..', '/a/b/%2e%2e/', '/a/b/%252e%252e/', '/a/b/..%5c', '/a/b\\c', '/a/b/%00', '/a/b/%ff', '/a/b/%c0%ae', '/a%2fb/c', '/a/b%5c', '/a;x/b', '/a/b;x/c', '/a/%253b%252f/x',
    '/a/b/c#d', '/a/b/ü', '/a/b/c d', '/a/b/%', '/a/b/..;x/', '/a/b/%E2%80%A4%E2%80%A4/x', '/a%0a/b',
  ])('refuses %s', (target) => {
    expect(canonicalPath(target, '/').kind).toBe('bad');
  });

  test.each([
    ['/jupyter/user/x', 'ok'], ['/jupyter', 'moved'], ['/jupyterx/', 'outside'], ['/', 'outside'], ['/user/x', 'outside'],
  ])('below a base path, %s is %s', (target, kind) => {
    expect(canonicalPath(target, '/jupyter/').kind).toBe(kind);
  });

  test('escapes as the rest of the hub does', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (name) => escapeSegment(name) === escapeInUrls(name)), { numRuns: 300, seed: 7 });
  });

  test('any name, once escaped, is canonical or refused, and never changes again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), (name) => {
        if (!name.isWellFormed()) return;
        const once = canonicalSegment(escapeSegment(name));
        if (once !== null) expect(canonicalSegment(once)).toBe(once);
      }),
      { numRuns: 500, seed: 11 },
    );
  });

  test('whatever is accepted below a server stays there for every lenient reader', () => {
    const piece = fc.constantFrom('.', '..', '/', '\\', '%2e', '%2E', '%2f', '%5c', '%25', '2e', '2f', ';', 'a', 'bob', 'user', '%ef%bc%8f', '%ef%bc%8e', '%00', '%', '//');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const found = canonicalPath(`/user/alice/${pieces.join('')}`, '/');
        if (found.kind !== 'ok') return;
        expect(found.path).toBe(`/user/alice/${pieces.join('')}`);
        for (const reading of lenient(found.path)) expect(reading.startsWith('/user/alice/')).toBe(true);
      }),
      { numRuns: 3000, seed: 3 },
    );
  });
});

/** Unescaped up to twice, backslashes as slashes, parameters dropped, compatibility characters folded, dots resolved. */
function lenient(path: string): string[] {
  const unescape = (text: string): string => text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replace(/%/g, ''), 'hex').toString('utf8'));
  const once = unescape(path);
  return [path, once, unescape(once)].flatMap((text) => [text, text.normalize('NFKC')]).map((text) => {
    const kept: string[] = [];
    for (const segment of text.replace(/\\/g, '/').split('/').map((s) => s.split(';')[0] ?? '')) {
      if (segment === '..') kept.pop();
      else if (segment !== '.' && segment !== '') kept.push(segment);
    }
    return `/${kept.join('/')}/`;
  });
}
