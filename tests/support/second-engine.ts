import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Docker from 'dockerode';
import { LABEL } from '../../spawner/labels';
import { TEST_IMAGE, engine, eventually } from './test-engine';

/** An engine that may be broken: it has a network, a firewall and data of its own, and ends with the test. */
export interface SecondEngine {
  /** As in `DOCKER_HOST`. */
  readonly host: string;
  readonly socketPath: string;
  readonly docker: Docker;
  /** Its files. */
  readonly dataRoot: string;
  /** Of the daemon that runs now. */
  readonly pid: number;
  /** What has to stand before a program and its arguments, so that it sees this engine's interfaces and firewall. */
  readonly inside: readonly string[];
  /** The real program, in there. */
  iptables(...args: string[]): string;
  /** Copies an image of the usual engine. */
  load(image: string): Promise<void>;
  /** An image of some 40 MB called `SMALL_ENGINE_IMAGE`: Python and a shell out of the suites' image, for engines with little room or little time. */
  loadSmall(): Promise<void>;
  /** Ends the daemon alone: as a service manager does, or without a chance to tidy up. */
  end(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** The next daemon, on the same data, in the same namespaces. */
  begin(): Promise<void>;
  close(): Promise<void>;
}

export interface SecondEngineOptions {
  /** Containers outlive the daemon. */
  readonly liveRestore?: boolean;
  /** The engine's files are on a file system of their own, of that size, as for `mount -o size=`. Default: a folder. */
  readonly dataSize?: string | undefined;
}

export const SMALL_ENGINE_IMAGE = 'berth/small:local';

/** Prints a file system as tar: the programs, what they are linked to, and Python's own library without what nobody here imports. */
const SMALL = `
import glob, os, re, subprocess, sys
library = os.path.dirname(os.__file__)
programs = ['/bin/sh', '/bin/chown', '/bin/chmod', '/bin/true', '/bin/sleep', os.path.realpath(sys.executable)]
linked = set()
for program in programs + glob.glob(library + '/lib-dynload/*.so'):
    linked |= set(re.findall(r'(/\\S+) \\(0x', subprocess.run(['ldd', program], capture_output=True, text=True).stdout))
without = ['--exclude=' + name for name in ('dist-packages', 'test', '__pycache__', 'config-*', 'tkinter', 'idlelib', 'ensurepip')]
os.execvp('tar', ['tar', '-chf', '-', *without, library, '/usr/bin/python3', '/etc/passwd', '/etc/group', *programs, *sorted(linked)])
`;

const PREFIX = 'berth-engine-';
const READY_MS = 60_000;
const SWEEP_MS = 20_000;
/** Holds the namespaces, so that a daemon can be replaced: a network, and mounts that end with it. It needs root, as the usual engine does. */
const HOLD = 'mount --make-rprivate / && ip link set lo up && echo ready && exec tail -f "$0"';

export async function startSecondEngine({ liveRestore = false, dataSize }: SecondEngineOptions = {}): Promise<SecondEngine> {
  sweepEngines();
  const folder = mkdtempSync(path.join(tmpdir(), `${PREFIX}${process.pid}-`));
  const socketPath = path.join(folder, 'docker.sock');
  const host = `unix://${socketPath}`;
  const dataRoot = path.join(folder, 'data');
  const args = ['--data-root', dataRoot, '--exec-root', path.join(folder, 'exec'), '--pidfile', pidFile(folder), '--host', host, '--bip', '172.29.0.1/24', '--log-level', 'warn', ...(liveRestore ? ['--live-restore'] : [])];
  mkdirSync(dataRoot);
  if (dataSize !== undefined) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${dataSize}`, 'tmpfs', dataRoot]);
  writeFileSync(holderFile(folder), '');
  const holder = spawn('unshare', ['-m', '-n', 'sh', '-c', HOLD, holderFile(folder)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => holder.once('exit', () => reject(new Error('the namespaces of a second engine could not be made'))).stdout.once('data', () => resolve()));
  writeFileSync(holderFile(folder), String(holder.pid));
  const inside = ['nsenter', '-t', String(holder.pid), '-n', '--'];
  const docker = new Docker({ host: undefined, socketPath } as Docker.DockerOptions);
  let daemon: ChildProcess;

  async function begin(): Promise<void> {
    const log = openSync(path.join(folder, 'log'), 'a');
    const started = spawn('nsenter', ['-t', String(holder.pid), '-m', '-n', '--', 'dockerd', ...args], { stdio: ['ignore', log, log] });
    closeSync(log);
    daemon = started;
    await eventually('the second engine answers', async () => {
      if (started.exitCode !== null) throw new Error(`the second engine ended:\n${readFileSync(path.join(folder, 'log'), 'utf8').slice(-2_000)}`);
      return docker.ping().then(() => true, () => false);
    }, READY_MS);
  }

  async function load(image: string): Promise<void> {
    const answer = await docker.loadImage(await engine.getImage(image).get());
    await new Promise<void>((resolve, reject) => answer.resume().once('end', resolve).once('error', reject));
  }

  async function loadSmall(): Promise<void> {
    const run = spawn('docker', ['run', '--rm', '--network', 'none', '--user', '0', '--label', `${LABEL.run}=${process.pid}-small`, '--entrypoint', 'python3', TEST_IMAGE, '-c', SMALL], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [repo, tag] = SMALL_ENGINE_IMAGE.split(':');
    const answer = await docker.importImage(run.stdout, { repo, tag });
    await new Promise<void>((resolve, reject) => answer.resume().once('end', resolve).once('error', reject));
  }

  async function close(): Promise<void> {
    if (daemon.exitCode !== null || daemon.signalCode !== null) await begin();
    const left = await docker.listContainers({ all: true });
    await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
    await ended(daemon, 'SIGTERM');
    await ended(holder, 'SIGKILL');
    unmounted(dataRoot);
    rmSync(folder, { recursive: true, force: true });
  }

  await begin();
  return {
    host, socketPath, docker, dataRoot, inside, load, loadSmall, begin, close,
    get pid() {
      return daemon.pid ?? 0;
    },
    iptables: (...given) => execFileSync('nsenter', [...inside.slice(1), 'iptables', '-w', '5', ...given], { encoding: 'utf8' }),
    end: (signal = 'SIGTERM') => ended(daemon, signal),
  };
}

const pidFile = (folder: string): string => path.join(folder, 'pid');
const holderFile = (folder: string): string => path.join(folder, 'holder');

/** Where nothing is mounted, this does nothing. */
const unmounted = (dataRoot: string): void => void spawnSync('umount', ['-l', dataRoot], { stdio: 'ignore' });

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await gone;
}

/** Of runs that were killed. Only a daemon that says itself that it runs in such a folder is ended. */
function sweepEngines(): void {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const folder = path.join(tmpdir(), name);
    if (existsSync(`/proc/${name.slice(PREFIX.length).split('-')[0]}`)) continue;
    const running = [pidFile(folder), holderFile(folder)].flatMap((file) => pidIn(file, folder));
    // Its folder stays until the next run: it is still being written to.
    if (running.length > 0) {
      // With live-restore, containers would outlive it.
      spawnSync('sh', ['-c', 'docker -H "$0" ps -aq | xargs -r docker -H "$0" rm -f', `unix://${path.join(folder, 'docker.sock')}`], { stdio: 'ignore', timeout: SWEEP_MS });
      running.forEach((pid) => process.kill(pid, 'SIGTERM'));
    } else {
      unmounted(path.join(folder, 'data'));
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Of a process that says itself, in its arguments, that it belongs to that folder. */
function pidIn(file: string, folder: string): readonly number[] {
  const pid = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  const command = /^\d+$/.test(pid) && existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
  return command.includes(folder) ? [Number(pid)] : [];
}
