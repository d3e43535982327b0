import http from 'node:http';
import { createHash, randomBytes } from 'node:crypto';
import { DEFAULT_SERVER, newId, type GroupId, type SessionId } from '../../hub/domain/ids';
import type { Session } from '../../hub/domain/session';
import type { User } from '../../hub/domain/user';
import type { HubRoute } from '../../hub/http/routes';
import { issueLabToken } from '../../hub/services/lab-tokens';
import { makeToken, makeUser } from '../support/factories';
import { NAVIGATION } from '../support/login';
import type { TestHub } from '../support/start-hub';

type Headers = Record<string, string>;

/** Whoever asks, in the order of the table's columns. All but the first four, `other` and `manager` are administrators, or would be. */
export const IDENTITIES = ['anonymous', 'pending', 'owner', 'other', 'manager', 'admin', 'stale', 'must', 'empty', 'mustToken', 'off', 'offToken', 'lab'] as const;
export type Identity = (typeof IDENTITIES)[number];

const GROUP = 'matrix-group';
/** Everything over one group, and nothing beyond it. */
const MANAGER = ['admin-ui', ...['admin:users', 'admin:servers', 'tokens', 'access:servers'].map((scope) => `${scope}!group=${GROUP}`)];

/** One user that a request is about, made for that request alone: whatever happens to it changes no other answer. */
interface Target {
  readonly user: User;
  readonly token: string;
  readonly session: string;
}

