import { userPage, USER_TABS, type UserPart, type UserTab } from '../../../views/pages/user';
import { can, demand, HUB, isOwn, type Actor } from '../../domain/access';
import { isActive } from '../../domain/server';
import type { Group, User } from '../../domain/user';
import type { Exchange, Reply } from '../exchange';
import { actorOf, ownerOf, targetOf, type Kit } from '../kit';
import type { HubRoute } from '../routes';
import { groupNames } from './list-query';
import { sessionWords } from './sessions';

const SHOWN_ENTRIES = 20;
/** Held by everybody, or by what is not a person; being an administrator is an act of its own. */
const NOT_GIVEN = new Set(['user', 'server', 'token', 'admin']);

/** Everything about one account, a subject at a time: only what is shown is asked for. */
export function adminUserRoutes(kit: Kit): readonly HubRoute[] {
  const { services, directory, settings } = kit.deps;

  const volumesOf = (actor: Actor, user: User) => (can(actor, 'admin:servers', targetOf(kit.deps, user)) || isOwn(actor, user) ? services.volumes.report(actor, user) : null);

  const profile = (x: Exchange, user: User): UserPart => {
    const report = volumesOf(actorOf(x), user);
    const { realName, email } = services.accountInfo.details(actorOf(x), user);
    const measured = report?.volumes.some(({ bytes }) => bytes !== null) ?? false;
    return {
      tab: 'profile', created: user.created, lastActivity: user.lastActivity, mustChangePassword: user.mustChangePassword, realName, email, servers: directory.serversOf(user.id),
      volumeBytes: report !== null && measured ? report.bytes : null, softQuota: report?.softQuota ?? null, volumes: report?.volumes.length ?? 0,
    };
  };

  const access = (x: Exchange, user: User): UserPart => {
    const actor = actorOf(x);
    const groups = directory.groupsOf(user.id).map((name) => ({ name, roles: rolesOfGroup(actor, name) }));
    const givable = actor.admin ? directory.roles().filter((role) => !NOT_GIVEN.has(role)) : ['researcher'];
    const names = groups.map(({ name }) => name);
    const policy = can(actor, 'read:users:groups', targetOf(kit.deps, user)) ? services.groupPolicies.explain(actor, user).policy : null;
    const given = policy === null ? null : { policy, titles: new Map(settings.profiles.map(({ slug, title }) => [slug, title])) };
    return { tab: 'access', groups, others: groupNames(kit, x).filter((name) => !names.includes(name)), mayGroup: actor.scopes.has('groups'), given, roles: directory.rolesOf(user.id), givable, permissions: services.permissions.of(actor, user) };
  };

  const rolesOfGroup = (actor: Actor, name: string): readonly string[] => {
    const group: Group | undefined = can(actor, 'read:groups:name', { kind: 'group', name }) ? services.groups.get(actor, name) : undefined;
    return group === undefined ? [] : directory.rolesOfGroup(group.id);
  };

  const credentials = (x: Exchange, user: User): UserPart => {
    const actor = actorOf(x);
    const sessions = services.sessions.listOf(actor, user.id).map((session) => ({ id: session.id, browser: sessionWords(x, session), address: session.address, lastSeen: session.lastSeen, current: session.id === x.caller.session?.id }));
    return { tab: 'credentials', sessions, tokens: can(actor, 'read:tokens', targetOf(kit.deps, user)) ? services.tokens.listOf(actor, user) : null };
  };

  const removal = (x: Exchange, user: User): UserPart => {
    const actor = actorOf(x);
    const servers = directory.serversOf(user.id);
    const volumes = (volumesOf(actor, user)?.volumes ?? []).filter(({ state }) => state !== 'removing').map(({ id, purpose, bytes, state }) => ({ id, purpose, bytes, binned: state === 'bin' }));
    return { tab: 'delete', volumes, servers: servers.map(({ name }) => name), running: servers.filter(({ state }) => isActive(state)).length, tokens: can(actor, 'read:tokens', targetOf(kit.deps, user)) ? services.tokens.listOf(actor, user).length : 0 };
  };

  const parts: Readonly<Record<UserTab, (x: Exchange, user: User) => UserPart>> = {
    profile, access, credentials, delete: removal,
    log: (x, user) => ({ tab: 'log', entries: actorOf(x).admin ? services.accountInfo.log(actorOf(x), user, { limit: SHOWN_ENTRIES }).entries : null }),
  };

  const show = (x: Exchange): Reply => {
    const actor = actorOf(x);
    const user = ownerOf(kit.deps, x, x.params['name'] ?? '');
    demand(actor, 'admin:users', targetOf(kit.deps, user));
    const self = isOwn(actor, user);
    const tab = USER_TABS.find((one) => one === x.query.get('tab') && (one !== 'delete' || (!self && can(actor, 'delete:users', HUB)))) ?? 'profile';
    return kit.page(x, 200, (shell) => userPage(shell, { user: { id: user.id, name: user.name, status: user.status, admin: user.admin, self }, part: parts[tab](x, user), problem: undefined }));
  };

  return [{ method: 'get', path: '/hub/admin/users/:name', kind: 'page', needs: ['admin:users'], handle: show }];
}
