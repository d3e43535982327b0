import { createHash } from 'node:crypto';
import { closeWorlds, createWorld, failure, FROM } from './accounts-world';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
afterEach(closeWorlds);

describe('sessions', () => {
  it('B11: stores only the SHA-256 of 256 random bits, which is no cookie itself', () => {
    const { sessions, store, add } = createWorld();
    const stored: string[] = [];
    const create = store.sessions.create;
    Object.assign(store.sessions, { create: (session: never, hash: string) => (stored.push(hash), create(session, hash)) });
    const { cookie, session } = sessions.start(add('alice'), FROM);
    expect(Buffer.from(cookie, 'base64url')).toHaveLength(32);
    expect(stored).toEqual([createHash('sha256').update(cookie).digest('base64url')]);
    expect(JSON.stringify(session)).not.toContain(cookie);
    sessions.forget();
    for (const leaked of [...stored, session.id]) expect(sessions.resolve(leaked)).toBeUndefined();
    expect(sessions.resolve(cookie)?.session.id).toBe(session.id);
  });

  it.each(['', 'x', 'a'.repeat(43), 'a'.repeat(10_000), `${'a'.repeat(42)}=`, '\0'])('resolves nothing for the cookie %j', (cookie) => {
    const { sessions, add } = createWorld();
    sessions.start(add('alice'), FROM);
    expect(sessions.resolve(cookie)).toBeUndefined();
  });

  it('count as activity of their user from the first moment', () => {
    const { sessions, clock, store, add } = createWorld();
    const user = add('alice');
    sessions.start(user, FROM);
    expect(store.users.byId(user.id)?.lastActivity).toEqual(clock.now());
  });

  it('survive a restart of the hub', () => {
    const world = createWorld();
    const { cookie, session } = world.sessions.start(world.add('alice'), FROM);
    expect(world.restart().sessions.resolve(cookie)).toMatchObject({ session: { id: session.id }, user: { name: 'alice' } });
  });

  it('are found by id only by whoever asks for an id, and never by what a browser sends', () => {
    const { sessions, add } = createWorld();
    const { cookie, session } = sessions.start(add('alice'), FROM);
    for (const known of [false, true]) {
      if (!known) sessions.forget();
      expect(sessions.byId(session.id)?.session.id).toBe(session.id);
      expect(sessions.resolve(session.id)).toBeUndefined();
      expect(sessions.resolve(`id:${session.id}`)).toBeUndefined();
      expect(sessions.byId(cookie as never)).toBeUndefined();
    }
    sessions.end(session.id);
    expect(sessions.byId(session.id)).toBeUndefined();
  });

  it('B12: are one whichever way they are used: a lab on a site keeps the hub\'s pages open, also after a restart', () => {
    const world = createWorld();
    const { cookie, session } = world.sessions.start(world.add('alice'), FROM);
    const { sessions, clock } = world.restart();
    expect(sessions.resolve(cookie)).toBeDefined();
    for (let hour = 0; hour < 30; hour += 1) {
      clock.advance(HOUR);
      expect(sessions.byId(session.id)).toBeDefined();
    }
    sessions.flush();
    expect(sessions.resolve(cookie)).toBeDefined();
    clock.advance(12 * HOUR + 1);
    expect(sessions.byId(session.id)).toBeUndefined();
    expect(sessions.resolve(cookie)).toBeUndefined();
  });

  it('B12: end after twelve hours without use, on the server', () => {
    const { sessions, clock, store, add } = createWorld();
    const { cookie, session } = sessions.start(add('alice'), FROM);
    clock.advance(12 * HOUR - 1);
    expect(sessions.resolve(cookie)).toBeDefined();
    clock.advance(12 * HOUR - 1);
    expect(sessions.resolve(cookie)).toBeDefined();
    clock.advance(12 * HOUR + 1);
    expect(sessions.resolve(cookie)).toBeUndefined();
    expect(store.sessions.listOf(session.user)).toEqual([]);
  });

  it('B12: end after fourteen days however much they are used', () => {
    const { sessions, clock, add } = createWorld();
    const { cookie } = sessions.start(add('alice'), FROM);
    for (let passed = 0; passed < 14 * DAY; passed += 6 * HOUR) {
      expect(sessions.resolve(cookie)).toBeDefined();
      clock.advance(6 * HOUR);
    }
    clock.advance(1);
    expect(sessions.resolve(cookie)).toBeUndefined();
  });

  it('B12: end across restarts, too', () => {
    const world = createWorld();
    const { cookie } = world.sessions.start(world.add('alice'), FROM);
    world.sessions.close();
    world.clock.advance(12 * HOUR + 1);
    expect(world.restart().sessions.resolve(cookie)).toBeUndefined();
  });

  it('B13: are not immortal when the clock is set back', () => {
    const { sessions, clock, add } = createWorld();
    const { cookie } = sessions.start(add('alice'), FROM);
    clock.jumpWall(-30 * DAY);
    clock.advance(12 * HOUR + 1);
    expect(sessions.resolve(cookie)).toBeUndefined();
  });

  it('B13: work on when the clock is set back, until they were idle for too long', () => {
    const { sessions, clock, add } = createWorld();
    const { cookie } = sessions.start(add('alice'), FROM);
    clock.jumpWall(-30 * DAY);
    expect(sessions.resolve(cookie)).toBeDefined();
    clock.advance(12 * HOUR + 1);
    expect(sessions.resolve(cookie)).toBeUndefined();
  });

  it('B13: made while the clock was far ahead do not live until that date comes', () => {
    const world = createWorld();
    world.clock.jumpWall(30 * DAY);
    const { cookie } = world.sessions.start(world.add('alice'), FROM);
    world.sessions.close();
    world.clock.jumpWall(-30 * DAY);
    expect(world.restart().sessions.resolve(cookie)).toBeUndefined();
  });

  it('B13: survive a clock that is an hour off and comes back', () => {
    const { sessions, clock, add } = createWorld();
    const { cookie } = sessions.start(add('alice'), FROM);
    for (const jump of [-HOUR, 2 * HOUR, -HOUR]) {
      clock.jumpWall(jump);
      clock.advance(60_000);
      expect(sessions.resolve(cookie)).toBeDefined();
    }
  });

  it('B17: tell about every end: sign-out, revocation, expiry unseen by anybody', () => {
    const { sessions, clock, add, store } = createWorld();
    const ended: string[] = [];
    sessions.onEnded((credential) => ended.push(credential));
    const alice = add('alice');
    const [out, idle] = [sessions.start(alice, FROM), sessions.start(alice, FROM)];
    sessions.end(out.session.id);
    expect(ended).toEqual([out.session.id]);
    clock.advance(12 * HOUR + 60_000);
    expect(ended).toEqual([out.session.id, idle.session.id]);
    expect(store.sessions.listOf(alice.id)).toEqual([]);
  });

  it('B17: tell about an expired session that nobody used since the hub started', () => {
    const world = createWorld();
    const { session } = world.sessions.start(world.add('alice'), FROM);
    world.sessions.close();
    const { sessions } = world.restart();
    const ended: string[] = [];
    sessions.onEnded((credential) => ended.push(credential));
    world.clock.advance(12 * HOUR + 60_000);
    expect(ended).toEqual([session.id]);
  });

  it('B02: end at sign-out, and the row goes with them', () => {
    const { sessions, login, actors, store, add } = createWorld();
    const alice = add('alice');
    const { cookie, session } = sessions.start(alice, FROM);
    login.signOut(actors.ofUser(alice, 'cookie', session.id), session.id);
    expect(sessions.resolve(cookie)).toBeUndefined();
    expect(store.sessions.listOf(alice.id)).toEqual([]);
  });

  it('B03: of three browsers all end at once, and only of that user', () => {
    const { sessions, add } = createWorld();
    const [alice, bob] = [add('alice'), add('bob')];
    const cookies = [1, 2, 3].map(() => sessions.start(alice, FROM).cookie);
    const other = sessions.start(bob, FROM).cookie;
    const ended: string[] = [];
    sessions.onEnded((credential) => ended.push(credential));
    sessions.endAll(alice.id);
    for (const cookie of cookies) expect(sessions.resolve(cookie)).toBeUndefined();
    expect(sessions.resolve(other)).toBeDefined();
    expect(ended).toHaveLength(3);
  });

  it('B16: can be revoked one by one', () => {
    const { sessions, actors, add } = createWorld();
    const alice = add('alice');
    const opened = ['Firefox', 'Chrome', 'Safari'].map((userAgent) => sessions.start(alice, { address: '192.0.2.1', userAgent }));
    const actor = actors.byCookie(opened[0]?.cookie ?? '');
    const list = sessions.listOf(actor as never, alice.id);
    expect(list.map((session) => session.userAgent).sort()).toEqual(['Chrome', 'Firefox', 'Safari']);
    sessions.end(list.find((session) => session.userAgent === 'Chrome')?.id as never);
    expect(opened.map(({ cookie }) => sessions.resolve(cookie) !== undefined)).toEqual([true, false, true]);
  });

  it('are listed to their user and to administrators, and to nobody else', async () => {
    const { sessions, tokens, actors, add, browserOf } = createWorld();
    const [alice, bob, root] = [add('alice'), add('bob'), add('root', { admin: true })];
    const own = browserOf(alice);
    expect(sessions.listOf(own, alice.id)).toHaveLength(1);
    expect(sessions.listOf(browserOf(root), alice.id)).toHaveLength(1);
    expect(sessions.listOf(actors.local(), alice.id)).toHaveLength(1);
    expect(await failure(() => sessions.listOf(browserOf(bob), alice.id))).toMatchObject({ status: 403 });
    const { secret } = tokens.create(own, alice, { note: '', scopes: ['inherit'], expiresInSeconds: 60 });
    expect(await failure(() => sessions.listOf(actors.byToken(secret) as never, alice.id))).toMatchObject({ status: 403 });
  });

  it('write when they were last seen every thirty seconds, in one go, and their user with them', () => {
    const { sessions, clock, store, add } = createWorld();
    const alice = add('alice');
    const { cookie, session } = sessions.start(alice, FROM);
    const touched: number[] = [];
    const touch = store.sessions.touch;
    Object.assign(store.sessions, { touch: (seen: ReadonlyMap<never, Date>) => (touched.push(seen.size), touch(seen)) });
    clock.advance(10_000);
    for (let i = 0; i < 1000; i += 1) sessions.resolve(cookie);
    const at = clock.now();
    expect(touched).toEqual([]);
    clock.advance(60_000);
    expect(touched).toEqual([1]);
    expect(store.sessions.listOf(alice.id)).toMatchObject([{ id: session.id, lastSeen: at }]);
    expect(store.users.byId(alice.id)?.lastActivity).toEqual(at);
  });

  it('asks the store once for a cookie, not once per request', () => {
    const world = createWorld();
    const { cookie } = world.sessions.start(world.add('alice'), FROM);
    let asked = 0;
    const byHash = world.store.sessions.byHash;
    Object.assign(world.store.sessions, { byHash: (hash: string) => ((asked += 1), byHash(hash)) });
    const { sessions } = world.restart();
    for (let i = 0; i < 100; i += 1) expect(sessions.resolve(cookie)).toBeDefined();
    expect(asked).toBe(1);
  });

  it('A18: let nobody in whose account is not active any more', () => {
    const { sessions, actors, store, add } = createWorld();
    const alice = add('alice');
    const { cookie } = sessions.start(alice, FROM);
    store.users.update(alice.id, { status: 'disabled' });
    actors.forget(alice.id);
    expect(sessions.resolve(cookie)).toBeUndefined();
    expect(actors.byCookie(cookie)).toBeUndefined();
  });

  it('C02: gives every session its own XSRF token, which stays the same and survives a restart', () => {
    const world = createWorld();
    const { sessions } = world;
    const mine = sessions.xsrfToken('session-1');
    expect(mine).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(sessions.xsrfToken('session-1')).toBe(mine);
    expect(sessions.verifyXsrf('session-1', mine)).toBe(true);
    expect(world.restart().sessions.verifyXsrf('session-1', mine)).toBe(true);
    for (const [binding, token] of [['session-2', mine], ['session-1', sessions.xsrfToken('session-2')], ['session-1', ''], ['session-1', mine.slice(1)], ['', mine]] as const) {
      expect(sessions.verifyXsrf(binding, token)).toBe(false);
    }
  });

  it('C02: another hub makes other XSRF tokens', () => {
    expect(createWorld().sessions.xsrfToken('session-1')).not.toBe(createWorld().sessions.xsrfToken('session-1'));
  });

  it('B14: refuses to start with a malformed XSRF key', () => {
    const world = createWorld();
    world.store.meta.set('xsrf-key', 'c2hvcnQ');
    expect(() => world.restart()).toThrow('malformed xsrf-key');
  });
});
