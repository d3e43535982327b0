import type { ServerId } from '../domain/ids';
import type { Clock } from '../domain/runtime';
import type { Stage } from '../domain/server';
import type { Progress } from './contract';

/** What happened to the current or last start of each server. In memory: after a restart of the hub the record alone tells. */
export interface ProgressLog {
  /** A new start: forgets the last one, whose followers end. The promise resolves with the last event of this start, or at `close`. */
  begin(id: ServerId): Promise<void>;
  stage(id: ServerId, stage: Stage): void;
  /** The last event; later ones of the same start are ignored. */
  finish(id: ServerId, last: Exclude<Progress, { kind: 'stage' }>): void;
  /** Resolves when the current start has ended; at once when there is none. */
  ended(id: ServerId): Promise<void>;
  stages(id: ServerId): readonly Stage[];
  /** How far the current or last start is. */
  percent(id: ServerId): number;
  /** How the last start ended; undefined: it goes on, or this hub saw none. */
  outcome(id: ServerId): Exclude<Progress, { kind: 'stage' }> | undefined;
  /** Everything so far, then what comes, until the start ends or `signal` aborts. */
  follow(id: ServerId, signal: AbortSignal): AsyncIterable<Progress>;
  close(): void;
}

/**
 * Followers keep only the number of the last entry they saw, and downloads and waiting lines replace their own last entry: however
 * slow a follower is, nothing is buffered for it, and it always gets the newest figures.
 */
interface Log {
  readonly entries: { readonly seq: number; readonly event: Progress }[];
  readonly stages: Stage[];
  readonly waiting: Set<() => void>;
  readonly ended: Promise<void>;
  readonly end: () => void;
  seq: number;
  percent: number;
  toldMs: number;
  over: boolean;
}

/** A registry reports every few kilobytes; nobody reads faster than this. */
const DOWNLOAD_EVERY_MS = 250;

export function createProgressLog(clock: Clock): ProgressLog {
  const logs = new Map<ServerId, Log>();

  function begin(id: ServerId): Promise<void> {
    const last = logs.get(id);
    if (last !== undefined) terminate(last);
    const log = newLog();
    logs.set(id, log);
    return log.ended;
  }

  function stage(id: ServerId, next: Stage): void {
    const log = logs.get(id);
    if (log === undefined || log.over) return;
    const repeated = log.stages.at(-1)?.kind === next.kind;
    // Said when the start was claimed, and again by the spawner: nothing new.
    if (repeated && next.kind === 'preparing') return;
    if (repeated && next.kind === 'pulling' && clock.monotonicMs() - log.toldMs < DOWNLOAD_EVERY_MS && next.receivedBytes !== next.totalBytes) return;
    if (repeated) {
      log.stages.pop();
      log.entries.pop();
    }
    log.toldMs = clock.monotonicMs();
    log.percent = Math.max(log.percent, percentOf(next));
    log.stages.push(next);
    add(log, { kind: 'stage', percent: log.percent, message: describe(next), stage: next });
  }

  function finish(id: ServerId, last: Progress): void {
    const log = logs.get(id);
    if (log === undefined || log.over) return;
    add(log, last);
    terminate(log);
  }

  function outcome(id: ServerId): Exclude<Progress, { kind: 'stage' }> | undefined {
    const last = logs.get(id)?.entries.at(-1)?.event;
    return last === undefined || last.kind === 'stage' ? undefined : last;
  }

  async function* follow(id: ServerId, signal: AbortSignal): AsyncGenerator<Progress, void> {
    const log = logs.get(id);
    let seen = 0;
    while (log !== undefined && !signal.aborted) {
      const next = log.entries.find((entry) => entry.seq > seen);
      if (next === undefined && log.over) return;
      if (next === undefined) {
        await news(log, signal);
        continue;
      }
      seen = next.seq;
      yield next.event;
    }
  }

  return {
    begin,
    stage,
    finish,
    outcome,
    follow,
    ended: (id) => logs.get(id)?.ended ?? Promise.resolve(),
    stages: (id) => logs.get(id)?.stages ?? [],
    percent: (id) => logs.get(id)?.percent ?? 0,
    close: () => logs.forEach(terminate),
  };
}

function newLog(): Log {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { entries: [], stages: [], waiting: new Set(), ended, end, seq: 0, percent: 0, toldMs: 0, over: false };
}

function add(log: Log, event: Progress): void {
  log.seq += 1;
  log.entries.push({ seq: log.seq, event });
  wake(log);
}

function terminate(log: Log): void {
  log.over = true;
  log.end();
  wake(log);
}

function wake(log: Log): void {
  const waiting = [...log.waiting];
  log.waiting.clear();
  for (const resume of waiting) resume();
}

/** Leaves nothing behind, whichever of the two comes first: a page may be closed long before its server starts. */
function news(log: Log, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const resume = (): void => {
      log.waiting.delete(resume);
      signal.removeEventListener('abort', resume);
      resolve();
    };
    log.waiting.add(resume);
    signal.addEventListener('abort', resume, { once: true });
  });
}

function percentOf(stage: Stage): number {
  switch (stage.kind) {
    case 'queued':
      return 0;
    case 'ending':
      return 2;
    case 'preparing':
      return 5;
    case 'pulling':
      return stage.totalBytes === null || stage.totalBytes === 0 ? 10 : 10 + Math.round(50 * Math.min(1, stage.receivedBytes / stage.totalBytes));
    case 'created':
      return 70;
    case 'started':
      return 80;
    case 'answering':
      return 95;
    case 'template':
      return 98;
  }
}

function describe(stage: Stage): string {
  switch (stage.kind) {
    case 'queued':
      return `Waiting in line: position ${stage.position}`;
    case 'ending':
      return 'Ending the container of before';
    case 'preparing':
      return 'Preparing the server';
    case 'pulling':
      return `Downloading the image: ${megabytes(stage.receivedBytes)}${stage.totalBytes === null ? '' : ` of ${megabytes(stage.totalBytes)}`}`;
    case 'created':
      return 'Container created';
    case 'started':
      return 'Container started';
    case 'answering':
      return 'Server answers';
    case 'template':
      return TEMPLATE[stage.outcome].replace('{template}', stage.template);
  }
}

const TEMPLATE: Readonly<Record<Extract<Stage, { kind: 'template' }>['outcome'], string>> = {
  copying: 'Copying the template {template}',
  copied: 'Template {template} copied',
  missing: 'Warning: the notebook of the template {template} is missing; the server starts without it',
  failed: 'Warning: the server did not take the template {template}; it starts without it',
};

const megabytes = (bytes: number): string => `${Math.round(bytes / 1_000_000)} MB`;
