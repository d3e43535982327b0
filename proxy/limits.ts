import type { ProxyLimits } from './contract';

/** Section 3.11 of the security cases. Times in milliseconds. */
export const DEFAULT_LIMITS: ProxyLimits = {
  maxHeaderLines: 100,
  maxTargetBytes: 8192,
  upstreamConnectMs: 5_000,
  upstreamHeadersMs: 120_000,
  idleMs: 120_000,
  connectionsPerServer: 256,
  halfOpenMs: 5_000,
  socketsPerUser: 200,
  socketsPerAddress: 500,
  socketsTotal: 5_000,
};
