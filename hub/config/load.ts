import fs from 'node:fs';
import path from 'node:path';
import { ALIASES, isOff, UNAVAILABLE } from './aliases';
import type { Config } from './config';
import { nearest } from './nearest';
import { ConfigError, overlap, readConfig } from './parse';
import { putAt, SETTINGS, valueAt } from './settings';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the value of each setting came from: `default`, a file, or a variable. */
export type Sources = ReadonlyMap<string, string>;

export interface LoadedConfig {
  readonly config: Config;
  readonly sources: Sources;
  /** The config file that was read; null: there is none. */
  readonly file: string | null;
}

interface Gathered {
  readonly raw: Record<string, unknown>;
  readonly sources: Map<string, string>;
  readonly problems: string[];
}

/**
 * Reads the settings, low to high: defaults, `hub.config.json` (or `HUB_CONFIG_FILE`), the variables of other hubs, `HUB_*`,
 * and `HUB_*_FILE`. Throws `ConfigError` with every problem of all of them.
 */
export function loadConfig(env: Environment = process.env, cwd: string = process.cwd()): LoadedConfig {
  const into: Gathered = { raw: {}, sources: new Map(), problems: [] };
  const file = fromFile(env, cwd, into);
  fromAliases(env, into);
  fromVariables(env, cwd, into);
  fromTokenFiles(cwd, into);
  const { config, problems } = readConfig(into.raw, cwd);
  const all = [...into.problems, ...problems, ...(config === undefined ? [] : linkedOverlaps(config))];
  if (config === undefined || all.length > 0) throw new ConfigError(all);
  return { config, sources: into.sources, file };
}

function fromFile(env: Environment, cwd: string, into: Gathered): string | null {
  const asked = env.HUB_CONFIG_FILE === '' ? undefined : env.HUB_CONFIG_FILE;
  const file = path.resolve(cwd, asked ?? 'hub.config.json');
  if (asked === undefined && !fs.existsSync(file)) return null;
  try {
    const read: unknown = JSON.parse(fs.readFileSync(file, 'utf8'));
    if (typeof read !== 'object' || read === null || Array.isArray(read)) throw new Error('expected an object');
    Object.assign(into.raw, read);
    for (const { path: setting } of SETTINGS) if (valueAt(read, setting) !== undefined) into.sources.set(setting, file);
  } catch (err) {
    into.problems.push(`${file}: cannot be read as JSON (${reason(err)})`);
  }
  return file;
}

function fromAliases(env: Environment, into: Gathered): void {
  for (const { variable, what, instead } of UNAVAILABLE) {
    if (!isOff(env[variable] ?? '')) into.problems.push(`${variable}: ${what} is not available yet. ${instead}`);
  }
  const set = ALIASES.filter(({ variable }) => (env[variable] ?? '') !== '');
  for (const { variable, path: setting } of set.reverse()) put(into, { setting, value: env[variable] ?? '', source: variable });
}

function fromVariables(env: Environment, cwd: string, into: Gathered): void {
  const known = SETTINGS.flatMap((row) => (row.variable === null ? [] : [{ ...row, variable: row.variable }]));
  for (const [variable, value] of Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!variable.startsWith('HUB_') || variable === 'HUB_CONFIG_FILE' || value === undefined) continue;
    const direct = known.find((row) => row.variable === variable);
    const indirect = known.find((row) => `${row.variable}_FILE` === variable);
    // An empty variable is how Compose passes one that nobody set.
    if (value === '' && (direct ?? indirect) !== undefined) continue;
    if (direct !== undefined) put(into, { setting: direct.path, value, source: variable });
    else if (indirect === undefined) into.problems.push(unknownVariable(variable, known.map((row) => row.variable)));
    else if ((env[indirect.variable] ?? '') !== '') into.problems.push(`${variable}: ${indirect.variable} is set too; keep one of them`);
    else secretFromFile(path.resolve(cwd, value), { setting: indirect.path, source: variable }, into);
  }
}

function unknownVariable(variable: string, known: readonly string[]): string {
  const fileOnly = SETTINGS.find((row) => row.variable === null && variable === `HUB_${row.path.toUpperCase()}`);
  return fileOnly === undefined ? `${variable}: no such setting${nearest(variable, known)}` : `${variable}: ${fileOnly.path} can be set in the config file only`;
}

const put = (into: Gathered, row: { readonly setting: string; readonly value: unknown; readonly source: string }): void => {
  putAt(into.raw, row.setting, row.value);
  into.sources.set(row.setting, row.source);
};

function secretFromFile(file: string, row: { readonly setting: string; readonly source: string }, into: Gathered): void {
  const value = readSecret(file, row.source, into);
  if (value !== undefined) put(into, { ...row, value });
}

/** `tokenFile` of a service becomes its `token`. What has another shape is left to the schema. */
function fromTokenFiles(cwd: string, into: Gathered): void {
  const { services } = into.raw;
  if (!Array.isArray(services)) return;
  into.raw.services = services.map((service: unknown, i) => {
    if (typeof service !== 'object' || service === null || !('tokenFile' in service) || typeof service.tokenFile !== 'string' || 'token' in service) return service;
    const { tokenFile, ...rest } = service;
    const token = readSecret(path.resolve(cwd, tokenFile), `services.${i}.tokenFile`, into);
    return token === undefined ? rest : { ...rest, token };
  });
}

/** B14: a secret that everybody on the machine may read is none. `/run/secrets` is a container's own. */
function readSecret(file: string, source: string, into: Pick<Gathered, 'problems'>): string | undefined {
  try {
    const mode = fs.statSync(file).mode;
    const open = (mode & 0o007) !== 0 || (mode & 0o020) !== 0;
    if (open && !file.startsWith('/run/secrets/')) {
      into.problems.push(`${source}: other accounts may use ${file} (mode ${(mode & 0o777).toString(8).padStart(4, '0')}); make it private with chmod 600`);
      return undefined;
    }
    const value = fs.readFileSync(file, 'utf8').replace(/\r?\n$/, '');
    if (value.trim() !== '') return value;
    into.problems.push(`${source}: ${file} is empty`);
  } catch (err) {
    into.problems.push(`${source}: ${file} cannot be read (${reason(err)})`);
  }
  return undefined;
}

/** The schema compares names; a symbolic link may still lead from a mounted folder into the hub's own. */
function linkedOverlaps(config: Config): readonly string[] {
  const real = (place: string): string => (fs.existsSync(place) ? fs.realpathSync(place) : place);
  return Object.entries(config.paths).flatMap(([key, place]) => overlap(real(config.dataDir), real(place), `paths.${key}`));
}

const reason = (err: unknown): string => (typeof err === 'object' && err !== null && 'message' in err ? String(err.message) : String(err));
