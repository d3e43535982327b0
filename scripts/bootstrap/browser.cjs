'use strict';
const fs = require('node:fs');
const apt = require('./apt.cjs');
const { SetupError, step } = require('./report.cjs');
const { which } = require('./run.cjs');

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** @returns {string | null} the browser named by CHROME, else one found on this machine */
function findBrowser(env = process.env) {
  if (env.CHROME) {
    if (fs.existsSync(env.CHROME)) return env.CHROME;
    throw new SetupError(`CHROME=${env.CHROME} does not exist. Point it at a Chromium, or unset it.`);
  }
  return NAMES.map((name) => which(name, env)).find((found) => found !== null) ?? null;
}

/** @returns {Promise<string>} the path of a Chromium, installed as root on a Debian-family system when there is none */
async function ensureBrowser() {
  const found = findBrowser();
  if (found !== null) return found;
  if (apt.canInstall()) await step('Installing the browser for the tests: apt-get install chromium', (detail) => apt.install(['chromium'], detail));
  const installed = findBrowser();
  if (installed !== null) return installed;
  throw new SetupError('The browser tests need Chromium, and none was found. Install it (Debian: apt-get install chromium, as root), or set CHROME to the path of one.');
}

module.exports = { ensureBrowser, findBrowser };
