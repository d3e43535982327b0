import { createHasher, type HasherSettings } from '../../../auth/password/hasher';
import { createPasswordAuthenticator } from '../../../auth/password';
import type { Actor } from '../../../hub/domain/access';
import { HubError, type ErrorCode } from '../../../hub/domain/errors';
import { newId, type GroupId, type ServerId, type UserId, type UserName } from '../../../hub/domain/ids';
import type { Logger } from '../../../hub/domain/runtime';
import { DEFAULT_ROLES, ROLES_OF_EVERYONE } from '../../../hub/domain/scopes/roles';
import type { User } from '../../../hub/domain/user';
import type { AccountsDeps } from '../../../hub/services/account-deps';
import { createAccounts } from '../../../hub/services/accounts';
import { createActors } from '../../../hub/services/actors';
import { createAudit } from '../../../hub/services/audit';
import { createAuthorise } from '../../../hub/services/authorise';
import { createBootstrap } from '../../../hub/services/bootstrap';
import { createLogin } from '../../../hub/services/login';
import { createPasswordRecords } from '../../../hub/services/passwords';
import { createSessions } from '../../../hub/services/sessions';
import { createThrottle } from '../../../hub/services/throttle';
import { createTokens } from '../../../hub/services/tokens';
import { openStore } from '../../../hub/store/create-store';
import type { Store } from '../../../hub/store/store';
import type { ServerRoute } from '../../../proxy/route-table';
import { createFakeClock, type FakeClock } from '../../support/fake-clock';

export const GOOD = 'four unrelated words';
export const FROM = { address: '192.0.2.1', requestId: 'r', userAgent: 'Firefox' };

/** Real argon2, but as cheap as it can be made: what is tested here is not its strength. */
export const CHEAP: HasherSettings = { memoryKiB: 64, passes: 1 };

export interface LogLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export function recordingLog(lines: LogLine[]): Logger {
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string) => void lines.push({ level, fields, message });
  const log: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return log;
}

export type Overrides = Partial<Pick<AccountsDeps, 'signUpMode' | 'maxPending' | 'stopServers' | 'removeVolumes' | 'adminName' | 'groups'>> & { readonly hashing?: HasherSettings };

const open = new Set<{ close(): void }>();

/** All services around accounts on a real store in memory. `restart` makes them anew on the same store, as a new process does. */
export function createWorld(overrides: Overrides = {}, clock: FakeClock = createFakeClock()) {
  const store = openStore(':memory:', { now: clock.now });
  for (const role of DEFAULT_ROLES) store.roles.put(role);
  open.add(store);
  return assemble(store, clock, overrides);
}

/** For `afterEach`: closes what the test opened. */
export function closeWorlds(): void {
  for (const one of [...open].reverse()) one.close();
  open.clear();
}

function assemble(store: Store, clock: FakeClock, overrides: Overrides) {
  const lines: LogLine[] = [];
  const log = recordingLog(lines);
  const calls = { stopped: [] as string[], removed: [] as string[] };
  const hasher = createHasher(overrides.hashing ?? CHEAP);
  const sessions = createSessions({ store, clock, log });
  const audit = createAudit({ store, clock, log: recordingLog([]), keepMs: 0 });
  const tokens = createTokens({ store, clock, log, audit, onEnded: sessions.announceEnded, sessions });
  open.add(sessions).add(tokens).add(audit);
  const actors = createActors({ store, sessions, tokens });
  const throttle = createThrottle({ store, clock });
  const authenticator = createPasswordAuthenticator({ hasher, ...createPasswordRecords(store) });
  const login = createLogin({ store, log, audit, authenticator, admit: ({ subject }) => store.users.byId(subject as UserId), sessions, throttle });
  const accounts = createAccounts({
    store, clock, log, audit, hasher, sessions, actors, throttle, signUpMode: () => 'approval', adminName: 'admin',
    stopServers: async (owner) => void calls.stopped.push(owner.name),
    removeVolumes: async (owner) => void calls.removed.push(owner.name),
    ...overrides,
  });
  const bootstrap = createBootstrap({ store, clock, log, audit, hasher, sessions, actors, adminName: overrides.adminName ?? 'admin' });
  const access = createAuthorise({ store, clock, log, audit, actors, sessions });

  const add = (name: string, more: Partial<User> = {}): User => {
    const user: User = { id: newId<UserId>(), name: name as UserName, admin: false, status: 'active', created: clock.now(), lastActivity: null, mustChangePassword: false, ...more };
    store.users.create(user);
    if (user.status !== 'pending') for (const role of ROLES_OF_EVERYONE) store.roles.grant(role, user.id);
    return user;
  };

  return {
    store, clock, lines, calls, audit, hasher, sessions, tokens, actors, throttle, login, accounts, bootstrap, access,
    add,
    /** With a password, so that it can sign in. */
    async addWithPassword(name: string, more: Partial<User> = {}, password = GOOD): Promise<User> {
      const user = add(name, more);
      store.users.setPasswordHash(user.id, await hasher.hash(password));
      return user;
    },
    addGroup(name: string, members: readonly User[], role?: string): void {
      const id = newId<GroupId>();
      store.groups.create({ id, name, properties: {} });
      for (const member of members) store.groups.addMember(id, member.id);
      if (role !== undefined) store.roles.grantGroup(role, id);
    },
    /** The actor of a fresh browser session. */
    browserOf(user: User): Actor & { readonly kind: 'user' } {
      const actor = actors.byCookie(sessions.start(user, FROM).cookie);
      if (actor?.kind !== 'user') throw new Error(`${user.name} is not signed in`);
      return actor;
    },
    signIn: (username: unknown, password: unknown, more: Partial<{ address: string; previousCookie: string }> = {}) =>
      login.signIn({ username, password, ...FROM, previousCookie: undefined, ...more }),
    routeOf(owner: User, server = ''): ServerRoute {
      const record = store.servers.ensure(owner.id, server as never);
      return { prefix: `/user/${owner.name}/`, origin: 'http://127.0.0.1:1', owner: owner.id, server: record.id as ServerId, upstream: { kind: 'singleuser' } };
    },
    restart: () => assemble(store, clock, overrides),
  };
}

/** The failure of something that must fail as expected; anything unexpected fails the test. */
export async function failure(work: Promise<unknown> | (() => unknown)): Promise<HubError> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (err) {
    if (err instanceof HubError) return err;
    throw err;
  }
  throw new Error('It did not fail.');
}

export const codeOf = async (work: Promise<unknown> | (() => unknown)): Promise<ErrorCode> => (await failure(work)).code;
