/** How a pretended server behaves; times in milliseconds of the injected clock. */
export type FakeBehaviour =
  | { readonly kind: 'normal' }
  /** `start` takes `startMs`; the server refuses to answer (503) for another `answerMs`. */
  | { readonly kind: 'slow'; readonly startMs: number; readonly answerMs?: number }
  /** `start`: never resolves, until aborted. `answer`: starts, accepts connections and never answers. */
  | { readonly kind: 'never'; readonly at: 'start' | 'answer' }
  /** `reject`: nothing comes into being. `exit`: the process ends at once with `exitCode`. */
  | { readonly kind: 'bad'; readonly how: 'reject' | 'exit'; readonly exitCode?: number; readonly message?: string }
  | { readonly kind: 'dies-later'; readonly afterMs: number; readonly exitCode?: number }
  /** Runs well, but every stop fails: what an administrator sees as `stuck`. */
  | { readonly kind: 'stuck' };

export const NORMAL: FakeBehaviour = { kind: 'normal' };
export const slow = (startMs: number, answerMs = 0): FakeBehaviour => ({ kind: 'slow', startMs, answerMs });
export const never = (at: 'start' | 'answer' = 'answer'): FakeBehaviour => ({ kind: 'never', at });
export const bad = (how: 'reject' | 'exit' = 'reject', exitCode = 1): FakeBehaviour => ({ kind: 'bad', how, exitCode });
export const diesLater = (afterMs: number, exitCode = 1): FakeBehaviour => ({ kind: 'dies-later', afterMs, exitCode });
