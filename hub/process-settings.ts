import { existsSync } from 'node:fs';
import path from 'node:path';
import { subcommandOf } from '../spawner/process/command';
import type { ProcessSettings } from '../spawner/process/settings';
import type { Config } from './config';
import { inheritedByLabs } from './config/inherited';
import type { InstanceId } from './domain/ids';

/** The slice of the settings that labs without containers get, from the hub, from `berth doctor` and from `berth down` alike. */
export const processSettings = (config: Config, instance: InstanceId): ProcessSettings => ({
  instance,
  labsDir: path.join(config.dataDir, 'labs'),
  env: inheritedByLabs(),
  subcommands: [...new Set(config.profiles.map(subcommandOf))],
  appDir: present(config.paths.app),
  hostDataDir: present(config.paths.data) ?? present(path.join(config.paths.templates, '_sample')),
});

const present = (folder: string): string | null => (existsSync(folder) ? folder : null);
