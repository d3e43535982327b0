import type { Actor } from '../../../hub/domain/access';
import type { User } from '../../../hub/domain/user';
import { closeWorlds, codeOf, createWorld, failure, FROM, GOOD } from './accounts-world';

const ALL = { offset: 0, limit: 100 };
afterEach(closeWorlds);

function withAdmin(overrides = {}) {
  const world = createWorld(overrides);
  const root = world.add('root', { admin: true });
  const names = (by: Actor, ask = {}): readonly string[] => world.accounts.list(by, { ...ALL, ...ask }).users.map((user) => user.name);
  return { ...world, root, by: world.browserOf(root), names };
}

/** Somebody with the scopes to manage users, but no administrator. */
function helper(world: ReturnType<typeof withAdmin>, scopes: readonly string[] = ['admin:users']): Actor {
  const user = world.add('helper');
  world.store.roles.put({ name: 'helpdesk', description: 'Helps.', scopes });
  world.store.roles.grant('helpdesk', user.id);
  return world.browserOf(user);
}

describe('an administrator', () => {
  it('creates an account with a password that is shown once and has to be changed', async () => {
    const { accounts, by, store, signIn } = withAdmin();
    const { user, password } = await accounts.create(by, { username: 'Carol', admin: false });
    expect(user).toMatchObject({ name: 'carol', status: 'active', admin: false, mustChangePassword: true });
    expect(store.roles.directOfUser(user.id)).toEqual(['researcher', 'user']);
    expect(JSON.stringify(store.audit.list(ALL))).not.toContain(password);
    expect((await signIn('carol', password)).user.mustChangePassword).toBe(true);
    expect(await codeOf(accounts.create(by, { username: 'CAROL', admin: false }))).toBe('conflict');
  });

  it('creates hundreds at once, with turns for everybody else: none has a password before one is set, and taken names are passed over', async () => {
    const { accounts, add, by, store, signIn } = withAdmin();
    add('person-7');
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 0);
    const made = await accounts.createMany(by, { usernames: [...Array.from({ length: 200 }, (_, i) => `person-${i}`), 'PERSON-1'], admin: false });
    clearInterval(timer);
    expect([made.length, turns > 1]).toEqual([199, true]);
    const first = made[0] as User;
    expect(store.roles.directOfUser(first.id)).toEqual(['researcher', 'user']);
    expect(store.users.passwordHash(first.id)).toBeUndefined();
    expect(await codeOf(signIn('person-0', GOOD))).toBe('forbidden');
    const { password } = await accounts.resetPassword(by, first.id);
    expect((await signIn('person-0', password)).user.mustChangePassword).toBe(true);
    expect(store.audit.list({ offset: 0, limit: 1000 }).filter(({ action }) => action === 'user.create')).toHaveLength(199);
  });

  it('creates nobody of many when one name is wrong, and no administrators for others', async () => {
    const world = withAdmin();
    expect(await codeOf(world.accounts.createMany(world.by, { usernames: ['fine', 'a/b'], admin: false }))).toBe('invalid-input');
    expect(await codeOf(world.accounts.createMany(helper(world), { usernames: ['fine'], admin: true }))).toBe('forbidden');
    expect(world.store.users.byName('fine' as User['name'])).toBeUndefined();
  });

  it('creates an administrator, and an account with a given password', async () => {
    const { accounts, actors, by, signIn } = withAdmin();
    const { user } = await accounts.create(by, { username: 'second', admin: true, password: GOOD });
    expect(actors.ofUser(user, 'cookie', 'test').scopes.get('admin:users')).toEqual({ all: true });
    expect((await signIn('second', GOOD)).user.admin).toBe(true);
    expect(await codeOf(accounts.create(actors.local(), { username: 'weak', admin: false, password: 'short' }))).toBe('invalid-input');
  });

  it.each(['.', '..', 'new', 'hub', 'user', 'api', '__proto__', 'constructor', 'a/b', 'a\\b', 'a\u202Eb', '', 'a'.repeat(300)])('A11: creates nothing named %j', async (username) => {
    const { accounts, by, store } = withAdmin();
    expect(await codeOf(accounts.create(by, { username, admin: false }))).toBe('invalid-input');
    expect(store.users.list(ALL).total).toBe(1);
  });

  it('discards an account that waits, and only such', async () => {
    const { accounts, by, add, store } = withAdmin();
    const [waiting, alice] = [add('waiting', { status: 'pending' }), add('alice')];
    accounts.discard(by, waiting.id);
    expect(store.users.byId(waiting.id)).toBeUndefined();
    expect(await codeOf(() => accounts.discard(by, alice.id))).toBe('conflict');
  });

  it('resets a password: the old one and every session end, and the new one has to be changed', async () => {
    const { accounts, by, signIn, sessions, addWithPassword } = withAdmin();
    const alice = await addWithPassword('alice');
    const { cookie } = await signIn('alice', GOOD);
    const { user, password } = await accounts.resetPassword(by, alice.id);
    expect(user.mustChangePassword).toBe(true);
    expect(sessions.resolve(cookie)).toBeUndefined();
    expect(await codeOf(signIn('alice', GOOD))).toBe('forbidden');
    expect((await signIn('alice', password)).user.id).toBe(alice.id);
  });

  it('A17: cannot get round the current password by resetting their own', async () => {
    const { accounts, by, root } = withAdmin();
    expect(await codeOf(accounts.resetPassword(by, root.id))).toBe('conflict');
  });

  it('A18: disables: cookies and tokens die, what they opened closes, servers stop; enabling brings back the tokens only', async () => {
    const { accounts, by, actors, sessions, tokens, calls, signIn, addWithPassword, browserOf } = withAdmin();
    const bob = await addWithPassword('bob');
    const { cookie, session } = await signIn('bob', GOOD);
    const { secret, token } = tokens.create(browserOf(bob), bob, { note: '', scopes: ['inherit'], expiresInSeconds: 60 });
    expect(actors.byToken(secret)).toBeDefined();
    const ended: string[] = [];
    sessions.onEnded((credential) => ended.push(credential));
    expect(await accounts.disable(by, bob.id)).toMatchObject({ status: 'disabled' });
    expect(ended).toEqual(expect.arrayContaining([session.id, token.id]));
    expect(calls.stopped).toEqual(['bob']);
    expect([actors.byCookie(cookie), actors.byToken(secret)]).toEqual([undefined, undefined]);
    expect(await codeOf(signIn('bob', GOOD))).toBe('forbidden');
    expect(accounts.enable(by, bob.id)).toMatchObject({ status: 'active' });
    expect(actors.byCookie(cookie)).toBeUndefined();
    expect(actors.byToken(secret)).toBeDefined();
  });

  it('A18: shuts out before servers are stopped, and stops them again at a second try', async () => {
    const during: (boolean | undefined)[] = [];
    let fail = true;
    const world = withAdmin({
      stopServers: async (owner: User) => {
        during.push(world.store.users.byId(owner.id)?.status === 'disabled');
        if (fail) throw new Error('the engine does not answer');
      },
    });
    const bob = world.add('bob');
    await expect(world.accounts.disable(world.by, bob.id)).rejects.toThrow('the engine does not answer');
    fail = false;
    expect(await world.accounts.disable(world.by, bob.id)).toMatchObject({ status: 'disabled' });
    expect(during).toEqual([true, true]);
  });

  it('A19: deletes: a new account of the same name has another identity and none of the old credentials', async () => {
    const { accounts, by, actors, calls, tokens, signIn, addWithPassword, browserOf } = withAdmin();
    const bob = await addWithPassword('bob');
    const { cookie } = await signIn('bob', GOOD);
    const { secret } = tokens.create(browserOf(bob), bob, { note: '', scopes: ['inherit'], expiresInSeconds: 60 });
    await accounts.remove(by, bob.id, { volumes: 'keep' });
    expect(calls).toEqual({ stopped: ['bob'], removed: [] });
    const { user } = await accounts.create(by, { username: 'bob', admin: false });
    expect(user.id).not.toBe(bob.id);
    expect([actors.byCookie(cookie), actors.byToken(secret)]).toEqual([undefined, undefined]);
    expect(await codeOf(signIn('bob', GOOD))).toBe('forbidden');
  });

  it('deletes volumes only when told so, in so many words', async () => {
    const { accounts, by, calls, add, store } = withAdmin();
    const bob = add('bob');
    for (const volumes of [undefined, '', 'yes', true]) expect(await codeOf(accounts.remove(by, bob.id, { volumes } as never))).toBe('invalid-input');
    expect(store.users.byId(bob.id)?.status).toBe('active');
    await accounts.remove(by, bob.id, { volumes: 'remove' });
    expect(calls.removed).toEqual(['bob']);
    expect(store.users.byId(bob.id)).toBeUndefined();
    expect(store.audit.list({ offset: 0, limit: 1 })).toMatchObject([{ action: 'user.delete.remove-volumes', target: 'user:bob' }]);
  });

  it('keeps the account, disabled, when its volumes could not be removed', async () => {
    const { accounts, by, add, store } = withAdmin({ removeVolumes: () => Promise.reject(new Error('in use')) });
    const bob = add('bob');
    await expect(accounts.remove(by, bob.id, { volumes: 'remove' })).rejects.toThrow('in use');
    expect(store.users.byId(bob.id)?.status).toBe('disabled');
  });

  it('gives and takes what makes an administrator or a researcher, at once', () => {
    const { accounts, by, actors, sessions, add } = withAdmin();
    const alice = add('alice');
    const { cookie } = sessions.start(alice, FROM);
    const holds = (scope: 'admin:users' | 'start:servers') => actors.byCookie(cookie)?.scopes.has(scope);
    expect([holds('admin:users'), holds('start:servers')]).toEqual([false, true]);
    expect(accounts.setAdmin(by, alice.id, true)).toMatchObject({ admin: true });
    expect(holds('admin:users')).toBe(true);
    expect(accounts.setAdmin(by, alice.id, false)).toMatchObject({ admin: false });
    accounts.setResearcher(by, alice.id, false);
    expect([holds('admin:users'), holds('start:servers')]).toEqual([false, false]);
    accounts.setResearcher(by, alice.id, true);
    expect(holds('start:servers')).toBe(true);
  });

  it('leaves a trace of every change, with who did what to whom', async () => {
    const { accounts, by, store, add } = withAdmin();
    const waiting = add('waiting', { status: 'pending' });
    accounts.approve(by, waiting.id);
    accounts.setAdmin(by, waiting.id, true);
    await accounts.resetPassword(by, waiting.id);
    await accounts.disable(by, waiting.id);
    accounts.enable(by, waiting.id);
    accounts.setResearcher(by, waiting.id, false);
    const entries = [...store.audit.list(ALL)].reverse();
    expect(entries.map((entry) => entry.action)).toEqual(['user.approve', 'user.make-admin', 'user.reset-password', 'user.disable', 'user.enable', 'user.unmake-researcher']);
    for (const entry of entries) expect(entry).toMatchObject({ actorKind: 'user', actor: 'root', target: 'user:waiting', detail: { user: waiting.id } });
  });

  it('approves twice without harm, but not what was disabled; neither disables nor enables what waits', async () => {
    const { accounts, by, add } = withAdmin();
    const [waiting, off] = [add('waiting', { status: 'pending' }), add('off', { status: 'disabled' })];
    expect(await codeOf(accounts.disable(by, waiting.id))).toBe('conflict');
    expect(await codeOf(() => accounts.enable(by, waiting.id))).toBe('conflict');
    expect(await codeOf(() => accounts.setAdmin(by, waiting.id, true))).toBe('conflict');
    accounts.approve(by, waiting.id);
    expect(accounts.approve(by, waiting.id).status).toBe('active');
    expect(await codeOf(() => accounts.approve(by, off.id))).toBe('conflict');
  });
});

