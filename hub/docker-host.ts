import { createDockerSpawner } from '../spawner/docker/docker-spawner';
import { findHubContainer } from '../spawner/docker/hub-container';
import type { Spawner, Volumes } from '../spawner/spawner';
import type { Config } from './config';
import { dockerSettings } from './docker-settings';
import type { InstanceId } from './domain/ids';
import type { Clock, FailPoint, Logger } from './domain/runtime';

interface DockerHostDeps {
  readonly instance: InstanceId;
  readonly clock: Clock;
  readonly log: Logger;
  readonly failPoint: FailPoint;
}

/** The side of the hub that talks to Docker, whose driver is a fifth of what there is to load: only hubs that need it load it (051). */
export async function createDockerHost(config: Config, { instance, clock, log, failPoint }: DockerHostDeps): Promise<Spawner & Volumes> {
  return createDockerSpawner(dockerSettings(config, instance, await hubContainerOf(config, { clock, log })), { clock, log, failPoint });
}

/** Id or name of the container that this hub runs in; null: it runs on the engine's host. */
async function hubContainerOf({ docker }: Pick<Config, 'docker'>, deps: { readonly clock: Clock; readonly log: Logger }): Promise<string | null> {
  if (docker.hubContainer === 'none') return null;
  return docker.hubContainer === 'auto' ? findHubContainer({ ...deps, host: docker.host }) : docker.hubContainer;
}
