import { z } from 'zod';
import { Schema } from './schema';

/** One row of the reference: what the schema says about a setting. */
export interface Setting {
  /** `server.idleLimit`, as in the config file. */
  readonly path: string;
  /** `HUB_SERVER_IDLE_LIMIT`; null: config file only. */
  readonly variable: string | null;
  /** The default, in Markdown. */
  readonly initial: string;
  readonly meaning: string;
  readonly secret: boolean;
  readonly unit: 'duration' | 'size' | undefined;
}

/** `server.idleLimit` -> `HUB_SERVER_IDLE_LIMIT`. */
export const variableOf = (path: string): string => `HUB_${path.replace(/([a-z0-9])([A-Z])/g, '$1_$2').replace(/\./g, '_').toUpperCase()}`;

function describe(path: string, type: z.ZodType): Setting {
  const meta = type.meta() ?? {};
  return {
    path,
    variable: meta.fileOnly === true ? null : (meta.variable ?? variableOf(path)),
    initial: meta.initial ?? `\`${Array.isArray(meta.written) && meta.written.length === 0 ? '[]' : String(meta.written)}\``,
    meaning: meta.description ?? '',
    secret: meta.secret === true,
    unit: meta.unit,
  };
}

/** Every setting of a schema, in its order; a section is an object with a default of its own. */
export function settingsOf(schema: z.ZodType, path = ''): readonly Setting[] {
  const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodObject)) return [describe(path, schema)];
  return Object.entries(inner.shape as Record<string, z.ZodType>).flatMap(([key, type]) => settingsOf(type, path === '' ? key : `${path}.${key}`));
}

export const SETTINGS: readonly Setting[] = settingsOf(Schema);

/** The value at a dotted path; undefined where there is none. */
export function valueAt(from: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? (at as Record<string, unknown>)[key] : undefined), from);
}

/** Puts a value at a dotted path, making the sections on the way. */
export function putAt(into: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? path;
  let at = into;
  for (const key of keys) {
    const next = Object.hasOwn(at, key) ? at[key] : undefined;
    // A section of the wrong type stays: the schema reports it.
    if (next !== undefined && (typeof next !== 'object' || next === null || Array.isArray(next))) return;
    at = (at[key] = next ?? {}) as Record<string, unknown>;
  }
  at[last] = value;
}
