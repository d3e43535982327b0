import type { ContainerInspectInfo } from 'dockerode';
import { HubError } from '../../hub/domain/errors';
import type { Handle } from '../../hub/domain/server';
import { LABEL, ROLE } from '../labels';
import { alternativeName, serverSlug } from '../naming';
import type { SpawnRequest } from '../spawner';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { unlessMissing } from './engine-error';
import { serverOf } from './life';
import type { DockerSettings } from './settings';

export interface LabContainers {
  /** null where the engine has none of that name or id. */
  look(id: string, signal?: AbortSignal): Promise<ContainerInspectInfo | null>;
  own(handle: Handle, signal?: AbortSignal): Promise<ContainerInspectInfo | null>;
  /** HubError conflict where the name is taken by a container that no hub made. */
  chooseName(req: SpawnRequest): Promise<string>;
}

/** Finding a server's container, and a name for a new one. */
export function createLabContainers({ client, settings }: { readonly client: DockerClient; readonly settings: DockerSettings }): LabContainers {
  const look = (id: string, signal?: AbortSignal): Promise<ContainerInspectInfo | null> =>
    unlessMissing(client.call({ what: 'look at the container', ms: DEADLINE.inspect, run: (d, abortSignal) => d.getContainer(id).inspect({ abortSignal }), ...(signal === undefined ? {} : { signal }) }), null);

  const belongsTo = (found: ContainerInspectInfo, server: string): boolean => found.Config.Labels?.[LABEL.instance] === settings.instance && found.Config.Labels[LABEL.role] === ROLE.lab && found.Config.Labels[LABEL.server] === server;

  /** The readable name, else one that carries ids. What is ours under that name is a leftover; what is not is never touched (M07). */
  async function chooseName(req: SpawnRequest): Promise<string> {
    const plain = `${settings.namePrefix}${serverSlug(req.owner.name, req.server.name)}`;
    const found = await look(plain);
    if (found === null || belongsTo(found, req.server.id)) return plain;
    // Another hub's, or that of an earlier bearer of the name: both are at home here. Anything else took the name by accident.
    const other = alternativeName(plain, [settings.instance, req.server.id]);
    const known = found.Config.Labels?.[LABEL.instance] !== undefined;
    const second = known ? await look(other) : found;
    if (second === null || belongsTo(second, req.server.id)) return other;
    throw new HubError('conflict', `The name ${plain} is in use by a container that is not the hub's. An administrator has to rename or remove it.`);
  }

  /** By its name; else by its labels, for somebody may have renamed it (O11). null also when that name now belongs to something else. */
  async function own(handle: Handle, signal?: AbortSignal): Promise<ContainerInspectInfo | null> {
    const server = serverOf(handle);
    const named = await look(nameOf(handle), signal);
    if (named !== null && belongsTo(named, server)) return named;
    const [renamed] = await client.call({
      what: 'look for the container', ms: DEADLINE.list, ...(signal === undefined ? {} : { signal }),
      run: (d, abortSignal) => d.listContainers({ all: true, filters: { label: [`${LABEL.instance}=${settings.instance}`, `${LABEL.role}=${ROLE.lab}`, `${LABEL.server}=${server}`] }, abortSignal }),
    });
    return renamed === undefined ? null : look(renamed.Id, signal);
  }

  return { look, own, chooseName };
}

export const KIND = 'docker';

/** The container's name for people, and the server's id, so that a handle never means the next bearer of a name. */
export const handleOf = (containerName: string, server: string): Handle => ({ spawner: KIND, id: `${containerName}/${server}` });
export const nameOf = (handle: Handle): string => handle.id.slice(0, handle.id.indexOf('/'));
