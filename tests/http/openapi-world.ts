import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import path from 'node:path';
import { DEFAULT_SERVER, type ServerName } from '../../hub/domain/ids';
import type { User } from '../../hub/domain/user';
import { makeToken, makeUser } from '../support/factories';
import { createBrowser, signedInAs } from '../support/login';
import { codeFor, exchangeOf } from '../support/oauth-client';
import { startHub, type TestHub } from '../support/start-hub';

/** What is sent for one operation; what is absent is the ordinary thing of the fixture, or nothing. */
export interface Example {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  readonly body?: object;
  /** The body is sent as a form. */
  readonly form?: true;
}

/** Made for one operation alone. */
export interface Fixture {
  readonly hub: TestHub;
  /** An administrator. */
  readonly boss: User;
  /** Has a server `one`, a token, and shares both servers with `other` and with the group where the operation is about shares. */
  readonly user: User;
  readonly other: string;
  readonly group: string;
  readonly fresh: string;
}

const QUIET = { name: 'quiet', token: 'quiet-secret-0123456789', url: 'http://127.0.0.1:9', oauthNoConfirm: true };
/** A group whose members run one server together: whoever starts another one waits in line. */
const NARROW = 'narrow';
const CLIENT = { clientId: 'service-quiet', secret: QUIET.token, redirect: '/services/quiet/oauth_callback' };

export const startDescribed = (): Promise<TestHub> => startHub({
  settings: { server: { cap: 0, named: true }, signup: 'approval', paths: { templates: path.resolve(__dirname, '../../templates') }, services: [QUIET], roles: [{ name: 'user', scopes: ['self', 'access:services!service=quiet'] }], groups: [{ name: NARROW, limits: { servers: 1 } }] },
});

type Make = (f: Fixture) => Example | Promise<Example>;

const WARNING = 'B-ENGINE-2';
/** A check warns. */
const warned: Make = async ({ hub }) => {
  const { check } = hub.spawner;
  Object.assign(hub.spawner, { check: async () => ({ ok: true, checks: [...(await check()).checks, { name: 'versions', ok: false, level: 'advice', detail: 'Weak.', ms: 1 }] }) });
  await hub.hub.services.health.check(hub.hub.services.actors.local());
  Object.assign(hub.spawner, { check });
  return { params: { 'dismissals/:code': WARNING } };
};
const ONE = 'one' as ServerName;
const actorFor = ({ hub, user }: Pick<Fixture, 'hub' | 'user'>) => hub.hub.services.actors.ofUser(user, 'cookie', 'test');
const start = (f: Fixture, name: ServerName) => f.hub.hub.services.servers.start(actorFor(f), f.user, name, {});
const stop = (f: Fixture, name: ServerName) => f.hub.hub.services.servers.stop(actorFor(f), f.user, name);
const idOf = ({ hub, user }: Fixture, name: ServerName) => hub.store.servers.ensure(user.id, name).id;
const runs = (name: ServerName): Make => async (f) => {
  await start(f, name).settled;
  return {};
};
const [running, oneRunning] = [runs(DEFAULT_SERVER), runs(ONE)];
const waits = (name: ServerName): Make => async (f) => {
  const { store } = f.hub;
  const group = store.groups.byName(NARROW);
  if (group === undefined) throw new Error('the group is not there');
  for (const { id } of store.groups.membersOf(group.id)) {
    await f.hub.hub.services.servers.stopAllOf(id);
    store.groups.removeMember(group.id, id);
  }
  store.groups.addMember(group.id, f.user.id);
  await start(f, name === ONE ? DEFAULT_SERVER : ONE).settled;
  start(f, name);
  return {};
};
/** Twice, so that it is known how busy it is. */
const measured = (name: ServerName): Make => async (f) => {
  await start(f, name).settled;
  for (let i = 0; i < 2; i++) await f.hub.hub.services.usage.sample();
  return { query: '?range=hour' };
};
/** A message to the user and to the administrator, who asks. */
const noticed: Make = async ({ hub, user, boss }) => {
  const { notices, actors } = hub.hub.services;
  const { notice } = await notices.broadcast(actors.ofUser(boss, 'cookie', 'test'), { message: 'The disk is full.', variant: 'info', autoClose: false, recipients: [user.name, boss.name] });
  return { params: { 'notifications/:notice': notice.id } };
};
const leased = (name: ServerName): Make => async (f) => {
  await start(f, name).settled;
  return { params: { 'leases/:lease': f.hub.hub.services.idleness.lease(actorFor(f), f.user, name, { ms: 60_000, why: 'a test' }).id } };
};
const lease: Example = { body: { for: '1h', why: 'It computes.' } };
/** With volumes that a server had. */
const used: Make = async (f) => {
  await start(f, DEFAULT_SERVER).settled;
  await stop(f, DEFAULT_SERVER).settled;
  return {};
};
const homeOf = ({ hub, user }: Fixture, state: string): Example => {
  const home = hub.store.volumes.listOf(user.id).find((volume) => volume.purpose === 'home' && volume.state === state);
  return { params: { 'volumes/:volume': home?.id ?? '' } };
};
const binned: Make = async (f) => {
  await used(f);
  await f.hub.hub.services.volumes.reset(actorFor(f), f.user, ['home']);
  return homeOf(f, 'bin');
};
const stopAll = async ({ store, hub }: TestHub): Promise<void> => {
  for (const { owner } of store.servers.active()) await hub.services.servers.stopAllOf(owner);
};
const withStatus = (status: User['status']): Make => ({ hub, user }) => {
  hub.store.users.update(user.id, { status });
  return {};
};
const shared: Make = ({ other }) => ({ body: { user: other } });
const withUser: Make = ({ other }) => ({ params: { 'users/:name': other } });

