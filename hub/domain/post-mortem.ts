/** Why a server ended, as far as an exit code, the kernel and the hub's own doing tell it. */
export type EndCause =
  /** The hub ended it: somebody asked, or a rule. */
  | 'asked'
  /** It ran and did not become ready: the hub gave up and ended it. */
  | 'unready'
  | 'memory'
  /** SIGKILL from outside. */
  | 'killed'
  /** SIGTERM from outside. */
  | 'terminated'
  | 'ended'
  /** The image lacks the command, or may not run it. */
  | 'command'
  | 'crashed'
  /** A signal that a program gets for its own fault, such as 139. */
  | 'signal'
  /** Taken away from outside, with everything that it could have told. */
  | 'removed'
  | 'unknown';

export interface PostMortem {
  readonly at: Date;
  readonly cause: EndCause;
  /** null: nobody knows. */
  readonly exitCode: number | null;
  /** Bytes; null: unknown, or no limit. */
  readonly memory: { readonly peak: number | null; readonly limit: number | null };
  /** The last lines it wrote, oldest first: for its owner and for administrators only. */
  readonly logTail: readonly string[];
}

/** The kernel killed something for memory inside a server that went on. `limit` in bytes; null: the server has none. */
export interface KernelKill {
  readonly at: Date;
  readonly limit: number | null;
}

export interface EndFacts {
  readonly asked: boolean;
  /** The hub ended it, because it did not become ready. */
  readonly unready?: boolean;
  /** It left nothing that could be read. */
  readonly gone: boolean;
  readonly exitCode: number | null;
  readonly oomKilled: boolean;
}

const SIGKILL = 137;
const SIGTERM = 143;
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

export function causeOf({ asked, unready = false, gone, exitCode, oomKilled }: EndFacts): EndCause {
  if (oomKilled) return 'memory';
  if (asked) return 'asked';
  if (unready) return 'unready';
  if (gone) return 'removed';
  if (exitCode === null) return 'unknown';
  if (exitCode === 0) return 'ended';
  if (exitCode === SIGKILL) return 'killed';
  if (exitCode === SIGTERM) return 'terminated';
  if (exitCode === NOT_EXECUTABLE || exitCode === NOT_FOUND) return 'command';
  return exitCode > 128 && exitCode < 160 ? 'signal' : 'crashed';
}

const MOST_CHARACTERS = 16_000;

/** The newest lines that fit: what is kept of a log has a bound, whatever the lab wrote. */
export function boundedTail(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  let left = MOST_CHARACTERS;
  for (const line of lines.toReversed()) {
    left -= line.length + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return kept.reverse();
}

/** What holds of a server that runs, beside its state; absent: nothing that has to be said. */
export interface Condition {
  /** Since when somebody has it paused, outside the hub. */
  readonly paused?: Date;
  /** Since when it has no network on which the hub reaches it. */
  readonly detached?: Date;
}
