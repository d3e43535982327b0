import { HubError } from '../../hub/domain/errors';
import { DEFAULT_SERVER, newId, type GroupId, type ServerId, type ServerName, type SessionId, type TokenId, type UserId, type UserName } from '../../hub/domain/ids';
import { MAY_BECOME, type ServerKind, type ServerRecord, type ServerState } from '../../hub/domain/server';
import type { Lease } from '../../hub/domain/lease';
import type { Service } from '../../hub/domain/service';
import type { Session, Token } from '../../hub/domain/session';
import type { Group, User } from '../../hub/domain/user';
import { verifyChain } from '../../hub/store/audit-chain';
import type { OauthCode, Store } from '../../hub/store/store';
import { makeEntry } from './describe-audit';

const at = (minutes: number): Date => new Date(Date.UTC(2030, 0, 1, 0, minutes));
const page = { offset: 0, limit: 100 };

export const makeUser = (name: string, change: Partial<User> = {}): User => ({
  id: newId<UserId>(), name: name as UserName, admin: false, status: 'active', created: at(0), lastActivity: null, mustChangePassword: false, ...change,
});
const makeGroup = (name: string): Group => ({ id: newId<GroupId>(), name, properties: {} });
const makeSession = (user: User, change: Partial<Session> = {}): Session => ({
  id: newId<SessionId>(), user: user.id, created: at(0), lastSeen: at(0), address: '192.0.2.1', userAgent: 'a browser', ...change,
});
const makeToken = (owner: User, change: Partial<Token> = {}): Token => ({
  id: newId<TokenId>(), owner: owner.id, note: 'for a script', scopes: ['inherit'], created: at(0), expires: null, lastUsed: null, ...change,
});
const role = (name: string, ...scopes: string[]) => ({ name, description: `the role ${name}`, scopes });
const HANDLE = { spawner: 'fake', id: 'c-1' };
const STATES: Readonly<Record<ServerKind, ServerState>> = {
  stopped: { kind: 'stopped', since: at(1), reason: 'idle' },
  queued: { kind: 'queued', since: at(1) },
  starting: { kind: 'starting', since: at(1), handle: HANDLE },
  ready: { kind: 'ready', since: at(1), handle: HANDLE, origin: 'http://10.0.0.2:8888' },
  stopping: { kind: 'stopping', since: at(1), handle: null, error: 'did not end' },
  failed: { kind: 'failed', since: at(1), message: 'no such image', logTail: ['one', 'two'] },
};
const code = (fn: () => unknown): string => {
  try {
    fn();
  } catch (err) {
    return err instanceof HubError ? err.code : String(err);
  }
  return 'nothing thrown';
};

