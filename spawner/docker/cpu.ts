import type { DockerClient } from './client';
import { DEADLINE } from './client';

interface Stats {
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
}

const NANOSECONDS = 1e9;

/** Seconds of CPU that everything in a container has used so far. Rejects for a container that does not run. */
export async function cpuSeconds(client: DockerClient, container: string, signal: AbortSignal): Promise<number> {
  const ask = (abortSignal: AbortSignal) => ({ stream: false as const, 'one-shot': true, abortSignal });
  const stats: Stats = await client.call({ what: 'measure a server', ms: DEADLINE.inspect, signal, run: (d, abortSignal) => d.getContainer(container).stats(ask(abortSignal)) });
  const used = stats.cpu_stats?.cpu_usage?.total_usage;
  if (used === undefined || used === 0) throw new Error('the engine did not say how much CPU a server used');
  return used / NANOSECONDS;
}
