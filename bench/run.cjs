'use strict';
/**
 * `npm run bench [-- --quick] [scenario…]`: runs the named scenarios, or all, and writes docs/benchmarks.md from the newest results of each. `--quick`: two short rounds
 * that prove the harness and are not kept.
 */
const { readFileSync, readdirSync, writeFileSync } = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { measure } = require('./interleave.cjs');
const { sweep } = require('./kit/docker.cjs');
const { sweepHubs } = require('./kit/docker-hub.cjs');
const { versionOfJupyterHub } = require('./kit/jupyterhub.cjs');
const { prepare } = require('./needs.cjs');
const { page } = require('./report.cjs');
const { keepResult, readResults } = require('./results.cjs');
const { REMARKS } = require('./remarks.cjs');
const { ROWS } = require('./targets.cjs');

const ROOT = path.join(__dirname, '..');
const PAGE = path.join(ROOT, 'docs', 'benchmarks.md');
const FOLDER = path.join(__dirname, 'scenarios');

/** In the order of the targets, which is that of the page. */
function scenarios() {
  const all = readdirSync(FOLDER).filter((file) => file.endsWith('.cjs')).map((file) => require(path.join(FOLDER, file)));
  const order = [...new Set(ROWS.flatMap((row) => row.checks.map((check) => check.scenario)))];
  const at = ({ name }) => (order.includes(name) ? order.indexOf(name) : order.length);
  return all.sort((a, b) => at(a) - at(b));
}

const versionOf = (name) => JSON.parse(readFileSync(path.join(ROOT, 'node_modules', name, 'package.json'), 'utf8')).version;

/** What a program says of itself; a machine without it has no figures of it either. */
function said(program, args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  } catch {
    return '';
  }
}

/** @param {string} jupyterhub its version; empty: this machine does not have it */
function machine(jupyterhub) {
  const [cpu] = os.cpus();
  const nginx = /nginx\/(\S+)/.exec(said('sh', ['-c', 'nginx -v 2>&1']))?.[1];
  const engine = said('docker', ['version', '--format', '{{.Server.Version}}']);
  const versions = [`Node ${process.versions.node}`, `undici ${versionOf('undici')}`, `configurable-http-proxy ${versionOf('configurable-http-proxy')}`, ...(nginx ? [`nginx ${nginx}`] : []), ...(engine ? [`Docker Engine ${engine}`] : []), ...(jupyterhub ? [`JupyterHub ${jupyterhub}`] : [])];
  return { cpus: `${os.cpus().length} × ${cpu.model.trim()}`, memory: `${Math.round(os.totalmem() / 1024 ** 3)} GiB`, kernel: `${os.type()} ${os.release().split('-')[0]}`, versions: versions.join(', ') };
}

/** What was started has to end, also when somebody has seen enough. */
let stopped = false;
const interrupted = new Promise((_, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      stopped = true;
      reject(new Error('interrupted'));
    });
  }
});
interrupted.catch(() => undefined);

async function main() {
  const asked = process.argv.slice(2).filter((word) => !word.startsWith('--'));
  const quick = process.argv.includes('--quick');
  const all = scenarios();
  const unknown = asked.filter((name) => !all.some((scenario) => scenario.name === name));
  if (unknown.length > 0) throw new Error(`There is no scenario ${unknown.join(', ')}. There are: ${all.map(({ name }) => name).join(', ')}.`);
  const chosen = all.filter(({ name }) => asked.length === 0 || asked.includes(name));
  const missing = await prepare(chosen);
  await sweep();
  await sweepHubs();
  const about = machine(missing.has('engine') ? '' : await versionOfJupyterHub());
  const fresh = {};
  const failed = [];
  for (const scenario of chosen) {
    process.stderr.write(`\n${scenario.title}\n`);
    if (stopped) break;
    const lacking = scenario.needs.filter((need) => missing.has(need));
    try {
      if (lacking.length > 0) throw new Error(lacking.map((need) => missing.get(need)).join('\n'));
      fresh[scenario.name] = { ...(await measure(scenario, { quick, interrupted, log: (line) => process.stderr.write(`  ${line}\n`) })), machine: about };
      if (!quick) keepResult(scenario.name, fresh[scenario.name]);
    } catch (error) {
      // The others still say something.
      failed.push(scenario.name);
      process.stderr.write(`${error.stack}\n`);
    }
  }
  const text = page({ rows: ROWS, scenarios: all, results: { ...(quick ? {} : readResults()), ...fresh }, remarks: REMARKS, before: readFileSync(PAGE, 'utf8') });
  if (quick) process.stdout.write(text);
  else writeFileSync(PAGE, text);
  if (failed.length > 0) process.stderr.write(`\nNot measured: ${failed.join(', ')}\n`);
  process.exitCode = failed.length > 0 ? 1 : 0;
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