/** With a file of this name in the home volume. */
const filed = (name: string, content: string): Make => async (f) => {
  await used(f);
  const home = f.hub.store.volumes.listOf(f.user.id).find((volume) => volume.purpose === 'home');
  writeFileSync(join((home === undefined ? null : await f.hub.spawner.engine.folderOf(home)) ?? '', name), content);
  return { ...homeOf(f, 'active'), query: `?path=${name}` };
};

/** To the administrator, who asks. */
const invited: Make = async ({ hub, boss, user }) => {
  const made = await createBrowser(hub).raw('post', `hub/api/share-codes/${user.name}/one`, { Authorization: `token ${makeToken(hub, boss)}`, 'Content-Type': 'application/json' }).send('{}');
  return { params: { 'users/:name': boss.name }, body: { code: (made.body as { readonly code: string }).code } };
};

/** By operation. Those that are not here are asked as they are, with an empty body. */
export const EXAMPLES: Readonly<Record<string, Make>> = {
  listUsers: () => ({ query: '?limit=2&offset=1&sort=-name&name_filter=u&state=inactive&include_stopped_servers=1' }),
  changeUsers: ({ fresh, group }) => ({ body: { action: 'create', users: [{ name: fresh, groups: [group] }] } }),
  giveRole: () => ({ params: { 'roles/:role': 'researcher' } }),
  takeRole: () => ({ params: { 'roles/:role': 'researcher' } }),
  listServers: async (f) => ({ ...(await running(f)), query: '?state=running&sort=-cpu&user=u&limit=5' }),
  changeServers: ({ user }) => ({ body: { action: 'start', servers: [`${user.name}/`, 'nobody/'] } }),
  createUsers: ({ fresh }) => ({ body: { usernames: [fresh] } }),
  getUser: () => ({ query: '?include_stopped_servers' }),
  createUser: ({ fresh }) => ({ params: { 'users/:name': fresh }, body: { admin: false } }),
  changeUser: ({ fresh }) => ({ body: { name: fresh } }),
  changeAccount: () => ({ body: { real_name: 'Ada Lovelace', email: 'ada@example.org', language: 'zh', theme: 'dark' } }),
  getActivityLog: (f) => {
    start(f, DEFAULT_SERVER);
    return { query: '?kind=servers&limit=1&before=1000000' };
  },
  endSession: ({ hub, user }) => ({ params: { 'sessions/:session': hub.hub.services.sessions.start(user, { address: '192.0.2.1', userAgent: 'Firefox/140.0' }).session.id } }),
  deleteUser: () => ({ query: '?volumes=remove' }),
  reportActivity: async (f) => {
    await running(f);
    return { body: { last_activity: new Date().toISOString(), servers: { '': { last_activity: '2026-01-01' } } } };
  },
  reportHeartbeat: running,
  approveUser: withStatus('pending'),
  discardUser: withStatus('pending'),
  enableUser: withStatus('disabled'),
  getServer: running,
  stopServer: running,
  watchServer: running,
  changeServer: () => ({ body: { display_name: 'Mine' } }),
  changeUnnamedServer: () => ({ body: { user_options: { profile: 'default' } } }),
  createNamedServer: () => ({ params: { 'servers/:sname': 'two' }, body: { display_name: 'Two' } }),
  changeNamedServer: () => ({ body: { name: 'three' } }),
  stopNamedServer: () => ({ body: { remove: true } }),
  watchNamedServer: oneRunning,
  previewTemplate: () => ({ params: { 'templates/:slug': 'first_notebook' } }),
  copyTemplate: async (f) => ({ ...(await running(f)), body: { template: 'first_notebook' } }),
  copyTemplateIntoNamedServer: async (f) => ({ ...(await oneRunning(f)), body: { template: 'first_notebook' } }),
  restartServer: running,
  restartNamedServer: oneRunning,
  recreateServer: async (f) => ({ ...(await running(f)), body: { profile: 'default' } }),
  recreateNamedServer: oneRunning,
  getServerPostMortem: async (f) => {
    await start(f, DEFAULT_SERVER).settled;
    const id = idOf(f, DEFAULT_SERVER);
    await f.hub.spawner.kill(id, { exitCode: 137, oomKilled: true });
    while (f.hub.store.postMortems.end(id) === undefined) await new Promise((resolve) => setImmediate(resolve));
    return {};
  },
  getNamedServerPostMortem: async (f) => {
    await start(f, ONE).settled;
    const id = idOf(f, ONE);
    f.hub.spawner.killChild(id, new Date());
    f.hub.spawner.pause(id);
    return {};
  },
  readServerLog: async (f) => ({ ...(await running(f)), query: '?lines=5' }),
  readNamedServerLog: async (f) => {
    await start(f, ONE).settled;
    Object.assign(f.hub.spawner, { followLogs: async function* () { yield ['the last line']; } });
    return { query: '?follow=1' };
  },
  followEvents: () => ({ query: '?topics=servers&seconds=0' }),
  listQueue: waits(DEFAULT_SERVER),
  getServerUsage: measured(DEFAULT_SERVER),
  getNamedServerUsage: measured(ONE),
  getHostUsage: () => ({ query: '?range=week' }),
  getUsageReport: () => ({ query: '?month=2026-03&format=json&offset=1&limit=2' }),
  getServerPlace: waits(DEFAULT_SERVER),
  getNamedServerPlace: waits(ONE),
  jumpServer: waits(DEFAULT_SERVER),
  jumpNamedServer: waits(ONE),
  getServerIdleness: running,
  getNamedServerIdleness: leased(ONE),
  extendServer: running,
  extendNamedServer: oneRunning,
  leaseServer: async (f) => ({ ...(await running(f)), ...lease }),
  leaseNamedServer: async (f) => ({ ...(await oneRunning(f)), ...lease }),
  endServerLease: leased(DEFAULT_SERVER),
  endNamedServerLease: leased(ONE),
  askWhatIf: async (f) => ({ ...(await leased(ONE)(f)), query: '?idleLimit=1h&maxAge=0' }),
  changeSettings: () => ({ body: { set: { 'server.idleLimit': '8h' }, reset: ['backup.keep'] } }),
  exportAudit: () => ({ body: { format: 'jsonl', from: '2026-01-31T18:00:00Z' } }),
  searchAudit: () => ({ query: '?kind=users&limit=5' }),
  dismissWarning: warned,
  recallWarning: async (f) => {
    const example = await warned(f);
    const { health, actors } = f.hub.hub.services;
    health.dismiss(actors.ofUser(f.boss, 'cookie', 'test'), WARNING);
    return example;
  },
  announceMaintenance: () => ({ body: { from: new Date(Date.now() + 7 * 86_400_000).toISOString(), message: 'A new disk.' } }),
  restoreServers: async ({ hub, boss }) => {
    // Nothing of this maintenance shall go on beside the next example.
    await stopAll(hub);
    const { maintenance, actors } = hub.hub.services;
    const actor = actors.ofUser(boss, 'cookie', 'test');
    maintenance.announce(actor, { from: new Date(), until: null, message: '' });
    maintenance.end(actor);
    return {};
  },
  broadcastNotification: async (f) => ({ ...(await running(f)), body: { message: 'Save your work.', variant: 'warning', autoClose: 5_000, recipients: [f.user.name], groups: [f.group] } }),
  previewNotification: ({ user }) => ({ body: { recipients: [user.name], states: ['stopped'] } }),
  listNotifications: async (f) => ({ ...(await noticed(f)), query: '?range=24h&limit=5' }),
  getNotification: noticed,
  expireNotification: noticed,
  deleteNotification: noticed,
  listOwnNotifications: noticed,
  dismissNotification: noticed,
  listVolumes: binned,
  resetHomeVolume: used,
  resetVolumes: async (f) => ({ ...(await used(f)), body: { purposes: ['home', 'cache'] } }),
  handOverVolumes: async (f) => ({ ...(await used(f)), params: { 'users/:name': f.other }, body: { from: f.user.name } }),
  undoVolumeReset: binned,
  removeVolume: binned,
  listFiles: async (f) => ({ ...(await filed('a.txt', 'x')(f)), query: '?offset=0&limit=5' }),
  downloadFile: filed('a.txt', 'x'),
  downloadFolder: async (f) => ({ ...(await filed('a.txt', 'x')(f)), query: '' }),
  previewNotebook: filed('a.ipynb', JSON.stringify({ nbformat: 4, metadata: {}, cells: [{ cell_type: 'code', source: '1', outputs: [{ output_type: 'execute_result', data: { 'text/plain': '1' } }] }] })),
  downloadVolumes: used,
  downloadVolume: async (f) => ({ ...(await used(f)), ...homeOf(f, 'active') }),
  listLeftVolumes: async (f) => {
    await used(f);
    await f.hub.hub.services.accounts.remove(f.hub.hub.services.actors.ofUser(f.boss, 'cookie', 'test'), f.user.id, { volumes: 'keep' });
    return {};
  },
  createToken: () => ({ body: { note: 'x', expires_in: 60, scopes: ['inherit'] } }),
  createGroups: ({ fresh, other }) => ({ body: { groups: [fresh], users: [other] } }),
  createGroup: ({ fresh }) => ({ params: { 'groups/:name': fresh } }),
  addGroupUsers: ({ user }) => ({ body: { users: [user.name] } }),
  removeGroupUsers: ({ other }) => ({ body: { users: [other] } }),
  setGroupPolicy: () => ({ body: { profiles: { on: true, allowed: ['default'] }, limits: { on: true, cpus: 1.5, memory: 2 ** 30, servers: 2 }, environment: { on: true, variables: { A: 'b' } }, idle: { on: false, idle_limit: 60 }, network: { on: true } } }),
  previewGroupPolicy: () => ({ body: { limits: { on: true, cpus: 4 }, docker: { on: true } } }),
  setGroupOrder: ({ group }) => ({ body: { groups: [group] } }),
  importGroups: ({ fresh, user }) => ({ query: '?dry_run=true', body: { version: 1, groups: [{ name: fresh, members: [user.name], policy: { network: { on: true } } }] } }),
  setGroupProperties: () => ({ body: { colour: 'red', depth: [1] } }),
  createService: ({ fresh }) => ({ params: { 'services/:name': fresh }, body: { display: false, info: { a: 1 } } }),
  deleteService: async ({ hub, boss, fresh }) => {
    await createBrowser(hub).raw('post', `hub/api/services/${fresh}`, { Authorization: `token ${makeToken(hub, boss)}`, 'Content-Type': 'application/json' }).send('{}');
    return { params: { 'services/:name': fresh } };
  },
  shareDefaultServer: ({ group }) => ({ body: { group } }),
  shareServer: shared,
  unshareDefaultServer: shared,
  unshareServer: ({ other, user }) => ({ body: { user: other, scopes: [`access:servers!server=${user.name}/one`] } }),
  listSharedWithUser: withUser,
  getServerSharedWithUser: withUser,
  getDefaultServerSharedWithUser: withUser,
  leaveServerSharedWithUser: withUser,
  leaveDefaultServerSharedWithUser: withUser,
  acceptShareCode: invited,
  createShareCodeOfServer: () => ({ body: { expires_in: 3600 } }),
  identifyToken: ({ hub, user }) => ({ params: { 'token/:token': makeToken(hub, user) } }),
  identifyCookie: ({ hub, user }) => ({ params: { ':cookie/:value': hub.hub.services.sessions.start(user, { address: '', userAgent: '' }).cookie } }),
  moveProxy: () => ({ body: { api_url: 'http://127.0.0.1:8001' } }),
  redeemCode: async ({ hub, user }) => ({ form: true, body: exchangeOf(CLIENT, await codeFor(signedInAs(hub, user), CLIENT)) }),
};

