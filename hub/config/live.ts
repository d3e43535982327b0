import { z } from 'zod';
import { HubError } from '../domain/errors';
import type { Config } from './config';
import { named } from './parse';
import { Schema } from './schema';
import { valueAt } from './settings';

/** What takes effect while the hub runs, because it is read whenever it is needed. Everything else waits for the next start. */
const LIVE: ReadonlySet<string> = new Set([
  'signup', 'brand.name', 'brand.stage', 'users.language', 'features.notebookLauncher', 'backup.every', 'backup.keep', 'volume.bin', 'volume.softQuota',
  'server.idleLimit', 'server.maxAge', 'server.stopWarning', 'server.maxLease', 'server.cap', 'server.namedLimit',
  'capacity.memory', 'capacity.cpus', 'capacity.userServers', 'capacity.userMemory', 'capacity.userCpus',
]);

export const isLive = (path: string): boolean => LIVE.has(path);

/** The schema of one setting; undefined: there is none. */
export function typeOf(path: string): z.ZodType | undefined {
  return path.split('.').reduce<z.ZodType | undefined>((at, key) => {
    const inner = at instanceof z.ZodPrefault ? at.unwrap() : at;
    return inner instanceof z.ZodObject && Object.hasOwn(inner.shape, key) ? (inner.shape as Record<string, z.ZodType>)[key] : undefined;
  }, Schema);
}

/** What one may choose from; undefined: it is written. */
export function choicesOf(path: string): readonly string[] | undefined {
  const type = typeOf(path);
  const inner = type instanceof z.ZodPipe ? type.out : type;
  return inner instanceof z.ZodEnum ? inner.options.map(String) : undefined;
}

/** One value by the schema, as it is read from a file. Throws `invalid-input` in the words of the schema. */
export function readSetting(path: string, raw: unknown): unknown {
  const read = typeOf(path)?.safeParse(raw);
  if (read === undefined) throw new HubError('invalid-input', `There is no setting ${path}.`);
  if (!read.success) throw new HubError('invalid-input', `${named(path)}: ${read.error.issues.map(({ message }) => message).join('; ')}.`);
  return read.data;
}

/** A configuration of which some settings change while the hub runs. Whoever keeps a value of `config`, or spreads it, has what it was then. */
export interface LiveConfig {
  readonly config: Config;
  /** Replaces what was changed before. */
  change(values: ReadonlyMap<string, unknown>): void;
}

export function createLiveConfig(given: Config): LiveConfig {
  let now: Config = given;
  const getters = Object.keys(given).map((key) => [key, { enumerable: true, get: () => now[key as keyof Config] }] as const);
  return {
    config: Object.freeze(Object.defineProperties({}, Object.fromEntries(getters))) as Config,
    change(values) {
      now = [...values].reduce<Config>((config, [path, value]) => withValue(config, path, value), given);
    },
  };
}

function withValue(config: Config, path: string, value: unknown): Config {
  const [section = path, key] = path.split('.');
  const inner = key === undefined ? value : Object.freeze({ ...(valueAt(config, section) as object), [key]: value });
  return Object.freeze({ ...config, [section]: inner });
}