/** What every store must do, whatever it writes to. `open` gives an empty one; it is closed afterwards. */
export function describeStore(kind: string, open: () => Store): void {
  describe(`a store ${kind}`, () => {
    let store: Store;
    const add = (name: string, change?: Partial<User>): User => {
      const user = makeUser(name, change);
      store.users.create(user);
      return user;
    };
    beforeEach(() => {
      store = open();
    });
    afterEach(() => store.close());

    describe('leases', () => {
      const lease = (server: ServerId, minutes: number, change: Partial<Lease> = {}): Lease => ({ id: newId(), server, life: at(0), created: at(0), until: at(minutes), who: 'alice', why: 'overnight fit', ...change });

      test('are listed by server, the one that ends last first, and go one by one, by age and with their server', () => {
        const alice = add('alice');
        const [one, two] = [store.servers.ensure(alice.id, DEFAULT_SERVER), store.servers.ensure(alice.id, 'two' as ServerName)];
        const [short, long, other] = [lease(one.id, 10), lease(one.id, 30, { why: '' }), lease(two.id, 20)];
        for (const each of [short, long, other]) store.leases.add(each);
        expect(store.leases.ofServers([one.id])(one.id)).toEqual([long, short]);
        expect(() => store.leases.add(lease(newId<ServerId>(), 5))).toThrow();
        expect([store.leases.remove(long.id), store.leases.remove(long.id)]).toEqual([true, false]);
        store.leases.prune(at(15));
        expect([store.leases.ofServers([one.id])(one.id), store.leases.ofServers([two.id])(two.id)]).toEqual([[], [other]]);
        store.servers.remove(two.id);
        expect(store.leases.ofServers([two.id])(two.id)).toEqual([]);
      });
    });

    describe('users', () => {
      test('are given back as they were created, by id and by name', () => {
        const alice = add('alice', { lastActivity: at(3), admin: true, status: 'pending', mustChangePassword: true });
        expect(store.users.byId(alice.id)).toEqual(alice);
        expect(store.users.byName(alice.name)).toEqual(alice);
        expect(store.users.byId(newId<UserId>())).toBeUndefined();
        expect(store.users.byName('bob' as UserName)).toBeUndefined();
      });

      test('cannot share a name, neither at creation nor by renaming', () => {
        add('alice');
        const bob = add('bob');
        expect(code(() => add('alice'))).toBe('conflict');
        expect(code(() => store.users.update(bob.id, { name: 'alice' as UserName }))).toBe('conflict');
        expect(store.users.list(page).total).toBe(2);
      });

      test('are changed in part; an unknown one is not found', () => {
        const alice = add('alice');
        expect(store.users.update(alice.id, { status: 'disabled', mustChangePassword: true })).toEqual({ ...alice, status: 'disabled', mustChangePassword: true });
        expect(store.users.update(alice.id, { name: 'alicia' as UserName }).id).toBe(alice.id);
        expect(store.users.byName('alicia' as UserName)?.status).toBe('disabled');
        expect(code(() => store.users.update(newId<UserId>(), { admin: true }))).toBe('not-found');
      });

      test.each([
        ['id', ['carol', 'alice', 'bob']],
        ['-id', ['bob', 'alice', 'carol']],
        ['name', ['alice', 'bob', 'carol']],
        ['-name', ['carol', 'bob', 'alice']],
        ['last_activity', ['alice', 'bob', 'carol']],
        ['-last_activity', ['carol', 'bob', 'alice']],
      ] as const)('are listed by %s, those never seen first going up and last going down', (sort, expected) => {
        add('carol', { lastActivity: at(9) });
        add('alice');
        add('bob', { lastActivity: at(2) });
        expect(store.users.list(page, { sort }).users.map((u) => u.name)).toEqual(expected);
      });

      test('are counted and cut into pages after filtering', () => {
        for (const name of ['ann', 'anna', 'hans', 'bob']) add(name, { status: name === 'hans' ? 'pending' : 'active' });
        expect(store.users.list({ offset: 1, limit: 1 }, { nameContains: 'AN' })).toMatchObject({ users: [{ name: 'anna' }], total: 3 });
        expect(store.users.list(page, { status: 'pending' })).toMatchObject({ users: [{ name: 'hans' }], total: 1 });
        expect(store.users.list({ offset: 9, limit: 1 })).toEqual({ users: [], total: 4 });
      });

      test.each(['%', '_', '\\', "'"])('are searched for %s literally', (needle) => {
        add('alice');
        const odd = add(`a${needle}b`);
        expect(store.users.list(page, { nameContains: needle }).users).toEqual([odd]);
      });

      test('keep their password hash apart', () => {
        const alice = add('alice');
        expect(store.users.passwordHash(alice.id)).toBeUndefined();
        store.users.setPasswordHash(alice.id, '$argon2id$x');
        expect(store.users.passwordHash(alice.id)).toBe('$argon2id$x');
        expect(JSON.stringify(store.users.byId(alice.id))).not.toContain('argon2id');
        expect(code(() => store.users.setPasswordHash(newId<UserId>(), 'x'))).toBe('not-found');
      });

      test('activity never moves backwards', () => {
        const alice = add('alice');
        store.users.touch(new Map([[alice.id, at(5)]]));
        store.users.touch(new Map([[alice.id, at(4)], [newId<UserId>(), at(4)]]));
        expect(store.users.byId(alice.id)?.lastActivity).toEqual(at(5));
      });

      test('A19: somebody created again under a removed name inherits nothing', () => {
        const bob = add('bob', { admin: true });
        const group = makeGroup('lab');
        store.groups.create(group);
        store.roles.put(role('researcher', 'servers!user'));
        store.groups.addMember(group.id, bob.id);
        store.roles.grant('researcher', bob.id);
        store.users.setPasswordHash(bob.id, 'old');
        store.sessions.create(makeSession(bob), 'session-hash');
        store.tokens.create(makeToken(bob), 'token-hash');
        const server = store.servers.ensure(bob.id, DEFAULT_SERVER);
        expect(store.users.remove(bob.id)).toBe(true);
        expect(store.users.remove(bob.id)).toBe(false);

        const again = add('bob');
        expect(again.id).not.toBe(bob.id);
        expect(store.users.byId(bob.id)).toBeUndefined();
        expect(store.sessions.byHash('session-hash')).toBeUndefined();
        expect(store.tokens.byHash('token-hash')).toBeUndefined();
        expect(store.servers.byId(server.id)).toBeUndefined();
        expect(store.servers.listOf(again.id)).toEqual([]);
        expect(store.groups.groupsOf(again.id)).toEqual([]);
        expect(store.roles.ofUser(again.id)).toEqual([]);
        expect(store.users.passwordHash(again.id)).toBeUndefined();
        expect(store.groups.membersOf(group.id)).toEqual([]);
      });
    });

    describe('groups', () => {
      test('have members, in both directions', () => {
        const [alice, bob] = [add('alice'), add('bob')];
        const [lab, office] = [makeGroup('lab'), makeGroup('office')];
        store.groups.create(lab);
        store.groups.create(office);
        store.groups.addMember(lab.id, bob.id);
        store.groups.addMember(lab.id, alice.id);
        store.groups.addMember(lab.id, alice.id);
        store.groups.addMember(office.id, alice.id);
        expect(store.groups.membersOf(lab.id)).toEqual([alice, bob]);
        expect(store.groups.groupsOf(alice.id)).toEqual([lab, office]);
        store.groups.removeMember(lab.id, alice.id);
        expect(store.groups.membersOf(lab.id)).toEqual([bob]);
      });

      test('have unique names, properties, and an end', () => {
        const lab = makeGroup('lab');
        store.groups.create(lab);
        expect(code(() => store.groups.create(makeGroup('lab')))).toBe('conflict');
        store.groups.setProperties(lab.id, { gpu: 2, nested: { a: [1] } });
        expect(store.groups.byName('lab')).toEqual({ ...lab, properties: { gpu: 2, nested: { a: [1] } } });
        expect(store.groups.list({ offset: 0, limit: 1 })).toMatchObject({ total: 1, groups: [{ name: 'lab' }] });
        expect(store.groups.remove(lab.id)).toBe(true);
        expect(store.groups.byName('lab')).toBeUndefined();
        expect(code(() => store.groups.setProperties(lab.id, {}))).toBe('not-found');
      });

      test('accept only members that exist', () => {
        const lab = makeGroup('lab');
        store.groups.create(lab);
        expect(code(() => store.groups.addMember(lab.id, newId<UserId>()))).toBe('not-found');
        expect(code(() => store.groups.addMember(newId<GroupId>(), add('alice').id))).toBe('not-found');
      });
    });

    describe('roles', () => {
      test('of a user are the direct ones and those of their groups, each once', () => {
        const alice = add('alice');
        const lab = makeGroup('lab');
        store.groups.create(lab);
        store.groups.addMember(lab.id, alice.id);
        for (const name of ['user', 'manager', 'unused']) store.roles.put(role(name, `list:${name}`));
        store.roles.grant('user', alice.id);
        store.roles.grantGroup('manager', lab.id);
        store.roles.grantGroup('user', lab.id);
        expect(store.roles.ofUser(alice.id)).toEqual([role('manager', 'list:manager'), role('user', 'list:user')]);
        expect(store.roles.directOfUser(alice.id)).toEqual(['user']);
        store.roles.revokeGroup('manager', lab.id);
        store.roles.revoke('user', alice.id);
        expect(store.roles.ofUser(alice.id).map((r) => r.name)).toEqual(['user']);
      });

      test('say who holds them, and go with everybody who does', () => {
        const [alice, lab] = [add('alice'), makeGroup('lab')];
        store.groups.create(lab);
        store.roles.put(role('keeper', 'list:users'));
        store.roles.grant('keeper', alice.id);
        store.roles.grantGroup('keeper', lab.id);
        expect([store.roles.usersWith('keeper'), store.roles.groupsWith('keeper'), store.roles.ofGroup(lab.id)]).toEqual([[alice.id], [lab.id], ['keeper']]);
        expect([store.roles.remove('keeper'), store.roles.remove('keeper')]).toEqual([true, false]);
        expect([store.roles.list(), store.roles.directOfUser(alice.id), store.roles.ofGroup(lab.id), store.roles.usersWith('keeper')]).toEqual([[], [], [], []]);
      });

      test('what the configuration gave is remembered once, and forgotten one by one', () => {
        const [member, held] = [{ kind: 'member', what: 'g', holder: 'u' }, { kind: 'role', what: 'keeper', holder: 'u' }] as const;
        for (const fact of [held, member, member]) store.declared.add(fact);
        expect(store.declared.list()).toEqual([member, held]);
        store.declared.remove(member);
        store.declared.remove(member);
        expect(store.declared.list()).toEqual([held]);
      });

      test('are replaced by putting them again, and keep who holds them', () => {
        const alice = add('alice');
        store.roles.put(role('user', 'self'));
        store.roles.grant('user', alice.id);
        store.roles.put(role('user', 'read:users!user', 'tokens!user'));
        expect(store.roles.ofUser(alice.id)).toEqual([role('user', 'read:users!user', 'tokens!user')]);
        expect(store.roles.byName('user')).toEqual(role('user', 'read:users!user', 'tokens!user'));
        expect(store.roles.byName('none')).toBeUndefined();
        expect(store.roles.list()).toHaveLength(1);
      });

      test('must exist to be granted', () => {
        expect(code(() => store.roles.grant('nobody', add('alice').id))).toBe('not-found');
      });

      test('admin and the flag of a user are one fact, whichever is written', () => {
        const early = add('early', { admin: true });
        store.roles.put(role('admin', 'admin:users'));
        expect(store.roles.directOfUser(early.id)).toEqual(['admin']);
        const late = add('late', { admin: true });
        expect(store.roles.directOfUser(late.id)).toEqual(['admin']);
        store.users.update(late.id, { admin: false });
        expect(store.roles.directOfUser(late.id)).toEqual([]);
        store.roles.grant('admin', late.id);
        expect(store.users.byId(late.id)?.admin).toBe(true);
        expect(store.users.countAdmins()).toBe(2);
        store.roles.revoke('admin', late.id);
        expect(store.users.byId(late.id)?.admin).toBe(false);
        expect(store.users.countAdmins()).toBe(1);
      });
    });

    describe('sessions', () => {
      test('B11: are found by the hash of their secret and by nothing else', () => {
        const session = makeSession(add('alice'));
        store.sessions.create(session, 'hash');
        expect(store.sessions.byHash('hash')).toEqual(session);
        expect(store.sessions.byHash(session.id)).toBeUndefined();
        expect(JSON.stringify(store.sessions.listOf(session.user))).not.toContain('"hash"');
      });

      test('are touched forwards only, listed latest first, and removed', () => {
        const alice = add('alice');
        const [one, two] = [makeSession(alice), makeSession(alice)];
        store.sessions.create(one, '1');
        store.sessions.create(two, '2');
        store.sessions.touch(new Map([[two.id, at(7)]]));
        store.sessions.touch(new Map([[two.id, at(6)]]));
        expect(store.sessions.listOf(alice.id)).toEqual([{ ...two, lastSeen: at(7) }, one]);
        expect(store.sessions.remove(one.id)).toBe(true);
        expect(store.sessions.remove(one.id)).toBe(false);
      });

      test('of a user end together, except the one that is kept', () => {
        const [alice, bob] = [add('alice'), add('bob')];
        const mine = [makeSession(alice), makeSession(alice), makeSession(alice)] as const;
        mine.forEach((session, i) => store.sessions.create(session, `a${i}`));
        store.sessions.create(makeSession(bob), 'b');
        expect([...store.sessions.removeOf(alice.id, mine[0].id)].sort()).toEqual([mine[1].id, mine[2].id].sort());
        expect(store.sessions.listOf(alice.id)).toEqual([mine[0]]);
        expect(store.sessions.removeOf(alice.id)).toEqual([mine[0].id]);
        expect(store.sessions.byHash('b')).toBeDefined();
      });

      test('expire by idleness or by age', () => {
        const alice = add('alice');
        const idle = makeSession(alice, { created: at(50), lastSeen: at(50) });
        const old = makeSession(alice, { created: at(1), lastSeen: at(99) });
        const live = makeSession(alice, { created: at(60), lastSeen: at(60) });
        [idle, old, live].forEach((session, i) => store.sessions.create(session, String(i)));
        expect([...store.sessions.removeExpired({ lastSeen: at(60), created: at(2) })].sort()).toEqual([idle.id, old.id].sort());
        expect(store.sessions.listOf(alice.id)).toEqual([live]);
      });
    });

    describe('tokens', () => {
      test('B11: are found by the hash of their secret, and by id', () => {
        const token = makeToken(add('alice'), { expires: at(90), scopes: ['read:users!user', 'tokens'] });
        store.tokens.create(token, 'hash');
        expect(store.tokens.byHash('hash')).toEqual(token);
        expect(store.tokens.byId(token.id)).toEqual(token);
        expect(store.tokens.byHash(token.id)).toBeUndefined();
      });

      test('are listed with the longest unused first, touched forwards only, and removed', () => {
        const alice = add('alice');
        const [one, two] = [makeToken(alice), makeToken(alice, { created: at(1) })];
        store.tokens.create(one, '1');
        store.tokens.create(two, '2');
        store.tokens.touch(new Map([[one.id, at(8)]]));
        store.tokens.touch(new Map([[one.id, at(3)]]));
        expect(store.tokens.listOf(alice.id)).toEqual([two, { ...one, lastUsed: at(8) }]);
        expect(store.tokens.remove(two.id)).toBe(true);
        expect(store.tokens.remove(two.id)).toBe(false);
        expect(store.tokens.removeOf(alice.id)).toEqual([one.id]);
        expect(store.tokens.byHash('1')).toBeUndefined();
      });
    });

    describe('codes and tokens of OAuth', () => {
      const given = (): { readonly user: User; readonly session: Session; readonly token: Token; readonly code: OauthCode } => {
        const user = add('alice');
        const session = makeSession(user);
        store.sessions.create(session, 'session-hash');
        const client = { kind: 'service', name: 'board' } as const;
        const token = makeToken(user, { oauth: { session: session.id, client } });
        const code: OauthCode = { client, user: user.id, session: session.id, redirect: '/back', scopes: ['read:users:name!user'], challenge: 'c', expires: at(9), token: null };
        store.oauth.add(code, 'code');
        return { user, session, token, code };
      };

      test('D13: a code comes back as it was written, and is spent once', () => {
        const { token, code } = given();
        expect(store.oauth.byHash('code')).toEqual(code);
        store.tokens.create(token, 'token');
        expect(store.tokens.byHash('token')).toEqual(token);
        expect([store.oauth.spend('code', token.id), store.oauth.spend('code', newId())]).toEqual([true, false]);
        expect(store.oauth.byHash('code')).toEqual({ ...code, token: token.id });
        expect(store.oauth.spend('other', token.id)).toBe(false);
      });

      test('both go with the session', () => {
        const { session, token } = given();
        store.tokens.create(token, 'token');
        store.sessions.remove(session.id);
        expect([store.oauth.byHash('code'), store.tokens.byHash('token')]).toEqual([undefined, undefined]);
      });

      test('both go with the service, and with the start of the server that they are for', () => {
        const { user, session, token, code } = given();
        store.tokens.create(token, 'token');
        store.oauth.keepServices(['board']);
        expect(store.tokens.byHash('token')).toEqual(token);
        store.oauth.keepServices(['other']);
        expect([store.oauth.byHash('code'), store.tokens.byHash('token')]).toEqual([undefined, undefined]);
        const idle = store.servers.ensure(user.id, DEFAULT_SERVER);
        const starting = store.servers.transition(idle, STATES.starting) as ServerRecord;
        store.servers.setLabTokenHash(starting, 'lab');
        const client = { kind: 'server', id: idle.id } as const;
        const visitor = makeToken(user, { oauth: { session: session.id, client } });
        store.tokens.create(visitor, 'visitor');
        store.oauth.add({ ...code, client }, 'second');
        const ready = store.servers.transition(starting, STATES.ready) as ServerRecord;
        expect([store.oauth.byHash('second')?.client, store.tokens.byHash('visitor')]).toEqual([client, visitor]);
        store.servers.transition(ready, STATES.stopping);
        expect([store.oauth.byHash('second'), store.tokens.byHash('visitor')]).toEqual([undefined, undefined]);
      });

      test('an expired code goes, a spent one as soon as its token is gone', () => {
        const { token } = given();
        store.oauth.prune(at(8));
        expect(store.oauth.byHash('code')).toBeDefined();
        store.tokens.create(token, 'token');
        store.oauth.spend('code', token.id);
        store.oauth.prune(at(10));
        expect(store.oauth.byHash('code')).toBeDefined();
        store.tokens.remove(token.id);
        store.oauth.prune(at(10));
        expect(store.oauth.byHash('code')).toBeUndefined();
      });
    });

    describe('services that were made over the API', () => {
      const service: Service = {
        name: 'board', admin: true, roles: ['admin'], url: 'http://127.0.0.1:9', command: [], oauthClientId: 'service-board', oauthRedirectUri: '/back', oauthNoConfirm: true, oauthAllowedScopes: ['self'], display: false,
        info: { a: [1] }, hasToken: true,
      };
      const plain: Service = { ...service, name: 'asker', admin: false, roles: [], url: null, oauthClientId: 'service-asker', oauthRedirectUri: null, hasToken: false };

      test('come back as they were written, by name', () => {
        for (const [one, tokenHash] of [[service, 'hash'], [plain, null]] as const) store.services.add({ service: one, tokenHash });
        expect(store.services.list()).toEqual([{ service: plain, tokenHash: null }, { service, tokenHash: 'hash' }]);
      });

      test('take their visitors\' tokens and codes with them, and nobody else\'s', () => {
        const user = add('alice');
        const session = makeSession(user);
        store.sessions.create(session, 'session-hash');
        const given = (name: string): Token => {
          const client = { kind: 'service', name } as const;
          store.oauth.add({ client, user: user.id, session: session.id, redirect: '/back', scopes: [], challenge: null, expires: at(9), token: null }, `code-${name}`);
          const token = makeToken(user, { oauth: { session: session.id, client } });
          store.tokens.create(token, `token-${name}`);
          return token;
        };
        store.services.add({ service, tokenHash: 'hash' });
        const [mine, other] = [given('board'), given('other')];
        expect(store.services.remove('board')).toEqual([mine.id]);
        expect([store.services.list(), store.oauth.byHash('code-board'), store.tokens.listOf(user.id).map(({ id }) => id)]).toEqual([[], undefined, [other.id]]);
        expect(store.oauth.byHash('code-other')).toBeDefined();
        expect(store.services.remove('board')).toEqual([]);
      });
    });

    describe('servers', () => {
      test('are made once, stopped and at version 0', () => {
        const alice = add('alice');
        const server = store.servers.ensure(alice.id, DEFAULT_SERVER);
        expect(server).toMatchObject({ owner: alice.id, name: '', version: 0, state: { kind: 'stopped', since: null, reason: null }, profile: null, secret: null, userOptions: null, lastActivity: null });
        expect(store.servers.ensure(alice.id, DEFAULT_SERVER)).toEqual(server);
        expect(store.servers.find(alice.id, DEFAULT_SERVER)).toEqual(server);
        expect(store.servers.find(alice.id, 'gpu' as ServerName)).toBeUndefined();
        expect(store.servers.byId(server.id)).toEqual(server);
      });

      test('every state comes back as it was written', () => {
        const owner = add('alice').id;
        let record = store.servers.ensure(owner, DEFAULT_SERVER);
        for (const kind of ['queued', 'starting', 'ready', 'stopping', 'failed', 'stopped'] as const) {
          const next = store.servers.transition(record, STATES[kind]);
          expect(next).toEqual({ ...record, version: record.version + 1, state: STATES[kind] });
          record = next ?? record;
          expect(store.servers.byId(record.id)).toEqual(record);
        }
      });

      test('M01: of two writers that saw the same version, the second is told that it is late', () => {
        const before = store.servers.ensure(add('alice').id, DEFAULT_SERVER);
        const first = store.servers.transition(before, STATES.starting, { profile: 'small', secret: 's3cret', userOptions: { cpus: 2 } });
        expect(first).toMatchObject({ version: 1, profile: 'small', secret: 's3cret', userOptions: { cpus: 2 } });
        expect(store.servers.transition(before, STATES.queued, { profile: 'large' })).toBeUndefined();
        expect(store.servers.byId(before.id)).toEqual(first);
      });

      test('a change that names nothing keeps profile, secret and options; null clears them', () => {
        const before = store.servers.ensure(add('alice').id, DEFAULT_SERVER);
        const first = store.servers.transition(before, STATES.starting, { profile: 'small', secret: 's', userOptions: { a: 1 } });
        const second = first && store.servers.transition(first, STATES.ready);
        expect(second).toMatchObject({ profile: 'small', secret: 's', userOptions: { a: 1 } });
        expect(second && store.servers.transition(second, STATES.stopped, { secret: null, userOptions: null })).toMatchObject({ profile: 'small', secret: null, userOptions: null });
      });

      const kinds = Object.keys(MAY_BECOME) as ServerKind[];
      const pairs = kinds.flatMap((from) => kinds.map((to) => [from, to, MAY_BECOME[from].includes(to)] as const));
      test.each(pairs)('from %s to %s: %s', (from, to, allowed) => {
        const start = store.servers.ensure(add('alice').id, DEFAULT_SERVER);
        const path: Record<ServerKind, ServerKind[]> = { stopped: [], queued: ['queued'], starting: ['starting'], ready: ['starting', 'ready'], stopping: ['starting', 'stopping'], failed: ['starting', 'failed'] };
        const record = path[from].reduce((r, step) => store.servers.transition(r, STATES[step]) ?? r, start);
        if (allowed) expect(store.servers.transition(record, STATES[to])?.state.kind).toBe(to);
        else expect(() => store.servers.transition(record, STATES[to])).toThrow('cannot become');
      });

      test('M12: the active ones are counted, and those that wait come oldest first', () => {
        const owner = add('alice').id;
        const make = (name: string, ...states: ServerState[]) => states.reduce((r, state) => store.servers.transition(r, state) ?? r, store.servers.ensure(owner, name as ServerName));
        make('a', STATES.starting);
        make('b', STATES.starting, STATES.ready);
        make('c', STATES.starting, STATES.stopping);
        make('d', STATES.starting, STATES.failed);
        make('e');
        make('later', { kind: 'queued', since: at(9) });
        make('sooner', { kind: 'queued', since: at(8) });
        expect(store.servers.countActive()).toBe(3);
        expect(store.servers.queued().map((r) => r.name)).toEqual(['sooner', 'later']);
        expect(store.servers.list().map((r) => r.name)).toEqual(['a', 'b', 'c', 'd', 'e', 'later', 'sooner']);
        expect(store.servers.active().map((r) => r.name)).toEqual(['a', 'b', 'c', 'later', 'sooner']);
        const [a, b] = store.servers.active().map((r) => r.id) as [ServerId, ServerId];
        expect(store.servers.readyIds()).toEqual([b]);
        expect(store.servers.byIds([b, 'nobody' as ServerId, a]).map((r) => r.name)).toEqual(['b', 'a']);
        expect(store.servers.byIds([a])).toEqual([store.servers.byId(a)]);
        expect(store.servers.byIds([])).toEqual([]);
      });

      describe('the line', () => {
        const wait = (name: string, tag?: number) => {
          const record = store.servers.transition(store.servers.ensure(add(name).id, DEFAULT_SERVER), { kind: 'queued', since: at(9) });
          if (record === undefined) throw new Error('not queued');
          if (tag !== undefined) store.queue.enter(record.id, tag);
          return record;
        };
        const line = () => store.queue.waiting().map(({ owner }) => store.users.byId(owner)?.name);

        test('is ordered by the turns, then by arrival, and who was put in front comes before all in the order of that', () => {
          const [late, , , soon] = [wait('late', 30), wait('same', 20), wait('also', 20), wait('soon', 10)];
          expect(line()).toEqual(['soon', 'same', 'also', 'late']);
          expect([store.queue.jump(late.id), store.queue.jump(soon.id), store.queue.jump(late.id)]).toEqual([true, true, false]);
          expect(line()).toEqual(['late', 'soon', 'same', 'also']);
          expect(store.servers.queued().map(({ owner }) => store.users.byId(owner)?.name)).toEqual(line());
          expect(store.queue.waiting()[0]).toMatchObject({ server: late.id, tag: 30, jumped: true });
        });

        test('is left with the transition, and entered anew', () => {
          const record = wait('alice', 5);
          store.queue.jump(record.id);
          const stopped = store.servers.transition(record, STATES.stopped);
          expect([line(), store.queue.jump(record.id)]).toEqual([[], false]);
          const again = store.servers.transition(stopped ?? record, { kind: 'queued', since: at(10) });
          store.queue.enter(again?.id ?? record.id, 7);
          expect(store.queue.waiting()).toMatchObject([{ tag: 7, jumped: false }]);
        });

        test('what a server takes is known until it is stopped, and how long it ran is kept after that', () => {
          const record = wait('alice', 1);
          const starting = store.servers.transition(record, { ...STATES.starting, since: at(10) } as ServerState) ?? record;
          expect(store.queue.held()).toMatchObject([{ server: record.id, need: null }]);
          store.queue.hold(record.id, { memory: 5, cpus: null });
          expect(store.queue.held()).toMatchObject([{ need: { memory: 5, cpus: null } }]);
          const ready = store.servers.transition(starting, { ...STATES.ready, since: at(11) } as ServerState) ?? record;
          const stopping = store.servers.transition(ready, { ...STATES.stopping, since: at(14) } as ServerState) ?? record;
          expect([store.queue.held().length, store.queue.spans()]).toEqual([1, [at(14).getTime() - at(11).getTime()]]);
          const stopped = store.servers.transition(stopping, STATES.stopped) ?? record;
          expect(store.queue.held()).toEqual([]);
          store.servers.transition(stopped, STATES.starting);
          expect(store.queue.held()).toMatchObject([{ need: null }]);
        });
      });

      test('a maintenance is kept whole, with what ran when it began and nothing that started later', () => {
        const run = (name: string): ServerRecord => {
          const starting = store.servers.transition(store.servers.ensure(add(name).id, DEFAULT_SERVER), STATES.starting);
          return store.servers.transition(starting as ServerRecord, STATES.ready) as ServerRecord;
        };
        expect(store.maintenance.get()).toBeUndefined();
        const plan = { from: at(20), until: null, message: 'New disks.', by: 'root', announced: at(10) };
        store.maintenance.announce(plan);
        expect(store.maintenance.get()).toEqual({ ...plan, told: null, began: null, ended: null });
        const before = run('before');
        store.maintenance.told(10);
        store.maintenance.begin(at(20));
        run('after');
        store.maintenance.begin(at(21));
        expect(store.maintenance.get()).toMatchObject({ told: 10, began: at(20) });
        expect(store.maintenance.kept()).toEqual([{ server: before.id, state: 'running', reason: null }]);
        store.maintenance.mark(before.id, 'refused', 'There is no room.');
        expect(store.maintenance.kept()).toEqual([{ server: before.id, state: 'refused', reason: 'There is no room.' }]);
        store.maintenance.end(at(22));
        store.maintenance.end(at(23));
        expect(store.maintenance.get()?.ended).toEqual(at(22));
        store.servers.remove(before.id);
        expect(store.maintenance.kept()).toEqual([]);
        store.maintenance.clear();
        expect(store.maintenance.get()).toBeUndefined();
      });

      test('the token of a lab finds its server from the start until the stop, and an older one does not', () => {
        const before = store.servers.ensure(add('alice').id, DEFAULT_SERVER);
        const starting = store.servers.transition(before, STATES.starting) ?? before;
        expect(store.servers.byLabTokenHash('one')).toBeUndefined();
        expect(store.servers.setLabTokenHash(before, 'late')).toBe(false);
        expect(store.servers.setLabTokenHash(starting, 'one')).toBe(true);
        expect(store.servers.byLabTokenHash('one')).toEqual(starting);
        expect(store.servers.setLabTokenHash(starting, 'two')).toBe(true);
        expect([store.servers.byLabTokenHash('one'), store.servers.byLabTokenHash('late')]).toEqual([undefined, undefined]);
        const ready = store.servers.transition(starting, STATES.ready) ?? starting;
        expect(store.servers.byLabTokenHash('two')).toEqual(ready);
        store.servers.transition(ready, STATES.stopping);
        expect(store.servers.byLabTokenHash('two')).toBeUndefined();
      });

      test('activity moves the owner along, and nothing backwards', () => {
        const alice = add('alice', { lastActivity: at(4) });
        const [one, two] = [store.servers.ensure(alice.id, DEFAULT_SERVER), store.servers.ensure(alice.id, 'two' as ServerName)];
        store.servers.touch(new Map([[one.id, at(2)], [newId<ServerId>(), at(9)]]));
        expect(store.servers.byId(one.id)?.lastActivity).toEqual(at(2));
        expect(store.users.byId(alice.id)?.lastActivity).toEqual(at(4));
        store.servers.touch(new Map([[one.id, at(1)], [two.id, at(6)]]));
        expect(store.servers.byId(one.id)?.lastActivity).toEqual(at(2));
        expect(store.users.byId(alice.id)?.lastActivity).toEqual(at(6));
        expect(store.servers.byId(one.id)?.version).toBe(0);
      });

      test('are removed with nothing left', () => {
        const server = store.servers.ensure(add('alice').id, DEFAULT_SERVER);
        expect(store.servers.remove(server.id)).toBe(true);
        expect(store.servers.remove(server.id)).toBe(false);
        expect(store.servers.list()).toEqual([]);
      });
    });

    describe('throttle', () => {
      test('counts failures inside the window, by key', () => {
        const window = 5 * 60_000;
        expect(store.throttle.hit('a', at(0), window)).toBe(1);
        expect(store.throttle.hit('a', at(1), window)).toBe(2);
        expect(store.throttle.hit('b', at(1), window)).toBe(1);
        expect(store.throttle.count('a', at(4), window)).toBe(2);
        expect(store.throttle.oldest('a', at(4), window)).toEqual(at(0));
        expect(store.throttle.count('a', at(5), window)).toBe(1);
        expect(store.throttle.oldest('a', at(7), window)).toBeUndefined();
        store.throttle.clear('a');
        expect(store.throttle.count('a', at(1), window)).toBe(0);
        store.throttle.prune(at(2));
        expect(store.throttle.count('b', at(2), window)).toBe(0);
      });
    });

    test('meta keeps values by key, and an instance id from the start', () => {
      expect(store.meta.get('instance')).toMatch(/^[0-9a-f-]{36}$/);
      store.meta.set('key', 'one');
      store.meta.set('key', 'two');
      expect(store.meta.get('key')).toBe('two');
      store.meta.remove('key');
      expect(store.meta.get('key')).toBeUndefined();
    });

    describe('a transaction', () => {
      test('is undone as a whole when its work throws, and gives back what it returns', () => {
        expect(() => store.transaction(() => {
          add('alice');
          throw new Error('half-way');
        })).toThrow('half-way');
        expect(store.users.list(page).total).toBe(0);
        expect(store.transaction(() => add('alice').name)).toBe('alice');
      });

      test('inside another is a savepoint: its failure need not undo the outer one', () => {
        store.transaction(() => {
          add('alice');
          expect(() => store.transaction(() => {
            add('bob');
            throw new Error('inner');
          })).toThrow('inner');
        });
        expect(store.users.list(page).users.map((u) => u.name)).toEqual(['alice']);
      });

      test('refuses work that would go on after it ended', () => {
        expect(() => store.transaction(() => {
          add('alice');
          return Promise.resolve();
        })).toThrow('promise');
        expect(store.users.list(page).total).toBe(0);
      });
    });

    describe('visits', () => {
      test('R01: the last twenty to each server, newest first, and they go with the server', () => {
        const [alice, bob] = [add('alice' as UserName), add('bob' as UserName)];
        const server = store.servers.ensure(alice.id, '' as ServerName);
        for (let i = 0; i < 25; i++) store.visits.add(server.id, `visitor ${i}`, at(i));
        const visits = store.visits.toServersOf(alice.id);
        expect([visits.length, visits[0], visits.at(-1)?.visitor]).toEqual([20, { server: '', visitor: 'visitor 24', at: at(24) }, 'visitor 5']);
        expect(store.visits.toServersOf(bob.id)).toEqual([]);
        store.servers.remove(server.id);
        expect(store.visits.toServersOf(alice.id)).toEqual([]);
      });
    });

    describe('P16: any text is only ever data', () => {
      test.each(["'; DROP TABLE users; --", '" OR 1=1 --', 'a\u0000b', '\u{1F600}', '%_\\', '`x`', '@name', '?', '$(id)', '{"a":1}', ''])('%j', (text) => {
        const name = `name ${text}`.toLowerCase() as UserName;
        const alice = add(name);
        const session = makeSession(alice, { userAgent: text, address: text });
        const token = makeToken(alice, { note: text, scopes: [text] });
        store.sessions.create(session, `hash ${text}`);
        store.tokens.create(token, `hash ${text}`);
        const entry = makeEntry({ at: at(0), actor: text, address: text, action: text, target: text, detail: { [text]: text } });
        store.audit.append(entry);
        store.meta.set(`key ${text}`, text);
        store.throttle.hit(`key ${text}`, at(0), 1000);
        const group = { ...makeGroup(`group ${text}`), properties: { [text]: text } };
        store.groups.create(group);
        const starting = store.servers.transition(store.servers.ensure(alice.id, text as ServerName), STATES.starting, { profile: text, secret: text, userOptions: { [text]: text } });
        const failed = starting && store.servers.transition(starting, { kind: 'failed', since: at(0), message: text, logTail: [text] });
        expect(failed).toMatchObject({ name: text, profile: text, secret: text, userOptions: { [text]: text }, state: { message: text, logTail: [text] } });
        expect(store.users.byName(name)).toEqual(alice);
        expect(store.sessions.byHash(`hash ${text}`)).toEqual(session);
        expect(store.tokens.byHash(`hash ${text}`)).toEqual(token);
        expect(store.audit.list(page)).toMatchObject([entry]);
        expect(verifyChain(store.audit)).toMatchObject({ ok: true, entries: 1 });
        expect(store.meta.get(`key ${text}`)).toBe(text);
        expect(store.throttle.count(`key ${text}`, at(0), 1000)).toBe(1);
        expect(store.groups.byName(`group ${text}`)).toEqual(group);
        expect(store.users.list(page, { nameContains: text }).users).toEqual([alice]);
      });

      test('half a surrogate pair neither throws nor becomes the key of somebody else', () => {
        const alice = add('alice');
        expect(store.users.byName('alice\ud800' as UserName)).toBeUndefined();
        expect(store.users.list(page, { nameContains: '\udc00' }).total).toBe(0);
        store.groups.create({ ...makeGroup('lab'), properties: { note: '\ud800' } });
        expect(store.groups.byName('lab')?.properties).toEqual({ note: '\ud800' });
        store.tokens.create(makeToken(alice, { note: '\ud800' }), 'hash');
        expect(store.tokens.byHash('hash')?.note).toMatch(/^\ufffd+$/);
      });
    });
  });
}
