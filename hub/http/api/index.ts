import { json, type Reply } from '../exchange';
import type { Kit } from '../kit';
import type { HubRoute } from '../routes';
import { accountApiRoutes } from './account';
import { authorizationRoutes } from './authorizations';
import { auditApiRoutes } from './audit';
import { backupApiRoutes } from './backups';
import { eventRoutes } from './events';
import { groupPolicyRoutes } from './group-policies';
import { groupRoutes } from './groups';
import { healthApiRoutes } from './health';
import { hubRoutes } from './hub';
import { idlenessRoutes } from './idleness';
import { serverLifeRoutes } from './server-life';
import { maintenanceApiRoutes } from './maintenance';
import { noticeRoutes } from './notices';
import { queueRoutes } from './queue';
import { VersionModel } from './schemas';
import { serverListRoutes } from './server-list';
import { serverRoutes } from './servers';
import { serviceRoutes } from './services';
import { sessionApiRoutes } from './sessions';
import { settingRoutes } from './settings';
import { shareCodeRoutes } from './share-codes';
import { shareRoutes } from './shares';
import { templateRoutes } from './templates';
import { tokenRoutes } from './tokens';
import { usageRoutes } from './usage';
import { userActRoutes } from './user-acts';
import { userBulkRoutes } from './user-bulk';
import { userRoutes } from './users';
import { volumeApiRoutes } from './volumes';

/** JupyterHub's REST API, as far as it is here. */
export function apiRoutes(kit: Kit): readonly HubRoute[] {
  const version = (): Reply => json(200, { version: kit.deps.settings.protocolVersion });
  const root = (path: string, id: string): HubRoute => ({
    method: 'get', path, kind: 'plain', needs: 'anyone', handle: version,
    doc: { id, tag: 'Hub', summary: 'Say which version of the protocol the hub speaks', answers: { 200: { description: 'The version.', model: VersionModel } } },
  });
  return [root('/hub/api', 'getVersion'), root('/hub/api/', 'getVersionAtSlash'), ...userBulkRoutes(kit), ...userRoutes(kit), ...userActRoutes(kit), ...accountApiRoutes(kit), ...sessionApiRoutes(kit), ...serverListRoutes(kit), ...serverRoutes(kit), ...serverLifeRoutes(kit), ...templateRoutes(kit), ...queueRoutes(kit), ...usageRoutes(kit), ...maintenanceApiRoutes(kit), ...noticeRoutes(kit), ...idlenessRoutes(kit), ...tokenRoutes(kit), ...healthApiRoutes(kit), ...backupApiRoutes(kit), ...settingRoutes(kit), ...auditApiRoutes(kit), ...volumeApiRoutes(kit), ...groupRoutes(kit), ...groupPolicyRoutes(kit), ...shareRoutes(kit), ...shareCodeRoutes(kit), ...serviceRoutes(kit), ...hubRoutes(kit), ...eventRoutes(kit), ...authorizationRoutes(kit)];
}
