'use strict';
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');

/** Outside the tree: a run of some scenarios still writes the whole page, with the newest figures of the others. */
const fileOf = (env = process.env) => env.BENCH_RESULTS ?? path.join(env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'berth-bench', 'results.json');

/** @returns {Record<string, object>} newest result of each scenario; empty when there is none, or when what is there cannot be read */
function readResults(file = fileOf()) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') process.stderr.write(`${file} is left aside: ${error.message}\n`);
    return {};
  }
}

function keepResult(name, result, file = fileOf()) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify({ ...readResults(file), [name]: result })}\n`);
  renameSync(`${file}.${process.pid}`, file);
}

module.exports = { fileOf, keepResult, readResults };
