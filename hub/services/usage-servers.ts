import type { ServerId, UserId } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import type { UsageHour, UsageMinute, UsageNow, UsageSpark } from '../domain/usage';
import type { Sample } from '../../spawner/spawner';
import type { RunningServer } from '../store/store';

/** What is to be written of one server: `key` is the store's to say. */
export interface Counted<Row> {
  readonly server: RunningServer;
  readonly row: Row;
}

export interface ServerUsage {
  /** A pass of the engine over what runs. Returns whose servers were seen. */
  take(samples: readonly Sample[], running: readonly RunningServer[]): ReadonlySet<UserId>;
  /** What an earlier life of the hub wrote. */
  recall(minute: number, rows: readonly (UsageMinute & { readonly server: ServerId })[]): void;
  now(id: ServerId): UsageNow | null;
  latest(): readonly (readonly [ServerId, UsageNow])[];
  spark(id: ServerId): UsageSpark | null;
  /** Ends a minute; hours that are due are handed out and forgotten here. `all`: whether due or not. */
  endMinute(minute: number, all: boolean): { readonly minutes: readonly Counted<Omit<UsageMinute, 'key'>>[]; readonly hours: readonly Counted<Omit<UsageHour, 'key'>>[] };
}

interface Interval {
  seconds: number;
  cpuSeconds: number;
  cpuPeak: number;
  memorySum: number;
  samples: number;
  memoryPeak: number;
}

interface Live {
  server: RunningServer;
  now: UsageNow | null;
  last: { readonly ms: number; readonly cpuSeconds: number } | null;
  minute: Interval | null;
  readonly past: { readonly minute: number; readonly cpus: number | null; readonly memoryBytes: number }[];
}

interface Hour {
  readonly server: RunningServer;
  readonly dueMinute: number;
  readonly row: { hour: number; seconds: number; cpuSeconds: number; memorySeconds: number; cpuPeak: number; memoryPeak: number; cpuLimit: number | null; memoryLimit: number | null };
}

const SPARK_MINUTES = 60;
const MINUTES_PER_HOUR = 60;
/** Hours are written this often, a part of the servers in each minute: what a crash may cost. */
const HOUR_EVERY_MINUTES = 10;
/** A machine that slept, or an engine that did not answer, is not time in which a server is known to have run. */
const LONGEST_GAP_SECONDS = 180;
const MILLI = 1000;
const KIB = 1024;
const GIB = 1024 ** 3;

