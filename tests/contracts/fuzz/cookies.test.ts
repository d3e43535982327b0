import fc from 'fast-check';
import { parseCookies } from '../../../hub/http/cookies';
import { createCookieRules, filterSetCookies } from '../../../proxy/cookies';
import { effort, latin1, textOf } from '../../support/fuzz';

const PIECES = ['hub', '__Host-hub', '__host-hub', 'HUB', ' hub', 'hub ', '\u2000hub', '"hub"', '$Version=1', '=', '=', '=', ';', ';', '; ', ' ', '\t', ',', 'a', 'b=c', '"x;y"', '_xsrf', 'jupyterhub-session-id', 'username-x', '\\', '%3b', '\u00a0', '\ufeff', '__proto__'];
const line = textOf(PIECES, 16).map(latin1);
const names = fc.constantFrom('hub', '__Host-hub');

/** The oracle: what a forgiving parser takes for the hub's cookie. */
const readsAsHub = (cookie: string): boolean => {
  const name = Buffer.from(cookie.replace(/^=+/, '').split('=', 1)[0] ?? '', 'latin1').toString('utf8').replace(/[\s\u0000-\u001f\u007f\u0085\u200b-\u200f\u2060\ufeff"]+/g, '').toLowerCase();
  return name.replace(/^__(?:host-http|host|secure|http)-/, '') === 'hub';
};
const piecesOf = (text: string): string[] => text.split(';').map((cookie) => cookie.replace(/^[ \t]+|[ \t]+$/g, '')).filter((cookie) => cookie !== '');

test('B05 B10: of any Cookie line nothing that any parser takes for the hub\'s cookie is left, and the rest is left byte for byte and in order', () => {
  fc.assert(
    fc.property(line, names, fc.boolean(), (cookie, name, keep) => {
      const rules = createCookieRules(name);
      const left = rules.strip(cookie, keep);
      expect(piecesOf(left).filter(readsAsHub)).toEqual([]);
      expect(rules.read([left]).hub).toBeUndefined();
      expect(rules.strip(left, keep)).toBe(left);
      const mayStay = (one: string): boolean => !readsAsHub(one) && !one.startsWith('=') && (keep || one.split('=', 1)[0] !== 'jupyterhub-session-id');
      const wanted = piecesOf(cookie).filter(mayStay);
      expect(piecesOf(left).filter(mayStay)).toEqual(wanted);
    }),
    effort(3_000),
  );
});

test('B08 B10: the session is the cookie of exactly that name, once; the hub reads the same as the proxy', () => {
  fc.assert(
    fc.property(line, names, (cookie, name) => {
      const read = createCookieRules(name).read([cookie]);
      const exact = piecesOf(cookie).filter((one) => one.startsWith(`${name}=`));
      expect(read.duplicate).toBe(exact.length > 1);
      expect(read.hub === undefined).toBe(exact.length === 0);
      const values = parseCookies(cookie).get(name) ?? [];
      expect(values.length).toBe(exact.length);
      if (exact.length === 1) expect(values[0]?.replace(/^[ \t]+/, '')).toBe(read.hub?.replace(/^[ \t]+/, ''));
    }),
    effort(3_000),
  );
});

const attribute = textOf([';', '; ', 'Path=/', 'path=/user/bob/', 'PATH =/', 'Domain=.example', 'domain=evil', 'Secure', 'SameSite=None', '=', ' ', 'Path=/user/alice/x'], 8).map(latin1);
test('B06 B07: no Set-Cookie of a container names a cookie of the hub or reaches beyond its server', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(line, attribute).map(([pair, rest]) => `${pair}=1${rest}`), { maxLength: 60 }), names, (lines, name) => {
      const kept = filterSetCookies(lines, '/user/alice/', createCookieRules(name));
      expect(kept.length).toBeLessThanOrEqual(40);
      for (const cookie of kept) {
        const [pair = '', ...attributes] = cookie.split(';').map((part) => part.trim());
        expect(readsAsHub(pair)).toBe(false);
        const paths = attributes.filter((one) => /^path\s*=/i.test(one));
        expect(paths).toHaveLength(1);
        expect(paths[0]).toMatch(/^Path=\/user\/alice(?:\/|$)/);
        expect(attributes.some((one) => /^domain/i.test(one))).toBe(false);
      }
    }),
    effort(500),
  );
});
