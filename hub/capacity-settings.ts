import type { Config } from './config';
import type { Capacity, Ceiling } from './domain/capacity';

const ceiling = ({ servers, memory, cpus }: { readonly servers?: number | null | undefined; readonly memory?: number | null | undefined; readonly cpus?: number | null | undefined }): Ceiling => ({ servers: servers ?? 0, memory: memory ?? 0, cpus: cpus ?? 0 });

/** What the configuration says about how much may run, and who weighs what in the line. */
export function capacityOf({ capacity, groups }: Config): { readonly capacity: Capacity; readonly weights: ReadonlyMap<string, number> } {
  const limited = groups.map(({ name, limits }) => [name, ceiling(limits)] as const).filter(([, { servers, memory, cpus }]) => servers + memory + cpus > 0);
  return {
    capacity: {
      hub: ceiling(capacity),
      user: ceiling({ servers: capacity.userServers, memory: capacity.userMemory, cpus: capacity.userCpus }),
      groups: new Map(limited),
    },
    weights: new Map(groups.filter(({ weight }) => weight !== 1).map(({ name, weight }) => [name, weight])),
  };
}
