import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LABEL } from '../../spawner/labels';
import { discovered } from '../../scripts/bootstrap/compose.cjs';
import { freePort, SMALL_IMAGE } from './hub-process';
import { addressOf } from './in-container';

const ROOT = path.resolve(__dirname, '..', '..');
const COMPOSE_2 = 'berth/compose-test:local';

/** The checkout's compose.yml in a folder, under a project, network, pool and port of its own, as an administrator would set it up. */
export interface ComposeProject {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  readonly network: string;
  /** Runs docker-compose 1.29 there; standard output. Throws with what it said. */
  compose(...args: readonly string[]): string;
  /** The same with Compose 2. */
  compose2(...args: readonly string[]): string;
  /** Id of the hub's container. */
  hub(): string;
  /** Address of the hub's container in the network that it shares with a front proxy. */
  frontAddress(): string;
  /** Name of the container of somebody's default server. */
  lab(user: string): string;
  /** The one-time link in the container's log. */
  link(): string | undefined;
  /** Takes down hub, servers and volumes. */
  dispose(): void;
}

const docker = (...args: readonly string[]): string => execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

function runIn(folder: string, command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, env: { PATH: process.env.PATH, HOME: process.env.HOME }, encoding: 'utf8', timeout: 180_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}${error?.message ?? ''}`);
  return stdout.trim();
}

/** `filter`: the hub gets the engine through compose.filter.yml. */
export async function composeProject(pool: string, { filter = false }: { readonly filter?: boolean } = {}): Promise<ComposeProject> {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-compose-'));
  const port = await freePort();
  const name = `berth-test-${port}`;
  write(folder, { port, name, pool, filter });

  const compose = (...args: readonly string[]): string => runIn(folder, 'docker-compose', args);
  const compose2 = (...args: readonly string[]): string =>
    runIn(folder, 'docker', ['run', '--rm', '--label', `${LABEL.run}=${process.pid}-compose`, '-v', '/var/run/docker.sock:/var/run/docker.sock', '-v', `${folder}:${folder}`, '-w', folder, COMPOSE_2, 'docker-compose', ...args]);
  const hub = (): string => docker('ps', '-q', '--no-trunc', '--filter', `label=com.docker.compose.project=${name}`, '--filter', 'label=com.docker.compose.service=hub');

  /** The hub's own way of leaving nothing behind, then Compose's, then a look at what a failed test may have left. */
  function dispose(): void {
    const left = (kind: string): readonly string[] => lines(docker(kind, 'ls', '-q', '--filter', `name=${name}`, ...(kind === 'container' ? ['-a'] : [])));
    try {
      // The hub alone: what takes its servers down may need the filter.
      compose('stop', 'hub');
      compose('run', '--rm', '--no-deps', '-T', 'hub', 'berth', 'down', '--data', '--yes-delete-data', `localhost:${port}`);
    } finally {
      compose('down', '-v');
      for (const id of left('container')) docker('rm', '-f', '-v', id);
      for (const kind of ['network', 'volume']) for (const id of left(kind)) docker(kind, 'rm', id);
      rmSync(folder, { recursive: true, force: true });
    }
  }

  return {
    url: `http://localhost:${port}`,
    port,
    folder,
    network: name,
    compose,
    compose2,
    hub,
    frontAddress: () => addressOf(hub(), name),
    lab: (user) => `${name}-${user}`,
    link: () => /https?:\/\/\S+bootstrap\?link=\S+/.exec(docker('logs', hub()))?.[0],
    dispose,
  };
}

interface Names {
  readonly port: number;
  readonly name: string;
  readonly pool: string;
  readonly filter: boolean;
}

function write(folder: string, { port, name, pool, filter }: Names): void {
  const put = (file: string, text: string): void => writeFileSync(path.join(folder, file), text, { mode: 0o644 });
  const label = `\n    labels:\n      ${LABEL.run}: "${process.pid}-compose"`;
  put('compose.yml', readFileSync(path.join(ROOT, 'compose.yml'), 'utf8'));
  if (filter) put('compose.filter.yml', readFileSync(path.join(ROOT, 'compose.filter.yml'), 'utf8'));
  put('compose_override.yml', `services:\n${filter ? `  docker-filter:${label}\n` : ''}  hub:${label}\n    volumes:\n      - ./hub.config.json:/srv/hub.config.json:ro\nnetworks:\n  front:\n    name: ${name}${label}\nvolumes:\n  hub_data:${label}\n${filter ? `  docker_filter:${label}\n  docker_filter_state:${label}\n` : ''}`);
  put('hub.config.json', JSON.stringify(SMALL_IMAGE));
  const env = {
    COMPOSE_PROJECT_NAME: name,
    COMPOSE_FILE: `compose.yml:${filter ? 'compose.filter.yml:' : ''}compose_override.yml`,
    DOCKER_NETWORK_NAME: name,
    HUB_LISTEN_PORT: String(port),
    HUB_DOCKER_NETWORK_POOL: pool,
    HUB_DOCKER_NAME_PREFIX: `${name}-`,
    HUB_DOCKER_SHARED_VOLUME: `${name}_shared`,
    HUB_SERVER_MEMORY: '1G',
    HUB_SERVER_CPUS: '1',
    ...(discovered({}) as Readonly<Record<string, string>>),
  };
  put('.env', Object.entries(env).map(([key, value]) => `${key}=${value}\n`).join(''));
  cpSync(path.join(ROOT, 'templates'), path.join(folder, 'templates'), { recursive: true });
  mkdirSync(path.join(folder, 'data', 'analytics'), { recursive: true });
  put('data/analytics/table.csv', 'a,b\n1,2\n');
}
