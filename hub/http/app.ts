import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pickLanguage, translator } from '../../views/i18n';
import { lacking } from '../domain/access';
import { HubError } from '../domain/errors';
import type { Clock } from '../domain/runtime';
import { inRequest } from '../services/request-context';
import { apiRoutes } from './api';
import { createDescription, openApiRoutes } from './api/openapi';
import { readJson } from '../wire/body';
import { readForm } from './body';
import { brandFiles, brandOf } from './brand';
import { LANGUAGE_COOKIE, parseCookies } from './cookies';
import type { AppDeps } from './deps';
import { createExchange, found, wantsHtml, type Exchange, type HubContext, type Reply } from './exchange';
import { createKit, type Kit } from './kit';
import { logWhenDone } from './middleware/access-log';
import { createFailureReply, isApi } from './middleware/errors';
import { createIdentify, isExplicit } from './middleware/identify';
import { createPace } from './middleware/pace';
import { createReauth } from './middleware/reauth';
import { noteRefusal } from './middleware/refusals';
import { createSameOrigin } from './middleware/same-origin';
import { createSecurityHeaders } from './middleware/security-headers';
import { pageRoutes } from './pages';
import { apiDocsRoutes } from './pages/api-docs';
import { wayToHub } from './pages/signposts';
import { probeRoutes } from './probes';
import { createRenderFailure, type ProxyFailure, type RenderedFailure } from './render-failure';
import type { HubRoute } from './routes';
import { send } from './send';
import { createSiteApp } from './site';
import { loadStaticFiles } from './static-files';

export type { AppDeps, HttpSettings, Readiness } from './deps';
export type { HubContext } from './exchange';
export type { HubRoute } from './routes';

/** The hub's own application. */
export interface HubApp {
  /** As the proxy calls it; the local socket sets `ctx.local`. */
  readonly handle: (req: IncomingMessage, res: ServerResponse, ctx: HubContext) => void;
  /** For the proxy's own refusals and failures. */
  readonly renderFailure: (failure: ProxyFailure) => RenderedFailure;
  /** Every route there is, for the tests that walk them. */
  readonly routes: readonly HubRoute[];
}

/** Middleware order, and where everything is mounted: read it as a list. */
export function createApp(deps: AppDeps): HubApp {
  const files = loadStaticFiles(deps.urls.static, { own: brandFiles(deps.settings.brand) });
  const brand = brandOf(deps.settings, files);
  const kit = createKit(deps, files, brand);
  const describe = createDescription(kit, () => routes);
  const routes: readonly HubRoute[] = [...probeRoutes(kit), ...apiRoutes(kit), ...openApiRoutes(describe), ...apiDocsRoutes(kit, describe), ...pageRoutes(kit)];
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const exchangeOf = (req: IncomingMessage): Exchange => exchanges.get(req) as Exchange;
  const failureReply = createFailureReply(kit);

  const app = bareExpress();
  const headersFor = createSecurityHeaders(deps.settings.sites);
  app.use(securityHeaders(exchangeOf, headersFor));
  const identify = createIdentify(deps, kit.names);
  const renderFailure = createRenderFailure({ settings: deps.settings, urls: deps.urls, files, brand });
  const site = createSiteApp({ kit, identify, renderFailure, headersFor });
  const guards = { identify, sameOrigin: createSameOrigin(kit), reauth: createReauth(kit), pace: createPace(deps.clock) };
  for (const route of routes) app[route.method](route.path, serve({ kit, exchangeOf, ...guards }, route));
  app.options(/^\/hub\/api(?:\/|$)/, (_req, res) => void res.status(200).type('text/plain').end());
  app.use((req, res, next) => {
    if (res.headersSent) return next();
    const x = exchangeOf(req);
    const reply = wayToHub(deps, x);
    return reply === undefined ? next(missing(routes, x)) : void send(x, reply);
  });
  app.use((err: unknown, req: Request, res: Response, _next: NextFunction) => {
    const x = exchangeOf(req);
    // Half an answer cannot be taken back: the reader has to notice that it broke off.
    if (res.headersSent) {
      deps.log.error({ requestId: x.ctx.requestId, handler: x.pattern, err }, 'An answer broke off.');
      res.destroy();
    } else {
      const reply = safely(deps, x, () => failureReply(x, err));
      noteRefusal(deps, x);
      void send(x, reply);
    }
  });

  const handle = (req: IncomingMessage, res: ServerResponse, ctx: HubContext): void => {
    const x = begin(deps, req, res, ctx);
    exchanges.set(req, x);
    logWhenDone(deps, x);
    limitBody(deps.clock, req);
    // Express routes on the canonical path, so that no second spelling gets past a rule (G03).
    req.url = ctx.path + x.search;
    inRequest(ctx, () => (ctx.site === undefined ? app(req as Request, res as Response) : void site(x, ctx.site)));
  };
  return { handle, renderFailure, routes };
}

/** The page that explains a failure may fail itself; then nothing clever is tried any more. */
function safely({ log }: AppDeps, x: Exchange, make: () => Reply): Reply {
  try {
    return make();
  } catch (err) {
    log.error({ requestId: x.ctx.requestId, handler: x.pattern, err }, 'A failure could not be explained.');
    return { kind: 'text', status: 500, type: 'text/plain; charset=utf-8', body: `Something went wrong. Request id: ${x.ctx.requestId}\n` };
  }
}

function bareExpress(): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  // Queries are read once, by us; the default parsers build nested objects out of them.
  app.set('query parser', false);
  return app;
}

