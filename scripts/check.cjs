'use strict';
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('./bootstrap/paths.cjs');
const { duration, fail } = require('./bootstrap/report.cjs');
const { run } = require('./bootstrap/run.cjs');

/** A test that leaves a handle open would keep its runner for ever. */
const DEADLINE_MS = 120_000;

/** What `npm run check` runs, all at once; the caches below node_modules make the second time quick. */
const CHECKS = [
  { name: 'types', bin: 'typescript/bin/tsc', args: ['-p', 'tsconfig.json', '--noEmit', '--pretty', 'false'] },
  { name: 'lint', bin: 'eslint/bin/eslint.js', args: ['--cache', '--cache-location', 'node_modules/.cache/eslint', '.'] },
  { name: 'unit', bin: 'jest/bin/jest', args: ['--selectProjects', 'unit', 'architecture', '--ci', '--colors=false', '--silent', `--maxWorkers=${os.availableParallelism()}`] },
];

/** The package's `bin` folder is not always among its exports, so the file is found beside its package.json. */
function binary(bin) {
  const [name, ...rest] = bin.split('/');
  return path.join(require.resolve(`${name}/package.json`), '..', ...rest);
}

async function check({ name, bin, args }) {
  const started = Date.now();
  const { code, output } = await run(process.execPath, [binary(bin), ...args], { cwd: ROOT, timeoutMs: DEADLINE_MS });
  const ok = code === 0;
  const note = code === 124 ? ', stopped: it did not end' : '';
  process.stdout.write(`${ok ? '✓' : '✗'} ${name} (${duration(Date.now() - started)}${note})\n`);
  return { ok, name, output };
}

async function main() {
  const started = Date.now();
  await require('./bootstrap/deps.cjs').ensureDeps();
  const results = await Promise.all(CHECKS.map(check));
  for (const { name, output } of results.filter((r) => !r.ok)) process.stdout.write(`\n── ${name}\n${output.trim()}\n`);
  process.exitCode = results.every((r) => r.ok) ? 0 : 1;
  process.stdout.write(`\n${process.exitCode === 0 ? 'All checks pass' : 'Checks failed'} (${duration(Date.now() - started)})\n`);
}

main().catch(fail);
