import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor } from '../domain/access';
import type { Session } from '../domain/session';
import type { User } from '../domain/user';
import type { Lang, Translate } from '../../views/i18n';
import { NO_FORM, type Form } from './body';

/** What the proxy says about a request that it hands to the hub. */
export interface HubContext {
  /** Canonical, below the base path, without the query. */
  readonly path: string;
  /** The client's address, forwarded headers of trusted proxies taken into account. */
  readonly address: string;
  readonly scheme: 'http' | 'https';
  readonly requestId: string;
  /** Label of the user's site that was asked; absent on the hub's own host. */
  readonly site?: string;
  /** The command line, through the hub's own socket. */
  readonly local?: boolean;
}

/** Whoever asks. `session` and `user` exist exactly when a cookie was the credential. */
export interface Caller {
  readonly actor: Actor | undefined;
  readonly session: Session | undefined;
  readonly user: User | undefined;
  readonly cookie: string | undefined;
}

/** An actor as it asks in this request. */
export const asking = ({ ctx }: Pick<Exchange, 'ctx'>, actor: Actor): Actor => ({ ...actor, request: ctx });

export const NOBODY: Caller = { actor: undefined, session: undefined, user: undefined, cookie: undefined };

/** One request and what we learned about it; each field is written by one middleware. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly ctx: HubContext;
  readonly method: string;
  /** With its question mark, or empty. */
  readonly search: string;
  readonly query: URLSearchParams;
  readonly startedMs: number;
  caller: Caller;
  readonly cookies: ReadonlyMap<string, readonly string[]>;
  lang: Lang;
  t: Translate;
  /** Decoded path parameters; a wildcard is its decoded segments joined by slashes. */
  params: Readonly<Record<string, string>>;
  form: Form;
  /** undefined: no body. */
  json: unknown;
  /** The matched route's pattern, for the log and the metrics; never the path. */
  pattern: string | undefined;
}

export type NewExchange = Pick<Exchange, 'req' | 'res' | 'ctx' | 'startedMs' | 'lang' | 't' | 'cookies'>;

export function createExchange(from: NewExchange): Exchange {
  const target = from.req.url ?? '/';
  const at = target.indexOf('?');
  const search = at < 0 ? '' : target.slice(at);
  const { req, res, ctx, startedMs, lang, t, cookies } = from;
  return { req, res, ctx, startedMs, lang, t, cookies, method: req.method ?? 'GET', search, query: search === '' ? NO_QUERY : new URLSearchParams(search), caller: NOBODY, params: NO_PARAMS, form: NO_FORM, json: undefined, pattern: undefined };
}

/** Of all requests without one; only ever read. */
const NO_QUERY = new URLSearchParams();
const NO_PARAMS = {};

const ASKED_ABOUT = '/hub/api/authorizations/';

/** The path as it may be written down: JupyterHub's oldest calls have a credential in it. */
export const pathToKeep = (x: Pick<Exchange, 'ctx'>): string => (x.ctx.path.startsWith(ASKED_ABOUT) ? `${ASKED_ABOUT}…` : x.ctx.path);

/** Answers are values, so that a handler reads as: parse, call one verb, say what comes back. */
export type Reply =
  | { readonly kind: 'html'; readonly status: number; readonly markup: string }
  | { readonly kind: 'redirect'; readonly status: 301 | 302 | 303; readonly location: string }
  | { readonly kind: 'json'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'text'; readonly status: number; readonly type: string; readonly body: string | Buffer; readonly cache?: string }
  /** Writes for as long as it likes; resolves when the response has ended. */
  | { readonly kind: 'stream'; readonly run: (x: Exchange) => Promise<void> };

export const json = (status: number, body: unknown): Reply => ({ kind: 'json', status, body });
export const empty = (status: number): Reply => ({ kind: 'text', status, type: 'text/plain; charset=utf-8', body: '' });
export const seeOther = (location: string): Reply => ({ kind: 'redirect', status: 303, location });
export const found = (location: string): Reply => ({ kind: 'redirect', status: 302, location });

const header = (req: IncomingMessage, name: string): string | undefined => {
  const value = req.headers[name];
  return typeof value === 'string' ? value : undefined;
};

export const headerOf = (x: Pick<Exchange, 'req'>, name: string): string | undefined => header(x.req, name);

/**
 * The browser says that a page of somebody's asks for this, for itself: a script, a frame, an embedded object. On one origin that page
 * may read the answer, whatever its status (C12), so neither a form's token nor a name may be in it.
 */
export function isScripted(x: Pick<Exchange, 'req'>): boolean {
  const mode = header(x.req, 'sec-fetch-mode');
  const dest = header(x.req, 'sec-fetch-dest');
  return (mode !== undefined && mode !== 'navigate') || (dest !== undefined && dest !== 'document');
}

/** False where the browser says that a page of another site sent the person here: that is nobody's own wish yet. */
export function isOwnVisit(x: Pick<Exchange, 'req'>): boolean {
  const site = header(x.req, 'sec-fetch-site');
  return site === undefined || site === 'same-origin' || site === 'none';
}

/** True when a person looks at the answer: a navigation, or a program that prefers HTML. */
export function wantsHtml(x: Pick<Exchange, 'req'>): boolean {
  if (isScripted(x)) return false;
  if (header(x.req, 'sec-fetch-mode') === 'navigate') return true;
  return prefers(header(x.req, 'accept') ?? '', 'text/html', 'application/json');
}

/** Does this `Accept` name `one` and rank it at least as high as `other`? A wildcard is not a name. */
export function prefers(accept: string, one: string, other: string): boolean {
  const weigh = (type: string): number => {
    const range = accept.toLowerCase().split(',').map((r) => r.trim().split(';')).find(([name]) => name?.trim() === type);
    if (range === undefined) return 0;
    const q = range.slice(1).map((p) => /^\s*q=([\d.]+)\s*$/.exec(p)?.[1]).find((v) => v !== undefined);
    return q === undefined ? 1 : Number(q);
  };
  return weigh(one) > 0 && weigh(one) >= weigh(other);
}
