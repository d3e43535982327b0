'use strict';
const apt = require('./apt.cjs');
const { SetupError, step } = require('./report.cjs');
const { which } = require('./run.cjs');

/** Programs that tests call, and the packages that have them. */
const PACKAGES = { ip: 'iproute2', iptables: 'iptables', unshare: 'util-linux', python3: 'python3-minimal', strace: 'strace' };

/** Installed as root on a Debian-family system where one is missing. */
async function ensureTools() {
  const missing = () => Object.keys(PACKAGES).filter((name) => which(name) === null);
  if (missing().length === 0) return;
  const packages = missing().map((name) => PACKAGES[name]);
  if (apt.canInstall()) await step(`Installing what the tests call: apt-get install ${packages.join(' ')}`, (detail) => apt.install(packages, detail));
  if (missing().length > 0) throw new SetupError(`The tests need ${missing().join(', ')}, and these were not found. Install them (Debian: apt-get install ${packages.join(' ')}, as root).`);
}

module.exports = { ensureTools };
