import { can, type Actor } from '../../domain/access';
import { DEFAULT_SERVER } from '../../domain/ids';
import { isActive, type ServerRecord } from '../../domain/server';
import type { Service } from '../../domain/service';
import type { Token } from '../../domain/session';
import type { Group, User } from '../../domain/user';
import type { ScopeName } from '../../domain/scopes/tree';
import { serialise } from '../../domain/scopes/serialise';
import { sessionTag } from '../../services/session-tag';
import { timestamp } from '../../wire/timestamp';
import type { AppDeps } from '../deps';
import { serverTargetOf, targetOf } from '../kit';

const PENDING: Readonly<Record<ServerRecord['state']['kind'], 'spawn' | 'stop' | null>> = { stopped: null, queued: 'spawn', starting: 'spawn', ready: null, stopping: 'stop', failed: null };

/** With the host that browsers find it on. */
export const serverUrl = ({ settings, urls }: AppDeps, owner: Pick<User, 'id' | 'name'>, server: string): string =>
  `${settings.sites?.originOf(settings.sites.labelOf(owner.id)) ?? settings.publicUrl.origin}${urls.server(owner.name, server)}`;

/** JupyterHub's server model (protocol, 3.4). */
export function serverModel(deps: AppDeps, actor: Actor, owner: User, record: ServerRecord): Record<string, unknown> {
  const { state, name } = record;
  const active = isActive(state);
  const { urls, settings } = deps;
  const mayState = can(actor, 'admin:server_state', serverTargetOf(deps, owner, name));
  const handle = 'handle' in state ? state.handle : null;
  return {
    name,
    display_name: record.displayName,
    full_name: `${owner.name}/${name}`,
    last_activity: timestamp(record.lastActivity),
    started: active ? timestamp(state.since) : null,
    pending: PENDING[state.kind],
    ready: state.kind === 'ready',
    stopped: !active,
    url: urls.server(owner.name, name),
    user_options: record.userOptions ?? (active ? {} : null),
    progress_url: urls.apiProgress(owner.name, name),
    full_url: serverUrl(deps, owner, name),
    full_progress_url: `${settings.publicUrl.origin}${urls.apiProgress(owner.name, name)}`,
    ...(mayState ? { state: handle === null ? {} : { object_id: handle.id } } : {}),
    // For the command line, which shows more than JupyterHub's model can say.
    ...(actor.kind === 'local' ? { berth: { state: state.kind, profile: record.profile } } : {}),
  };
}

/** What shows a field: any of these scopes on that user. Fields the actor may not see are absent, not null (protocol, 3.3). */
const FIELDS = {
  admin: ['read:users', 'read:users:name', 'read:roles:users'],
  roles: ['read:users', 'read:roles:users'],
  groups: ['read:users', 'read:users:groups'],
  server: ['read:users'],
  pending: ['read:users'],
  created: ['read:users'],
  last_activity: ['read:users', 'read:users:activity'],
  auth_state: ['admin:auth_state'],
  // Not JupyterHub's: whether an account waits for approval, or is disabled.
  status: ['admin:users'],
} as const satisfies Readonly<Record<string, readonly ScopeName[]>>;
type Field = keyof typeof FIELDS;
const FIELD_NAMES = Object.keys(FIELDS) as readonly Field[];

export interface UserModelOptions {
  readonly stopped?: boolean;
  /** Shown whatever the scopes are: what anybody may know of themselves. */
  readonly always?: readonly string[];
}

export function userModel(deps: AppDeps, actor: Actor, user: User, opts: UserModelOptions = {}): Record<string, unknown> {
  const target = targetOf(deps, user);
  const records = deps.directory.serversOf(user.id);
  const first = records.find((record) => record.name === '');
  const model: Record<string, unknown> = { kind: 'user', name: user.name };
  for (const field of FIELD_NAMES) {
    if (opts.always?.includes(field) === true || FIELDS[field].some((scope) => can(actor, scope, target))) model[field] = fieldOf(deps, field, { user, target, first });
  }
  return Object.assign(model, serversOf(deps, { actor, user, records, stopped: opts.stopped === true }));
}

