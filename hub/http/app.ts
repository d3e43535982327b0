import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pickLanguage, translator } from '../../views/i18n';
import { HubError } from '../domain/errors';
import type { Clock } from '../domain/runtime';
import { apiRoutes } from './api';
import { createDescription, openApiRoutes } from './api/openapi';
import { brandFiles, brandOf } from './brand';
import { LANGUAGE_COOKIE, parseCookies } from './cookies';
import type { AppDeps } from './deps';
import { createExchange, type Exchange, type HubContext, type Reply } from './exchange';
import { createKit } from './kit';
import { createLookup } from './lookup';
import { logWhenDone } from './middleware/access-log';
import { createFailureReply, isApi } from './middleware/errors';
import { createIdentify } from './middleware/identify';
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
import { createServe } from './serve';
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

  const headersFor = createSecurityHeaders(deps.settings.sites);
  const identify = createIdentify(deps, kit.names);
  const renderFailure = createRenderFailure({ settings: deps.settings, urls: deps.urls, files, brand });
  const site = createSiteApp({ kit, identify, renderFailure, headersFor });
  const serve = createServe({ kit, identify, sameOrigin: createSameOrigin(kit), reauth: createReauth(kit), pace: createPace(deps.clock) });

  const fail = (x: Exchange, err: unknown): void => {
    // Half an answer cannot be taken back: the reader has to notice that it broke off.
    if (x.res.headersSent) {
      deps.log.error({ requestId: x.ctx.requestId, handler: x.pattern, err }, 'An answer broke off.');
      x.res.destroy();
    } else {
      const reply = safely(deps, x, () => failureReply(x, err));
      noteRefusal(deps, x);
      void send(x, reply);
    }
  };

  const lookup = createLookup(routes.filter(isForPrograms));
  /** True: it is one of them, and answered or being worked on. */
  const isLookedUp = (x: Exchange): boolean => {
    try {
      const row = lookup(x.method, x.ctx.path);
      if (row === undefined) return false;
      serve(x, row).catch((err: unknown) => fail(x, err));
    } catch (err) {
      fail(x, err);
    }
    return true;
  };
  const app = bareExpress();
  for (const route of routes) if (!isForPrograms(route)) app[route.method](route.path, (req, _res) => serve(exchangeOf(req), { route, params: paramsOf(req.params) }));
  app.options(/^\/hub\/api(?:\/|$)/, (_req, res) => void res.status(200).type('text/plain').end());
  app.use((req, res, next) => {
    if (res.headersSent) return next();
    const x = exchangeOf(req);
    const reply = wayToHub(deps, x);
    return reply === undefined ? next(missing(routes, x)) : void send(x, reply);
  });
  app.use((err: unknown, req: Request, _res: Response, _next: NextFunction) => fail(exchangeOf(req), err));

  const handle = (req: IncomingMessage, res: ServerResponse, ctx: HubContext): void => {
    const x = begin(deps, req, res, ctx);
    logWhenDone(deps, x);
    limitBody(deps.clock, req);
    // Routes are found on the canonical path, so that no second spelling gets past a rule (G03).
    req.url = ctx.path + x.search;
    if (ctx.site !== undefined) return void site(x, ctx.site);
    headersFor(res, isApi(ctx.path) ? 'api' : 'page', ctx.scheme);
    if (isLookedUp(x)) return;
    exchanges.set(req, x);
    app(req as Request, res as Response);
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
  const x = createExchange({ req, res, ctx, startedMs: deps.clock.monotonicMs(), lang, t: translator(lang), cookies });
  res.setHeader('X-Request-Id', ctx.requestId);
  if (isApi(ctx.path)) {
    res.setHeader('X-JupyterHub-Version', deps.settings.protocolVersion);
    res.setHeader('Access-Control-Allow-Headers', 'accept, content-type, authorization');
  }
  return x;
}

/** Asked by programs, and often: these do not pass through Express, whose pages cost much more than the way to them. */
const isForPrograms = ({ kind }: HubRoute): boolean => kind === 'api' || kind === 'plain';

/** A wildcard's segments arrive as a list. */
const paramsOf = (raw: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : (value ?? '')]));

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
