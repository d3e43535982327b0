import { parseLoginName, parseSignUpName, parseUserName } from '../../hub/domain/names';
import { parseScope } from '../../hub/domain/scopes/parse';
import { parseCookies } from '../../hub/http/cookies';
import { prefers } from '../../hub/http/exchange';
import { safeNext } from '../../hub/http/safe-next';
import { createLog } from '../../hub/log';
import { canonicalPath } from '../../proxy/canonical-path';
import { createTrustedProxies } from '../../proxy/client-address';
import { createCookieRules, filterSetCookies } from '../../proxy/cookies';
import { cookieCredential, tokenOf } from '../../proxy/credential';
import { createHosts } from '../../proxy/hosts';
import { publicLocation, sanitiseResponse } from '../../proxy/response-headers';
import { pickLanguage } from '../../views/i18n';
import { growsTooFast } from '../support/growth';

const rules = createCookieRules('hub');
const hosts = createHosts(['http://hub.test']);
const proxies = createTrustedProxies(['10.0.0.0/8']);
const log = createLog({ level: 'info', file: null, to: { write: () => undefined } });
const route = { prefix: '/user/a/', origin: 'http://10.0.0.1:1', owner: 'a' as never, server: 's' as never, upstream: { kind: 'singleuser' } } as const;
const orNothing = (read: () => unknown): void => {
  try {
    read();
  } catch {
    // A refusal is an answer, too; only what it costs is of interest here.
  }
};

/** Everything that looks at text which a client, a container or a form sent, and that has no limit of its own before it looks. */
const READERS: Readonly<Record<string, (text: string) => void>> = {
  'cookies of the hub': (text) => void parseCookies(text),
  'cookies of the proxy': (text) => void [rules.read([text]), rules.strip(text, false), rules.maySet(text)],
  'cookies of a container': (text) => void [filterSetCookies([text], '/user/a/', rules), filterSetCookies([`${text}=1; Path=${text}; ${text}`], '/user/a/', rules)],
  'headers of a container': (text) => void sanitiseResponse(['Content-Type', text, 'Location', text, 'Set-Cookie', text, text, text], { route, path: '/user/a/', needsXsrfCookie: true }, { cookies: rules, framePolicy: 'x' }),
  'redirects of a container': (text) => void publicLocation(route.origin + text, route.origin),
  paths: (text) => void [canonicalPath(text, '/'), canonicalPath(`/${text}`, '/'), canonicalPath(`/user/a/${text}`, '/')],
  hosts: (text) => void hosts.check(text),
  credentials: (text) => void [tokenOf(text), tokenOf(`token ${text}`), cookieCredential(text)],
  'addresses of proxies': (text) => void proxies.clientAddress('10.0.0.1', [text]),
  'names of users': (text) => [parseSignUpName, parseUserName, parseLoginName].forEach((read) => orNothing(() => read(text))),
  scopes: (text) => orNothing(() => parseScope(text)),
  'where to go next': (text) => void safeNext(text, new URL('http://hub.test/'), '/'),
  languages: (text) => void pickLanguage(undefined, text),
  'accepted types': (text) => void prefers(text, 'text/html', 'application/json'),
  'lines of the log': (text) => log.info({ text }, text),
};

/** What sends an expression with two ways to match back to its start again and again. */
const PATTERNS = [' ', '\t ', 'a ', '=', '= ', ';', '; =', ',', '"', '/', '//', '%', '%25', '%2f', '.', '..', '-', 'a-', '!', '!user=', ':', '://', '://a', 'token ', 'bearer  ', '?token=', '[', '[:', '1', '1.', 'q=1 ', '; q=1', '\u2000', 'a', '\\', '__host-', '='];
const STARTS = ['', 'x'];
const ENDS = ['', 'x', '!', '\u0000', ' x', '=x', ';x'];

test.each(Object.keys(READERS))('Q09: the time to read %s grows no faster than the text', (name) => {
  const read = READERS[name] as (text: string) => void;
  const bad = PATTERNS.flatMap((pattern) => STARTS.flatMap((start) => ENDS.map((end) => [start, pattern, end] as const))).filter(([start, pattern, end]) => growsTooFast(read, (length) => start + pattern.repeat(length / pattern.length) + end));
  expect(bad).toEqual([]);
}, 60_000);