interface Known {
  readonly user: User;
  readonly target: { readonly groups: readonly string[] };
  readonly first: ServerRecord | undefined;
}

function fieldOf(deps: AppDeps, field: Field, { user, target, first }: Known): unknown {
  switch (field) {
    case 'admin': return user.admin;
    case 'roles': return deps.directory.rolesOf(user.id);
    case 'groups': return target.groups;
    case 'server': return first?.state.kind === 'ready' ? deps.urls.server(user.name) : null;
    case 'pending': return first === undefined ? null : PENDING[first.state.kind];
    case 'created': return timestamp(user.created);
    case 'last_activity': return timestamp(user.lastActivity);
    case 'auth_state': return null;
    case 'status': return user.status;
  }
}

/** Present when the actor may read any server of this user; then only those that it may read. */
function serversOf(deps: AppDeps, ask: { readonly actor: Actor; readonly user: User; readonly records: readonly ServerRecord[]; readonly stopped: boolean }): { servers?: Record<string, unknown> } {
  const { actor, user, records, stopped } = ask;
  const visible = records.filter((record) => can(actor, 'read:servers', serverTargetOf(deps, user, record.name)));
  if (visible.length === 0 && !can(actor, 'read:servers', targetOf(deps, user))) return {};
  const wanted = visible.filter((record) => (stopped && (record.version > 0 || record.name !== DEFAULT_SERVER)) || isActive(record.state));
  return { servers: Object.fromEntries(wanted.map((record) => [record.name, serverModel(deps, actor, user, record)])) };
}

/** Whoever holds this credential, as `GET /hub/api/user` says it (protocol, 2.3). */
export function identityModel(deps: AppDeps, actor: Actor, user: User | undefined): Record<string, unknown> {
  const byToken = actor.via === 'token' || actor.via === 'server-token';
  const more = { token_id: byToken ? actor.credential : null, session_id: actor.sessionTag ?? null, scopes: serialise(actor.scopes) };
  if (user === undefined) return { kind: 'service', name: actor.name, admin: actor.admin, ...more };
  return { ...userModel(deps, actor, user, { always: ['admin', 'groups'] }), ...more };
}

/** Protocol, 3.8. `secret` is there only in the answer to its creation. */
export function tokenModel({ services }: AppDeps, owner: User, token: Token, secret?: string): Record<string, unknown> {
  return {
    user: owner.name, id: token.id, kind: 'api_token', roles: [], scopes: serialise(services.actors.scopesOfToken(owner, token)), created: timestamp(token.created), last_activity: timestamp(token.lastUsed),
    expires_at: timestamp(token.expires), note: token.note, session_id: token.oauth === undefined ? null : sessionTag(token.oauth.session), oauth_client: token.oauth === undefined ? 'JupyterHub' : token.note, ...(secret === undefined ? {} : { token: secret }),
  };
}

/** Protocol, 3.9. */
export function groupModel(deps: AppDeps, actor: Actor, group: Group): Record<string, unknown> {
  const may = (scope: ScopeName): boolean => can(actor, scope, { kind: 'group', name: group.name });
  return {
    kind: 'group',
    name: group.name,
    ...(may('read:groups') ? { users: deps.services.groups.membersOf(group).map((user) => user.name), properties: group.properties } : {}),
    ...(may('read:roles:groups') ? { roles: deps.directory.rolesOfGroup(group.id) } : {}),
  };
}

/** Protocol, 3.10. */
export function serviceModel(deps: AppDeps, actor: Actor, service: Service): Record<string, unknown> {
  const may = (scope: ScopeName): boolean => can(actor, scope, { kind: 'service', name: service.name });
  return {
    kind: 'service',
    name: service.name,
    admin: service.admin,
    ...(may('read:roles:services') ? { roles: service.roles } : {}),
    ...(may('read:services') ? { url: service.url ?? '', prefix: service.url === null ? '' : deps.urls.service(service.name), command: service.command, pid: deps.services.services.pidOf(service.name), info: service.info, display: service.display } : {}),
  };
}
