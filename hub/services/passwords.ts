import { randomBytes } from 'node:crypto';
import { HubError } from '../domain/errors';
import type { UserId, UserName } from '../domain/ids';
import type { Store } from '../store/store';

/** What a new password must be like. */
export interface PasswordRules {
  /** Characters, after normalising. */
  readonly minLength: number;
}

export const DEFAULT_RULES: PasswordRules = { minLength: 12 };
export const MAX_PASSWORD_BYTES = 1024;

/** What is guessed first: whole passwords, and what people stretch to the asked length. Compared without case, digits at the end and punctuation. */
const COMMON = new Set([
  'password', 'passwort', 'passw0rd', 'p@ssw0rd', 'passwordpassword', 'mypassword', 'yourpassword', 'newpassword', 'changeme', 'changemenow', 'pleasechangeme',
  'letmein', 'letmeinnow', 'letmeinplease', 'welcome', 'welcomehome', 'welcometo', 'iloveyou', 'iloveyousomuch', 'qwerty', 'qwertyuiop', 'qwertyuiopasdf', 'qwertyqwerty',
  'qwertyuiopasdfghjkl', 'asdfghjkl', 'asdfasdfasdf', 'zxcvbnm', 'qazwsxedc', 'qazwsxedcrfv', '1qaz2wsx', '1q2w3e4r', '1q2w3e4r5t6y', '1qaz2wsx3edc', 'q1w2e3r4t5y6',
  'abcdefghijkl', 'abcdefgh', 'abcabcabcabc', 'administrator', 'admin', 'adminadmin', 'adminadminadmin', 'rootroot', 'superuser', 'correcthorsebatterystaple',
  'trustno', 'football', 'baseball', 'basketball', 'princess', 'sunshine', 'superman', 'starwars', 'monkey', 'dragon', 'master', 'jupyter', 'jupyterhub', 'jupyterlab',
  'notebook', 'notebooks', 'researcher', 'research', 'university', 'school', 'whatever', 'secret', 'topsecret', 'supersecret', 'default', 'guest', 'test', 'testtest', 'testtesttest',
]);

/**
 * The password that somebody wants to have. Throws `invalid-input` with what to do instead; the work is bounded before the text is
 * normalised (A08).
 */
export function parseNewPassword(raw: unknown, name: string, rules: PasswordRules = DEFAULT_RULES): string {
  if (typeof raw !== 'string') throw invalid('The password must be text.');
  if (raw.length > MAX_PASSWORD_BYTES || Buffer.byteLength(raw) > MAX_PASSWORD_BYTES) throw invalid(`A password has at most ${MAX_PASSWORD_BYTES} bytes.`);
  const text = raw.normalize('NFKC');
  if ([...text].length < rules.minLength) throw invalid(`Choose a password of at least ${rules.minLength} characters.`);
  const lower = text.toLowerCase();
  if (name !== '' && lower.replaceAll(name, '').length < Math.min(4, rules.minLength)) throw invalid('The password must not be the user name.');
  if (isCommon(lower)) throw invalid('This password is among the first that are guessed. Choose another one, for example four unrelated words.');
  return raw;
}

function isCommon(lower: string): boolean {
  const bare = lower.replace(/[\d\p{P}\p{S}\s]+$/u, '');
  if (COMMON.has(lower) || COMMON.has(bare) || bare === '') return true;
  return new Set(lower).size < 4 || isRun(lower);
}

/** `abcdefghijkl`, `210987654321`: every character follows the one before it. */
function isRun(text: string): boolean {
  const steps = new Set([...text].slice(1).map((letter, i) => (letter.codePointAt(0) ?? 0) - (text.codePointAt(i) ?? 0)));
  return steps.size === 1;
}

/** 32 characters, none of which is taken for another one when it is read aloud or copied by hand. */
const READABLE = 'abcdefghijkmnpqrstuvwxyz23456789';

/** Four groups of four characters: 80 random bits that can be dictated. */
export function generatePassword(): string {
  const letters = [...randomBytes(16)].map((byte) => READABLE[byte & 31]).join('');
  return letters.replace(/(.{4})(?=.)/g, '$1-');
}

/** What the password authenticator needs to know of the store, which it may not see. */
export function createPasswordRecords(store: Store) {
  return {
    /** Also of accounts that wait or are disabled; undefined: no such account. */
    lookup(name: string): { readonly subject: string; readonly username: string; readonly phc: string | undefined } | undefined {
      const user = store.users.byName(name as UserName);
      return user && { subject: user.id, username: user.name, phc: store.users.passwordHash(user.id) };
    },
    /** Does nothing when the password was changed meanwhile. */
    rehash(subject: string, phc: string, replaces: string): void {
      const id = subject as UserId;
      store.transaction(() => {
        if (store.users.passwordHash(id) === replaces) store.users.setPasswordHash(id, phc);
      });
    },
  };
}

const invalid = (message: string): HubError => new HubError('invalid-input', message);
