import type { ErrorCode } from '../hub/domain/errors';

export interface Failure {
  readonly code: Extract<ErrorCode, 'upstream-refused' | 'upstream-failed' | 'upstream-timeout'>;
  /** Names no address, port or cause: those go to the log (E06). */
  readonly message: string;
}

const REFUSED: Failure = { code: 'upstream-refused', message: 'The server does not answer. It may be starting, or it has stopped.' };
const FAILED: Failure = { code: 'upstream-failed', message: 'The server gave an answer that is not valid HTTP.' };
const TIMEOUT: Failure = { code: 'upstream-timeout', message: 'The server took too long to answer.' };

/** The proxy's own verdict about a response that parsed but must not pass (F13, F14). */
export class ProtocolFault extends Error {
  override readonly name = 'ProtocolFault';
  readonly code = 'PROXY_PROTOCOL_FAULT';
}

/** The proxy's own deadline. */
export class UpstreamTimeout extends Error {
  override readonly name = 'UpstreamTimeout';
  readonly code = 'PROXY_TIMEOUT';
}

/** Error code of Node or undici; the empty string when there is none. */
export function codeOf(err: unknown): string {
  return typeof err === 'object' && err !== null && 'code' in err && typeof err.code === 'string' ? err.code : '';
}

export function failureOf(err: unknown): Failure {
  switch (codeOf(err)) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_DESTROYED':
      return REFUSED;
    case 'UND_ERR_SOCKET':
      return isClosedByPeer(err) ? REFUSED : FAILED;
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
    case 'PROXY_TIMEOUT':
      return TIMEOUT;
    default:
      return FAILED;
  }
}

/** undici has one code for "closed before an answer" and for "answered nonsense"; only the text tells them apart. */
function isClosedByPeer(err: unknown): boolean {
  return err instanceof Error && (err.message === 'other side closed' || err.message === 'closed');
}

/** The connection went away before an answer: worth a second try on a new one when asking twice does no harm (F21). */
export function isReset(err: unknown): boolean {
  const code = codeOf(err);
  return code === 'ECONNRESET' || code === 'EPIPE' || (code === 'UND_ERR_SOCKET' && isClosedByPeer(err));
}
