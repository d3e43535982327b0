import fc from 'fast-check';
import type { ServerId, UserId } from '../../../hub/domain/ids';
import { canonicalPath } from '../../../proxy/canonical-path';
import { createTrustedProxies } from '../../../proxy/client-address';
import { createCookieRules } from '../../../proxy/cookies';
import { createDecide } from '../../../proxy/decide';
import { createHosts } from '../../../proxy/hosts';
import { createRouteTable } from '../../../proxy/trie';
import { effort, latin1, textOf } from '../../support/fuzz';

const PIECES = [
  '/', '/', '/', '/user/alice/', '/user/bob/', 'user', 'alice', 'bob', 'hub', 'x', '.', '..', '/../', '/./', '%2e', '%2E%2e', '.%2e', '%252e', '%2f', '%2F', '%252f', '%5c', '%255c', '\\', '\\..\\', ';', ';x=1', '..;',
  '//', '%00', '%2500', '%25', '%', '%c0%ae', '%ff', '%C3%BC', 'ü', '%EF%BC%8F', '%E2%80%A5', '%EF%BC%8E', '%61', 'A', '@', '%40', '%20', '+', '?', '#', '%3f', '%23', '%3b', ':', 'http://hub.test', '/jupyter', '/jupyter/',
];
const target = textOf(PIECES).map(latin1);
const base = fc.constantFrom('/', '/jupyter/');

const unescape = (text: string): string => text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
  const bytes = Buffer.from(run.replaceAll('%', ''), 'hex');
  const utf8 = bytes.toString('utf8');
  return utf8.includes('\ufffd') ? bytes.toString('latin1') : utf8;
});

/** As the most eager server reads a path: backslashes and their look-alikes are slashes, parameters go, slashes collapse, dots resolve. */
function normalise(path: string): string {
  const kept: string[] = [];
  for (const raw of path.normalize('NFKC').split(/[/\\]+/)) {
    const segment = raw.split(';', 1)[0] ?? '';
    if (segment === '..') kept.pop();
    else if (segment !== '.' && segment !== '') kept.push(segment);
  }
  return `/${kept.join('/')}/`;
}
const twice = (path: string): string => normalise(unescape(normalise(unescape(path))));

test('G01: what is decided on is what is forwarded: the client\'s own bytes, in one spelling, and asking again changes nothing', () => {
  fc.assert(
    fc.property(target, base, (asked, at) => {
      const read = canonicalPath(asked, at);
      if (read.kind === 'ok') {
        expect(read.path + read.search).toBe(asked);
        expect(at.slice(0, -1) + read.below).toBe(read.path);
        expect(canonicalPath(read.path + read.search, at)).toEqual(read);
      }
      if (read.kind === 'moved') expect(canonicalPath(read.location, at)).toMatchObject({ kind: 'ok' });
    }),
    effort(6_000),
  );
});

test('G01 G02: no server leaves the two segments that were decided on, though it unescapes and normalises the path twice', () => {
  fc.assert(
    fc.property(target, base, (asked, at) => {
      const read = canonicalPath(asked, at);
      if (read.kind !== 'ok') return;
      const [, first = '', second = ''] = read.below.split('/');
      const inside = twice(`${at}${first}/${second}/`);
      expect(twice(read.path).startsWith(inside)).toBe(true);
      expect(`${new URL(`http://hub.test${read.path}`).pathname}/`.startsWith(`${at}${first}/${second}`)).toBe(true);
    }),
    effort(6_000),
  );
});

const routes = createRouteTable();
const ALICE = 'alice' as UserId;
for (const user of ['alice', 'bob']) routes.set({ prefix: `/user/${user}/`, origin: `http://10.0.0.1:${user.length}`, owner: user as UserId, server: 's' as ServerId, upstream: { kind: 'injected', authorization: 'token s' } });
const decide = createDecide({
  basePath: '/', hosts: createHosts(['http://hub.test']), acceptedOrigins: new Set(['http://hub.test']), trusted: createTrustedProxies([]), cookies: createCookieRules('hub'), routes,
  authorise: (_credential, route) => (route.owner === ALICE ? { kind: 'allow', user: ALICE, userName: 'alice', credential: 'c' } : { kind: 'forbidden' }),
  limits: { maxHeaderLines: 100, maxTargetBytes: 8192 }, blankSecret: true,
});

test('G01: whatever Alice asks for, what is forwarded is below her own server for every reader, and redirects stay on this host', () => {
  const seen = { forward: 0, redirect: 0 };
  fc.assert(
    fc.property(fc.oneof(target, target.map((rest) => `/user/alice/${rest}`), target.map((rest) => `/user/%61lice${rest}`)), fc.boolean(), (asked, upgrade) => {
      const ws = upgrade ? ['Upgrade', 'websocket', 'Connection', 'Upgrade', 'Sec-WebSocket-Version', '13', 'Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='] : [];
      const decision = decide({ method: 'GET', target: asked, rawHeaders: ['Host', 'hub.test', 'Authorization', 'token t', ...ws], httpVersion: '1.1', peer: '9.9.9.9', encrypted: false, upgrade });
      if (decision.kind === 'forward') {
        seen.forward += 1;
        expect(asked.endsWith(decision.target)).toBe(true);
        expect(twice(decision.target.split('?', 1)[0] ?? '').startsWith('/user/alice/')).toBe(true);
      }
      if (decision.kind === 'redirect') {
        seen.redirect += 1;
        expect(decision.location).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
      }
    }),
    effort(6_000),
  );
  expect(seen.forward).toBeGreaterThan(100);
  expect(seen.redirect).toBeGreaterThan(10);
});
