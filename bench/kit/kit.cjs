'use strict';
const { spawn } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const BENCH = path.join(__dirname, '..');

/**
 * What one scenario has of the machine: a folder, two cores, and a list of what has to end with it. Everything that a scenario starts is started here, so
 * that nothing outlives it, however it ends.
 */
function createKit({ quick = false } = {}) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'berth-bench-'));
  const ends = [];
  const two = os.cpus().length > 1;
  const cores = { peer: 0, load: two ? 1 : 0 };

  /** Last in, first out; each is tried whatever became of the others. */
  const onDispose = (end) => void ends.push(end);

  async function dispose() {
    for (const end of ends.splice(0).reverse()) await Promise.resolve().then(end).catch((error) => process.stderr.write(`${error.message}\n`));
    rmSync(dir, { recursive: true, force: true });
  }

  /** @param {number | null} core null: wherever there is room */
  function start(core, command, args, { env = {}, stdio = ['ignore', 'ignore', 'inherit'] } = {}) {
    // The kernel ends it with us, also where we have no time left to do that.
    const bound = ['--pdeathsig', 'TERM', ...(core === null ? [] : ['taskset', '-c', String(core)]), command, ...args];
    const child = spawn('setpriv', bound, { stdio, env: { ...process.env, ...env } });
    const ended = new Promise((resolve) => { child.once('exit', resolve); child.once('error', resolve); });
    onDispose(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(late);
    });
    return child;
  }

  /**
   * One of our own programs, which says what it is (`info`), answers questions, and ends with us.
   * @param {string} file below bench/
   */
  async function program(file, { core = cores.peer, options = {}, flags = [] } = {}) {
    const child = start(core, process.execPath, [...flags, path.join(BENCH, file), JSON.stringify(options)], { env: { NODE_ENV: 'production' }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const waiting = new Map();
    let next = 0;
    const info = await new Promise((resolve, reject) => {
      child.on('message', (said) => {
        if (said.info) return resolve(said.info);
        const asked = waiting.get(said.id);
        waiting.delete(said.id);
        if (said.error === undefined) asked.resolve(said.answer);
        else asked.reject(new Error(`${file}: ${said.error}`));
      });
      child.once('exit', (code) => {
        const gone = new Error(`${file} ended with code ${code}`);
        reject(gone);
        for (const asked of waiting.values()) asked.reject(gone);
      });
    });
    const ask = (what, given) => new Promise((resolve, reject) => {
      waiting.set(next, { resolve, reject });
      child.send({ id: next, ask: what, given });
      next += 1;
    });
    const end = async () => {
      const gone = new Promise((resolve) => { child.once('exit', resolve); });
      child.kill('SIGTERM');
      await gone;
    };
    return { pids: [child.pid], info, ask, end };
  }

  return { dir, cores, quick, onDispose, dispose, start, program };
}

module.exports = { createKit };
