const MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `10m`, `4h`, `14d`, or a number of seconds, in milliseconds; undefined for anything else. */
export function durationMs(given: unknown): number | undefined {
  if (typeof given === 'number') return Number.isFinite(given) && given >= 0 ? Math.round(given * 1000) : undefined;
  const [, amount, unit = ''] = (typeof given === 'string' ? /^(\d{1,15}(?:\.\d{1,9})?)\s*([a-zA-Z]*)$/.exec(given.trim()) : null) ?? [];
  const size = unit === '' ? 1000 : MS[unit.toLowerCase()];
  return amount === undefined || size === undefined ? undefined : Math.round(Number(amount) * size);
}

/** `4h`, `90s`: the inverse of `durationMs`, for people. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return 'none';
  const unit = Object.entries(MS).reverse().find(([, size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}
