import type { InstanceId } from '../../hub/domain/ids';

/** What an installation decides about labs that are processes of this machine. */
export interface ProcessSettings {
  readonly instance: InstanceId;
  /** Folder of all that labs have: a folder per user, and one per run. */
  readonly labsDir: string;
  /** What a lab gets of the hub's own environment: an allow-list, so that none of the hub's secrets is in it. */
  readonly env: Readonly<Record<string, string>>;
  /** The subcommands of `jupyter` that the profiles start, e.g. `lab`. */
  readonly subcommands: readonly string[];
  /** The team's own code, on the Python path; null: none. */
  readonly appDir: string | null;
  /** Read by labs as `DATA_PATH`; null: none. */
  readonly hostDataDir: string | null;
}

/** Said wherever somebody could take this for more than it is. */
export const NO_ISOLATION = 'Labs run as you, without isolation: for one person on a laptop only.';

/** Name of the variable by which everything that a lab started is found again, whatever became of its parents. */
export const MARK = 'BERTH_LAB';
