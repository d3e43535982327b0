import path from 'node:path';
import type { z } from 'zod';
import type { Config } from './config';
import { isSiteName } from '../domain/sites';
import { declaredProblems } from './declared-problems';
import { dummyProblems } from './dummy-problems';
import { nearest } from './nearest';
import { processProblems } from './process-problems';
import { resolve } from './resolve';
import { Schema } from './schema';
import { SETTINGS, valueAt } from './settings';

/** Every problem of a configuration at once: somebody who fixes one by one restarts once per mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(`The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/**
 * A plain object, as the config file has it, to a frozen `Config`. Pure: opens nothing, changes nothing. Relative paths are
 * taken from `cwd`. Throws `ConfigError`.
 */
export function parseConfig(raw: unknown, cwd: string = process.cwd()): Config {
  const { config, problems } = readConfig(raw, cwd);
  if (config === undefined) throw new ConfigError(problems);
  return config;
}

/** The same for a caller who has problems of its own to add. `config` is there exactly when `problems` is empty. */
export function readConfig(raw: unknown, cwd: string): { readonly config: Config | undefined; readonly problems: readonly string[] } {
  const result = Schema.safeParse(raw);
  const problems = [...(result.success ? [] : result.error.issues.flatMap(inWords)), ...contradictions(raw, cwd)];
  return result.success && problems.length === 0 ? { config: resolve(result.data, cwd), problems } : { config: undefined, problems };
}

/** `server.cpus (HUB_SERVER_CPUS)`: whoever set it finds it, wherever it was set. */
export const named = (setting: string): string => {
  const variable = SETTINGS.find((row) => row.path === setting)?.variable;
  return variable === undefined || variable === null ? setting : `${setting} (${variable})`;
};

function inWords(issue: z.core.$ZodIssue): readonly string[] {
  const at = issue.path.join('.');
  if (issue.code !== 'unrecognized_keys') return [`${at === '' ? 'the configuration' : named(at)}: ${lowerFirst(issue.message)}`];
  const known = SETTINGS.flatMap((row) => [row.path, ...(row.path.includes('.') ? [row.path.slice(0, row.path.indexOf('.'))] : [])]);
  return issue.keys.map((key) => {
    const whole = at === '' ? key : `${at}.${key}`;
    return `${whole}: no such setting${nearest(whole, known)}`;
  });
}
const lowerFirst = (sentence: string): string => sentence.charAt(0).toLowerCase() + sentence.slice(1);

/** What single settings cannot see. Looks only at settings that are valid by themselves, so that it can run beside the schema. */
function contradictions(raw: unknown, cwd: string): readonly string[] {
  const get = <T>(setting: string, type: z.ZodType<T>): T | undefined => type.safeParse(valueAt(raw, setting)).data;
  const { shape } = Schema;
  const section = <S extends z.ZodType>(type: z.ZodPrefault<S>): S => type.unwrap() as S;
  const publicUrl = get('publicUrl', shape.publicUrl);
  const basePath = get('basePath', shape.basePath);
  const idle = get('session.idle', section(shape.session).shape.idle);
  const absolute = get('session.absolute', section(shape.session).shape.absolute);
  const dataDir = get('dataDir', shape.dataDir);
  const mounts = section(shape.paths).shape;
  return [
    ...(publicUrl && basePath && new URL(publicUrl).pathname !== basePath
      ? [`${named('publicUrl')} and ${named('basePath')} disagree: ${publicUrl} has the path ${new URL(publicUrl).pathname}, not ${basePath}; set one of them (JUPYTERHUB_BASE_URL counts as basePath)`]
      : []),
    ...(idle !== undefined && absolute !== undefined && idle > absolute ? [`${named('session.idle')}: longer than ${named('session.absolute')}`] : []),
    ...(Object.keys(mounts) as (keyof typeof mounts)[]).flatMap((key) => {
      const mounted = get(`paths.${key}`, mounts[key]);
      return dataDir !== undefined && mounted !== undefined ? overlap(path.resolve(cwd, dataDir), path.resolve(cwd, mounted), `paths.${key}`) : [];
    }),
    ...hubOnASite([publicUrl, ...(get('origins', shape.origins) ?? [])], get('subdomainHost', shape.subdomainHost)),
    ...repeated('profiles', (get('profiles', shape.profiles) ?? []).map(({ slug }) => slug)),
    ...repeated('groups', (get('groups', shape.groups) ?? []).map(({ name }) => name)),
    ...repeated('roles', (get('roles', shape.roles) ?? []).map(({ name }) => name)),
    ...declaredProblems({ groups: get('groups', shape.groups) ?? [], roles: get('roles', shape.roles) ?? [], customScopes: get('customScopes', shape.customScopes) ?? {}, services: get('services', shape.services) ?? [] }),
    ...dummyProblems({
      authenticator: get('authenticator', shape.authenticator), password: get('dummy.password', section(shape.dummy).shape.password), allowPublic: get('dummy.allowPublic', section(shape.dummy).shape.allowPublic),
      addresses: [publicUrl, ...(get('origins', shape.origins) ?? [])], listenHost: get('listen.host', section(shape.listen).shape.host),
    }),
    ...processProblems({ spawner: get('spawner', shape.spawner), listenHost: get('listen.host', section(shape.listen).shape.host), addresses: [publicUrl, ...(get('origins', shape.origins) ?? [])], profiles: get('profiles', shape.profiles) ?? [] }),
  ];
}

/** Servers see what is mounted: the hub's database and keys must not be in it, nor it in them. */
export function overlap(dataDir: string, mounted: string, setting: string): readonly string[] {
  const within = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(outer.endsWith(path.sep) ? outer : outer + path.sep);
  if (!within(dataDir, mounted) && !within(mounted, dataDir)) return [];
  return [`${named('dataDir')} and ${named(setting)} overlap: ${mounted} is mounted into servers, so the hub's own state (${dataDir}) needs a folder apart from it`];
}

/** The hub's pages may lie at the domain itself, or anywhere else, but never where a user's pages could. */
function hubOnASite(addresses: readonly (string | null | undefined)[], domain: string | null | undefined): readonly string[] {
  if (domain === null || domain === undefined) return [];
  const ours = addresses.flatMap((address) => (address === null || address === undefined ? [] : [new URL(address)]));
  return ours.filter(({ hostname }) => isSiteName(hostname, domain)).map(({ origin }) => `${named('subdomainHost')}: ${origin} could be a user's own host; give the hub another name`);
}

const repeated = (list: string, names: readonly string[]): readonly string[] =>
  [...new Set(names.filter((name, i) => names.indexOf(name) !== i))].map((name) => `${list}: ${name} is there more than once`);
