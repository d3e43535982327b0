import fc from 'fast-check';
import { clearingCookies, createCookieRules, filterSetCookies } from '../../../proxy/cookies';

const rules = createCookieRules('__Host-hub');

describe('reading', () => {
  test.each([
    [['__Host-hub=x'], 'x', false], [['a=1; __Host-hub=x'], 'x', false], [['a=1;__Host-hub=x;b=2'], 'x', false], [['a=1', ' \t__Host-hub=x\t '], 'x', false], [['__Host-hub='], '', false], [['__Host-hub=a=b'], 'a=b', false],
    [['__Host-hub=x; __Host-hub=y'], 'y', true], [['__Host-hub=x', '__Host-hub=x'], 'x', true],
    [['__host-hub=x'], undefined, false], [['__Host-hub =x'], undefined, false], [['x__Host-hub=x'], undefined, false], [['\xa0__Host-hub=x'], undefined, false], [['$Version=1; "__Host-hub=x"'], undefined, false], [['hub=x'], undefined, false], [[], undefined, false],
  ])('%j', (lines, hub, duplicate) => {
    expect(rules.read(lines)).toMatchObject({ hub, duplicate });
  });

  test('the first _xsrf counts', () => {
    expect(rules.read(['_xsrf=a; _xsrf=b']).xsrf).toBe('a');
  });
});

describe('stripping', () => {
  test.each([
    ['a=1; __Host-hub=x; b="2 3"', 'a=1; b="2 3"'], ['__Host-hub=x', ''], ['hub=x; HUB=y; __Secure-hub=z; __HOST-HUB=w; a=1', 'a=1'], ['\xe2\x80\x80__Host-hub=x; a=1', 'a=1'], ['=__Host-hub=x; a=1', 'a=1'], ['hubble=1', 'hubble=1'], ['hub-enter=n; __Host-hub-enter=n; __Host-hub-pre=p; a=1', 'a=1'],
    ['jupyterhub-session-id=s; a', 'a'], ['a=1;;b=2;', 'a=1; b=2'], ['', ''],
  ])('%j becomes %j', (line, kept) => {
    expect(rules.strip(line, false)).toBe(kept);
  });

  test('keeps the session id where it is wanted', () => {
    expect(rules.strip('jupyterhub-session-id=s; __Host-hub=x', true)).toBe('jupyterhub-session-id=s');
  });

  test('whatever surrounds it, the hub cookie goes and the others stay in order', () => {
    const cookie = fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), fc.stringMatching(/^[a-z0-9="%]{0,8}$/)).filter(([name]) => name !== 'hub').map(([name, value]) => `${name}=${value}`);
    fc.assert(
      fc.property(fc.array(cookie, { maxLength: 5 }), fc.array(cookie, { maxLength: 5 }), (before, after) => {
        expect(rules.strip([...before, '__Host-hub=secret', ...after].join('; '), false)).toBe([...before, ...after].join('; '));
      }),
      { numRuns: 300, seed: 5 },
    );
  });
});

test.each([
  ['x=1', 'x=1; Path=/user/a/; SameSite=Lax'], ['x=1; Path=/user/a/lab', 'x=1; Path=/user/a/lab; SameSite=Lax'], ['x=1; Path=/user/a', 'x=1; Path=/user/a; SameSite=Lax'], ['x=1; path=/; domain=.x; HttpOnly; samesite=strict', 'x=1; HttpOnly; samesite=strict; Path=/user/a/'],
  ['__Secure-x=1; Secure', '__Secure-x=1; Secure; Path=/user/a/; SameSite=Lax'], ['jupyterhub-user-a=t; Path=/user/a/', 'jupyterhub-user-a=t; Path=/user/a/; SameSite=Lax'],
  ['__Host-x=1', null], ['hub=1', null], ['Hub-x=1', null], ['=x', null], ['x', null], ['a b=1', null], ['__Http-hub=1', null], ['\xe2\x80\x80x=1', null], ['jupyterhub-hub-login=1', null],
])('a container\'s %j becomes %j', (line, kept) => {
  expect(filterSetCookies([line], '/user/a/', rules)).toEqual(kept === null ? [] : [kept]);
});

test('clearing covers every path by which a page could have set the cookie', () => {
  expect(clearingCookies('__Host-hub', '/user/a/x')).toEqual(['__Host-hub=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax']);
  expect(clearingCookies('hub', '/user/a/x').map((line) => /Path=([^;]*)/.exec(line)?.[1])).toEqual(['/', '/user', '/user/', '/user/a', '/user/a/', '/user/a/x', '/user/a/x/']);
  expect(clearingCookies('hub', null)).toHaveLength(1);
});
