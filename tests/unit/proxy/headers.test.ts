import fc from 'fast-check';
import type { ServerId, UserId } from '../../../hub/domain/ids';
import type { RequestFacts } from '../../../proxy/contract';
import { createCookieRules } from '../../../proxy/cookies';
import { forwardedHeaders } from '../../../proxy/headers';
import { inspect } from '../../../proxy/request-guard';
import { onlyValid, publicLocation, sanitiseResponse } from '../../../proxy/response-headers';
import type { ServerRoute } from '../../../proxy/route-table';

const limits = { maxHeaderLines: 100, maxTargetBytes: 8192 };
const cookies = createCookieRules('hub');
const injected: ServerRoute = { prefix: '/user/a/', origin: 'http://10.0.0.1:8888', owner: 'a' as UserId, server: 's' as ServerId, upstream: { kind: 'injected', authorization: 'token secret' } };
const singleuser: ServerRoute = { ...injected, upstream: { kind: 'singleuser' } };

function forwarded(rawHeaders: string[], route = injected, more: { readonly authorization?: string; readonly userName?: string } = {}): string[] {
  const facts: RequestFacts = { method: 'GET', target: '/user/a/', rawHeaders: ['Host', 'hub.test:8000', ...rawHeaders], httpVersion: '1.1', peer: '1.2.3.4', encrypted: false, upgrade: false };
  const found = inspect(facts, limits);
  if (found.kind === 'refusal') throw new Error(found.message);
  const { userName = 'alice', ...rest } = more;
  return forwardedHeaders(facts, found, cookies, { route, grant: { user: 'a' as UserId, userName, credential: 'c', ...rest }, address: '9.9.9.9', scheme: 'http', plainText: false });
}
const OWN = ['x-forwarded-for', '9.9.9.9', 'x-forwarded-proto', 'http', 'x-forwarded-host', 'hub.test:8000', 'x-forwarded-port', '8000', 'x-forwarded-prefix', '/user/a', 'x-forwarded-user', 'alice'];
const HOST = ['host', 'hub.test:8000'];
const SECRET = ['authorization', 'token secret'];

describe('requests', () => {
  test('order, case and repetition stay', () => {
    expect(forwarded(['Accept', 'a', 'X-One', '1', 'accept', 'b', 'Cookie', 'x=1; hub=h'])).toEqual([...HOST, 'Accept', 'a', 'X-One', '1', 'accept', 'b', 'Cookie', 'x=1', ...SECRET, ...OWN]);
  });

  test('a singleuser server gets the authorization that the grant names, and else none', () => {
    expect(forwarded(['Authorization', 'token broad'], singleuser)).toEqual([...HOST, ...OWN]);
    expect(forwarded(['Authorization', 'token broad'], singleuser, { authorization: 'token narrow' })).toEqual([...HOST, 'authorization', 'token narrow', ...OWN]);
  });

  test('any user name becomes a valid header', () => {
    expect(forwarded([], injected, { userName: 'ü x' }).at(-1)).toBe('%C3%BC%20x');
  });

  test('of any headers, nothing passes that says who or where the client is', () => {
    const name = fc.oneof(
      fc.constantFrom('Forwarded', 'X-Forwarded-For', 'x-forwarded-anything', 'X-Real-IP', 'X_Real_IP', 'Remote-User', 'X-Hub-User', 'Proxy-Authorization', 'TE', 'Trailer', 'Keep-Alive', 'Transfer_Encoding', 'X-Original-URL', 'X-Rewrite-URL', '__proto__'),
      fc.stringMatching(/^[A-Za-z0-9_-]{1,20}$/),
    );
    const lists = fc.array(fc.tuple(name, fc.constant('LIE')), { maxLength: 20 });
    fc.assert(
      fc.property(lists, (list) => {
        const clean = list.filter(([n]) => !/^(host|cookie|connection|authorization|content-.*|transfer-encoding|expect|upgrade|origin|sec-.*|x-[xc]srftoken)$/i.test(n));
        const out = forwarded(clean.flat());
        for (let i = 0; i < out.length; i += 2) {
          if (out[i + 1] === 'LIE') expect(out[i]).not.toMatch(/_|^(?:forwarded|x-forwarded.*|x-real-ip|remote-.*|x-hub-.*|proxy-.*|te|trailer|keep-alive|x-original-.*|x-rewrite-.*)$/i);
        }
        expect(out.slice(-OWN.length)).toEqual(OWN);
      }),
      { numRuns: 500, seed: 2 },
    );
  });
});

