import { HubError } from './errors';
import type { ServerId } from './ids';

/** A promise that a server is left running although nobody uses it. */
export interface Lease {
  readonly id: string;
  readonly server: ServerId;
  /** Since when that server had been ready: a lease counts for that life of it and no other. */
  readonly life: Date;
  readonly created: Date;
  readonly until: Date;
  /** Name of whoever asked for it, at that time. */
  readonly who: string;
  /** Empty: somebody pressed *extend*. */
  readonly why: string;
}

const LONGEST_WHY = 200;

/** Why a server is to be kept: said to everybody who wonders. Throws `invalid-input`. */
export function parseWhy(raw: unknown): string {
  const why = typeof raw === 'string' ? raw.normalize('NFC').trim() : '';
  if (why === '' || why.length > LONGEST_WHY || /[\p{C}\p{Zl}\p{Zp}]/u.test(why)) throw new HubError('invalid-input', `Say why, in 1 to ${LONGEST_WHY} visible characters.`);
  return why;
}
