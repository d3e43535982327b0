'use strict';
const fs = require('node:fs');
const { run, tail, which } = require('./run.cjs');
const { SetupError } = require('./report.cjs');

const isRoot = () => typeof process.getuid === 'function' && process.getuid() === 0;

/** @returns {boolean} whether packages can be installed here without asking anybody */
const canInstall = () => isRoot() && which('apt-get') !== null && fs.existsSync('/etc/debian_version');

let updated = false;

/**
 * Installs distribution packages. The lists are fetched once per run, and only when something is to be installed.
 * @param {readonly string[]} packages
 * @param {(text: string) => void} detail
 */
async function install(packages, detail = () => undefined) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
  // Another apt may be at work just after boot: wait for its lock instead of failing.
  const wait = ['-o', 'DPkg::Lock::Timeout=120'];
  if (!updated) {
    detail('apt-get update');
    const lists = await run('apt-get', [...wait, 'update'], { env, timeoutMs: 300_000 });
    if (lists.code !== 0) throw new SetupError(`apt-get update failed:\n${tail(lists.output)}`);
    updated = true;
  }
  const args = [...wait, 'install', '-y', '--no-install-recommends', ...packages];
  const done = await run('apt-get', args, { env, onLine: (line) => detail(line.slice(0, 70)), timeoutMs: 1_800_000 });
  if (done.code !== 0) throw new SetupError(`apt-get install ${packages.join(' ')} failed:\n${tail(done.output)}`);
}

module.exports = { canInstall, install, isRoot };
