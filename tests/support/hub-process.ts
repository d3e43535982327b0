import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '..', '..');

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
  readonly dataDir: string;
  /** The one-time link that the hub printed last; undefined when it printed none. */
  link(): string | undefined;
  output(): string;
  /** Ends the process without a chance to tidy up, and waits until it is gone. */
  kill9(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
  /** Stops it and removes the data directory. */
  dispose(): Promise<void>;
}

/** The real program, as `npm start` runs it after its set-up, on its own data directory and port. */
export async function startHubProcess(env: Readonly<Record<string, string>>): Promise<HubProcess> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'berth-browser-'));
  const port = await freePort();
  let child: ChildProcess | undefined;
  let output = '';

  async function start(): Promise<void> {
    output = '';
    const spawned = spawn(process.execPath, [path.join(ROOT, 'dist/hub/main.js')], {
      cwd: dataDir,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, HUB_DATA_DIR: path.join(dataDir, 'state'), HUB_LISTEN_PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child = spawned;
    await new Promise<void>((resolve, reject) => {
      const note = (chunk: Buffer): void => {
        output += chunk.toString('utf8');
        if (output.includes('Berth is ready at')) resolve();
      };
      spawned.stdout.on('data', note);
      spawned.stderr.on('data', note);
      spawned.once('exit', (code) => reject(new Error(`the hub ended with code ${code}:\n${output}`)));
    });
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return running?.exitCode ?? null;
    const gone = new Promise<number | null>((resolve) => running.once('exit', (code) => resolve(code)));
    running.kill(signal);
    return gone;
  }

  await start();
  return {
    url: `http://localhost:${port}`,
    dataDir,
    link: () => /https?:\/\/\S+bootstrap\?link=\S+/.exec(output)?.[0],
    output: () => output,
    kill9: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    start,
    dispose: async () => {
      await end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
