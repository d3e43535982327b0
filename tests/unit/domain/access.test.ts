import { can, demand, demandAny, demandMayChange, HUB, type Actor, type Target } from '../../../hub/domain/access';
import { HubError } from '../../../hub/domain/errors';
import { newId, type UserId, type UserName } from '../../../hub/domain/ids';
import { expandRaw } from '../../../hub/domain/scopes/expand';
import { DEFAULT_ROLES } from '../../../hub/domain/scopes/roles';

const scopesOf = (name: string, ...roles: string[]) =>
  expandRaw(DEFAULT_ROLES.filter((role) => roles.includes(role.name)).flatMap((role) => role.scopes), { owner: { kind: 'user', name } });
const actor = (name: string, change: Partial<Pick<Actor, 'scopes' | 'admin' | 'groups' | 'via'>> = {}): Actor & { kind: 'user' } => ({
  kind: 'user', id: newId<UserId>(), name: name as UserName, admin: false, scopes: scopesOf(name, 'user', 'researcher'), via: 'cookie', credential: 's1', groups: [], ...change,
});
const holding = (...raw: string[]): Actor => actor('mallory', { scopes: expandRaw(raw, { owner: { kind: 'user', name: 'mallory' } }) });
const user = (name: string, ...groups: string[]): Target => ({ kind: 'user', name, groups });
const server = (owner: string, name = ''): Target => ({ kind: 'server', user: owner, server: name, groups: [] });
const refusal = (work: () => unknown): readonly [number, string] => {
  try {
    work();
  } catch (err) {
    if (err instanceof HubError) return [err.status, err.message];
    throw err;
  }
  return [200, ''];
};

describe('the policy', () => {
  test.each([
    ['starts their own server', 'start:servers', server('alice'), true],
    ['stops their own server', 'delete:servers', server('alice', 'gpu'), true],
    ['opens their own server', 'access:servers', server('alice'), true],
    ["opens somebody else's server", 'access:servers', server('bob'), false],
    ["stops somebody else's server", 'delete:servers', server('bob'), false],
    ['reads somebody else', 'read:users:name', user('bob'), false],
    ['lists users', 'list:users', HUB, false],
    ['makes a token for somebody else', 'tokens', user('bob'), false],
    ['changes accounts', 'admin:users', user('alice'), false],
  ] as const)('a plain user %s: %s on %j is %s', (_what, scope, target, expected) => {
    expect(can(actor('alice'), scope, target)).toBe(expected);
  });

  test('an administrator, and the command line with the same scopes, may do it to everyone', () => {
    const scopes = scopesOf('root', 'admin');
    const local: Actor = { kind: 'local', id: 'local', name: 'command line', admin: true, scopes, via: 'local', credential: 'local', groups: [] };
    for (const who of [actor('root', { scopes, admin: true }), local]) {
      expect(can(who, 'access:servers', server('bob'))).toBe(true);
      expect(can(who, 'admin:users', HUB)).toBe(true);
    }
  });

  test('403 with the scopes that would do, when none of them is held', () => {
    const expected = [403, 'Action is not authorized with current scopes; requires any of [read:users, read:servers]'];
    expect(refusal(() => demandAny(holding('read:hub'), ['read:users', 'read:servers'], user('bob')))).toEqual(expected);
    expect(refusal(() => demand(holding(), 'shutdown', HUB))).toEqual([403, 'Action is not authorized with current scopes; requires any of [shutdown]']);
  });

  test('404 that tells nothing, when a scope is held for other targets only', () => {
    expect(refusal(() => demand(holding('read:users!user=alice'), 'read:users', user('bob')))).toEqual([404, 'No access to resources or resources not found']);
    expect(refusal(() => demandAny(holding('read:servers!user=alice'), ['read:users', 'read:servers'], user('bob')))[0]).toBe(404);
  });

  test('one of several is enough', () => {
    expect(refusal(() => demandAny(holding('read:users:name'), ['read:users', 'read:users:name'], user('bob')))).toEqual([200, '']);
  });

  test.each([
    ['creating users', 'admin:users', 'admin:users!group=g'],
    ['creating groups', 'admin:groups', 'admin:groups!group=g'],
    ['the routing table', 'proxy', 'proxy!user=mallory'],
    ['shutting down', 'shutdown', 'shutdown!service=svc'],
  ] as const)('D05: %s needs %s without a filter; %s is 403', (_what, scope, held) => {
    expect(refusal(() => demand(holding(held), scope, HUB))[0]).toBe(403);
    expect(refusal(() => demand(holding(scope), scope, HUB))[0]).toBe(200);
  });
});

describe('D04: admin:users does not make an administrator', () => {
  const holder = holding('admin:users', 'delete:users', 'tokens');
  const admin = { id: newId<UserId>(), admin: true };
  const plain = { id: newId<UserId>(), admin: false };

  test.each<[string, () => void, number]>([
    ['grants admin to another user', () => demandMayChange(holder, plain, { admin: true }), 403],
    ['grants admin to itself', () => demandMayChange(holder, { id: holder.id as UserId, admin: false }, { admin: true }), 403],
    ["resets an administrator's password, mints a token for one, deletes one", () => demandMayChange(holder, admin), 403],
    ['takes admin from an administrator', () => demandMayChange(holder, admin, { admin: false }), 403],
    ['changes a plain user', () => demandMayChange(holder, plain), 200],
  ])('its holder %s: %3$i', (_what, work, status) => {
    expect(refusal(work)[0]).toBe(status);
  });

  test('an administrator may', () => {
    const root = actor('root', { admin: true });
    expect(refusal(() => demandMayChange(root, admin))[0]).toBe(200);
    expect(refusal(() => demandMayChange(root, plain, { admin: true }))[0]).toBe(200);
  });

  test('a service is nobody\'s own self, even when its id is a user\'s', () => {
    const service: Actor = { kind: 'service', id: admin.id, name: 'svc', admin: false, scopes: holder.scopes, via: 'token', credential: 't', groups: [] };
    expect(refusal(() => demandMayChange(service, admin))[0]).toBe(403);
  });
});
