'use strict';
/** The database of a large hub, for `bench/pages.cjs`: the same for the same numbers, but for ids and for the time now. */
const { newId } = require('../hub/domain/ids.ts');
const { NO_POLICY } = require('../hub/domain/policy.ts');
const { DEFAULT_ROLES } = require('../hub/domain/scopes/roles.ts');
const { openStore } = require('../hub/store/create-store.ts');
const { grantRoles } = require('../hub/services/account-deps.ts');

const HOUR = 3_600_000;
const GIB = 1024 ** 3;
const LARGE_GROUP = 5_000;
const AUDITED = ['server.start', 'server.stop', 'login.ok', 'login.failed', 'user.create', 'group.add', 'token.create', 'notice.send'];

const inChunks = (store, count, work) => {
  for (let i = 0; i < count; i += 5000) store.transaction(() => { for (let n = i; n < Math.min(i + 5000, count); n += 1) work(n); });
};
/** Spread, and the same each time. */
const some = (n, below) => (Math.imul(n + 1, 2_654_435_761) >>> 0) % below;
const ago = (now, hours) => new Date(now.getTime() - hours * HOUR);

function addUsers(store, { now, users }) {
  const ids = [];
  inChunks(store, users, (n) => {
    const user = { id: newId(), name: n === 0 ? 'boss' : `user-${String(some(n, 1e9)).padStart(9, '0')}-${n}`, admin: n === 0, status: n > 0 && n % 500 === 0 ? 'pending' : n > 0 && n % 333 === 0 ? 'disabled' : 'active', created: ago(now, n), lastActivity: null, mustChangePassword: false };
    ids.push(user.id);
    store.users.create(user);
    if (user.status !== 'pending') grantRoles(store, user);
    for (let i = 0; i < 2; i += 1) store.tokens.create({ id: newId(), owner: user.id, note: `token ${i}`, scopes: ['self'], created: ago(now, 50), expires: null, lastUsed: null }, `t${n}-${i}`);
    store.sessions.create({ id: newId(), user: user.id, created: ago(now, 2), lastSeen: ago(now, 1), address: '10.0.0.1', userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' }, `s${n}`);
    for (const [i, purpose] of ['home', 'workspace', 'cache'].entries()) {
      store.volumes.add({ id: newId(), owner: user.id, purpose, generation: 1, name: null, state: 'active', created: ago(now, 500), lastUsed: ago(now, 20), bytes: some(n * 3 + i, 40) * 153_391_689, measured: ago(now, 5), binned: null, ends: null });
    }
  });
  inChunks(store, 1, () => store.users.touch(new Map(ids.map((id, n) => [id, ago(now, some(n, 2000))]))));
  return ids;
}

/** The second group holds half of everybody; everybody is in two or three of the others. */
function addGroups(store, ids, count) {
  const groups = [];
  inChunks(store, 1, () => {
    for (let n = 0; n < count; n += 1) {
      const id = newId();
      groups.push(id);
      store.groups.create({ id, name: n === 1 ? 'everyone' : `group-${n}`, properties: {} });
      if (n % 10 === 0) store.policies.put(id, { ...NO_POLICY, limits: { on: true, cpus: 2 + (n % 3), memory: 4 * GIB, servers: 3 }, environment: { on: true, variables: { TEAM: `group-${n}` } } });
    }
  });
  inChunks(store, ids.length, (n) => {
    if (n < LARGE_GROUP) store.groups.addMember(groups[1], ids[n]);
    for (let i = 0; i < 3; i += 1) {
      const group = some(n * 3 + i, count);
      if (group !== 1) store.groups.addMember(groups[group], ids[n]);
    }
  });
}

/** The first ones run; `user-…` number one has a second server. */
function addServers(store, ids, { now, running, stopped }) {
  const made = [];
  inChunks(store, running + stopped, (n) => {
    const owner = n < ids.length ? ids[n] : ids[1];
    const server = store.servers.ensure(owner, n === running ? '' : n % 20 === 7 ? 'second' : '');
    const profile = n % 3 === 0 ? 'large' : 'default';
    const handle = { spawner: 'fake', id: server.id };
    const since = ago(now, some(n, 20));
    const starting = store.servers.transition(server, { kind: 'starting', since, handle }, { profile, secret: 'x'.repeat(43) });
    const ready = store.servers.transition(starting, { kind: 'ready', since, handle, origin: 'http://127.0.0.1:1' });
    if (n >= running) store.servers.transition(ready, { kind: 'stopped', since: ago(now, some(n, 900)), reason: n % 4 === 0 ? 'It was not used for a day.' : null });
    made.push({ id: server.id, owner, profile });
  });
  inChunks(store, 1, () => store.servers.touch(new Map(made.map(({ id }, n) => [id, ago(now, some(n, 70))]))));
  return made;
}

/** Sixty days of six hours for each that runs, counted into their months, and the last two hours by minutes; ninety days of the host. */
function addUsage(store, servers, now) {
  const [hour, minute] = [Math.floor(now.getTime() / HOUR), Math.floor(now.getTime() / 60_000)];
  const keys = servers.map((server) => store.usage.key(server, hour));
  const hours = (at) => keys.flatMap((key, n) => (some(n + at, 4) > 0 ? [] : [{ hour: at, key, seconds: 3600, cpuSeconds: some(n, 5000), memorySeconds: some(n, 9000), cpuPeak: some(n, 2000), memoryPeak: some(n, 4_000_000), cpuLimit: 2000, memoryLimit: 4_194_304 }]));
  const host = (step, at) => ({ step, at, cpu: 0.4, cpuPeak: 0.8, memory: 10 * GIB, memoryPeak: 12 * GIB, disk: 100 * GIB, engineDisk: null, running: 900, queued: 3, loopMs: 2, failed: 1, started: 5, starts: [4000, 5000, 6000, 7000, 9000] });
  for (let at = hour - 90 * 24; at < hour; at += 1) {
    store.transaction(() => store.usage.write({ minute: at * 60, minutes: [], hours: at < hour - 60 * 24 ? [] : hours(at), host: [host(3600, at * 3600)] }));
  }
  for (let at = minute - 120; at < minute; at += 1) {
    const minutes = keys.map((key, n) => ({ key, cpu: some(n + at, 2000), cpuPeak: 2000, memory: some(n, 4_000_000), memoryPeak: 4_000_000 }));
    store.transaction(() => store.usage.write({ minute: at, minutes, hours: [], host: [host(60, at * 60)] }));
  }
  for (let i = 0; i < 90 * 24; i += 24) store.usage.countHours(hour, 24);
}

function addHistory(store, ids, { now, entries, notices }) {
  inChunks(store, entries, (n) => {
    const name = store.users.byId(ids[some(n, ids.length)]).name;
    const action = AUDITED[n % AUDITED.length];
    store.audit.append({ at: new Date(now.getTime() - (entries - n) * 36_000), actorKind: 'user', actor: n % 5 === 0 ? 'boss' : name, actorId: n % 5 === 0 ? ids[0] : ids[some(n, ids.length)], via: 'cookie', credential: 'c', address: '10.0.0.1', requestId: newId(), action, target: action.startsWith('server') ? `server:${name}/` : `user:${name}`, result: n % 9 === 0 ? 'denied' : 'ok', detail: { reason: 'bench' } });
  });
  for (let n = 0; n < notices; n += 1) {
    const id = newId();
    const everybody = n % 10 === 0;
    store.notices.add({ id, message: `Message ${n}: the cluster is looked after on Sunday.`, variant: 'info', autoClose: false, audience: { users: null, groups: everybody ? null : [`group-${2 + n}`], states: null }, by: 'boss', created: ago(now, notices - n), from: ago(now, notices - n), until: new Date(now.getTime() + 100 * HOUR), sent: null });
    store.notices.send(id, ago(now, notices - n));
    store.transaction(() => { for (const { user } of store.notices.waitingLabs(id)) store.notices.result(id, user, { status: 'success', error: null }); });
  }
  for (const { id } of store.notices.list({ offset: 0, limit: notices, since: null }).notices.slice(3)) {
    // Whoever is measured closed all but the newest three, as people do.
    for (const user of [ids[0], ids[1]]) store.notices.dismiss(id, user, now);
  }
}

/** Fills a new database and closes it. */
function fillStore(file, size) {
  const store = openStore(file);
  try {
    for (const role of DEFAULT_ROLES) store.roles.put(role);
    const ids = addUsers(store, size);
    addGroups(store, ids, size.groups);
    const servers = addServers(store, ids, size);
    addUsage(store, servers.slice(0, size.running), size.now);
    addHistory(store, ids, size);
  } finally {
    store.close();
  }
}

/** An administrator, and a researcher whose server runs: the first two accounts. */
function personsOf(file) {
  const store = openStore(file);
  try {
    return store.users.list({ offset: 0, limit: 2 }, { sort: 'id' }).users;
  } finally {
    store.close();
  }
}

module.exports = { fillStore, personsOf };
