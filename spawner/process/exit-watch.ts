import type { ServerId } from '../../hub/domain/ids';
import type { Clock, Logger } from '../../hub/domain/runtime';
import type { Handle } from '../../hub/domain/server';
import { lives, type Identity } from './identity';
import { KIND, type Run } from './runs';

export interface ExitWatch {
  onExit(listener: (server: ServerId, handle: Handle) => void): () => void;
  /** It runs: its end is told, unless `forget` comes first. */
  track(run: Run, who: Identity): void;
  /** We end it ourselves: nobody is told. */
  forget(run: string): void;
  /** Its end was seen. */
  ended(run: string): void;
  close(): void;
}

/** A lab that an earlier hub started is no child of this one, so it is looked at: twice within what people may wait for the news. */
const LOOK_MS = 1_000;
const TRIM_EVERY = 30;
const REMEMBERED = 5_000;

interface Deps {
  readonly clock: Clock;
  readonly log: Logger;
  /** What a lab that died by itself left behind. */
  readonly tidyUp: (run: Run) => Promise<void>;
  readonly trim: (run: string) => Promise<void>;
}

export function createExitWatch({ clock, log, tidyUp, trim }: Deps): ExitWatch {
  const listeners = new Set<(server: ServerId, handle: Handle) => void>();
  const running = new Map<string, { readonly run: Run; readonly who: Identity }>();
  /** Ended or about to be: a list that was read before must not bring it back. */
  const over = new Set<string>();
  let looking = false;
  let looks = 0;

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    looks += 1;
    try {
      for (const [id, { who }] of [...running]) {
        if (!(await lives(who))) ended(id);
        else if (looks % TRIM_EVERY === 0) await trim(id);
      }
    } catch (err) {
      log.warn({ err }, 'a running lab could not be looked at; it is tried again');
    } finally {
      looking = false;
    }
  }

  function ended(id: string): void {
    const found = running.get(id);
    if (found === undefined) return;
    forget(id);
    for (const listener of listeners) listener(found.run.server, { spawner: KIND, id });
    tidyUp(found.run).catch((err: unknown) => log.warn({ err, server: found.run.server }, 'what a lab left behind could not be ended'));
  }

  function forget(id: string): void {
    running.delete(id);
    over.add(id);
    for (const oldest of over) {
      if (over.size <= REMEMBERED) return;
      over.delete(oldest);
    }
  }

  const cancel = clock.every(LOOK_MS, () => void look());
  return {
    onExit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    track: (run, who) => void (over.has(run.id) || running.set(run.id, { run, who })),
    forget,
    ended,
    close: () => {
      cancel();
      listeners.clear();
      running.clear();
    },
  };
}
