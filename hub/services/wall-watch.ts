import type { Clock } from '../domain/runtime';

/** Whether the wall clock can be believed: a time that it only jumped to may be taken back a moment later. */
export interface WallWatch {
  /** Called every few seconds. */
  look(): void;
  /** False for a minute after a jump. */
  isSteady(): boolean;
}

/** More than a clock is corrected by in small steps. */
const JUMP_MS = 30_000;
const SETTLE_MS = 60_000;

export function createWallWatch(clock: Clock): WallWatch {
  const distance = (): number => clock.now().getTime() - clock.monotonicMs();
  let known = distance();
  let jumped = -Infinity;
  const look = (): void => {
    const now = distance();
    if (Math.abs(now - known) > JUMP_MS) jumped = clock.monotonicMs();
    known = now;
  };
  return {
    look,
    isSteady: () => {
      look();
      return clock.monotonicMs() - jumped >= SETTLE_MS;
    },
  };
}
