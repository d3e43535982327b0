import { randomBytes } from 'node:crypto';
import type { MountSettings } from 'dockerode';
import type { Logger } from '../../hub/domain/runtime';
import { LABEL, ROLE, type Labels } from '../labels';
import type { Volumes } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { removeContainer } from './run-once';
import type { DockerSettings } from './settings';

/** Containers that volumes are read through: each lives as long as one reading, and one that a crash left is found by its label. */
export interface Readers extends Pick<Volumes, 'tidyVolumes'> {
  readonly labels: Labels;
  /** An unused one, which stays untouched by `tidyVolumes` until it is discarded. */
  name(kind: 'archive' | 'reader'): string;
  /** Whatever it is doing. Never rejects: what cannot be removed now is removed by the next `tidyVolumes`. */
  discard(name: string): Promise<void>;
}

export function createReaders({ client, settings, log }: { readonly client: DockerClient; readonly settings: DockerSettings; readonly log: Logger }): Readers {
  const used = new Set<string>();

  async function discard(name: string): Promise<void> {
    try {
      await removeContainer(client, name);
    } catch (err) {
      log.warn({ err, container: name }, 'the container of an archive could not be removed');
    }
    used.delete(name);
  }

  async function tidyVolumes(): Promise<void> {
    const found = await client.call({ what: 'list the archives', ms: DEADLINE.list, run: (d, abortSignal) => d.listContainers({ all: true, filters: { label: [`${LABEL.instance}=${settings.instance}`, `${LABEL.role}=${ROLE.archive}`] }, abortSignal }) });
    for (const { Id, Names } of found) if (!used.has((Names[0] ?? '').replace(/^\//, ''))) await removeContainer(client, Id);
  }

  return {
    labels: { ...settings.extraLabels, [LABEL.instance]: settings.instance, [LABEL.role]: ROLE.archive },
    name(kind) {
      const name = `${settings.networkPrefix}${kind}-${randomBytes(6).toString('hex')}`;
      used.add(name);
      return name;
    },
    discard,
    tidyVolumes,
  };
}

export const readOnly = (settings: DockerSettings, source: string, target: string): MountSettings => ({
  Type: 'volume', Source: source, Target: target, ReadOnly: true, VolumeOptions: { NoCopy: true, Labels: { [LABEL.instance]: settings.instance }, DriverConfig: { Name: 'local', Options: {} } },
});
