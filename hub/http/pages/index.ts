import type { Kit } from '../kit';
import type { HubRoute } from '../routes';
import { accountRoutes } from './account';
import { adminRoutes } from './admin-users';
import { entranceRoutes } from './entrance';
import { homeRoutes } from './home';
import { labRoutes } from './lab';
import { passwordRoutes } from './password';
import { spawnRoutes } from './spawn';

/** Every page, in the order in which Express tries them; the wildcards of `lab` come last. */
export const pageRoutes = (kit: Kit): readonly HubRoute[] => [
  ...entranceRoutes(kit), ...accountRoutes(kit), ...passwordRoutes(kit), ...homeRoutes(kit), ...spawnRoutes(kit), ...adminRoutes(kit), ...labRoutes(kit),
];
