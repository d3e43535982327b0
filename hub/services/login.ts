import type { PasswordAuthenticator } from '../../auth/authenticator';
import { strangerIn, type RequestContext } from '../domain/access';
import { HubError } from '../domain/errors';
import type { SessionId } from '../domain/ids';
import { parseLoginName } from '../domain/names';
import type { Logger } from '../domain/runtime';
import { shown } from '../domain/shown';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import type { Admission } from './admission';
import type { Login, Recorder, Sessions, SignIn } from './contract';
import type { Attempt, Throttle } from './throttle';

export interface LoginDeps {
  readonly store: Store;
  readonly log: Logger;
  readonly audit: Recorder;
  readonly authenticator: PasswordAuthenticator;
  readonly admit: Admission;
  readonly sessions: Pick<Sessions, 'start' | 'resolve' | 'end'>;
  readonly throttle: Throttle;
}

const MAX_NAME_CHARACTERS = 256;
const VERIFY_MS = 20_000;
const WRONG = 'Invalid username or password.';

export function createLogin({ store, log, audit, authenticator, admit, sessions, throttle }: LoginDeps): Login {
  /** The account that the pair belongs to. What fails is counted, except what was no try at all. */
  const verify = async (typed: string, password: string, { attempt, from }: { readonly attempt: Attempt; readonly from: RequestContext }): Promise<User> => {
    // A name that no account can have takes the same way as one that no account has.
    const username = parseLoginName(typed) ?? '';
    const result = await authenticator.verify({ username, password }, AbortSignal.timeout(VERIFY_MS));
    if (!result.ok && result.reason === 'busy') throw new HubError('unavailable', 'Too many people are signing in right now. Please try again in a moment.', { retryAfterSeconds: 2 });
    const user = result.ok ? admit(result.identity, from) : undefined;
    if (user === undefined) {
      attempt.fail();
      throw new HubError('forbidden', WRONG);
    }
    attempt.succeed();
    return user;
  };

  /** Only names of accounts: people type passwords into this field (R08). */
  const accountOf = (typed: string): string => {
    const name = parseLoginName(typed);
    return `user:${(name === undefined ? undefined : store.users.byName(name))?.name ?? '?'}`;
  };

  return {
    async signIn(ask) {
      const { username, password } = parse(ask);
      const attempt = throttle.attempt(accountKey(username), ask.address);
      try {
        const user = await verify(username, password, { attempt, from: ask });
        demandActive(user);
        const previous = ask.previousCookie === undefined ? undefined : sessions.resolve(ask.previousCookie);
        if (previous !== undefined) sessions.end(previous.session.id);
        const opened = store.transaction(() => {
          const started = sessions.start(user, { address: ask.address, userAgent: ask.userAgent });
          audit.record(signedInAs(user, started.session.id, ask), 'user.sign-in', `user:${user.name}`);
          return started;
        });
        log.info({ user: user.id, session: opened.session.id, address: ask.address }, 'Somebody signed in.');
        return { user, ...opened };
      } catch (err) {
        if (err instanceof HubError) {
          log.info({ username: forLog(username), address: ask.address, code: err.code }, 'A sign-in was refused.');
          audit.note(strangerIn(ask), 'user.sign-in', accountOf(username), { result: err.status >= 500 ? 'failed' : 'denied', detail: { code: err.code } });
        }
        throw err;
      } finally {
        attempt.drop();
      }
    },
    signOut(actor, session) {
      store.transaction(() => {
        audit.record(actor, 'user.sign-out', `user:${actor.name}`, { detail: { session } });
        sessions.end(session);
      });
    },
  };
}

/** Nothing but text, and little of it, before anything is done with it (A09, A15). */
function parse({ username, password }: SignIn): { username: string; password: string } {
  if (typeof username !== 'string' || typeof password !== 'string') throw new HubError('invalid-input', 'Please enter a user name and a password.');
  if (username.length > MAX_NAME_CHARACTERS) throw new HubError('invalid-input', 'This user name is too long.');
  return { username, password };
}

const signedInAs = (user: User, session: SessionId, { address, requestId }: RequestContext) => ({ kind: 'user', id: user.id, name: user.name, via: 'cookie', credential: session, request: { address, requestId } }) as const;

/** Only whoever knows the password is told that the account exists and waits. */
function demandActive(user: User): void {
  if (user.status === 'pending') throw new HubError('forbidden', 'Your account waits for approval by an administrator.');
  if (user.status === 'disabled') throw new HubError('forbidden', 'Your account is disabled. Please ask an administrator.');
}

/** All spellings of one name share one count. */
const accountKey = (typed: string): string => parseLoginName(typed) ?? typed.trim().toLowerCase();

/** At most 256 bytes, and nothing that moves a cursor, a line or a reading direction (A15, A16). */
export const forLog = (text: string): string => Buffer.from(shown(text, 256)).subarray(0, 256).toString().replace(/\uFFFD$/, '');
