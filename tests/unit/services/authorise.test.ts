import type { ServerId, SessionId } from '../../../hub/domain/ids';
import { createAuthorise } from '../../../hub/services/authorise';
import type { Credential } from '../../../proxy/contract';
import { closeWorlds, createWorld, failure, FROM, recordingLog } from './accounts-world';

const HOUR = 3_600_000;
const cookieOf = (value: string): Credential => ({ kind: 'cookie', value });
const tokenOf = (value: string): Credential => ({ kind: 'token', value });
afterEach(closeWorlds);

function twoUsers() {
  const world = createWorld();
  const [alice, bob, root] = [world.add('alice'), world.add('bob'), world.add('root', { admin: true })];
  const signedIn = { alice: world.sessions.start(alice, FROM), bob: world.sessions.start(bob, FROM), root: world.sessions.start(root, FROM) };
  return { ...world, alice, bob, root, signedIn, authorise: world.access.authorise };
}

describe('the decision about a proxied request', () => {
  it('lets a user into their own servers', () => {
    const { authorise, routeOf, alice, signedIn } = twoUsers();
    const allowed = { kind: 'allow', user: alice.id, userName: 'alice', credential: signedIn.alice.session.id };
    expect(authorise(cookieOf(signedIn.alice.cookie), routeOf(alice))).toEqual(allowed);
    expect(authorise(cookieOf(signedIn.alice.cookie), routeOf(alice, 'gpu'))).toEqual(allowed);
  });

  it('G01: lets a user into nobody else\'s', () => {
    const { authorise, routeOf, alice, bob, signedIn } = twoUsers();
    expect(authorise(cookieOf(signedIn.bob.cookie), routeOf(alice))).toEqual({ kind: 'forbidden' });
    expect(authorise(cookieOf(signedIn.alice.cookie), routeOf(bob, 'gpu'))).toEqual({ kind: 'forbidden' });
  });

  it('knows nobody without a valid credential', () => {
    const { authorise, routeOf, alice, signedIn } = twoUsers();
    for (const credential of [{ kind: 'none' } as const, cookieOf(''), cookieOf('a'.repeat(43)), tokenOf('a'.repeat(43)), tokenOf(signedIn.alice.cookie), cookieOf(signedIn.alice.session.id)]) {
      expect(authorise(credential, routeOf(alice))).toEqual({ kind: 'anonymous' });
    }
  });

  it('lets a token do what its scopes say, for its one server', () => {
    const { authorise, routeOf, tokens, browserOf, alice } = twoUsers();
    const make = (scope: string) => tokens.create(browserOf(alice), alice, { note: '', scopes: [scope], expiresInSeconds: 60 }).secret;
    const gpuOnly = make('access:servers!server=alice/gpu');
    expect(authorise(tokenOf(gpuOnly), routeOf(alice, 'gpu'))).toMatchObject({ kind: 'allow', userName: 'alice' });
    expect(authorise(tokenOf(gpuOnly), routeOf(alice))).toEqual({ kind: 'forbidden' });
    expect(authorise(tokenOf(make('read:users:name!user')), routeOf(alice))).toEqual({ kind: 'forbidden' });
  });

  it('lets nobody in with a password that an administrator set, until it is changed', async () => {
    const { access: { authorise }, accounts, actors, addWithPassword, routeOf, signIn } = createWorld();
    const alice = await addWithPassword('alice');
    const { password } = await accounts.resetPassword(actors.local(), alice.id);
    const { cookie, session } = await signIn('alice', password);
    const route = routeOf(alice);
    expect(authorise(cookieOf(cookie), route)).toEqual({ kind: 'forbidden' });
    const actor = actors.byCookie(cookie);
    if (actor === undefined) throw new Error('not signed in');
    await accounts.changeOwnPassword(actor, { current: password, next: 'another set of words', keep: session.id, address: '10.0.0.1' });
    expect(authorise(cookieOf(cookie), route)).toMatchObject({ kind: 'allow', userName: 'alice' });
  });

  it('B02: follows a sign-out at once, although it remembers its decisions', () => {
    const { authorise, routeOf, login, actors, alice, signedIn } = twoUsers();
    const route = routeOf(alice);
    expect(authorise(cookieOf(signedIn.alice.cookie), route).kind).toBe('allow');
    login.signOut(actors.ofUser(alice, 'cookie', signedIn.alice.session.id), signedIn.alice.session.id);
    expect(authorise(cookieOf(signedIn.alice.cookie), route)).toEqual({ kind: 'anonymous' });
  });

  it('A18: follows a disable at once', async () => {
    const { authorise, routeOf, accounts, actors, alice, signedIn } = twoUsers();
    const route = routeOf(alice);
    expect(authorise(cookieOf(signedIn.alice.cookie), route).kind).toBe('allow');
    await accounts.disable(actors.local(), alice.id);
    expect(authorise(cookieOf(signedIn.alice.cookie), route)).toEqual({ kind: 'anonymous' });
  });

  it('follows a change of the groups of the server\'s owner', () => {
    const { authorise, routeOf, addGroup, store, actors, alice, bob, signedIn } = twoUsers();
    const route = routeOf(alice);
    store.roles.put({ name: 'tutor', description: 'Helps students.', scopes: ['access:servers!group=students'] });
    store.roles.grant('tutor', bob.id);
    actors.forget();
    expect(authorise(cookieOf(signedIn.bob.cookie), route)).toEqual({ kind: 'forbidden' });
    addGroup('students', [alice]);
    actors.forget(alice.id);
    expect(authorise(cookieOf(signedIn.bob.cookie), route)).toMatchObject({ kind: 'allow', userName: 'bob' });
  });

  it('asks the store once per credential and server', () => {
    const { authorise, routeOf, store, alice, signedIn } = twoUsers();
    const route = routeOf(alice);
    let asked = 0;
    const byId = store.servers.byId;
    Object.assign(store.servers, { byId: (id: never) => ((asked += 1), byId(id)) });
    for (let i = 0; i < 50; i += 1) authorise(cookieOf(signedIn.alice.cookie), route);
    expect(asked).toBe(1);
  });
});

