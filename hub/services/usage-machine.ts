import type { Clock, Logger } from '../domain/runtime';
import { HOUR_STEP, MINUTE_STEP, type HostNow, type HostStep, type Room } from '../domain/usage';
import type { Spawner } from '../../spawner/spawner';
import type { Store } from '../store/store';
import { within } from './deadlines';
import { averageOf, mergedStarts, mostOf, sumOf } from './usage-series';

/** What the operating system says of the machine that the hub runs on. */
export interface HostProbe {
  readonly cpus: number;
  /** Counted since the machine began, in any unit. */
  cpuTimes(): { readonly idle: number; readonly all: number };
  memory(): Room;
  /** Of the hub's data. Rejects where that cannot be read. */
  disk(): Promise<Room>;
  /** Of a folder on another disk than the hub's data; null: it is the same. Rejects where that cannot be read. */
  otherDisk(folder: string): Promise<Room | null>;
  /** 99th percentile of the event loop's delay since it was asked last, milliseconds. */
  takeLoopMs(): number;
  close(): void;
}

export interface Machine {
  /** Never rejects. */
  look(): Promise<void>;
  now(): HostNow | null;
  observeStart(seen: { readonly status: 'success' | 'failure' | 'cancelled'; readonly seconds: number }): void;
  /** The step of a minute that is over, and the hour so far. */
  endMinute(minute: number): readonly (HostStep & { readonly step: number })[];
  close(): void;
}

interface Deps {
  readonly probe: HostProbe;
  readonly engine: Pick<Spawner, 'storageFolder'>;
  readonly store: Pick<Store, 'usage'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A network disk that hangs must not hold up what looks at it. */
const DISK_MS = 2_000;
const DISK_EVERY_MS = 60_000;
const STARTS_PER_MINUTE = 200;
const STARTS_PER_HOUR = 500;

export function createMachine({ probe, engine, store, clock, log }: Deps): Machine {
  let now: HostNow | null = null;
  let times: ReturnType<HostProbe['cpuTimes']> | null = null;
  let disks: Pick<HostNow, 'disk' | 'engineDisk'> = { disk: null, engineDisk: null };
  let disksMs = -Infinity;
  let looking = false;
  let loopMs = 0;
  let folder: string | null | undefined;
  let seen: { readonly cpu: number | null; readonly memory: number }[] = [];
  let starts: number[] = [];
  let failed = 0;

  async function lookAtDisks(): Promise<void> {
    if (looking || clock.monotonicMs() - disksMs < DISK_EVERY_MS) return;
    looking = true;
    disksMs = clock.monotonicMs();
    const work = Promise.all([orNull(probe.disk()), orNull(engineDisk())]).then(([disk, other]) => void (disks = { disk, engineDisk: other })).finally(() => (looking = false));
    await orNull(within(clock, DISK_MS, work));
  }

  async function engineDisk(): Promise<Room | null> {
    folder ??= (await engine.storageFolder?.()) ?? null;
    return folder === null ? null : probe.otherDisk(folder);
  }

  const orNull = <T>(work: Promise<T>): Promise<T | null> => work.catch((err: unknown) => {
    log.debug({ err }, 'a disk could not be looked at');
    return null;
  });

  async function look(): Promise<void> {
    await lookAtDisks();
    const next = probe.cpuTimes();
    const cpu = times === null || next.all <= times.all ? null : 1 - (next.idle - times.idle) / (next.all - times.all);
    times = next;
    const memory = probe.memory();
    now = { at: clock.now(), cpu, cpus: probe.cpus, memory, ...disks, loopMs };
    seen.push({ cpu, memory: memory.used });
  }

  function endMinute(minute: number): ReturnType<Machine['endMinute']> {
    loopMs = probe.takeLoopMs();
    const kinds = store.usage.kinds();
    const cpus = seen.map(({ cpu }) => cpu);
    const memory = seen.map((one) => one.memory);
    const step: HostStep = {
      at: minute * MINUTE_STEP, cpu: averageOf(cpus), cpuPeak: mostOf(cpus), memory: whole(averageOf(memory)), memoryPeak: whole(mostOf(memory)),
      disk: disks.disk?.used ?? null, engineDisk: disks.engineDisk?.used ?? null, running: kinds.ready ?? 0, queued: kinds.queued ?? 0, loopMs, failed, started: starts.length, starts: mergedStarts([starts], STARTS_PER_MINUTE),
    };
    [seen, starts, failed] = [[], [], 0];
    return [{ step: MINUTE_STEP, ...step }, { step: HOUR_STEP, ...hourSoFar(step) }];
  }

  function hourSoFar(last: HostStep): HostStep {
    const at = last.at - (last.at % HOUR_STEP);
    const steps = [...store.usage.host(MINUTE_STEP, { from: at, until: last.at }), last];
    const of = <K extends keyof HostStep>(name: K): readonly HostStep[K][] => steps.map((one) => one[name]);
    return {
      at, cpu: averageOf(of('cpu')), cpuPeak: mostOf(of('cpuPeak')), memory: whole(averageOf(of('memory'))), memoryPeak: whole(mostOf(of('memoryPeak'))),
      disk: last.disk, engineDisk: last.engineDisk, running: mostOf(of('running')) ?? 0, queued: mostOf(of('queued')) ?? 0, loopMs: mostOf(of('loopMs')),
      failed: sumOf(of('failed')), started: sumOf(of('started')), starts: mergedStarts(of('starts'), STARTS_PER_HOUR),
    };
  }

  return {
    look,
    now: () => now,
    observeStart({ status, seconds }) {
      if (status === 'success') starts.push(Math.round(seconds * 1000));
      else if (status === 'failure') failed += 1;
    },
    endMinute,
    close: () => probe.close(),
  };
}

const whole = (value: number | null): number | null => (value === null ? null : Math.round(value));
