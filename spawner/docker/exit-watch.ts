import type { Clock, Logger } from '../../hub/domain/runtime';
import type { ServerId } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import type { Change } from '../spawner';
import { LABEL, ROLE } from '../labels';
import type { DockerClient } from './client';
import type { DockerSettings } from './settings';

export interface Lab {
  readonly containerId: string;
  readonly server: ServerId;
  readonly handle: Handle;
  readonly running: boolean;
  readonly paused: boolean;
  /** It is on the network that was made for it. */
  readonly attached: boolean;
}

export interface ExitWatch {
  onExit(listener: (server: ServerId, handle: Handle) => void): () => void;
  onChange(listener: (server: ServerId, handle: Handle, change: Change) => void): () => void;
  /** The containers that run, as far as is known. */
  running(): readonly Pick<Lab, 'containerId' | 'server'>[];
  /** When the kernel last killed something in it; undefined: never, as far as was seen. */
  lastOom(containerId: string): Date | undefined;
  /** We end it ourselves: nobody is told. */
  expect(containerId: string): void;
  /** It runs; until its end is told, every list is expected to show it. */
  started(lab: Lab): void;
  /** It runs again after an end that was expected. */
  restarted(lab: Lab): void;
  close(): void;
}

/** This often, a list is compared with what we knew. A stream that was silent for so long may be a dead one, and is opened anew. */
const RESYNC_MS = 30_000;
const RECONNECT_MS = 1_000;
/** Who is killed for memory is not said: when the container itself does not end by then, it was something inside. */
const OOM_SETTLES_MS = 700;
const FOLLOWED = ['die', 'start', 'pause', 'unpause', 'oom'] as const;
const REMEMBERED = 5_000;

interface Deps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly labs: () => Promise<readonly Lab[]>;
  readonly memoryLimit: (containerId: string) => Promise<number | null>;
  readonly handleOf: (containerName: string, server: string) => Handle;
}

/** Learns of ends from the engine's events, and from a list whenever events may have been missed. Begins with the first listener. */
export function createExitWatch({ client, settings, clock, log, labs, handleOf, memoryLimit }: Deps): ExitWatch {
  const listeners = new Set<(server: ServerId, handle: Handle) => void>();
  const changed = new Set<(server: ServerId, handle: Handle, change: Change) => void>();
  const ooms = new Map<string, Date>();
  const running = new Map<string, Lab>();
  const expected = new Set<string>();
  /** Told already: the list, the event and the end of the start call may come in any order. */
  const ended = new Set<string>();
  let stream: { destroy(): void } | null = null;
  /** The stream told something since the last comparison, so it lives. */
  let told = false;
  /** As the engine writes times: what comes after it was not told yet. null: no stream was opened so far. */
  let since: string | null = null;
  let closed = false;
  let begun = false;
  const timers = new Set<() => void>();

  function onExit(listener: (server: ServerId, handle: Handle) => void): () => void {
    listeners.add(listener);
    if (!begun && !closed) begin();
    return () => listeners.delete(listener);
  }

  function onChange(listener: (server: ServerId, handle: Handle, change: Change) => void): () => void {
    changed.add(listener);
    if (!begun && !closed) begin();
    return () => changed.delete(listener);
  }

  function begin(): void {
    begun = true;
    timers.add(clock.every(RESYNC_MS, look));
    void connect();
  }

  function look(): void {
    // Without a stream, the next one is on its way already.
    if (told || stream === null) void resync();
    else void connect();
    told = false;
  }

  async function connect(): Promise<void> {
    if (closed) return;
    try {
      const opened = await openEvents(client, settings, since);
      since ??= secondOf(opened.headers?.date);
      if (closed) return opened.destroy();
      // The one of before goes only now, so that no event falls between the two.
      const before = stream;
      stream = opened;
      before?.destroy();
      read(opened);
    } catch (err) {
      log.warn({ err }, 'Docker events cannot be followed; trying again');
      return again();
    }
    await resync();
  }

  function read(source: EventStream): void {
    let rest = '';
    const end = (): void => {
      if (stream === source) again();
    };
    source.on('data', (chunk: Buffer) => {
      told = true;
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(heard);
    });
    source.on('error', end);
    source.on('close', end);
  }

  function again(): void {
    const before = stream;
    stream = null;
    before?.destroy();
    if (!closed) later(RECONNECT_MS, () => void connect());
  }

  function heard(line: string): void {
    if (line.trim() === '') return;
    const { Action, Actor } = parsed(line, log);
    since = afterThat(line) ?? since;
    const server = Actor?.Attributes?.[LABEL.server];
    const name = Actor?.Attributes?.['name'];
    if (Action !== undefined && Actor?.ID !== undefined && server !== undefined && name !== undefined) act(Action, { containerId: Actor.ID, server: server as ServerId, handle: handleOf(name, server) });
  }

  function act(action: string, { containerId, server, handle }: Pick<Lab, 'containerId' | 'server' | 'handle'>): void {
    const known = running.get(containerId);
    const lab = { containerId, server, handle: known?.handle ?? handle, running: true, paused: action === 'pause', attached: known?.attached ?? true };
    // Known under the name it had: somebody may have renamed it since.
    if (action === 'die') gone(containerId, server, lab.handle);
    else if (action === 'start') restarted(lab);
    else if (action === 'pause' || action === 'unpause') compare(lab);
    else if (action === 'oom') {
      remembered(ooms, containerId, clock.now());
      later(OOM_SETTLES_MS, () => void survived(lab));
    }
  }

  /** One that is killed for memory itself is told as an end, and by nobody twice. */
  async function survived({ containerId, server, handle }: Lab): Promise<void> {
    const at = ooms.get(containerId);
    if (closed || at === undefined || ended.has(containerId) || expected.has(containerId)) return;
    const limit = await memoryLimit(containerId).catch((err: unknown) => {
      log.warn({ err, server }, 'the memory limit of a server could not be read');
      return null;
    });
    tell(server, handle, { kind: 'child-killed', at, limit });
  }

  function tell(server: ServerId, handle: Handle, change: Change): void {
    for (const listener of changed) listener(server, handle, change);
  }

  /** What differs from what was known of it is news. */
  function compare(lab: Lab): void {
    const { containerId, server, handle } = lab;
    const before = running.get(containerId);
    running.set(containerId, lab);
    if (lab.paused !== (before?.paused ?? false)) tell(server, handle, { kind: lab.paused ? 'paused' : 'resumed' });
    if (lab.attached !== (before?.attached ?? true)) tell(server, handle, { kind: lab.attached ? 'attached' : 'detached' });
  }

  function restarted(lab: Lab): void {
    ended.delete(lab.containerId);
    expected.delete(lab.containerId);
    running.set(lab.containerId, lab);
  }

  function later(ms: number, work: () => void): void {
    const cancel = clock.after(ms, () => {
      timers.delete(cancel);
      work();
    });
    timers.add(cancel);
  }

  function gone(containerId: string, server: ServerId, handle: Handle): void {
    running.delete(containerId);
    if (ended.has(containerId)) return;
    remember(ended, containerId);
    if (expected.delete(containerId)) return;
    for (const listener of listeners) listener(server, handle);
  }

  async function resync(): Promise<void> {
    // What starts while the list is under way is not in it, and not gone either.
    const known = [...running.values()];
    const over = new Set(ended);
    const now = await listed();
    if (now === null || closed) return;
    const alive = new Set(now.filter((lab) => lab.running).map((lab) => lab.containerId));
    for (const lab of known) if (!alive.has(lab.containerId) && running.has(lab.containerId)) gone(lab.containerId, lab.server, lab.handle);
    // Ended before the list was made, and running in it: somebody started it again by hand, and its next end is news.
    for (const lab of now) if (lab.running && over.has(lab.containerId)) ended.delete(lab.containerId);
    for (const lab of now) if (lab.running && !expected.has(lab.containerId) && !ended.has(lab.containerId)) compare(lab);
  }

  async function listed(): Promise<readonly Lab[] | null> {
    try {
      return await labs();
    } catch (err) {
      log.warn({ err }, 'Docker did not list the servers; the next comparison follows');
      return null;
    }
  }

  function close(): void {
    closed = true;
    listeners.clear();
    changed.clear();
    timers.forEach((cancel) => cancel());
    timers.clear();
    stream?.destroy();
    stream = null;
  }

  const started = (lab: Lab): void => {
    if (!ended.has(lab.containerId)) running.set(lab.containerId, lab);
  };
  return { onExit, onChange, close, started, restarted, running: () => [...running.values()], lastOom: (id) => ooms.get(id), expect: (id) => remember(expected, id) };
}

