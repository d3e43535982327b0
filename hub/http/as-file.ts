/** What every system takes as the name of a file; the rest of a name comes in the second form, which browsers prefer. */
const PLAIN = /[^A-Za-z0-9._ -]/g;
const LONGEST = 255;
/** RFC 5987: letters and digits that stand for themselves. */
const escaped = (text: string): string => encodeURIComponent(text).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Headers of something that somebody else made: it is kept, never shown in a place of the hub's. A name may hold anything (L06), so what is
 * not plain is replaced in one form of it, and escaped in the other.
 */
export function asFile(name: string): Readonly<Record<string, string>> {
  const whole = name.toWellFormed().slice(0, LONGEST);
  const plain = whole.replace(PLAIN, '_');
  return {
    'Content-Disposition': `attachment; filename="${plain}"${plain === whole ? '' : `; filename*=UTF-8''${escaped(whole.toWellFormed())}`}`,
    'Content-Security-Policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  };
}
