'use strict';
const path = require('node:path');

/** A file of what was built, as `npm start` runs it. */
const built = (file) => require(path.join(__dirname, '..', '..', 'dist', file));

const quiet = { debug() {}, info() {}, warn() {}, error: (fields, message) => process.stderr.write(`${message} ${fields.err?.stack ?? ''}\n`), child: () => quiet };

const settings = (dataDir, more = {}) => built('hub/config/index.js').parseConfig({ listen: { port: 0 }, spawner: 'fake', dataDir, log: { level: 'error' }, ...more });

const databaseIn = (dataDir) => built('hub/docker-settings.js').databaseOf({ dataDir });

/** Rows of one transaction. */
const AT_ONCE = 1000;

/**
 * Accounts `u0` to `u<users - 1>`, the first `running` of them with a server that runs at `origin`, written as an import writes them: over the API, with
 * a password hashed for each, they would take minutes.
 */
function fill(store, { users, running = 0, origin, hash = null }) {
  const { newId } = built('hub/domain/ids.js');
  const at = new Date();
  for (let from = 0; from < users; from += AT_ONCE) {
    store.transaction(() => {
      for (let n = from; n < Math.min(users, from + AT_ONCE); n += 1) {
        const user = { id: newId(), name: `u${n}`, admin: false, status: 'active', created: at, lastActivity: null, mustChangePassword: false };
        store.users.create(user);
        if (hash !== null) store.users.setPasswordHash(user.id, hash);
        if (n < running) run(store, user, { origin, at });
      }
    });
  }
}

function run(store, user, { origin, at }) {
  const server = store.servers.ensure(user.id, '');
  const handle = { spawner: 'fake', id: server.id };
  const starting = store.servers.transition(server, { kind: 'starting', since: at, handle }, { profile: 'default' });
  store.servers.transition(starting, { kind: 'ready', since: at, handle, origin });
}

/** The fake spawner, for servers that are on record only: all that were there when it began run where the benchmark's backend answers. */
function recordedSpawner({ clock, origin, dataDir }) {
  const store = built('hub/store/create-store.js').openStore(databaseIn(dataDir));
  const living = new Map(store.servers.active().map(({ id, state }) => [id, state.handle]));
  store.close();
  return {
    ...built('spawner/fake/index.js').createFakeSpawner({ clock }),
    list: async () => [...living].map(([server, handle]) => ({ server, handle, running: true })),
    inspect: async ({ id }) => (living.has(id) ? { kind: 'running', origin, mode: 'injected' } : { kind: 'absent' }),
    stop: async ({ id }) => void living.delete(id),
    sample: async () => [],
    cpuSeconds: undefined,
  };
}

module.exports = { built, databaseIn, fill, quiet, recordedSpawner, settings };
