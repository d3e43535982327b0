import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { MountSettings } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { PolicyMount } from '../../hub/domain/policy';
import { isSystemFolder } from '../../hub/domain/policy-rules';
import type { SpawnRequest } from '../spawner';
import { originOfFolder } from './hub-container';
import { isForbidden, NEVER, overlaps, resolved, within, type InContainer } from './mounts';
import type { DockerSettings } from './settings';

/** Where labs find the engine. */
export const SOCKET = '/var/run/docker.sock';

/** What the groups of a lab's owner add to its container. */
export interface Grants {
  readonly mounts: readonly MountSettings[];
  /** Ids of groups that the lab's user is in besides its own. */
  readonly groups: readonly string[];
}

/**
 * Folders of the host and the engine's socket, exactly as this request has them: without them, nothing. Policies were checked by name when
 * they were made; here the resolved path counts, because a link may have been put in its place since (J20). Throws `spawn-failed`.
 */
export async function grantsOf({ mounts = [], docker, profile }: SpawnRequest, settings: DockerSettings, inside: InContainer | null): Promise<Grants> {
  const { home, workspace, cache, shared } = profile.layout;
  const folders: MountSettings[] = [];
  for (const mount of mounts) {
    if ([home, workspace, cache, shared].some((place) => overlaps(place, mount.target))) throw refused(mount, 'a volume of this profile is in its place');
    folders.push(await folderOf(mount, settings, inside));
  }
  if (docker !== true) return { mounts: folders, groups: [] };
  const socket = await socketOf(settings, inside);
  return { mounts: [...folders, bind(socket.source, SOCKET, false)], groups: [String(socket.gid)] };
}

async function folderOf(mount: PolicyMount, settings: DockerSettings, inside: InContainer | null): Promise<MountSettings> {
  const source = await resolved(mount.source);
  if (source === null) throw refused(mount, 'it is missing on the host');
  const state = await resolved(settings.dataDir) ?? path.resolve(settings.dataDir);
  const allowed = await Promise.all(settings.allowedMounts.map(async (folder) => await resolved(folder) ?? folder));
  if (!allowed.some((folder) => within(source, folder))) throw refused(mount, 'it leads out of the folders that may be mounted');
  if (isForbidden(source, [...NEVER, state]) || isSystemFolder(source)) throw refused(mount, "it would show the host's or the hub's own files");
  if (inside === null) return bind(source, mount.target, !mount.writable);
  const origin = originOfFolder(source, inside.mounts);
  if (origin?.type !== 'bind') throw refused(mount, "the engine cannot find what only the hub's own container has; bind it into that container under the same path");
  const place = path.posix.join(origin.source, origin.rest);
  const own = originOfFolder(state, inside.mounts);
  if (isForbidden(place, [...NEVER, ...(own?.type === 'bind' ? [path.posix.join(own.source, own.rest)] : [])]) || isSystemFolder(place)) throw refused(mount, "it would show the host's or the hub's own files");
  return bind(place, mount.target, !mount.writable);
}

/** The socket by which the hub itself reaches the engine, as the engine calls it, and the id of the group that may use it. */
async function socketOf(settings: DockerSettings, inside: InContainer | null): Promise<{ readonly source: string; readonly gid: number }> {
  const host = settings.host ?? `unix://${SOCKET}`;
  const seen = host.startsWith('unix://') ? host.slice('unix://'.length) : null;
  const source = seen === null || inside === null ? seen : bound(seen, inside);
  if (seen === null || source === null) throw new HubError('spawn-failed', "This server is to get the Docker socket, but the hub does not reach the engine by one that it could hand on. An administrator has to take its owner out of the groups that give Docker, or to set docker.host.");
  try {
    const found = await stat(seen);
    if (!found.isSocket()) throw new Error('it is not a socket');
    return { source: inside === null ? await realpath(seen) : source, gid: found.gid };
  } catch (err) {
    throw new HubError('spawn-failed', 'The Docker socket that this server is to get cannot be looked at. An administrator finds the reason in the log.', { cause: err });
  }
}

function bound(seen: string, { mounts }: InContainer): string | null {
  const origin = originOfFolder(seen, mounts);
  return origin?.type === 'bind' ? path.posix.join(origin.source, origin.rest) : null;
}

const bind = (source: string, target: string, readOnly: boolean): MountSettings => ({ Type: 'bind', Source: source, Target: target, ReadOnly: readOnly, BindOptions: { Propagation: 'rprivate' } });

const refused = ({ source, target }: PolicyMount, why: string): HubError =>
  new HubError('spawn-failed', `A group of this user has a folder mounted at ${target}, but ${why}. An administrator has to correct the group.`, { details: { folder: source } });
