/**
 * Where to go after signing in. Whatever could leave `publicUrl`, or is not below its path, becomes `fallback`.
 * Parsed as a browser parses it, compared by origin and rebuilt with one leading slash: prefixes were fooled by `/\evil`,
 * `//evil`, tabs inside slashes, and an own absolute address whose path is `//evil`.
 */
export function safeNext(next: string | undefined, publicUrl: URL, fallback: string): string {
  if (next === undefined || next === '' || next.length > MAX_LENGTH || UNPRINTABLE.test(next)) return fallback;
  // A browser reads a backslash as a slash; JupyterHub keeps it as a character of the path, and so do we.
  const target = next.replaceAll('\\', '%5C');
  if (!target.startsWith('/') && !ABSOLUTE.test(target)) return fallback;
  const url = URL.canParse(target, publicUrl) ? new URL(target, publicUrl) : undefined;
  if (url === undefined || url.origin !== publicUrl.origin || url.username !== '' || url.password !== '') return fallback;
  const path = `/${url.pathname.replace(LEADING, '')}`;
  // What stood behind the slashes may be dots, which the browser resolves only now.
  if (path !== url.pathname) return safeNext(path + url.search + url.hash, publicUrl, fallback);
  if (!path.startsWith(publicUrl.pathname)) return fallback;
  return path + url.search + url.hash;
}

const MAX_LENGTH = 4096;
/** Controls, every kind of Unicode space and line, and invisible direction marks: no address of ours has them unescaped. */
const UNPRINTABLE = /[\u0000-\u0020\u007f-\u00a0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]/u;
const ABSOLUTE = /^https?:\/\//i;
/** Slashes, and what a second parser might take for one. */
const LEADING = /^(?:\/|%2f|%5c|%09|%0a|%0d)+/i;
