import { HubError } from '../../hub/domain/errors';
import type { AuthResult, PasswordAuthenticator, PasswordHasher } from '../authenticator';

export interface PasswordRecord {
  /** The account's id: what the identity is known by, whatever its name is tomorrow. */
  readonly subject: string;
  readonly username: string;
  /** undefined: the account has no password. */
  readonly phc: string | undefined;
}

export interface PasswordAuthenticatorDeps {
  readonly hasher: PasswordHasher;
  /** Accounts that wait or are disabled too: whether they may come in is not decided here. */
  lookup(username: string): PasswordRecord | undefined;
  /** Stores a stronger hash of the same password, unless the stored one is no longer `replaces`: then somebody changed the password. */
  rehash(subject: string, phc: string, replaces: string): void;
}

/** Names and passwords of the hub's own accounts. */
export function createPasswordAuthenticator({ hasher, lookup, rehash }: PasswordAuthenticatorDeps): PasswordAuthenticator {
  const check = async (input: Credentials, signal: AbortSignal, mayRepeat: boolean): Promise<AuthResult> => {
    const record = lookup(input.username);
    const { ok, stale } = await hasher.verify(record?.phc, input.password, signal);
    if (!ok || record?.phc === undefined) return { ok: false, reason: 'bad-credentials' };
    // While the hash ran, the password may have been reset: the old one must not open a session that outlives the reset.
    if (lookup(input.username)?.phc !== record.phc) return mayRepeat ? check(input, signal, false) : { ok: false, reason: 'bad-credentials' };
    if (stale) await strengthen(record.subject, record.phc, input.password);
    return { ok: true, identity: { provider: 'password', subject: record.subject, username: record.username, groups: [] } };
  };

  const strengthen = async (subject: string, phc: string, password: string): Promise<void> => {
    try {
      rehash(subject, await hasher.hash(password), phc);
    } catch (err) {
      // Too busy now: the next sign-in does it.
      if (!isBusy(err)) throw err;
    }
  };

  return {
    kind: 'password',
    id: 'password',
    label: 'User name and password',
    async verify(input, signal) {
      try {
        return await check(input, signal, true);
      } catch (err) {
        if (isBusy(err)) return { ok: false, reason: 'busy' };
        throw err;
      }
    },
  };
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

const isBusy = (err: unknown): boolean => err instanceof HubError && err.code === 'unavailable';
