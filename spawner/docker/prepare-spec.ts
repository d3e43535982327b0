import type { ContainerCreateOptions, MountSettings } from 'dockerode';
import type { Labels } from '../labels';
import type { SpawnRequest } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';

/** A volume as a server is to have it. */
export interface Planned {
  readonly name: string;
  readonly target: string;
  readonly labels: Labels;
}

export const mount = (volume: Planned): MountSettings => ({ Type: 'volume', Source: volume.name, Target: volume.target, VolumeOptions: { NoCopy: false, Labels: volume.labels, DriverConfig: { Name: 'local', Options: {} } } });

interface Preparation {
  readonly name: string;
  readonly labels: Labels;
  /** What `chown` gets; null: nothing has to change hands. */
  readonly owner: string | null;
  readonly script: string;
  readonly due: readonly Planned[];
}

/** The container that prepares volumes: root, because only root may give files away, and nothing else that root may do. */
export const preparationSpec = (image: string, { name, labels, owner, script, due }: Preparation): ContainerCreateOptions => ({
  name,
  Image: image,
  User: '0:0',
  Entrypoint: ['/bin/sh', '-c', owner === null ? 'true' : script, 'sh'],
  Cmd: due.map((v) => v.target),
  Env: owner === null ? [] : [`OWNER=${owner}`],
  WorkingDir: '/',
  Labels: labels,
  HostConfig: {
    NetworkMode: 'none',
    CapDrop: ['ALL'],
    CapAdd: ['CHOWN', 'FOWNER', 'DAC_OVERRIDE'],
    SecurityOpt: ['no-new-privileges:true'],
    ReadonlyRootfs: true,
    PidsLimit: 64,
    Memory: 256 * 1024 ** 2,
    MemorySwap: 256 * 1024 ** 2,
    // The engine copies what the image has at the target into an empty volume, as users of Docker expect.
    Mounts: due.map(mount),
  },
});

/** What `chown` gets; null: the image runs as root, and so does not need it. */
export async function ownerIn(client: DockerClient, { profile }: SpawnRequest): Promise<string | null> {
  const image = await client.call({ what: 'look at the image', ms: DEADLINE.inspect, run: (d) => d.getImage(profile.image).inspect() });
  const user = profile.layout.user ?? image.Config.User;
  if (user === '' || user === '0' || user === 'root') return null;
  return user.includes(':') || /^\d+$/.test(user) ? user : `${user}:`;
}
