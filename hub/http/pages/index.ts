import type { Kit } from '../kit';
import type { HubRoute } from '../routes';
import { acceptShareRoutes } from './accept-share';
import { accountRoutes } from './account';
import { auditRoutes } from './admin-audit';
import { groupPageRoutes } from './admin-groups';
import { healthRoutes } from './admin-health';
import { maintenancePageRoutes } from './admin-maintenance';
import { queuePageRoutes } from './admin-queue';
import { noticePageRoutes } from './notices';
import { adminAddUsersRoutes } from './admin-add-users';
import { adminServerRoutes } from './admin-server';
import { adminServersRoutes } from './admin-servers';
import { adminUserRoutes } from './admin-user';
import { adminRoutes } from './admin-users';
import { enterRoutes } from './enter';
import { entranceRoutes } from './entrance';
import { oauthRoutes } from './authorize';
import { galleryRoutes } from './gallery';
import { homeRoutes } from './home';
import { labRoutes } from './lab';
import { launchRoutes } from './launch';
import { ownAccountRoutes } from './own-account';
import { passwordRoutes } from './password';
import { idlenessPageRoutes } from './idleness';
import { serverLifeRoutes } from './server-life';
import { sessionRoutes } from './sessions';
import { settingsPageRoutes } from './admin-settings';
import { signpostRoutes } from './signposts';
import { spawnRoutes } from './spawn';
import { tokenPageRoutes } from './tokens';
import { usagePageRoutes } from './admin-usage';
import { filePageRoutes } from './files';
import { volumePageRoutes } from './volumes';

/** Every page, in the order in which Express tries them; the wildcards of `lab` come last. */
export const pageRoutes = (kit: Kit): readonly HubRoute[] => [
  ...entranceRoutes(kit), ...enterRoutes(kit), ...accountRoutes(kit), ...passwordRoutes(kit), ...ownAccountRoutes(kit), ...sessionRoutes(kit), ...homeRoutes(kit), ...launchRoutes(kit), ...spawnRoutes(kit), ...serverLifeRoutes(kit), ...idlenessPageRoutes(kit), ...usagePageRoutes(kit), ...adminRoutes(kit), ...adminUserRoutes(kit), ...adminAddUsersRoutes(kit), ...adminServersRoutes(kit), ...adminServerRoutes(kit), ...auditRoutes(kit), ...groupPageRoutes(kit), ...healthRoutes(kit), ...settingsPageRoutes(kit), ...queuePageRoutes(kit), ...maintenancePageRoutes(kit), ...noticePageRoutes(kit), ...oauthRoutes(kit), ...acceptShareRoutes(kit), ...tokenPageRoutes(kit), ...volumePageRoutes(kit), ...filePageRoutes(kit), ...galleryRoutes(kit), ...signpostRoutes(kit), ...labRoutes(kit),
];
