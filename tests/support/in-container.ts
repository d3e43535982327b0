import { execFileSync, spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';

/** A look at a container from outside the hub, with the engine's own program. */
const docker = (...args: readonly string[]): string => execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

/** As the lab's own user; standard output. */
export const inContainer = (name: string, ...command: readonly string[]): string => docker('exec', name, ...command);

export function writeInContainer(name: string, file: string, text: string): void {
  const { status, stderr } = spawnSync('docker', ['exec', '-i', name, 'sh', '-c', 'cat > "$0"', file], { input: text, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

/** Both streams of its log. */
export function logOf(name: string): string {
  const { stdout, stderr } = spawnSync('docker', ['logs', name], { encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });
  return stdout + stderr;
}

/** When it was started; the same text means the same, uninterrupted run. */
export const startedAt = (name: string): string => docker('inspect', '--format', '{{.State.StartedAt}} {{.State.Running}}', name);

/** Its one address, or that in a network. */
export const addressOf = (name: string, network?: string): string =>
  docker('inspect', '--format', network === undefined ? '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' : `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, name);

/** Every address that this machine has, but for loopback and link-local ones. */
export const hostAddresses = (): string[] => Object.values(networkInterfaces()).flatMap((all) => (all ?? []).filter((a) => !a.internal && !a.address.startsWith('fe80:')).map((a) => a.address));

export type Target = readonly [host: string, port: number];

/** Which of these answer a process in the container? A refusal counts: something was reached. */
export function reachedFrom(name: string, targets: readonly Target[]): readonly Target[] {
  return JSON.parse(inContainer(name, 'python3', '-c', CONNECT, JSON.stringify(targets))) as Target[];
}

/** Every TCP port of that address that accepts a connection from the container. */
export const openPorts = (name: string, address: string): readonly number[] => JSON.parse(inContainer(name, 'python3', '-c', SCAN, address)) as number[];

const SCAN = `
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def accepts(port):
    try:
        socket.create_connection((sys.argv[1], port), 5).close()
        return True
    except OSError:
        return False
with ThreadPoolExecutor(64) as pool:
    print(json.dumps([port for port, open in enumerate(pool.map(accepts, range(1, 65536)), 1) if open]))
`;

const CONNECT = `
import json, socket, sys
from concurrent.futures import ThreadPoolExecutor
def tcp(t):
    try:
        socket.create_connection((t[0], t[1]), 2).close()
        return True
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
targets = json.loads(sys.argv[1])
with ThreadPoolExecutor(64) as pool:
    print(json.dumps([t for t, reached in zip(targets, pool.map(tcp, targets)) if reached]))
`;
