import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, closeSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Docker from 'dockerode';
import { engine, eventually } from './test-engine';

/** An engine that may be broken: it has a network, a firewall and data of its own, and ends with the test. */
export interface SecondEngine {
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  readonly docker: Docker;
  /** Of the daemon. */
  readonly pid: number;
  /** What has to stand before a program and its arguments, so that it sees this engine's interfaces and firewall. */
  readonly inside: readonly string[];
  /** The real program, in there. */
  iptables(...args: string[]): string;
  /** Copies an image of the usual engine. */
  load(image: string): Promise<void>;
  close(): Promise<void>;
}

const PREFIX = 'berth-engine-';
const READY_MS = 60_000;
/** A daemon of its own network namespace, with mounts that end with it. It needs root, as the usual one does. */
const START = 'mount --make-rprivate / && ip link set lo up && exec dockerd "$@"';

export async function startSecondEngine(): Promise<SecondEngine> {
  sweepEngines();
  const folder = mkdtempSync(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
  const host = `unix://${path.join(folder, 'docker.sock')}`;
  const log = openSync(path.join(folder, 'log'), 'w');
  const args = ['--data-root', path.join(folder, 'data'), '--exec-root', path.join(folder, 'exec'), '--pidfile', pidFile(folder), '--host', host, '--bip', '172.29.0.1/24', '--log-level', 'warn'];
  const daemon = spawn('unshare', ['-m', '-n', 'sh', '-c', START, 'dockerd', ...args], { stdio: ['ignore', log, log] });
  closeSync(log);
  const docker = new Docker({ host: undefined, socketPath: host.slice('unix://'.length) } as Docker.DockerOptions);
  await eventually('the second engine answers', async () => {
    if (daemon.exitCode !== null) throw new Error(`the second engine ended:\n${readFileSync(path.join(folder, 'log'), 'utf8').slice(-2_000)}`);
    return docker.ping().then(() => true, () => false);
  }, READY_MS);
  const inside = ['nsenter', '-t', String(daemon.pid), '-n', '--'];

  async function load(image: string): Promise<void> {
    const answer = await docker.loadImage(await engine.getImage(image).get());
    await new Promise<void>((resolve, reject) => answer.resume().once('end', resolve).once('error', reject));
  }

  async function close(): Promise<void> {
    const left = await docker.listContainers({ all: true });
    await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
    await ended(daemon);
    rmSync(folder, { recursive: true, force: true });
  }

  return { host, docker, pid: daemon.pid ?? 0, inside, iptables: (...given) => execFileSync('nsenter', [...inside.slice(1), 'iptables', '-w', '5', ...given], { encoding: 'utf8' }), load, close };
}

const pidFile = (folder: string): string => path.join(folder, 'pid');

async function ended(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return;
  const gone = new Promise((resolve) => daemon.once('exit', resolve));
  daemon.kill('SIGTERM');
  await gone;
}

/** Of runs that were killed. Only a daemon that says itself that it runs in such a folder is ended. */
function sweepEngines(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = path.join(tmpdir(), name);
    if (existsSync(`/proc/${name.slice(PREFIX.length).split('-')[0]}`)) continue;
    const pid = existsSync(pidFile(folder)) ? readFileSync(pidFile(folder), 'utf8').trim() : '';
    const command = /^\d+$/.test(pid) && existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
    // Its folder stays until the next run: it is still being written to.
    if (command.includes(folder)) process.kill(Number(pid), 'SIGTERM');
    else rmSync(folder, { recursive: true, force: true });
  }
}