describe('an administrator in a browser', () => {
  it('R01: enters somebody else\'s server only after confirming it, which is written down', () => {
    const { authorise, access, actors, routeOf, store, bob, alice, signedIn } = twoUsers();
    const [route, other] = [routeOf(bob), routeOf(alice)];
    const credential = cookieOf(signedIn.root.cookie);
    const actor = actors.byCookie(signedIn.root.cookie);
    if (actor === undefined) throw new Error('not signed in');
    expect(authorise(credential, route)).toEqual({ kind: 'forbidden' });
    expect(access.mayConfirm(actor, route.server)).toBe(true);
    access.confirmAccess(actor, route.server);
    expect(authorise(credential, route)).toMatchObject({ kind: 'allow', userName: 'root' });
    expect(access.mayConfirm(actor, route.server)).toBe(false);
    expect(authorise(credential, other)).toEqual({ kind: 'forbidden' });
    expect(store.audit.list({ offset: 0, limit: 1 })).toMatchObject([{ actorKind: 'user', actor: 'root', via: 'cookie', credential: actor.credential, action: 'server.enter', target: 'server:bob/' }]);
  });

  it('R01: confirms for eight hours and for this session only', () => {
    const { authorise, access, actors, sessions, clock, routeOf, bob, root, signedIn } = twoUsers();
    const route = routeOf(bob);
    const confirm = (cookie: string): void => {
      const actor = actors.byCookie(cookie);
      if (actor !== undefined) access.confirmAccess(actor, route.server);
    };
    confirm(signedIn.root.cookie);
    expect(authorise(cookieOf(sessions.start(root, FROM).cookie), route)).toEqual({ kind: 'forbidden' });
    clock.advance(8 * HOUR - 1);
    expect(authorise(cookieOf(signedIn.root.cookie), route).kind).toBe('allow');
    clock.advance(1);
    expect(authorise(cookieOf(signedIn.root.cookie), route)).toEqual({ kind: 'forbidden' });
  });

  it('R01: comes in with a token unasked, and is written down, once for each server', () => {
    const { authorise, browserOf, tokens, routeOf, store, alice, bob, root, clock } = twoUsers();
    const make = () => tokens.create(browserOf(root), root, { note: '', scopes: ['access:servers'], expiresInSeconds: 86_400 }).secret;
    const [one, two] = [make(), make()];
    const entered = (): readonly string[] => store.audit.list({ offset: 0, limit: 50 }).filter(({ action }) => action === 'server.enter').map(({ target }) => target);
    for (const value of [one, one, two]) expect(authorise(tokenOf(value), routeOf(bob))).toMatchObject({ kind: 'allow', userName: 'root' });
    expect(entered()).toEqual(['server:bob/', 'server:bob/']);
    authorise(tokenOf(one), routeOf(alice));
    expect(entered()).toHaveLength(3);
    expect(store.visits.toServersOf(bob.id).map(({ visitor }) => visitor)).toContain('root');
    clock.advance(8 * HOUR);
    authorise(tokenOf(one), routeOf(alice));
    expect(entered()).toHaveLength(4);
  });

  it('is not let in with a token while that cannot be written down, and nothing is thrown at the proxy', () => {
    const { authorise, browserOf, tokens, routeOf, store, bob, root } = twoUsers();
    const { secret } = tokens.create(browserOf(root), root, { note: '', scopes: ['access:servers'], expiresInSeconds: 86_400 });
    const { add } = store.visits;
    Object.assign(store.visits, { add: () => { throw new Error('the disk is full'); } });
    expect(authorise(tokenOf(secret), routeOf(bob))).toEqual({ kind: 'forbidden' });
    Object.assign(store.visits, { add });
    expect(authorise(tokenOf(secret), routeOf(bob))).toMatchObject({ kind: 'allow', userName: 'root' });
  });

  it('R01: needs no confirmation for their own server', () => {
    const { authorise, routeOf, root, signedIn } = twoUsers();
    expect(authorise(cookieOf(signedIn.root.cookie), routeOf(root)).kind).toBe('allow');
  });

  it('R01: cannot be imitated: somebody without the scope confirms nothing', async () => {
    const { authorise, access, routeOf, browserOf, alice, bob, signedIn } = twoUsers();
    const route = routeOf(alice);
    expect(access.mayConfirm(browserOf(bob), route.server)).toBe(false);
    expect(await failure(() => access.confirmAccess(browserOf(bob), route.server))).toMatchObject({ code: 'not-found' });
    expect(await failure(() => access.confirmAccess(browserOf(bob), 'no-such-server' as never))).toMatchObject({ code: 'not-found' });
    expect(authorise(cookieOf(signedIn.bob.cookie), route)).toEqual({ kind: 'forbidden' });
  });
});

