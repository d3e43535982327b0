/** Who the outside world says this is. Whether they may come in is the hub's decision. */
export interface Identity {
  readonly provider: string;
  readonly subject: string;
  readonly username: string;
  readonly groups: readonly string[];
}

export type AuthResult =
  | { readonly ok: true; readonly identity: Identity }
  /** `busy`: too many passwords are being hashed right now; try again shortly. */
  | { readonly ok: false; readonly reason: 'bad-credentials' | 'denied' | 'busy' };

interface Base {
  readonly id: string;
  readonly label: string;
}

export interface PasswordAuthenticator extends Base {
  readonly kind: 'password';
  /** Costs the same time for a name that does not exist (A01). Never rejects for a wrong password. */
  verify(input: { readonly username: string; readonly password: string }, signal: AbortSignal): Promise<AuthResult>;
}

export interface RedirectAuthenticator extends Base {
  readonly kind: 'redirect';
  /** `transaction` (state, PKCE verifier) is kept server-side and handed back to `complete`. */
  begin(callback: URL): Promise<{ readonly location: URL; readonly transaction: string }>;
  complete(callback: URL, transaction: string, signal: AbortSignal): Promise<AuthResult>;
}

export type Authenticator = PasswordAuthenticator | RedirectAuthenticator;

/**
 * Turns passwords into PHC strings. One for the whole hub, shared by sign-in and by everything that sets a password, so that one
 * queue bounds the work. Passwords that are equal under NFKC are equal. Both throw `invalid-input` for more than 1024 bytes
 * (before any work) and `unavailable` with `retryAfterSeconds` when too many wait, and reject with the signal's reason when aborted.
 */
export interface PasswordHasher {
  hash(password: string, signal?: AbortSignal): Promise<string>;
  /** `phc` undefined: the same work against a hash that nothing matches. `stale`: made with less work than is asked for today. */
  verify(phc: string | undefined, password: string, signal?: AbortSignal): Promise<{ readonly ok: boolean; readonly stale: boolean }>;
  /** For metrics. `done` counts every argon2 run so far, failed ones included. */
  counts(): { readonly running: number; readonly waiting: number; readonly done: number };
}
