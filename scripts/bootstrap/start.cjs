'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const { constants } = require('node:os');
const path = require('node:path');
const { HELP, parseStartArgs } = require('./args.cjs');
const { IMAGES, ensure } = require('./images.cjs');
const { inRoot } = require('./paths.cjs');
const { SetupError, fail } = require('./report.cjs');

const OLDEST = [20, 19];

function checkNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new SetupError(`Node ${version} is too old: version ${OLDEST.join('.')} or newer is needed.`);
}

/** Only the default image is ours to build; one named in the settings comes from a registry, when a server starts. */
const usesOurImage = (env) => {
  const named = env.HUB_IMAGE_NOTEBOOK || env.DOCKER_NOTEBOOK_IMAGE || env.NOTEBOOK_IMAGE;
  return !named || named === IMAGES.notebook.tag;
};

/** Labs without containers need no engine and no image. The configuration itself is read, and judged, by the hub. */
function usesDocker(env, cwd = process.cwd()) {
  const spawner = env.HUB_SPAWNER || spawnerInFile(path.resolve(cwd, env.HUB_CONFIG_FILE || 'hub.config.json'));
  return spawner !== 'process' && spawner !== 'fake';
}

function spawnerInFile(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).spawner;
  } catch {
    // Absent or broken: the hub says so, in its own words.
    return undefined;
  }
}

async function prepare(may, env) {
  checkNode();
  await require('./deps.cjs').ensureDeps({ allowed: may.install });
  await require('../build.cjs').ensureBuilt({ allowed: may.build });
  if (!usesDocker(env)) return;
  await require('./engine.cjs').ensureEngine({ allowed: may.dockerInstall });
  if (usesOurImage(env)) await ensure('notebook', { allowed: may.imageBuild });
}

/** The hub in this terminal. Ctrl-C reaches every process of a terminal by itself; a second one would count as "now". */
function runHub(args, env) {
  const hub = spawn(process.execPath, ['--enable-source-maps', inRoot('dist', 'hub', 'main.js'), ...args], { stdio: 'inherit', env });
  process.on('SIGINT', () => { if (!process.stdin.isTTY) hub.kill('SIGINT'); });
  process.on('SIGTERM', () => hub.kill('SIGTERM'));
  process.on('SIGHUP', () => hub.kill('SIGTERM'));
  hub.on('error', fail);
  hub.on('exit', (code, signal) => { process.exitCode = code ?? 128 + constants.signals[signal]; });
}

async function main() {
  const { help, may, spawner, hubArgs } = parseStartArgs(process.argv.slice(2));
  if (help) return void process.stdout.write(`${HELP}\n`);
  if (spawner === '') throw new SetupError('--spawner needs a kind, such as process.');
  const env = spawner === undefined ? process.env : { ...process.env, HUB_SPAWNER: spawner };
  await prepare(may, env);
  return runHub(hubArgs, env);
}

module.exports = { checkNode, usesDocker, usesOurImage };

if (require.main === module) main().catch(fail);
