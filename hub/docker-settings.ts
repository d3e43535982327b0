import { existsSync } from 'node:fs';
import path from 'node:path';
import { DOCKER_DEFAULTS, type DockerSettings } from '../spawner/docker/settings';
import type { Config } from './config';
import type { InstanceId } from './domain/ids';

/** The slice of the settings that the Docker spawner gets, from the hub and from `berth down` alike. */
export const dockerSettings = (config: Config, instance: InstanceId, hubContainer: string | null = null): DockerSettings => ({
  ...DOCKER_DEFAULTS,
  host: config.docker.host,
  instance,
  namePrefix: config.docker.namePrefix,
  networkPrefix: `${config.docker.networkName}-`,
  networkPool: config.docker.networkPool,
  internalPort: config.listen.internalPort,
  hubContainer,
  firewall: config.docker.firewall,
  isolation: config.docker.isolation,
  strictVersions: config.docker.strictVersions,
  sharedVolume: config.docker.sharedVolume,
  dataDir: config.dataDir,
  templatesDir: present(config.paths.templates),
  appDir: present(config.paths.app),
  hostDataDir: config.paths.data,
  allowedMounts: config.policy.mounts,
  probeImage: config.profiles[0]?.image ?? null,
});

/** A folder that nobody made is not an error; one that disappears while the hub runs is. */
const present = (folder: string): string | null => (existsSync(folder) ? folder : null);

/** Everything that the hub keeps for itself in its data folder begins with `hub.`. */
export const databaseOf = (config: Pick<Config, 'dataDir'>): string => path.join(config.dataDir, 'hub.sqlite');