/** Ids are never used again, so the oldest may be forgotten. */
function remember(set: Set<string>, id: string): void {
  set.add(id);
  for (const oldest of set) {
    if (set.size <= REMEMBERED) return;
    set.delete(oldest);
  }
}

function remembered<T>(map: Map<string, T>, id: string, value: T): void {
  map.delete(id);
  map.set(id, value);
  const [oldest] = map.keys();
  if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
}

type EventStream = NodeJS.ReadableStream & { destroy(): void; readonly headers?: { readonly date?: string } };

/** What is no event is left out. What goes wrong with one that is an event is nobody's to swallow: it ends the hub (N09). */
function parsed(line: string, log: Logger): DockerEvent {
  try {
    return (JSON.parse(line) as DockerEvent | null) ?? {};
  } catch (err) {
    log.warn({ err }, 'a Docker event could not be read');
    return {};
  }
}

async function openEvents(client: DockerClient, settings: DockerSettings, since: string | null): Promise<EventStream> {
  const filters = { type: ['container'], event: [...FOLLOWED], label: [`${LABEL.instance}=${settings.instance}`, `${LABEL.role}=${ROLE.lab}`] };
  // The driver's types know whole seconds only.
  const from: object = since === null ? {} : { since };
  return (await client.call({ what: 'follow the events', ms: 10_000, run: (d, abortSignal) => d.getEvents({ ...from, filters, abortSignal } as object) })) as unknown as EventStream;
}

/** Of the engine's own clock, which may differ from ours. */
function secondOf(date: string | undefined): string | null {
  const ms = Date.parse(date ?? '');
  return Number.isNaN(ms) ? null : String(Math.floor(ms / 1_000));
}

/** The nanosecond after an event, read from its text: as a number of JavaScript's it would be rounded. */
function afterThat(line: string): string | null {
  const [, nanoseconds] = /"timeNano":(\d{10,})/.exec(line) ?? [];
  if (nanoseconds === undefined) return null;
  const next = String(BigInt(nanoseconds) + 1n);
  return `${next.slice(0, -9)}.${next.slice(-9)}`;
}

interface DockerEvent {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Record<string, string> };
}
