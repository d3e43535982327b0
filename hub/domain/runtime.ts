/** The few things that make code hard to test, as tiny interfaces that are injected. */
export interface Clock {
  /** Wall clock, for what people read and what is stored. */
  now(): Date;
  /** Milliseconds that never jump, for deadlines, throttles and durations (B13, M18). */
  monotonicMs(): number;
  /** Runs `fn` once after `ms`; the returned function cancels it. Never keeps the process alive by itself. */
  after(ms: number, fn: () => void): () => void;
  /** Runs `fn` every `ms`; the returned function ends it. Never keeps the process alive by itself. */
  every(ms: number, fn: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  after: (ms, fn) => {
    const timer = setTimeout(fn, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every: (ms, fn) => {
    const timer = setInterval(fn, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};

type LogFn = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Structured log: the message is a constant sentence, variables are fields. Never cookies, tokens, queries or bodies. */
export interface Logger {
  readonly debug: LogFn;
  readonly info: LogFn;
  readonly warn: LogFn;
  readonly error: LogFn;
  child(fields: Readonly<Record<string, unknown>>): Logger;
}

/**
 * Where a test may stop or kill the hub (`HUB_FAILPOINT=spawn.after-create:kill`). Does nothing in production:
 * the composition root injects a no-op unless the setting names a point.
 */
export type FailPoint = (point: string) => void;
export const noFailPoints: FailPoint = () => {};

/** Resolves after `ms`, or at once when `signal` aborts. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      cancel();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancel = clock.after(ms, finish);
    signal.addEventListener('abort', finish, { once: true });
    if (signal.aborted) finish();
  });
}
