/** What a response may say about the hub's origin, and what the hub adds to it (sections 3.3 and 3.5 of the security cases). */
export const RESPONSE = { pass: 0, drop: 1, setCookie: 2, location: 3, contentType: 4, contentLength: 5, contentEncoding: 6, referrerPolicy: 7 } as const;

const BY_NAME = new Map<string, number>([
  ['set-cookie', RESPONSE.setCookie],
  ['location', RESPONSE.location],
  ['content-location', RESPONSE.location],
  ['content-type', RESPONSE.contentType],
  ['content-length', RESPONSE.contentLength],
  ['content-encoding', RESPONSE.contentEncoding],
  ['referrer-policy', RESPONSE.referrerPolicy],
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

const KNOWN_SPELLINGS = 1024;
const known = new Map<string, number>();

export function responseKindOf(name: string): number {
  const seen = known.get(name);
  if (seen !== undefined) return seen;
  const kind = classify(name.toLowerCase());
  if (known.size >= KNOWN_SPELLINGS) known.clear();
  known.set(name, kind);
  return kind;
}

const MARKUP = /^\s*(?:text\/html|application\/xhtml\+xml|image\/svg\+xml|text\/xml|application\/xml|[\w.+-]+\/[\w.-]+\+xml|multipart\/)/i;

/** Could a browser run script out of a document of this type? */
export const isMarkup = (contentType: string): boolean => MARKUP.test(contentType);
export const isHtml = (contentType: string): boolean => /^\s*text\/html/i.test(contentType);

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
