'use strict';
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const apt = require('./apt.cjs');
const { endpoint, ping } = require('./engine-api.cjs');
const { stateDir } = require('./paths.cjs');
const { SetupError, step } = require('./report.cjs');
const { run, tail, which } = require('./run.cjs');

const START_DEADLINE_MS = 60_000;
const PID_FILES = [
  { file: '/var/run/docker.pid', program: 'dockerd' },
  { file: '/var/run/docker/containerd/containerd.pid', program: 'containerd' },
  { file: '/run/docker/containerd/containerd.pid', program: 'containerd' },
];
const MANUAL = 'Install Docker Engine (Debian, Ubuntu: apt-get install docker.io, as root), start it, and make its socket accessible to this user '
  + '(the group "docker"), or point DOCKER_HOST at an engine elsewhere; then start again.';

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

function programOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return null; // no such process
  }
}

/**
 * Removes pid files left by a daemon that was killed: dockerd refuses to start beside its own, and takes whoever has
 * containerd's number now for its containerd.
 * @param {readonly { file: string, program: string }[]} files
 * @returns {string[]} the files that were removed
 */
function removeStalePids(files = PID_FILES) {
  const stale = files.filter(({ file, program }) => fs.existsSync(file) && programOf(fs.readFileSync(file, 'utf8').trim()) !== program);
  for (const { file } of stale) fs.rmSync(file, { force: true });
  return stale.map(({ file }) => file);
}

const systemdRuns = () => fs.existsSync('/run/systemd/system');

/** A daemon in a session of its own survives the terminal it was started from. */
function startDetached() {
  const dir = stateDir();
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  const log = path.join(dir, 'dockerd.log');
  const out = fs.openSync(log, 'a', 0o600);
  const daemon = spawn(which('dockerd'), [], { detached: true, stdio: ['ignore', out, out], cwd: '/' });
  let ended = null;
  daemon.on('error', (error) => { ended = error.message; });
  daemon.on('exit', (code) => { ended = `it ended with code ${code}`; });
  daemon.unref();
  fs.closeSync(out);
  return { ended: () => ended, log };
}

async function startDaemon(at) {
  const alive = !removeStalePids().includes(PID_FILES[0].file) && fs.existsSync(PID_FILES[0].file);
  let daemon = { ended: () => null, log: 'journalctl -u docker' };
  if (systemdRuns()) {
    const started = await run('systemctl', ['enable', '--now', 'docker'], { timeoutMs: START_DEADLINE_MS });
    if (started.code !== 0) throw new SetupError(`systemctl could not start the Docker Engine:\n${tail(started.output)}`);
  } else if (!alive) daemon = startDetached();
  const deadline = Date.now() + START_DEADLINE_MS;
  while (await ping(at, 1000) !== 'ok') {
    if (daemon.ended() !== null || Date.now() > deadline) {
      const why = daemon.ended() ?? `it did not answer within ${START_DEADLINE_MS / 1000} s`;
      const last = fs.existsSync(daemon.log) ? `\n${tail(fs.readFileSync(daemon.log, 'utf8'), 8)}` : '';
      throw new SetupError(`The Docker Engine could not be started: ${why}. Its log: ${daemon.log}${last}`);
    }
    await pause(100);
  }
}

function refuse(at, state, allowed) {
  if (state === 'denied') return new SetupError(`A Docker Engine listens at ${at.text}, but this user may not use it. Add the user to the group "docker" (and sign in again), or run as root.`);
  if (at.given) return new SetupError(`No Docker Engine answers at DOCKER_HOST=${at.text}. Start it, or unset DOCKER_HOST to use an engine of this machine.`);
  if (!allowed) return new SetupError(`No Docker Engine answers at ${at.text}, and --no-docker-install forbids installing or starting one. ${MANUAL}`);
  const why = apt.isRoot() ? 'this is not a Debian-family system, so it cannot be installed from here' : 'installing or starting one takes root';
  return new SetupError(`No Docker Engine answers at ${at.text}, and ${why}. ${MANUAL}`);
}

/**
 * Makes sure that a Docker Engine answers. A reachable one wins; else, as root on a Debian-family system, the
 * distribution's is installed and started.
 * @param {{ allowed?: boolean }} [options] `allowed: false` only looks
 */
async function ensureEngine({ allowed = true } = {}) {
  const at = endpoint();
  const state = await ping(at);
  if (state !== 'ok') {
    const present = which('dockerd') !== null;
    if (at.given || state === 'denied' || !allowed || !apt.isRoot() || !(present || apt.canInstall())) throw refuse(at, state, allowed);
    if (!present) await step('No Docker Engine here. Installing the distribution\'s: apt-get install docker.io iptables', (detail) => apt.install(['docker.io', 'iptables'], detail));
    // The package's own scripts have started it where systemd runs.
    await step(`Starting the Docker Engine (${systemdRuns() ? 'systemd' : 'dockerd, in the background'})`, () => startDaemon(at));
  }
  // Labs are kept off the host by firewall rules; the engine may have come without the tool.
  if (allowed && !at.given && which('iptables') === null && apt.canInstall()) {
    await step('Installing the firewall tool that separates servers: apt-get install iptables', (detail) => apt.install(['iptables'], detail));
  }
}

module.exports = { ensureEngine, removeStalePids };
