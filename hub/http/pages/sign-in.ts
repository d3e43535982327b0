import { Passport } from 'passport';
import { Strategy } from 'passport-local';
import type { IncomingMessage } from 'node:http';
import { HubError } from '../../domain/errors';
import type { Login } from '../../services/contract';
import { headerOf, type Exchange } from '../exchange';

export type SignedIn = Awaited<ReturnType<Login['signIn']>>;

/** What the strategy reads; passport knows the form's fields by the name `body` only. */
type PassportRequest = IncomingMessage & { body: Readonly<Record<string, unknown>> };

const asks = new WeakMap<IncomingMessage, Exchange>();

/**
 * Passport's local strategy around the login service. Without passport's own session: ours is opened by the service, with a
 * fresh id, and can be ended from outside.
 */
export function createPasswordSignIn(login: Login): (x: Exchange) => Promise<SignedIn> {
  const passport = new Passport();
  passport.use(new Strategy({ passReqToCallback: true, session: false }, (req, username, password, done) => {
    const x = asks.get(req) as Exchange;
    const ask = { username, password, address: x.ctx.address, requestId: x.ctx.requestId, userAgent: headerOf(x, 'user-agent') ?? '', previousCookie: x.caller.cookie };
    login.signIn(ask).then((result) => done(null, result), (err: unknown) => done(err));
  }));

  return (x) => new Promise((resolve, reject) => {
    const req: PassportRequest = Object.assign(x.req, { body: { username: x.form.one('username'), password: x.form.one('password') } });
    asks.set(req, x);
    const settle = (err: unknown, result: unknown): void => {
      if (err !== null && err !== undefined) reject(err instanceof Error ? err : new Error('The sign-in failed.', { cause: err }));
      // The strategy itself fails when a field is missing or empty, before the service is asked.
      else if (result === false || result === undefined) reject(new HubError('invalid-input', 'Please fill in username and password.'));
      else resolve(result as SignedIn);
    };
    const authenticate = passport.authenticate('local', { session: false }, settle) as (req: IncomingMessage, res: unknown, next: (err?: unknown) => void) => void;
    authenticate(req, x.res, reject);
  });
}
