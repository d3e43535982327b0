/** One maintenance: announced, going on, or over. Times are of the wall clock, because people agreed on them. */
export interface Maintenance {
  readonly from: Date;
  /** When it is expected to be over; null: nobody said. It ends when an administrator ends it. */
  readonly until: Date | null;
  /** For people; empty: none. */
  readonly message: string;
  /** Name of who announced it. */
  readonly by: string;
  readonly announced: Date;
  /** When servers began to be stopped; null: not yet. */
  readonly began: Date | null;
  readonly ended: Date | null;
}

/**
 * `announced`: people are told. `closing`: nobody starts a server any more. `active`: everything is or will be stopped. `over`: ended,
 * and what ran may be started again.
 */
export type MaintenancePhase = 'announced' | 'closing' | 'active' | 'over';

/** Who started a server this long before would lose it at once. */
export const CLOSING_MS = 600_000;

export function phaseOf({ from, began, ended }: Maintenance, now: Date): MaintenancePhase {
  if (ended !== null) return 'over';
  if (began !== null) return 'active';
  return now.getTime() >= from.getTime() - CLOSING_MS ? 'closing' : 'announced';
}

/** What became of a server that ran when a maintenance began: stopped, wanted again, started (or in line), or not startable. */
export type KeptState = 'running' | 'stopped' | 'wanted' | 'started' | 'refused';
