import { createRoom } from './services/room';
import { createUsage, type UsageDeps, type UsageService } from './services/usage';
import { capacityOf } from './capacity-settings';
import type { Config } from './config';
import { createHostProbe } from './host-probe';

export interface UsageHostDeps extends Pick<UsageDeps, 'store' | 'feed' | 'clock' | 'log'> {
  /** Its capacity is read when somebody looks: it changes while the hub runs. */
  readonly config: Config;
  readonly spawner: UsageDeps['engine'];
}

/** Usage of this hub's servers and of the machine it runs on. */
export function createUsageHost({ config, spawner, ...base }: UsageHostDeps): UsageService {
  const room = createRoom({ store: base.store, profiles: config.profiles, get cap() { return config.server.cap ?? 0; }, get capacity() { return capacityOf(config).capacity; } });
  const usual = () => config.profiles.slice(0, 1).map(({ title, limits }) => ({ title, need: { memory: limits.memoryBytes, cpus: limits.cpus } }))[0];
  return createUsage({ ...base, engine: spawner, host: createHostProbe({ dataDir: config.dataDir }), room: { usual, left: room.left } });
}
