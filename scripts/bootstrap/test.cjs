'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT } = require('./paths.cjs');
const { SetupError, duration, fail } = require('./report.cjs');
const { RINGS, chooseRings, needsOf, summary, verdict } = require('./rings.cjs');

/** Jest has written its results: whatever keeps the process alive after that is a handle that a test left open. */
const EXIT_GRACE_MS = 20_000;
const RING_DEADLINE_MS = 45 * 60_000;

async function prepare(needs) {
  await require('./deps.cjs').ensureDeps();
  await require('../build.cjs').ensureBuilt();
  const env = {};
  if (needs.has('tools')) await require('./tools.cjs').ensureTools();
  if (needs.has('browser')) env.CHROME = await require('./browser.cjs').ensureBrowser();
  if (needs.has('engine')) {
    await require('./engine.cjs').ensureEngine();
    for (const image of ['test', 'notebook', 'stacks', 'platform', 'hub', 'compose']) if (needs.has(image)) await require('./images.cjs').ensure(image);
    if (needs.has('compose')) await require('./compose.cjs').ensureCompose();
    await require('./sweep.cjs').sweep();
  }
  return env;
}

/** The child, with its output kept: rings that run side by side would otherwise mix theirs. */
function startJest(args, env, onOutput) {
  const jest = spawn(process.execPath, [require.resolve('jest/bin/jest'), ...args], { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  jest.stdout.on('data', onOutput);
  jest.stderr.on('data', onOutput);
  return jest;
}

/** Ends a runner that has its results or its time behind it; `why` tells them apart from a crash. */
function watch(jest, resultFile) {
  const started = Date.now();
  const state = { why: '' };
  let doneAt = 0;
  const timer = setInterval(() => {
    if (doneAt === 0 && fs.existsSync(resultFile)) doneAt = Date.now();
    if (doneAt > 0 && Date.now() - doneAt > EXIT_GRACE_MS) state.why = 'the runner did not end: a handle was left open';
    else if (Date.now() - started > RING_DEADLINE_MS) state.why = `not finished after ${duration(RING_DEADLINE_MS)}`;
    if (state.why) jest.kill('SIGKILL');
  }, 250);
  jest.on('close', () => clearInterval(timer));
  return state;
}

/** @returns {Promise<{ ring: string, passed: number, failed: number, note: string, time: string, result: object | null }>} */
function runRing(ring, { dir, env, workers, live }) {
  const started = Date.now();
  const resultFile = path.join(dir, `${ring}.json`);
  const args = ['--selectProjects', ring, '--ci', '--colors=false', '--json', `--outputFile=${resultFile}`, workers === 1 ? '--runInBand' : `--maxWorkers=${workers}`];
  return new Promise((resolve) => {
    let output = '';
    const jest = startJest(args, env, (chunk) => { if (live) process.stdout.write(chunk); else output += chunk; });
    const watched = watch(jest, resultFile);
    jest.on('close', (code) => {
      const result = fs.existsSync(resultFile) ? JSON.parse(fs.readFileSync(resultFile, 'utf8')) : null;
      const row = { ring, ...verdict(result, code ?? 1), time: duration(Date.now() - started), result };
      if (watched.why) row.note = [row.note, watched.why].filter(Boolean).join('; ');
      process.stdout.write(`${live ? '' : `\n${output.trim()}\n`}${row.failed > 0 ? '✗' : '✓'} ${ring} (${row.time})\n`);
      resolve(row);
    });
  });
}

/** Rings that may share the machine run two at a time, the rest one after the other. */
async function runAll(rings, options) {
  const cores = os.availableParallelism();
  const shared = rings.filter((ring) => !RINGS[ring].alone);
  const lanes = shared.length > 1 && cores > 1 ? 2 : 1;
  const rows = new Map();
  const workers = Math.max(1, Math.floor(cores / lanes));
  const queue = [...shared];
  const lane = async () => {
    for (let ring = queue.shift(); ring !== undefined; ring = queue.shift()) rows.set(ring, await runRing(ring, { ...options, workers, live: lanes === 1 }));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  for (const ring of rings.filter((name) => RINGS[name].alone)) rows.set(ring, await runRing(ring, { ...options, workers: 1, live: true }));
  return rings.map((ring) => rows.get(ring));
}

async function main() {
  const rings = askedRings();
  const needs = needsOf(rings);
  const env = await prepare(needs);
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'berth-test-'));
  try {
    const rows = await runAll(rings, { dir, env });
    if (needs.has('engine')) await require('./sweep.cjs').sweep();
    if (rings.length === Object.keys(RINGS).length) rows.push(...pageRows(rows));
    process.exitCode = rows.some((row) => row.failed > 0) ? 1 : 0;
    process.stdout.write(`\n${summary(rows)}\n`);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

/** Pages that say what passed can only be written by a run of everything. */
function pageRows(runs) {
  return [['cases', '../security-cases.cjs'], ['coverage', '../jupyterhub-coverage.cjs']].map(([ring, script]) => {
    const started = Date.now();
    const { failed, note } = require(script).updatePage(runs, { ci: Boolean(process.env.CI) });
    return { ring, passed: 0, failed, note, time: duration(Date.now() - started) };
  });
}

function askedRings() {
  try {
    return chooseRings(process.argv.slice(2));
  } catch (error) {
    throw new SetupError(error.message);
  }
}

main().catch(fail);
