import type { ErrorCode } from '../hub/domain/errors';
import type { RequestFacts } from './contract';
import { FIRST_UNIQUE, KIND, kindOf } from './header-kinds';

export interface Refusal {
  readonly kind: 'refusal';
  readonly code: ErrorCode;
  readonly message: string;
}

/** The few header values that decisions are made of. Read once, from the raw list: `req.headers` merges what must be told apart. */
export class Inspection {
  readonly kind = 'inspection';
  host = '';
  accept = '';
  cookies: string[] = NO_LINES;
  connection = '';
  forwardedFor: string[] = NO_LINES;
  forwardedProto = '';
  authorization: string | undefined = undefined;
  origin: string | undefined = undefined;
  secFetchSite: string | undefined = undefined;
  secFetchMode: string | undefined = undefined;
  secFetchDest: string | undefined = undefined;
  contentLength: string | undefined = undefined;
  transferEncoding: string | undefined = undefined;
  expect: string | undefined = undefined;
  upgrade: string | undefined = undefined;
  wsKey: string | undefined = undefined;
  wsVersion: string | undefined = undefined;
  xsrfToken: string | undefined = undefined;
}

const NO_LINES: string[] = [];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const refuse = (code: ErrorCode, message: string): Refusal => ({ kind: 'refusal', code, message });

/** Everything that is wrong with a request whoever sends it and wherever it goes. Runs before routing, for HTTP and upgrades. */
export function inspect(facts: RequestFacts, limits: { readonly maxHeaderLines: number; readonly maxTargetBytes: number }): Inspection | Refusal {
  const raw = facts.rawHeaders;
  if (raw.length > limits.maxHeaderLines * 2) return refuse('headers-too-large', 'The request has too many headers.');
  if (facts.target.length > limits.maxTargetBytes) return refuse('uri-too-long', 'The address is too long.');
  if (!METHODS.has(facts.method)) return refuse('method-not-allowed', 'This method is not supported.');
  if (facts.httpVersion !== '1.1' && facts.httpVersion !== '1.0') return refuse('invalid-input', 'This version of HTTP is not supported.');
  const found = new Inspection();
  let seen = 0;
  for (let i = 0; i < raw.length; i += 2) {
    const kind = kindOf(raw[i] as string);
    if (kind <= KIND.drop) continue;
    if (kind >= FIRST_UNIQUE) {
      const bit = 1 << (kind - FIRST_UNIQUE);
      if ((seen & bit) !== 0) return refuse('invalid-input', `The request has more than one ${(raw[i] as string).toLowerCase()} header.`);
      seen |= bit;
    }
    note(found, kind, raw[i + 1] as string);
  }
  return checkFraming(found, facts) ?? found;
}

function note(found: Inspection, kind: number, value: string): void {
  switch (kind) {
    case KIND.host: found.host = value; break;
    case KIND.cookie: found.cookies = found.cookies === NO_LINES ? [value] : [...found.cookies, value]; break;
    case KIND.connection: found.connection = found.connection === '' ? value : `${found.connection}, ${value}`; break;
    case KIND.accept: found.accept = found.accept === '' ? value : `${found.accept}, ${value}`; break;
    case KIND.forwardedFor: found.forwardedFor = [...found.forwardedFor, value]; break;
    case KIND.forwardedProto: found.forwardedProto = value; break;
    case KIND.authorization: found.authorization = value; break;
    case KIND.origin: found.origin = value; break;
    case KIND.secFetchSite: found.secFetchSite = value; break;
    case KIND.secFetchMode: found.secFetchMode = value; break;
    case KIND.secFetchDest: found.secFetchDest = value; break;
    case KIND.contentLength: found.contentLength = value; break;
    case KIND.transferEncoding: found.transferEncoding = value; break;
    case KIND.expect: found.expect = value; break;
    case KIND.upgrade: found.upgrade = value; break;
    case KIND.wsKey: found.wsKey = value; break;
    case KIND.wsVersion: found.wsVersion = value; break;
    case KIND.xsrfToken: found.xsrfToken = value; break;
    case KIND.csrfToken: found.xsrfToken ??= value; break;
    default:
  }
}

/** Framing that Node's parser accepts and a server behind us may read differently (F04), and expectations (F02). */
function checkFraming(found: Inspection, facts: RequestFacts): Refusal | null {
  const te = found.transferEncoding;
  if (te !== undefined) {
    if (te.toLowerCase() !== 'chunked') return refuse('invalid-input', 'The only transfer encoding is chunked.');
    if (facts.httpVersion !== '1.1') return refuse('invalid-input', 'HTTP/1.0 has no transfer encoding.');
    if (found.contentLength !== undefined) return refuse('invalid-input', 'The request has two lengths.');
  }
  if (found.contentLength !== undefined && !/^\d{1,16}$/.test(found.contentLength)) return refuse('invalid-input', 'The content length is not a number.');
  if (found.expect !== undefined && found.expect.toLowerCase() !== '100-continue') return refuse('expectation-failed', 'The expectation cannot be met.');
  return facts.upgrade ? checkHandshake(found, facts) : null;
}

/** RFC 6455, 4.2.1: only WebSocket, spelled out in full, and nothing else on the same request (I11, F12). */
function checkHandshake(found: Inspection, facts: RequestFacts): Refusal | null {
  if (facts.method !== 'GET') return refuse('invalid-input', 'Only GET can be upgraded.');
  if (facts.httpVersion !== '1.1') return refuse('invalid-input', 'HTTP/1.0 cannot be upgraded.');
  if (found.upgrade?.toLowerCase() !== 'websocket') return refuse('invalid-input', 'The only upgrade is to WebSocket.');
  if (found.transferEncoding !== undefined || (found.contentLength !== undefined && found.contentLength !== '0')) return refuse('invalid-input', 'An upgrade has no body.');
  if (found.wsKey === undefined || !/^[A-Za-z0-9+/]{22}==$/.test(found.wsKey)) return refuse('invalid-input', 'The WebSocket key is missing or wrong.');
  if (found.wsVersion !== '13') return refuse('upgrade-required', 'The only WebSocket version is 13.');
  return null;
}

export const hasBody = (found: Inspection): boolean => found.transferEncoding !== undefined || (found.contentLength !== undefined && !/^0+$/.test(found.contentLength));
