import { createHash } from 'node:crypto';
import { serialise } from '../../../hub/domain/scopes/serialise';
import { closeWorlds, createWorld, failure } from './accounts-world';

const DAY = 86_400;
const ask = (more: Partial<{ note: string; scopes: readonly string[]; expiresInSeconds: number | null }> = {}) => ({ note: 'a note', scopes: ['inherit'], expiresInSeconds: 3600, ...more });
afterEach(closeWorlds);

describe('tokens', () => {
  it('D10: are shown once; the store knows only their SHA-256', () => {
    const { tokens, store, add, browserOf } = createWorld();
    const stored: string[] = [];
    const create = store.tokens.create;
    Object.assign(store.tokens, { create: (token: never, hash: string) => (stored.push(hash), create(token, hash)) });
    const alice = add('alice');
    const { token, secret } = tokens.create(browserOf(alice), alice, ask());
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(stored).toEqual([createHash('sha256').update(secret).digest('base64url')]);
    expect(JSON.stringify([token, tokens.listOf(browserOf(alice), alice), store.audit.list({ offset: 0, limit: 9 })])).not.toContain(secret);
    for (const leaked of [stored[0] ?? '', token.id, '', 'short', 'x'.repeat(600)]) expect(tokens.resolve(leaked)).toBeUndefined();
    expect(tokens.resolve(secret)).toMatchObject({ token: { id: token.id }, user: { name: 'alice' } });
  });

  it('D11: live ninety days at most, unless an administrator makes them', async () => {
    const { tokens, add, browserOf } = createWorld();
    const [alice, root] = [add('alice'), add('root', { admin: true })];
    const own = browserOf(alice);
    const make = (expiresInSeconds: number | null) => () => tokens.create(own, alice, ask({ expiresInSeconds }));
    expect(await failure(make(null))).toMatchObject({ code: 'forbidden' });
    for (const wrong of [90 * DAY + 1, 0, -1, 1.5, NaN, Infinity]) expect(await failure(make(wrong))).toMatchObject({ code: 'invalid-input' });
    expect(make(90 * DAY)().token.expires).not.toBeNull();
    expect(tokens.create(browserOf(root), root, ask({ expiresInSeconds: null })).token.expires).toBeNull();
    expect(tokens.create(browserOf(root), alice, ask({ expiresInSeconds: 365 * DAY })).token.expires).not.toBeNull();
  });

  it('D11: end when they expire, also when the clock is set back, and their sockets with them', () => {
    const { tokens, sessions, clock, store, add, browserOf } = createWorld();
    const alice = add('alice');
    const ended: string[] = [];
    sessions.onEnded((credential) => ended.push(credential));
    const { secret, token } = tokens.create(browserOf(alice), alice, ask());
    expect(tokens.resolve(secret)).toBeDefined();
    clock.jumpWall(-1800_000);
    clock.advance(3600_000 - 30_001);
    expect(tokens.resolve(secret)).toBeDefined();
    clock.advance(60_000);
    expect(ended).toContain(token.id);
    expect(tokens.resolve(secret)).toBeUndefined();
    expect(store.tokens.byId(token.id)).toBeUndefined();
  });

  it('D11: that expired while the hub was down do not work', () => {
    const world = createWorld();
    const alice = world.add('alice');
    const { secret } = world.tokens.create(world.browserOf(alice), alice, ask());
    world.clock.advance(3600_000);
    expect(world.restart().tokens.resolve(secret)).toBeUndefined();
  });

  it('ask for nothing that their owner does not hold', async () => {
    const { tokens, add, browserOf } = createWorld();
    const alice = add('alice');
    const make = (...scopes: string[]) => () => tokens.create(browserOf(alice), alice, ask({ scopes }));
    expect((await failure(make('read:users!user', 'admin:users'))).message).toBe('Not assigning requested scopes admin:users not held by User alice');
    for (const scope of ['access:servers', 'read:users', 'servers!user=bob', 'access:servers!server=bob/']) expect(await failure(make(scope))).toMatchObject({ code: 'invalid-input' });
    expect(await failure(make('no:such:scope'))).toMatchObject({ code: 'invalid-input' });
    for (const scope of ['inherit', 'self', 'access:servers!user', 'servers!server=alice/gpu', 'read:users:name!user=alice']) expect(make(scope)().token.scopes).toEqual([scope]);
  });

  it('D03: one made with a narrow token is no wider than that', async () => {
    const { tokens, actors, add, browserOf } = createWorld();
    const root = add('root', { admin: true });
    const { secret } = tokens.create(browserOf(root), root, ask({ scopes: ['tokens!user', 'read:users!user'] }));
    const narrow = actors.byToken(secret) as NonNullable<ReturnType<typeof actors.byToken>>;
    for (const scope of ['inherit', 'admin:users', 'self']) expect(await failure(() => tokens.create(narrow, root, ask({ scopes: [scope] })))).toMatchObject({ code: 'invalid-input' });
    expect(tokens.create(narrow, root, ask({ scopes: ['read:users!user'] })).token.scopes).toEqual(['read:users!user']);
  });

  it('D04: one made for another administrator is no wider than the token it is made with', async () => {
    const { tokens, actors, add, browserOf } = createWorld();
    const [root, boss, alice] = [add('root', { admin: true }), add('boss', { admin: true }), add('alice')];
    const narrow = actors.byToken(tokens.create(browserOf(root), root, ask({ scopes: ['tokens', 'read:users'] })).secret) as NonNullable<ReturnType<typeof actors.byToken>>;
    for (const scope of ['inherit', 'admin:users', 'shutdown']) expect(await failure(() => tokens.create(narrow, boss, ask({ scopes: [scope] })))).toMatchObject({ code: 'invalid-input' });
    expect(tokens.create(narrow, boss, ask({ scopes: ['read:users'] })).token.scopes).toEqual(['read:users']);
    expect(tokens.create(narrow, alice, ask()).token.scopes).toEqual(['inherit']);
    const wide = actors.byToken(tokens.create(browserOf(root), root, ask()).secret) as NonNullable<ReturnType<typeof actors.byToken>>;
    expect(tokens.create(wide, boss, ask({ scopes: ['admin:users'] })).token.owner).toBe(boss.id);
    expect(tokens.create(wide, boss, ask()).token.scopes).toEqual(['inherit']);
  });

  it('D02: without scopes tell who their owner is, and nothing else', () => {
    const { tokens, actors, add, browserOf } = createWorld();
    const alice = add('alice');
    const { secret } = tokens.create(browserOf(alice), alice, ask({ scopes: [] }));
    expect(serialise(actors.byToken(secret)?.scopes ?? new Map())).toEqual(['read:users:groups!user=alice', 'read:users:name!user=alice']);
  });

  it('D03: lose at once what their owner loses', () => {
    const { tokens, actors, accounts, add, browserOf } = createWorld();
    const [root, boss] = [add('root', { admin: true }), add('boss', { admin: true })];
    const { secret } = tokens.create(browserOf(boss), boss, ask({ scopes: ['admin:users'] }));
    expect(actors.byToken(secret)?.scopes.has('admin:users')).toBe(true);
    accounts.setAdmin(browserOf(root), boss.id, false);
    expect(actors.byToken(secret)?.scopes.has('admin:users')).toBe(false);
    expect(actors.byToken(secret)?.admin).toBe(false);
  });

  it('D04: for an administrator are made by administrators only', async () => {
    const { tokens, store, add, addGroup, browserOf } = createWorld();
    const [root, helper, alice] = [add('root', { admin: true }), add('helper'), add('alice')];
    store.roles.put({ name: 'helpdesk', description: 'Helps.', scopes: ['admin:users', 'tokens'] });
    addGroup('helpers', [helper], 'helpdesk');
    expect(tokens.create(browserOf(helper), alice, ask()).token.owner).toBe(alice.id);
    expect(await failure(() => tokens.create(browserOf(helper), root, ask()))).toMatchObject({ code: 'forbidden' });
    const { token } = tokens.create(browserOf(root), root, ask());
    expect(await failure(() => tokens.revoke(browserOf(helper), root, token.id))).toMatchObject({ code: 'forbidden' });
  });

  it('belong to their owner: nobody else lists, makes or revokes them', async () => {
    const { tokens, add, browserOf } = createWorld();
    const [alice, bob] = [add('alice'), add('bob')];
    const { token } = tokens.create(browserOf(alice), alice, ask());
    const foreign = browserOf(bob);
    // He holds `tokens` on himself, so alice is hidden from him, not refused to him.
    for (const work of [() => tokens.listOf(foreign, alice), () => tokens.create(foreign, alice, ask()), () => tokens.revoke(foreign, alice, token.id)]) {
      expect(await failure(work)).toMatchObject({ code: 'not-found' });
    }
    const swapped = await failure(() => tokens.revoke(foreign, bob, token.id));
    const unknown = await failure(() => tokens.revoke(foreign, bob, 'no-such-token' as never));
    expect([swapped.code, swapped.message]).toEqual([unknown.code, unknown.message]);
  });

  it('B03: stop working when revoked, and say so', () => {
    const { tokens, actors, sessions, add, browserOf, store } = createWorld();
    const alice = add('alice');
    const own = browserOf(alice);
    const ended: string[] = [];
    sessions.onEnded((credential) => ended.push(credential));
    const { secret, token } = tokens.create(own, alice, ask());
    expect(actors.byToken(secret)).toMatchObject({ via: 'token', credential: token.id });
    tokens.revoke(own, alice, token.id);
    expect(actors.byToken(secret)).toBeUndefined();
    expect(ended).toEqual([token.id]);
    expect(store.audit.list({ offset: 0, limit: 2 }).map((entry) => entry.action)).toEqual(['token.revoke', 'token.create']);
  });

  it('Q10: are a thousand for each user at most; those that have ended do not count, and are gone', async () => {
    const { tokens, clock, store, add, browserOf, actors } = createWorld();
    const alice = add('alice');
    const own = browserOf(alice);
    tokens.create(own, alice, ask({ expiresInSeconds: 60 }));
    store.transaction(() => {
      for (let i = 1; i < 1000; i += 1) tokens.create(own, alice, ask());
    });
    expect(await failure(() => tokens.create(own, alice, ask()))).toMatchObject({ code: 'invalid-input' });
    expect(await failure(() => tokens.create(actors.local(), alice, ask()))).toMatchObject({ code: 'invalid-input' });
    clock.jumpWall(61_000);
    expect(tokens.create(own, alice, ask()).token.owner).toBe(alice.id);
    expect(store.tokens.listOf(alice.id)).toHaveLength(1000);
  });

  it('A13: are not made for an account that is not active', async () => {
    const { tokens, actors, add } = createWorld();
    expect(await failure(() => tokens.create(actors.local(), add('mallory', { status: 'pending' }), ask()))).toMatchObject({ code: 'conflict' });
  });

  it('write when they were last used in batches', () => {
    const { tokens, clock, store, add, browserOf } = createWorld();
    const alice = add('alice');
    const own = browserOf(alice);
    const { secret, token } = tokens.create(own, alice, ask());
    tokens.resolve(secret);
    expect(store.tokens.byId(token.id)?.lastUsed).toBeNull();
    expect(tokens.listOf(own, alice)[0]?.lastUsed).toEqual(clock.now());
    const at = clock.now();
    clock.advance(30_000);
    expect(store.tokens.byId(token.id)?.lastUsed).toEqual(at);
  });
});
