'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const KEEP = 64 * 1024;

/**
 * Runs a program quietly. Only the end of what it prints is kept, for the message when it fails.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void, timeoutMs?: number }} [options]
 * @returns {Promise<{ code: number, output: string }>} code 127 when the program does not exist, 124 after the timeout
 */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    let output = '';
    let timer;
    let timedOut = false;
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const take = (chunk) => {
      output = (output + chunk).slice(-KEEP);
      const line = String(chunk).trim().split('\n').pop();
      if (line && options.onLine) options.onLine(line.trim());
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    if (options.timeoutMs) timer = setTimeout(() => { timedOut = true; child.kill('SIGKILL'); }, options.timeoutMs);
    child.on('error', (error) => { clearTimeout(timer); resolve({ code: 127, output: String(error.message) }); });
    child.on('close', (code) => { clearTimeout(timer); resolve({ code: timedOut ? 124 : code ?? 1, output }); });
  });
}

/** @param {string} output @param {number} lines @returns {string} the last lines, indented for a message */
const tail = (output, lines = 15) => output.trimEnd().split('\n').slice(-lines).map((l) => `    ${l}`).join('\n');

/** Looks a program up without starting a shell; system folders count even when a user's PATH leaves them out. */
function which(name, env = process.env) {
  const dirs = [...(env.PATH ?? '').split(path.delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  for (const dir of dirs) {
    const file = path.join(dir, name);
    if (dir && fs.existsSync(file)) return file;
  }
  return null;
}

module.exports = { run, tail, which };
