import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseConfig, type Sources } from '../../hub/config';
import { createHub, type Hub, type HubOverrides } from '../../hub/create-hub';
import { systemClock, type Clock, type Logger } from '../../hub/domain/runtime';
import { openStore } from '../../hub/store/create-store';
import type { Store } from '../../hub/store/store';
import { freePort } from './hub-process';
import { createFakeSpawner, type FakeOptions, type FakeSpawner } from '../../spawner/fake';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Keeps what was logged, so that tests can look for what must not be there. */
export function createMemoryLog(lines: LogLine[] = []): { readonly log: Logger; readonly lines: LogLine[] } {
  const make = (bound: Readonly<Record<string, unknown>>): Logger => {
    const at = (level: LogLine['level']) => (fields: Readonly<Record<string, unknown>>, message: string): void => void lines.push({ level, message, fields: { ...bound, ...fields } });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (more) => make({ ...bound, ...more }) };
  };
  return { log: make({}), lines };
}

export interface TestHub {
  readonly hub: Hub;
  /** `http://127.0.0.1:<port>`: where the hub listens, and an origin that it accepts. */
  readonly origin: string;
  /** Begins and ends with a slash. */
  readonly base: string;
  readonly spawner: FakeSpawner;
  readonly store: Store;
  readonly lines: LogLine[];
  close(): Promise<void>;
}

export interface TestHubOptions {
  /** As in the config file. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly behaviour?: FakeOptions['behaviour'];
  readonly clock?: Clock;
  readonly overrides?: Partial<HubOverrides>;
  /** Where settings come from, by their names; absent: all of them are the default. */
  readonly sources?: Sources;
}

/** The real hub on a free port, with a store in memory and servers that are only pretended. */
export async function startHub({ settings = {}, behaviour, clock = systemClock, overrides = {}, sources }: TestHubOptions = {}): Promise<TestHub> {
  const folder = mkdtempSync(path.join(tmpdir(), 'berth-http-'));
  const { log, lines } = createMemoryLog();
  const store = openStore(':memory:', { backups: path.join(folder, 'state', 'hub.backups') });
  const spawner = createFakeSpawner({ clock, ...(behaviour === undefined ? {} : { behaviour }) });
  const config = parseConfig({ dataDir: 'state', spawner: 'fake', listen: { port: 'publicUrl' in settings ? await freePort() : 0, host: '127.0.0.1' }, ...settings }, folder);
  const hub = await createHub(config, log, { clock, store, spawner, slowMs: 5_000, ...overrides }, sources);
  const port = hub.config.listen.port === 0 ? new URL(hub.url).port : String(hub.config.listen.port);
  return {
    hub, store, spawner, lines,
    origin: `http://127.0.0.1:${port}`,
    base: hub.config.basePath,
    close: async () => {
      await hub.close();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
