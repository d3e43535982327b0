import { closeWorlds, codeOf, createWorld, failure, FROM, GOOD } from './accounts-world';

const ask = (username: unknown, password: unknown = GOOD, address = FROM.address) => ({ username, password, address, requestId: FROM.requestId });
const everybody = { offset: 0, limit: 100 };
afterEach(closeWorlds);

describe('signing up', () => {
  it('A13: makes an account that waits and can do nothing until an administrator approves it', async () => {
    const { accounts, actors, signIn, store, browserOf } = createWorld();
    expect(await accounts.signUp(ask('mallory'))).toEqual({ status: 'pending' });
    const mallory = accounts.find(actors.local(), 'mallory');
    if (mallory === undefined) throw new Error('no account');
    expect(mallory).toMatchObject({ status: 'pending', admin: false });
    expect(store.roles.ofUser(mallory.id)).toEqual([]);
    expect(await failure(signIn('mallory', GOOD))).toMatchObject({ code: 'forbidden', message: expect.stringContaining('approval') as string });
    accounts.approve(actors.local(), mallory.id);
    expect(store.roles.directOfUser(mallory.id)).toEqual(['researcher', 'user']);
    expect(browserOf((await signIn('mallory', GOOD)).user).scopes.has('start:servers')).toBe(true);
  });

  it('is open where the settings say so', async () => {
    const { accounts, signIn } = createWorld({ signUpMode: () => 'open' });
    expect(await accounts.signUp(ask('carol'))).toEqual({ status: 'active' });
    expect((await signIn('carol', GOOD)).user.name).toBe('carol');
    expect(await codeOf(accounts.signUp(ask('carol')))).toBe('conflict');
  });

  it('is closed where the settings say so', async () => {
    const { accounts, store, hasher } = createWorld({ signUpMode: () => 'closed' });
    expect(await codeOf(accounts.signUp(ask('carol')))).toBe('forbidden');
    expect(store.users.list(everybody).total).toBe(0);
    expect(hasher.counts().done).toBe(0);
  });

  it('A01: answers a taken name like a fresh one, at the cost of one hash each, and changes nothing', async () => {
    const { accounts, hasher, store, addWithPassword, signIn } = createWorld();
    const alice = await addWithPassword('alice');
    const [start, fresh] = [hasher.counts().done, await accounts.signUp(ask('fresh'))];
    const middle = hasher.counts().done;
    const taken = await accounts.signUp(ask('alice', 'the words of mallory'));
    expect(taken).toEqual(fresh);
    expect([middle - start, hasher.counts().done - middle]).toEqual([1, 1]);
    expect(store.users.list(everybody).total).toBe(2);
    expect((await signIn('alice', GOOD)).user.id).toBe(alice.id);
  });

  it('A01: two people at once with one name get the same answer, and one account', async () => {
    const { accounts, store } = createWorld();
    const results = await Promise.all([accounts.signUp(ask('carol')), accounts.signUp(ask('carol', 'another four words'))]);
    expect(results).toEqual([{ status: 'pending' }, { status: 'pending' }]);
    expect(store.users.list(everybody).total).toBe(1);
  });

  it.each(['admin', 'Admin', ' ADMIN ', 'ａdmin'])('A12: under the administrator\'s name %j is refused', async (name) => {
    const { accounts, store } = createWorld();
    expect(await failure(accounts.signUp(ask(name)))).toMatchObject({ code: 'forbidden', status: 403 });
    expect(store.users.list(everybody).total).toBe(0);
  });

  it('A12: under the administrator\'s name gives nothing, whatever that name is', async () => {
    const { accounts } = createWorld({ adminName: 'Grace' });
    expect(await codeOf(accounts.signUp(ask('grace')))).toBe('forbidden');
  });

  it.each(['Alice', 'ALICE', 'alice ', '\uFF41lice', 'alice\u200B', '\u0430lice'])('A10: as %j makes no second alice', async (name) => {
    const { accounts, store, add } = createWorld();
    add('alice');
    expect(await codeOf(accounts.signUp(ask(name)))).toBe('invalid-input');
    expect(store.users.list(everybody).total).toBe(1);
  });

  it.each(['.', '..', 'new', 'hub', 'user', 'api', '__proto__', 'constructor', 'hasOwnProperty', 'a/b', 'a\\b', 'a;b', 'a?b', 'a#b', '%2e', '\u202E', 'a'.repeat(300), '', ['a'], { a: 1 }, undefined])(
    'A11: as %j is bad input, and nothing is made',
    async (name) => {
      const { accounts, store, hasher } = createWorld();
      expect(await codeOf(accounts.signUp(ask(name)))).toBe('invalid-input');
      expect(store.users.list(everybody).total).toBe(0);
      expect(hasher.counts().done).toBe(0);
    },
  );

  it('A08: with a huge or weak password is bad input, without hashing', async () => {
    const { accounts, hasher } = createWorld();
    for (const password of ['a'.repeat(1 << 20), 'short', 'password1234', 'carol-carol-carol'.replaceAll('-', ''), 7]) expect(await codeOf(accounts.signUp(ask('carol', password)))).toBe('invalid-input');
    expect(hasher.counts().done).toBe(0);
  });

  it('A20: is limited per network', async () => {
    const { accounts, store } = createWorld();
    const codes: string[] = [];
    for (let i = 0; i < 30; i += 1) codes.push(await accounts.signUp(ask(`flood-${i}`)).then((result) => result.status, (err: { code: string }) => err.code));
    expect(codes.filter((code) => code === 'pending')).toHaveLength(10);
    expect(new Set(codes.slice(10))).toEqual(new Set(['rate-limited']));
    expect(store.users.list(everybody).total).toBe(10);
  });

  it('A20: stops when too many accounts wait, from whatever network', async () => {
    const { accounts, store, actors } = createWorld({ maxPending: 3 });
    for (let i = 0; i < 3; i += 1) await accounts.signUp(ask(`flood-${i}`, GOOD, `192.0.2.${i}`));
    expect(await failure(accounts.signUp(ask('carol', GOOD, '198.51.100.1')))).toMatchObject({ code: 'rate-limited', retryAfterSeconds: expect.any(Number) as number });
    const [first] = store.users.list(everybody).users;
    if (first !== undefined) accounts.discard(actors.local(), first.id);
    expect(await accounts.signUp(ask('carol', GOOD, '198.51.100.1'))).toEqual({ status: 'pending' });
  });

  it('A20: the cap holds for parallel requests, too', async () => {
    const { accounts, store } = createWorld({ maxPending: 3 });
    await Promise.allSettled(Array.from({ length: 8 }, (_, i) => accounts.signUp(ask(`flood-${i}`, GOOD, `192.0.2.${i}`))));
    expect(store.users.list(everybody).total).toBe(3);
  });
});

