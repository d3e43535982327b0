import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS } from '../hub/domain/errors';
import type { ErrorCode } from '../hub/domain/errors';
import type { Clock, Logger } from '../hub/domain/runtime';
import type { RenderFailure } from './contract';
import { clearingCookies } from './cookies';

export interface Refused {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path: string | null;
  readonly close: boolean;
  readonly clearCookies: boolean;
}

export interface Responder {
  /** A refusal or failure as the asker wants it: a page or JSON. */
  refuse(req: IncomingMessage, res: ServerResponse, refused: Refused): void;
  redirect(req: IncomingMessage, res: ServerResponse, to: { readonly status: 301 | 302; readonly location: string }): void;
  /** Ends a response after the rest of the request's body was read, or was not sent in time: closing over unread bytes would reset the connection and lose the response. */
  linger(req: IncomingMessage, res: ServerResponse): void;
  render(refused: Refused, wantsHtml: boolean): { readonly status: number; readonly headers: Record<string, string | readonly string[]>; readonly body: string };
}

/** Responses whose every byte is written, though they may wait for the rest of the request. */
const written = new WeakSet<object>();
export const isWritten = (response: object): boolean => written.has(response);

const LINGER_MS = 2_000;
/** Seconds: when it makes sense to ask again. */
const RETRY_AFTER: Partial<Record<ErrorCode, string>> = { 'upstream-refused': '5', unavailable: '5', 'rate-limited': '30', 'upstream-timeout': '10' };

export const announcesBody = (req: IncomingMessage): boolean => req.headers['transfer-encoding'] !== undefined || (req.headers['content-length'] ?? '0') !== '0';

export interface ResponderDeps {
  readonly renderFailure: RenderFailure;
  readonly cookieName: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newRequestId: () => string;
}

export function createResponder(deps: ResponderDeps): Responder {
  const rendered = (refused: Refused, wantsHtml: boolean, requestId: string): ReturnType<RenderFailure> => {
    try {
      return deps.renderFailure({ code: refused.code, message: refused.message, path: refused.path, wantsHtml, requestId });
    } catch (err) {
      deps.log.error({ err, requestId }, 'a failure page could not be rendered');
      return { headers: { 'content-type': 'text/plain; charset=utf-8' }, body: refused.message };
    }
  };

  const render: Responder['render'] = (refused, wantsHtml) => {
    const requestId = deps.newRequestId();
    const { headers, body } = rendered(refused, wantsHtml, requestId);
    const all: Record<string, string | readonly string[]> = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-request-id': requestId };
    const retry = RETRY_AFTER[refused.code];
    if (retry !== undefined) all['retry-after'] = retry;
    if (refused.code === 'upgrade-required') all['sec-websocket-version'] = '13';
    if (refused.code === 'method-not-allowed') all['allow'] = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
    for (const [name, value] of Object.entries(headers)) all[name.toLowerCase()] = value;
    if (refused.clearCookies) all['set-cookie'] = clearingCookies(deps.cookieName, refused.path);
    all['content-length'] = String(Buffer.byteLength(body));
    return { status: STATUS[refused.code], headers: all, body };
  };

  const linger: Responder['linger'] = (req, res) => {
    if (req.complete || req.destroyed) {
      res.end();
      return;
    }
    const finish = (): void => {
      cancel();
      res.end();
    };
    const cancel = deps.clock.after(LINGER_MS, finish);
    req.once('end', finish);
    res.once('close', cancel);
    req.resume();
  };

  const send = (req: IncomingMessage, res: ServerResponse, answer: { status: number; headers: Record<string, string | readonly string[]>; body: string; close: boolean }): void => {
    const unread = announcesBody(req) && !req.complete;
    if (answer.close || unread) answer.headers['connection'] = 'close';
    res.writeHead(answer.status, answer.headers as Record<string, string | string[]>);
    if (!unread) {
      res.end(answer.body);
      return;
    }
    res.write(answer.body);
    written.add(res);
    linger(req, res);
  };

  return {
    render,
    linger,
    refuse(req, res, refused) {
      const wantsHtml = (req.headers.accept ?? '').includes('text/html') && (req.headers['sec-fetch-mode'] ?? 'navigate') === 'navigate';
      send(req, res, { ...render(refused, wantsHtml), close: refused.close });
    },
    redirect(req, res, { status, location }) {
      send(req, res, { status, headers: { location, 'cache-control': 'no-store', 'content-length': '0' }, body: '', close: false });
    },
  };
}
