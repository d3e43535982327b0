/**
 * One reading of a request target. What is decided on is what is forwarded, byte for byte; anything that some server might read
 * as another path is refused instead of repaired.
 */
export type CanonicalPath =
  /** `path` is the raw path with the base path, `below` the part below it (starts with a slash), `search` the query with its `?`. */
  | { readonly kind: 'ok'; readonly path: string; readonly below: string; readonly search: string }
  /** A second spelling of `location`, which includes the query. */
  | { readonly kind: 'moved'; readonly location: string; readonly below: string }
  | { readonly kind: 'outside' }
  | { readonly kind: 'bad'; readonly reason: string };

const PERCENT = 0x25;
const DOT = 0x2e;
const SLASH = 0x2f;

const bad = (reason: string): CanonicalPath => ({ kind: 'bad', reason });

/** As `escapeSegment` in hub/urls.ts: the spelling in which routes are registered. */
export const escapeSegment = (segment: string): string =>
  encodeURIComponent(segment)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/%40/g, '@');

/** `target` is in origin form (F11: absolute form is reduced to it by the caller); `base` starts and ends with a slash. */
export function canonicalPath(target: string, base: string): CanonicalPath {
  const mark = target.indexOf('?');
  const end = mark === -1 ? target.length : mark;
  const scan = scanTarget(target, end);
  if (typeof scan === 'string') return bad(scan);
  const path = mark === -1 ? target : target.slice(0, mark);
  const search = mark === -1 ? '' : target.slice(mark);
  if (scan.suspicious) {
    const reason = ambiguity(path);
    if (reason !== null) return bad(reason);
  }
  if (!path.startsWith(base)) {
    if (path.length + 1 === base.length && base.startsWith(path)) return { kind: 'moved', location: base + search, below: '/' };
    return { kind: 'outside' };
  }
  return canonicalPrefix(path, base, search);
}

/** One pass over the bytes. `suspicious`: there are escapes or dots that need a second look. */
function scanTarget(target: string, end: number): { readonly suspicious: boolean } | string {
  let suspicious = false;
  for (let i = 0; i < target.length; i += 1) {
    const c = target.charCodeAt(i);
    if (c < 0x21 || c > 0x7e) return 'The address has characters that must be escaped.';
    if (c === 0x23) return 'The address has a fragment.';
    if (i >= end) continue;
    if (c === 0x5c) return 'The address has a backslash.';
    if (c === PERCENT || (c === DOT && target.charCodeAt(i - 1) === SLASH)) suspicious = true;
  }
  return { suspicious };
}

/** Does the path mean something else after being unescaped twice, however dots, slashes and backslashes are understood? */
function ambiguity(path: string): string | null {
  if (hasDotSegment(path)) return 'The address has a dot segment.';
  if (!path.includes('%')) return null;
  let once: string;
  try {
    once = decodeURIComponent(path);
  } catch {
    return 'The address has an escape that is not UTF-8.';
  }
  const twice = once.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  for (const reading of [once, twice]) {
    if (reading.includes('\0')) return 'The address has a NUL.';
    if (hasDotSegment(reading) || hasDotSegment(reading.normalize('NFKC'))) return 'The address has an escaped dot segment.';
  }
  return null;
}

/** `;` begins parameters for some servers, and some of those drop them before they look for dots. */
function hasDotSegment(path: string): boolean {
  return path.split(/[/\\]/).some((segment) => {
    const semicolon = segment.indexOf(';');
    const name = semicolon === -1 ? segment : segment.slice(0, semicolon);
    return name === '.' || name === '..';
  });
}

/** The first two segments below the base path decide who owns what is behind them, so they have exactly one spelling. */
function canonicalPrefix(path: string, base: string, search: string): CanonicalPath {
  const below = base.length === 1 ? path : path.slice(base.length - 1);
  const firstEnd = endOfSegment(below, 1);
  const secondEnd = firstEnd === below.length ? firstEnd : endOfSegment(below, firstEnd + 1);
  const first = below.slice(1, firstEnd);
  const second = below.slice(firstEnd + 1, secondEnd);
  if ((first === '' && below.length > 1) || (second === '' && secondEnd < below.length)) return bad('The address has an empty segment.');
  const canonicalFirst = canonicalSegment(first);
  const canonicalSecond = canonicalSegment(second);
  if (canonicalFirst === null || canonicalSecond === null) return bad('The address has escapes where none belong.');
  if (canonicalFirst === first && canonicalSecond === second) return { kind: 'ok', path, below, search };
  const moved = `/${canonicalFirst}${firstEnd < below.length ? '/' : ''}${canonicalSecond}${below.slice(secondEnd)}`;
  return { kind: 'moved', location: `${base.slice(0, -1)}${moved}${search}`, below: moved };
}

const endOfSegment = (path: string, from: number): number => {
  const slash = path.indexOf('/', from);
  return slash === -1 ? path.length : slash;
};

/** The one spelling of a segment; null when it may not stand there at all. Also used for the name of a named server. */
export function canonicalSegment(segment: string): string | null {
  if (/^[A-Za-z0-9_.~@-]*$/.test(segment)) return segment;
  if (segment.includes(';')) return null;
  const name = segment.includes('%') ? decodeURIComponent(segment) : segment;
  if (/[/\\;\u0000-\u001f\u007f]|%(?:2e|2f|5c|00|25)/i.test(name)) return null;
  if (/[/\\]/.test(name.normalize('NFKC'))) return null;
  return escapeSegment(name);
}
