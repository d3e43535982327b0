import type { User } from '../../hub/domain/user';
import type { DockerSpawnerDeps } from '../../spawner/docker/docker-spawner';
import { makeToken, makeUser } from './factories';
import { startHub, type TestHub } from './start-hub';
import { startTestEngine, type TestEngine } from './test-engine';

export interface DockerHub extends Pick<TestHub, 'hub' | 'origin' | 'base' | 'store'> {
  readonly engine: TestEngine;
  person(name: string, given?: { readonly admin?: boolean }): Person;
  close(): Promise<void>;
}

/** Somebody with a token, who asks over a socket as any program does. */
export interface Person {
  readonly user: User;
  readonly token: string;
  /** `path` below `/hub/api/`. */
  ask(method: string, path: string, body?: object): Promise<Response>;
  /** Every event of the own server's start, until it ends. */
  progress(): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface DockerHubOptions {
  /** The caller's own, one per file. */
  readonly networkPool: string;
  /** As in the config file. */
  readonly settings: Readonly<Record<string, unknown>> | ((engine: TestEngine) => Promise<Readonly<Record<string, unknown>>>);
  readonly deps?: Partial<DockerSpawnerDeps>;
}

/** The hub on the real engine, in this process. The proof of isolation makes containers of its own, which are other tests' business. */
export async function startDockerHub({ networkPool, settings, deps = {} }: DockerHubOptions): Promise<DockerHub> {
  const engine = await startTestEngine({ networkPool, internalPort: 8081 });
  const spawner = engine.another({}, deps);
  const given = typeof settings === 'function' ? await settings(engine) : settings;
  const running = await startHub({ settings: { docker: { isolation: 'report' }, ...given }, overrides: { slowMs: 1, spawner: { ...spawner, check: () => Promise.resolve({ ok: true, checks: [] }) } } });
  const { hub, origin, base, store } = running;

  function person(name: string, { admin = false }: { readonly admin?: boolean } = {}): Person {
    const user = makeUser(running, name, { admin });
    const token = makeToken(running, user);
    const ask = (method: string, path: string, body?: object): Promise<Response> =>
      fetch(`${origin}/hub/api/${path}`, { method, headers: { Authorization: `token ${token}`, 'Content-Type': 'application/json' }, body: body === undefined ? null : JSON.stringify(body) });
    return {
      user,
      token,
      ask,
      progress: async () => {
        const stream = await ask('GET', `users/${name}/server/progress`);
        return (await stream.text()).split('\n').filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
      },
    };
  }

  async function close(): Promise<void> {
    await running.close();
    await engine.close();
  }

  return { hub, origin, base, store, engine, person, close };
}
