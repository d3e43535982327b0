import type { ServerId } from '../domain/ids';
import type { IdleSignals, RunningCell } from '../domain/idleness';
import type { Clock, Logger } from '../domain/runtime';
import type { ServerRecord } from '../domain/server';
import { within } from './deadlines';

/** What a server says about itself; times since something happened, milliseconds; null: not known. */
export interface LabReport {
  readonly kernels: readonly { readonly id: string; readonly name: string; readonly busy: boolean; readonly path: string | null; readonly quietMs: number | null }[];
  readonly terminals: readonly { readonly quietMs: number | null }[];
}

export interface IdleWatchDeps {
  /** Asks the server itself. Rejects when it does not answer. */
  readonly ask: (record: ServerRecord, signal: AbortSignal) => Promise<LabReport>;
  /** Seconds of CPU that a server has used so far. Absent: nobody can tell. */
  readonly cpuSeconds?: ((record: ServerRecord, signal: AbortSignal) => Promise<number>) | undefined;
  /** CPUs in use from which a server without a running cell counts as busy; null: never. */
  readonly busyCpus: number | null;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface IdleWatch {
  used(server: ServerId, bytes: number): void;
  /** As far as it is known. `lease` is not this one's to know. */
  signals(record: ServerRecord): Omit<IdleSignals, 'lease'>;
  proxied(server: ServerId): { readonly uses: number; readonly bytes: number };
  /** When the server last answered, monotonic milliseconds; undefined: it did not. */
  answeredMs(record: ServerRecord): number | undefined;
  /** Asks the server now, or waits for an answer that is on its way. Never rejects, and takes ten seconds at most. */
  look(record: ServerRecord): Promise<void>;
  /** Drops what is known of servers that do not run. */
  keepOnly(running: ReadonlySet<ServerId>): void;
}

const ASK_MS = 10_000;
/** An older answer says nothing about now. */
const STALE_MS = 11 * 60_000;
/** Two looks at the CPU that are closer together measure nothing. */
const CPU_SPAN_MS = 5_000;
/** An engine that cannot measure at all must not keep every server for ever. */
const CPU_TRIES = 5;

interface Life {
  readonly since: number;
  readonly firstMs: number;
  readonly ageAtFirstMs: number;
  usedMs: number;
  answeredMs: number | undefined;
  running: readonly { readonly path: string | null; readonly kernel: string; readonly id: string; readonly sinceMs: number }[];
  cpu: { readonly atMs: number; readonly seconds: number } | undefined;
  /** Measured between the last two looks; undefined: not yet, or not lately. */
  rate: { readonly atMs: number; readonly cpus: number } | undefined;
  /** In a row. */
  cpuFailures: number;
  asking: Promise<void> | undefined;
}

/** Gathers what says that a server is in use. All of it is in memory: after a restart of the hub every server counts as just used. */
export function createIdleWatch({ ask, cpuSeconds, busyCpus, clock, log }: IdleWatchDeps): IdleWatch {
  const lives = new Map<ServerId, Life>();
  const meters = new Map<ServerId, { lastMs: number; uses: number; bytes: number }>();

  function lifeOf(record: ServerRecord): Life {
    const since = record.state.since?.getTime() ?? 0;
    const found = lives.get(record.id);
    if (found?.since === since) return found;
    const now = clock.monotonicMs();
    const ageAtFirstMs = Math.max(0, clock.now().getTime() - since);
    const fresh: Life = { since, firstMs: now, ageAtFirstMs, usedMs: now, answeredMs: undefined, running: [], cpu: undefined, rate: undefined, cpuFailures: 0, asking: undefined };
    lives.set(record.id, fresh);
    return fresh;
  }

  const isFresh = (life: Life): boolean => life.answeredMs !== undefined && clock.monotonicMs() - life.answeredMs < STALE_MS;
  const lastUse = (record: ServerRecord, life: Life): number => Math.max(life.usedMs, meters.get(record.id)?.lastMs ?? 0);

  function take(life: Life, { kernels, terminals }: LabReport): void {
    const now = clock.monotonicMs();
    const before = new Map(life.running.map((cell) => [cell.id, cell.sinceMs]));
    life.running = kernels.filter(({ busy }) => busy).map(({ id, name, path, quietMs }) => ({ id, kernel: name, path, sinceMs: Math.min(before.get(id) ?? now, now - (quietMs ?? 0)) }));
    const quiet = [...kernels, ...terminals].flatMap(({ quietMs }) => (quietMs === null ? [] : [quietMs]));
    life.usedMs = Math.max(life.usedMs, ...quiet.map((ms) => now - ms), life.running.length > 0 ? now : 0);
    life.answeredMs = now;
  }

  function takeCpu(life: Life, seconds: number): void {
    const atMs = clock.monotonicMs();
    const { cpu } = life;
    if (cpu !== undefined && atMs - cpu.atMs < CPU_SPAN_MS) return;
    life.cpuFailures = 0;
    life.rate = cpu === undefined || seconds < cpu.seconds ? undefined : { atMs, cpus: ((seconds - cpu.seconds) * 1000) / (atMs - cpu.atMs) };
    life.cpu = { atMs, seconds };
    if (busyCpus !== null && life.rate !== undefined && life.rate.cpus >= busyCpus) life.usedMs = atMs;
  }

  /** null: nobody needs to know, or nobody can. `unknown`: it will be known after the next look. */
  function cpusOf(life: Life): number | null | 'unknown' {
    if (busyCpus === null || cpuSeconds === undefined || life.cpuFailures >= CPU_TRIES) return null;
    if (life.rate === undefined || clock.monotonicMs() - life.rate.atMs >= STALE_MS) return 'unknown';
    return life.rate.cpus >= busyCpus ? life.rate.cpus : null;
  }

  async function askOnce(record: ServerRecord, life: Life): Promise<void> {
    const gone = new AbortController();
    try {
      const cpu = busyCpus === null || cpuSeconds === undefined ? undefined : cpuSeconds(record, gone.signal).then((seconds) => takeCpu(life, seconds));
      const [told, measured] = await within(clock, ASK_MS, Promise.allSettled([ask(record, gone.signal), cpu]));
      if (measured.status === 'rejected') {
        life.cpuFailures += 1;
        log.debug({ server: record.id, err: measured.reason as unknown }, 'the CPU of a server could not be measured');
      }
      if (told.status === 'rejected') throw told.reason;
      take(life, told.value);
    } catch (err) {
      log.debug({ server: record.id, err }, 'a server did not say what it is doing');
    } finally {
      gone.abort();
    }
  }

  return {
    used(server, bytes) {
      const meter = meters.get(server);
      if (meter === undefined) meters.set(server, { lastMs: clock.monotonicMs(), uses: 1, bytes });
      else {
        meter.lastMs = clock.monotonicMs();
        meter.uses += 1;
        meter.bytes += bytes;
      }
    },
    signals(record) {
      const life = lifeOf(record);
      const now = clock.monotonicMs();
      const told = isFresh(life);
      const cpus = cpusOf(life);
      const running: readonly RunningCell[] = told ? life.running.map(({ path, kernel, sinceMs }) => ({ path, kernel, forMs: now - sinceMs })) : [];
      return { ageMs: life.ageAtFirstMs + now - life.firstMs, idleForMs: Math.max(0, now - lastUse(record, life)), asked: told && cpus !== 'unknown', running, busyCpus: running.length === 0 && cpus !== 'unknown' ? cpus : null };
    },
    proxied: (server) => ({ uses: meters.get(server)?.uses ?? 0, bytes: meters.get(server)?.bytes ?? 0 }),
    answeredMs: (record) => lifeOf(record).answeredMs,
    look(record) {
      const life = lifeOf(record);
      life.asking ??= askOnce(record, life).finally(() => (life.asking = undefined));
      return life.asking;
    },
    keepOnly(running) {
      for (const known of [lives, meters]) for (const id of known.keys()) if (!running.has(id)) known.delete(id);
    },
  };
}
