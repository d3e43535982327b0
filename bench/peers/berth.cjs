'use strict';
/**
 * The whole hub, as it is built, with the fake spawner, and in it as many users and routes as a scenario asks for: `x`, who is signed in and has a token, an
 * administrator with a token, and `u0`, `u1`, … Each route leads to the benchmark's own backend.
 */
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { answer, options } = require('../kit/answer.cjs');
const { createTimers } = require('./timers.cjs');
const { built, fill, quiet, recordedSpawner, settings } = require('./world.cjs');

/**
 * `dataDir`: one that was filled before. `users`, `password`: accounts to make now. `running`: those with a server on record are found running. `routes`: how many
 * of them have a route without being on record. `sessions`: how many are signed in. `callers`: how many have a token, and how many further administrators. `timed`: what the hub does by itself is done when asked for.
 */
const { dir, dataDir = path.join(dir, `hub-${process.pid}`), origin, how = 'cookie', users = 0, password, running = false, routes = 0, sessions = 0, callers = 0, timed = false, config = {} } = options();

/** Runs from the first time that it is asked for: its timer is no part of what others measure. */
const delays = monitorEventLoopDelay({ resolution: 2 });
let since = { at: performance.now(), cpu: process.cpuUsage() };

/** How late a timer of 2 ms was since the last time, in milliseconds, and the share of a core that was used. */
function takeDelays() {
  const late = (ns) => Math.max(0, ns / 1e6 - 2);
  const { user, system } = process.cpuUsage(since.cpu);
  const said = { p50: late(delays.percentile(50)), p99: late(delays.percentile(99)), max: late(delays.max), cpu: (user + system) / 1000 / (performance.now() - since.at) };
  delays.enable();
  delays.reset();
  since = { at: performance.now(), cpu: process.cpuUsage() };
  return said;
}

/** As the hub has them: of writing activity, and of looking for idle servers. */
const [FLUSH_MS, ROUND_MS] = [30_000, 60_000];
/** More than what is written takes, 250 rows in each. */
const SOME_TURNS = 200;

async function turns(count) {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function account(hub, username, admin) {
  const { accounts, actors } = hub.services;
  const found = hub.store.users.byName(username);
  const user = found ?? (await accounts.create(actors.local(), { username, admin })).user;
  // With the first password, which somebody else made up, one gets nowhere.
  return hub.store.users.update(user.id, { mustChangePassword: false });
}

function addRoute(hub, user) {
  const server = hub.store.servers.ensure(user.id, '');
  hub.routes.set({ prefix: `/user/${user.name}/`, origin, owner: user.id, server: server.id, upstream: { kind: 'injected', authorization: 'token 0123456789' } });
}

function start(timers) {
  const { createHub } = built('hub/create-hub.js');
  const spawner = running ? { spawner: recordedSpawner({ clock: timers.clock, origin, dataDir }) } : {};
  return createHub(settings(dataDir, config), quiet, { ...spawner, ...(timed ? { clock: timers.clock } : {}) });
}

async function main() {
  const timers = createTimers();
  const hub = await start(timers);
  const { actors, sessions: signedIn, tokens } = hub.services;
  const [admin, x] = [await account(hub, 'boss', true), await account(hub, 'x', false)];
  const hash = password === undefined ? null : await hashOf(hub, password);
  fill(hub.store, { users, hash, admins: callers });
  const named = (n) => hub.store.users.byName(`u${n}`);
  const { port, origin: own } = new URL(hub.url);
  const cookieOf = (user) => ({ cookie: `hub=${signedIn.start(user, { address: '127.0.0.1', userAgent: 'bench' }).cookie}; _xsrf=1`, origin: own });
  const tokenOf = (user) => ({ authorization: `token ${tokens.create(actors.ofUser(user, 'cookie', 'bench'), user, { note: 'bench', scopes: ['inherit'], expiresInSeconds: 3600 }).secret}` });
  if (origin !== undefined) addRoute(hub, x);
  for (let n = 0; n < routes; n += 1) addRoute(hub, named(n));
  const callersOf = (letters) => Array.from({ length: callers }, (_, n) => tokenOf(hub.store.users.byName(`${letters}${n}`)).authorization);
  const info = {
    instance: hub.instance,
    port: Number(port), prefix: '/user/x/', headers: how === 'cookie' ? cookieOf(x) : tokenOf(x), admin: tokenOf(admin), own: tokenOf(x),
    // Nobody may ask as fast as a benchmark does: many do.
    callers: { own: callersOf('u'), admin: callersOf('boss') },
    // Of many users, for connections that are spread over them.
    clients: Array.from({ length: sessions }, (_, n) => ({ path: `/user/u${n}/ws`, headers: cookieOf(named(n)) })),
  };
  answer(info, {
    routes: () => hub.routes.list().length,
    // Everybody has just used their server, and what was seen is written.
    flush: () => {
      for (const { owner, id } of hub.store.servers.active()) hub.services.activity.touch(owner, id);
      return timers.passed(FLUSH_MS, () => turns(SOME_TURNS));
    },
    // A round over all servers: nobody's time is up, or, `moveMs` later, that of `due` of them.
    round: ({ moveMs = 0, due = 0 } = {}) => {
      timers.move(moveMs);
      for (const { id } of hub.store.servers.active().slice(due)) hub.services.idleness.used(id, 0);
      return timers.passed(ROUND_MS, () => hub.services.idleness.round());
    },
    delays: takeDelays,
    active: () => hub.store.servers.countActive(),
  });
}

/** The same for everybody: making one takes as long as a sign-in. */
async function hashOf(hub, password) {
  const { accounts, actors } = hub.services;
  const { user } = await accounts.create(actors.local(), { username: 'somebody', admin: false, password });
  return hub.store.users.passwordHash(user.id);
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
