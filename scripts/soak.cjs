'use strict';
/** `npm run soak -- 60`: the long forms of the load cases, for so many minutes at most. */
const { spawnSync } = require('node:child_process');
const { ensureDeps } = require('./bootstrap/deps.cjs');
const { inRoot } = require('./bootstrap/paths.cjs');
const { fail } = require('./bootstrap/report.cjs');

async function main() {
  await ensureDeps();
  const args = ['-r', inRoot('tests', 'support', 'typescript.cjs'), inRoot('tests', 'soak', 'main.ts'), ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}

main().catch(fail);
