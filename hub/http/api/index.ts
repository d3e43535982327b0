import { json, type Reply } from '../exchange';
import type { Kit } from '../kit';
import type { HubRoute } from '../routes';
import { authorizationRoutes } from './authorizations';
import { groupRoutes } from './groups';
import { healthApiRoutes } from './health';
import { hubRoutes } from './hub';
import { serverRoutes } from './servers';
import { serviceRoutes } from './services';
import { tokenRoutes } from './tokens';
import { userRoutes } from './users';

/** JupyterHub's REST API, as far as it is here. */
export function apiRoutes(kit: Kit): readonly HubRoute[] {
  const version = (): Reply => json(200, { version: kit.deps.settings.protocolVersion });
  const root = (path: string): HubRoute => ({ method: 'get', path, kind: 'plain', needs: 'anyone', handle: version });
  return [root('/hub/api'), root('/hub/api/'), ...userRoutes(kit), ...serverRoutes(kit), ...tokenRoutes(kit), ...healthApiRoutes(kit), ...groupRoutes(kit), ...serviceRoutes(kit), ...hubRoutes(kit), ...authorizationRoutes(kit)];
}
