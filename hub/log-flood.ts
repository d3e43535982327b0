import { NOTICE_LINE } from './domain/notice';

/** Lines of one kind per second; more than any person reads, and little enough that a week of them fits on a disk. */
const PER_SECOND = 100;
const WINDOW_MS = 1_000;

interface Window {
  since: number;
  written: number;
  left: number;
}

/**
 * Keeps one kind of line, told over and over (refused requests, a server that does not answer), from filling the disk (Q11). Each
 * message is counted by itself, so that a flood hides nothing else. What an administrator sends to labs is no flood: there is a line for each. `monotonicMs`: a clock that never jumps.
 */
export function createFloodGate(monotonicMs: () => number): { admit(message: string): { readonly write: boolean; readonly left: number } } {
  const windows = new Map<string, Window>();
  return {
    /** `left`: how many lines of this kind were left out since the last one that was written. */
    admit(message) {
      if (message.endsWith(NOTICE_LINE)) return { write: true, left: 0 };
      const now = monotonicMs();
      const window = windows.get(message) ?? { since: now, written: 0, left: 0 };
      windows.set(message, window);
      if (now - window.since >= WINDOW_MS) Object.assign(window, { since: now, written: 0 });
      if (window.written >= PER_SECOND) {
        window.left += 1;
        return { write: false, left: window.left };
      }
      window.written += 1;
      const { left } = window;
      window.left = 0;
      return { write: true, left };
    },
  };
}
