import type { UserId } from './ids';

/** One start in the line. */
export interface Turn {
  readonly owner: UserId;
  /** The lower, the sooner. Given once, when it enters the line, and never changed. */
  readonly tag: number;
}

/** Distance of two turns of somebody whose weight is 1. Whole numbers, so that what is stored is what is compared. */
export const TURN = 1_000_000;
export const HEAVIEST = 100;

/**
 * The turn of a start that enters the line: weighted fair queueing, one flow for each user. Behind the present turn of the hub (`now`)
 * and behind the user's own last one, by a distance that is smaller the more the user weighs. As turns of the hub only grow, nobody starves:
 * while one start waits, any other user is let in at most `weight of the other / own weight` times, rounded up, and once more before it.
 */
export function turnOf(line: readonly Turn[], now: number, { owner, weight }: { readonly owner: UserId; readonly weight: number }): number {
  const own = line.filter((turn) => turn.owner === owner).map(({ tag }) => tag);
  return Math.max(now, ...own) + Math.round(TURN / weight);
}

/** The hub's turn after somebody was let in. Who was put in front by an administrator does not move it. */
export const turnAfter = (now: number, letIn: { readonly tag: number; readonly jumped: boolean }): number => (letIn.jumped ? now : Math.max(now, letIn.tag));