function begin(deps: AppDeps, req: IncomingMessage, res: ServerResponse, ctx: HubContext): Exchange {
  const cookies = parseCookies(req.headers.cookie);
  const fixed = deps.settings.language;
  const lang = fixed === 'auto' || cookies.has(LANGUAGE_COOKIE) ? pickLanguage(cookies.get(LANGUAGE_COOKIE)?.[0], req.headers['accept-language']) : fixed;
  const x = createExchange({ req, res, ctx, startedMs: deps.clock.monotonicMs(), lang, t: translator(lang) });
  x.cookies = cookies;
  res.setHeader('X-Request-Id', ctx.requestId);
  if (isApi(ctx.path)) {
    res.setHeader('X-JupyterHub-Version', deps.settings.protocolVersion);
    res.setHeader('Access-Control-Allow-Headers', 'accept, content-type, authorization');
  }
  return x;
}

function securityHeaders(exchangeOf: (req: IncomingMessage) => Exchange, headersFor: ReturnType<typeof createSecurityHeaders>) {
  return (req: Request, res: Response, next: NextFunction): void => {
    const { ctx } = exchangeOf(req);
    headersFor(isApi(ctx.path) ? 'api' : 'page', ctx.scheme === 'https')(req, res, next);
  };
}

interface Guards {
  readonly kit: Kit;
  readonly exchangeOf: (req: IncomingMessage) => Exchange;
  readonly identify: ReturnType<typeof createIdentify>;
  readonly sameOrigin: ReturnType<typeof createSameOrigin>;
  readonly reauth: ReturnType<typeof createReauth>;
  readonly pace: ReturnType<typeof createPace>;
}

/** One route, from the request to the answer. The order matters: nothing is read, and nobody looked up, before it has to be. */
function serve({ kit, exchangeOf, identify, sameOrigin, reauth, pace }: Guards, route: HubRoute) {
  return async (req: Request, _res: Response): Promise<void> => {
    const x = exchangeOf(req);
    x.pattern = route.path;
    x.params = paramsOf(req.params);
    if (route.kind === 'plain' && route.needs === 'anyone') return send(x, await route.handle(x));
    x.caller = identify(x, route.kind !== 'page');
    sameOrigin.before(x, route);
    const stop = gate(kit, route, x);
    if (stop !== undefined) return send(x, stop);
    if (x.caller.actor !== undefined) pace(`${x.caller.actor.kind}:${x.caller.actor.id}`);
    await readBodyOf(route, x);
    sameOrigin.token(x, route);
    const reply = (await reauth(x, route)) ?? (await route.handle(x));
    noteRefusal(kit.deps, x);
    return send(x, reply);
  };
}

/** A wildcard's segments arrive as a list. */
const paramsOf = (raw: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : (value ?? '')]));

/** Who may come in; something to send instead, or undefined to go on. */
function gate({ deps }: Kit, route: HubRoute, x: Exchange): Reply | undefined {
  if (route.feature === 'launcher' && !deps.settings.launcher) throw new HubError('not-implemented', x.t('error.unavailableFeature'));
  if (route.needs === 'anyone') return undefined;
  const { actor } = x.caller;
  if (actor === undefined) return strangerAt(deps, route, x);
  if (actor.mustChangePassword === true && route.beforePasswordChange !== true) {
    if (actor.via === 'cookie' && (route.kind === 'page' || (route.kind === 'lab' && wantsHtml(x)))) return found(deps.urls.password);
    throw new HubError('forbidden', 'Choose a new password first.');
  }
  if (route.needs !== 'identified' && !route.needs.some((scope) => actor.scopes.has(scope))) throw lacking(route.needs);
  return undefined;
}

/** JupyterHub's clients need 403, never 401, from `/hub/api` and `/user/` (protocol, trap 1). */
function strangerAt(deps: AppDeps, route: HubRoute, x: Exchange): Reply {
  const mayGo = (x.method === 'GET' || x.method === 'HEAD') && (route.kind === 'page' || (route.kind === 'lab' && wantsHtml(x)));
  if (mayGo) return found(deps.urls.login(`${deps.urls.base}${x.ctx.path.slice(1)}${x.search}`));
  // Where any credential will do, JupyterHub says no more than this (protocol, 2.3).
  throw new HubError('forbidden', route.needs === 'identified' && route.kind === 'api' ? 'Forbidden' : 'Missing or invalid credentials.');
}

async function readBodyOf(route: HubRoute, x: Exchange): Promise<void> {
  if (x.method === 'GET' || x.method === 'HEAD') return;
  if (route.kind === 'page') x.form = await readForm(x.req);
  else if (route.kind === 'api') x.json = await readJson(x.req, { requireType: !isExplicit(x.caller) });
}

const BODY_MS = 30_000;

/** What the hub itself reads is small: nobody holds a connection with a body that never ends, answered already or not (Q02). */
function limitBody({ after }: Clock, req: IncomingMessage): void {
  if (req.headers['transfer-encoding'] === undefined && (req.headers['content-length'] ?? '0') === '0') return;
  const cancel = after(BODY_MS, () => {
    if (!req.complete) req.destroy(new HubError('invalid-input', 'The request did not arrive in time.'));
  });
  req.once('close', cancel);
}

/** Not there, or there with another method. Probing tells a stranger nothing: routes are public knowledge. */
function missing(routes: readonly HubRoute[], x: Exchange): HubError {
  const api = isApi(x.ctx.path);
  const elsewhere = api && routes.some((route) => (route.kind === 'api' || route.path === '/hub/api' || route.path === '/hub/api/') && patternMatches(route.path, x.ctx.path));
  return elsewhere ? new HubError('method-not-allowed', 'Method Not Allowed') : new HubError('not-found', api ? 'Not Found' : 'There is no such page.');
}

const patternMatches = (pattern: string, path: string): boolean => {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return wanted.length === given.length && wanted.every((segment, i) => (segment.startsWith(':') ? given[i] !== '' : segment === given[i]));
};