export function createMatrixWorld(hub: TestHub) {
  const { store } = hub;
  const { sessions, tokens, servers } = hub.hub.services;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const group = newId<GroupId>();
  store.groups.create({ id: group, name: GROUP, properties: {} });
  store.roles.put({ name: GROUP, description: '', scopes: MANAGER });
  const root = makeUser(hub, 'root', { admin: true });
  const off = makeUser(hub, 'off', { admin: true });
  const must = makeUser(hub, 'must', { admin: true });
  const manager = makeUser(hub, 'manager');
  store.roles.grant(GROUP, manager.id);
  const kept = { empty: makeToken(hub, root, []), mustToken: makeToken(hub, must), offToken: makeToken(hub, off) };
  const people = {
    pending: makeUser(hub, 'waiting', { status: 'pending' }), other: makeUser(hub, 'other'), manager, admin: root,
    must: store.users.update(must.id, { mustChangePassword: true }), off: store.users.update(off.id, { status: 'disabled' }),
  };
  hub.hub.services.actors.forget();
  let made = 0;

  const target = (): Target => {
    made += 1;
    const user = makeUser(hub, `target-${made}`);
    store.groups.addMember(group, user.id);
    makeToken(hub, user);
    return { user, token: tokens.listOf(hub.hub.services.actors.local(), user)[0]?.id ?? '', session: sessions.start(user, { address: '192.0.2.1', userAgent: '' }).session.id };
  };

  const fill = (route: HubRoute, { user, token, session }: Target): string => {
    const values: Readonly<Record<string, string>> = { user: user.name, name: user.name, owner: user.name, id: route.path.includes('/tokens/') ? token : user.id, session, file: 'hub.css', exhibit: 'sign-in', slug: 'first_notebook', role: 'researcher' };
    return route.path.replace('{*rest}', 'api/kernels').replace('{*path}', 'x').replace(/:(\w+)/g, (_all, name: string) => values[name] ?? 'x');
  };

  const withXsrf = (cookie: string, binding: string): Headers => ({ Cookie: cookie, 'X-XSRFToken': sessions.xsrfToken(binding) });
  const nobody = (): Headers => {
    const value = randomBytes(24).toString('base64url');
    return withXsrf(`hub-pre=${value}`, `before:${value}`);
  };
  const cookieOf = (user: User): Headers => {
    const { cookie, session } = sessions.start(user, { address: '127.0.0.1', userAgent: 'matrix' });
    return withXsrf(`hub=${cookie}`, session.id);
  };
  /** As after a restart of the hub: a session whose password was not shown lately. */
  const staleCookie = (user: User): Headers => {
    const cookie = randomBytes(32).toString('base64url');
    const session: Session = { id: newId<SessionId>(), user: user.id, created: new Date(), lastSeen: new Date(), address: '', userAgent: '' };
    store.sessions.create(session, createHash('sha256').update(cookie).digest('base64url'));
    return withXsrf(`hub=${cookie}`, session.id);
  };
  /** The cookie of somebody who may not come in binds no form; the browser has the other cookie too. */
  const refused = (user: User): Headers => {
    const before = nobody();
    return { ...before, Cookie: `hub=${sessions.start(user, { address: '', userAgent: '' }).cookie}; ${before['Cookie']}` };
  };
  const bearer = (token: string): Headers => ({ Authorization: `token ${token}` });

  const credentials = (identity: Identity, owner: User): Headers => {
    switch (identity) {
      case 'anonymous': return nobody();
      case 'pending': return refused(people.pending);
      case 'off': return refused(people.off);
      case 'owner': return cookieOf(owner);
      case 'stale': return staleCookie(root);
      case 'empty': case 'mustToken': case 'offToken': return bearer(kept[identity]);
      case 'lab': return bearer(issueLabToken(store, store.servers.ensure(owner.id, DEFAULT_SERVER)));
      case 'other': case 'manager': case 'admin': case 'must': return cookieOf(people[identity]);
    }
  };

  /** What makes the route do its work, where an empty body would not. */
  const bodyOf = (route: HubRoute): string => {
    const fresh = `made-${made}`;
    const forms: Readonly<Record<string, string>> = { 'post /hub/admin/users': `username=${fresh}`, 'post /hub/admin/users/:id/delete': 'volumes=keep', 'post /hub/admin/users/:id/rename': `name=${fresh}`, 'post /hub/admin/users/:id/role': 'role=researcher&given=yes', 'post /hub/admin/add-users': `text=${fresh}&confirmed=yes`, 'post /hub/admin/bulk-users': 'action=enable&user=root&confirmed=yes', 'post /hub/admin/bulk-servers': 'action=start&server=nobody/&confirmed=yes', 'post /hub/language': 'lang=en', 'post /hub/admin/groups': `name=${fresh}`, 'post /hub/admin/groups/:name/move': 'direction=up', 'post /hub/admin/groups/:name/policy': 'do=save', 'post /hub/admin/groups/:name/remove': 'user=root', 'post /hub/admin/groups-import': `do=apply&file=${encodeURIComponent('{"version":1,"groups":[]}')}`, 'post /hub/theme': 'theme=dark', 'post /hub/account': 'theme=dark', 'post /hub/token': 'note=x&days=7&task=who', 'post /hub/admin/audit/export': 'format=jsonl', 'post /hub/volumes/:user/reset': 'home=yes', 'post /hub/volumes/:user/hand-over': 'to=root' };
    const bodies: Readonly<Record<string, unknown>> = { 'post /hub/api/users/:name/volumes/reset': { purposes: ['home'] }, 'post /hub/api/users/:name/volumes/hand-over': { from: 'root' }, 'post /hub/api/audit/export': { format: 'jsonl' }, 'post /hub/api/users/:name/shared': { code: 'x' }, 'post /hub/api/users': { usernames: [fresh] }, 'post /hub/api/users/bulk': { action: 'create', users: [{ name: fresh }] }, 'post /hub/api/servers/bulk': { action: 'start', servers: ['nobody/'] }, 'patch /hub/api/users/:name': { admin: false }, 'post /hub/api/groups': { groups: [fresh] }, 'put /hub/api/group-policies/order': { groups: ['docker-privileged'] }, 'put /hub/api/group-policies': { version: 1, groups: [] }, 'post /hub/api/groups/:name/users': { users: [] }, 'delete /hub/api/groups/:name/users': { users: [] }, 'post /hub/api/shares/:owner/': { user: 'root' }, 'patch /hub/api/shares/:owner/': { user: 'root' }, 'patch /hub/api/users/:name/server': { display_name: 'x' }, 'post /hub/api/users/:name/server/template': { template: 'first_notebook' }, 'post /hub/api/users/:name/servers/:sname/template': { template: 'first_notebook' }, 'patch /hub/api/users/:name/servers/': { display_name: 'x' } };
    const key = `${route.method} ${route.path}`;
    return route.kind === 'page' ? (forms[key] ?? '') : JSON.stringify(bodies[key] ?? {});
  };

  const send = (route: HubRoute, path: string, headers: Headers): Promise<number> =>
    new Promise((resolve, reject) => {
      const unsafe = route.method !== 'get';
      const kind = route.kind === 'page' ? 'application/x-www-form-urlencoded' : 'application/json';
      const body = unsafe ? bodyOf(route) : '';
      const all: Headers = { ...(route.kind === 'page' ? NAVIGATION : { Accept: 'application/json' }), ...headers, ...(unsafe ? { Origin: hub.origin, 'Content-Type': kind, 'Content-Length': String(body.length) } : {}) };
      const req = http.request(`${hub.origin}${path}`, { method: route.method.toUpperCase(), agent, headers: all }, (res) => {
        // A stream that goes on is answered as far as this test is concerned.
        if (String(res.headers['content-type']).startsWith('text/event-stream')) res.destroy();
        else res.resume();
        res.once('close', () => resolve(res.statusCode ?? 0));
      });
      req.once('error', reject);
      req.end(body);
    });

  const ask = async (route: HubRoute, headersFor: (owner: User) => Headers): Promise<number> => {
    const about = target();
    // A group of the same name, for the routes that are about one.
    const named = newId<GroupId>();
    if (route.path.includes('/groups/')) store.groups.create({ id: named, name: about.user.name, properties: {} });
    const status = await send(route, fill(route, about), headersFor(about.user));
    if (store.servers.listOf(about.user.id).length > 0) await servers.stopAllOf(about.user.id);
    store.users.remove(about.user.id);
    store.groups.remove(named);
    return status;
  };

  return {
    root,
    ask: (route: HubRoute, identity: Identity) => ask(route, (owner) => credentials(identity, owner)),
    askWithToken: (route: HubRoute, token: string) => ask(route, () => bearer(token)),
    close: () => agent.destroy(),
  };
}
