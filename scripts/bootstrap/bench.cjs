'use strict';
const { spawn } = require('node:child_process');
const { inRoot } = require('./paths.cjs');
const { fail } = require('./report.cjs');

/** What the chosen scenarios need beyond that, they say themselves. */
async function main() {
  await require('./deps.cjs').ensureDeps();
  await require('../build.cjs').ensureBuilt();
  const bench = spawn(process.execPath, [inRoot('bench', 'run.cjs'), ...process.argv.slice(2)], { stdio: 'inherit' });
  bench.on('exit', (code) => { process.exitCode = code ?? 1; });
}

main().catch(fail);
