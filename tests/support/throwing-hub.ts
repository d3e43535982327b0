import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectLocal } from '../../hub/local-socket';
import { freePort } from './hub-process';
import { startSourceHub, type HubEnv, type SourceHub } from './source-hub';

/** As `thrower.cjs` names them. */
export type Place = 'a page' | 'a proxied request' | 'a callback of the database' | 'an event of a stream' | 'a beat of a stream' | 'a timer' | 'a promise' | 'an event of the proxy' | 'an event of the engine';

export interface ThrowingHub {
  readonly port: number;
  readonly origin: string;
  readonly cwd: string;
  readonly env: HubEnv;
  readonly process: SourceHub;
  /** As the command line asks. `where` below `/hub/api/`. */
  ask<T>(method: string, where: string, body?: unknown): Promise<T>;
  /** The next time that the program comes by there, it throws. */
  throwAt(place: Place): void;
  /** It has thrown where it was told to. */
  hasThrown(): boolean;
  /** The next life, on the same data. */
  again(): Promise<void>;
  close(): Promise<void>;
}

/** The hub's own program, whose dependencies throw where a test wants them to. */
export async function startThrowingHub(given: HubEnv | ((where: { readonly stateDir: string; readonly port: number }) => HubEnv), configFile: object = {}): Promise<ThrowingHub> {
  const cwd = mkdtempSync(path.join(tmpdir(), 'berth-throwing-'));
  const file = path.join(cwd, 'throw-at');
  writeFileSync(file, '');
  writeFileSync(path.join(cwd, 'hub.config.json'), JSON.stringify(configFile));
  const port = await freePort();
  const stateDir = path.join(cwd, 'state');
  const own = typeof given === 'function' ? given({ stateDir, port }) : given;
  const env = { HUB_DATA_DIR: stateDir, HUB_LISTEN_PORT: String(port), NODE_OPTIONS: `--require ${path.join(__dirname, 'thrower.cjs')}`, BERTH_THROW_AT: file, ...own };
  let hub = await startSourceHub(env, cwd);
  return {
    port, cwd, env,
    origin: `http://127.0.0.1:${port}`,
    get process() {
      return hub;
    },
    ask: async <T>(method: string, where: string, body?: unknown) => (await connectLocal(stateDir).request(method, `/hub/api/${where}`, body)) as T,
    throwAt: (place) => writeFileSync(file, place),
    hasThrown: () => readFileSync(file, 'utf8') === '',
    again: async () => {
      hub = await startSourceHub(env, cwd);
    },
    close: async () => {
      await hub.stop();
      rmSync(cwd, { recursive: true, force: true });
    },
  };
}
