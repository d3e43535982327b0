import { Pool } from 'undici';
import type { ProxyLimits } from './contract';
import { createReads, type Reading } from './reused-reads';

/** Connections to servers, by origin. Addresses are used again by other servers, so a drained server's connections must go (E02). */
export interface Pools {
  get(origin: string): Pool;
  /** Every request on a connection of its own: for the second try after a kept one turned out dead. */
  fresh(origin: string): Pool;
  release(origin: string): void;
  /** Ends the connections to everything else. */
  keepOnly(origins: ReadonlySet<string>): void;
  close(): Promise<void>;
  /** What is being parsed now. */
  readonly reading: Reading | null;
}

/** Longest response header: more is 502 (F15). */
const MAX_HEADER_BYTES = 32 * 1024;
const KEEP_ALIVE_PROBE_MS = 30_000;

export function createPools(limits: ProxyLimits): Pools {
  const kept = new Map<string, Pool>();
  const single = new Map<string, Pool>();

  const reads = createReads({ keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS, timeout: limits.upstreamConnectMs });
  const options: Pool.Options = {
    connections: limits.connectionsPerServer,
    headersTimeout: limits.upstreamHeadersMs,
    bodyTimeout: limits.idleMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    connect: reads.connector,
  };

  const from = (pools: Map<string, Pool>, origin: string, pipelining: 0 | 1): Pool => {
    const known = pools.get(origin);
    if (known !== undefined) return known;
    const pool = new Pool(origin, { ...options, pipelining });
    pools.set(origin, pool);
    return pool;
  };

  const drop = (pools: Map<string, Pool>, origin: string): Promise<void> => {
    const pool = pools.get(origin);
    pools.delete(origin);
    return pool === undefined ? Promise.resolve() : pool.destroy();
  };

  const release = (origin: string): Promise<unknown> => Promise.all([drop(kept, origin), drop(single, origin)]);

  return {
    get reading() {
      return reads.current;
    },
    get: (origin) => kept.get(origin) ?? from(kept, origin, 1),
    fresh: (origin) => from(single, origin, 0),
    release: (origin) => void release(origin),
    keepOnly(origins) {
      for (const origin of [...kept.keys(), ...single.keys()]) if (!origins.has(origin)) void release(origin);
    },
    close: async () => {
      await Promise.all([...kept.keys(), ...single.keys()].map(release));
    },
  };
}
