import { opendir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { MountSettings } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { Logger } from '../../hub/domain/runtime';
import type { HubMount } from './hub-container';
import { originOfFolder } from './hub-container';
import type { DockerSettings } from './settings';

/** Never mounted as a whole, nor what contains it; a project of the administrator's in it may be. */
const NOT_WHOLE = ['/root', '/home', '/usr', '/opt'];
/** Nothing in here, and nothing that contains one of these, has any business in a lab. */
export const NEVER = ['/etc', '/proc', '/sys', '/dev', '/run', '/boot', '/var/run', '/var/lib/docker', '/var/lib/containerd'];

interface HostFolder {
  readonly source: string;
  readonly target: string;
  /** False: mounted when present. */
  readonly needed: boolean;
  /** Mounted in its place while it is absent or empty. */
  readonly sample?: string;
}

/** Of a hub that runs in a container: what it sees of the host. */
export interface InContainer {
  readonly mounts: readonly HubMount[];
  readonly log: Logger;
}

/**
 * Host folders that every lab sees, read-only. The resolved path is what gets mounted, so a link that is changed after the check
 * changes nothing. `HubError('spawn-failed')` when a folder is missing, or would show the hub's state or the system's (J20). For a hub in a
 * container, a folder that the engine cannot find is left out, with a warning.
 */
export async function hostMounts(settings: DockerSettings, inside: InContainer | null = null): Promise<readonly MountSettings[]> {
  const state = await resolved(settings.dataDir) ?? path.resolve(settings.dataDir);
  const forbidden = [...NEVER, state];
  const found: MountSettings[] = [];
  for (const folder of folders(settings)) {
    const source = await sourceOf(folder);
    if (source === null && !folder.needed) continue;
    if (source === null) throw new HubError('spawn-failed', `The folder for ${folder.target} is missing on the host. An administrator has to create it or change the setting.`, { details: { folder: folder.source } });
    if (isForbidden(source, forbidden)) throw shows(folder);
    const mount = inside === null ? bind(source, folder.target) : translated({ folder, source, state }, inside);
    if (mount !== null) found.push(mount);
  }
  return found;
}

/** The same folder as the engine calls it; what is forbidden by one name is forbidden by the other. */
function translated({ folder, source, state }: { folder: HostFolder; source: string; state: string }, { mounts, log }: InContainer): MountSettings | null {
  const origin = originOfFolder(source, mounts);
  const own = originOfFolder(state, mounts);
  if (origin?.type === 'bind') {
    const place = path.posix.join(origin.source, origin.rest);
    if (isForbidden(place, [...NEVER, ...(own?.type === 'bind' ? [path.posix.join(own.source, own.rest)] : [])])) throw shows(folder);
    return bind(place, folder.target);
  }
  if (origin?.type === 'volume' && origin.rest === '') {
    if (own?.source === origin.source) throw shows(folder);
    return { Type: 'volume', Source: origin.source, Target: folder.target, ReadOnly: true, VolumeOptions: { NoCopy: true, Labels: {}, DriverConfig: { Name: 'local', Options: {} } } };
  }
  log.warn({ folder: folder.source, target: folder.target }, "labs do not get this folder: the engine cannot find what only the hub's own container has; bind it into that container");
  return null;
}

const bind = (source: string, target: string): MountSettings => ({ Type: 'bind', Source: source, Target: target, ReadOnly: true, BindOptions: { Propagation: 'rprivate' } });

export const isForbidden = (place: string, forbidden: readonly string[]): boolean => forbidden.some((other) => overlaps(place, other)) || NOT_WHOLE.some((other) => within(other, place));

const shows = (folder: HostFolder): HubError =>
  new HubError('spawn-failed', `The folder for ${folder.target} would show the host's or the hub's own files. An administrator has to choose another one.`, { details: { folder: folder.source } });

function folders(settings: DockerSettings): readonly HostFolder[] {
  const { templatesDir, appDir, hostDataDir } = settings;
  return [
    ...(templatesDir === null ? [] : [{ source: templatesDir, target: '/templates', needed: true }]),
    ...(appDir === null ? [] : [{ source: appDir, target: '/app', needed: true }]),
    ...DATA_SETS.flatMap((name) => dataFolder(name, { templatesDir, hostDataDir })),
  ];
}

const DATA_SETS = ['wrds', 'analytics'];
/** In the folder of templates: what their notebooks read where the hub has no data of its own (decision 041). */
const SAMPLE = '_sample';

function dataFolder(name: string, { templatesDir, hostDataDir }: Pick<DockerSettings, 'templatesDir' | 'hostDataDir'>): readonly HostFolder[] {
  const sample = templatesDir === null ? undefined : path.join(templatesDir, SAMPLE, name);
  const source = hostDataDir === null ? sample : path.join(hostDataDir, name);
  return source === undefined ? [] : [{ source, target: `/data/${name}`, needed: false, ...(sample === undefined ? {} : { sample }) }];
}

/** null: neither the folder nor a sample of it is there. An empty folder counts only where there is no sample. */
async function sourceOf({ source, sample }: HostFolder): Promise<string | null> {
  const own = await resolved(source);
  if (sample === undefined || (own !== null && !(await isEmpty(own)))) return own;
  return (await resolved(sample)) ?? own;
}

/** What the hub may not list is somebody's own data, and labs may well be able to read it. */
async function isEmpty(folder: string): Promise<boolean> {
  try {
    const dir = await opendir(folder);
    const first = await dir.read();
    await dir.close();
    return first === null;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'EACCES') return false;
    throw new HubError('spawn-failed', 'A folder that labs should see cannot be read by the hub.', { cause: err, details: { folder } });
  }
}

/** Either contains the other, or they are the same. */
export const overlaps = (a: string, b: string): boolean => within(a, b) || within(b, a);

export function within(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

/** null: no such folder. */
export async function resolved(folder: string): Promise<string | null> {
  try {
    const real = await realpath(folder);
    return (await stat(real)).isDirectory() ? real : null;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT' || (err as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw new HubError('spawn-failed', 'A folder that labs should see cannot be read by the hub.', { cause: err, details: { folder } });
  }
}
