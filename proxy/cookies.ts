/** Cookies as raw bytes: nothing is decoded, nothing is parsed into an object, what is kept is kept byte for byte. */
import { remembered } from './remembered';

/** What may be done with a cookie of this name. */
type CookieKind = 'hub' | 'hub-like' | 'session-id' | 'xsrf' | 'other';

export interface RequestCookies {
  /** Value of the hub's cookie; undefined when there is none. */
  readonly hub: string | undefined;
  /** The hub's cookie came more than once: nobody can know which one is real (B08). */
  readonly duplicate: boolean;
  /** Value of Jupyter's own `_xsrf`; the first one, as scripts read it. */
  readonly xsrf: string | undefined;
}

export interface CookieRules {
  read(lines: readonly string[]): RequestCookies;
  /** One `Cookie` line without the hub's cookies; empty when nothing is left. */
  strip(line: string, keepSessionId: boolean): string;
  /** May a container set a cookie of this name? */
  maySet(name: string): boolean;
}

const KNOWN_NAMES = 512;
/** A browser sends the same line with each request: looking it up instead of reading and stripping it halves that, 0.4 µs with two cookies. */
const KNOWN_LINES = 512;
const LONGEST_KNOWN_LINE = 4096;
/** Prefixes that give a cookie a meaning for the whole host; a container lives below a path. */
const PREFIX = /^__(?:host-http|host|secure|http)-/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
export const SESSION_ID_COOKIE = 'jupyterhub-session-id';

export function createCookieRules(cookieName: string): CookieRules {
  const bare = cookieName.toLowerCase().replace(PREFIX, '');
  const classify = (name: string): CookieKind => {
    if (name === cookieName) return 'hub';
    if (name === SESSION_ID_COOKIE) return 'session-id';
    if (name === '_xsrf') return 'xsrf';
    const rest = withoutPrefix(name);
    return rest === bare || rest.startsWith(`${bare}-`) ? 'hub-like' : 'other';
  };

  const kindOf = remembered(classify, KNOWN_NAMES);

  const read = (lines: readonly string[]): RequestCookies => {
    let hub: string | undefined;
    let xsrf: string | undefined;
    let duplicate = false;
    for (const line of lines) {
      forEachCookie(line, (start, end) => {
        const cookie = line.slice(start, end);
        const equals = cookie.indexOf('=');
        if (equals === -1) return;
        const kind = kindOf(cookie.slice(0, equals));
        if (kind === 'hub') {
          duplicate = duplicate || hub !== undefined;
          hub = cookie.slice(equals + 1);
        } else if (kind === 'xsrf') xsrf ??= cookie.slice(equals + 1);
      });
    }
    return { hub, duplicate, xsrf };
  };

  const strip = (line: string, keepSessionId: boolean): string => {
    let kept = '';
    forEachCookie(line, (start, end) => {
      if (start === end) return;
      // The search for `=` ends with the cookie: beyond it, a line of many short ones would be read again for each (Q09).
      const cookie = line.slice(start, end);
      const equals = cookie.indexOf('=');
      const name = equals === -1 ? cookie : cookie.slice(0, equals);
      const kind = kindOf(name);
      // A cookie without a name may be read as one whose name is its value.
      if (kind === 'hub' || kind === 'hub-like' || (name === '' && carriesHubName(cookie, bare))) return;
      if (kind === 'session-id' && !keepSessionId) return;
      kept = kept === '' ? cookie : `${kept}; ${cookie}`;
    });
    return kept;
  };

  const readLine = remembered((line) => read([line]), KNOWN_LINES, LONGEST_KNOWN_LINE);
  const stripWithSessionId = remembered((line) => strip(line, true), KNOWN_LINES, LONGEST_KNOWN_LINE);
  const stripAll = remembered((line) => strip(line, false), KNOWN_LINES, LONGEST_KNOWN_LINE);

  return {
    read(lines) {
      const [first, second] = lines;
      if (first === undefined) return NO_COOKIES;
      return second === undefined ? readLine(first) : read(lines);
    },

    strip: (line, keepSessionId) => (keepSessionId ? stripWithSessionId : stripAll)(line),

    maySet(name) {
      if (!TOKEN.test(name)) return false;
      const lower = name.toLowerCase();
      if (lower.startsWith('__host-')) return false;
      const rest = withoutPrefix(name);
      return !rest.startsWith(bare) && rest !== SESSION_ID_COOKIE && rest !== 'jupyterhub-hub-login';
    },
  };
}

