import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { hubLives, type HubLives, type LivingHub } from './killed-hubs';
import type { KillableOptions } from './killable-hub';
import { SMALL_ENGINE_IMAGE, type SecondEngine } from './second-engine';
import { eventually } from './test-engine';

interface ServerModel {
  readonly ready: boolean;
  readonly stopped: boolean;
  readonly pending: string | null;
}

export interface HealthRow {
  readonly name: string;
  readonly ok: boolean;
  readonly level: string;
  readonly detail: string;
}

/** A hub on an engine of its own, which lives for the length of a test. */
export interface SecondHub {
  readonly hub: LivingHub;
  readonly lives: HubLives;
  server(user: string): Promise<ServerModel>;
  /** Asks for it, and waits until it is ready. */
  started(user: string): Promise<void>;
  /** What a path of the hub answers to Alice's token, asked in the engine's own network: `<body> <status>`. */
  visit(path: string): Promise<string>;
  /** What the health page shows, looked at anew. */
  health(): Promise<{ readonly ok: boolean; readonly blocked: string | null; readonly checks: readonly HealthRow[] }>;
  close(): Promise<void>;
}

/** What the small lab answers to its owner, as `visit` tells it. */
export const SERVED = '{"version": "1"} 200';

export async function startSecondHub(engine: SecondEngine, change: Pick<KillableOptions, 'networkPool'> & Partial<KillableOptions> & { readonly through?: readonly string[] }): Promise<SecondHub> {
  const [program = '', ...args] = engine.inside;
  const lives = hubLives({ host: engine.host, image: SMALL_ENGINE_IMAGE, users: ['alice', 'bob'], ...change, through: [...engine.inside, ...(change.through ?? [])] });
  const hub = await lives.boot();
  const { token } = await hub.ask<{ token: string }>('POST', 'users/alice/tokens', {});
  const server = (user: string): Promise<ServerModel> => hub.ask('GET', `users/${user}/server`);

  async function started(user: string): Promise<void> {
    await hub.ask('POST', `users/${user}/server`);
    await eventually(`${user} is ready`, async () => (await server(user)).ready, 60_000);
  }

  async function visit(at: string): Promise<string> {
    const { stdout } = await promisify(execFile)(program, [...args, 'curl', '-s', '-w', ' %{http_code}', '--max-time', '10', '-H', `Authorization: token ${token}`, new URL(at, hub.url).href]);
    return stdout;
  }

  return { hub, lives, server, started, visit, health: () => hub.ask('POST', 'admin/health/checks', {}), close: lives.close };
}
