import type { Clock, Logger } from '../../hub/domain/runtime';
import type { ServerId } from '../../hub/domain/ids';
import type { Handle } from '../../hub/domain/server';
import { LABEL, ROLE } from '../labels';
import type { DockerClient } from './client';
import type { DockerSettings } from './settings';

export interface Lab {
  readonly containerId: string;
  readonly server: ServerId;
  readonly handle: Handle;
  readonly running: boolean;
}

export interface ExitWatch {
  onExit(listener: (server: ServerId, handle: Handle) => void): () => void;
  /** We end it ourselves: nobody is told. */
  expect(containerId: string): void;
  /** It runs; until its end is told, every list is expected to show it. */
  started(lab: Lab): void;
  close(): void;
}

/** A silent stream may be a dead one: this often, a list is compared with what we knew. */
const RESYNC_MS = 30_000;
const RECONNECT_MS = 1_000;
const REMEMBERED = 5_000;

interface Deps {
  readonly client: DockerClient;
  readonly settings: DockerSettings;
  readonly clock: Clock;
  readonly log: Logger;
  readonly labs: () => Promise<readonly Lab[]>;
  readonly handleOf: (containerName: string, server: string) => Handle;
}

/** Learns of ends from the engine's events, and from a list whenever events may have been missed. Begins with the first listener. */
export function createExitWatch({ client, settings, clock, log, labs, handleOf }: Deps): ExitWatch {
  const listeners = new Set<(server: ServerId, handle: Handle) => void>();
  const running = new Map<string, Lab>();
  const expected = new Set<string>();
  /** Told already: the list, the event and the end of the start call may come in any order. */
  const ended = new Set<string>();
  let stream: { destroy(): void } | null = null;
  let closed = false;
  let begun = false;
  let cancelTimers: (() => void)[] = [];

  function onExit(listener: (server: ServerId, handle: Handle) => void): () => void {
    listeners.add(listener);
    if (!begun && !closed) begin();
    return () => listeners.delete(listener);
  }

  function begin(): void {
    begun = true;
    cancelTimers.push(clock.every(RESYNC_MS, () => void resync()));
    void connect();
  }

  async function connect(): Promise<void> {
    if (closed) return;
    try {
      const opened = (await client.call({ what: 'follow the events', ms: 10_000, run: (d, abortSignal) => d.getEvents({ abortSignal, filters: { type: ['container'], event: ['die'], label: [`${LABEL.instance}=${settings.instance}`, `${LABEL.role}=${ROLE.lab}`] } }) })) as unknown as EventStream;
      stream = opened;
      if (closed) return opened.destroy();
      read(opened);
      await resync();
    } catch (err) {
      log.warn({ err }, 'Docker events cannot be followed; trying again');
      again();
    }
  }

  function read(source: EventStream): void {
    let rest = '';
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      source.destroy();
      again();
    };
    source.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(heard);
    });
    source.on('error', end);
    source.on('close', end);
  }

  function again(): void {
    stream = null;
    if (!closed) cancelTimers.push(clock.after(RECONNECT_MS, () => void connect()));
  }

  function heard(line: string): void {
    if (line.trim() === '') return;
    try {
      const { Actor } = JSON.parse(line) as { Actor?: { ID?: string; Attributes?: Record<string, string> } };
      const server = Actor?.Attributes?.[LABEL.server];
      const name = Actor?.Attributes?.['name'];
      if (Actor?.ID !== undefined && server !== undefined && name !== undefined) gone(Actor.ID, server as ServerId, handleOf(name, server));
    } catch (err) {
      log.warn({ err }, 'a Docker event could not be read');
    }
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
    try {
      const now = await labs();
      const alive = new Set(now.filter((lab) => lab.running).map((lab) => lab.containerId));
      for (const lab of known) if (!alive.has(lab.containerId) && running.has(lab.containerId)) gone(lab.containerId, lab.server, lab.handle);
      // Ended before the list was made, and running in it: somebody started it again by hand, and its next end is news.
      for (const lab of now) if (lab.running && over.has(lab.containerId)) ended.delete(lab.containerId);
      for (const lab of now) if (lab.running && !expected.has(lab.containerId) && !ended.has(lab.containerId)) running.set(lab.containerId, lab);
    } catch (err) {
      log.warn({ err }, 'Docker did not list the servers; the next comparison follows');
    }
  }

  function close(): void {
    closed = true;
    listeners.clear();
    cancelTimers.forEach((cancel) => cancel());
    cancelTimers = [];
    stream?.destroy();
  }

  const started = (lab: Lab): void => {
    if (!ended.has(lab.containerId)) running.set(lab.containerId, lab);
  };
  return { onExit, close, started, expect: (id) => remember(expected, id) };
}

/** Ids are never used again, so the oldest may be forgotten. */
function remember(set: Set<string>, id: string): void {
  set.add(id);
  for (const oldest of set) {
    if (set.size <= REMEMBERED) return;
    set.delete(oldest);
  }
}

type EventStream = NodeJS.ReadableStream & { destroy(): void };
