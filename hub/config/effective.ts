import type { Config } from './config';
import type { Sources } from './load';
import { SETTINGS, type Setting, valueAt } from './settings';
import { formatDuration } from '../domain/duration';
import { formatSize } from './values';

export interface EffectiveSetting {
  readonly setting: string;
  readonly variable: string | null;
  /** As one would write it; secrets are hidden. */
  readonly value: unknown;
  /** `default`, a file or a variable. */
  readonly source: string;
}

const HIDDEN = '(hidden)';

/** What the hub works with and where each value came from, safe to print, to log and to hand over (R08). */
export function effective(config: Config, sources: Sources = new Map()): readonly EffectiveSetting[] {
  return SETTINGS.map((row) => ({
    setting: row.path,
    variable: row.variable,
    value: printable(row, valueAt(config, row.path)),
    source: sources.get(row.path) ?? 'default',
  }));
}

/** One value without anything that could let somebody in. */
export function printable(row: Pick<Setting, 'secret' | 'unit'>, value: unknown): unknown {
  if (row.secret) return value === null || value === undefined ? null : HIDDEN;
  if (row.unit === 'duration') return formatDuration(value as number | null);
  if (row.unit === 'size') return formatSize(value as number | null);
  return withoutCredentials(value);
}

/** Addresses may carry a password, and a profile's environment anything. */
function withoutCredentials(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/(\w:\/\/)[^/@\s]+@/g, `$1${HIDDEN}@`);
  if (Array.isArray(value)) return value.map(withoutCredentials);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === 'env' || key === 'environment' ? hiddenValues(inner) : key === 'token' && inner !== null ? HIDDEN : withoutCredentials(inner)]));
}
const hiddenValues = (env: unknown): Record<string, string> => Object.fromEntries(Object.keys(env as object).map((name) => [name, HIDDEN]));
