import type { Credential } from './contract';
import { remembered } from './remembered';

const SCHEME = /^(?:token|bearer)[ \t]+/i;
/** RFC 6750's token68, bounded: two tokens, quotes or spaces are not one token (F20). */
const TOKEN = /^[A-Za-z0-9._~+/-]{1,512}=*$/;

/** The token in an `Authorization` header; null when the header is none of ours (Basic, say); `malformed` when it is not one token. */
export const tokenOf = (authorization: string | undefined): string | null | 'malformed' => (authorization === undefined ? null : readToken(authorization));

/** Longest header that is remembered: a token, its scheme and some blanks. */
const LONGEST = 600;

const readToken = remembered<string | null>((authorization) => {
  const scheme = SCHEME.exec(authorization);
  if (scheme === null) return /^(?:token|bearer)$/i.test(authorization) ? 'malformed' : null;
  const token = authorization.slice(scheme[0].length);
  return TOKEN.test(token) ? token : 'malformed';
}, 1024, LONGEST);

const COOKIE_VALUE = /^[A-Za-z0-9._~-]{1,256}$/;

/** A value that we cannot have issued is no credential, so that no look-up is spent on it. */
export function cookieCredential(value: string | undefined, site: string | null = null): Credential {
  if (value === undefined) return NO_CREDENTIAL;
  const credential = readCookie(value);
  return site === null || credential.kind !== 'cookie' ? credential : { ...credential, site };
}

const readCookie = remembered((value): Credential => (COOKIE_VALUE.test(value) ? { kind: 'cookie', value } : NO_CREDENTIAL));

export const NO_CREDENTIAL: Credential = { kind: 'none' };
