import { json, type Reply } from '../exchange';
import type { Kit } from '../kit';
import type { HubRoute } from '../routes';
import { authorizationRoutes } from './authorizations';
import { backupApiRoutes } from './backups';
import { groupRoutes } from './groups';
import { healthApiRoutes } from './health';
import { hubRoutes } from './hub';
import { idlenessRoutes } from './idleness';
import { serverLifeRoutes } from './server-life';
import { maintenanceApiRoutes } from './maintenance';
import { queueRoutes } from './queue';
import { serverRoutes } from './servers';
import { serviceRoutes } from './services';
import { tokenRoutes } from './tokens';
import { userRoutes } from './users';
import { volumeApiRoutes } from './volumes';

/** JupyterHub's REST API, as far as it is here. */
export function apiRoutes(kit: Kit): readonly HubRoute[] {
  const version = (): Reply => json(200, { version: kit.deps.settings.protocolVersion });
  const root = (path: string): HubRoute => ({ method: 'get', path, kind: 'plain', needs: 'anyone', handle: version });
  return [root('/hub/api'), root('/hub/api/'), ...userRoutes(kit), ...serverRoutes(kit), ...serverLifeRoutes(kit), ...queueRoutes(kit), ...maintenanceApiRoutes(kit), ...idlenessRoutes(kit), ...tokenRoutes(kit), ...healthApiRoutes(kit), ...backupApiRoutes(kit), ...volumeApiRoutes(kit), ...groupRoutes(kit), ...serviceRoutes(kit), ...hubRoutes(kit), ...authorizationRoutes(kit)];
}