describe('the last administrator', () => {
  it('R05: is neither disabled, demoted nor deleted', async () => {
    const { accounts, actors, root, store, add, sessions } = withAdmin();
    add('old', { admin: true, status: 'disabled' });
    const { cookie } = sessions.start(root, FROM);
    const local = actors.local();
    for (const work of [() => accounts.disable(local, root.id), () => accounts.setAdmin(local, root.id, false), () => accounts.remove(local, root.id, { volumes: 'keep' })]) {
      expect(await failure(work)).toMatchObject({ code: 'conflict', status: 409 });
    }
    expect(store.users.byId(root.id)).toMatchObject({ admin: true, status: 'active' });
    expect(store.roles.directOfUser(root.id)).toContain('admin');
    expect(sessions.resolve(cookie)).toBeDefined();
  });

  it('R05: is the other one of two, after the first one is gone', async () => {
    const { accounts, by, add, root, actors } = withAdmin();
    const second = add('second', { admin: true });
    accounts.setAdmin(by, second.id, false);
    expect(await codeOf(() => accounts.setAdmin(actors.local(), root.id, false))).toBe('conflict');
  });

  it('R05: cannot be made by two administrators who disable each other at once', async () => {
    const { accounts, by, root, store, add, browserOf } = withAdmin();
    const second = add('second', { admin: true });
    const other = browserOf(second);
    const results = await Promise.allSettled([accounts.disable(by, second.id), accounts.disable(other, root.id)]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected']);
    expect(store.users.byId(root.id)?.status).toBe('active');
  });

  it('R05: nobody disables or deletes themselves', async () => {
    const { accounts, by, root, add } = withAdmin();
    add('second', { admin: true });
    expect(await codeOf(accounts.disable(by, root.id))).toBe('conflict');
    expect(await codeOf(accounts.remove(by, root.id, { volumes: 'keep' }))).toBe('conflict');
  });
});

describe('somebody who is no administrator', () => {
  const verbs = (world: ReturnType<typeof withAdmin>, actor: Actor, id: User['id']) => [
    () => world.accounts.approve(actor, id),
    () => world.accounts.discard(actor, id),
    () => world.accounts.resetPassword(actor, id),
    () => world.accounts.disable(actor, id),
    () => world.accounts.enable(actor, id),
    () => world.accounts.setAdmin(actor, id, true),
    () => world.accounts.setResearcher(actor, id, false),
    () => world.accounts.remove(actor, id, { volumes: 'keep' }),
  ];

  it('does none of it, and learns nothing about who exists', async () => {
    const world = withAdmin();
    const [alice, bob] = [world.add('alice'), world.add('bob')];
    const actor = world.browserOf(alice);
    const before = JSON.stringify([world.store.users.list(ALL), world.store.audit.list(ALL)]);
    const answers = async (id: string) => Promise.all(verbs(world, actor, id as never).map(async (verb) => JSON.stringify(await failure(verb))));
    const [other, unknown] = [await answers(bob.id), await answers('no-such-user')];
    expect(other).toEqual(unknown);
    for (const verb of verbs(world, actor, bob.id)) expect(await codeOf(verb)).toBe('forbidden');
    expect(await codeOf(world.accounts.create(actor, { username: 'carol', admin: false }))).toBe('forbidden');
    expect(await codeOf(() => world.accounts.list(actor, ALL))).toBe('forbidden');
    expect(world.accounts.find(actor, 'bob')).toBeUndefined();
    expect(world.accounts.find(actor, 'Alice')?.id).toBe(alice.id);
    expect(JSON.stringify([world.store.users.list(ALL), world.store.audit.list(ALL)])).toBe(before);
  });

  it('D04: gives nobody with admin:users what the configuration keeps for a name', async () => {
    const joined: string[] = [];
    const { accounts, store, add, addGroup, browserOf, actors } = createWorld({ groups: { awaits: (name) => name === 'carol', join: ({ name }) => void joined.push(name) } });
    const [helper, bob, root] = [add('helper'), add('bob'), add('root', { admin: true })];
    store.roles.put({ name: 'helpdesk', description: 'Helps.', scopes: ['admin:users'] });
    addGroup('helpers', [helper], 'helpdesk');
    const by = browserOf(helper);
    expect(await codeOf(accounts.create(by, { username: 'Carol', admin: false, password: GOOD }))).toBe('forbidden');
    expect(await codeOf(() => accounts.rename(by, bob.id, 'carol'))).toBe('forbidden');
    const waiting = add('carol', { status: 'pending' });
    expect(await codeOf(() => accounts.approve(by, waiting.id))).toBe('forbidden');
    expect(joined).toEqual([]);
    expect(accounts.approve(browserOf(root), waiting.id).status).toBe('active');
    expect(accounts.rename(browserOf(helper), bob.id, 'robert').name).toBe('robert');
    await accounts.create(actors.local(), { username: 'dave', admin: false });
    expect(joined).toEqual(['carol', 'robert', 'dave']);
  });

  it('D04: manages users with admin:users, but neither becomes nor makes nor changes an administrator', async () => {
    const world = withAdmin();
    const actor = helper(world);
    const alice = world.add('alice');
    if (actor.kind !== 'user') throw new Error('no user');
    const before = world.store.users.byId(world.root.id);
    expect(world.accounts.setResearcher(actor, alice.id, false)).toBeUndefined();
    for (const verb of [
      () => world.accounts.setAdmin(actor, actor.id, true),
      () => world.accounts.setAdmin(actor, alice.id, true),
      () => world.accounts.setAdmin(actor, world.root.id, false),
      () => world.accounts.resetPassword(actor, world.root.id),
      () => world.accounts.disable(actor, world.root.id),
      () => world.accounts.remove(actor, world.root.id, { volumes: 'keep' }),
      () => world.accounts.create(actor, { username: 'evil', admin: true }),
    ]) expect(await failure(verb)).toMatchObject({ code: 'forbidden', status: 403 });
    expect(world.store.users.byId(world.root.id)).toEqual(before);
    expect(world.store.users.byId(alice.id)?.admin).toBe(false);
  });

  it('D05: with a filtered scope reaches that group only, and creates nobody', async () => {
    const world = withAdmin();
    const actor = helper(world, ['admin:users!group=students']);
    const [student, other] = [world.add('student'), world.add('other')];
    world.addGroup('students', [student]);
    expect(await world.accounts.disable(actor, student.id)).toMatchObject({ status: 'disabled' });
    expect(await codeOf(world.accounts.disable(actor, other.id))).toBe('not-found');
    expect(await codeOf(world.accounts.disable(actor, 'no-such-user' as never))).toBe('not-found');
    expect(await codeOf(world.accounts.create(actor, { username: 'x1', admin: false }))).toBe('forbidden');
    expect(world.names(actor)).toEqual(['student']);
    expect(world.names(actor, { status: 'active' })).toEqual([]);
  });

  it('finds somebody as soon as a scope reaches them', () => {
    const world = withAdmin();
    const actor = helper(world, ['start:servers!user=bob']);
    const bob = world.add('bob');
    world.add('carol');
    expect(world.accounts.find(actor, 'bob')?.id).toBe(bob.id);
    expect(world.accounts.find(actor, 'carol')).toBeUndefined();
  });
});

describe('the list of accounts', () => {
  it('is paged, filtered and sorted', () => {
    const { accounts, by, names, add } = withAdmin();
    for (const name of ['delta', 'alpha', 'charlie', 'bravo']) add(name, name === 'bravo' ? { status: 'pending' } : {});
    expect(names(by, { sort: 'name' })).toEqual(['alpha', 'bravo', 'charlie', 'delta', 'root']);
    expect(names(by, { sort: '-name', limit: 2, offset: 1 })).toEqual(['delta', 'charlie']);
    expect(names(by, { status: 'pending' })).toEqual(['bravo']);
    expect(names(by, { nameContains: 'HA' })).toEqual(['alpha', 'charlie']);
    expect(accounts.list(by, { offset: 0, limit: 1 }).total).toBe(5);
  });

  it('is sorted and paged alike for somebody who sees a part of it', () => {
    const world = withAdmin();
    const actor = helper(world, ['list:users!group=students', 'list:users!user=zoe']);
    world.addGroup('students', [world.add('bob'), world.add('alice')]);
    world.add('zoe');
    world.add('hidden');
    expect(world.names(actor, { sort: 'name' })).toEqual(['alice', 'bob', 'zoe']);
    expect(world.names(actor, { sort: '-name', offset: 1, limit: 1 })).toEqual(['bob']);
    expect(world.accounts.list(actor, { offset: 0, limit: 1, nameContains: 'o' })).toMatchObject({ total: 2 });
  });

  it.each(['password', '__proto__', 'constructor', '-', '', '--name', 'name; DROP TABLE users'])('cannot be sorted by %j', async (sort) => {
    const { accounts, by } = withAdmin();
    expect(await codeOf(() => accounts.list(by, { ...ALL, sort }))).toBe('invalid-input');
  });
});
