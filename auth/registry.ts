import { createDummyAuthenticator } from './dummy';
import { createPasswordAuthenticator } from './password';

/** Every way to sign in that exists, one line each; the configuration chooses among the keys. */
export const AUTHENTICATORS = {
  password: createPasswordAuthenticator,
  dummy: createDummyAuthenticator,
} as const;

export type AuthenticatorName = keyof typeof AUTHENTICATORS;
