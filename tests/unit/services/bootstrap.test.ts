import { serialise } from '../../../hub/domain/scopes/serialise';
import { DEFAULT_ROLES } from '../../../hub/domain/scopes/roles';
import { closeWorlds, codeOf, createWorld, failure, FROM, GOOD } from './accounts-world';

afterEach(closeWorlds);
const ADDRESS = FROM.address;

describe('the one-time link', () => {
  it('A12: makes the administrator, who can then sign in and has every scope of an administrator', async () => {
    const { bootstrap, signIn, actors, store } = createWorld();
    const secret = bootstrap.issue() ?? '';
    expect(bootstrap.nameFor(secret)).toBe('admin');
    const user = await bootstrap.redeem({ secret, password: GOOD, address: ADDRESS, requestId: 'r-1' });
    expect(store.audit.list({ offset: 0, limit: 5 })).toMatchObject([{ actorKind: 'anonymous', action: 'user.bootstrap', target: 'user:admin', address: ADDRESS, requestId: 'r-1' }]);
    expect(user).toMatchObject({ name: 'admin', admin: true, status: 'active', mustChangePassword: false });
    expect(store.roles.directOfUser(user.id)).toEqual(['admin', 'researcher', 'user']);
    const { cookie } = await signIn('admin', GOOD);
    const scopes = serialise(actors.byCookie(cookie)?.scopes ?? new Map());
    for (const scope of DEFAULT_ROLES.find((role) => role.name === 'admin')?.scopes ?? []) expect(scopes).toContain(scope);
  });

  it('A12: works once', async () => {
    const { bootstrap } = createWorld();
    const secret = bootstrap.issue() ?? '';
    await bootstrap.redeem({ secret, password: GOOD, address: ADDRESS, requestId: 'r' });
    expect(await failure(bootstrap.redeem({ secret, password: 'another four words', address: ADDRESS, requestId: 'r' }))).toMatchObject({ code: 'forbidden' });
    expect(bootstrap.nameFor(secret)).toBeUndefined();
  });

  it('A12: works once, also for ten at the same time', async () => {
    const { bootstrap, store } = createWorld();
    const secret = bootstrap.issue() ?? '';
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => bootstrap.redeem({ secret, password: `${GOOD} ${i}`, address: ADDRESS, requestId: 'r' })));
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    expect(store.users.list({ offset: 0, limit: 9 }).total).toBe(1);
  });

  it('survives a restart, and dies when a newer one is made', async () => {
    const world = createWorld();
    const first = world.bootstrap.issue() ?? '';
    const { bootstrap } = world.restart();
    expect(bootstrap.nameFor(first)).toBe('admin');
    const second = bootstrap.issue() ?? '';
    expect(bootstrap.nameFor(first)).toBeUndefined();
    expect(await codeOf(bootstrap.redeem({ secret: first, password: GOOD, address: ADDRESS, requestId: 'r' }))).toBe('forbidden');
    expect(bootstrap.nameFor(second)).toBe('admin');
  });

  it('is not made while there is an administrator, and an older one dies then', () => {
    const { bootstrap, add } = createWorld();
    const older = bootstrap.issue() ?? '';
    const root = add('root', { admin: true });
    expect(bootstrap.nameFor(older)).toBeUndefined();
    expect(bootstrap.issue()).toBeUndefined();
    expect(root.admin).toBe(true);
  });

  it('is made again when the only administrator is disabled', () => {
    const { bootstrap, add } = createWorld();
    add('root', { admin: true, status: 'disabled' });
    expect(bootstrap.issue()).toBeDefined();
  });

  it('takes over the account that waits under its name, and ends what was open', async () => {
    const { bootstrap, addWithPassword, sessions, signIn } = createWorld();
    const squatter = await addWithPassword('admin', { status: 'pending' }, 'the words of a squatter');
    const { cookie } = sessions.start(squatter, FROM);
    const user = await bootstrap.redeem({ secret: bootstrap.issue(), password: GOOD, address: ADDRESS, requestId: 'r' });
    expect(user).toMatchObject({ id: squatter.id, admin: true, status: 'active' });
    expect(sessions.resolve(cookie)).toBeUndefined();
    expect(await codeOf(signIn('admin', 'the words of a squatter'))).toBe('forbidden');
  });

  it('is not used up by a password that is too weak', async () => {
    const { bootstrap } = createWorld();
    const secret = bootstrap.issue() ?? '';
    expect(await codeOf(bootstrap.redeem({ secret, password: 'short', address: ADDRESS, requestId: 'r' }))).toBe('invalid-input');
    expect(bootstrap.nameFor(secret)).toBe('admin');
  });

  it.each([undefined, null, '', 'x', ['x'], { length: 43 }, 'a'.repeat(1_000_000)])('A12: is not guessed with %#, and nothing is hashed for it', async (secret) => {
    const { bootstrap, hasher, store } = createWorld();
    bootstrap.issue();
    expect(await codeOf(bootstrap.redeem({ secret, password: GOOD, address: ADDRESS, requestId: 'r' }))).toBe('forbidden');
    expect(hasher.counts().done).toBe(0);
    expect(store.users.list({ offset: 0, limit: 1 }).total).toBe(0);
  });

  it('keeps only a hash of its secret', () => {
    const { bootstrap, store } = createWorld();
    const secret = bootstrap.issue() ?? '';
    expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(store.meta.get('bootstrap-link')).not.toContain(secret);
    expect(bootstrap.nameFor(store.meta.get('bootstrap-link') ?? '')).toBeUndefined();
  });

  it('refuses to be made for a name that no account can have', () => {
    expect(() => createWorld({ adminName: 'a/b' })).toThrow('Invalid username');
  });
});
