import { createHash, timingSafeEqual } from 'node:crypto';
import type { PasswordAuthenticator } from '../authenticator';

export interface DummyAuthenticatorDeps {
  /** What everybody signs in with. */
  readonly password: string;
  /** Normalised name of an account that may exist; undefined: no account can have this name. */
  parseName(username: string): string | undefined;
  /** Who must show a password of their own: an administrator is not everybody. */
  needsOwn(username: string): boolean;
  /** Checks that password. */
  readonly own: PasswordAuthenticator;
}

/** Any name with one shared password, for trials and load tests. The subject is the name: there may be no account yet. */
export function createDummyAuthenticator({ password, parseName, needsOwn, own }: DummyAuthenticatorDeps): PasswordAuthenticator {
  const wanted = digest(password);
  return {
    kind: 'password',
    id: 'dummy',
    label: 'Any name and the shared password',
    async verify(input, signal) {
      signal.throwIfAborted();
      const username = parseName(input.username);
      if (username !== undefined && needsOwn(username)) return own.verify(input, signal);
      if (username === undefined || !timingSafeEqual(digest(input.password), wanted)) return { ok: false, reason: 'bad-credentials' };
      return { ok: true, identity: { provider: 'dummy', subject: username, username, groups: [] } };
    },
  };
}

/** As passwords of accounts are compared: equal under NFKC is equal. */
const digest = (text: string): Buffer => createHash('sha256').update(text.normalize('NFKC')).digest();
