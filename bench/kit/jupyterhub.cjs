'use strict';
const { randomBytes } = require('node:crypto');
const { chmodSync, existsSync, mkdirSync } = require('node:fs');
const path = require('node:path');
const { LABEL, docker } = require('./docker.cjs');
const { freePort } = require('./nginx.cjs');
const { until } = require('./measure.cjs');

const IMAGE = 'berth/bench-jupyterhub:local';
const FOLDER = path.join(__dirname, '..', 'peers', 'jupyterhub');

/** The distribution's JupyterHub; the engine's layer cache makes all but the first call quick. */
const buildImage = () => docker(['build', '--network', 'host', '-q', '-t', IMAGE, FOLDER], 900_000);

/** A container of the image's own, on the host's network, which ends with the scenario. @returns {Promise<number>} the id of its first process */
async function startContainer(kit, { env, mount }) {
  const name = `berth-bench-${process.pid}-${Date.now()}`;
  await docker(['run', '-d', '--rm', '--name', name, '--network', 'host', '--cpuset-cpus', String(kit.cores.peer), '--label', `${LABEL}=${process.pid}`, '-v', mount, '-e', `BENCH=${JSON.stringify(env)}`, IMAGE]);
  kit.onDispose(() => docker(['rm', '-f', '-v', name]).catch(() => undefined));
  return { pid: Number(await docker(['inspect', '-f', '{{.State.Pid}}', name])), name };
}

/**
 * JupyterHub with its proxy: the distribution's hub, the proxy from npm, both on the peers' core.
 * @param {{ users?: number, running?: number, backend: number }} ask `running`: how many of the users have a server on record; `callers`: how many users have a token, and how many further administrators; `backend`: port where these answer
 * @returns {Promise<object>} `began`, `readyMs`: when the hub's own program was started, after the database was filled, and how long it took to its first answer
 */
async function startJupyterHub(kit, { users = 0, running = 0, callers = 0, backend }) {
  const folder = path.join(kit.dir, `jupyterhub-${Date.now()}`);
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const [port, hub, api] = [await freePort(), await freePort(), await freePort()];
  // As it makes them itself. It finds tokens by how they begin, and hashes the asked one once for each that begins like it.
  const tokens = () => Array.from({ length: callers }, () => randomBytes(16).toString('hex'));
  const told = { users, running, backend, port, hub, api, admin: 'a'.repeat(32), own: 'b'.repeat(32), admins: tokens(), owns: tokens() };
  const program = path.join(path.dirname(require.resolve('configurable-http-proxy/package.json')), 'bin', 'configurable-http-proxy');
  const args = [program, '--ip', '127.0.0.1', '--port', String(port), '--api-ip', '127.0.0.1', '--api-port', String(api), '--default-target', `http://127.0.0.1:${hub}`, '--log-level', 'error'];
  const proxy = kit.start(kit.cores.peer, process.execPath, args, { env: { NODE_ENV: 'production', CONFIGPROXY_AUTH_TOKEN: told.admin }, stdio: 'ignore' });
  const { pid, name } = await startContainer(kit, { env: told, mount: `${folder}:/srv/bench` });
  // Filling the database is no part of a start.
  await until('the accounts', () => existsSync(path.join(folder, 'filled')), 420);
  const began = performance.now();
  const shown = (token) => `token ${token}`;
  const headers = (token) => ({ authorization: shown(token) });
  await until('JupyterHub', () => fetch(`http://127.0.0.1:${port}/hub/api/user`, { headers: headers(told.own) }).then((res) => res.ok, () => false), 420);
  const end = async () => {
    await docker(['rm', '-f', '-v', name]);
    const gone = new Promise((resolve) => { proxy.once('exit', resolve); });
    proxy.kill('SIGTERM');
    await gone;
  };
  // Without the one to the hub itself.
  const routes = async () => Object.keys(await (await fetch(`http://127.0.0.1:${api}/api/routes`, { headers: headers(told.admin) })).json()).filter((route) => route.startsWith('/user/')).length;
  return { port, hub: [pid], proxy: [proxy.pid], admin: headers(told.admin), own: headers(told.own), callers: { own: told.owns.map(shown), admin: told.admins.map(shown) }, began, readyMs: performance.now() - began, routes, end };
}

/** @returns {Promise<string>} as it says itself */
const versionOfJupyterHub = () => docker(['run', '--rm', '--label', `${LABEL}=${process.pid}`, IMAGE, 'jupyterhub', '--version']).catch(() => '');

module.exports = { buildImage, startJupyterHub, versionOfJupyterHub };
