import { randomBytes } from 'node:crypto';
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { filterSetCookies } from './cookies';
import type { CookieRules } from './cookies';
import { RESPONSE, isUserAuthored, responseNameOf, typeOf } from './response-rules';
import { isServiceRoute, type Route } from './route-table';

export interface ResponseRules {
  readonly cookies: CookieRules;
  /** The second content security policy of everything proxied (E08). */
  readonly framePolicy: string;
  /** `framePolicy` lets somebody in: what the server itself says about frames does not count then. Default: false. */
  readonly framed?: boolean;
}

export interface ResponseOf {
  readonly route: Route;
  /** Raw path of the request, without the query. */
  readonly path: string;
  readonly needsXsrfCookie: boolean;
}

export interface CleanHeaders {
  /** Name, value, name, value, … */
  readonly headers: string[];
  /** Bytes; -1 when the upstream did not say. Not among `headers`. */
  readonly contentLength: number;
  /** HTML that came uncompressed, so that it can be looked into. */
  readonly plainHtml: boolean;
}

/** `raw`: name, value, … as bytes (undici) or as strings (node:http). */
export function sanitiseResponse(raw: readonly (Buffer | string)[], of: ResponseOf, rules: ResponseRules): CleanHeaders {
  const headers: string[] = [];
  let setCookies: string[] | null = null;
  let contentType = '';
  let contentLength = -1;
  let encoded = false;
  let referrer = false;
  for (let i = 0; i < raw.length; i += 2) {
    const { text: name, kind } = responseNameOf(raw[i] ?? '');
    if (kind === RESPONSE.drop) continue;
    const value = text(raw[i + 1]);
    switch (kind) {
      case RESPONSE.setCookie: (setCookies ??= []).push(value); continue;
      case RESPONSE.contentLength: contentLength = /^\d{1,15}$/.test(value) ? Number(value) : -1; continue;
      case RESPONSE.location: headers.push(name, publicLocation(value, of.route.origin)); continue;
      case RESPONSE.contentType: contentType = contentType === '' ? value : `${contentType}, ${value}`; break;
      case RESPONSE.contentEncoding: encoded = encoded || value.toLowerCase() !== 'identity'; break;
      case RESPONSE.referrerPolicy: referrer = true; break;
      case RESPONSE.frames:
        if (rules.framed !== true) break;
        if (name.length === CSP.length) headers.push(name, withoutFrameAncestors(value));
        continue;
      default:
    }
    headers.push(name, value);
  }
  if (setCookies !== null) for (const cookie of filterSetCookies(setCookies, of.route.prefix, rules.cookies)) headers.push('set-cookie', cookie);
  const { html, markup } = typeOf(contentType);
  if (of.needsXsrfCookie && html && !(setCookies ?? []).some((cookie) => cookie.startsWith('_xsrf='))) headers.push('set-cookie', newXsrfCookie(of.route.prefix));
  headers.push('content-security-policy', rules.framePolicy, 'x-content-type-options', 'nosniff');
  // Jupyter's paths, which mean nothing in a service.
  if ((contentType === '' || markup) && !isServiceRoute(of.route) && isUserAuthored(of.path, of.route.prefix)) headers.push('content-security-policy', 'sandbox allow-scripts');
  if (!referrer) headers.push('referrer-policy', 'same-origin');
  return { headers, contentLength, plainHtml: html && !encoded };
}

const CSP = 'content-security-policy';

/** Jupyter allows its own origin and nobody else; every policy of a response has to agree, so the administrator's word would not count. */
const withoutFrameAncestors = (policy: string): string => policy.replace(/(^|[;,])[ \t]*frame-ancestors\b[^;,]*(?=[;,]|$)/gi, '$1');

const text = (part: Buffer | string | undefined): string => (typeof part === 'string' ? part : part === undefined ? '' : part.toString('latin1'));

/** Readable by the server's own pages, which repeat it (Jupyter's own does not come when every request is authorised by a token). */
const newXsrfCookie = (prefix: string): string => `_xsrf=${randomBytes(24).toString('base64url')}; Path=${prefix}; SameSite=Strict`;

/** Only the upstream's own internal origin is replaced, by nothing: a path on the public origin. Other redirects are the server's business (E04). */
export function publicLocation(location: string, origin: string): string {
  if (location.length < origin.length || location.slice(0, origin.length).toLowerCase() !== origin.toLowerCase()) return location;
  const rest = location.slice(origin.length);
  if (rest === '') return '/';
  if (rest.startsWith('?') || rest.startsWith('#')) return `/${rest}`;
  // Neither `10.0.3.7:88889` nor `10.0.3.7:8888@elsewhere` is our origin; `//elsewhere` must not become one.
  return rest.startsWith('/') ? rest.replace(/^[/\\]+/, '/') : location;
}

/** What node:http would throw about is left out, so that one bad header does not cost the response. */
export function onlyValid(headers: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (isValid(name, value)) kept.push(name, value);
  }
  return kept;
}

function isValid(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}
