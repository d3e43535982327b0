import { access } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { ContainerInspectInfo } from 'dockerode';
import type { Clock, Logger } from '../../hub/domain/runtime';
import type { DockerClient } from './client';
import { DEADLINE, createDockerClient } from './client';
import { unlessMissing } from './engine-error';

export type HubMount = Pick<ContainerInspectInfo['Mounts'][number], 'Type' | 'Name' | 'Source' | 'Destination'>;

/** Where a folder that the hub sees lies for the engine. `rest`: path inside the volume or bound folder, empty for the whole of it. */
export interface Origin {
  readonly type: 'bind' | 'volume';
  readonly source: string;
  readonly rest: string;
}

interface Where {
  readonly host?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: what this process sees. */
  readonly mark?: string;
  readonly name?: string;
}

/**
 * Id of the container that this process runs in, on that engine; null: on the host, or in a container that the engine does not know. When
 * the engine does not answer, the name that a container gives itself is believed, so that a hub may start before its engine.
 */
export async function findHubContainer({ host, clock, log, mark = '/.dockerenv', name = hostname() }: Where): Promise<string | null> {
  if (!(await access(mark).then(() => true, () => false))) return null;
  const client = createDockerClient({ host, clock });
  try {
    const found = await unlessMissing(lookAt(client, name), null);
    if (found === null) log.debug({ name }, 'this engine has no container that the hub runs in');
    return found?.Id ?? null;
  } catch (err) {
    log.warn({ err, name }, 'the engine cannot be asked for the container that the hub runs in');
    return name;
  } finally {
    client.close();
  }
}

export const lookAt = (client: DockerClient, name: string): Promise<ContainerInspectInfo> =>
  client.call({ what: "look at the hub's own container", ms: DEADLINE.inspect, run: (d, abortSignal) => d.getContainer(name).inspect({ abortSignal }) });

/** `folder` as the hub's container sees it, resolved. null: it exists only inside that container. */
export function originOfFolder(folder: string, mounts: readonly HubMount[]): Origin | null {
  const covering = mounts.filter((mount) => isWithin(folder, mount.Destination)).sort((a, b) => b.Destination.length - a.Destination.length)[0];
  if (covering === undefined) return null;
  const rest = path.posix.relative(covering.Destination, folder);
  if (covering.Type === 'bind') return { type: 'bind', source: covering.Source, rest };
  return covering.Type === 'volume' && covering.Name !== undefined ? { type: 'volume', source: covering.Name, rest } : null;
}

function isWithin(inner: string, outer: string): boolean {
  const relative = path.posix.relative(outer, inner);
  return relative === '' || (relative !== '..' && !relative.startsWith('../'));
}