let made = 0;
/** The people and things that an operation is about. */
export async function makeFixture(hub: TestHub, path: string): Promise<Fixture> {
  made += 1;
  const boss = makeUser(hub, `boss${made}`, { admin: true });
  const [user, other] = [makeUser(hub, `user${made}`), makeUser(hub, `other${made}`)];
  const group = `group${made}`;
  const headers = { Authorization: `token ${makeToken(hub, boss)}`, 'Content-Type': 'application/json' };
  const post = async (to: string, body: object, method: 'post' | 'put' = 'post'): Promise<void> => {
    const res = await createBrowser(hub).raw(method, `hub/api/${to}`, headers).send(JSON.stringify(body));
    if (res.status >= 300) throw new Error(`${to}: ${res.status} ${res.text}`);
  };
  await post(`groups/${group}`, { users: [other.name] });
  await post(`users/${user.name}/servers/one`, { display_name: 'One' }, 'put');
  makeToken(hub, user);
  for (const server of path.includes('share') ? ['', 'one'] : []) {
    await post(`shares/${user.name}/${server}`, { user: other.name });
    await post(`shares/${user.name}/${server}`, { group });
    await post(`share-codes/${user.name}/${server}`, {});
  }
  return { hub, boss, user, other: other.name, group, fresh: `fresh${made}` };
}

