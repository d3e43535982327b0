import { createUsage, type UsageDeps, type UsageService } from './services/usage';
import type { Config } from './config';
import { createHostProbe } from './host-probe';

export interface UsageHostDeps extends Pick<UsageDeps, 'store' | 'feed' | 'clock' | 'log'> {
  readonly config: Pick<Config, 'dataDir'>;
  readonly spawner: UsageDeps['engine'];
}

/** Usage of this hub's servers and of the machine it runs on. */
export const createUsageHost = ({ config, spawner, ...base }: UsageHostDeps): UsageService => createUsage({ ...base, engine: spawner, host: createHostProbe({ dataDir: config.dataDir }) });
