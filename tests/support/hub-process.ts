import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { jupyterArgv, LAYOUTS } from '../../hub/domain/layouts';

const ROOT = path.resolve(__dirname, '..', '..');
const MAIN = path.join(ROOT, 'dist/hub/main.js');
const READY_MS = 30_000;

export type Env = Readonly<Record<string, string>>;

/** Pools of the ring's own, one per file: another hub or suite on this machine keeps its addresses. */
export const POOLS = { journey: '10.220.0.0/20', twoUsers: '10.220.16.0/20', graceful: '10.220.32.0/20', pages: '10.220.48.0/20', screenshots: '10.220.64.0/20', subdomains: '10.220.80.0/20', framed: '10.220.96.0/20', singleuser: '10.220.112.0/20', singleuserSites: '10.220.128.0/20' } as const;

/** The suites' small image: Jupyter Server without JupyterLab, which writes every request that reaches it into its log. */
export const SMALL_IMAGE = {
  profiles: [{ slug: 'server', title: 'Jupyter Server', image: 'berth/notebook-test:local', argv: [...jupyterArgv('server', LAYOUTS.jovyan), '--log-level=DEBUG'] }],
} as const;

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

export interface HubProcess {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** The one-time link that the hub printed last; undefined when it printed none. */
  link(): string | undefined;
  output(): string;
  /** Ends the process without a chance to tidy up, and waits until it is gone. */
  kill9(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** Name of the container of somebody's default server. */
  container(user: string): string;
  /** Resolves with the exit code; null: a signal ended it. */
  exited(): Promise<number | null>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Stops it, and removes its containers, networks, volumes, firewall rules and data. Rejects when it had ended by itself or met an error that nobody caught. */
  dispose(): Promise<void>;
}

/** The hub's own word for it, and Node's. */
const UNCAUGHT = /uncaught error|\bUncaught\b|UnhandledPromiseRejection|^Node\.js v\d+/im;

/** What went wrong in all lives of a hub without anybody asking for it; undefined: nothing. `exits` are those that no signal of the test brought about. */
export function strayErrorsOf(output: string, exits: readonly (number | null)[]): string | undefined {
  const line = output.split('\n').find((text) => UNCAUGHT.test(text));
  if (line !== undefined) return `the hub met an error that nobody caught: ${line}`;
  const code = exits.find((one) => one !== 0);
  return code === undefined ? undefined : `the hub ended by itself with ${code ?? 'a signal'}:\n${output.slice(-2_000)}`;
}

const nameOf = (port: number): string => `berth-test-${port}`;

/** What a hub of a test is told, besides what the test says: it must not share names with a hub that people use. */
export function environmentOf(where: { readonly stateDir: string; readonly port: number }, env: Env): NodeJS.ProcessEnv {
  const name = nameOf(where.port);
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    HUB_DATA_DIR: where.stateDir,
    HUB_LISTEN_PORT: String(where.port),
    HUB_DOCKER_SHARED_VOLUME: `${name}_shared`,
    HUB_DOCKER_NETWORK_NAME: name,
    HUB_DOCKER_NAME_PREFIX: `${name}-`,
    HUB_SERVER_MEMORY: '1G',
    HUB_SERVER_CPUS: '1',
    ...env,
  };
}

/** Runs a hub that is expected to end by itself. */
export function runHubToItsEnd(env: NodeJS.ProcessEnv, cwd: string): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN], { cwd, env, encoding: 'utf8', timeout: READY_MS });
  return { code: status, output: `${stdout}${stderr}` };
}

/** The real program, as `npm start` runs it after its set-up, on its own data directory and port. `through`: what it is started by, e.g. in a namespace. */
export async function startHubProcess(given: Env, configFile: object = {}, through: readonly string[] = []): Promise<HubProcess> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'berth-browser-'));
  writeFileSync(path.join(dataDir, 'hub.config.json'), JSON.stringify(configFile));
  const port = await freePort();
  const env = environmentOf({ stateDir: path.join(dataDir, 'state'), port }, given);
  let child: ChildProcess | undefined;
  let output = '';
  let before = '';
  let asked = false;
  const unasked: (number | null)[] = [];

  async function start(): Promise<void> {
    before += output;
    output = '';
    asked = false;
    const [program = '', ...args] = [...through, process.execPath, MAIN];
    const spawned = spawn(program, args, { cwd: dataDir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child = spawned;
    spawned.once('exit', (code) => {
      if (!asked) unasked.push(code);
    });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the hub was not ready within ${READY_MS} ms:\n${output}`)), READY_MS);
      const done = (result: () => void): void => {
        clearTimeout(late);
        result();
      };
      const note = (chunk: Buffer): void => {
        output += chunk.toString('utf8');
        if (output.includes('Berth is ready at')) done(resolve);
      };
      spawned.stdout.on('data', note);
      spawned.stderr.on('data', note);
      spawned.once('exit', (code) => done(() => reject(new Error(`the hub ended with code ${code}:\n${output}`))));
    });
  }

  const exited = async (): Promise<number | null> => {
    const running = child;
    if (running === undefined) return null;
    if (running.exitCode !== null || running.signalCode !== null) return running.exitCode;
    return new Promise((resolve) => running.once('exit', (code) => resolve(code)));
  };
  const signal = (name: NodeJS.Signals): void => {
    asked = true;
    child?.kill(name);
  };
  const end = (name: NodeJS.Signals): Promise<number | null> => {
    const gone = exited();
    signal(name);
    return gone;
  };

  /** `berth down` is the hub's own way of leaving nothing behind. */
  async function dispose(): Promise<void> {
    await end('SIGTERM');
    const args = ['down', '--data', '--yes-delete-data', `localhost:${port}`];
    const [program = '', ...all] = [...through, process.execPath, path.join(ROOT, 'dist/hub/cli/main.js'), ...args];
    const down = spawnSync(program, all, { cwd: dataDir, env, encoding: 'utf8', timeout: 60_000 });
    if (down.status !== 0) throw new Error(`berth down ended with ${down.status}:\n${down.stdout}${down.stderr}`);
    rmSync(dataDir, { recursive: true, force: true });
    const stray = strayErrorsOf(before + output, unasked);
    if (stray !== undefined) throw new Error(stray);
  }

  await start();
  return {
    url: `http://localhost:${port}`,
    port,
    dataDir,
    link: () => /https?:\/\/\S+bootstrap\?link=\S+/.exec(output)?.[0],
    output: () => output,
    kill9: async () => void (await end('SIGKILL')),
    signal,
    container: (user) => `${nameOf(port)}-${user}`,
    exited,
    stop: () => end('SIGTERM'),
    start,
    dispose,
  };
}
