'use strict';
const fs = require('node:fs');
const apt = require('./apt.cjs');
const { endpoint } = require('./engine-api.cjs');
const { inRoot } = require('./paths.cjs');
const { SetupError, step } = require('./report.cjs');
const { run, which } = require('./run.cjs');

/** Who runs the hub behind the filter says so in `.env`; what is special to the installation comes last, so that it wins. */
const FILTER = 'compose.filter.yml';
const OVERRIDE = 'compose_override.yml';

/**
 * The engine's own plugin where it is there, else the older program; both read the same files.
 * @returns {Promise<readonly string[] | null>} a command and its first arguments
 */
async function findCompose() {
  if (which('docker') !== null && (await run('docker', ['compose', 'version'], { timeoutMs: 20_000 })).code === 0) return ['docker', 'compose'];
  const older = which('docker-compose');
  return older === null ? null : [older];
}

/** As root on a Debian-family system the distribution's is installed. */
async function ensureCompose() {
  const found = await findCompose();
  if (found !== null) return found;
  if (!apt.canInstall()) throw new SetupError('Neither `docker compose` nor `docker-compose` is here. Install one of them (Debian: apt-get install docker-compose), then start again.');
  await step('Installing Compose: apt-get install docker-compose', (detail) => apt.install(['docker-compose'], detail));
  const installed = await findCompose();
  if (installed === null) throw new SetupError('docker-compose was installed, but does not run: see `docker-compose version`.');
  return installed;
}

/**
 * What Compose itself will read from `.env`, of some variables; the shell's own win, as they do there.
 * @param {string} text of the file
 * @returns {Record<string, string>}
 */
function readEnvFile(text) {
  const pairs = text.split('\n').map((line) => /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line)).filter(Boolean);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value.replace(/^(["'])(.*)\1$/, '$2')]));
}

const settings = (env = process.env) => {
  const file = inRoot('.env');
  return { ...(fs.existsSync(file) ? readEnvFile(fs.readFileSync(file, 'utf8')) : {}), ...env };
};

/** @returns {readonly string[]} the `-f` arguments; none where COMPOSE_FILE or the caller names files */
function fileArgs(env, exists = fs.existsSync) {
  if (env.COMPOSE_FILE) return [];
  const filter = ['1', 'true', 'yes', 'on'].includes(String(env.BERTH_DOCKER_FILTER ?? '').toLowerCase()) ? [inRoot(FILTER)] : [];
  return [inRoot('compose.yml'), ...filter, inRoot(OVERRIDE)].filter((file) => exists(file)).flatMap((file) => ['-f', file]);
}

/** The group that may use the engine's socket; undefined when the engine is not reached through one. */
function socketGroup(env) {
  const socket = env.DOCKER_SOCKET || endpoint({}).request.socketPath;
  return fs.existsSync(socket) ? String(fs.statSync(socket).gid) : undefined;
}

/** @returns {Record<string, string>} what Compose needs to know and nobody said */
function discovered(env) {
  const group = env.DOCKER_GID ? undefined : socketGroup(env);
  return group === undefined ? {} : { DOCKER_GID: group };
}

module.exports = { discovered, ensureCompose, fileArgs, readEnvFile, settings };
