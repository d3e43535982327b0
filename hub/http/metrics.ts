import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, Histogram, Registry } from 'prom-client';

/** Read when somebody asks, so that nothing has to keep them in step. */
export interface MetricSources {
  readonly runningServers: () => number;
  readonly totalUsers: () => number;
  readonly sessions: () => number;
  /** What is open in the proxy right now. */
  readonly proxied: () => { readonly requests: number; readonly sockets: number };
}

export interface Metrics {
  /** Prometheus text. */
  text(): Promise<string>;
  readonly contentType: string;
  /** `handler` is the route's pattern, never the path: a label must not grow with the users. */
  observeRequest(seen: { readonly method: string; readonly handler: string; readonly code: number; readonly seconds: number }): void;
  observeSpawn(seen: { readonly status: 'success' | 'failure' | 'cancelled'; readonly seconds: number }): void;
  close(): void;
}

const REQUEST_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SPAWN_BUCKETS = [0.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 180, 300, 600];
const NANOSECONDS = 1e9;

/** JupyterHub's names where it has one, so that dashboards keep working; ours start with `berth_`. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const lag = monitorEventLoopDelay({ resolution: 20 });
  lag.enable();

  const requests = new Histogram({ name: 'jupyterhub_request_duration_seconds', help: 'Duration of requests to the hub', labelNames: ['method', 'handler', 'code'], buckets: REQUEST_BUCKETS, registers });
  const spawns = new Histogram({ name: 'jupyterhub_server_spawn_duration_seconds', help: 'Time from the click to a server that answers', labelNames: ['status'], buckets: SPAWN_BUCKETS, registers });
  const gauge = (name: string, help: string, read: () => number): Gauge => new Gauge({ name, help, registers, collect() { this.set(read()); } });

  gauge('jupyterhub_running_servers', 'Servers that are ready', sources.runningServers);
  gauge('jupyterhub_total_users', 'Accounts', sources.totalUsers);
  gauge('berth_sessions', 'Browsers that are signed in', sources.sessions);
  gauge('berth_proxied_requests', 'Proxied requests that are open', () => sources.proxied().requests);
  gauge('berth_proxied_sockets', 'Proxied sockets that are open', () => sources.proxied().sockets);
  gauge('berth_event_loop_lag_p99_seconds', '99th percentile of the event loop delay since the last reading', () => {
    const value = lag.percentile(99) / NANOSECONDS;
    lag.reset();
    return value;
  });
  gauge('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());

  return {
    text: () => registry.metrics(),
    contentType: registry.contentType,
    observeRequest: ({ method, handler, code, seconds }) => requests.observe({ method, handler, code }, seconds),
    observeSpawn: ({ status, seconds }) => spawns.observe({ status }, seconds),
    close: () => {
      lag.disable();
    },
  };
}
