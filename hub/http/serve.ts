import { lacking } from '../domain/access';
import { HubError } from '../domain/errors';
import { readJson } from '../wire/body';
import { readForm } from './body';
import type { AppDeps } from './deps';
import { found, wantsHtml, type Exchange, type Reply } from './exchange';
import type { Kit } from './kit';
import type { Found } from './lookup';
import { isExplicit, type createIdentify } from './middleware/identify';
import type { createPace } from './middleware/pace';
import type { createReauth } from './middleware/reauth';
import { noteRefusal } from './middleware/refusals';
import type { createSameOrigin } from './middleware/same-origin';
import type { HubRoute } from './routes';
import { send } from './send';

export interface Guards {
  readonly kit: Kit;
  readonly identify: ReturnType<typeof createIdentify>;
  readonly sameOrigin: ReturnType<typeof createSameOrigin>;
  readonly reauth: ReturnType<typeof createReauth>;
  readonly pace: ReturnType<typeof createPace>;
}

/**
 * One row, from the request to the answer. The order matters: nothing is read, and nobody looked up, before it has to be. What is there already is not
 * waited for: each `await` costs a call of the API some microseconds, because what a request belongs to goes with it.
 */
export function createServe({ kit, identify, sameOrigin, reauth, pace }: Guards): (x: Exchange, found: Found) => Promise<void> {
  return async (x, { route, params }) => {
    x.pattern = route.path;
    x.params = params;
    if (route.kind === 'plain' && route.needs === 'anyone') return send(x, await route.handle(x));
    x.caller = identify(x, route.kind !== 'page');
    sameOrigin.before(x, route);
    const stop = gate(kit, route, x);
    if (stop !== undefined) return send(x, stop);
    if (x.caller.actor !== undefined) pace(`${x.caller.actor.kind}:${x.caller.actor.id}`);
    if (x.method !== 'GET' && x.method !== 'HEAD') await readBodyOf(route, x);
    sameOrigin.token(x, route);
    const again = route.reauth === undefined ? undefined : await reauth(x, route);
    const answered = again ?? route.handle(x);
    const reply = answered instanceof Promise ? await answered : answered;
    noteRefusal(kit.deps, x);
    return send(x, reply);
  };
}

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
  if (route.kind === 'page') x.form = await readForm(x.req);
  else if (route.kind === 'api') x.json = await readJson(x.req, { requireType: !isExplicit(x.caller) });
}