describe('changing one\'s own password', () => {
  it('A17: takes the current one, and ends every other session', async () => {
    const { accounts, actors, signIn, sessions, store, addWithPassword } = createWorld();
    const alice = await addWithPassword('alice', { mustChangePassword: true });
    const [here, there] = [await signIn('alice', GOOD), await signIn('alice', GOOD)];
    const ended: string[] = [];
    sessions.onEnded((credential) => ended.push(credential));
    const actor = actors.byCookie(here.cookie);
    if (actor === undefined) throw new Error('not signed in');
    await accounts.changeOwnPassword(actor, { current: GOOD, next: 'another four words', keep: here.session.id, address: FROM.address });
    expect(sessions.resolve(here.cookie)?.user.mustChangePassword).toBe(false);
    expect(sessions.resolve(there.cookie)).toBeUndefined();
    expect(ended).toEqual([there.session.id]);
    expect(await codeOf(signIn('alice', GOOD))).toBe('forbidden');
    expect((await signIn('alice', 'another four words')).user.id).toBe(alice.id);
    expect(store.audit.list({ offset: 0, limit: 9 }).map(({ actor: who, action, result }) => [who, action, result])).toContainEqual(['alice', 'user.password', 'ok']);
  });

  it('A17: fails with a wrong current one, and counts that like a failed sign-in', async () => {
    const { accounts, signIn, addWithPassword, browserOf } = createWorld();
    const actor = browserOf(await addWithPassword('alice'));
    const change = (current: unknown, next: unknown = 'another four words') => accounts.changeOwnPassword(actor, { current, next, keep: undefined, address: FROM.address });
    for (let i = 0; i < 5; i += 1) expect(await failure(change('wrong'))).toMatchObject({ code: 'forbidden', message: 'The current password is wrong.' });
    expect(await codeOf(change(GOOD))).toBe('rate-limited');
    expect(await codeOf(signIn('alice', GOOD))).toBe('rate-limited');
  });

  it('refuses a weak, equal or malformed new password, and keeps the old one', async () => {
    const { accounts, signIn, addWithPassword, browserOf } = createWorld();
    const actor = browserOf(await addWithPassword('alice'));
    for (const [current, next] of [[GOOD, 'short'], [GOOD, GOOD], [GOOD, ['x']], [['x'], 'another four words'], [undefined, 'another four words']] as const) {
      expect(await codeOf(accounts.changeOwnPassword(actor, { current, next, keep: undefined, address: FROM.address }))).toBe('invalid-input');
    }
    expect((await signIn('alice', GOOD)).user.name).toBe('alice');
  });

  it('is for people in a browser: neither a token nor the command line may', async () => {
    const { accounts, actors, tokens, addWithPassword, browserOf } = createWorld();
    const alice = await addWithPassword('alice');
    const { secret } = tokens.create(browserOf(alice), alice, { note: '', scopes: ['inherit'], expiresInSeconds: 60 });
    for (const actor of [actors.byToken(secret), actors.local()]) {
      expect(await codeOf(accounts.changeOwnPassword(actor as never, { current: GOOD, next: 'another four words', keep: undefined, address: FROM.address }))).toBe('forbidden');
    }
  });
});
