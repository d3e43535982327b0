import { hash, parseOptions, verify } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';
import { HubError } from '../../hub/domain/errors';
import type { PasswordHasher } from '../authenticator';
import { isForeign } from './foreign';
import { createWorkQueue } from './work-queue';

export interface HasherSettings {
  /** KiB per hash (argon2's m). Raising it makes older hashes stale. */
  readonly memoryKiB?: number;
  /** Passes over the memory (argon2's t). */
  readonly passes?: number;
  /** Hashes at once. Each occupies one of libuv's four threads, which file access and DNS need too. */
  readonly running?: number;
  /** How many may wait for a place before callers are told to come back. */
  readonly waiting?: number;
  /** Hashes that were taken over from another hub: good for one sign-in, after which the password is hashed anew. */
  readonly older?: OlderHashes;
}

export interface OlderHashes {
  verify(hash: string, password: string): Promise<boolean>;
  /** One of those that are still stored; undefined: none is. */
  sample(): string | undefined;
}

export const MAX_PASSWORD_BYTES = 1024;

/** argon2id on libuv's threads, never on the event loop. The defaults are OWASP's first choice: m=19 MiB, t=2, p=1. */
export function createHasher({ memoryKiB = 19_456, passes = 2, running = 2, waiting = 32, older }: HasherSettings = {}): PasswordHasher {
  const cost = { memoryCost: memoryKiB, timeCost: passes, parallelism: 1 };
  const queue = createWorkQueue({ running, waiting });
  let done = 0;
  let decoy: Promise<string> | undefined;

  const counted = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } finally {
      done += 1;
    }
  };
  // Made by whoever comes first, known name or not, so that the cost of making it says nothing.
  const decoyHash = (): Promise<string> => (decoy ??= hash(randomBytes(32), cost));
  const isStale = (phc: string): boolean => {
    const { memoryCost, timeCost } = parseOptions(phc);
    return !phc.startsWith('$argon2id$') || memoryCost < memoryKiB || timeCost < passes;
  };

  /** A wrong password costs an argon2 run and, while older hashes are left, one of theirs, whoever's name it was (A01). */
  const check = async (phc: string | undefined, password: string, text: string): Promise<{ readonly ok: boolean; readonly stale: boolean }> => {
    const foreign = phc !== undefined && isForeign(phc) ? phc : undefined;
    if (foreign !== undefined && (await older?.verify(foreign, password)) === true) return { ok: true, stale: true };
    const known = phc !== undefined && isArgon2(phc) ? phc : undefined;
    const standIn = await decoyHash();
    const matches = await counted(verify(known ?? standIn, text));
    if (known !== undefined && matches) return { ok: true, stale: isStale(known) };
    const sample = foreign === undefined ? older?.sample() : undefined;
    if (sample !== undefined) await older?.verify(sample, password);
    return { ok: false, stale: false };
  };

  return {
    async hash(password, signal) {
      const text = prepared(password);
      return queue.run(() => counted(hash(text, cost)), signal);
    },
    async verify(phc, password, signal) {
      const text = prepared(password);
      return queue.run(() => check(phc, password, text), signal);
    },
    counts: () => ({ ...queue.counts(), done }),
  };
}

/** Checked before normalising: NFKC can make a text eighteen times longer. */
function prepared(password: string): string {
  const tooLong = password.length > MAX_PASSWORD_BYTES || Buffer.byteLength(password) > MAX_PASSWORD_BYTES;
  if (tooLong) throw new HubError('invalid-input', `A password has at most ${MAX_PASSWORD_BYTES} bytes.`);
  return password.normalize('NFKC');
}

/** Anything else in the column matches no password, and takes as long as a wrong one. */
function isArgon2(phc: string): boolean {
  try {
    return parseOptions(phc).memoryCost > 0;
  } catch {
    // The parser's way to say no.
    return false;
  }
}
