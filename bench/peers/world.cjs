'use strict';
const path = require('node:path');
const Database = require('better-sqlite3');

/** A file of what was built, as `npm start` runs it. */
const built = (file) => require(path.join(__dirname, '..', '..', 'dist', file));

const quiet = { debug() {}, info() {}, warn() {}, error: (fields, message) => process.stderr.write(`${message} ${fields.err?.stack ?? ''}\n`), child: () => quiet };

const settings = (dataDir, more = {}) => built('hub/config/index.js').parseConfig({ listen: { port: 0 }, spawner: 'fake', dataDir, log: { level: 'error' }, ...more });

const databaseIn = (dataDir) => built('hub/docker-settings.js').databaseOf({ dataDir });

/** Rows of one transaction. */
const AT_ONCE = 1000;

/**
 * Accounts `u0` to `u<users - 1>`, the first `running` of them with a server that runs at `origin`, written as an import writes them: over the API, with
 * a password hashed for each, they would take minutes. `admins`: `boss0`, `boss1`, … besides.
 */
function fill(store, { users, running = 0, admins = 0, origin, hash = null }) {
  const at = new Date();
  const names = [...Array.from({ length: users }, (_, n) => `u${n}`), ...Array.from({ length: admins }, (_, n) => `boss${n}`)];
  for (let from = 0; from < names.length; from += AT_ONCE) {
    store.transaction(() => {
      for (const [n, name] of names.slice(from, from + AT_ONCE).entries()) {
        const user = addUser(store, { name, at, admin: from + n >= users });
        if (hash !== null) store.users.setPasswordHash(user.id, hash);
        if (from + n < running) run(store, user, { origin, at });
      }
    });
  }
}

function addUser(store, { name, at, admin }) {
  const user = { id: built('hub/domain/ids.js').newId(), name, admin, status: 'active', created: at, lastActivity: null, mustChangePassword: false };
  store.users.create(user);
  for (const role of [...built('hub/domain/scopes/roles.js').ROLES_OF_EVERYONE, ...(admin ? ['admin'] : [])]) store.roles.grant(role, user.id);
  return user;
}

function run(store, user, { origin, at }) {
  const server = store.servers.ensure(user.id, '');
  const handle = { spawner: 'fake', id: server.id };
  const starting = store.servers.transition(server, { kind: 'starting', since: at, handle }, { profile: 'default', secret: 'c'.repeat(64) });
  store.servers.transition(starting, { kind: 'ready', since: at, handle, origin });
}

/** The fake spawner, for servers that are on record only: all that were there when it began run where the benchmark's backend answers. */
function recordedSpawner({ clock, origin, dataDir }) {
  let known = null;
  // Read when the hub asks for the first time: an engine knows its containers without the hub's file, and how long it takes to read that is no part of a start.
  const living = () => (known ??= readLiving());
  const readLiving = () => {
    // The hub alone may open its store.
    const db = new Database(databaseIn(dataDir), { readonly: true });
    const rows = db.prepare("SELECT id, state FROM servers WHERE kind IN ('starting', 'ready', 'stopping')").all();
    db.close();
    return new Map(rows.map(({ id, state }) => [id, JSON.parse(state).handle]));
  };
  return {
    ...built('spawner/fake/index.js').createFakeSpawner({ clock }),
    list: async () => [...living()].map(([server, handle]) => ({ server, handle, running: true })),
    inspect: async ({ id }) => (living().has(id) ? { kind: 'running', origin, mode: 'injected' } : { kind: 'absent' }),
    stop: async ({ id }) => void living().delete(id),
    sample: async () => [],
    cpuSeconds: undefined,
  };
}

module.exports = { built, databaseIn, fill, quiet, recordedSpawner, settings };