describe('where each user has a site', () => {
  function onSites() {
    const world = twoUsers();
    const sitePass = { sessionOf: (value: string, site: string) => (value.endsWith(`@${site}`) ? (value.split('@')[0] as SessionId) : undefined) };
    const access = createAuthorise({ ...world, log: recordingLog([]), sitePass });
    const at = (user: 'alice' | 'bob' | 'root', site: string, madeFor = site): Credential => ({ kind: 'cookie', value: `${world.signedIn[user].session.id}@${madeFor}`, site });
    return { ...world, access, authorise: access.authorise, at };
  }

  it('a site\'s own cookie opens what the session may open, there alone, until the session ends', () => {
    const { authorise, at, routeOf, alice, sessions, signedIn } = onSites();
    const route = routeOf(alice);
    expect(authorise(at('alice', 'u-a'), route)).toMatchObject({ kind: 'allow', credential: signedIn.alice.session.id });
    expect(authorise(at('bob', 'u-a'), route)).toEqual({ kind: 'forbidden' });
    expect(authorise(at('alice', 'u-b', 'u-a'), route)).toEqual({ kind: 'anonymous' });
    expect(authorise({ kind: 'cookie', value: signedIn.alice.cookie, site: 'u-a' }, route)).toEqual({ kind: 'anonymous' });
    sessions.end(signedIn.alice.session.id);
    expect(authorise(at('alice', 'u-a'), route)).toEqual({ kind: 'anonymous' });
  });

  it('R01: an administrator is let in there only after it was written down, server by server', () => {
    const { authorise, at, access, actors, routeOf, alice, signedIn, store } = onSites();
    const [route, other] = [routeOf(alice), routeOf(alice, 'gpu')];
    const actor = actors.bySession(signedIn.root.session.id);
    if (actor === undefined) throw new Error('not signed in');
    // What the hub's host needs to know to send the browser on; it forwards nothing by that cookie.
    expect(authorise(cookieOf(signedIn.root.cookie), route).kind).toBe('allow');
    expect(authorise(at('root', 'u-a'), route)).toEqual({ kind: 'forbidden' });
    access.confirmAccess(actor, route.server);
    expect(authorise(at('root', 'u-a'), route).kind).toBe('allow');
    expect(authorise(at('root', 'u-a'), other)).toEqual({ kind: 'forbidden' });
    expect(store.audit.list({ offset: 0, limit: 10 }).filter((entry) => entry.action === 'server.enter')).toHaveLength(1);
  });

  it('says whose credential it is where no server is known, so that its owner can be told that it has stopped', () => {
    const { authorise, routeOf, alice, signedIn } = onSites();
    expect(authorise(cookieOf(signedIn.alice.cookie), { ...routeOf(alice), server: '' as ServerId })).toEqual({ kind: 'forbidden', userName: 'alice' });
  });
});
