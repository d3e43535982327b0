import type { Kit } from '../kit';
import type { HubRoute } from '../routes';
import { acceptShareRoutes } from './accept-share';
import { accountRoutes } from './account';
import { auditRoutes } from './admin-audit';
import { healthRoutes } from './admin-health';
import { maintenancePageRoutes } from './admin-maintenance';
import { queuePageRoutes } from './admin-queue';
import { adminRoutes } from './admin-users';
import { enterRoutes } from './enter';
import { entranceRoutes } from './entrance';
import { oauthRoutes } from './authorize';
import { galleryRoutes } from './gallery';
import { homeRoutes } from './home';
import { labRoutes } from './lab';
import { passwordRoutes } from './password';
import { idlenessPageRoutes } from './idleness';
import { serverLifeRoutes } from './server-life';
import { sessionRoutes } from './sessions';
import { signpostRoutes } from './signposts';
import { spawnRoutes } from './spawn';
import { tokenPageRoutes } from './tokens';
import { volumePageRoutes } from './volumes';

/** Every page, in the order in which Express tries them; the wildcards of `lab` come last. */
export const pageRoutes = (kit: Kit): readonly HubRoute[] => [
  ...entranceRoutes(kit), ...enterRoutes(kit), ...accountRoutes(kit), ...passwordRoutes(kit), ...sessionRoutes(kit), ...homeRoutes(kit), ...spawnRoutes(kit), ...serverLifeRoutes(kit), ...idlenessPageRoutes(kit), ...adminRoutes(kit), ...auditRoutes(kit), ...healthRoutes(kit), ...queuePageRoutes(kit), ...maintenancePageRoutes(kit), ...oauthRoutes(kit), ...acceptShareRoutes(kit), ...tokenPageRoutes(kit), ...volumePageRoutes(kit), ...galleryRoutes(kit), ...signpostRoutes(kit), ...labRoutes(kit),
];
