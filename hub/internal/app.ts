import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor } from '../domain/access';
import { HubError, toHubError } from '../domain/errors';
import type { ServerId } from '../domain/ids';
import type { Clock, Logger } from '../domain/runtime';
import type { ActivityReports, LabIdentity, LabTokens } from '../services/contract';
import type { Idleness } from '../services/idleness-contract';
import type { Oauth, Visitors } from '../services/oauth-contract';
import type { Urls } from '../urls';
import { bearerOf } from '../wire/authorization';
import { readJson } from '../wire/body';
import { readTokenRequest } from '../wire/oauth';
import { createBudget } from './budget';
import { internalCalls, type Answer, type InternalCall, type LabGrant } from './calls';

export interface InternalDeps {
  readonly urls: Pick<Urls, 'base'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly protocolVersion: string;
  readonly services: { readonly labTokens: LabTokens; readonly reports: ActivityReports; readonly idleness: Pick<Idleness, 'leaseFromLab'>; readonly oauth: Pick<Oauth, 'redeem'>; readonly visitors: Pick<Visitors, 'resolve'> };
  readonly grantsOf: (lab: LabIdentity) => ReadonlySet<LabGrant>;
}

export interface InternalApp {
  /** `through`: the server through whose network the connection came. */
  readonly handle: (req: IncomingMessage, res: ServerResponse, through: ServerId) => void;
  /** All there is, for the tests that walk it. */
  readonly calls: readonly InternalCall[];
}

interface Asked {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly through: ServerId;
}

/** What an activity report needs, and nothing else is read. */
const BODY_BYTES = 16 * 1024;
/** A lab that tries the tokens of others is worth a line, but not one for each try. */
const WARN_EVERY_MS = 60_000;

const missing = (): HubError => new HubError('not-found', 'Not Found');
const stranger = (): HubError => new HubError('forbidden', 'Missing or invalid credentials.');

/**
 * The hub as labs see it. Shares nothing with the pages and the API: no cookie, no HTML, no other origin, and no route but those of
 * `calls.ts`. What is not there is 404 with the same words, whoever asks.
 */
export function createInternalApp(deps: InternalDeps): InternalApp {
  const { urls, clock, log, protocolVersion, services } = deps;
  const calls = internalCalls({ reports: services.reports, idleness: services.idleness, oauth: services.oauth, protocolVersion });
  const budget = createBudget(clock);
  const warned = new Map<ServerId, number>();

  async function answer({ req, through }: Asked): Promise<Answer> {
    if (!budget.take(through)) throw new HubError('rate-limited', 'Too many requests from this server.', { retryAfterSeconds: 1 });
    const found = find(calls, urls.base, req);
    if (found === undefined) throw missing();
    const { call, self } = found;
    if (call.grant === 'open') return call.handle();
    if (call.grant === 'client') return call.handle(await readTokenRequest(req), through);
    const visit = call.visitor?.(visitorOf(req, through));
    if (visit !== undefined) return visit;
    const lab = identify(req, through);
    if (!deps.grantsOf(lab).has(call.grant) || (self !== undefined && self !== lab.owner.name)) throw missing();
    const json = call.method === 'POST' ? await readJson(req, { requireType: false, limit: BODY_BYTES }) : undefined;
    return call.handle({ lab, json });
  }

  const visitorOf = (req: IncomingMessage, through: ServerId): Actor | undefined => services.visitors.resolve(bearerOf(req.headers.authorization) ?? '', through);

  /** A token works on its own server's network only: whoever took it elsewhere has nothing. */
  function identify(req: IncomingMessage, through: ServerId): LabIdentity {
    const secret = bearerOf(req.headers.authorization);
    const bearer = secret === undefined ? undefined : services.labTokens.resolve(secret, through);
    if (bearer?.kind === 'elsewhere') warn(through, bearer.server);
    if (bearer?.kind !== 'lab') throw stranger();
    return bearer;
  }

  function warn(through: ServerId, belongsTo: ServerId): void {
    const now = clock.monotonicMs();
    if (now - (warned.get(through) ?? -Infinity) < WARN_EVERY_MS) return;
    warned.set(through, now);
    log.warn({ through, belongsTo }, 'a server used the token of another one');
  }

  async function serve(asked: Asked): Promise<void> {
    const { req, res, through } = asked;
    const reply = await answer(asked).catch((err: unknown) => refusal(asked, toHubError(err), log));
    res.setHeader('X-JupyterHub-Version', protocolVersion);
    send(asked, reply);
    log.debug({ server: through, method: req.method, path: (req.url ?? '').split('?')[0]?.slice(0, 256), status: res.statusCode }, 'internal request');
  }

  const handle = (req: IncomingMessage, res: ServerResponse, through: ServerId): void => {
    serve({ req, res, through }).catch((err: unknown) => {
      log.error({ server: through, err }, 'an internal request failed unexpectedly');
      res.destroy();
    });
  };
  return { handle, calls };
}

/** On the bytes as they came: a second spelling of a path is another path. */
function find(calls: readonly InternalCall[], base: string, req: IncomingMessage): { readonly call: InternalCall; readonly self: string | undefined } | undefined {
  const [path = ''] = (req.url ?? '').split('?');
  if (!path.startsWith(base)) return undefined;
  const given = path.slice(base.length).split('/');
  const call = calls.find(({ method, path: wanted }) => method === req.method && matches(wanted.split('/'), given));
  const at = call?.path.split('/').indexOf(':self') ?? -1;
  return call === undefined ? undefined : { call, self: at === -1 ? undefined : decoded(given[at] ?? '') };
}

const matches = (wanted: readonly string[], given: readonly string[]): boolean => wanted.length === given.length && wanted.every((segment, i) => segment === ':self' || segment === given[i]);

/** A segment that does not decode is nobody's name. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (err) {
    if (err instanceof URIError) return '';
    throw err;
  }
}

function refusal({ res, through }: Asked, failure: HubError, log: Logger): Answer {
  if (failure.status >= 500) log.warn({ server: through, err: failure.cause ?? failure }, 'an internal request could not be served');
  if (failure.retryAfterSeconds !== undefined) res.setHeader('Retry-After', String(Math.max(1, Math.ceil(failure.retryAfterSeconds))));
  return { status: failure.status, body: { status: failure.status, message: failure.message } };
}

function send({ req, res }: Asked, { status, headers = {}, body }: Answer): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  // What was not read is not waited for.
  if (!req.complete) res.setHeader('Connection', 'close');
  res.statusCode = status;
  if (status !== 204) res.setHeader('Content-Type', body === undefined ? 'text/plain; charset=utf-8' : 'application/json').setHeader('Content-Length', Buffer.byteLength(text));
  res.end(status === 204 ? undefined : text);
}
