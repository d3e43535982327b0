'use strict';
const { writeFileSync } = require('node:fs');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');

/**
 * One bounded run of wrk on the load's core.
 * @param {{ url: string, headers?: Record<string, string>, connections: number, seconds: number, script?: string }} ask `script`: Lua
 * @returns {Promise<{ requests: number, perSecond: number, p50: string, p99: string }>} throws when an answer was no success
 */
async function wrk(kit, { url, headers = {}, connections, seconds, script }) {
  const head = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const file = path.join(kit.dir, 'wrk.lua');
  if (script !== undefined) writeFileSync(file, script);
  const args = ['-c', String(kit.cores.load), 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', ...head, ...(script === undefined ? [] : ['-s', file]), url];
  const { stdout } = await promisify(execFile)('taskset', args, { timeout: (seconds + 30) * 1000 });
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0);
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  if (requests === 0 || refused > 0) throw new Error(`the load against ${url} did not run cleanly:\n${stdout}`);
  return { requests, perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), p50: /^ +50%\s+(\S+)/m.exec(stdout)?.[1], p99: /^ +99%\s+(\S+)/m.exec(stdout)?.[1] };
}

/** A busy machine gets little done in a second, and a cold process costs many times what a warm one does: warm is who has answered so many. */
const WARM_REQUESTS = 100_000;
const WARM_TRIES = 15;

async function warmUp(kit, ask) {
  let done = 0;
  for (let i = 0; i < WARM_TRIES && done < WARM_REQUESTS; i += 1) done += (await wrk(kit, { ...ask, seconds: 2 })).requests;
}

module.exports = { warmUp, wrk };
