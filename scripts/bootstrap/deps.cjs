'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { inRoot, ROOT } = require('./paths.cjs');
const { run, tail, which } = require('./run.cjs');
const { SetupError, step } = require('./report.cjs');
const apt = require('./apt.cjs');

const STAMP = inRoot('node_modules', '.berth-installed');
const NATIVE = 'better-sqlite3';
const TOOLS = ['python3', 'make', 'g++'];

/**
 * What an installation depends on: the lock file, and the Node ABI that native modules are compiled for.
 * @param {string | Buffer} lock
 */
function depsStamp(lock, versions = process.versions) {
  return createHash('sha256').update(lock).update(`\0${versions.modules}\0${process.platform}-${process.arch}`).digest('hex');
}

/**
 * Whether what npm recorded in node_modules is what the lock file asks for, so that somebody's own `npm ci` is not repeated.
 * Optional packages may be absent (they belong to other platforms).
 * @param {{ packages: Record<string, { version?: string, optional?: boolean, link?: boolean }> }} lock
 * @param {{ packages: Record<string, { version?: string }> }} installed
 */
function matchesLock(lock, installed) {
  return Object.entries(lock.packages).every(([where, wanted]) => {
    if (where === '' || wanted.link) return true;
    const found = installed.packages[where];
    return found ? found.version === wanted.version : Boolean(wanted.optional);
  });
}

const readOr = (file, otherwise) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : otherwise);

function installed(stamp) {
  const recorded = readOr(STAMP, null);
  if (recorded !== null) return recorded === stamp;
  const hidden = readOr(inRoot('node_modules', '.package-lock.json'), null);
  if (hidden === null) return false;
  return matchesLock(JSON.parse(fs.readFileSync(inRoot('package-lock.json'), 'utf8')), JSON.parse(hidden));
}

/** A module for another Node ABI, or one never compiled, shows only when it is loaded: try it in a process of its own. */
async function nativeLoads() {
  const script = `new (require(${JSON.stringify(NATIVE)}))(':memory:').close()`;
  return (await run(process.execPath, ['-e', script], { cwd: ROOT, timeoutMs: 20_000 })).code === 0;
}

/** npm of the Node that runs us where it lies beside it, else the one on PATH. */
function npmCommand() {
  const beside = path.join(path.dirname(process.execPath), 'npm');
  return fs.existsSync(beside) ? beside : 'npm';
}

function npmEnv() {
  const env = { ...process.env };
  const prefix = path.resolve(path.dirname(process.execPath), '..');
  // Headers that came with this Node spare the compiler a download that a closed network would not allow.
  if (fs.existsSync(path.join(prefix, 'include', 'node', 'node_version.h'))) env.npm_config_nodedir = prefix;
  return env;
}

const npm = (args, detail) => run(npmCommand(), [...args, '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'],
  { cwd: ROOT, env: npmEnv(), onLine: (line) => detail(line.slice(0, 70)), timeoutMs: 1_200_000 });

async function installPackages() {
  // One package needs its install script; leaving the others' out gives the same result with every npm version.
  await step('Installing dependencies (npm ci)', async (detail) => {
    const { code, output } = await npm(['ci', '--ignore-scripts'], detail);
    if (code !== 0) throw new SetupError(`Dependencies could not be installed. npm said:\n${tail(output)}\nCheck that this machine reaches the npm registry (npm ping), then start again.`);
  });
}

/** @returns {Promise<string | null>} null when the module loads, else what the compiler said */
async function compileNative() {
  let said = '';
  const compile = async (detail) => {
    said = (await npm(['rebuild', NATIVE], detail)).output;
    if (!await nativeLoads()) throw new SetupError(said);
  };
  return step(`Preparing ${NATIVE} (compiled here where no prebuilt one can be fetched)`, compile).then(() => null, () => said);
}

async function ensureNative() {
  if (await nativeLoads()) return;
  let complaint = await compileNative();
  const missing = TOOLS.filter((tool) => which(tool) === null);
  if (complaint !== null && missing.length > 0 && apt.canInstall()) {
    await step(`Installing the compiler that ${NATIVE} needs: apt-get install ${missing.join(' ')}`, (detail) => apt.install([...missing, 'libc6-dev'], detail));
    complaint = await compileNative();
  }
  if (complaint === null) return;
  const advice = missing.length > 0
    ? `The tools to compile it are missing: ${missing.join(', ')}. Install them (Debian: apt-get install python3 make g++), then start again.`
    : `The compiler said:\n${tail(complaint)}`;
  throw new SetupError(`The native module ${NATIVE} does not load on this machine (Node ${process.version}). ${advice}`);
}

/**
 * Makes node_modules fit package-lock.json and this Node. Costs one hash when nothing changed.
 * @param {{ allowed?: boolean }} [options] `allowed: false` checks, and refuses instead of installing
 */
async function ensureDeps({ allowed = true } = {}) {
  const stamp = depsStamp(fs.readFileSync(inRoot('package-lock.json')));
  if (readOr(STAMP, null) === stamp) return;
  if (!allowed) {
    if (installed(stamp)) return;
    throw new SetupError('Dependencies are not installed or not up to date, and --no-install forbids installing them. Run `npm ci`, then start again.');
  }
  if (!installed(stamp)) await installPackages();
  await ensureNative();
  fs.writeFileSync(STAMP, stamp);
}

module.exports = { depsStamp, ensureDeps, matchesLock };