/** From single samples to minutes and hours of each server, in memory. */
export function createServerUsage(clock: Clock): ServerUsage {
  const all = new Map<ServerId, Live>();
  const hours = new Map<string, Hour>();
  let turn = 0;

  const minuteNow = (): number => Math.floor(clock.now().getTime() / 60_000);

  function take(samples: readonly Sample[], running: readonly RunningServer[]): ReadonlySet<UserId> {
    const known = new Map(running.map((server) => [server.id, server]));
    const owners = new Set<UserId>();
    for (const sample of samples) {
      const server = known.get(sample.server);
      if (server === undefined) continue;
      note(server, sample);
      owners.add(server.owner);
    }
    for (const [id, live] of all) if (!known.has(id)) Object.assign(live, { now: null, last: null });
    return owners;
  }

  function note(server: RunningServer, sample: Sample): void {
    const live = all.get(server.id) ?? { server, now: null, last: null, minute: null, past: [] };
    all.set(server.id, live);
    const ms = clock.monotonicMs();
    const seconds = live.last === null ? 0 : (ms - live.last.ms) / 1000;
    const counts = live.last !== null && seconds > 0 && seconds <= LONGEST_GAP_SECONDS && live.server.profile === server.profile;
    const used = live.last === null ? 0 : sample.cpuSeconds - live.last.cpuSeconds;
    // Less than before: its process began again.
    const cpuSeconds = counts ? (used >= 0 ? used : sample.cpuSeconds) : 0;
    const cpus = counts ? cpuSeconds / seconds : null;
    live.server = server;
    live.last = { ms, cpuSeconds: sample.cpuSeconds };
    live.now = { cpus, memoryBytes: sample.memoryBytes, cpuLimit: sample.cpuLimit, memoryLimit: sample.memoryLimit, at: clock.now() };
    live.minute = added(live.minute, { seconds: counts ? seconds : 0, cpuSeconds, cpus: cpus ?? 0, memoryBytes: sample.memoryBytes });
    if (counts) addHour(server, sample, { seconds, cpuSeconds, cpus: cpus ?? 0 });
  }

  function addHour(server: RunningServer, sample: Sample, { seconds, cpuSeconds, cpus }: { readonly seconds: number; readonly cpuSeconds: number; readonly cpus: number }): void {
    const minute = minuteNow();
    const hour = Math.floor(minute / MINUTES_PER_HOUR);
    const at = `${hour}/${server.id}/${server.profile ?? ''}`;
    const known = hours.get(at) ?? { server, dueMinute: minute + 1 + (turn++ % HOUR_EVERY_MINUTES), row: { hour, seconds: 0, cpuSeconds: 0, memorySeconds: 0, cpuPeak: 0, memoryPeak: 0, cpuLimit: null, memoryLimit: null } };
    hours.set(at, known);
    const { row } = known;
    row.seconds += seconds;
    row.cpuSeconds += cpuSeconds;
    row.memorySeconds += (sample.memoryBytes / GIB) * seconds;
    row.cpuPeak = Math.max(row.cpuPeak, Math.round(cpus * MILLI));
    row.memoryPeak = Math.max(row.memoryPeak, Math.round(sample.memoryBytes / KIB));
    row.cpuLimit = sample.cpuLimit === null ? null : Math.round(sample.cpuLimit * MILLI);
    row.memoryLimit = sample.memoryLimit === null ? null : Math.round(sample.memoryLimit / KIB);
  }

  function endMinute(minute: number, everything: boolean): ReturnType<ServerUsage['endMinute']> {
    const minutes: Counted<Omit<UsageMinute, 'key'>>[] = [];
    for (const [id, live] of all) {
      const seen = live.minute;
      live.minute = null;
      if (seen !== null) {
        const cpus = seen.seconds > 0 ? seen.cpuSeconds / seen.seconds : null;
        live.past.push({ minute, cpus, memoryBytes: seen.memorySum / seen.samples });
        minutes.push({ server: live.server, row: { cpu: Math.round((cpus ?? 0) * MILLI), cpuPeak: Math.round(seen.cpuPeak * MILLI), memory: Math.round(seen.memorySum / seen.samples / KIB), memoryPeak: Math.round(seen.memoryPeak / KIB) } });
      }
      while (live.past[0] !== undefined && live.past[0].minute <= minute - SPARK_MINUTES) live.past.shift();
      if (live.past.length === 0 && live.now === null) all.delete(id);
    }
    const due = [...hours].filter(([, { dueMinute }]) => everything || dueMinute <= minute);
    for (const [at] of due) hours.delete(at);
    return { minutes, hours: due.map(([, { server, row }]) => ({ server, row })) };
  }

  function spark(id: ServerId): UsageSpark | null {
    const live = all.get(id);
    if (live === undefined || live.past.length === 0) return null;
    const first = minuteNow() - SPARK_MINUTES;
    const cpus: (number | null)[] = Array.from({ length: SPARK_MINUTES }, () => null);
    const memoryBytes = [...cpus];
    for (const past of live.past) {
      const i = past.minute - first;
      if (i < 0 || i >= SPARK_MINUTES) continue;
      cpus[i] = past.cpus;
      memoryBytes[i] = past.memoryBytes;
    }
    return { cpus, memoryBytes };
  }

  return {
    take,
    recall(minute, rows) {
      for (const { server: id, cpu, memory } of rows) {
        const live = all.get(id) ?? { server: { id, owner: '' as UserId, profile: null }, now: null, last: null, minute: null, past: [] };
        all.set(id, live);
        live.past.push({ minute, cpus: cpu / MILLI, memoryBytes: memory * KIB });
      }
    },
    now: (id) => all.get(id)?.now ?? null,
    latest: () => [...all].flatMap(([id, { now }]) => (now === null ? [] : [[id, now] as const])),
    spark,
    endMinute,
  };
}

function added(before: Interval | null, { seconds, cpuSeconds, cpus, memoryBytes }: { readonly seconds: number; readonly cpuSeconds: number; readonly cpus: number; readonly memoryBytes: number }): Interval {
  const sum = before ?? { seconds: 0, cpuSeconds: 0, cpuPeak: 0, memorySum: 0, samples: 0, memoryPeak: 0 };
  sum.seconds += seconds;
  sum.cpuSeconds += cpuSeconds;
  sum.cpuPeak = Math.max(sum.cpuPeak, cpus);
  sum.memorySum += memoryBytes;
  sum.samples += 1;
  sum.memoryPeak = Math.max(sum.memoryPeak, memoryBytes);
  return sum;
}
