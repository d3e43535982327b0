'use strict';
const { execFile } = require('node:child_process');
const http = require('node:http');
const { promisify } = require('node:util');

/** Whatever carries this belongs to a benchmark; its value begins with the process that made it. */
const LABEL = 'berth.bench';

/** The engine's own program. @returns {Promise<string>} what it printed */
const docker = (args, timeout = 120_000) => promisify(execFile)('docker', args, { timeout, maxBuffer: 16 * 1024 ** 2 }).then(({ stdout }) => stdout.trim());

const lines = (text) => text.split('\n').filter((line) => line !== '');

/** Removes containers of benchmarks that have ended, as one that was killed leaves them. */
async function sweep() {
  const found = lines(await docker(['ps', '-aq', '--filter', `label=${LABEL}`, '--format', `{{.ID}} {{.Label "${LABEL}"}}`]).catch(() => ''));
  for (const line of found) {
    const [id, owner] = line.split(' ');
    if (!isAlive(Number.parseInt(owner, 10))) await docker(['rm', '-f', '-v', id]).catch(() => undefined);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** @returns {Promise<boolean>} whether this address answers with a success, at once */
const answers = (url, headers = {}) => new Promise((resolve) => {
  const req = http.get(url, { headers, timeout: 2000, agent: false }, (res) => {
    res.resume();
    resolve(res.statusCode === 200);
  });
  req.on('error', () => resolve(false));
  req.on('timeout', () => req.destroy());
});

/** Asks every 20 ms. */
async function untilAnswers(url, headers, seconds = 120) {
  const end = performance.now() + seconds * 1000;
  while (!(await answers(url, headers))) {
    if (performance.now() > end) throw new Error(`${url} did not answer within ${seconds} s`);
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
}

module.exports = { LABEL, docker, isAlive, sweep, untilAnswers };
