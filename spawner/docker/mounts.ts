import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { MountSettings } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { DockerSettings } from './settings';

/** Never mounted as a whole, nor what contains it; a project of the administrator's in it may be. */
const NOT_WHOLE = ['/root', '/home', '/usr', '/opt'];
/** Nothing in here, and nothing that contains one of these, has any business in a lab. */
const NEVER = ['/etc', '/proc', '/sys', '/dev', '/run', '/boot', '/var/run', '/var/lib/docker', '/var/lib/containerd'];

interface HostFolder {
  readonly source: string;
  readonly target: string;
  /** False: mounted when present. */
  readonly needed: boolean;
}

/**
 * Host folders that every lab sees, read-only. The resolved path is what gets mounted, so a link that is changed after the check
 * changes nothing. `HubError('spawn-failed')` when a folder is missing, or would show the hub's state or the system's (J20).
 */
export async function hostMounts(settings: DockerSettings): Promise<readonly MountSettings[]> {
  const forbidden = [...NEVER, await resolved(settings.dataDir) ?? path.resolve(settings.dataDir)];
  const found: MountSettings[] = [];
  for (const folder of folders(settings)) {
    const source = await resolved(folder.source);
    if (source === null && !folder.needed) continue;
    if (source === null) throw new HubError('spawn-failed', `The folder for ${folder.target} is missing on the host. An administrator has to create it or change the setting.`, { details: { folder: folder.source } });
    if (forbidden.some((other) => overlaps(source, other)) || NOT_WHOLE.some((other) => within(other, source))) {
      throw new HubError('spawn-failed', `The folder for ${folder.target} would show the host's or the hub's own files. An administrator has to choose another one.`, { details: { folder: folder.source } });
    }
    found.push({ Type: 'bind', Source: source, Target: folder.target, ReadOnly: true, BindOptions: { Propagation: 'rprivate' } });
  }
  return found;
}

function folders(settings: DockerSettings): readonly HostFolder[] {
  const { templatesDir, appDir, hostDataDir } = settings;
  return [
    ...(templatesDir === null ? [] : [{ source: templatesDir, target: '/templates', needed: true }]),
    ...(appDir === null ? [] : [{ source: appDir, target: '/app', needed: true }]),
    ...(hostDataDir === null ? [] : ['wrds', 'analytics'].map((name) => ({ source: path.join(hostDataDir, name), target: `/data/${name}`, needed: false }))),
  ];
}

/** Either contains the other, or they are the same. */
export const overlaps = (a: string, b: string): boolean => within(a, b) || within(b, a);

function within(inner: string, outer: string): boolean {
  const relative = path.relative(outer, inner);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

/** null: no such folder. */
async function resolved(folder: string): Promise<string | null> {
  try {
    const real = await realpath(folder);
    return (await stat(real)).isDirectory() ? real : null;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT' || (err as NodeJS.ErrnoException).code === 'ENOTDIR') return null;
    throw new HubError('spawn-failed', 'A folder that labs should see cannot be read by the hub.', { cause: err, details: { folder } });
  }
}