const NO_COOKIES: RequestCookies = { hub: undefined, duplicate: false, xsrf: undefined };

const SPACE = 0x20;
const TAB = 0x09;

/** Calls back with the bounds of each cookie, spaces and tabs around it left out (and nothing else: B10). */
function forEachCookie(line: string, visit: (start: number, end: number) => void): void {
  let from = 0;
  while (from <= line.length) {
    const semicolon = line.indexOf(';', from);
    const stop = semicolon === -1 ? line.length : semicolon;
    let start = from;
    let end = stop;
    while (start < end && isBlank(line.charCodeAt(start))) start += 1;
    while (end > start && isBlank(line.charCodeAt(end - 1))) end -= 1;
    visit(start, end);
    from = stop + 1;
  }
}

/** A loop, because `/[ \t]+$/` tries again from every blank, and a container could hold up everybody with a long row of them (Q09). */
function withoutBlanksBehind(name: string): string {
  let end = name.length;
  while (end > 0 && isBlank(name.charCodeAt(end - 1))) end -= 1;
  return name.slice(0, end);
}

const isBlank = (c: number): boolean => c === SPACE || c === TAB;

/** The name as the most forgiving parser reads it: any Unicode space, control character or quote around it dropped, any case. */
function withoutPrefix(name: string): string {
  const utf8 = Buffer.from(name, 'latin1').toString('utf8');
  return withoutBlanks(utf8).toLowerCase().replace(PREFIX, '');
}

const withoutBlanks = (name: string): string => name.replace(/[\s\u0000-\u001f\u007f\u0085\u200b-\u200f\u2060\ufeff"]+/g, '');

const carriesHubName = (cookie: string, bare: string): boolean => withoutPrefix(cookie.replace(/^=+/, '')).startsWith(bare);

const MAX_COOKIES = 40;
const MAX_BYTES = 16 * 1024;

/**
 * `Set-Cookie` lines of a container (B06, B07, B09): the hub's names never pass, the rest stays below `prefix`, without `Domain`,
 * and within what a browser's next request can carry.
 */
export function filterSetCookies(lines: readonly string[], prefix: string, rules: CookieRules): string[] {
  const kept: string[] = [];
  let bytes = 0;
  for (const line of lines) {
    const cookie = confine(line, prefix, rules);
    if (cookie === null) continue;
    bytes += cookie.length;
    if (kept.length === MAX_COOKIES || bytes > MAX_BYTES) break;
    kept.push(cookie);
  }
  return kept;
}

function confine(line: string, prefix: string, rules: CookieRules): string | null {
  const parts = line.split(';');
  const pair = (parts[0] ?? '').trim();
  const equals = pair.indexOf('=');
  if (equals <= 0 || !rules.maySet(withoutBlanksBehind(pair.slice(0, equals)))) return null;
  const kept = [pair];
  let path = prefix;
  let sameSite = false;
  for (const part of parts.slice(1)) {
    const attribute = part.trim();
    const name = attribute.split('=', 1)[0]?.trim().toLowerCase();
    if (name === 'path') path = below(attribute.slice(attribute.indexOf('=') + 1).trim(), prefix);
    else if (name !== 'domain' && name !== '') kept.push(attribute);
    if (name === 'samesite') sameSite = true;
  }
  kept.push(`Path=${path}`);
  if (!sameSite) kept.push('SameSite=Lax');
  return kept.join('; ');
}

/** The last `Path` counts, as in browsers. */
const below = (path: string, prefix: string): string => (path.startsWith(prefix) || `${path}/` === prefix ? path : prefix);

/** Lines that make a browser forget the hub's cookie, wherever a page may have put one by that name. */
export function clearingCookies(cookieName: string, path: string | null): string[] {
  const secure = cookieName.startsWith('__') ? ' Secure;' : '';
  const paths = new Set(['/']);
  const segments = (path ?? '/').split('/').slice(1, 4);
  for (let i = 1; i <= segments.length; i += 1) {
    const at = `/${segments.slice(0, i).join('/')}`;
    // Only what needs no escaping in an attribute.
    if (/^[\w/.~@%-]+$/.test(at)) paths.add(at).add(`${at}/`);
  }
  const where = cookieName.startsWith('__Host-') ? ['/'] : [...paths].map((p) => p.replace(/\/+$/, '/'));
  return [...new Set(where)].map((p) => `${cookieName}=; Path=${p}; Max-Age=0;${secure} HttpOnly; SameSite=Lax`);
}
