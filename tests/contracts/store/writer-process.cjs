'use strict';
/**
 * A hub's store under load, for as long as it lives or for so many writes: node writer-process.cjs <path> <seed> <compiled sources> [writes]. Writes users, sessions,
 * tokens, starts of servers and audit entries in an order that the seed decides, and says each on standard output once it is acknowledged, never before.
 */
const { writeSync } = require('node:fs');
const { join } = require('node:path');

const [path, seed, code, writes] = process.argv.slice(2);
const most = writes === undefined ? Infinity : Number(writes);
const { openStore } = require(join(code, 'hub/store/create-store'));
const { newId } = require(join(code, 'hub/domain/ids'));

let state = Number(seed) >>> 0;
/** Mulberry32: the same seed gives the same load. */
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

const store = openStore(path);
// A pipe would keep what it was given in this process; this is the kernel's before the next line runs.
const say = (line) => writeSync(1, `${line}\n`);
const at = new Date();
const owner = newId();
store.users.create({ id: owner, name: `owner-${seed}`, admin: false, status: 'active', created: at, lastActivity: null, mustChangePassword: false });
say(`user owner-${seed}`);

let n = 0;
const acts = [
  () => {
    const hash = `s-${seed}-${n}`;
    store.sessions.create({ id: newId(), user: owner, created: at, lastSeen: at, address: '', userAgent: '' }, hash);
    say(`session ${hash}`);
  },
  () => {
    const hash = `t-${seed}-${n}`;
    store.tokens.create({ id: newId(), owner, note: 'x'.repeat(Math.floor(random() * 3000)), scopes: ['self'], created: at, expires: null, lastUsed: null }, hash);
    say(`token ${hash}`);
  },
  () => {
    // Both or neither: a user and the entry that says so.
    store.transaction(() => {
      store.users.create({ id: newId(), name: `u-${seed}-${n}`, admin: false, status: 'active', created: at, lastActivity: null, mustChangePassword: false });
      store.audit.append({ at, actorKind: 'hub', actor: 'hub', actorId: '', via: '', credential: '', address: '', requestId: '', action: 'user.create', target: `user:u-${seed}-${n}`, result: 'ok', detail: {} });
    });
    say(`both u-${seed}-${n}`);
  },
  () => {
    const server = store.servers.ensure(owner, `s${n}`);
    const moved = store.servers.transition(server, { kind: 'starting', since: at, handle: null });
    if (moved !== undefined) say(`server ${server.id}`);
  },
  () => store.sessions.touch(new Map(store.sessions.listOf(owner).slice(0, 20).map(({ id }) => [id, new Date()]))),
];
say('ready');
while (n < most) {
  n += 1;
  acts[Math.floor(random() * acts.length)]();
}
store.close();
