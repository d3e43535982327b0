import { serialise } from '../../../hub/domain/scopes/serialise';
import { closeWorlds, createWorld, FROM } from './accounts-world';

afterEach(closeWorlds);

describe('actors', () => {
  it('are made of a user, the roles of the user and those of the user\'s groups', () => {
    const { store, add, addGroup, browserOf } = createWorld();
    const alice = add('alice');
    store.roles.put({ name: 'reader', description: 'Reads.', scopes: ['read:metrics'] });
    addGroup('readers', [alice], 'reader');
    const actor = browserOf(alice);
    expect(actor).toMatchObject({ kind: 'user', id: alice.id, name: 'alice', admin: false, via: 'cookie', groups: ['readers'] });
    expect(serialise(actor.scopes)).toEqual(expect.arrayContaining(['read:metrics', 'access:servers!user=alice', 'start:servers!user=alice']));
    expect(actor.scopes.has('admin:users')).toBe(false);
  });

  it('by token and by cookie are the same person with the same scopes, when the token inherits', () => {
    const { tokens, actors, add, browserOf } = createWorld();
    const alice = add('alice');
    const own = browserOf(alice);
    const { secret } = tokens.create(own, alice, { note: '', scopes: ['inherit'], expiresInSeconds: 60 });
    const byToken = actors.byToken(secret);
    expect(byToken).toMatchObject({ id: alice.id, via: 'token' });
    expect(serialise(byToken?.scopes ?? new Map())).toEqual(serialise(own.scopes));
  });

  it('are the same object until something changes', () => {
    const { actors, sessions, store, add } = createWorld();
    const alice = add('alice');
    const { cookie } = sessions.start(alice, FROM);
    const first = actors.byCookie(cookie);
    expect(actors.byCookie(cookie)).toBe(first);
    store.roles.revoke('researcher', alice.id);
    actors.forget(alice.id);
    const second = actors.byCookie(cookie);
    expect(first?.scopes.has('start:servers')).toBe(true);
    expect(second?.scopes.has('start:servers')).toBe(false);
  });

  it('A13: of an account that waits can do nothing', () => {
    const { actors, add } = createWorld();
    const mallory = add('mallory', { status: 'pending', admin: true });
    expect(actors.ofUser(mallory, 'cookie', 'x')).toMatchObject({ scopes: new Map(), admin: false });
  });

  it('on the command line is an administrator without an account', () => {
    const { actors } = createWorld();
    expect(actors.local()).toMatchObject({ kind: 'local', via: 'local', admin: true });
    expect(actors.local().scopes.get('admin:users')).toEqual({ all: true });
  });

  it('are nobody for what is no credential', () => {
    const { actors } = createWorld();
    expect(actors.byCookie('x')).toBeUndefined();
    expect(actors.byToken('x')).toBeUndefined();
  });
});
