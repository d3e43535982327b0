import type { AuditResult } from './audit';
import { HubError } from './errors';

export const ACCOUNT_LANGUAGES = ['en', 'zh'] as const;
export const ACCOUNT_THEMES = ['auto', 'light', 'dark'] as const;

/** What people say about themselves, and how they want to see pages. */
export interface AccountDetails {
  /** Empty: not said. */
  readonly realName: string;
  /** Empty: not said. Nothing is sent there, and nobody is known by it. */
  readonly email: string;
  /** null: as the browser asks. */
  readonly language: (typeof ACCOUNT_LANGUAGES)[number] | null;
  /** null: not chosen. */
  readonly theme: (typeof ACCOUNT_THEMES)[number] | null;
}

export const NO_DETAILS: AccountDetails = { realName: '', email: '', language: null, theme: null };

const MAX_NAME = 128;
/** RFC 5321: a path of 256 octets, two of which are its brackets. */
const MAX_EMAIL = 254;
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;
/** One `@`, something visible before it, and a host with a dot after it: who can be reached is not for a pattern to say. */
const EMAIL = /^[^\s@<>()[\],;:"\\]{1,64}@[^\s@<>()[\],;:"\\.]+(?:\.[^\s@<>()[\],;:"\\.]+)+$/u;

/** Throws `invalid-input`. White space around it is forgiven; empty: none. */
export function parseRealName(raw: string): string {
  const name = raw.slice(0, 4 * MAX_NAME).trim();
  if (name.length > MAX_NAME || UNSEEN.test(name)) throw new HubError('invalid-input', `Write the name in up to ${MAX_NAME} visible characters.`);
  return name;
}

/** Throws `invalid-input`. White space around it is forgiven; empty: none. */
export function parseEmail(raw: string): string {
  const email = raw.slice(0, 4 * MAX_EMAIL).trim();
  if (email === '') return email;
  if (email.length > MAX_EMAIL || UNSEEN.test(email) || !EMAIL.test(email)) throw new HubError('invalid-input', 'This is no e-mail address: it looks like name@example.org.');
  return email;
}

/** Kinds of entries in what people see of their own account. */
export const LOG_KINDS = ['sign-in', 'servers', 'tokens', 'volumes', 'shares', 'account'] as const;
export type LogKind = (typeof LOG_KINDS)[number];

/** Something that somebody did, or that was done to what is theirs, as they may see it. */
export interface LogEntry {
  /** Of the audit log. */
  readonly id: number;
  readonly at: Date;
  readonly kind: LogKind;
  /** As in the audit log: `server.start`. */
  readonly action: string;
  readonly result: AuditResult;
  /** Name of whoever did it; null: the hub itself, or nobody who is signed in. */
  readonly by: string | null;
  readonly byKind: 'self' | 'user' | 'service' | 'hub' | 'anonymous';
  /** `server:alice/`, … */
  readonly target: string;
  /** Where it came from; null: it is not for them to know, or there is none. */
  readonly address: string | null;
  /** Note of the token, reason of the keeping; empty: nothing more to say. */
  readonly about: string;
}