describe('responses', () => {
  const of = { route: injected, path: '/user/a/lab', needsXsrfCookie: false };
  const rules = { cookies, framePolicy: 'frame-ancestors \'none\'' };
  const added = ['content-security-policy', 'frame-ancestors \'none\'', 'x-content-type-options', 'nosniff', 'referrer-policy', 'same-origin'];

  test('bytes and strings give the same', () => {
    const raw = ['Content-Type', 'text/plain', 'X-A', 'caf\xe9', 'Content-Length', '5', 'X-A', '2'];
    const expected = { headers: ['Content-Type', 'text/plain', 'X-A', 'caf\xe9', 'X-A', '2', ...added], contentLength: 5, plainHtml: false };
    expect(sanitiseResponse(raw, of, rules)).toEqual(expected);
    expect(sanitiseResponse(raw.map((part) => Buffer.from(part, 'latin1')), of, rules)).toEqual(expected);
  });

  test('an own referrer policy stays; an own nosniff is replaced', () => {
    expect(sanitiseResponse(['Referrer-Policy', 'no-referrer', 'X-Content-Type-Options', 'none'], of, rules).headers).toEqual(['Referrer-Policy', 'no-referrer', ...added.slice(0, 4)]);
  });

  test.each([['gzip', false], ['identity', true]])('HTML as %s can be looked into: %s', (encoding, plainHtml) => {
    expect(sanitiseResponse(['Content-Type', 'text/html', 'Content-Encoding', encoding], of, rules).plainHtml).toBe(plainHtml);
  });

  test('a header that node would throw about is left out alone', () => {
    expect(onlyValid(['a', '1', 'b c', '2', 'd', 'x\0', 'e', '5'])).toEqual(['a', '1', 'e', '5']);
  });

  test.each([
    ['http://10.0.0.1:8888/x', '/x'], ['HTTP://10.0.0.1:8888/x', '/x'], ['http://10.0.0.1:8888', '/'], ['http://10.0.0.1:8888?x', '/?x'], ['http://10.0.0.1:8888///e', '/e'], ['http://10.0.0.1:8888/\\e', '/e'],
    ['http://10.0.0.1:88880/x', 'http://10.0.0.1:88880/x'], ['http://10.0.0.1:8888.evil/', 'http://10.0.0.1:8888.evil/'], ['', ''],
  ])('location %j becomes %j', (from, to) => {
    expect(publicLocation(from, injected.origin)).toBe(to);
  });
});

test.each([
  ['frame-ancestors \'self\'; report-uri /csp', '; report-uri /csp'],
  ['default-src *; frame-ancestors \'self\'', 'default-src *;'],
  ['Frame-Ancestors \'none\', script-src \'self\'; frame-ancestors x; img-src *', ', script-src \'self\';; img-src *'],
  ['script-src \'self\'', 'script-src \'self\''],
])('where an origin may frame servers, their own word about frames does not count: %s', (own, left) => {
  const raw = ['Content-Security-Policy', own, 'X-Frame-Options', 'DENY', 'Content-Type', 'text/html'];
  const of = { route: { prefix: '/user/alice/', origin: 'http://10.0.0.1:8888', owner: 'a' as never, server: 's' as never, upstream: { kind: 'singleuser' } as const }, path: '/user/alice/lab', needsXsrfCookie: false };
  const policies = (framed: boolean): string[] => {
    const { headers } = sanitiseResponse(raw, of, { cookies: createCookieRules('hub'), framePolicy: 'frame-ancestors https://console.test', framed });
    return headers.flatMap((name, i) => (i % 2 === 0 && /^(?:content-security-policy|x-frame-options)$/i.test(name) ? [headers[i + 1] ?? ''] : []));
  };
  expect(policies(true)).toEqual([left, 'frame-ancestors https://console.test']);
  expect(policies(false)).toEqual([own, 'DENY', 'frame-ancestors https://console.test']);
});
