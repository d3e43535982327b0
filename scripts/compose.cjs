'use strict';
/** `npm run compose -- up -d`: Compose with this checkout's files, after making what it needs and finding out what it must be told. */
const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const { discovered, ensureCompose, fileArgs, settings } = require('./bootstrap/compose.cjs');
const { ensureEngine } = require('./bootstrap/engine.cjs');
const { ensure } = require('./bootstrap/images.cjs');
const { ROOT } = require('./bootstrap/paths.cjs');
const { fail } = require('./bootstrap/report.cjs');
const { usesOurImage } = require('./bootstrap/start.cjs');

const STARTS = ['up', 'create', 'run'];

async function prepare(args, env) {
  await ensureEngine();
  if (!args.some((arg) => STARTS.includes(arg))) return;
  await ensure('hub');
  if (usesOurImage(env)) await ensure('notebook');
}

async function main() {
  const args = process.argv.slice(2);
  const env = settings();
  await prepare(args, env);
  const [program, ...first] = await ensureCompose();
  const compose = spawn(program, [...first, ...fileArgs(env), ...args], { cwd: ROOT, env: { ...process.env, ...discovered(env) }, stdio: 'inherit' });
  // A terminal's Ctrl-C reaches Compose by itself; this process only has to outlive it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => compose.kill('SIGTERM'));
  compose.on('error', fail);
  compose.on('exit', (code, signal) => { process.exitCode = code ?? 128 + constants.signals[signal]; });
}

main().catch(fail);
