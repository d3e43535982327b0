'use strict';
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** User plus system CPU seconds of a process so far, all its threads included. */
function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** @param {readonly number[]} pids @returns {number} CPU seconds of all of them together */
const cpuSeconds = (pids) => pids.reduce((sum, pid) => sum + cpuOf(pid), 0);

/** @param {readonly number[]} pids @returns {number} resident memory in MB of all of them together */
const residentMb = (pids) => pids.reduce((sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024, 0);

/** @returns {Promise<{ cpu: number, ms: number, value: T }>} CPU seconds of the processes, and time, while `work` ran @template T */
async function during(pids, work) {
  const before = cpuSeconds(pids);
  const from = performance.now();
  const value = await work();
  return { cpu: cpuSeconds(pids) - before, ms: performance.now() - from, value };
}

/** @param {readonly number[]} values at least one */
function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { min: sorted[0], median: sorted[Math.floor((sorted.length - 1) / 2)], max: sorted.at(-1) };
}

/** @param {readonly number[]} values @param {number} share between 0 and 1 */
function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Asks until the answer is true; at most `seconds`. */
async function until(what, ask, seconds = 30) {
  const end = Date.now() + seconds * 1000;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s`);
    await pause(20);
  }
}

module.exports = { cpuSeconds, during, pause, percentile, residentMb, spread, until };
