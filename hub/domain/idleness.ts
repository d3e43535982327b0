/** What a server is allowed. null: no limit. `…From` says what set it: `setting`, `profile`, `group:<name>` or, for a what-if, `asked`. */
export interface IdleLimits {
  readonly idleMs: number | null;
  readonly maxAgeMs: number | null;
  readonly idleFrom: string;
  readonly maxAgeFrom: string;
}

/** A kernel that runs something now. */
export interface RunningCell {
  /** The notebook or console that it belongs to, as the server calls it; null: none is known. */
  readonly path: string | null;
  /** Kind of kernel, e.g. `python3`. */
  readonly kernel: string;
  /** At least; milliseconds. */
  readonly forMs: number;
}

/** A promise that a server is left running, whatever it does. */
export interface HeldLease {
  readonly leftMs: number;
  readonly who: string;
  /** Empty: somebody pressed *extend*. */
  readonly why: string;
}

/**
 * What is known of a running server. Durations are counted on a clock that never jumps: whatever happens to the clock on the wall ends
 * nobody's work (M14).
 */
export interface IdleSignals {
  /** Since it became ready. */
  readonly ageMs: number;
  /** Since anything in it or of its users last counted as use. */
  readonly idleForMs: number;
  /** False: it was not asked yet, or did not answer. Not knowing keeps a server. */
  readonly asked: boolean;
  readonly running: readonly RunningCell[];
  /** CPUs in use without a running cell, where that is enough to count; null otherwise. */
  readonly busyCpus: number | null;
  /** The one that lasts longest; null: none. */
  readonly lease: HeldLease | null;
}

export type IdleReason =
  | { readonly kind: 'cell'; readonly path: string | null; readonly kernel: string; readonly forMs: number }
  | { readonly kind: 'cpu'; readonly cpus: number }
  | { readonly kind: 'lease'; readonly who: string; readonly why: string }
  | { readonly kind: 'unlimited' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'idle'; readonly since: Date; readonly limitMs: number }
  | { readonly kind: 'age'; readonly limitMs: number };

export interface IdleVerdict {
  readonly verdict: 'keep' | 'stop';
  /** When it stops if nothing happens meanwhile, or until when a lease keeps it; null: nothing ends it. */
  readonly at: Date | null;
  readonly reason: IdleReason;
  /** When its maximum age is reached, where that comes after `reason`; null: never, or it is the reason. */
  readonly latest: { readonly at: Date; readonly limitMs: number } | null;
  /** It is to be stopped now. */
  readonly due: boolean;
}

/**
 * Why a running server is kept, or when and why it is stopped. The maximum age is stronger than everything, leases included; a running
 * cell, a busy CPU and a lease are stronger than the idle limit; and a server that does not say what it does is not idle.
 */
export function explain(signals: IdleSignals, limits: IdleLimits, now: Date): IdleVerdict {
  const after = (ms: number): Date => new Date(now.getTime() + Math.max(0, ms));
  const ageLeft = limits.maxAgeMs === null ? Infinity : limits.maxAgeMs - signals.ageMs;
  const byAge = limits.maxAgeMs === null ? null : { at: after(ageLeft), limitMs: limits.maxAgeMs };
  const stopByAge = (limitMs: number): IdleVerdict => ({ verdict: 'stop', at: after(ageLeft), reason: { kind: 'age', limitMs }, latest: null, due: ageLeft <= 0 });
  if (limits.maxAgeMs !== null && ageLeft <= 0) return stopByAge(limits.maxAgeMs);

  const kept = keptBy(signals, limits);
  if (kept !== null) {
    const { reason, leftMs } = kept;
    if (leftMs !== null && ageLeft <= leftMs && limits.maxAgeMs !== null) return stopByAge(limits.maxAgeMs);
    return { verdict: 'keep', at: leftMs === null ? null : after(leftMs), reason, latest: byAge, due: false };
  }
  const limitMs = limits.idleMs ?? 0;
  const idleLeft = limitMs - signals.idleForMs;
  if (limits.maxAgeMs !== null && ageLeft <= idleLeft) return stopByAge(limits.maxAgeMs);
  const since = new Date(now.getTime() - signals.idleForMs);
  return { verdict: 'stop', at: after(idleLeft), reason: { kind: 'idle', since, limitMs }, latest: null, due: idleLeft <= 0 };
}

/** `leftMs` null: for as long as it stays so. */
function keptBy(signals: IdleSignals, limits: IdleLimits): { readonly reason: IdleReason; readonly leftMs: number | null } | null {
  const [cell] = signals.running.toSorted((a, b) => b.forMs - a.forMs);
  if (cell !== undefined) return { reason: { kind: 'cell', path: cell.path, kernel: cell.kernel, forMs: cell.forMs }, leftMs: null };
  if (signals.busyCpus !== null) return { reason: { kind: 'cpu', cpus: signals.busyCpus }, leftMs: null };
  if (limits.idleMs === null) return { reason: { kind: 'unlimited' }, leftMs: null };
  const idleLeft = limits.idleMs - signals.idleForMs;
  const { lease } = signals;
  if (lease !== null && lease.leftMs > Math.max(0, idleLeft)) return { reason: { kind: 'lease', who: lease.who, why: lease.why }, leftMs: lease.leftMs };
  if (idleLeft <= 0 && !signals.asked) return { reason: { kind: 'unknown' }, leftMs: null };
  return null;
}

/** When the server stops if nothing happens meanwhile; null: never. */
export const endOf = ({ at, latest }: IdleVerdict): Date | null => (at === null ? (latest?.at ?? null) : latest !== null && latest.at < at ? latest.at : at);
