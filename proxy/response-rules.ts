import { remembered } from './remembered';

/** What a response may say about the hub's origin, and what the hub adds to it (sections 3.3 and 3.5 of the security cases). */
export const RESPONSE = { pass: 0, drop: 1, setCookie: 2, location: 3, contentType: 4, contentLength: 5, contentEncoding: 6, referrerPolicy: 7, frames: 8 } as const;

const BY_NAME = new Map<string, number>([
  ['set-cookie', RESPONSE.setCookie],
  ['location', RESPONSE.location],
  ['content-location', RESPONSE.location],
  ['content-type', RESPONSE.contentType],
  ['content-length', RESPONSE.contentLength],
  ['content-encoding', RESPONSE.contentEncoding],
  ['referrer-policy', RESPONSE.referrerPolicy],
  ['content-security-policy', RESPONSE.frames],
  ['x-frame-options', RESPONSE.frames],
]);

const DROPPED = new Set([
  // Hop-by-hop, RFC 9110 7.6.1.
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  // These speak for the whole origin, not for one server (E05, C13, C14).
  'alt-svc',
  'clear-site-data',
  'cross-origin-embedder-policy',
  'cross-origin-embedder-policy-report-only',
  'cross-origin-opener-policy',
  'cross-origin-opener-policy-report-only',
  'expect-ct',
  'nel',
  'public-key-pins',
  'public-key-pins-report-only',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'set-cookie2',
  'set-login',
  'strict-transport-security',
  // Replaced by our own.
  'x-content-type-options',
  // Orders to a proxy in front of us.
  'x-accel-charset',
  'x-accel-expires',
  'x-accel-limit-rate',
  'x-accel-redirect',
  'x-sendfile',
  'x-lighttpd-send-file',
]);

function classify(lower: string): number {
  const named = BY_NAME.get(lower);
  if (named !== undefined) return named;
  return DROPPED.has(lower) || lower.startsWith('proxy-') ? RESPONSE.drop : RESPONSE.pass;
}

export interface ResponseName {
  readonly text: string;
  /** One of `RESPONSE`. */
  readonly kind: number;
}

const named = remembered<ResponseName>((text) => ({ text, kind: classify(text.toLowerCase()) }));

/** By length, first and last byte; another name with the same three takes the place. */
const byBytes = new Map<number, { readonly bytes: Buffer; readonly name: ResponseName }>();
const KNOWN_BY_BYTES = 1024;
const LONGEST_BY_BYTES = 64;

/** The name in a raw header list. Comparing bytes instead of making a string of each to look it up saves 0.6 µs in a response with five. */
export function responseNameOf(part: Buffer | string): ResponseName {
  if (typeof part === 'string') return named(part);
  const { length } = part;
  const key = (length << 16) | ((part[0] ?? 0) << 8) | (part[length - 1] ?? 0);
  const hit = byBytes.get(key);
  if (hit !== undefined && isSame(hit.bytes, part)) return hit.name;
  const name = named(part.toString('latin1'));
  if (length > LONGEST_BY_BYTES) return name;
  if (byBytes.size >= KNOWN_BY_BYTES) byBytes.clear();
  byBytes.set(key, { bytes: Buffer.from(part), name });
  return name;
}

/** A loop, because `equals` leaves JavaScript for as long as this takes for a whole name. */
function isSame(a: Buffer, b: Buffer): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

const MARKUP = /^\s*(?:text\/html|application\/xhtml\+xml|image\/svg\+xml|text\/xml|application\/xml|[\w.+-]+\/[\w.-]+\+xml|multipart\/)/i;

export interface TypeOfContent {
  readonly html: boolean;
  /** A browser could run script out of a document of this type. */
  readonly markup: boolean;
}

/** Of a `Content-Type` header. */
export const typeOf = remembered<TypeOfContent>((contentType) => ({ html: /^\s*text\/html/i.test(contentType), markup: MARKUP.test(contentType) }));

/** First segment below the server's prefix, unescaped as the upstream reads it. The path has passed the canonicaliser. */
function firstBelow(path: string, prefix: string): string {
  let from = prefix.length;
  while (path.charCodeAt(from) === 0x2f) from += 1;
  const end = path.indexOf('/', from);
  const raw = path.slice(from, end === -1 ? path.length : end);
  return raw.includes('%') ? decodeURIComponent(raw) : raw;
}

const USER_AUTHORED = new Set(['files', 'nbconvert', 'view']);

/** Below these, Jupyter serves documents that a user wrote (E09). */
export const isUserAuthored = (path: string, prefix: string): boolean => USER_AUTHORED.has(firstBelow(path, prefix));

/** These answer with data or with what is the same for everybody: worth compressing, and never a page with the server's secret. */
const DATA = new Set(['api', 'static', 'files', 'kernelspecs', 'nbextensions', 'custom', 'proxy']);

export function mayNameSecret(path: string, prefix: string): boolean {
  const first = firstBelow(path, prefix);
  if (DATA.has(first)) return false;
  return !(path.startsWith(`${prefix}lab/api/`) || path.startsWith(`${prefix}lab/extensions/`));
}
