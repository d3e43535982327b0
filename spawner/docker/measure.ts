import type { ServerId } from '../../hub/domain/ids';
import { HubError } from '../../hub/domain/errors';
import type { Logger } from '../../hub/domain/runtime';
import type { Sample } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import type { ControlGroups, Measured } from './control-groups';

export interface Measure {
  /** What a container uses now. Rejects for one that does not run. */
  of(containerId: string, signal?: AbortSignal): Promise<Measured>;
  /** As `Spawner.sample`. */
  all(containers: readonly { readonly containerId: string; readonly server: ServerId }[], signal: AbortSignal): Promise<readonly Sample[]>;
  /** Seconds of CPU that everything in a container has used so far. Rejects for a container that does not run. */
  cpuSeconds(container: string, signal: AbortSignal): Promise<number>;
}

interface Stats {
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: { readonly inactive_file?: number; readonly total_inactive_file?: number } };
}

interface Deps {
  readonly client: DockerClient;
  /** null: containers run elsewhere, or the hub is in one itself and sees only its own. */
  readonly groups: ControlGroups | null;
  readonly log: Logger;
}

type Limits = Pick<Measured, 'memoryLimit' | 'cpuLimit'>;

const NANOSECONDS = 1e9;
const AT_ONCE = 8;

/** From the kernel where it can be read, else from the engine, which takes longer. */
export function createMeasure({ client, groups, log }: Deps): Measure {
  /** Those that the engine was asked about: limits of a container do not change while it runs. */
  const limits = new Map<string, Limits>();

  async function statsOf(container: string, signal?: AbortSignal): Promise<Stats> {
    const ask = (abortSignal: AbortSignal) => ({ stream: false as const, 'one-shot': true, abortSignal });
    return client.call({ what: 'measure a server', ms: DEADLINE.inspect, ...(signal === undefined ? {} : { signal }), run: (d, abortSignal) => d.getContainer(container).stats(ask(abortSignal)) });
  }

  async function limitsOf(container: string, signal?: AbortSignal): Promise<Limits> {
    const known = limits.get(container);
    if (known !== undefined) return known;
    const { HostConfig } = await client.call({ what: 'look at a server', ms: DEADLINE.inspect, ...(signal === undefined ? {} : { signal }), run: (d, abortSignal) => d.getContainer(container).inspect({ abortSignal }) });
    const found = { memoryLimit: HostConfig.Memory ? HostConfig.Memory : null, cpuLimit: HostConfig.NanoCpus ? HostConfig.NanoCpus / NANOSECONDS : null };
    limits.set(container, found);
    return found;
  }

  async function of(containerId: string, signal?: AbortSignal): Promise<Measured> {
    const seen = (await groups?.measure(containerId)) ?? null;
    if (seen !== null) return seen;
    const [stats, allowed] = await Promise.all([statsOf(containerId, signal), limitsOf(containerId, signal)]);
    return { memoryBytes: memoryOf(stats), cpuSeconds: cpuOf(stats), ...allowed };
  }

  async function all(containers: Parameters<Measure['all']>[0], signal: AbortSignal): Promise<readonly Sample[]> {
    const known = new Set(containers.map(({ containerId }) => containerId));
    groups?.keepOnly(known);
    for (const id of limits.keys()) if (!known.has(id)) limits.delete(id);
    const found: Sample[] = [];
    let failure: unknown;
    const rest = containers.values();
    const worker = async (): Promise<void> => {
      for (const { containerId, server } of rest) {
        if (signal.aborted) return;
        try {
          found.push({ server, ...(await of(containerId, signal)) });
        } catch (err) {
          failure = err;
          log.debug({ err, server }, 'a server could not be measured');
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    // A single one may just have ended; when none could be measured, it is the engine.
    if (found.length === 0 && failure instanceof HubError && failure.code === 'unavailable') throw failure;
    return found;
  }

  return { of, all, cpuSeconds: async (container, signal) => cpuOf(await statsOf(container, signal)) };
}

function cpuOf({ cpu_stats: cpu }: Stats): number {
  const used = cpu?.cpu_usage?.total_usage;
  if (used === undefined || used === 0) throw new Error('the engine did not say how much CPU a server used');
  return used / NANOSECONDS;
}

/** As `docker stats` counts: files that the kernel only keeps because there is room are not the lab's use. */
function memoryOf({ memory_stats: memory }: Stats): number {
  if (memory?.usage === undefined) throw new Error('the engine did not say how much memory a server uses');
  return Math.max(0, memory.usage - (memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0));
}
