import fc from 'fast-check';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { ServerId, UserId } from '../../../hub/domain/ids';
import { createCookieRules } from '../../../proxy/cookies';
import { forwardedHeaders } from '../../../proxy/headers';
import { inspect } from '../../../proxy/request-guard';
import { onlyValid, sanitiseResponse } from '../../../proxy/response-headers';
import type { Route } from '../../../proxy/route-table';
import { effort, textOf } from '../../support/fuzz';

const cookies = createCookieRules('__Host-hub');
const route: Route = { prefix: '/user/alice/', origin: 'http://10.0.0.1:8888', owner: 'alice' as UserId, server: 's' as ServerId, upstream: { kind: 'injected', authorization: 'token of-the-server' } };

const KNOWN = [
  'Accept', 'Cookie', 'Connection', 'Keep-Alive', 'Proxy-Authorization', 'Proxy-Connection', 'TE', 'Trailer', 'Upgrade', 'HTTP2-Settings', 'Expect', 'Transfer-Encoding', 'Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host',
  'X-Forwarded-User', 'X_Forwarded_For', 'x_hub_user', 'X-Hub-User', 'Remote-User', 'X-Remote-User', 'X-Real-IP', 'X-Original-URL', 'X-Rewrite-URL', 'True-Client-IP', 'X-Auth-Request-User', 'Authorization', 'Origin', 'X-Custom', '__proto__', 'constructor',
];
/** As a parser lets them through: names are tokens, values have no line ends. */
const name = fc.oneof({ arbitrary: fc.constantFrom(...KNOWN), weight: 5 }, { arbitrary: fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/), weight: 2 });
const spelled = fc.tuple(name, fc.constantFrom((s: string) => s, (s: string) => s.toLowerCase(), (s: string) => s.toUpperCase())).map(([text, how]) => how(text));
const value = fc.oneof(
  fc.constantFrom('LIE', 'close, X-Forwarded-For, Cookie, Authorization, Host', 'keep-alive', 'chunked', '100-continue', '__Host-hub=SECRET; a=1', '__host-hub=SECRET', 'b="2"; __Host-hub="SECRET"; c', 'LIE, LIE', ''),
  fc.stringMatching(/^[\t\x20-\x7e\x80-\xff]{0,40}$/),
);
const userName = fc.oneof(fc.constantFrom('alice', 'a\r\nX-Evil: 1', 'ü', '\u2028', '%0d%0a'), fc.string({ unit: 'binary', maxLength: 10 }).filter((text) => text.isWellFormed()));

const OURS = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-user', 'authorization', 'host'];
const HOP_BY_HOP = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|http2-settings|expect|forwarded)$/i;
const IDENTITY = /^(?:x-forwarded.*|x-real-ip|x-original-.*|x-rewrite-.*|x-hub-.*|(?:x-)?remote-.*|x-auth-.*|true-client-ip)$/i;

test('B05 E07 F06 F07: of any headers no hop-by-hop one, none that says who or where the client is, no underscore, no hub cookie and no line end is forwarded', () => {
  let forwarded = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(spelled, value), { maxLength: 12 }), userName, (lines, user) => {
      const facts = { method: 'GET', target: '/user/alice/', rawHeaders: ['Host', 'hub.test:8000', ...lines.flat()], httpVersion: '1.1', peer: '9.9.9.9', encrypted: false, upgrade: false };
      const found = inspect(facts, { maxHeaderLines: 100, maxTargetBytes: 8192 });
      if (found.kind === 'refusal') return;
      forwarded += 1;
      const out = forwardedHeaders(facts, found, cookies, { route, grant: { user: 'alice' as UserId, userName: user, credential: 'c' }, address: '9.9.9.9', scheme: 'http', plainText: false });
      const names = out.filter((_, i) => i % 2 === 0);
      for (let i = 0; i < out.length; i += 2) {
        validateHeaderName(out[i] as string);
        validateHeaderValue(out[i] as string, out[i + 1] as string);
      }
      expect(out.join('')).not.toMatch(/[\r\n]/);
      expect(out.filter((_, i) => i % 2 === 1 && out[i - 1]?.toLowerCase() === 'cookie').join('')).not.toContain('SECRET');
      expect(names.filter((one) => one.includes('_') || HOP_BY_HOP.test(one))).toEqual([]);
      const identity = names.filter((one) => IDENTITY.test(one) || OURS.includes(one.toLowerCase()));
      expect(identity.map((one) => one.toLowerCase()).sort()).toEqual([...OURS].sort());
      expect(out[out.indexOf('authorization') + 1]).toBe('token of-the-server');
      expect(out[out.indexOf('x-forwarded-for') + 1]).toBe('9.9.9.9');
      const named = new Set(found.connection.split(',').map((one) => one.trim().toLowerCase()));
      const custom = lines.filter(([one]) => one.toLowerCase() === 'x-custom' && !named.has('x-custom')).flat();
      expect(out.flatMap((one, i) => (i % 2 === 0 && one.toLowerCase() === 'x-custom' ? [one, out[i + 1]] : []))).toEqual(custom);
    }),
    effort(3_000),
  );
  expect(forwarded).toBeGreaterThan(500);
});

const RESPONSES = ['Set-Cookie', 'Connection', 'Keep-Alive', 'Transfer-Encoding', 'Trailer', 'Upgrade', 'Clear-Site-Data', 'Strict-Transport-Security', 'Service-Worker-Allowed', 'Alt-Svc', 'Refresh', 'Report-To', 'NEL', 'X-Accel-Redirect', 'Proxy-Authenticate', 'Location', 'Content-Type', 'Content-Length', 'X-Custom', '__proto__'];
const FORBIDDEN = /^(?:connection|keep-alive|transfer-encoding|trailer|upgrade|clear-site-data|strict-transport-security|service-worker-allowed|alt-svc|refresh|report-to|nel|x-accel-redirect|proxy-.*)$/i;
const bytes = fc.oneof(textOf(['__Host-hub=evil; Path=/', 'hub=evil', 'x=1; Path=/; Domain=.example', 'http://10.0.0.1:8888', '//evil', '/user/alice/', 'text/html', '12', ';', ' '], 4), fc.string({ unit: 'binary', maxLength: 20 }));

test('B06 E04 E05 F15: of any answer nothing passes that speaks for the whole origin, and what passes can be written', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.oneof(fc.constantFrom(...RESPONSES), fc.string({ unit: 'binary', maxLength: 8 })), bytes), { maxLength: 12 }), fc.boolean(), (lines, asBytes) => {
      const raw = lines.flat().map((part) => (asBytes ? Buffer.from(part, 'utf8') : Buffer.from(part, 'utf8').toString('latin1')));
      const { headers } = sanitiseResponse(raw, { route, path: '/user/alice/files/x', needsXsrfCookie: false }, { cookies, framePolicy: "frame-ancestors 'none'" });
      const clean = onlyValid(headers);
      for (let i = 0; i < clean.length; i += 2) {
        const [one, is] = [clean[i] as string, clean[i + 1] as string];
        expect(one).not.toMatch(FORBIDDEN);
        expect(is).not.toMatch(/[\r\n]/);
        if (one.toLowerCase() === 'set-cookie') expect(is).not.toMatch(/^\s*(?:__host-)?hub\s*=/i);
        if (one.toLowerCase() === 'location') expect(is).not.toContain('http://10.0.0.1:8888/');
      }
      expect(clean.filter((part) => part === "frame-ancestors 'none'").length).toBeGreaterThanOrEqual(1);
    }),
    effort(3_000),
  );
});
