import { can, demand, demandMayChange, HUB, lacking, notFound, type Actor } from '../domain/access';
import { HubError } from '../domain/errors';
import type { UserId } from '../domain/ids';
import { normaliseUserName, parseUserName } from '../domain/names';
import { noFailPoints } from '../domain/runtime';
import type { ScopeName } from '../domain/scopes/tree';
import type { User } from '../domain/user';
import type { Store } from '../store/store';
import { addAccount, audited, demandMayName, isTaken, targetOf, welcome, type AccountsDeps } from './account-deps';
import { activeAdmins } from './bootstrap';
import type { Accounts } from './contract';
import { createManyAccounts } from './many-accounts';
import { createOwnAccount } from './own-account';
import { DEFAULT_RULES, generatePassword, parseNewPassword } from './passwords';
import { createRename } from './rename';
import { createRoleActs } from './role-acts';
import { createSessionActs } from './session-acts';
import { createUserList } from './user-list';

/** Any of these over somebody is a reason to know that they exist. */
const REASONS: readonly ScopeName[] = [
  'read:users:name', 'read:users:groups', 'read:users:activity', 'users:activity', 'read:roles:users', 'delete:users', 'read:tokens', 'read:servers', 'start:servers',
  'delete:servers', 'access:servers', 'read:users:shares',
];

