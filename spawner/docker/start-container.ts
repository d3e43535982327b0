import type { ContainerCreateOptions } from 'dockerode';
import type { DockerClient } from './client';
import { DEADLINE } from './client';
import { engineText } from './engine-error';

/** Engines that may not raise the limit of open files; theirs is then lower than the one we ask for, so it is inherited. */
const inheritOpenFiles = new WeakSet<DockerClient>();

export interface CreateHooks {
  /** A container with that id exists now, and is not started before this ends; not at all when it rejects. */
  readonly created?: (id: string) => Promise<void>;
  /** It could not be started and is about to be removed, because another attempt follows. */
  readonly discarded?: (id: string) => void;
}

/** Creates and starts it; `what` goes on a "could not". A container that cannot be started stays, for the caller to remove. */
export async function startContainer(client: DockerClient, spec: ContainerCreateOptions, what: string, hooks: CreateHooks = {}): Promise<string> {
  const wanted = inheritOpenFiles.has(client) ? withoutOpenFiles(spec) : spec;
  const { id } = await client.call({ what: `create ${what}`, ms: DEADLINE.create, run: (d, abortSignal) => d.createContainer({ ...wanted, abortSignal }) });
  await hooks.created?.(id);
  try {
    await client.call({ what: `start ${what}`, ms: DEADLINE.start, run: (d, abortSignal) => d.getContainer(id).start({ abortSignal }) });
    return id;
  } catch (err) {
    if (wanted !== spec || !/setting rlimit/i.test(engineText(err))) throw err;
    inheritOpenFiles.add(client);
    hooks.discarded?.(id);
    await client.call({ what: `remove ${what}`, ms: DEADLINE.remove, run: (d, abortSignal) => d.getContainer(id).remove({ force: true, abortSignal }) });
    return startContainer(client, spec, what, hooks);
  }
}

function withoutOpenFiles(spec: ContainerCreateOptions): ContainerCreateOptions {
  const { Ulimits = [], ...rest } = spec.HostConfig ?? {};
  return { ...spec, HostConfig: { ...rest, Ulimits: (Ulimits as readonly { readonly Name?: string }[]).filter((limit) => limit.Name !== 'nofile') } };
}
