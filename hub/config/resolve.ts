import path from 'node:path';
import type { Layout, OfferedProfile } from '../domain/profile';
import type { Config } from './config';
import { LAYOUTS } from '../domain/layouts';
import { servicesOf } from './declared-services';
import type { Settings } from './schema';

/** From what was written to what the hub works with: absolute paths, one public URL, complete profiles. Pure. */
export function resolve(given: Settings, cwd: string): Config {
  const publicUrl = given.publicUrl ?? `http://localhost:${given.listen.port}${given.basePath ?? '/'}`;
  const at = (place: string): string => path.resolve(cwd, place);
  return freeze({
    ...given,
    publicUrl,
    basePath: new URL(publicUrl).pathname,
    origins: acceptedOrigins(publicUrl, given.origins),
    dataDir: at(given.dataDir),
    paths: { templates: at(given.paths.templates), app: at(given.paths.app), data: at(given.paths.data) },
    log: { ...given.log, file: given.log.file === null ? null : at(given.log.file) },
    profiles: profilesOf(given),
    services: servicesOf(given, { base: new URL(publicUrl).pathname, at }),
  });
}

/** Port 0 is known only once the hub listens: the same settings with the port that it got. */
export function atPort(config: Config, port: number): Config {
  if (config.listen.port !== 0) return config;
  const put = (url: string): string => url.replace(/^(https?:\/\/(?:localhost|127\.0\.0\.1)):0(?=\/|$)/, `$1:${port}`);
  return freeze({ ...config, publicUrl: put(config.publicUrl), origins: config.origins.map(put) });
}

const LOOPBACK = ['localhost', '127.0.0.1'] as const;

function acceptedOrigins(publicUrl: string, further: readonly string[]): readonly string[] {
  const own = new URL(publicUrl);
  const twins = LOOPBACK.some((host) => host === own.hostname) ? LOOPBACK.map((host) => `${own.protocol}//${host}${own.port === '' ? '' : `:${own.port}`}`) : [];
  return [...new Set([own.origin, ...twins, ...further])];
}

function profilesOf(given: Settings): readonly OfferedProfile[] {
  const listed = given.profiles.map((profile) => completed(given, profile));
  if (listed.length > 0) return listed;
  const description = 'The Python science basics in JupyterLab.';
  return [completed(given, { slug: 'default', title: 'JupyterLab', description, port: 8888, mode: 'auto', limits: {}, env: {} })];
}

function completed(given: Settings, profile: Settings['profiles'][number]): OfferedProfile {
  const { cpus = given.server.cpus, memory = given.server.memory, pids = given.server.pids } = profile.limits;
  return {
    slug: profile.slug,
    title: profile.title,
    description: profile.description,
    image: profile.image ?? given.image.notebook,
    argv: profile.argv ?? null,
    port: profile.port,
    mode: profile.mode,
    layout: layoutOf(profile.layout ?? given.layout),
    limits: { cpus, memoryBytes: memory, pids },
    readOnlyRoot: profile.readOnlyRoot ?? given.server.readOnlyRoot,
    outbound: profile.outbound ?? given.server.outbound,
    ...idleOf(profile),
    env: profile.env,
  };
}

/** What the profile says itself; the rest is looked up when it is asked for, because a group may say something too. */
const idleOf = ({ idleLimit, maxAge }: Settings['profiles'][number]): Pick<OfferedProfile, 'idle'> =>
  idleLimit === undefined && maxAge === undefined ? {} : { idle: { ...(idleLimit === undefined ? {} : { idleLimit }), ...(maxAge === undefined ? {} : { maxAge }) } };

function layoutOf(chosen: Settings['layout'] | NonNullable<Settings['profiles'][number]['layout']>): Layout | 'auto' {
  if (chosen === 'auto') return chosen;
  return typeof chosen === 'string' ? LAYOUTS[chosen] : { ...chosen, userHome: chosen.userHome ?? chosen.home };
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.values(value).forEach(freeze);
  return Object.freeze(value);
}
