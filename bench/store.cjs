'use strict';
/**
 * How long the store keeps the event loop busy at the size of a large hub: `node bench/store.cjs [users] [tokens] [audit rows]`.
 * Prints the longest of some calls of each verb, and how late a timer was while a backup ran. The figures in docs/benchmarks.md come from here.
 */
require('../tests/support/typescript.cjs');
const { mkdtempSync, rmSync, statSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { openStore } = require('../hub/store/create-store.ts');
const { newId } = require('../hub/domain/ids.ts');

const [USERS = 10_000, TOKENS = 100_000, ENTRIES = 1_000_000] = process.argv.slice(2).map(Number);
const AT = new Date('2026-01-01T00:00:00Z');

function inChunks(store, count, work) {
  for (let i = 0; i < count; i += 5000) store.transaction(() => { for (let n = i; n < Math.min(i + 5000, count); n += 1) work(n); });
}

function fill(store) {
  const users = [];
  const servers = [];
  const sessions = [];
  const tokens = [];
  inChunks(store, USERS, (n) => {
    const id = newId();
    users.push(id);
    store.users.create({ id, name: `user-${n}`, admin: n === 0, status: 'active', created: AT, lastActivity: null, mustChangePassword: false });
    servers.push(store.servers.ensure(id, '').id);
    const session = newId();
    sessions.push(session);
    store.sessions.create({ id: session, user: id, created: AT, lastSeen: AT, address: '10.0.0.1', userAgent: 'bench' }, `s${n}`);
  });
  inChunks(store, TOKENS, (n) => {
    const id = newId();
    tokens.push(id);
    store.tokens.create({ id, owner: users[n % USERS], note: `token ${n}`, scopes: ['self'], created: AT, expires: null, lastUsed: null }, `t${n}`);
  });
  inChunks(store, ENTRIES, (n) =>
    store.audit.append({ at: new Date(AT.getTime() + n), actorKind: 'user', actor: `user-${n % USERS}`, actorId: users[n % USERS], via: 'cookie', credential: 'c', address: '10.0.0.1', requestId: `r${n}`, action: 'server.start', target: `server:user-${n % USERS}/`, result: 'ok', detail: {} }));
  return { users, servers, sessions, tokens };
}

const TIMES = 15;
function measure(name, work) {
  const took = [];
  for (let i = 0; i < TIMES; i += 1) {
    const from = performance.now();
    work(i);
    took.push(performance.now() - from);
  }
  took.sort((a, b) => a - b);
  process.stdout.write(`${name.padEnd(46)} median ${took[Math.floor(TIMES / 2)].toFixed(2).padStart(8)} ms   longest ${took.at(-1).toFixed(2).padStart(8)} ms\n`);
}

function verbs(store, { users, servers, sessions, tokens }) {
  const page = { offset: 0, limit: 200 };
  const seen = (ids, n) => new Map(ids.slice(0, n).map((id, i) => [id, new Date(AT.getTime() + i + Math.random() * 1e6)]));
  const listPage = { offset: 0, limit: 50 };
  for (const order of ['name', 'last_activity', 'started', 'amount', 'volumes']) measure(`servers.page, 50 by ${order}`, () => store.servers.page({ ...listPage, order, down: true }, {}));
  measure('servers.page, 50 of a searched name', () => store.servers.page({ ...listPage, order: 'name', down: false }, { userContains: '99' }));
  measure('servers.kinds', () => store.servers.kinds({}));
  measure('users.list, 50 of a searched name', () => store.users.list(listPage, { sort: 'name', nameContains: '99' }));
  measure('users.statuses', () => store.users.statuses({}));
  for (const sort of ['id', '-id', 'name', '-name', 'last_activity', '-last_activity']) measure(`users.list, by ${sort}`, () => store.users.list(page, { sort }));
  measure('users.list, last page', () => store.users.list({ offset: USERS - 200, limit: 200 }, { sort: 'name' }));
  measure('users.list, by part of a name', () => store.users.list(page, { nameContains: '99', status: 'active' }));
  measure('users.byName', (i) => store.users.byName(`user-${i * 7}`));
  measure('users.touch, 250 at once', () => store.users.touch(seen(users, 250)));
  measure('users.touch, 1000 at once', () => store.users.touch(seen(users, 1000)));
  measure('servers.touch, 250 at once', () => store.servers.touch(seen(servers, 250)));
  measure('sessions.touch, 250 at once', () => store.sessions.touch(seen(sessions, 250)));
  measure('tokens.touch, 250 at once', () => store.tokens.touch(seen(tokens, 250)));
  measure('sessions.byHash', (i) => store.sessions.byHash(`s${i}`));
  measure('sessions.count', () => store.sessions.count());
  measure('sessions.removeExpired, none', () => store.sessions.removeExpired({ lastSeen: new Date(0), created: new Date(0) }));
  measure('tokens.byHash', (i) => store.tokens.byHash(`t${i}`));
  measure('tokens.listOf', (i) => store.tokens.listOf(users[i]));
  measure('servers.list, all of them', () => store.servers.list());
  measure('servers.active', () => store.servers.active());
  measure('servers.queued', () => store.servers.queued());
  measure('servers.countActive', () => store.servers.countActive());
  measure('audit.append', (i) => store.audit.append({ at: AT, actorKind: 'user', actor: 'a', actorId: '', via: '', credential: '', address: '', requestId: String(i), action: 'x', target: 'y', result: 'ok', detail: {} }));
  measure('audit.list, newest', () => store.audit.list(page));
  measure('audit.search, one window of 5000', () => store.audit.search({ filter: { actor: 'nobody' }, window: 5000, limit: 100 }));
  measure('audit.after, 500', () => store.audit.after(ENTRIES / 2, 500));
  measure('audit.prune, 1000', () => store.audit.prune(new Date(AT.getTime() + 20_000), 1000));
  measure('users.remove', (i) => store.users.remove(users[i + 20]));
}

async function backUp(store) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const from = performance.now();
  delay.enable();
  const { bytes } = await store.backups.make(new Date());
  delay.disable();
  process.stdout.write(`backup of ${(bytes / 1024 ** 2).toFixed(0)} MB: ${(performance.now() - from).toFixed(0)} ms; a timer of 1 ms was late by ${((delay.max / 1e6) - 1).toFixed(1)} ms at most, ${((delay.percentile(99) / 1e6) - 1).toFixed(1)} ms in 99 % of the time\n`);
}

async function main() {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-store-'));
  const file = path.join(folder, 'hub.sqlite');
  const store = openStore(file);
  try {
    const all = fill(store);
    process.stdout.write(`${USERS} users and servers, ${TOKENS} tokens, ${ENTRIES} entries of the audit log: ${(statSync(file).size / 1024 ** 2).toFixed(0)} MB\n`);
    verbs(store, all);
    await backUp(store);
  } finally {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
