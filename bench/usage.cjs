'use strict';
/**
 * What the hub's own measuring costs at the size of a large hub: `node bench/usage.cjs [running servers] [users]`. Two hours of minutes are
 * played, on a database in a file. Figures are of single calls, in
 * milliseconds: CPU on average, and by the clock, which on a busy machine counts others too. Those in
 * docs/benchmarks.md come from here.
 */
require('../tests/support/typescript.cjs');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const path = require('node:path');
const { openStore } = require('../hub/store/create-store.ts');
const { newId } = require('../hub/domain/ids.ts');
const { createUsage } = require('../hub/services/usage.ts');
const { expandRaw } = require('../hub/domain/scopes/expand.ts');
const { createFakeClock } = require('../tests/support/fake-clock.ts');

const [SERVERS = 1000, USERS = 10_000] = process.argv.slice(2).map(Number);
const MINUTES = 120;
const GIB = 1024 ** 3;
const at = new Date('2026-03-02T08:00:00Z');
const folder = mkdtempSync(path.join(tmpdir(), 'berth-bench-'));
const store = openStore(path.join(folder, 'hub.sqlite'));
const clock = createFakeClock(at);
const quiet = { debug() {}, info() {}, warn(fields, text) { console.error(text, fields); }, error() {}, child: () => quiet };

const owners = [];
store.transaction(() => {
  for (let n = 0; n < USERS; n += 1) {
    const id = newId();
    store.users.create({ id, name: `user-${n}`, admin: n === 0, status: 'active', created: at, lastActivity: null, mustChangePassword: false });
    const server = store.servers.ensure(id, '');
    if (n >= SERVERS) continue;
    owners.push({ id, server: server.id });
    const handle = { spawner: 'fake', id: server.id };
    const starting = store.servers.transition(server, { kind: 'starting', since: at, handle }, { profile: 'default' });
    store.servers.transition(starting, { kind: 'ready', since: at, handle, origin: 'http://10.0.0.2:8888' });
  }
});

const spent = new Map();
const busy = new Map();
const timed = (name, work) => {
  const [began, before] = [performance.now(), process.cpuUsage()];
  const done = work();
  const { user, system } = process.cpuUsage(before);
  spent.set(name, [...(spent.get(name) ?? []), performance.now() - began]);
  busy.set(name, (busy.get(name) ?? 0) + (user + system) / 1000);
  return done;
};
const { transaction } = store;
const usageStore = { ...store.usage, prune: (before) => timed('prune', () => store.usage.prune(before)), countHours: (...given) => timed('months', () => store.usage.countHours(...given)) };
const engine = { sample: async () => owners.map(({ server }, n) => ({ server, memoryBytes: GIB + n * 1000, memoryLimit: 4 * GIB, cpuSeconds: (clock.monotonicMs() / 1000) * ((n % 20) / 10), cpuLimit: 2 })) };
const host = { cpus: 16, cpuTimes: () => ({ idle: clock.monotonicMs() / 2, all: clock.monotonicMs() }), memory: () => ({ used: 10 * GIB, total: 64 * GIB }), disk: async () => ({ used: 1, total: 2 }), otherDisk: async () => null, takeLoopMs: () => 1, close() {} };
const usage = createUsage({ store: { ...store, usage: usageStore, transaction: (work) => timed('write', () => transaction(work)) }, engine, host, feed: { publish() {}, isFollowed: () => false }, clock, log: quiet });

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function main() {
  for (let minute = 0; minute < MINUTES; minute += 1) {
    for (let beat = 0; beat < 6; beat += 1) {
      clock.advance(10_000);
      await turn();
      await turn();
    }
  }
  const actor = { kind: 'local', id: 'local', name: 'local', admin: true, via: 'local', credential: 'local', groups: [], scopes: expandRaw(['admin-ui', 'admin:users', 'admin:servers']) };
  const owner = store.users.byId(owners[7].id);
  for (let i = 0; i < 5; i += 1) {
    timed('one server, an hour', () => usage.history(actor, owner, '', 'hour'));
    timed('one server, a day', () => usage.history(actor, owner, '', 'day'));
    timed('one server, 90 days', () => usage.history(actor, owner, '', 'quarter'));
    timed('host, a day', () => usage.host(actor, 'day'));
    timed('dashboard', () => usage.dashboard(actor));
    timed('report, 50 users', () => usage.report(actor, { offset: 0, limit: 50 }));
  }
  for (const [name, all] of spent) {
    const sorted = all.toSorted((a, b) => a - b);
    const of = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2);
    console.log(name.padEnd(22), `calls ${sorted.length}`.padEnd(12), `CPU ${(busy.get(name) / sorted.length).toFixed(2)}`.padEnd(11), `median ${of(0.5)}`.padEnd(16), `p95 ${of(0.95)}`.padEnd(14), `longest ${of(1)}`);
  }
  usage.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
}

void main();
