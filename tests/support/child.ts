import type { ProxyLimits } from '../../proxy/contract';

export interface ChildOptions {
  readonly kind: 'proxy' | 'hub';
  /** For a proxy: servers by the name of their owner. */
  readonly routes?: Readonly<Record<string, string>>;
  readonly limits?: Partial<ProxyLimits>;
  readonly connectionsPerAddress?: number;
  /** For a hub: as in the config file, and how starts behave. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly neverStarts?: boolean;
}

export interface ChildProgram {
  /** What the test needs to know, as text. */
  readonly about: Readonly<Record<string, string>>;
  readonly counts: () => Readonly<Record<string, number>>;
  readonly close: () => Promise<void>;
}

/** The whole of a child process of `startChild`: starts what it is for, and answers what the test asks about the process. */
export async function serveParent(start: (options: ChildOptions) => Promise<ChildProgram>): Promise<void> {
  const running = await start(JSON.parse(process.argv[2] ?? '{}') as ChildOptions);
  process.on('message', (what: unknown) => {
    if (what === 'stats') process.send?.({ stats: { ...measure(), ...running.counts() } });
    else if (what === 'close') void running.close().then(() => process.disconnect());
  });
  process.once('disconnect', () => process.exit(0));
  process.send?.({ ready: running.about });
}

function measure(): Record<string, number> {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const handles = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && name !== 'Immediate').length;
  return { rss: process.memoryUsage.rss(), heap: process.memoryUsage().heapUsed, cpuMs: (user + system) / 1000, handles };
}
