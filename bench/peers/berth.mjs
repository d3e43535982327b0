/** The whole hub with one user, one session, one token, and one route that leads to the benchmark's backend. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const dist = (file) => require(path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist', file));
const { parseConfig } = dist('hub/config/index.js');
const { createHub } = dist('hub/create-hub.js');

const [origin, how, dir] = process.argv.slice(2);
const silent = { debug() {}, info() {}, warn() {}, error: (fields, message) => process.stderr.write(`${message} ${fields.err?.stack ?? ''}\n`), child: () => silent };
const hub = await createHub(parseConfig({ listen: { port: 0 }, spawner: 'fake', dataDir: path.join(dir, how), log: { level: 'error' } }), silent);

const { accounts, actors, sessions, tokens } = hub.services;
const made = await accounts.create(actors.local(), { username: 'x', admin: false });
// With the first password, which somebody else made up, one gets nowhere.
const user = hub.store.users.update(made.user.id, { mustChangePassword: false });
const server = hub.store.servers.ensure(user.id, '');
const prefix = '/user/x/';
hub.routes.set({ prefix, origin, owner: user.id, server: server.id, upstream: { kind: 'injected', authorization: 'token 0123456789' } });
const headers =
  how === 'cookie'
    ? { cookie: `hub=${sessions.start(user, { address: '127.0.0.1', userAgent: 'bench' }).cookie}; _xsrf=1` }
    : { authorization: `token ${tokens.create(actors.ofUser(user, 'cookie', 'bench'), user, { note: 'bench', scopes: ['inherit'], expiresInSeconds: 3600 }).secret}` };
process.stdout.write(`${JSON.stringify({ port: Number(new URL(hub.url).port), path: `${prefix}api`, headers })}\n`);
// An orderly end, so that `node --cpu-prof` writes its profile.
process.once('SIGTERM', () => process.exit(0));
