import { forLog } from '../../../hub/services/login';
import { closeWorlds, codeOf, createWorld, failure, GOOD } from './accounts-world';

const MINUTE = 60_000;
const WRONG = { code: 'forbidden', status: 403, message: 'Invalid username or password.' };
afterEach(closeWorlds);

describe('signing in', () => {
  it('opens a session for the right name and password', async () => {
    const { signIn, actors, addWithPassword } = createWorld();
    const alice = await addWithPassword('alice');
    const { user, cookie, session } = await signIn('alice', GOOD);
    expect(user.id).toBe(alice.id);
    expect(session).toMatchObject({ user: alice.id, address: '192.0.2.1', userAgent: 'Firefox' });
    expect(actors.byCookie(cookie)).toMatchObject({ name: 'alice', via: 'cookie' });
  });

  it.each(['Alice', ' ALICE ', '\talice'])('forgives case and white space around the name %j', async (typed) => {
    const { signIn, addWithPassword } = createWorld();
    await addWithPassword('alice');
    expect((await signIn(typed, GOOD)).user.name).toBe('alice');
  });

  it('A01: answers a wrong password, an unknown name, an impossible name and a wrong password of a waiting account alike, hashing each', async () => {
    const { signIn, hasher, addWithPassword, add } = createWorld();
    await addWithPassword('alice');
    await addWithPassword('mallory', { status: 'pending' });
    await addWithPassword('gone', { status: 'disabled' });
    add('bare');
    for (const name of ['alice', 'nobody', 'a/b', '', '..', '__proto__', 'mallory', 'gone', 'bare']) {
      const before = hasher.counts().done;
      const err = await failure(signIn(name, 'wrong password', { address: `192.0.2.${name.length + 10}` }));
      expect(err).toMatchObject(WRONG);
      expect(err.details).toEqual({});
      expect(hasher.counts().done - before).toBe(1);
    }
  });

  it('A10: does not take U+212A for k', async () => {
    const { signIn, addWithPassword } = createWorld();
    await addWithPassword('kate');
    expect(await failure(signIn('\u212Aate', GOOD))).toMatchObject(WRONG);
  });

  it('A13: tells an account that waits or is disabled, but only with the right password, and opens no session', async () => {
    const { signIn, store, addWithPassword } = createWorld();
    const mallory = await addWithPassword('mallory', { status: 'pending' });
    await addWithPassword('gone', { status: 'disabled' });
    expect(await failure(signIn('mallory', GOOD))).toMatchObject({ code: 'forbidden', message: expect.stringContaining('waits for approval') as string });
    expect(await failure(signIn('gone', GOOD))).toMatchObject({ code: 'forbidden', message: expect.stringContaining('disabled') as string });
    expect(store.sessions.listOf(mallory.id)).toEqual([]);
  });

  it('A02: is refused from the sixth try on for five minutes, with the right password too, and after a restart too', async () => {
    const world = createWorld();
    await world.addWithPassword('alice');
    for (let i = 0; i < 5; i += 1) expect(await failure(world.signIn('alice', `wrong ${i}`))).toMatchObject(WRONG);
    const hashed = world.hasher.counts().done;
    for (let i = 0; i < 25; i += 1) expect(await failure(world.signIn('Alice ', GOOD))).toMatchObject({ code: 'rate-limited', status: 429, retryAfterSeconds: 300 });
    expect(world.hasher.counts().done).toBe(hashed);
    const next = world.restart();
    expect(await codeOf(next.signIn('alice', GOOD))).toBe('rate-limited');
    world.clock.advance(5 * MINUTE);
    expect((await next.signIn('alice', GOOD)).user.name).toBe('alice');
  });

  it('A02: thirty parallel guesses get no more than five tries', async () => {
    const { signIn, hasher, addWithPassword } = createWorld();
    await addWithPassword('alice');
    const before = hasher.counts().done;
    const codes = await Promise.all(Array.from({ length: 30 }, (_, i) => codeOf(signIn('alice', `wrong ${i}`))));
    expect(hasher.counts().done - before).toBe(5);
    expect(codes.filter((code) => code === 'rate-limited')).toHaveLength(25);
  });

  it('A03: one wrong password for each of many names stops after twenty', async () => {
    const { signIn } = createWorld();
    const codes: string[] = [];
    for (let i = 0; i < 40; i += 1) codes.push(await codeOf(signIn(`user-${i}`, 'wrong')));
    expect(codes.indexOf('rate-limited')).toBe(20);
    expect(new Set(codes.slice(20))).toEqual(new Set(['rate-limited']));
  });

  it('A04: somebody else\'s guesses lock alice out neither elsewhere nor of her open session', async () => {
    const { signIn, sessions, addWithPassword } = createWorld();
    await addWithPassword('alice');
    const { cookie } = await signIn('alice', GOOD, { address: '198.51.100.7' });
    for (let i = 0; i < 30; i += 1) await failure(signIn('alice', 'wrong', { address: '192.0.2.66' }));
    expect(sessions.resolve(cookie)).toBeDefined();
    expect((await signIn('alice', GOOD, { address: '198.51.100.7' })).user.name).toBe('alice');
  });

  it('A06: strengthens the stored hash when more work is asked for', async () => {
    const world = createWorld({ hashing: { memoryKiB: 128, passes: 2 } });
    const alice = world.add('alice');
    world.store.users.setPasswordHash(alice.id, await createWorld().hasher.hash(GOOD));
    await world.signIn('alice', GOOD);
    expect(world.store.users.passwordHash(alice.id)).toContain('m=128,t=2,p=1');
    expect((await world.signIn('alice', GOOD)).user.id).toBe(alice.id);
  });

  it.each([
    [['a', 'b'], GOOD], ['alice', { $ne: '' }], [{ toString: 1 }, ['x']], [undefined, undefined], ['alice', undefined], [null, GOOD], [1, 2], ['alice', true],
  ])('A09: refuses the name %j with the password %j as bad input, without hashing', async (username, password) => {
    const { signIn, hasher } = createWorld();
    expect(await failure(signIn(username, password))).toMatchObject({ code: 'invalid-input', status: 400 });
    expect(hasher.counts().done).toBe(0);
  });

  it('A08: refuses a password of 1 MiB as bad input, without hashing and without counting it', async () => {
    const { signIn, hasher, addWithPassword } = createWorld();
    await addWithPassword('alice');
    const before = hasher.counts().done;
    for (let i = 0; i < 10; i += 1) expect(await codeOf(signIn('alice', 'a'.repeat(1 << 20)))).toBe('invalid-input');
    expect(hasher.counts().done).toBe(before);
    expect((await signIn('alice', GOOD)).user.name).toBe('alice');
  });

  it('A08: sends people away for a moment when too many sign in at once, and counts that against nobody', async () => {
    const { signIn, addWithPassword, throttle } = createWorld({ hashing: { memoryKiB: 64, passes: 1, running: 1, waiting: 0 } });
    await addWithPassword('alice');
    const [first, second] = await Promise.allSettled([signIn('alice', GOOD), signIn('alice', GOOD, { address: '198.51.100.7' })]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'unavailable', status: 503, retryAfterSeconds: expect.any(Number) as number } });
    const free = Array.from({ length: 5 }, () => throttle.attempt('alice', '198.51.100.7'));
    expect(free).toHaveLength(5);
  });

  it('A15: refuses a name of 2 000 000 bytes before doing anything with it', async () => {
    const { signIn, hasher, lines } = createWorld();
    const err = await failure(signIn('a'.repeat(2_000_000), GOOD));
    expect(err).toMatchObject({ code: 'invalid-input' });
    expect(err.message.length).toBeLessThan(200);
    expect(hasher.counts().done).toBe(0);
    expect(JSON.stringify(lines).length).toBeLessThan(1000);
  });

  it('A16: logs a hostile name in one harmless piece of at most 256 bytes, and never a password', async () => {
    const { signIn, lines } = createWorld();
    await failure(signIn('bob\r\n{"level":"info","msg":"admin logged in"}\u202E', 'my secret words'));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields['username']).toBe('bob??{"level":"info","msg":"admin logged in"}?');
    expect(JSON.stringify(lines)).not.toContain('my secret words');
    for (const long of ['é'.repeat(300), '💥'.repeat(300), 'a'.repeat(5000)]) {
      expect(Buffer.byteLength(forLog(long))).toBeLessThanOrEqual(256);
      expect(forLog(long)).not.toContain('\uFFFD');
    }
  });

  it('B01: always makes a new session and ends the one that the browser came with, whosever it was', async () => {
    const { signIn, sessions, addWithPassword } = createWorld();
    await addWithPassword('alice');
    await addWithPassword('bob');
    const ended: string[] = [];
    sessions.onEnded((credential) => ended.push(credential));
    const first = await signIn('alice', GOOD);
    const second = await signIn('bob', GOOD, { previousCookie: first.cookie });
    expect(second.cookie).not.toBe(first.cookie);
    expect(sessions.resolve(first.cookie)).toBeUndefined();
    expect(ended).toEqual([first.session.id]);
    const third = await signIn('bob', GOOD, { previousCookie: 'chosen-by-an-attacker' });
    expect(third.cookie).not.toBe('chosen-by-an-attacker');
    expect(sessions.resolve('chosen-by-an-attacker')).toBeUndefined();
    expect(sessions.resolve(second.cookie)).toBeDefined();
  });

  it('B01: keeps the old session when the sign-in fails', async () => {
    const { signIn, sessions, addWithPassword } = createWorld();
    await addWithPassword('alice');
    const { cookie } = await signIn('alice', GOOD);
    await failure(signIn('alice', 'wrong', { previousCookie: cookie }));
    expect(sessions.resolve(cookie)).toBeDefined();
  });

  it('B02: a cookie is worth nothing after signing out', async () => {
    const { signIn, login, actors, sessions, addWithPassword } = createWorld();
    const alice = await addWithPassword('alice');
    const { cookie, session } = await signIn('alice', GOOD);
    login.signOut(actors.ofUser(alice, 'cookie', session.id), session.id);
    expect(sessions.resolve(cookie)).toBeUndefined();
  });

  it('does not open a session with a password that was reset while it was checked', async () => {
    const { signIn, accounts, actors, store, addWithPassword } = createWorld();
    const alice = await addWithPassword('alice');
    const [tried, reset] = await Promise.allSettled([signIn('alice', GOOD), accounts.resetPassword(actors.local(), alice.id)]);
    expect(reset.status).toBe('fulfilled');
    // Whichever came first: no session that was opened with the old password is left.
    expect(store.sessions.listOf(alice.id)).toEqual([]);
    expect(['fulfilled', 'rejected']).toContain(tried.status);
  });
});
