/** Cookies of the hub, by name and attributes. Bytes are compared exactly: no quotes, no `$Version`, no Unicode trimming (B10). */
export interface CookieNames {
  /** The only credential. */
  readonly session: string;
  /** Random value that forms are bound to before anybody signed in (C07). */
  readonly before: string;
}

/** `__Host-` cannot be set by a container or a neighbouring host, but browsers want https for it. Only one of the two names ever counts. */
export const cookieNames = (secure: boolean): CookieNames => (secure ? { session: '__Host-hub', before: '__Host-hub-pre' } : { session: 'hub', before: 'hub-pre' });

export const XSRF_COOKIE = '_xsrf';
export const LANGUAGE_COOKIE = 'lang';
export const THEME_COOKIE = 'theme';

/** Values by name, in order, repeated ones kept. Only SP and HTAB around a pair are dropped (RFC 6265, 5.4). */
export function parseCookies(header: string | undefined): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals < 0) continue;
    const name = trimOws(pair.slice(0, equals), 'start');
    const value = trimOws(pair.slice(equals + 1), 'end');
    const values = found.get(name);
    if (values === undefined) found.set(name, [value]);
    else values.push(value);
  }
  return found;
}

/** A loop, because `/[ \t]+$/` tries again from every blank within a text and takes seconds for a long row of them (Q09). */
function trimOws(text: string, side: 'start' | 'end'): string {
  let start = 0;
  let end = text.length;
  if (side === 'start') while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  else while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const isBlank = (c: number): boolean => c === 0x20 || c === 0x09;

export interface CookieOptions {
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: 'Lax' | 'Strict';
  /** Absent: until the browser closes. 0: gone at once. */
  readonly maxAgeSeconds?: number;
}

/** One `Set-Cookie` line. `value` has to be made of token characters already; it is never encoded. */
export function cookieLine(name: string, value: string, o: CookieOptions): string {
  const age = o.maxAgeSeconds === undefined ? '' : `; Max-Age=${o.maxAgeSeconds}`;
  return `${name}=${value}; Path=${o.path}${age}${o.secure ? '; Secure' : ''}${o.httpOnly ? '; HttpOnly' : ''}; SameSite=${o.sameSite}`;
}
