import { STATUS_CODES } from 'node:http';
import { errorPage } from '../../../views/pages/confirm';
import { CATALOGUES, type MessageKey } from '../../../views/i18n';
import { isHidden, isLacking } from '../../domain/access';
import { HubError, toHubError } from '../../domain/errors';
import type { AppDeps } from '../deps';
import { wantsHtml, type Exchange, type Reply } from '../exchange';
import type { Kit } from '../kit';

/** A failure as an answer: a page for a person, JSON for a program; on `/hub/api` exactly JupyterHub's two fields. */
export function createFailureReply(kit: Kit): (x: Exchange, thrown: unknown) => Reply {
  return (x, thrown) => {
    const failure = known(thrown);
    logFailure(kit.deps, x, failure);
    x.res.setHeader('X-Hub-Code', failure.code);
    if (failure.retryAfterSeconds !== undefined) x.res.setHeader('Retry-After', String(Math.max(1, Math.ceil(failure.retryAfterSeconds))));
    // The rest of a refused body is still on its way; what follows it on this connection cannot be trusted to be a request.
    if (failure.code === 'too-large' || failure.code === 'unsupported-media-type') x.res.setHeader('Connection', 'close');
    const api = isApi(x.ctx.path);
    if (!api && wantsHtml(x)) return kit.page(x, failure.status, (shell) => errorPage(shell, { title: titleOf(x, failure), message: textOf(x, failure), requestId: x.ctx.requestId, retry: retryOf(x, failure) }));
    const body = { status: failure.status, message: failure.message || STATUS_CODES[failure.status] };
    return { kind: 'json', status: failure.status, body: api ? body : { ...body, code: failure.code, requestId: x.ctx.requestId } };
  };
}

/** Below `/hub/api`, and yet a page for people (protocol, 2.1). */
const PAGE = '/hub/api/oauth2/authorize';

export const isApi = (path: string): boolean => path !== PAGE && (path === '/hub/api' || path.startsWith('/hub/api/'));

/** Express refuses paths that do not decode; that is the sender's mistake and not ours. */
function known(thrown: unknown): HubError {
  if (thrown instanceof URIError) return new HubError('invalid-input', 'This address is not valid.', { cause: thrown });
  return toHubError(thrown);
}

function logFailure({ log }: AppDeps, x: Exchange, failure: HubError): void {
  const fields = { requestId: x.ctx.requestId, code: failure.code, handler: x.pattern ?? 'unmatched', err: failure.cause ?? failure };
  if (failure.code === 'internal') log.error(fields, 'A request failed unexpectedly.');
  else if (failure.status >= 500) log.warn(fields, 'A request could not be served.');
}

const titleOf = (x: Exchange, failure: HubError): string => {
  const key = `error.${failure.code}`;
  return x.t(Object.hasOwn(CATALOGUES.en, key) ? (key as MessageKey) : 'error.title');
};
/** No page has this address: there is nothing more to say about it than in the reader's language. */
const isNowhere = (x: Exchange, { code }: HubError): boolean => code === 'not-found' && x.pattern === undefined;
const textOf = (x: Exchange, failure: HubError): string => (isLacking(failure) ? x.t('error.forbidden.text') : isHidden(failure) || isNowhere(x, failure) ? x.t('error.not-found.text') : failure.message);
const retryOf = (x: Exchange, failure: HubError): string | undefined => (failure.retryAfterSeconds === undefined ? undefined : x.t('error.retry', { seconds: Math.max(1, Math.ceil(failure.retryAfterSeconds)) }));
