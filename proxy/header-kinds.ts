import { remembered } from './remembered';

/** What each request header means to the proxy. One look-up per header line, so a number and a map by the name as it was spelled. */
export const KIND = {
  pass: 0,
  drop: 1,
  cookie: 2,
  connection: 3,
  accept: 4,
  forwardedFor: 5,
  forwardedProto: 6,
  acceptEncoding: 7,
  /** From here on: at most one line each. */
  host: 10,
  authorization: 11,
  contentType: 12,
  origin: 13,
  secFetchSite: 14,
  secFetchMode: 15,
  secFetchDest: 16,
  contentLength: 17,
  transferEncoding: 18,
  expect: 19,
  upgrade: 20,
  wsKey: 21,
  wsVersion: 22,
  xsrfToken: 23,
  csrfToken: 24,
} as const;

export const FIRST_UNIQUE = KIND.host;

const BY_NAME = new Map<string, number>([
  ['cookie', KIND.cookie],
  ['connection', KIND.connection],
  ['accept', KIND.accept],
  ['accept-encoding', KIND.acceptEncoding],
  ['x-forwarded-for', KIND.forwardedFor],
  ['x-forwarded-proto', KIND.forwardedProto],
  ['host', KIND.host],
  ['authorization', KIND.authorization],
  ['content-type', KIND.contentType],
  ['origin', KIND.origin],
  ['sec-fetch-site', KIND.secFetchSite],
  ['sec-fetch-mode', KIND.secFetchMode],
  ['sec-fetch-dest', KIND.secFetchDest],
  ['content-length', KIND.contentLength],
  ['transfer-encoding', KIND.transferEncoding],
  ['expect', KIND.expect],
  ['upgrade', KIND.upgrade],
  ['sec-websocket-key', KIND.wsKey],
  ['sec-websocket-version', KIND.wsVersion],
  ['x-xsrftoken', KIND.xsrfToken],
  ['x-csrftoken', KIND.csrfToken],
]);

/** Hop-by-hop (RFC 9110, 7.6.1), and names by which some server behind us would believe a client about who or where it is. */
const DROPPED = new Set([
  'keep-alive',
  'te',
  'trailer',
  'http2-settings',
  'forwarded',
  'x-real-ip',
  'x-scheme',
  'x-client-ip',
  'x-cluster-client-ip',
  'true-client-ip',
  'cf-connecting-ip',
  'fastly-client-ip',
  'front-end-https',
  'x-url-scheme',
  'x-user',
  'x-username',
]);
const DROPPED_PREFIXES = ['proxy-', 'x-forwarded', 'x-original-', 'x-rewrite-', 'x-hub-', 'x-accel-', 'x-auth-', 'x-authenticated-', 'x-remote-', 'remote-', 'x-script-name'];

function classify(lower: string): number {
  const named = BY_NAME.get(lower);
  if (named !== undefined) return named;
  // Gateways in front of some frameworks turn `_` into `-`: `X_Forwarded_For` would come out as `X-Forwarded-For`.
  if (lower.includes('_') || DROPPED.has(lower)) return KIND.drop;
  return DROPPED_PREFIXES.some((prefix) => lower.startsWith(prefix)) ? KIND.drop : KIND.pass;
}

/** Names are few and repeat, so each spelling is looked at once. */
export const kindOf = remembered((name) => classify(name.toLowerCase()));
