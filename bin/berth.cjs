#!/usr/bin/env node
'use strict';
const { ensureDeps } = require('../scripts/bootstrap/deps.cjs');
const { fail } = require('../scripts/bootstrap/report.cjs');

/** The command line works in a fresh clone too: what is missing is made first, what is merely older is left alone. */
async function main() {
  await ensureDeps();
  await require('../scripts/build.cjs').ensureBuilt({ onlyMissing: true });
  require('../dist/hub/cli/main.js');
}

main().catch(fail);
