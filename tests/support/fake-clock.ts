import type { Clock } from '../../hub/domain/runtime';

export type FakeClock = Clock & {
  /** Lets time pass, on both clocks, and runs what falls due, in order. */
  advance(ms: number): void;
  /** The wall clock alone jumps, as an administrator or NTP makes it; nothing falls due by it. */
  jumpWall(ms: number): void;
};

interface Timer {
  due: number;
  readonly every: number | undefined;
  readonly fn: () => void;
}

/** Time that stands still until a test says otherwise. */
export function createFakeClock(start: Date = new Date('2026-01-05T08:00:00Z')): FakeClock {
  let wall = start.getTime();
  let mono = 1000;
  const timers = new Set<Timer>();
  const add = (timer: Timer): (() => void) => {
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  /** The first that was set, of those that are due first. Without lists: tests let weeks pass in steps of seconds. */
  const nextDue = (until: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) if (timer.due <= until && (next === undefined || timer.due < next.due)) next = timer;
    return next;
  };
  const moveTo = (then: number): void => {
    wall += then - mono;
    mono = then;
  };
  return {
    now: () => new Date(wall),
    monotonicMs: () => mono,
    after: (ms, fn) => add({ due: mono + ms, every: undefined, fn }),
    every: (ms, fn) => add({ due: mono + ms, every: ms, fn }),
    advance(ms) {
      const until = mono + ms;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        moveTo(Math.max(timer.due, mono));
        if (timer.every === undefined) timers.delete(timer);
        else timer.due += timer.every;
        timer.fn();
      }
      moveTo(until);
    },
    jumpWall(ms) {
      wall += ms;
    },
  };
}
