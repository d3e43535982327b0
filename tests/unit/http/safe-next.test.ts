import fc from 'fast-check';
import { safeNext } from '../../../hub/http/safe-next';

const ROOT = new URL('https://hub.test/');
const BELOW = new URL('https://hub.test/jupyter/');

describe('safeNext', () => {
  it.each([
    ['/hub/home', '/hub/home'],
    ['/user/alice/lab?x=1#y', '/user/alice/lab?x=1#y'],
    ['https://hub.test/hub/home?a=b', '/hub/home?a=b'],
    ['HTTPS://HUB.TEST/hub/home', '/hub/home'],
    // A browser would read the backslash as a slash; as a character it is harmless.
    ['/user/has\\backslash', '/user/has%5Cbackslash'],
    ['/user/a%2Fb/', '/user/a%2Fb/'],
    ['/user/ä/lab', '/user/%C3%A4/lab'],
  ])('lets %s through as %s', (next, location) => {
    expect(safeNext(next, ROOT, '/hub/home')).toBe(location);
  });

  it.each([
    ['//evil.example', 'a scheme-relative address'],
    ['///evil.example', 'three slashes'],
    ['////evil.example', 'four slashes'],
    ['https://evil.example/', 'another origin'],
    ['http://hub.test/', 'another scheme'],
    ['https://hub.test:444/', 'another port'],
    ['https://hub.test.evil.example/', 'a suffix'],
    ['https://hub.test@evil.example/', 'a user name that looks like us'],
    ['https://evil@hub.test/', 'any user name'],
    ['https:evil.example', 'a scheme without slashes'],
    ['https:/evil.example', 'a scheme with one slash'],
    ['https:///evil.example', 'a scheme with three'],
    ['\\\\evil.example', 'backslashes'],
    ['javascript:alert(1)', 'a script'],
    ['JaVaScRiPt:alert(1)//', 'a script, oddly spelt'],
    ['data:text/html,x', 'data'],
    ['evil.example', 'a bare name'],
    ['hub/home', 'a relative path'],
    ['?next=/x', 'a query alone'],
    ['', 'nothing'],
    ['/\t/evil.example', 'a tab between slashes'],
    ['\t//evil.example', 'a tab in front'],
    ['/\n/evil.example', 'a line feed'],
    ['/\r\nLocation: https://evil.example', 'a header'],
    ['/\u0000/evil.example', 'a NUL'],
    ['/\u2028/evil.example', 'a line separator'],
    ['/\u00a0/evil.example', 'a no-break space'],
    ['/\u200b/evil.example', 'a zero-width space'],
    ['/\u202eevil', 'a direction mark'],
    ['\ufeff//evil.example', 'a byte order mark'],
    [' //evil.example', 'a space in front'],
    ['https://[::1', 'no address at all'],
    [`/${'a'.repeat(5000)}`, 'more than anybody needs'],
  ])('does not follow %j: %s', (next) => {
    expect(safeNext(next, ROOT, '/hub/home')).toBe('/hub/home');
  });

  it.each(['https://hub.test//evil.example', 'https://hub.test///evil.example/x', 'https://hub.test/\\evil.example', '/\\evil.example', '/.//evil.example', '/..//evil.example', '/x/..//evil.example', '/%2fevil.example', '/%5cevil.example', '/%09/evil.example', '/./\\evil.example'])(
    'G07: what remains of %s stays here',
    (next) => {
      const location = safeNext(next, ROOT, '/hub/home');
      expect(location).toMatch(/^\/(?![/\\])/);
      expect(new URL(location, ROOT).origin).toBe(ROOT.origin);
    },
  );

  it('stays below the base path', () => {
    expect(safeNext('/jupyter/hub/home', BELOW, '/jupyter/hub/home')).toBe('/jupyter/hub/home');
    for (const next of ['/', '/other', '/jupyterx/hub', '/jupyter/../other', 'https://hub.test/hub/home']) expect(safeNext(next, BELOW, '/fallback')).toBe('/fallback');
  });

  it('G07: never leaves, whatever is thrown at it', () => {
    const piece = fc.constantFrom('/', '\\', '//', '.', '..', '@', ':', '?', '#', '%2f', '%5c', '%09', '\t', '\n', 'https:', 'javascript:', 'evil.example', 'hub.test', 'a', '\u2028', ';', '[', ']', '%');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')), (next) => {
        const location = safeNext(next, ROOT, '/hub/home');
        expect(location.startsWith('/')).toBe(true);
        expect(/^\/[/\\]/.test(location)).toBe(false);
        expect(new URL(location, ROOT).origin).toBe(ROOT.origin);
      }),
      { numRuns: 3000 },
    );
  });
});
