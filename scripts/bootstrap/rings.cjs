'use strict';

/** What a ring needs beyond dependencies and a build, and whether it may share the machine with another ring. */
const RINGS = {
  unit: { needs: [], alone: false },
  contracts: { needs: ['tools'], alone: false },
  architecture: { needs: [], alone: false },
  docs: { needs: ['tools'], alone: false },
  http: { needs: [], alone: false },
  clients: { needs: ['tools'], alone: false },
  proxy: { needs: ['tools'], alone: false },
  docker: { needs: ['tools', 'engine', 'test', 'notebook', 'stacks', 'platform', 'hub', 'compose'], alone: true },
  browser: { needs: ['engine', 'test', 'notebook', 'browser'], alone: true },
};

/**
 * @param {readonly string[]} argv ring names; none means all
 * @returns {string[]} in the order in which rings run
 * @throws Error naming the unknown ones
 */
function chooseRings(argv) {
  const asked = argv.filter((arg) => arg !== '--');
  const unknown = asked.filter((name) => !Object.hasOwn(RINGS, name));
  if (unknown.length > 0) throw new Error(`No such ring: ${unknown.join(', ')}. There are: ${Object.keys(RINGS).join(', ')}.`);
  return Object.keys(RINGS).filter((name) => asked.length === 0 || asked.includes(name));
}

/** @param {readonly string[]} rings @returns {Set<string>} */
const needsOf = (rings) => new Set(rings.flatMap((name) => RINGS[name].needs));

/**
 * One ring's verdict from what Jest wrote. Whatever is not a passed test counts against the ring: a suite that did not
 * load, a skipped test, no test at all, a runner that crashed or could not end.
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number, numRuntimeErrorTestSuites: number } | null} result
 *   null when Jest wrote nothing
 * @param {number} exitCode
 * @returns {{ passed: number, failed: number, note: string }}
 */
function verdict(result, exitCode) {
  if (result === null) return { passed: 0, failed: 1, note: `the runner ended with code ${exitCode} and no result` };
  const counts = [
    [result.numFailedTests, 'failed'],
    [result.numRuntimeErrorTestSuites, 'files did not load'],
    [result.numPendingTests + result.numTodoTests, 'skipped'],
  ];
  const failed = counts.reduce((sum, [n]) => sum + n, 0);
  const note = counts.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`).join(', ');
  if (failed > 0) return { passed: result.numPassedTests, failed, note };
  if (result.numPassedTests === 0) return { passed: 0, failed: 1, note: 'no tests' };
  if (exitCode !== 0) return { passed: result.numPassedTests, failed: 1, note: `the runner ended with code ${exitCode}` };
  return { passed: result.numPassedTests, failed: 0, note: '' };
}

/**
 * @param {readonly { ring: string, passed: number, failed: number, note: string, time: string }[]} rows
 * @returns {string} a table, and as the last line the sums
 */
function summary(rows) {
  const lines = rows.map((r) => `${r.failed > 0 ? '✗' : '✓'} ${r.ring.padEnd(13)}${String(r.passed).padStart(6)} passed${String(r.failed).padStart(5)} failed   ${r.time.padStart(11)}${r.note ? `   ${r.note}` : ''}`);
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0);
  return [...lines, `${sum('passed')} passed, ${sum('failed')} failed`].join('\n');
}

module.exports = { RINGS, chooseRings, needsOf, summary, verdict };
