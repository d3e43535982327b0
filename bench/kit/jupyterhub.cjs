'use strict';
const { execFile } = require('node:child_process');
const { chmodSync, mkdirSync } = require('node:fs');
const path = require('node:path');
const { promisify } = require('node:util');
const { freePort } = require('./nginx.cjs');
const { until } = require('./measure.cjs');

const run = promisify(execFile);
const IMAGE = 'berth/bench-jupyterhub:local';
/** Whatever carries this belongs to a benchmark; its value begins with the process that made it. */
const LABEL = 'berth.bench';
const FOLDER = path.join(__dirname, '..', 'peers', 'jupyterhub');

/** The distribution's JupyterHub; the engine's layer cache makes all but the first call quick. */
const buildImage = () => run('docker', ['build', '--network', 'host', '-q', '-t', IMAGE, FOLDER], { timeout: 900_000 });

/** A container of the image's own, on the host's network, which ends with the scenario. @returns {Promise<number>} the id of its first process */
async function startContainer(kit, { env, mount }) {
  const name = `berth-bench-${process.pid}-${Date.now()}`;
  await run('docker', ['run', '-d', '--rm', '--name', name, '--network', 'host', '--cpuset-cpus', String(kit.cores.peer), '--label', `${LABEL}=${process.pid}`, '-v', mount, '-e', `BENCH=${JSON.stringify(env)}`, IMAGE]);
  kit.onDispose(() => run('docker', ['rm', '-f', '-v', name]).catch(() => undefined));
  const { stdout } = await run('docker', ['inspect', '-f', '{{.State.Pid}}', name]);
  return { pid: Number(stdout), name };
}

/**
 * JupyterHub with its proxy: the distribution's hub, the proxy from npm, both on the peers' core.
 * @param {{ users?: number, running?: number, backend: number }} ask `running`: how many of the users have a server on record; `backend`: port where these answer
 * @returns {Promise<{ port: number, hub: number[], proxy: number[], admin: object, own: object, readyMs: number, end: () => Promise<void> }>}
 */
async function startJupyterHub(kit, { users = 0, running = 0, backend }) {
  const folder = path.join(kit.dir, `jupyterhub-${Date.now()}`);
  mkdirSync(folder);
  chmodSync(folder, 0o777);
  const [port, hub, api] = [await freePort(), await freePort(), await freePort()];
  const told = { users, running, backend, port, hub, api, admin: 'a'.repeat(32), own: 'b'.repeat(32) };
  const program = path.join(path.dirname(require.resolve('configurable-http-proxy/package.json')), 'bin', 'configurable-http-proxy');
  const args = [program, '--ip', '127.0.0.1', '--port', String(port), '--api-ip', '127.0.0.1', '--api-port', String(api), '--default-target', `http://127.0.0.1:${hub}`, '--log-level', 'error'];
  const proxy = kit.start(kit.cores.peer, process.execPath, args, { env: { NODE_ENV: 'production', CONFIGPROXY_AUTH_TOKEN: told.admin }, stdio: 'ignore' });
  const began = performance.now();
  const { pid, name } = await startContainer(kit, { env: told, mount: `${folder}:/srv/bench` });
  const headers = (token) => ({ authorization: `token ${token}` });
  await until('JupyterHub', () => fetch(`http://127.0.0.1:${port}/hub/api/user`, { headers: headers(told.own) }).then((res) => res.ok, () => false), 420);
  const end = () => run('docker', ['rm', '-f', '-v', name]).then(() => undefined);
  return { port, hub: [pid], proxy: [proxy.pid], admin: headers(told.admin), own: headers(told.own), readyMs: performance.now() - began, end };
}

/** @returns {Promise<string>} as it says itself */
const versionOfJupyterHub = () => run('docker', ['run', '--rm', '--label', `${LABEL}=${process.pid}`, IMAGE, 'jupyterhub', '--version']).then(({ stdout }) => stdout.trim(), () => '');

module.exports = { LABEL, buildImage, startJupyterHub, versionOfJupyterHub };