export function createAccounts(deps: AccountsDeps): Accounts {
  const { store, log, hasher, sessions, actors, rules = DEFAULT_RULES, stopServers, removeVolumes, failPoint = noFailPoints } = deps;

  /** The account to change. Somebody whom the actor may not see is as unknown as nobody at all (D06). */
  const demanded = (actor: Actor, scope: ScopeName, id: UserId): User => {
    const user = store.users.byId(id);
    if (user === undefined) throw actor.scopes.has(scope) ? notFound() : lacking([scope]);
    demand(actor, scope, targetOf(store, user));
    demandMayChange(actor, user);
    return user;
  };

  const demandNotSelf = (actor: Actor, id: UserId, what: string): void => {
    if (actor.kind === 'user' && actor.id === id) throw new HubError('conflict', `You cannot ${what} yourself. Ask another administrator.`);
  };

  const change = (actor: Actor, user: User, action: string, work: () => User): User => {
    const after = store.transaction(() => {
      const done = work();
      audited(deps, actor, action, { user });
      return done;
    });
    actors.forget(user.id);
    return after;
  };

  /** Cookies and tokens alike stop working, and what they opened closes (A18). */
  const cutOff = (user: User): void => {
    sessions.endAll(user.id);
    for (const token of store.tokens.listOf(user.id)) sessions.announceEnded(token.id);
    actors.forget(user.id);
  };

  const shutOut = (actor: Actor, user: User, action: string): User => {
    const after = change(actor, user, action, () => {
      demandNotLastAdmin(store, user);
      return store.users.update(user.id, { status: 'disabled' });
    });
    cutOff(after);
    return after;
  };

  const setAdmin: Accounts['setAdmin'] = (actor, id, admin) => {
    const user = demanded(actor, 'admin:users', id);
    demandMayChange(actor, user, { admin });
    if (user.admin === admin) return user;
    if (user.status === 'pending') throw new HubError('conflict', 'This account waits for approval: approve it first.');
    return change(actor, user, admin ? 'user.make-admin' : 'user.unmake-admin', () => {
      if (admin) store.roles.grant('admin', id);
      else {
        demandNotLastAdmin(store, user);
        store.roles.revoke('admin', id);
      }
      return store.users.update(id, { admin });
    });
  };

  const { rename } = createRename(deps);

  return {
    ...createOwnAccount(deps),
    ...createSessionActs(deps),
    ...createManyAccounts(deps),
    ...createRoleActs({ ...deps, demanded, setAdmin }),
    rename,

    change(actor, id, ask) {
      store.transaction(() => {
        if (ask.name !== undefined) rename(actor, id, ask.name);
        if (ask.admin !== undefined) setAdmin(actor, id, ask.admin);
      });
      // Here, because a transaction within this one commits nothing yet.
      if (ask.name !== undefined) failPoint('rename.after-commit');
    },

    async create(actor, ask) {
      demand(actor, 'admin:users', HUB);
      if (ask.admin && !actor.admin) throw new HubError('forbidden', 'Only administrators may make somebody an administrator.');
      const name = parseUserName(ask.username);
      const password = ask.password === undefined ? generatePassword() : parseNewPassword(ask.password, name, rules);
      if (isTaken(store, name)) throw new HubError('conflict', `User ${name} already exists`);
      demandMayName(deps, actor, name);
      const phc = await hasher.hash(password);
      const user = store.transaction(() => {
        const made = addAccount(deps, { name, phc }, { admin: ask.admin, status: 'active', mustChangePassword: true });
        audited(deps, actor, 'user.create', { user: made, detail: { admin: ask.admin } });
        return made;
      });
      return { user, password };
    },

    approve(actor, id) {
      const user = demanded(actor, 'admin:users', id);
      if (user.status === 'active') return user;
      if (user.status !== 'pending') throw new HubError('conflict', 'This account does not wait for approval.');
      demandMayName(deps, actor, user.name);
      return change(actor, user, 'user.approve', () => {
        welcome(deps, user);
        return store.users.update(id, { status: 'active' });
      });
    },

    discard(actor, id) {
      const user = demanded(actor, 'admin:users', id);
      if (user.status !== 'pending') throw new HubError('conflict', 'This account does not wait for approval.');
      change(actor, user, 'user.discard', () => {
        store.users.remove(id);
        return user;
      });
    },

    async resetPassword(actor, id) {
      const before = demanded(actor, 'admin:users', id);
      if (actor.kind === 'user' && actor.id === id) throw new HubError('conflict', 'Change your own password with your current one.');
      const password = generatePassword();
      const phc = await hasher.hash(password);
      const user = change(actor, before, 'user.reset-password', () => {
        store.users.setPasswordHash(id, phc);
        return store.users.update(id, { mustChangePassword: true });
      });
      sessions.endAll(id);
      return { user, password };
    },

    async disable(actor, id) {
      const user = demanded(actor, 'admin:users', id);
      demandNotSelf(actor, id, 'disable');
      if (user.status === 'pending') throw new HubError('conflict', 'This account waits for approval: approve or discard it.');
      const after = user.status === 'disabled' ? user : shutOut(actor, user, 'user.disable');
      // Again for one that is disabled already: the first try may have failed to stop something.
      await stopServers(after);
      return after;
    },

    enable(actor, id) {
      const user = demanded(actor, 'admin:users', id);
      if (user.status === 'active') return user;
      if (user.status === 'pending') throw new HubError('conflict', 'This account waits for approval: approve or discard it.');
      return change(actor, user, 'user.enable', () => store.users.update(id, { status: 'active' }));
    },

    setAdmin,

    async remove(actor, id, choice) {
      const user = demanded(actor, 'delete:users', id);
      demandNotSelf(actor, id, 'delete');
      if (choice.volumes !== 'keep' && choice.volumes !== 'remove') throw new HubError('invalid-input', 'Choose whether to keep or to remove the volumes.');
      // First disabled, so that nothing starts again while things are taken away; a failure leaves it so, and can be repeated.
      const last = user.status === 'disabled' ? user : shutOut(actor, user, 'user.disable');
      failPoint('delete.after-disable');
      await stopServers(last);
      failPoint('delete.after-stop');
      if (choice.volumes === 'remove') await removeVolumes(last);
      failPoint('delete.after-volumes');
      change(actor, last, `user.delete.${choice.volumes}-volumes`, () => {
        if (store.users.byId(id)?.status === 'active') throw new HubError('conflict', 'Somebody enabled this account meanwhile. The account stays.');
        store.users.remove(id);
        return last;
      });
      log.info({ user: id, volumes: choice.volumes }, 'An account was deleted.');
    },

    find(actor, name) {
      const user = store.users.byName(normaliseUserName(name.slice(0, 512)) as User['name']);
      if (user === undefined) return undefined;
      const target = targetOf(store, user);
      return REASONS.some((scope) => can(actor, scope, target) || namesServerOf(actor, scope, user)) ? user : undefined;
    },

    ...createUserList(store),
  };
}

/** Whoever may act on one server of somebody, by name, knows whose it is. */
function namesServerOf(actor: Actor, scope: ScopeName, { name }: User): boolean {
  const extent = actor.scopes.get(scope);
  return extent !== undefined && !extent.all && [...extent.servers].some((server) => server.startsWith(`${name}/`));
}

/** Without one, nobody could approve, repair or even make an administrator (R05). */
function demandNotLastAdmin(store: Store, user: User): void {
  if (!user.admin || user.status !== 'active') return;
  if (activeAdmins(store, 2) < 2) throw new HubError('conflict', 'This is the last active administrator. Make somebody else an administrator first.');
}
