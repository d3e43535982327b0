'use strict';
const { spawn } = require('node:child_process');
const { constants } = require('node:os');
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

async function prepare(may) {
  checkNode();
  await require('./deps.cjs').ensureDeps({ allowed: may.install });
  await require('../build.cjs').ensureBuilt({ allowed: may.build });
  await require('./engine.cjs').ensureEngine({ allowed: may.dockerInstall });
  if (usesOurImage(process.env)) await ensure('notebook', { allowed: may.imageBuild });
}

/** The hub in this terminal. Ctrl-C reaches every process of a terminal by itself; a second one would count as "now". */
function runHub(args) {
  const hub = spawn(process.execPath, ['--enable-source-maps', inRoot('dist', 'hub', 'main.js'), ...args], { stdio: 'inherit' });
  process.on('SIGINT', () => { if (!process.stdin.isTTY) hub.kill('SIGINT'); });
  process.on('SIGTERM', () => hub.kill('SIGTERM'));
  process.on('SIGHUP', () => hub.kill('SIGTERM'));
  hub.on('error', fail);
  hub.on('exit', (code, signal) => { process.exitCode = code ?? 128 + constants.signals[signal]; });
}

async function main() {
  const { help, may, hubArgs } = parseStartArgs(process.argv.slice(2));
  if (help) return void process.stdout.write(`${HELP}\n`);
  await prepare(may);
  return runHub(hubArgs);
}

module.exports = { checkNode, usesOurImage };

if (require.main === module) main().catch(fail);
