import { LRUCache } from 'lru-cache';
import { demand, HUB, notFound, type Actor } from '../domain/access';
import { moreRoom, type Need } from '../domain/capacity';
import { HubError } from '../domain/errors';
import { DEFAULT_SERVER, type ServerId, type ServerName, type UserId } from '../domain/ids';
import type { Clock, Logger } from '../domain/runtime';
import { HOUR_STEP, monthOf, monthText, type HostView, type UsageHint, type UsageHour, type UsageMinute, type UsageRow } from '../domain/usage';
import type { User } from '../domain/user';
import type { Spawner } from '../../spawner/spawner';
import type { RunningServer, Store } from '../store/store';
import { within } from './deadlines';
import type { Feed } from './feed';
import { serverTarget } from './server-target';
import type { Usage } from './usage-contract';
import { createMachine, type HostProbe, type Machine } from './usage-machine';
import { createServerUsage, type Counted } from './usage-servers';
import { DAY_BY_HOURS, hintsOf, hostSeries, hourRow, minuteRow, serverSeries, spanOf, startsOf, stepsOf, type Steps } from './usage-series';

export interface UsageDeps {
  readonly store: Store;
  readonly engine: Pick<Spawner, 'sample' | 'storageFolder'>;
  readonly host: HostProbe;
  /** What servers are started as without a choice, and what is left of what the hub gives to all; absent: not known. */
  readonly room?: { usual(): { readonly title: string; readonly need: Need } | undefined; left(): Omit<Parameters<typeof moreRoom>[1], 'machine'> };
  readonly feed: Pick<Feed, 'publish' | 'isFollowed'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface UsageService extends Usage, Pick<Machine, 'observeStart'> {
  /** Looks now. Whoever asks meanwhile waits for that look. Never rejects. */
  sample(): Promise<void>;
  /** Writes what is not written yet. */
  close(): void;
}

const BEAT_MS = 10_000;
/** Of a minute, with one to spare. */
const BEATS = 5;
/** Rows that one transaction writes. */
const PART = 250;
/** Nobody looks: once a minute, a little early rather than a beat late. */
const UNWATCHED_MS = 55_000;
const SAMPLE_MS = 8_000;
const MINUTE_MS = 60_000;
const SPARK_MINUTES = 60;
const KEEP_MINUTES = 48 * 60;
const KEEP_HOURS = 90 * 24;
const KEEP_MONTHS = 36;
/** By then the last parts of an hour are written. */
const SETTLED_MINUTES = 11;
const COUNTED_AT_ONCE = 50;
const HINT_HOURS = 14 * 24;
const HINTS_KEPT = 10_000;
const PIECE = 500;

interface Waiting {
  readonly minute: number;
  readonly minutes: readonly Counted<Omit<UsageMinute, 'key'>>[];
  readonly hours: readonly Counted<Omit<UsageHour, 'key'>>[];
  readonly host: ReturnType<Machine['endMinute']>;
}

/** Measures what servers and host use, keeps its history, and tells who may see it. */
export function createUsage(deps: UsageDeps): UsageService {
  const { store, engine, feed, clock, log } = deps;
  const servers = createServerUsage(clock);
  const machine = createMachine({ ...deps, probe: deps.host });
  const hints = new LRUCache<UserId, { readonly hour: number; readonly hints: readonly UsageHint[] }>({ max: HINTS_KEPT });
  const keys = new Map<ServerId, { readonly profile: string | null; readonly key: number }>();
  const waiting: Waiting[] = [];
  let keysDay = 0;
  let going: Promise<void> | undefined;
  let sampledMs = -Infinity;
  let minute = minuteOf(clock);

  for (let past = minute - SPARK_MINUTES; past < minute; past++) servers.recall(past, store.usage.minutesOfAll(past));
  const stop = clock.every(BEAT_MS, () => void beat());

  async function beat(): Promise<void> {
    const watched = feed.isFollowed('usage');
    if (watched || clock.monotonicMs() - sampledMs >= UNWATCHED_MS) await sample();
    if (minuteOf(clock) !== minute) endMinute(false);
    writeNext();
  }

  function sample(): Promise<void> {
    going ??= oneSample().finally(() => (going = undefined));
    return going;
  }

  async function oneSample(): Promise<void> {
    sampledMs = clock.monotonicMs();
    const enough = new AbortController();
    const cancel = clock.after(SAMPLE_MS, () => enough.abort());
    try {
      // What an engine that hangs does not hear is not waited for either.
      const [samples] = await Promise.all([within(clock, SAMPLE_MS * 2, engine.sample(enough.signal)), machine.look()]);
      for (const owner of servers.take(samples, store.usage.running())) feed.publish('usage', owner);
      feed.publish('usage');
    } catch (err) {
      log.debug({ err }, 'servers could not be measured');
    } finally {
      cancel();
    }
  }

  /** Ends the minute. Of many servers a part is written now, and the others with the next beats: nobody waits long for any of it. */
  function endMinute(all: boolean): void {
    const over = minute;
    minute = minuteOf(clock);
    const { minutes, hours } = servers.endMinute(over, all);
    const parts = Math.max(1, Math.min(BEATS, Math.ceil((minutes.length + hours.length) / PART)));
    const part = <T>(rows: readonly T[], n: number): readonly T[] => rows.slice(Math.floor((rows.length * n) / parts), Math.floor((rows.length * (n + 1)) / parts));
    for (let n = 0; n < parts; n++) waiting.push({ minute: over, minutes: part(minutes, n), hours: part(hours, n), host: n === 0 ? machine.endMinute(over) : [] });
  }

  /** One transaction. A disk that is full loses this part, and nothing else. */
  function writeNext(): void {
    const next = waiting.shift();
    if (next === undefined) return;
    const hour = Math.floor(next.minute / 60);
    try {
      store.transaction(() => store.usage.write({ ...next, minutes: keyed(next.minutes, hour), hours: keyed(next.hours, hour) }));
      if (waiting.length > 0) return;
      // A little later than the hour itself, when nothing is added to it any more.
      if (next.minute % 60 >= SETTLED_MINUTES) store.usage.countHours(hour, COUNTED_AT_ONCE);
      store.usage.prune({ minute: next.minute - KEEP_MINUTES, hour: hour - KEEP_HOURS, month: monthOf(clock.now()) - KEEP_MONTHS });
    } catch (err) {
      log.warn({ err }, 'what servers used could not be written');
    }
  }

  /** null: its owner was deleted meanwhile, and nothing is kept of it. */
  function keyOf(server: RunningServer, hour: number): number | null {
    const known = keys.get(server.id);
    if (known !== undefined && known.profile === server.profile) return known.key;
    if (store.users.byId(server.owner) === undefined) return null;
    const key = store.usage.key(server, hour);
    keys.set(server.id, { profile: server.profile, key });
    return key;
  }

  function keyed<Row extends object>(rows: readonly Counted<Row>[], hour: number): readonly (Row & { readonly key: number })[] {
    // A key that nobody asks for in a long time is forgotten by the store.
    if (Math.floor(hour / 24) !== keysDay) keys.clear();
    keysDay = Math.floor(hour / 24);
    return rows.flatMap(({ server, row }) => {
      const key = keyOf(server, hour);
      return key === null ? [] : [Object.assign(row, { key })];
    });
  }

  /** undefined: a default server that was never started. */
  function demandRead(actor: Actor, owner: User, name: ServerName): ServerId | undefined {
    demand(actor, 'read:servers', serverTarget(store, owner, name));
    const record = store.servers.find(owner.id, name);
    if (record === undefined && name !== DEFAULT_SERVER) throw notFound();
    return record?.id;
  }

  function hintsFor(owner: UserId): readonly UsageHint[] {
    const hour = Math.floor(clock.now().getTime() / 1000 / HOUR_STEP);
    const kept = hints.get(owner);
    if (kept?.hour === hour) return kept.hints;
    const fresh = hintsOf(store.usage.hoursOfOwner(owner, { from: hour - HINT_HOURS, until: hour }));
    hints.set(owner, { hour, hints: fresh });
    return fresh;
  }

  /** By the memory that is free now: what servers may take and do not take yet is left out of it. */
  function more(): HostView['more'] {
    const [usual, memory] = [deps.room?.usual(), machine.now()?.memory];
    if (deps.room === undefined || usual === undefined || memory === undefined || usual.need.memory === null) return null;
    const room = moreRoom(usual.need, { ...deps.room.left(), machine: { left: Math.max(0, memory.total - memory.used), total: memory.total } });
    return room === null ? null : { ...room, profile: usual.title, memoryBytes: usual.need.memory };
  }

  function viewOf(actor: Actor, steps: Steps): HostView {
    demand(actor, 'admin-ui', HUB);
    const span = spanOf(steps, clock.now());
    const day = spanOf(DAY_BY_HOURS, clock.now());
    const { ready = 0, starting = 0, queued = 0, failed = 0 } = store.usage.kinds();
    return { now: machine.now(), more: more(), servers: { running: ready, starting, queued, failed }, starts: startsOf(store.usage.host(HOUR_STEP, day)), series: hostSeries(steps, span, store.usage.host(steps.row, span)) };
  }

  function demandReport(actor: Actor): void {
    demand(actor, 'admin-ui', HUB);
    demand(actor, 'read:users:activity', HUB);
  }

  const page = (month: number, offset: number, limit: number): readonly UsageRow[] => store.usage.month(month, { offset, limit })
    .map(({ id, user, seconds, cpuSeconds, memorySeconds }) => ({ id, user, hours: seconds / HOUR_STEP, cpuHours: cpuSeconds / HOUR_STEP, memoryGibHours: memorySeconds / HOUR_STEP }));

  function* pages(month: number): Generator<UsageRow> {
    for (let offset = 0; ; offset += PIECE) {
      const rows = page(month, offset, PIECE);
      yield* rows;
      if (rows.length < PIECE) return;
    }
  }

  return {
    now: servers.now,
    latest: servers.latest,
    spark: servers.spark,
    ofServer(actor, owner, name) {
      const id = demandRead(actor, owner, name);
      return { now: id === undefined ? null : servers.now(id), spark: id === undefined ? null : servers.spark(id), hints: hintsFor(owner.id) };
    },
    history(actor, owner, name, range) {
      const id = demandRead(actor, owner, name);
      const steps = stepsOf(range);
      const span = spanOf(steps, clock.now());
      const rows = { from: span.from / steps.row, until: span.until / steps.row - 1 };
      if (id === undefined) return serverSeries(steps, span, []);
      return serverSeries(steps, span, steps.row === HOUR_STEP ? store.usage.hours(id, rows).map(hourRow) : store.usage.minutes(id, rows).map(minuteRow));
    },
    host: (actor, range) => viewOf(actor, stepsOf(range)),
    dashboard: (actor) => viewOf(actor, DAY_BY_HOURS),
    report(actor, { month, offset, limit }) {
      demandReport(actor);
      const wanted = monthAsked(month, clock);
      const { users, seconds, cpuSeconds, memorySeconds } = store.usage.sumOfMonth(wanted);
      const months = [...new Set([monthOf(clock.now()), ...store.usage.months()])].map(monthText);
      return {
        month: monthText(wanted), months, total: users, sum: { hours: seconds / HOUR_STEP, cpuHours: cpuSeconds / HOUR_STEP, memoryGibHours: memorySeconds / HOUR_STEP },
        rows: page(wanted, offset, limit).map((row) => ({ ...row, hints: hintsFor(row.id) })),
      };
    },
    wholeReport(actor, month) {
      demandReport(actor);
      const wanted = monthAsked(month, clock);
      return { month: monthText(wanted), rows: pages(wanted) };
    },
    observeStart: machine.observeStart,
    sample,
    close() {
      stop();
      machine.close();
      endMinute(true);
      while (waiting.length > 0) writeNext();
    },
  };
}

const minuteOf = (clock: Clock): number => Math.floor(clock.now().getTime() / MINUTE_MS);


function monthAsked(text: string | undefined, clock: Clock): number {
  if (text === undefined) return monthOf(clock.now());
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  if (year === undefined || month === undefined) throw new HubError('invalid-input', 'A month is written as 2026-03.');
  return Number(year) * 12 + Number(month) - 1;
}