/** What stands in a path where an example says nothing else. */
export function pathOf(template: string, { hub, user, group }: Fixture, params: Example['params'] = {}): string {
  const token = hub.hub.services.tokens.listOf(hub.hub.services.actors.local(), user)[0]?.id ?? '';
  const usual: Readonly<Record<string, string>> = {
    'users/:name': user.name, 'groups/:name': group, 'services/:name': 'quiet', 'servers/:sname': 'one', 'tokens/:id': token, 'cookie/:cookie': 'hub',
    'shares/:owner': user.name, 'shared/:owner': user.name, 'share-codes/:owner': user.name, ':owner/:sname': 'one',
  };
  return template.split('/').map((segment, i, all) => {
    if (!segment.startsWith('{')) return segment;
    const bare = (part = ''): string => part.replace(/^\{(\w+)\}$/, ':$1');
    const key = `${bare(all[i - 1])}/${bare(segment)}`;
    const value = params[key] ?? usual[key];
    if (value === undefined) throw new Error(`nothing to put for ${key} in ${template}`);
    return encodeURIComponent(value);
  }).join('/');
}

/** Everything that a request could have changed. */
export function snapshot({ store, hub }: TestHub): string {
  const page = { offset: 0, limit: 10_000 };
  const users = store.users.list(page).users.map((u) => [u.id, u.name, u.admin, u.status, store.tokens.listOf(u.id).length, store.sessions.listOf(u.id).length, store.shares.heldBy(u.id).length]);
  const groups = store.groups.list(page).groups.map((group) => [group, store.groups.membersOf(group.id).map((user) => user.name)]);
  return JSON.stringify([users, groups, store.servers.list(), hub.services.services.list()]);
}
