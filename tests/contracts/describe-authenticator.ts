import type { Authenticator } from '../../auth/authenticator';

/** What a suite needs to know of the world in which the authenticator under test stands. */
export interface AuthenticatorWorld {
  readonly authenticator: Authenticator;
  /** Somebody who exists, with their password. */
  readonly known: { readonly username: string; readonly password: string };
  /** Whoever knows the password gets in under every name that an account can have. Absent: false. */
  readonly anyName?: boolean;
  close?(): void;
}

/** What every authenticator promises, whatever is behind it. */
export function describeAuthenticator(name: string, make: () => Promise<AuthenticatorWorld>): void {
  describe(`the authenticator ${name}`, () => {
    let world: AuthenticatorWorld;
    const verify = (username: string, password: string, signal = new AbortController().signal) => {
      const { authenticator } = world;
      if (authenticator.kind !== 'password') throw new Error('This suite is for authenticators that take a password.');
      return authenticator.verify({ username, password }, signal);
    };
    beforeEach(async () => {
      world = await make();
    });
    afterEach(() => world.close?.());

    it('has an id that fits into a URL, and a label', () => {
      expect(world.authenticator.id).toMatch(/^[a-z][a-z0-9-]*$/);
      expect(world.authenticator.label).not.toBe('');
    });

    it('says who somebody is that gives the right password', async () => {
      const { username, password } = world.known;
      const result = await verify(username, password);
      expect(result).toEqual({ ok: true, identity: { provider: world.authenticator.id, subject: expect.stringMatching(/./) as string, username, groups: expect.any(Array) as unknown } });
    });

    it('knows the same subject again', async () => {
      const { username, password } = world.known;
      expect(await verify(username, password)).toEqual(await verify(username, password));
    });

    it.each(['', ' ', 'wrong', '\0', '💥'.repeat(50), '__proto__'])('answers the wrong password %j and the unknown name alike', async (password) => {
      const wrong = await verify(world.known.username, password);
      expect(wrong).toEqual({ ok: false, reason: 'bad-credentials' });
      expect(await verify('nobody-of-this-name', password)).toEqual(wrong);
    });

    it.each(['', '__proto__', 'constructor', "' OR 1=1 --", '../x', '\ud800'])('does not trip over the name %j', async (username) => {
      const result = await verify(username, world.known.password);
      if (world.anyName === true && username.startsWith("'")) expect(result).toMatchObject({ ok: true, identity: { username: username.toLowerCase() } });
      else expect(result).toEqual({ ok: false, reason: 'bad-credentials' });
    });

    it('rejects with the reason of a signal that was aborted before', async () => {
      await expect(verify(world.known.username, world.known.password, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    });
  });
}
